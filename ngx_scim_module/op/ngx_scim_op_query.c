/*
 * GET of a list (RFC 7644, section 3.4.2): find candidates by an index or by
 * a scan, look closer where the index does not tell all, answer one page.
 *
 * Candidates are looked at in slices, each with a pool of its own, so that a
 * long search needs no more memory than what it answers.
 */

#include "ngx_scim_op_query.h"


#define NGX_SCIM_SLICE  100


static void ngx_scim_query_start(ngx_scim_op_t *op);
static void ngx_scim_query_plan(ngx_scim_op_t *op);
static void ngx_scim_query_have_complete(ngx_scim_op_t *op);
static void ngx_scim_query_candidates(ngx_scim_op_t *op);
static void ngx_scim_query_page(ngx_scim_op_t *op);
static void ngx_scim_query_have_page(ngx_scim_op_t *op);
static void ngx_scim_query_scan(ngx_scim_op_t *op);
static void ngx_scim_query_have_scan(ngx_scim_op_t *op);
static void ngx_scim_query_have_ids(ngx_scim_op_t *op);
static void ngx_scim_query_window(ngx_scim_op_t *op);
static void ngx_scim_query_slice(ngx_scim_op_t *op);
static void ngx_scim_query_have_slice(ngx_scim_op_t *op);
static void ngx_scim_query_match(ngx_scim_op_t *op);
static void ngx_scim_query_sort(ngx_scim_op_t *op);
static int ngx_libc_cdecl ngx_scim_query_ascending(const void *a,
    const void *b);
static int ngx_libc_cdecl ngx_scim_query_descending(const void *a,
    const void *b);
static void ngx_scim_query_answer(ngx_scim_op_t *op);
static void ngx_scim_query_too_many(ngx_scim_op_t *op);

static ngx_int_t ngx_scim_query_open_slice(ngx_scim_op_t *op);
static void ngx_scim_query_close_slice(ngx_scim_op_t *op);
static void ngx_scim_query_cleanup(void *data);


void
ngx_scim_query(ngx_scim_op_t *op)
{
    if (ngx_scim_op_query(op) == NGX_OK) {
        ngx_scim_query_start(op);
    }
}


/* the same with the query in the body (RFC 7644, section 3.4.3) */

void
ngx_scim_search(ngx_scim_op_t *op)
{
    cJSON  *body;

    body = ngx_scim_op_body(op);
    if (body == NULL) {
        return;
    }

    if (scim_query_parse(&op->alloc, "", 0, op->conf->page_size,
                         op->conf->max_page_size, &op->query, &op->error)
            != SCIM_OK
        || scim_query_parse_body(&op->alloc, body, op->conf->max_page_size,
                                 &op->query, &op->error)
           != SCIM_OK
        || scim_query_resolve(&op->alloc, op->type->rt, &op->query, &op->error)
           != SCIM_OK)
    {
        ngx_scim_op_fail(op);
        return;
    }

    ngx_scim_query_start(op);
}


static void
ngx_scim_query_start(ngx_scim_op_t *op)
{
    ngx_pool_cleanup_t    *cln;
    ngx_scim_query_ctx_t  *ctx;

    ctx = ngx_pcalloc(op->store.pool, sizeof(ngx_scim_query_ctx_t));
    cln = ngx_pool_cleanup_add(op->store.pool, 0);

    if (ctx == NULL || cln == NULL
        || ngx_array_init(&ctx->ids, op->store.pool, 8, sizeof(ngx_str_t))
           != NGX_OK
        || ngx_array_init(&ctx->records, op->store.pool, 8,
                          sizeof(ngx_scim_record_t))
           != NGX_OK
        || ngx_array_init(&ctx->sorted, op->store.pool, 8,
                          sizeof(ngx_scim_query_key_t))
           != NGX_OK)
    {
        ngx_scim_op_nomem(op);
        return;
    }

    ctx->pool = op->store.pool;
    op->ctx = ctx;

    cln->handler = ngx_scim_query_cleanup;
    cln->data = ctx;

    ngx_scim_query_plan(op);
}


static void
ngx_scim_query_plan(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_str_t              name;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    scim_plan(op->type->rt, op->type->indexes, op->type->nindexes,
              op->query.filter, &ctx->plan);

    if (op->query.sort_attr != NULL) {
        ctx->plan.exact = 0;
    }

    if (ctx->plan.kind != SCIM_PLAN_INDEX || ctx->plan.index->builtin) {
        ngx_scim_query_candidates(op);
        return;
    }

    name = ngx_scim_op_str(op, ctx->plan.index->name);

    rc = ngx_scim_index_complete(&op->store, &op->type->key, &name,
                                 &ctx->complete, ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_query_have_complete);
}


static void
ngx_scim_query_have_complete(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (!ctx->complete) {
        ngx_memzero(&ctx->plan, sizeof(scim_plan_t));
    }

    ngx_scim_query_candidates(op);
}


static void
ngx_scim_query_candidates(ngx_scim_op_t *op)
{
    ngx_int_t               rc;
    ngx_str_t               name, value, *id;
    ngx_scim_query_ctx_t   *ctx;
    ngx_scim_index_kind_e   kind;

    ctx = op->ctx;

    if (ctx->plan.kind == SCIM_PLAN_SCAN) {
        if (ctx->plan.exact) {
            ngx_scim_query_page(op);

        } else {
            ngx_scim_query_scan(op);
        }

        return;
    }

    value = ngx_scim_op_str(op, ctx->plan.value);

    if (ctx->plan.kind != SCIM_PLAN_INDEX && !ngx_scim_op_is_id(&value)) {
        ngx_scim_query_answer(op);
        return;
    }

    switch (ctx->plan.kind) {

    case SCIM_PLAN_ID:
        id = ngx_array_push(&ctx->ids);
        if (id == NULL) {
            ngx_scim_op_nomem(op);
            return;
        }

        *id = value;
        ngx_scim_query_slice(op);
        return;

    case SCIM_PLAN_HOLDERS:
        rc = ngx_scim_member_holders(&op->store, &value, &ctx->ids,
                                     ngx_scim_op_resume, op);
        break;

    default:
        kind = ctx->plan.index->kind == SCIM_INDEX_UNIQUE
               ? NGX_SCIM_INDEX_UNIQUE : NGX_SCIM_INDEX_LEXICAL;
        name = ngx_scim_op_str(op, ctx->plan.index->name);

        rc = ngx_scim_index_lookup(&op->store, &op->type->key, kind, &name,
                                   &value, op->conf->scan_limit, &ctx->ids,
                                   ngx_scim_op_resume, op);
    }

    ngx_scim_op_next(op, rc, ngx_scim_query_have_ids);
}


/* without a filter: just the page */

static void
ngx_scim_query_page(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    rc = ngx_scim_index_page(&op->store, &op->type->key,
                             op->query.start_index - 1, op->query.count,
                             &ctx->ids, &ctx->existing, ngx_scim_op_resume,
                             op);
    ngx_scim_op_next(op, rc, ngx_scim_query_have_page);
}


static void
ngx_scim_query_have_page(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    ctx->total = op->query.start_index - 1;

    ngx_scim_query_slice(op);
}


/* with a filter and no index: all of them, slice by slice */

static void
ngx_scim_query_scan(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    ctx->ids.nelts = 0;
    ctx->next = 0;

    rc = ngx_scim_index_page(&op->store, &op->type->key, ctx->offset,
                             NGX_SCIM_SLICE, &ctx->ids, &ctx->existing,
                             ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_query_have_scan);
}


static void
ngx_scim_query_have_scan(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (ctx->existing > op->conf->scan_limit) {
        ngx_scim_query_too_many(op);
        return;
    }

    ctx->offset += ctx->ids.nelts;

    ngx_scim_query_slice(op);
}


static void
ngx_scim_query_have_ids(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (ctx->ids.nelts > op->conf->scan_limit) {
        ngx_scim_query_too_many(op);
        return;
    }

    if (ctx->plan.exact) {
        ngx_scim_query_window(op);
    }

    ngx_scim_query_slice(op);
}


/* candidates that are known to match are read only where they are answered */

static void
ngx_scim_query_window(ngx_scim_op_t *op)
{
    ngx_uint_t             first, n;
    ngx_str_t             *ids;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    ctx->existing = ctx->ids.nelts;

    first = ngx_min((ngx_uint_t) op->query.start_index - 1, ctx->existing);
    n = ngx_min(ctx->existing - first, (ngx_uint_t) op->query.count);

    ids = ctx->ids.elts;
    ngx_memmove(ids, ids + first, n * sizeof(ngx_str_t));

    ctx->ids.nelts = n;
    ctx->total = op->query.start_index - 1;
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
        if (ctx->plan.kind == SCIM_PLAN_SCAN && !ctx->plan.exact
            && ctx->ids.nelts > 0)
        {
            ngx_scim_query_scan(op);

        } else if (ctx->sorted.nelts > 0) {
            ngx_scim_query_sort(op);

        } else {
            ngx_scim_query_answer(op);
        }

        return;
    }

    ids = (ngx_str_t *) ctx->ids.elts + ctx->next;
    ctx->n = ngx_min(ctx->ids.nelts - ctx->next, NGX_SCIM_SLICE);
    ctx->next += ctx->n;

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
    ngx_int_t              rc;
    ngx_uint_t             i;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    for (i = 0; i < ctx->n; i++) {
        rc = ngx_scim_query_look(op, i);

        if (rc == NGX_ERROR) {
            ngx_scim_op_nomem(op);
            return;
        }
    }

    ngx_scim_query_close_slice(op);
    ngx_scim_query_slice(op);
}


/* all matches are known: only those of the page are read again */

static void
ngx_scim_query_sort(ngx_scim_op_t *op)
{
    ngx_str_t             *id;
    ngx_uint_t             i;
    ngx_scim_query_ctx_t  *ctx;
    ngx_scim_query_key_t  *match;

    ctx = op->ctx;
    match = ctx->sorted.elts;

    qsort(match, ctx->sorted.nelts, sizeof(ngx_scim_query_key_t),
          op->query.descending ? ngx_scim_query_descending
                               : ngx_scim_query_ascending);

    ctx->ids.nelts = 0;
    ctx->next = 0;

    for (i = 0; i < ctx->sorted.nelts; i++) {
        id = ngx_array_push(&ctx->ids);
        if (id == NULL) {
            ngx_scim_op_nomem(op);
            return;
        }

        *id = match[i].id;
    }

    ctx->sorted.nelts = 0;
    ctx->plan.kind = SCIM_PLAN_INDEX;
    ctx->plan.exact = 1;

    ngx_scim_query_window(op);
    ngx_scim_query_slice(op);
}


static int ngx_libc_cdecl
ngx_scim_query_ascending(const void *a, const void *b)
{
    int                          cmp;
    const ngx_scim_query_key_t  *one, *two;

    one = a;
    two = b;
    cmp = scim_sort_compare(&one->key, &two->key);

    return cmp ? cmp : (one->order > two->order) - (one->order < two->order);
}


static int ngx_libc_cdecl
ngx_scim_query_descending(const void *a, const void *b)
{
    return ngx_scim_query_ascending(b, a);
}


static void
ngx_scim_query_answer(ngx_scim_op_t *op)
{
    ngx_uint_t             i;
    ngx_array_t           *views;
    ngx_scim_view_t       *view;
    ngx_scim_record_t     *rec;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    rec = ctx->records.elts;

    views = ngx_array_create(op->store.pool, ctx->records.nelts + 1,
                             sizeof(ngx_scim_view_t));
    if (views == NULL) {
        ngx_scim_op_nomem(op);
        return;
    }

    for (i = 0; i < ctx->records.nelts; i++) {
        view = ngx_array_push(views);
        ngx_memzero(view, sizeof(ngx_scim_view_t));
        view->record = &rec[i];
    }

    /* where only the page was read, the total is known from elsewhere */

    ngx_scim_answer_list(op, views,
                         ctx->plan.exact && ctx->plan.kind != SCIM_PLAN_ID
                         ? ctx->existing : ctx->total);
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
