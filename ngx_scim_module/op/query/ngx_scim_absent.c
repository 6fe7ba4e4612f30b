/*
 * Resources without a value of an indexed attribute, for a sorted page: they
 * have no entry, so that all are asked whether they have one, in the order of
 * their creation, until there are enough of those that have none.
 */

#include "op/query/ngx_scim_query.h"
#include "store/data/ngx_scim_index.h"
#include "store/data/ngx_scim_rank.h"
#include "scim/filter/scim_sort.h"


#define NGX_SCIM_ABSENT_BATCH  64


struct ngx_scim_absent_s {
    ngx_str_t       index;
    ngx_uint_t      backward;
    ngx_scim_op_pt  step;           /* afterwards */
    ngx_uint_t      seq;            /* where it goes on */
    ngx_uint_t      looked;
    ngx_array_t     ids;            /* of ngx_str_t */
    ngx_array_t     seqs;           /* of ngx_uint_t */
    u_char         *has;
};


static void ngx_scim_absent_walk(ngx_scim_op_t *op);
static void ngx_scim_absent_have_ids(ngx_scim_op_t *op);
static void ngx_scim_absent_have(ngx_scim_op_t *op);


void
ngx_scim_query_absent(ngx_scim_op_t *op, ngx_str_t *index,
    ngx_uint_t backward, ngx_scim_op_pt step)
{
    ngx_scim_absent_t     *a;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    a = ngx_pcalloc(op->store.pool, sizeof(ngx_scim_absent_t));
    if (a == NULL) {
        ngx_scim_op_nomem(op);
        return;
    }

    ctx->absent = a;
    a->index = *index;
    a->backward = backward;
    a->step = step;
    a->seq = backward ? NGX_SCIM_LAST_SEQ : 0;

    if (ctx->started && ctx->from.key.kind == SCIM_KEY_ABSENT) {
        a->seq = ctx->from.seq;
    }

    ngx_scim_query_wait(op, ngx_scim_absent_walk);
}


static void
ngx_scim_absent_walk(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_scim_absent_t     *a;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    a = ctx->absent;

    if (ngx_scim_query_open_slice(op) != NGX_OK) {
        ngx_scim_op_nomem(op);
        return;
    }

    a->has = ngx_pcalloc(op->store.pool, NGX_SCIM_ABSENT_BATCH);

    if (a->has == NULL
        || ngx_array_init(&a->ids, op->store.pool, NGX_SCIM_ABSENT_BATCH,
                          sizeof(ngx_str_t))
           != NGX_OK
        || ngx_array_init(&a->seqs, op->store.pool, NGX_SCIM_ABSENT_BATCH,
                          sizeof(ngx_uint_t))
           != NGX_OK)
    {
        ngx_scim_op_nomem(op);
        return;
    }

    rc = ngx_scim_index_walk(&op->store, &op->type->key, a->seq, a->backward,
                             NGX_SCIM_ABSENT_BATCH, &a->ids, &a->seqs,
                             &ctx->existing, ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_absent_have_ids);
}


static void
ngx_scim_absent_have_ids(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_scim_absent_t     *a;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    a = ctx->absent;

    if (a->ids.nelts == 0) {
        ngx_scim_query_close_slice(op);
        ngx_scim_turn_end(&op->turn);
        a->step(op);
        return;
    }

    rc = ngx_scim_rank_has(&op->store, &op->type->key, &a->index, &a->ids,
                           a->has, ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_absent_have);
}


static void
ngx_scim_absent_have(ngx_scim_op_t *op)
{
    ngx_str_t             *ids;
    ngx_uint_t             i, *seqs;
    ngx_scim_absent_t     *a;
    ngx_scim_query_ctx_t  *ctx;
    ngx_scim_query_key_t   match;

    ctx = op->ctx;
    a = ctx->absent;
    ids = a->ids.elts;
    seqs = a->seqs.elts;

    ngx_memzero(&match, sizeof(ngx_scim_query_key_t));
    match.key.kind = SCIM_KEY_ABSENT;
    match.type = ctx->at;

    for (i = 0; i < a->ids.nelts; i++) {
        match.id = ids[i];
        match.seq = seqs[i];

        if (!a->has[i] && ngx_scim_sort_offer(op, &match) != NGX_OK) {
            ngx_scim_op_nomem(op);
            return;
        }
    }

    a->seq = seqs[a->ids.nelts - 1];
    a->looked += a->ids.nelts;

    ngx_scim_query_close_slice(op);
    ngx_scim_turn_end(&op->turn);

    if (ctx->keys.nelts == ctx->most) {
        a->step(op);

    } else if (a->looked > op->conf->scan_limit) {
        ngx_scim_query_too_many(op);

    } else {
        ngx_scim_query_wait(op, ngx_scim_absent_walk);
    }
}
