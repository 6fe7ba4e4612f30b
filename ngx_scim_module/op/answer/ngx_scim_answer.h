/*
 * An answer while it is written, for the files that write it.
 */

#ifndef NGX_SCIM_ANSWER_H
#define NGX_SCIM_ANSWER_H

#include "op/core/ngx_scim_op.h"


/*
 * What is going to be answered; op->ctx of any operation that comes so far.
 * Views are written up to at; of those behind it the links are known up to
 * linked, and the documents up to read.
 */

typedef struct {
    ngx_uint_t        status;
    ngx_scim_page_t   page;
    ngx_uint_t        at;
    ngx_uint_t        linked;
    ngx_uint_t        read;
    ngx_uint_t        written;      /* views that were there */
    ngx_uint_t        nlinks;       /* of the view that is written, so far */
    ngx_uint_t        batch;        /* documents that are to be read at once */
    ngx_uint_t        links_batch;  /* views whose links are */
    ngx_pool_t       *docs;         /* pools of the batch, of its links, */
    ngx_pool_t       *links;
    ngx_pool_t       *text;         /* and of the piece */
    unsigned          list:1;
    unsigned          begun:1;      /* there was a piece */
    unsigned          told:1;       /* the head has itemsPerPage */
    unsigned          reading:1;    /* documents have been asked for */
    unsigned          cleaned:1;    /* pools will be freed */
    unsigned          inside:1;     /* of the view: there are more links */
} ngx_scim_answer_t;


/* A step: reads what the first piece needs, writes it, ends the operation. */
void ngx_scim_answer_first(ngx_scim_op_t *op);


/* the computed attribute of the type, if it is to be answered */
const scim_attr_t *ngx_scim_answer_links(const ngx_scim_view_t *view);

/* Has the view more links than those that were read? */
ngx_uint_t ngx_scim_answer_goes_on(const ngx_scim_view_t *view);

/* how long it takes to write the view, in bytes that are copied meanwhile */
size_t ngx_scim_answer_cost(const ngx_scim_view_t *view);

/* Sets view->text to what is answered of the document. NGX_ERROR: no memory */
ngx_int_t ngx_scim_answer_text(ngx_scim_op_t *op, ngx_scim_view_t *view);

/*
 * Writes the view, or what goes on where the piece before ended; needs at most
 * the size. answer->inside is set if it is not whole then.
 */
size_t ngx_scim_answer_size(ngx_scim_op_t *op, ngx_scim_view_t *view);
u_char *ngx_scim_answer_view(ngx_scim_op_t *op, u_char *p,
    ngx_scim_view_t *view);

#endif /* NGX_SCIM_ANSWER_H */
