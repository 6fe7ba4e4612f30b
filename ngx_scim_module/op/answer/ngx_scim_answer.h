/*
 * An answer while it is written, for the files that write it.
 */

#ifndef NGX_SCIM_ANSWER_H
#define NGX_SCIM_ANSWER_H

#include "op/core/ngx_scim_op.h"


/* what is going to be answered; op->ctx of any operation that comes so far */

typedef struct {
    ngx_uint_t        status;
    ngx_scim_page_t   page;
    ngx_uint_t        next;         /* view whose links are to be read */
    ngx_uint_t        at;           /* view that is written */
    ngx_uint_t        nlinks;       /* of it, so far */
    ngx_pool_t       *pool;         /* of the piece; NULL: it is the first */
    unsigned          list:1;
    unsigned          pieces:1;
    unsigned          begun:1;      /* a list's head is written */
    unsigned          inside:1;     /* of the view: there are more links */
} ngx_scim_answer_t;


/*
 * Writes into op->answer what can be written: the links of the slice that was
 * read, and views up to one that has more links. op->more is set if there is
 * more. NGX_ERROR: no memory
 */
ngx_int_t ngx_scim_answer_piece(ngx_scim_op_t *op);

/* op->more of an answer in pieces: reads the next slice, if there is one */
ngx_int_t ngx_scim_answer_more(ngx_scim_op_t *op);

#endif /* NGX_SCIM_ANSWER_H */
