/*
 * A sorted page by an index that has its order: entries are read from where the
 * page begins to where it ends, and no documents but those of the page.
 *
 * Entries of one value are in the order of ids, resources in that of their
 * creation: the entries of the values at both ends of the page are read as a
 * whole, and sorted. If one value has too many, all documents are looked at as
 * if there were no index. What has no value has no entry, and is looked for if
 * the page can have it.
 */

#include "op/query/ngx_scim_query.h"
#include "store/data/ngx_scim_index.h"
#include "store/data/ngx_scim_rank.h"
#include "scim/filter/scim_index.h"
#include "scim/filter/scim_plan.h"
#include "scim/filter/scim_sort.h"


#define NGX_SCIM_ORDER_BATCH  256


struct ngx_scim_order_s {
    const scim_index_t  *index;
    ngx_str_t            name;
    ngx_scim_span_t      spans[2];      /* matches, value of the place */
    ngx_scim_span_t      ends[2];       /* the first and the last value */
    ngx_uint_t           low;           /* ranks that the page can have, */
    ngx_uint_t           high;          /* and the one behind them */
    ngx_uint_t           at;            /* that are read */
    ngx_uint_t           to;
    ngx_uint_t           skip;          /* matches in front of the page */
    unsigned             absent:1;      /* it can have what has no value */
    unsigned             down:1;        /* read from the greatest on */
    ngx_array_t          values;        /* of ngx_str_t */
    ngx_array_t          ids;           /* of ngx_str_t */
    ngx_uint_t          *seqs;
};


static ngx_int_t ngx_scim_order_init(ngx_scim_op_t *op,
    const scim_index_t *index);
static void ngx_scim_order_have_complete(ngx_scim_op_t *op);
static void ngx_scim_order_spans(ngx_scim_op_t *op);
static void ngx_scim_order_have_spans(ngx_scim_op_t *op);
static void ngx_scim_order_first_page(ngx_scim_op_t *op);
static void ngx_scim_order_next_page(ngx_scim_op_t *op);
static void ngx_scim_order_have_low(ngx_scim_op_t *op);
static void ngx_scim_order_have_high(ngx_scim_op_t *op);
static void ngx_scim_order_have_ends(ngx_scim_op_t *op);
static void ngx_scim_order_end(ngx_scim_op_t *op, ngx_uint_t rank,
    ngx_scim_op_pt step);
static void ngx_scim_order_value(ngx_scim_span_t *span, ngx_str_t *value);
static void ngx_scim_order_collect(ngx_scim_op_t *op);
static void ngx_scim_order_have_absent(ngx_scim_op_t *op);
static void ngx_scim_order_read(ngx_scim_op_t *op);
static void ngx_scim_order_have_read(ngx_scim_op_t *op);
static void ngx_scim_order_have_entries(ngx_scim_op_t *op);
static void ngx_scim_order_have_seqs(ngx_scim_op_t *op);
static ngx_int_t ngx_scim_order_offer(ngx_scim_op_t *op, ngx_uint_t i);
static void ngx_scim_order_without(ngx_scim_op_t *op);


void
ngx_scim_query_order(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    const scim_index_t    *index;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    index = scim_index_order(op->type->indexes, op->type->nindexes,
                             op->query.sort_attr, &ctx->plan);

    if (index == NULL || ctx->ntypes > 1) {
        ngx_scim_order_without(op);
        return;
    }

    if (ngx_scim_order_init(op, index) != NGX_OK) {
        ngx_scim_op_nomem(op);
        return;
    }

    if (index->builtin) {
        ngx_scim_order_spans(op);
        return;
    }

    rc = ngx_scim_index_complete(&op->store, &op->type->key, &ctx->order->name,
                                 &ctx->complete, ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_order_have_complete);
}


static ngx_int_t
ngx_scim_order_init(ngx_scim_op_t *op, const scim_index_t *index)
{
    ngx_pool_t            *pool;
    scim_lookup_t         *lookup;
    ngx_scim_order_t      *o;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    pool = op->store.pool;

    o = ngx_pcalloc(pool, sizeof(ngx_scim_order_t));
    if (o == NULL
        || ngx_array_init(&o->values, pool, 2, sizeof(ngx_str_t)) != NGX_OK
        || ngx_array_init(&o->ids, pool, 2, sizeof(ngx_str_t)) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->order = o;
    o->index = index;
    o->name = ngx_scim_op_str(op, index->name);
    o->spans[0].relation = NGX_SCIM_ANY;
    o->down = (!op->query.descending != !ctx->from.backward);

    if (!ctx->plan.scan) {
        lookup = &ctx->plan.lookups[0];
        o->spans[0].relation = ngx_scim_query_relation(lookup->op);
        o->spans[0].value = ngx_scim_op_str(op, lookup->value);
    }

    return NGX_OK;
}


static void
ngx_scim_order_have_complete(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (ctx->complete) {
        ngx_scim_order_spans(op);

    } else {
        ngx_scim_order_without(op);
    }
}


static void
ngx_scim_order_spans(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_str_t              value;
    ngx_uint_t             n;
    ngx_scim_order_t      *o;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    o = ctx->order;

    n = 1;

    if (ctx->started && ctx->from.key.kind == SCIM_KEY_TEXT) {
        value.data = (u_char *) ctx->from.key.text;
        value.len = ngx_strlen(value.data);

        ngx_scim_order_value(&o->spans[1], &value);
        n = 2;
    }

    rc = ngx_scim_rank_spans(&op->store, &op->type->key, &o->name, o->spans,
                             n, &ctx->existing, ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_order_have_spans);
}


/* all that have the same key: of long values only the beginning decides */

static void
ngx_scim_order_value(ngx_scim_span_t *span, ngx_str_t *value)
{
    span->value = *value;
    span->relation = NGX_SCIM_EQUAL;

    if (value->len >= SCIM_KEY_SIZE) {
        span->value.len = SCIM_KEY_SIZE;
        span->relation = NGX_SCIM_STARTS_WITH;
    }
}


static void
ngx_scim_order_have_spans(ngx_scim_op_t *op)
{
    ngx_scim_order_t      *o;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    o = ctx->order;

    ctx->total = o->spans[0].n;

    if (ctx->plan.scan) {
        ctx->total = ngx_max(ctx->total, ctx->existing);
    }

    if (ctx->started) {
        ngx_scim_order_next_page(op);

    } else {
        ngx_scim_order_first_page(op);
    }

    if (o->low == o->high) {
        ngx_scim_order_collect(op);

    } else {
        ngx_scim_order_end(op, o->low, ngx_scim_order_have_low);
    }
}


/* by its number: what has no value comes behind all that has one */

static void
ngx_scim_order_first_page(ngx_scim_op_t *op)
{
    ngx_uint_t             first, end, n;
    ngx_scim_order_t      *o;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    o = ctx->order;
    n = o->spans[0].n;

    first = ngx_min(ctx->skip, ctx->total);
    end = ngx_min(first + op->query.count, ctx->total);

    o->low = o->down ? ctx->total - end : first;
    o->high = o->low + (end - first);

    if (o->high > n && o->high > o->low) {
        o->absent = 1;
        o->skip = (o->down || o->low < n) ? first : first - n;
    }

    o->low = ngx_min(o->low, n) + o->spans[0].first;
    o->high = ngx_min(o->high, n) + o->spans[0].first;
}


/* behind a place, or in front of it: what has its value, and one more page */

static void
ngx_scim_order_next_page(ngx_scim_op_t *op)
{
    ngx_uint_t             first, end, more;
    ngx_scim_span_t       *spans;
    ngx_scim_order_t      *o;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    o = ctx->order;
    spans = o->spans;

    first = spans[0].first;
    end = first + spans[0].n;
    more = op->query.count + 1;

    if (ctx->from.key.kind == SCIM_KEY_TEXT) {
        o->low = ngx_min(ngx_max(spans[1].first, first), end);
        o->high = ngx_max(ngx_min(spans[1].first + spans[1].n, end), o->low);

    } else {
        o->low = end;
        o->high = end;
        o->absent = ctx->plan.scan;
    }

    if (o->down) {
        o->low -= ngx_min(more, o->low - first);
        return;
    }

    if (o->high + more > end && ctx->total > spans[0].n) {
        o->absent = 1;
    }

    o->high = ngx_min(o->high + more, end);
}


static void
ngx_scim_order_end(ngx_scim_op_t *op, ngx_uint_t rank, ngx_scim_op_pt step)
{
    ngx_int_t              rc;
    ngx_scim_order_t      *o;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    o = ctx->order;

    rc = ngx_scim_rank_entries(&op->store, &op->type->key, &o->name, rank, 1,
                               &o->values, &o->ids, ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, step);
}


static void
ngx_scim_order_have_low(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    ngx_scim_order_end(op, ctx->order->high - 1, ngx_scim_order_have_high);
}


static void
ngx_scim_order_have_high(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_str_t             *values;
    ngx_scim_order_t      *o;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    o = ctx->order;
    values = o->values.elts;

    /* some went meanwhile */

    if (o->values.nelts < 2) {
        ngx_scim_order_without(op);
        return;
    }

    ngx_scim_order_value(&o->ends[0], &values[0]);
    ngx_scim_order_value(&o->ends[1], &values[1]);

    rc = ngx_scim_rank_spans(&op->store, &op->type->key, &o->name, o->ends, 2,
                             &ctx->existing, ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_order_have_ends);
}


static void
ngx_scim_order_have_ends(ngx_scim_op_t *op)
{
    ngx_uint_t             first, end;
    ngx_scim_order_t      *o;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    o = ctx->order;

    first = o->spans[0].first;
    end = first + o->spans[0].n;

    o->at = ngx_min(ngx_max(o->ends[0].first, first), o->low);
    o->to = ngx_max(ngx_min(o->ends[1].first + o->ends[1].n, end), o->high);

    if ((o->to - o->at) - (o->high - o->low) > op->conf->scan_limit) {
        ngx_scim_order_without(op);
        return;
    }

    if (!o->absent) {
        o->skip = o->down ? o->to - o->high : o->low - o->at;

    } else if (!o->down) {
        o->skip = o->low - o->at;
    }

    ngx_scim_order_collect(op);
}


/* in the direction in which the page is read, as far as the page needs it */

static void
ngx_scim_order_collect(ngx_scim_op_t *op)
{
    ngx_scim_order_t      *o;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    o = ctx->order;

    ngx_scim_sort_window(op, ctx->started ? 0 : o->skip);

    if (o->absent && o->down) {
        ngx_scim_query_absent(op, &o->name, 1, ngx_scim_order_have_absent);

    } else {
        ngx_scim_order_read(op);
    }
}


static void
ngx_scim_order_have_absent(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (ctx->keys.nelts == ctx->most) {
        ngx_scim_query_sort(op);

    } else {
        ngx_scim_order_read(op);
    }
}


static void
ngx_scim_order_read(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_uint_t             n;
    ngx_scim_order_t      *o;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    o = ctx->order;

    if (o->at == o->to) {
        ngx_scim_order_have_read(op);
        return;
    }

    n = ngx_min(o->to - o->at, NGX_SCIM_ORDER_BATCH);

    if (ngx_scim_query_open_slice(op) != NGX_OK) {
        ngx_scim_op_nomem(op);
        return;
    }

    o->seqs = ngx_palloc(op->store.pool, n * sizeof(ngx_uint_t));

    if (o->seqs == NULL
        || ngx_array_init(&o->values, op->store.pool, n, sizeof(ngx_str_t))
           != NGX_OK
        || ngx_array_init(&o->ids, op->store.pool, n, sizeof(ngx_str_t))
           != NGX_OK)
    {
        ngx_scim_op_nomem(op);
        return;
    }

    rc = ngx_scim_rank_entries(&op->store, &op->type->key, &o->name, o->at, n,
                               &o->values, &o->ids, ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_order_have_entries);

    o->at += n;
}


static void
ngx_scim_order_have_entries(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_scim_order_t      *o;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    o = ctx->order;

    if (o->ids.nelts == 0) {
        ngx_scim_order_have_seqs(op);
        return;
    }

    rc = ngx_scim_rank_seqs(&op->store, &op->type->key, &o->ids, o->seqs,
                            ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_order_have_seqs);
}


static void
ngx_scim_order_have_seqs(ngx_scim_op_t *op)
{
    ngx_uint_t             i;
    ngx_scim_order_t      *o;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    o = ctx->order;

    for (i = 0; i < o->ids.nelts; i++) {
        if (o->seqs[i] > 0 && ngx_scim_order_offer(op, i) != NGX_OK) {
            ngx_scim_op_nomem(op);
            return;
        }
    }

    ngx_scim_query_close_slice(op);
    ngx_scim_turn_end(&op->turn);

    if (o->at < o->to) {
        ngx_scim_query_wait(op, ngx_scim_order_read);

    } else {
        ngx_scim_order_have_read(op);
    }
}


static void
ngx_scim_order_have_read(ngx_scim_op_t *op)
{
    ngx_scim_order_t      *o;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    o = ctx->order;

    if (o->absent && !o->down && ctx->keys.nelts < ctx->most) {
        ngx_scim_query_absent(op, &o->name, 0, ngx_scim_query_sort);

    } else {
        ngx_scim_query_sort(op);
    }
}


static ngx_int_t
ngx_scim_order_offer(ngx_scim_op_t *op, ngx_uint_t i)
{
    ngx_str_t             *ids, *values;
    ngx_scim_order_t      *o;
    ngx_scim_query_ctx_t  *ctx;
    ngx_scim_query_key_t   match;

    ctx = op->ctx;
    o = ctx->order;
    ids = o->ids.elts;
    values = o->values.elts;

    /* the value ends with a NUL that is in front of the id */

    if (values[i].len > SCIM_KEY_SIZE) {
        values[i].data[SCIM_KEY_SIZE] = '\0';
    }

    ngx_memzero(&match, sizeof(ngx_scim_query_key_t));
    match.key.kind = SCIM_KEY_TEXT;
    match.key.text = (char *) values[i].data;
    match.seq = o->seqs[i];
    match.id = ids[i];
    match.type = ctx->at;

    return ngx_scim_sort_offer(op, &match);
}


static void
ngx_scim_order_without(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    ctx->plan.exact = 0;

    if (ctx->order != NULL) {
        ctx->order = NULL;
        ctx->total = 0;
    }

    ngx_scim_query_find(op);
}
