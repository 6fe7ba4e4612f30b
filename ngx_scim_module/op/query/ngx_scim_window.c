/*
 * The matches of a sorted query that can be on its page: no more than those in
 * front of the page and on it are kept, in a heap whose root is the first to
 * go.
 */

#include "op/query/ngx_scim_query.h"
#include "scim/filter/scim_sort.h"


static ngx_int_t ngx_scim_sort_cmp(ngx_scim_op_t *op,
    const ngx_scim_query_key_t *one, const ngx_scim_query_key_t *two);
static ngx_int_t ngx_scim_sort_set(ngx_scim_query_ctx_t *ctx,
    ngx_scim_query_key_t *key, const ngx_scim_query_key_t *match);
static void ngx_scim_sort_up(ngx_scim_op_t *op, ngx_uint_t i);
static void ngx_scim_sort_down(ngx_scim_op_t *op, ngx_uint_t n);
static void ngx_scim_sort_reverse(ngx_scim_query_key_t *keys, ngx_uint_t n);


void
ngx_scim_sort_window(ngx_scim_op_t *op, ngx_uint_t skip)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    ctx->skip = ngx_min(skip, NGX_MAX_INT32_VALUE);

    /* one more than the page tells whether there is something behind it */

    ctx->most = op->query.count ? ctx->skip + op->query.count + ctx->started
                                : 0;
}


ngx_int_t
ngx_scim_sort_offer(ngx_scim_op_t *op, const ngx_scim_query_key_t *match)
{
    ngx_scim_query_ctx_t  *ctx;
    ngx_scim_query_key_t  *keys, place;

    ctx = op->ctx;

    if (ctx->started) {
        place.key = ctx->from.key;
        place.seq = ctx->from.seq;

        if (ngx_scim_sort_cmp(op, match, &place) <= 0) {
            return NGX_OK;
        }
    }

    if (ctx->keys.nelts < ctx->most) {
        keys = ngx_array_push(&ctx->keys);
        if (keys == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(keys, sizeof(ngx_scim_query_key_t));

        if (ngx_scim_sort_set(ctx, keys, match) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_scim_sort_up(op, ctx->keys.nelts - 1);

        return NGX_OK;
    }

    keys = ctx->keys.elts;

    if (ctx->most == 0 || ngx_scim_sort_cmp(op, match, &keys[0]) >= 0) {
        return NGX_OK;
    }

    if (ngx_scim_sort_set(ctx, &keys[0], match) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_scim_sort_down(op, ctx->keys.nelts);

    return NGX_OK;
}


/* in the direction in which pages are read */

static ngx_int_t
ngx_scim_sort_cmp(ngx_scim_op_t *op, const ngx_scim_query_key_t *one,
    const ngx_scim_query_key_t *two)
{
    ngx_int_t              cmp;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    cmp = scim_sort_compare(&one->key, &two->key);

    if (cmp == 0) {
        cmp = (one->seq > two->seq) - (one->seq < two->seq);
    }

    return (!op->query.descending != !ctx->from.backward) ? -cmp : cmp;
}


/* the memory of one that had to go is used again */

static ngx_int_t
ngx_scim_sort_set(ngx_scim_query_ctx_t *ctx, ngx_scim_query_key_t *key,
    const ngx_scim_query_key_t *match)
{
    size_t   len, size;
    u_char  *p;

    len = (match->key.kind == SCIM_KEY_TEXT) ? ngx_strlen(match->key.text) : 0;
    size = match->id.len + 1 + len + 1;

    if (key->data == NULL || size > key->size) {
        key->size = ngx_max(size, 2 * key->size);
        key->data = ngx_pnalloc(ctx->pool, key->size);
        if (key->data == NULL) {
            return NGX_ERROR;
        }
    }

    key->key = match->key;
    key->seq = match->seq;
    key->type = match->type;
    key->id.len = match->id.len;
    key->id.data = key->data;

    p = ngx_cpymem(key->data, match->id.data, match->id.len);
    *p++ = '\0';

    if (match->key.kind == SCIM_KEY_TEXT) {
        key->key.text = (char *) p;
        p = ngx_cpymem(p, match->key.text, len);
        *p = '\0';
    }

    return NGX_OK;
}


static void
ngx_scim_sort_up(ngx_scim_op_t *op, ngx_uint_t i)
{
    ngx_uint_t             parent;
    ngx_scim_query_ctx_t  *ctx;
    ngx_scim_query_key_t  *keys, key;

    ctx = op->ctx;
    keys = ctx->keys.elts;

    for ( /* void */ ; i > 0; i = parent) {
        parent = (i - 1) / 2;

        if (ngx_scim_sort_cmp(op, &keys[i], &keys[parent]) <= 0) {
            return;
        }

        key = keys[i];
        keys[i] = keys[parent];
        keys[parent] = key;
    }
}


/* the root to its place among the first n */

static void
ngx_scim_sort_down(ngx_scim_op_t *op, ngx_uint_t n)
{
    ngx_uint_t             i, child;
    ngx_scim_query_ctx_t  *ctx;
    ngx_scim_query_key_t  *keys, key;

    ctx = op->ctx;
    keys = ctx->keys.elts;

    for (i = 0, child = 1; child < n; i = child, child = 2 * i + 1) {
        if (child + 1 < n
            && ngx_scim_sort_cmp(op, &keys[child + 1], &keys[child]) > 0)
        {
            child++;
        }

        if (ngx_scim_sort_cmp(op, &keys[i], &keys[child]) >= 0) {
            return;
        }

        key = keys[i];
        keys[i] = keys[child];
        keys[child] = key;
    }
}


void
ngx_scim_sort_page(ngx_scim_op_t *op)
{
    ngx_uint_t             n, first, last;
    ngx_scim_query_ctx_t  *ctx;
    ngx_scim_query_key_t  *keys, key;

    ctx = op->ctx;
    keys = ctx->keys.elts;
    last = ctx->keys.nelts;

    if (ctx->started) {
        ctx->more = (last > (ngx_uint_t) op->query.count);
        first = 0;

    } else {
        ctx->more = (ctx->paged
                     && ctx->total > (ngx_uint_t) op->query.count);
        first = ngx_min(ctx->skip, last);
    }

    /* those of the page leave the heap, the last one first */

    for (n = last; n > first; n--) {
        key = keys[0];
        keys[0] = keys[n - 1];
        keys[n - 1] = key;

        ngx_scim_sort_down(op, n - 1);
    }

    ctx->nkeys = ngx_min(last - first, (ngx_uint_t) op->query.count);
    ngx_memmove(keys, keys + first,
                ctx->nkeys * sizeof(ngx_scim_query_key_t));

    if (ctx->from.backward) {
        ngx_scim_sort_reverse(keys, ctx->nkeys);
    }

    if (ctx->nkeys > 0) {
        ctx->first.key = keys[0].key;
        ctx->first.seq = keys[0].seq;
        ctx->last.key = keys[ctx->nkeys - 1].key;
        ctx->last.seq = keys[ctx->nkeys - 1].seq;
    }
}


static void
ngx_scim_sort_reverse(ngx_scim_query_key_t *keys, ngx_uint_t n)
{
    ngx_uint_t            i;
    ngx_scim_query_key_t  key;

    for (i = 0; i + 1 < n; i++) {
        n--;
        key = keys[i];
        keys[i] = keys[n];
        keys[n] = key;
    }
}
