/*
 * What the two halves of a query share: finding candidates, and looking at
 * them.
 */

#ifndef NGX_SCIM_OP_QUERY_H
#define NGX_SCIM_OP_QUERY_H

#include "ngx_scim_op.h"
#include "scim_sort.h"


typedef struct {
    scim_plan_t          plan;
    ngx_array_t          ids;           /* of ngx_str_t: candidates */
    ngx_uint_t           next;          /* of them, to be looked at */
    ngx_uint_t           offset;        /* of a scan */
    ngx_uint_t           existing;      /* resources of the type */
    ngx_uint_t           complete;      /* the planned index */

    ngx_uint_t           total;         /* matches so far */
    ngx_array_t          records;       /* of ngx_scim_record_t: the page */
    ngx_array_t          sorted;        /* of ngx_scim_query_key_t: matches */

    ngx_pool_t          *pool;          /* of the operation */
    ngx_pool_t          *slice;
    ngx_scim_record_t   *candidates;    /* of the slice */
    ngx_array_t         *links;         /* their members or groups */
    ngx_array_t          asked;         /* of ngx_str_t: member ids in terms */
    u_char              *held;
    ngx_uint_t           n;
} ngx_scim_query_ctx_t;


/* a match, while all are collected to be sorted */

typedef struct {
    scim_key_t           key;
    ngx_str_t            id;
    ngx_uint_t           order;         /* of creation, where keys are equal */
} ngx_scim_query_key_t;


/*
 * Reads what filter and sort attribute ask of the memberships of the slice.
 * NGX_DECLINED: nothing; else what the start of a store call returns.
 */
ngx_int_t ngx_scim_query_computed(ngx_scim_op_t *op);

/*
 * Looks at candidate i of the slice: a match is counted, and kept for the page
 * or for sorting. NGX_ERROR: no memory.
 */
ngx_int_t ngx_scim_query_look(ngx_scim_op_t *op, ngx_uint_t i);

#endif /* NGX_SCIM_OP_QUERY_H */
