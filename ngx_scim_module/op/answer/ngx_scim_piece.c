/*
 * Answers in pieces. What is read and written for one is gone before the next,
 * so that an answer of any length takes the same memory.
 */

#include "op/answer/ngx_scim_answer.h"
#include "scim/core/scim_alloc.h"
#include "scim/json/scim_json.h"


#define NGX_SCIM_PIECE_POOL  4096


static ngx_int_t ngx_scim_answer_pool(ngx_scim_op_t *op);
static void ngx_scim_answer_free(void *data);
static void ngx_scim_answer_have_slice(void *data, ngx_scim_result_e result);


ngx_int_t
ngx_scim_answer_more(ngx_scim_op_t *op)
{
    ngx_int_t           rc;
    ngx_scim_view_t    *view;
    ngx_scim_answer_t  *answer;

    answer = op->ctx;
    view = answer->page.views->elts;
    view += answer->at;

    if (ngx_scim_answer_pool(op) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!answer->inside) {
        return ngx_scim_answer_piece(op);
    }

    rc = ngx_scim_slice_next(&op->store, view->slice,
                             ngx_scim_answer_have_slice, op);

    return rc == NGX_OK ? NGX_AGAIN : NGX_ERROR;
}


/* the first piece is in the pool of the operation, which stays as it is */

static ngx_int_t
ngx_scim_answer_pool(ngx_scim_op_t *op)
{
    ngx_pool_t          *pool;
    ngx_scim_answer_t   *answer;
    ngx_pool_cleanup_t  *cln;

    answer = op->ctx;

    if (answer->pool != NULL) {
        ngx_reset_pool(answer->pool);
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(op->store.pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    pool = ngx_create_pool(NGX_SCIM_PIECE_POOL, op->store.log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_scim_answer_free;
    cln->data = pool;

    answer->pool = pool;
    op->store.pool = pool;

    return NGX_OK;
}


static void
ngx_scim_answer_free(void *data)
{
    ngx_destroy_pool(data);
}


static void
ngx_scim_answer_have_slice(void *data, ngx_scim_result_e result)
{
    ngx_scim_op_t *op = data;

    scim_alloc_t  *before;

    switch (result) {

    case NGX_SCIM_STORE_OK:
        before = scim_json_open(&op->alloc);

        if (ngx_scim_answer_piece(op) != NGX_OK) {
            op->broken = "no memory";
        }

        scim_json_close(before);
        break;

    case NGX_SCIM_STORE_NOT_FOUND:
        op->broken = "the group was deleted";
        break;

    case NGX_SCIM_STORE_STALE:
        op->broken = "the members were replaced";
        break;

    case NGX_SCIM_STORE_UNAVAILABLE:
        op->broken = "redis is not available";
        break;

    default:
        op->broken = "redis could not carry it out";
    }

    op->piece(op);
}
