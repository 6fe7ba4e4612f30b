/*
 * What the parts of a query share: finding candidates, looking at them, and
 * making a page of those that match.
 */

#ifndef NGX_SCIM_QUERY_H
#define NGX_SCIM_QUERY_H

#include "op/core/ngx_scim_op.h"
#include "store/data/ngx_scim_index.h"
#include "store/data/ngx_scim_resource.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/filter/scim_plan.h"
#include "scim/filter/scim_query.h"
#include "scim/filter/scim_sort.h"


#define NGX_SCIM_LAST_SEQ  NGX_MAX_INT_T_VALUE


/*
 * A place between two resources in the order of a query (RFC 9865): behind the
 * one that it describes, or in front of it if the pages are read backward. A
 * scan goes by seq, look-ups go by id, a sorted query by the key and then seq.
 */
typedef struct {
    unsigned             backward:1;
    ngx_uint_t           type;          /* which of the types searched */
    ngx_uint_t           seq;
    ngx_str_t            id;
    scim_key_t           key;
} ngx_scim_cursor_t;


/* a match that can be on a sorted page */

typedef struct {
    scim_key_t           key;
    ngx_uint_t           seq;           /* decides where keys are equal */
    ngx_str_t            id;
    ngx_uint_t           type;

    u_char              *data;          /* where the texts are, if it is kept */
    size_t               size;
} ngx_scim_query_key_t;


typedef struct ngx_scim_order_s   ngx_scim_order_t;
typedef struct ngx_scim_absent_s  ngx_scim_absent_t;


typedef struct {
    ngx_scim_type_t     *types;         /* that are searched */
    ngx_uint_t           ntypes;
    scim_query_t        *queries;       /* for each of them */
    ngx_uint_t           at;            /* the type that it is at */

    ngx_scim_cursor_t    from;          /* where the page begins */
    unsigned             paged:1;       /* by cursor */
    unsigned             sorted:1;
    unsigned             backward:1;    /* candidates come in reverse */
    unsigned             placed:1;      /* the client names a place */
    unsigned             started:1;     /* at a place, not at an end */
    unsigned             more:1;        /* there is something behind the page */
    ngx_scim_cursor_t    first;         /* of the page, and last in it */
    ngx_scim_cursor_t    last;

    /* of one type */

    scim_plan_t          plan;
    ngx_uint_t           lookup;        /* of the plan, that it is at */
    ngx_array_t          ids;           /* of ngx_str_t: candidates */
    ngx_array_t          seqs;          /* of ngx_uint_t: theirs, of a scan */
    ngx_uint_t           next;          /* of them, to be looked at */
    ngx_uint_t           seq;           /* where a scan goes on */
    ngx_uint_t           looked;        /* candidates so far */
    ngx_uint_t           existing;      /* resources of the type */
    ngx_uint_t           complete;      /* the planned index */

    ngx_uint_t           total;         /* matches so far */
    ngx_array_t          views;         /* of ngx_scim_view_t: the page */
    size_t               kept;          /* bytes of documents in it */

    /* of a sorted query */

    ngx_array_t          keys;          /* of ngx_scim_query_key_t: a heap */
    ngx_uint_t           skip;          /* of them, in front of the page */
    ngx_uint_t           most;          /* that are kept */
    ngx_uint_t           nkeys;         /* on the page */
    ngx_scim_order_t    *order;         /* the index that has it, or NULL */
    ngx_scim_absent_t   *absent;        /* what has no value, of that index */

    ngx_pool_t          *pool;          /* of the operation */
    ngx_pool_t          *found;         /* what a scan has found last */
    ngx_pool_t          *slice;
    ngx_scim_record_t   *candidates;    /* of the slice */
    ngx_array_t         *links;         /* their members or groups */
    ngx_array_t          asked;         /* of ngx_str_t: member ids in terms */
    u_char              *held;
    ngx_uint_t           n;
    ngx_uint_t           looking;       /* at which of them */
    ngx_uint_t           batch;         /* how many the next has; 0: unknown */
} ngx_scim_query_ctx_t;


/* Finds the candidates of a type, by ctx->plan. */
void ngx_scim_query_find(ngx_scim_op_t *op);

/* What finding goes on with: all of the page, all there are, those in ids. */
void ngx_scim_query_page(ngx_scim_op_t *op);
void ngx_scim_query_scan(ngx_scim_op_t *op);
void ngx_scim_query_slice(ngx_scim_op_t *op);

/* what a slice goes on with: there are no more ids; the page is complete */
void ngx_scim_query_end_of_ids(ngx_scim_op_t *op);
void ngx_scim_query_finish(ngx_scim_op_t *op);

/* what a look-up asks of an index */
ngx_scim_relation_e ngx_scim_query_relation(scim_op_e op);

/* end the operation with 400 */
void ngx_scim_query_too_many(ngx_scim_op_t *op);
void ngx_scim_query_too_many_links(ngx_scim_op_t *op);
void ngx_scim_query_bad_cursor(ngx_scim_op_t *op);

/*
 * Reads what filter and sort attribute ask of the memberships of the slice.
 * NGX_DECLINED: nothing; else what the start of a store call returns.
 */
ngx_int_t ngx_scim_query_computed(ngx_scim_op_t *op);

/*
 * Returns how many candidates of the slice have together no more members or
 * groups than are compared at once: those that were read, else those that a
 * record tells of.
 */
ngx_uint_t ngx_scim_query_fit(ngx_scim_query_ctx_t *ctx);

/*
 * Looks at candidate i of the slice: a match is counted, and kept for the page
 * or for sorting. NGX_ERROR: no memory.
 */
ngx_int_t ngx_scim_query_look(ngx_scim_op_t *op, ngx_uint_t i);

/* Takes the id behind ctx->next for a match. NGX_ERROR: no memory */
ngx_int_t ngx_scim_query_take(ngx_scim_op_t *op, ngx_uint_t i);

/*
 * Puts a resource of the type that ctx is at on the page. It is read when it is
 * answered, unless its record is set. NULL: no memory
 */
ngx_scim_view_t *ngx_scim_query_view(ngx_scim_op_t *op, ngx_str_t *id);

/*
 * Finds the page of a sorted query by an index that has its order, else as any
 * other.
 */
void ngx_scim_query_order(ngx_scim_op_t *op);

/*
 * Takes resources that an index has not, in the order of their creation or
 * backward, until there are no more or the page cannot take any; then goes on
 * with the step.
 */
void ngx_scim_query_absent(ngx_scim_op_t *op, ngx_str_t *index,
    ngx_uint_t backward, ngx_scim_op_pt step);

/* Reads what is on the page of a sorted query, and answers. */
void ngx_scim_query_sort(ngx_scim_op_t *op);

/*
 * Begins to collect matches, so many of them in front of the page; takes one,
 * whose texts are copied if it can be on the page (NGX_ERROR: no memory);
 * leaves those of the page in ctx->keys, in their order.
 */
void ngx_scim_sort_window(ngx_scim_op_t *op, ngx_uint_t skip);
ngx_int_t ngx_scim_sort_offer(ngx_scim_op_t *op,
    const ngx_scim_query_key_t *match);
void ngx_scim_sort_page(ngx_scim_op_t *op);

/* Answers with the page. */
void ngx_scim_query_answer(ngx_scim_op_t *op);

/* Goes on with the step when it is the turn of this operation. */
void ngx_scim_query_wait(ngx_scim_op_t *op, ngx_scim_op_pt step);

/* the pool of a slice, which is that of the store while it is open */
ngx_int_t ngx_scim_query_open_slice(ngx_scim_op_t *op);
void ngx_scim_query_close_slice(ngx_scim_op_t *op);

/* makes type i the one that op->type and op->query are about */
void ngx_scim_query_use(ngx_scim_op_t *op, ngx_uint_t i);

/* how many matches are still to be passed over, how many the page can take */
ngx_uint_t ngx_scim_query_skip(ngx_scim_op_t *op);
ngx_uint_t ngx_scim_query_room(ngx_scim_op_t *op);

/* a copy, with a NUL behind it, in a pool; data NULL: no memory */
ngx_str_t ngx_scim_query_copy(ngx_pool_t *pool, ngx_str_t *s);


/*
 * A cursor as text for clients, opaque and bound to the tenant and the query.
 * Empty: no memory.
 */
ngx_str_t ngx_scim_cursor_print(ngx_scim_op_t *op,
    const ngx_scim_cursor_t *cursor);

/*
 * Reads op->query.cursor, which is not empty. NGX_DECLINED: it was not made by
 * ngx_scim_cursor_print() for this tenant and query; NGX_ERROR: no memory.
 */
ngx_int_t ngx_scim_cursor_parse(ngx_scim_op_t *op, ngx_scim_cursor_t *cursor);

#endif /* NGX_SCIM_QUERY_H */
