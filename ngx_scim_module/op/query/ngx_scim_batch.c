/*
 * Candidates are looked at in slices, each with a pool of its own, so that a
 * long search needs no more memory than what it answers, and in turn with other
 * searches, so that requests of other kinds go on beside it.
 */

#include "op/query/ngx_scim_query.h"
#include "store/data/ngx_scim_member.h"
#include "store/data/ngx_scim_resource.h"


#define NGX_SCIM_SLICE_FIRST  8      /* candidates, not knowing their size */
#define NGX_SCIM_SLICE_MOST   64
#define NGX_SCIM_SLICE_BUSY   16     /* the most, beside other requests */
#define NGX_SCIM_SLICE_BYTES  65536  /* of documents, more or less */
#define NGX_SCIM_SLICE_ROOM   524288   /* takes no other document beyond it */


static void ngx_scim_query_take_all(ngx_scim_op_t *op, ngx_uint_t n);
static void ngx_scim_query_read(ngx_scim_op_t *op);
static void ngx_scim_query_have_slice(ngx_scim_op_t *op);
static void ngx_scim_query_compute(ngx_scim_op_t *op);
static void ngx_scim_query_have_computed(ngx_scim_op_t *op);
static void ngx_scim_query_match(ngx_scim_op_t *op);
static ngx_uint_t ngx_scim_query_is_enough(ngx_scim_op_t *op, size_t size);
static void ngx_scim_query_end_of_slice(ngx_scim_op_t *op);
static ngx_uint_t ngx_scim_query_batch(ngx_scim_query_ctx_t *ctx);


/* what is known to match is taken, and few candidates are read, at once */

void
ngx_scim_query_slice(ngx_scim_op_t *op)
{
    ngx_uint_t             left;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    left = ctx->ids.nelts - ctx->next;

    if (left == 0) {
        ngx_scim_query_end_of_ids(op);
        return;
    }

    if (ctx->plan.exact) {
        ngx_scim_query_take_all(op, left);
        return;
    }

    if (ctx->batch == 0) {
        ctx->batch = NGX_SCIM_SLICE_FIRST;
    }

    ctx->n = ngx_min(left, ctx->batch);

    if (ngx_scim_turn_busy()) {
        ctx->n = ngx_min(ctx->n, NGX_SCIM_SLICE_BUSY);
    }

    if (left == ctx->n && ctx->next == 0 && !ctx->plan.scan) {
        ngx_scim_query_read(op);

    } else {
        ngx_scim_query_wait(op, ngx_scim_query_read);
    }
}


static void
ngx_scim_query_take_all(ngx_scim_op_t *op, ngx_uint_t n)
{
    ngx_uint_t             i;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    for (i = 0; i < n && !ctx->more; i++) {
        if (ngx_scim_query_take(op, i) != NGX_OK) {
            ngx_scim_op_nomem(op);
            return;
        }
    }

    ctx->next += n;

    if (ctx->more) {
        ngx_scim_query_finish(op);

    } else {
        ngx_scim_query_end_of_ids(op);
    }
}


void
ngx_scim_query_wait(ngx_scim_op_t *op, ngx_scim_op_pt step)
{
    ngx_scim_turn_wait(&op->turn, &op->store.tenant, ngx_scim_op_resume, op);
    ngx_scim_op_next(op, NGX_OK, step);
}


static void
ngx_scim_query_read(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_str_t             *ids;
    ngx_uint_t             i;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    ids = (ngx_str_t *) ctx->ids.elts + ctx->next;
    ctx->looking = 0;

    if (ngx_scim_query_open_slice(op) != NGX_OK) {
        ngx_scim_op_nomem(op);
        return;
    }

    ctx->candidates = ngx_pcalloc(op->store.pool,
                                  ctx->n * sizeof(ngx_scim_record_t));
    if (ctx->candidates == NULL) {
        ngx_scim_op_nomem(op);
        return;
    }

    for (i = 0; i < ctx->n; i++) {
        ctx->candidates[i].id = ids[i];
    }

    rc = ngx_scim_resource_read_most(&op->store, &op->type->key,
                                     ctx->candidates, ctx->n,
                                     NGX_SCIM_SLICE_ROOM, ngx_scim_op_resume,
                                     op);
    ngx_scim_op_next(op, rc, ngx_scim_query_have_slice);
}


static void
ngx_scim_query_have_slice(ngx_scim_op_t *op)
{
    ngx_uint_t             i;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    for (i = 0; i < ctx->n && !ctx->candidates[i].left; i++) {
        /* void */
    }

    ctx->n = i;

    ngx_scim_query_compute(op);
}


static void
ngx_scim_query_compute(ngx_scim_op_t *op)
{
    ngx_int_t  rc;

    rc = ngx_scim_query_computed(op);

    if (rc == NGX_DECLINED) {
        ngx_scim_query_have_computed(op);
        return;
    }

    ngx_scim_op_next(op, rc, ngx_scim_query_have_computed);
}


/* who has the turn does not work right where the reply is read */

static void
ngx_scim_query_have_computed(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    /* what does not fit is a candidate of the next slice */

    if (op->result == NGX_SCIM_STORE_LARGE && ctx->n > 1) {
        ctx->n = 1 + ctx->n / 8;
        ngx_scim_query_compute(op);
        return;
    }

    if (ctx->links != NULL) {
        ctx->n = op->result == NGX_SCIM_STORE_OK ? ngx_scim_query_fit(ctx) : 0;

        if (ctx->n == 0) {
            ngx_scim_query_too_many_links(op);
            return;
        }
    }

    if (op->turn.state == NGX_SCIM_TURN_HELD) {
        ngx_scim_query_wait(op, ngx_scim_query_match);

    } else {
        ngx_scim_query_match(op);
    }
}


static void
ngx_scim_query_match(ngx_scim_op_t *op)
{
    size_t                 size;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    size = 0;

    while (ctx->looking < ctx->n && !ctx->more) {
        size += ctx->candidates[ctx->looking].doc.len;

        if (ngx_scim_query_look(op, ctx->looking++) != NGX_OK) {
            ngx_scim_op_nomem(op);
            return;
        }

        if (ctx->looking < ctx->n && ngx_scim_query_is_enough(op, size)) {
            ngx_scim_query_wait(op, ngx_scim_query_match);
            return;
        }
    }

    ngx_scim_query_end_of_slice(op);
}


/* a few large documents need a turn, too */

static ngx_uint_t
ngx_scim_query_is_enough(ngx_scim_op_t *op, size_t size)
{
    if (op->turn.state == NGX_SCIM_TURN_HELD) {
        return ngx_scim_turn_over();
    }

    return size > NGX_SCIM_SLICE_BYTES;
}


static void
ngx_scim_query_end_of_slice(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    ctx->batch = ngx_scim_query_batch(ctx);
    ctx->next += ctx->n;

    ngx_scim_query_close_slice(op);
    ngx_scim_turn_end(&op->turn);

    if (ctx->more) {
        ngx_scim_query_finish(op);

    } else {
        ngx_scim_query_slice(op);
    }
}


/* by the size of those in this slice, a member or group counting as its id */

static ngx_uint_t
ngx_scim_query_batch(ngx_scim_query_ctx_t *ctx)
{
    size_t      size;
    ngx_uint_t  i, n;

    size = 1;

    for (i = 0; i < ctx->n; i++) {
        size += ctx->candidates[i].doc.len;

        if (ctx->links != NULL) {
            size += ctx->links[i].nelts * sizeof(ngx_scim_link_id_t);
        }
    }

    n = ngx_min(2 * ngx_max(ctx->batch, ctx->n),
                ctx->n * NGX_SCIM_SLICE_BYTES / size);

    return ngx_max(1, ngx_min(n, NGX_SCIM_SLICE_MOST));
}


ngx_int_t
ngx_scim_query_open_slice(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    ctx->slice = ngx_create_pool(16384, op->store.log);
    if (ctx->slice == NULL) {
        return NGX_ERROR;
    }

    op->store.pool = ctx->slice;
    ctx->links = NULL;
    ctx->held = NULL;

    return NGX_OK;
}


void
ngx_scim_query_close_slice(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    op->store.pool = ctx->pool;
    ngx_destroy_pool(ctx->slice);
    ctx->slice = NULL;
}
