/*
 * The candidates of a query of one type: by the look-ups of its plan, if their
 * indexes can be relied on, else by a scan.
 */

#include "op/query/ngx_scim_query.h"
#include "store/data/ngx_scim_holder.h"
#include "store/data/ngx_scim_index.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/filter/scim_index.h"
#include "scim/filter/scim_plan.h"


static void ngx_scim_query_have_complete(ngx_scim_op_t *op);
static void ngx_scim_query_lookup(ngx_scim_op_t *op);
static void ngx_scim_query_lookup_index(ngx_scim_op_t *op,
    scim_lookup_t *lookup);
static void ngx_scim_query_have_lookup(ngx_scim_op_t *op);
static void ngx_scim_query_have_ids(ngx_scim_op_t *op);
static void ngx_scim_query_distinct(ngx_scim_query_ctx_t *ctx);
static int ngx_libc_cdecl ngx_scim_query_by_id(const void *a, const void *b);
static void ngx_scim_query_from_place(ngx_scim_query_ctx_t *ctx);
static void ngx_scim_query_reverse(ngx_array_t *ids);
static void ngx_scim_query_window(ngx_scim_op_t *op);


/* the next look-up of the plan, if its index can be relied on */

void
ngx_scim_query_find(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_str_t              name;
    scim_lookup_t         *lookup;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (ctx->plan.scan) {
        if (ctx->plan.exact && !ctx->paged) {
            ngx_scim_query_page(op);

        } else {
            ngx_scim_query_scan(op);
        }

        return;
    }

    if (ctx->lookup == ctx->plan.nlookups) {
        ngx_scim_query_have_ids(op);
        return;
    }

    lookup = &ctx->plan.lookups[ctx->lookup];

    if (lookup->kind != SCIM_LOOKUP_INDEX || lookup->index->builtin) {
        ngx_scim_query_lookup(op);
        return;
    }

    name = ngx_scim_op_str(op, lookup->index->name);

    rc = ngx_scim_index_complete(&op->store, &op->type->key, &name,
                                 &ctx->complete, ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_query_have_complete);
}


static void
ngx_scim_query_have_complete(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (ctx->complete) {
        ngx_scim_query_lookup(op);
        return;
    }

    ctx->ids.nelts = 0;
    ctx->plan.scan = 1;
    ctx->plan.exact = 0;

    ngx_scim_query_find(op);
}


static void
ngx_scim_query_lookup(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_str_t              value, *id;
    scim_lookup_t         *lookup;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    lookup = &ctx->plan.lookups[ctx->lookup++];

    if (lookup->kind == SCIM_LOOKUP_INDEX) {
        ngx_scim_query_lookup_index(op, lookup);
        return;
    }

    value = ngx_scim_op_str(op, lookup->value);

    if (!ngx_scim_op_is_id(&value)) {
        ngx_scim_query_find(op);
        return;
    }

    if (lookup->kind == SCIM_LOOKUP_HOLDERS) {
        rc = ngx_scim_member_holders(&op->store, &value, &ctx->ids,
                                     ngx_scim_op_resume, op);
        ngx_scim_op_next(op, rc, ngx_scim_query_have_lookup);
        return;
    }

    id = ngx_array_push(&ctx->ids);
    if (id == NULL) {
        ngx_scim_op_nomem(op);
        return;
    }

    *id = value;
    ngx_scim_query_find(op);
}


static void
ngx_scim_query_lookup_index(ngx_scim_op_t *op, scim_lookup_t *lookup)
{
    ngx_int_t               rc;
    ngx_str_t               name, value;
    ngx_scim_query_ctx_t   *ctx;
    ngx_scim_index_kind_e   kind;

    ctx = op->ctx;
    kind = lookup->index->kind == SCIM_INDEX_UNIQUE ? NGX_SCIM_INDEX_UNIQUE
                                                    : NGX_SCIM_INDEX_LEXICAL;
    name = ngx_scim_op_str(op, lookup->index->name);
    value = ngx_scim_op_str(op, lookup->value);

    rc = ngx_scim_index_lookup(&op->store, &op->type->key, kind, &name,
                               ngx_scim_query_relation(lookup->op), &value,
                               op->conf->scan_limit, &ctx->ids,
                               ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_query_have_lookup);
}


ngx_scim_relation_e
ngx_scim_query_relation(scim_op_e op)
{
    static const ngx_scim_relation_e  relations[] = {
        [SCIM_EQ] = NGX_SCIM_EQUAL,
        [SCIM_SW] = NGX_SCIM_STARTS_WITH,
        [SCIM_GT] = NGX_SCIM_GREATER,
        [SCIM_GE] = NGX_SCIM_GREATER_EQUAL,
        [SCIM_LT] = NGX_SCIM_LESS,
        [SCIM_LE] = NGX_SCIM_LESS_EQUAL
    };

    return relations[op];
}


static void
ngx_scim_query_have_lookup(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (ctx->ids.nelts > op->conf->scan_limit) {
        ngx_scim_query_too_many(op);
        return;
    }

    ngx_scim_query_find(op);
}


static void
ngx_scim_query_have_ids(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    ngx_scim_query_distinct(ctx);

    ctx->existing = ctx->ids.nelts;

    if (ctx->paged && !ctx->sorted) {
        if (ctx->started && ctx->from.id.len == 0) {
            ngx_scim_query_bad_cursor(op);
            return;
        }

        ngx_scim_query_from_place(ctx);

    } else if (ctx->plan.exact) {
        ngx_scim_query_window(op);
    }

    ngx_scim_query_slice(op);
}


/* several look-ups, and several values of one resource, can find it twice */

static void
ngx_scim_query_distinct(ngx_scim_query_ctx_t *ctx)
{
    ngx_str_t   *ids;
    ngx_uint_t   i, n;

    if (ctx->ids.nelts < 2) {
        return;
    }

    ids = ctx->ids.elts;

    ngx_qsort(ids, ctx->ids.nelts, sizeof(ngx_str_t), ngx_scim_query_by_id);

    for (i = 1, n = 1; i < ctx->ids.nelts; i++) {
        if (ngx_scim_query_by_id(&ids[i], &ids[n - 1]) != 0) {
            ids[n++] = ids[i];
        }
    }

    ctx->ids.nelts = n;
}


static int ngx_libc_cdecl
ngx_scim_query_by_id(const void *a, const void *b)
{
    const ngx_str_t  *one, *two;

    one = a;
    two = b;

    return ngx_memn2cmp(one->data, two->data, one->len, two->len);
}


/* leaves those behind the place, or those in front of it, the nearest first */

static void
ngx_scim_query_from_place(ngx_scim_query_ctx_t *ctx)
{
    ngx_str_t   *ids;
    ngx_uint_t   i, first, end;

    ids = ctx->ids.elts;
    first = 0;
    end = ctx->ids.nelts;

    if (ctx->started) {
        for (i = 0; i < end; i++) {
            if (ngx_scim_query_by_id(&ids[i], &ctx->from.id) >= 0) {
                break;
            }
        }

        if (ctx->backward) {
            end = i;

        } else {
            first = i;

            if (i < end && ngx_scim_query_by_id(&ids[i], &ctx->from.id) == 0) {
                first++;
            }
        }
    }

    ngx_memmove(ids, ids + first, (end - first) * sizeof(ngx_str_t));
    ctx->ids.nelts = end - first;

    if (ctx->backward) {
        ngx_scim_query_reverse(&ctx->ids);
    }
}


static void
ngx_scim_query_reverse(ngx_array_t *ids)
{
    ngx_str_t   *id, other;
    ngx_uint_t   i, k;

    id = ids->elts;

    for (i = 0, k = ids->nelts; i + 1 < k; i++) {
        k--;
        other = id[i];
        id[i] = id[k];
        id[k] = other;
    }
}


/* candidates that are known to match are read only where they are answered */

static void
ngx_scim_query_window(ngx_scim_op_t *op)
{
    ngx_str_t             *ids;
    ngx_uint_t             first, n;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    ids = ctx->ids.elts;

    first = ngx_scim_query_skip(op);
    first = ngx_min(first, ctx->existing);
    n = ngx_min(ctx->existing - first, ngx_scim_query_room(op));

    ngx_memmove(ids, ids + first, n * sizeof(ngx_str_t));

    ctx->ids.nelts = n;
    ctx->total += ctx->existing;
}
