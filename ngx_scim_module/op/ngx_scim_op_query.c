/*
 * GET of a list (RFC 7644, section 3.4.2), of one type or of all: find
 * candidates by indexes or by a scan, look closer where the indexes do not
 * tell all, answer one page.
 *
 * Candidates are looked at in slices, each with a pool of its own, so that a
 * long search needs no more memory than what it answers.
 */

#include "ngx_scim_op_query.h"


#define NGX_SCIM_SLICE     100
#define NGX_SCIM_LAST_SEQ  NGX_MAX_INT_T_VALUE


static ngx_int_t ngx_scim_search_query(ngx_scim_op_t *op);
static void ngx_scim_query_start(ngx_scim_op_t *op, ngx_scim_type_t *types,
    ngx_uint_t ntypes);
static ngx_int_t ngx_scim_query_init(ngx_scim_op_t *op, ngx_scim_type_t *types,
    ngx_uint_t ntypes);
static ngx_int_t ngx_scim_query_resolve(ngx_scim_op_t *op);
static ngx_int_t ngx_scim_query_place(ngx_scim_op_t *op);

static void ngx_scim_query_type(ngx_scim_op_t *op);
static void ngx_scim_query_next_type(ngx_scim_op_t *op);
static void ngx_scim_query_find(ngx_scim_op_t *op);
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

static void ngx_scim_query_page(ngx_scim_op_t *op);
static void ngx_scim_query_have_page(ngx_scim_op_t *op);
static void ngx_scim_query_scan(ngx_scim_op_t *op);
static void ngx_scim_query_have_scan(ngx_scim_op_t *op);

static void ngx_scim_query_slice(ngx_scim_op_t *op);
static void ngx_scim_query_end_of_ids(ngx_scim_op_t *op);
static void ngx_scim_query_have_slice(ngx_scim_op_t *op);
static void ngx_scim_query_match(ngx_scim_op_t *op);
static void ngx_scim_query_finish(ngx_scim_op_t *op);
static void ngx_scim_query_too_many(ngx_scim_op_t *op);
static void ngx_scim_query_no_cursor(ngx_scim_op_t *op);
static void ngx_scim_query_bad_cursor(ngx_scim_op_t *op);

static ngx_int_t ngx_scim_query_open_slice(ngx_scim_op_t *op);
static void ngx_scim_query_close_slice(ngx_scim_op_t *op);
static void ngx_scim_query_cleanup(void *data);


void
ngx_scim_query(ngx_scim_op_t *op)
{
    if (ngx_scim_op_query_parse(op) == NGX_OK) {
        ngx_scim_query_start(op, op->type, 1);
    }
}


void
ngx_scim_query_all(ngx_scim_op_t *op)
{
    if (ngx_scim_op_query_parse(op) == NGX_OK) {
        ngx_scim_query_start(op, op->conf->types,
                             op->conf->registry->nrtypes);
    }
}


void
ngx_scim_search(ngx_scim_op_t *op)
{
    if (ngx_scim_search_query(op) == NGX_OK) {
        ngx_scim_query_start(op, op->type, 1);
    }
}


void
ngx_scim_search_all(ngx_scim_op_t *op)
{
    if (ngx_scim_search_query(op) == NGX_OK) {
        ngx_scim_query_start(op, op->conf->types,
                             op->conf->registry->nrtypes);
    }
}


/* the query is in the body; NGX_ERROR: op has ended */

static ngx_int_t
ngx_scim_search_query(ngx_scim_op_t *op)
{
    cJSON  *body;

    body = ngx_scim_op_body(op);
    if (body == NULL) {
        return NGX_ERROR;
    }

    if (scim_query_parse(&op->alloc, "", 0, op->conf->page_size,
                         op->conf->max_page_size, &op->query, &op->error)
            != SCIM_OK
        || scim_query_parse_body(&op->alloc, body, op->conf->max_page_size,
                                 &op->query, &op->error)
           != SCIM_OK)
    {
        ngx_scim_op_fail(op);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_scim_query_start(ngx_scim_op_t *op, ngx_scim_type_t *types,
    ngx_uint_t ntypes)
{
    ngx_scim_query_ctx_t  *ctx;

    if (ngx_scim_query_init(op, types, ntypes) != NGX_OK) {
        ngx_scim_op_nomem(op);
        return;
    }

    if (ngx_scim_query_resolve(op) != NGX_OK
        || ngx_scim_query_place(op) != NGX_OK)
    {
        ngx_scim_op_fail(op);
        return;
    }

    ctx = op->ctx;
    ctx->sorted = (op->query.sort_attr != NULL);
    ctx->backward = ctx->from.backward && !ctx->sorted;
    ctx->at = (ctx->started && !ctx->sorted) ? ctx->from.type : 0;

    ngx_scim_query_type(op);
}


static ngx_int_t
ngx_scim_query_init(ngx_scim_op_t *op, ngx_scim_type_t *types,
    ngx_uint_t ntypes)
{
    ngx_pool_t            *pool;
    ngx_pool_cleanup_t    *cln;
    ngx_scim_query_ctx_t  *ctx;

    pool = op->store.pool;
    ctx = ngx_pcalloc(pool, sizeof(ngx_scim_query_ctx_t));
    cln = ngx_pool_cleanup_add(pool, 0);

    if (ctx == NULL || cln == NULL
        || ngx_array_init(&ctx->ids, pool, 8, sizeof(ngx_str_t)) != NGX_OK
        || ngx_array_init(&ctx->seqs, pool, 8, sizeof(ngx_uint_t)) != NGX_OK
        || ngx_array_init(&ctx->views, pool, 8, sizeof(ngx_scim_view_t))
           != NGX_OK
        || ngx_array_init(&ctx->keys, pool, 8, sizeof(ngx_scim_query_key_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->pool = pool;
    ctx->types = types;
    ctx->ntypes = ntypes;
    ctx->paged = (op->query.cursor != NULL);
    op->ctx = ctx;

    cln->handler = ngx_scim_query_cleanup;
    cln->data = ctx;

    return NGX_OK;
}


/* the query for each type; NGX_ERROR: op->error is set */

static ngx_int_t
ngx_scim_query_resolve(ngx_scim_op_t *op)
{
    ngx_uint_t              i;
    ngx_scim_query_ctx_t   *ctx;
    const scim_registry_t  *reg;

    ctx = op->ctx;
    reg = (ctx->ntypes > 1) ? op->conf->registry : NULL;

    ctx->queries = ngx_palloc(op->store.pool,
                              ctx->ntypes * sizeof(scim_query_t));
    if (ctx->queries == NULL) {
        (void) scim_error_nomem(&op->error);
        return NGX_ERROR;
    }

    for (i = 0; i < ctx->ntypes; i++) {
        ctx->queries[i] = op->query;

        if (scim_query_resolve_across(&op->alloc, reg, ctx->types[i].rt,
                                      &ctx->queries[i], &op->error)
            != SCIM_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_scim_query_use(op, 0);

    return NGX_OK;
}


/* where the page begins; NGX_ERROR: op->error is set */

static ngx_int_t
ngx_scim_query_place(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (!ctx->paged || op->query.cursor[0] == '\0') {
        return NGX_OK;
    }

    rc = ngx_scim_cursor_parse(op, &ctx->from);

    if (rc == NGX_ERROR) {
        (void) scim_error_nomem(&op->error);
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED || ctx->from.type >= ctx->ntypes) {
        ngx_scim_query_no_cursor(op);
        return NGX_ERROR;
    }

    ctx->started = 1;

    return NGX_OK;
}


void
ngx_scim_query_use(ngx_scim_op_t *op, ngx_uint_t i)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    ctx->at = i;
    op->type = &ctx->types[i];
    op->query = ctx->queries[i];
}


static void
ngx_scim_query_type(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    ngx_scim_query_use(op, ctx->at);

    ctx->ids.nelts = 0;
    ctx->seqs.nelts = 0;
    ctx->next = 0;
    ctx->lookup = 0;
    ctx->looked = 0;
    ctx->seq = ctx->backward ? NGX_SCIM_LAST_SEQ : 0;

    if (ctx->started && !ctx->sorted) {
        ctx->seq = ctx->from.seq;
    }

    if (scim_plan(&op->alloc, op->type->rt, op->type->indexes,
                  op->type->nindexes, op->query.filter, &ctx->plan)
        != SCIM_OK)
    {
        ngx_scim_op_nomem(op);
        return;
    }

    if (ctx->sorted) {
        ctx->plan.exact = 0;
    }

    ngx_scim_query_find(op);
}


static void
ngx_scim_query_next_type(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    ctx->at += ctx->backward ? (ngx_uint_t) -1 : 1;

    if (ctx->at >= ctx->ntypes) {
        ngx_scim_query_finish(op);
        return;
    }

    if (!ctx->sorted) {
        ctx->started = 0;
    }

    ngx_scim_query_type(op);
}


/* the next look-up of the plan, if its index can be relied on */

static void
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

    static const ngx_scim_relation_e  relations[] = {
        [SCIM_EQ] = NGX_SCIM_EQUAL,
        [SCIM_SW] = NGX_SCIM_STARTS_WITH,
        [SCIM_GT] = NGX_SCIM_GREATER,
        [SCIM_GE] = NGX_SCIM_GREATER_EQUAL,
        [SCIM_LT] = NGX_SCIM_LESS,
        [SCIM_LE] = NGX_SCIM_LESS_EQUAL
    };

    ctx = op->ctx;
    kind = lookup->index->kind == SCIM_INDEX_UNIQUE ? NGX_SCIM_INDEX_UNIQUE
                                                    : NGX_SCIM_INDEX_LEXICAL;
    name = ngx_scim_op_str(op, lookup->index->name);
    value = ngx_scim_op_str(op, lookup->value);

    rc = ngx_scim_index_lookup(&op->store, &op->type->key, kind, &name,
                               relations[lookup->op], &value,
                               op->conf->scan_limit, &ctx->ids,
                               ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_query_have_lookup);
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


/* without a filter: just the page */

static void
ngx_scim_query_page(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    rc = ngx_scim_index_page(&op->store, &op->type->key,
                             ngx_scim_query_skip(op), ngx_scim_query_room(op),
                             &ctx->ids, &ctx->existing, ngx_scim_op_resume,
                             op);
    ngx_scim_op_next(op, rc, ngx_scim_query_have_page);
}


static void
ngx_scim_query_have_page(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    ctx->total += ctx->existing;

    ngx_scim_query_slice(op);
}


/* all of them, slice by slice; of exact ones, one more than the page has */

static void
ngx_scim_query_scan(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_uint_t             n;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (ctx->started && !ctx->sorted && ctx->from.id.len > 0) {
        ngx_scim_query_bad_cursor(op);
        return;
    }

    ctx->ids.nelts = 0;
    ctx->seqs.nelts = 0;
    ctx->next = 0;

    n = NGX_SCIM_SLICE;

    if (ctx->plan.exact) {
        n = ngx_min(n, ngx_scim_query_room(op) + 1);
    }

    rc = ngx_scim_index_walk(&op->store, &op->type->key, ctx->seq,
                             ctx->backward, n, &ctx->ids, &ctx->seqs,
                             &ctx->existing, ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_query_have_scan);
}


static void
ngx_scim_query_have_scan(ngx_scim_op_t *op)
{
    ngx_uint_t            *seqs;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if ((!ctx->paged || ctx->sorted)
        && ctx->existing > op->conf->scan_limit)
    {
        ngx_scim_query_too_many(op);
        return;
    }

    if (ctx->seqs.nelts > 0) {
        seqs = ctx->seqs.elts;
        ctx->seq = seqs[ctx->seqs.nelts - 1];
        ctx->looked += ctx->seqs.nelts;
    }

    ngx_scim_query_slice(op);
}


static void
ngx_scim_query_slice(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_str_t             *ids;
    ngx_uint_t             i;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (ctx->next == ctx->ids.nelts) {
        ngx_scim_query_end_of_ids(op);
        return;
    }

    ids = (ngx_str_t *) ctx->ids.elts + ctx->next;
    ctx->n = ngx_min(ctx->ids.nelts - ctx->next, NGX_SCIM_SLICE);

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

    rc = ngx_scim_resource_read(&op->store, &op->type->key, ctx->candidates,
                                ctx->n, ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_query_have_slice);
}


/* a page by cursor ends where it has looked at enough, be it full or not */

static void
ngx_scim_query_end_of_ids(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (!ctx->plan.scan || (ctx->plan.exact && !ctx->paged)
        || ctx->ids.nelts == 0)
    {
        ngx_scim_query_next_type(op);
        return;
    }

    if (ctx->paged && !ctx->sorted && ctx->looked >= op->conf->scan_limit) {
        ctx->more = 1;
        ctx->last.type = ctx->at;
        ctx->last.seq = ctx->seq;
        ctx->last.id.len = 0;

        ngx_scim_query_finish(op);
        return;
    }

    ngx_scim_query_scan(op);
}


static void
ngx_scim_query_have_slice(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (ctx->plan.exact) {
        ngx_scim_query_match(op);
        return;
    }

    rc = ngx_scim_query_computed(op);

    if (rc == NGX_DECLINED) {
        ngx_scim_query_match(op);
        return;
    }

    ngx_scim_op_next(op, rc, ngx_scim_query_match);
}


static void
ngx_scim_query_match(ngx_scim_op_t *op)
{
    ngx_uint_t             i;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    for (i = 0; i < ctx->n && !ctx->more; i++) {
        if (ngx_scim_query_look(op, i) != NGX_OK) {
            ngx_scim_op_nomem(op);
            return;
        }
    }

    ctx->next += ctx->n;
    ngx_scim_query_close_slice(op);

    if (ctx->more) {
        ngx_scim_query_finish(op);

    } else {
        ngx_scim_query_slice(op);
    }
}


static void
ngx_scim_query_finish(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (ctx->sorted) {
        ngx_scim_query_sort(op);

    } else {
        ngx_scim_query_answer(op);
    }
}


static void
ngx_scim_query_too_many(ngx_scim_op_t *op)
{
    (void) scim_error(&op->error, 400, SCIM_TYPE_TOO_MANY,
                      "The query would have to look at more than %d "
                      "resources: use \"eq\" on an indexed attribute",
                      (int) op->conf->scan_limit);
    ngx_scim_op_fail(op);
}


static void
ngx_scim_query_no_cursor(ngx_scim_op_t *op)
{
    (void) scim_error(&op->error, 400, SCIM_TYPE_INVALID_CURSOR,
                      "\"cursor\" is not from an answer to this query: begin "
                      "again with an empty one");
}


/* it was right once: an index has come or gone since */

static void
ngx_scim_query_bad_cursor(ngx_scim_op_t *op)
{
    ngx_scim_query_no_cursor(op);
    ngx_scim_op_fail(op);
}


static ngx_int_t
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


static void
ngx_scim_query_close_slice(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    op->store.pool = ctx->pool;
    ngx_scim_query_cleanup(ctx);
}


static void
ngx_scim_query_cleanup(void *data)
{
    ngx_scim_query_ctx_t *ctx = data;

    if (ctx->slice != NULL) {
        ngx_destroy_pool(ctx->slice);
        ctx->slice = NULL;
    }
}
