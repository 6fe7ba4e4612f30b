/*
 * GET of a list (RFC 7644, section 3.4.2), of one type or of all: find
 * candidates by indexes or by a scan, look closer where the indexes do not
 * tell all, answer one page.
 */

#include "op/query/ngx_scim_query.h"
#include "store/data/ngx_scim_index.h"
#include "store/data/ngx_scim_member.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_plan.h"
#include "scim/filter/scim_query.h"
#include "scim/profile/scim_interop.h"


#define NGX_SCIM_SCAN  512    /* ids, of which slices are made */


static ngx_int_t ngx_scim_search_query(ngx_scim_op_t *op);
static void ngx_scim_query_start(ngx_scim_op_t *op, ngx_scim_type_t *types,
    ngx_uint_t ntypes);
static ngx_int_t ngx_scim_query_init(ngx_scim_op_t *op, ngx_scim_type_t *types,
    ngx_uint_t ntypes);
static ngx_int_t ngx_scim_query_resolve(ngx_scim_op_t *op);
static ngx_int_t ngx_scim_query_place(ngx_scim_op_t *op);

static void ngx_scim_query_type(ngx_scim_op_t *op);
static void ngx_scim_query_next_type(ngx_scim_op_t *op);
static void ngx_scim_query_have_page(ngx_scim_op_t *op);
static void ngx_scim_query_have_scan(ngx_scim_op_t *op);

static const char *ngx_scim_query_advice(ngx_scim_op_t *op);
static void ngx_scim_query_no_cursor(ngx_scim_op_t *op);

static ngx_int_t ngx_scim_query_open_found(ngx_scim_op_t *op);
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

    ngx_scim_sort_window(op, ctx->paged ? 0 : op->query.start_index - 1);

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
    ctx->paged = (op->query.cursor != NULL && op->query.count > 0);
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
            != SCIM_OK
            || (op->conf->interop && ctx->queries[i].filter != NULL
                && scim_interop_filter(ctx->queries[i].filter, &op->error)
                   != SCIM_OK))
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

    if (op->query.cursor == NULL || op->query.cursor[0] == '\0') {
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

    ctx->placed = 1;
    ctx->started = ctx->paged;

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
        ngx_scim_query_order(op);

    } else {
        ngx_scim_query_find(op);
    }
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


/* without a filter: just the page */

void
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

void
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

    if (ngx_scim_query_open_found(op) != NGX_OK) {
        ngx_scim_op_nomem(op);
        return;
    }

    if (ctx->plan.exact) {
        n = ngx_min(NGX_SCIM_SCAN, ngx_scim_query_room(op) + 1);

    } else {
        n = (op->conf->scan_limit > ctx->looked)
            ? ngx_min(NGX_SCIM_SCAN, op->conf->scan_limit - ctx->looked) : 1;
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
    op->store.pool = ctx->pool;

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


/* a page by cursor ends where it has looked at enough, be it full or not */

void
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


void
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


void
ngx_scim_query_too_many(ngx_scim_op_t *op)
{
    const char  *advice;

    advice = ngx_scim_query_advice(op);

    (void) scim_error(&op->error, 400, SCIM_TYPE_TOO_MANY,
                      "The query would have to look at more than %d resources "
                      "(scim_scan_limit): %s", (int) op->conf->scan_limit,
                      advice ? advice : "use \"eq\" on an indexed attribute");
    ngx_scim_op_fail(op);
}


void
ngx_scim_query_too_many_links(ngx_scim_op_t *op)
{
    (void) scim_error(&op->error, 400, SCIM_TYPE_TOO_MANY,
                      "The query would have to look at more than %d %s",
                      NGX_SCIM_MEMBERS_LISTED,
                      op->type->rt->groups ? "groups of a user"
                      : "members of a group: use \"members.value eq\"");
    ngx_scim_op_fail(op);
}


/* NULL: there is none, or no memory */

static const char *
ngx_scim_query_advice(ngx_scim_op_t *op)
{
    int                    there;
    const char            *path;
    const scim_attr_t     *attr;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    attr = scim_index_wanted(op->type->indexes, op->type->nindexes,
                             op->query.filter,
                             ctx->ntypes == 1 ? op->query.sort_attr : NULL,
                             &there);

    if (attr == NULL || !scim_rtype_has(op->type->rt, attr)) {
        return NULL;
    }

    path = scim_attr_path(&op->alloc, op->type->rt, attr);
    if (path == NULL) {
        return NULL;
    }

    return there
           ? scim_sprintf(&op->alloc, "the index on \"%s\" names too many, or is "
                          "not complete (scimctl reindex)", path)
           : scim_sprintf(&op->alloc, "it needs an index (scim_index %s %s)",
                          op->type->rt->id, path);
}


static void
ngx_scim_query_no_cursor(ngx_scim_op_t *op)
{
    (void) scim_error(&op->error, 400, SCIM_TYPE_INVALID_CURSOR,
                      "\"cursor\" is not from an answer to this query: begin "
                      "again with an empty one");
}


/* it was right once: an index has come or gone since */

void
ngx_scim_query_bad_cursor(ngx_scim_op_t *op)
{
    ngx_scim_query_no_cursor(op);
    ngx_scim_op_fail(op);
}


/* ids of a long scan do not add up */

static ngx_int_t
ngx_scim_query_open_found(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (ctx->found != NULL) {
        ngx_destroy_pool(ctx->found);
    }

    ctx->found = ngx_create_pool(16384, op->store.log);
    if (ctx->found == NULL) {
        return NGX_ERROR;
    }

    op->store.pool = ctx->found;

    return NGX_OK;
}


static void
ngx_scim_query_cleanup(void *data)
{
    ngx_scim_query_ctx_t *ctx = data;

    if (ctx->slice != NULL) {
        ngx_destroy_pool(ctx->slice);
        ctx->slice = NULL;
    }

    if (ctx->found != NULL) {
        ngx_destroy_pool(ctx->found);
        ctx->found = NULL;
    }
}
