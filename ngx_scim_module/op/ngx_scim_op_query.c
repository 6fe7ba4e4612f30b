/*
 * GET of a list (RFC 7644, section 3.4.2): find candidates by an index or by
 * a scan, look closer where the index does not tell all, answer one page.
 *
 * Candidates are looked at in slices, each with a pool of its own, so that a
 * long search needs no more memory than what it answers.
 */

#include "ngx_scim_op.h"
#include "scim_json.h"
#include "scim_sort.h"


#define NGX_SCIM_SLICE  100


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
static ngx_int_t ngx_scim_query_computed(ngx_scim_op_t *op);
static ngx_int_t ngx_scim_query_test(ngx_scim_op_t *op);
static void ngx_scim_query_match(ngx_scim_op_t *op);
static ngx_int_t ngx_scim_query_uses(ngx_scim_op_t *op,
    const scim_attr_t *attr);
static ngx_int_t ngx_scim_query_look(ngx_scim_op_t *op, ngx_uint_t i);
static ngx_int_t ngx_scim_query_collect(ngx_scim_op_t *op,
    ngx_scim_record_t *rec, const cJSON *doc);
static void ngx_scim_query_sort(ngx_scim_op_t *op);
static int ngx_libc_cdecl ngx_scim_query_ascending(const void *a,
    const void *b);
static int ngx_libc_cdecl ngx_scim_query_descending(const void *a,
    const void *b);
static ngx_int_t ngx_scim_query_add_computed(ngx_scim_op_t *op, cJSON *doc,
    ngx_uint_t i);
static ngx_int_t ngx_scim_query_add_meta(ngx_scim_op_t *op, cJSON *doc,
    ngx_scim_record_t *rec);
static ngx_int_t ngx_scim_query_add_links(ngx_scim_op_t *op, cJSON *doc,
    ngx_uint_t i);
static ngx_int_t ngx_scim_query_keep(ngx_scim_op_t *op,
    ngx_scim_record_t *rec);
static void ngx_scim_query_answer(ngx_scim_op_t *op);
static void ngx_scim_query_too_many(ngx_scim_op_t *op);

static ngx_int_t ngx_scim_query_asked(const scim_filter_t *filter,
    const scim_attr_t *members, ngx_array_t *ids);
static ngx_int_t ngx_scim_query_open_slice(ngx_scim_op_t *op);
static void ngx_scim_query_close_slice(ngx_scim_op_t *op);
static void ngx_scim_query_cleanup(void *data);
static ngx_str_t ngx_scim_query_copy(ngx_pool_t *pool, ngx_str_t *s);


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


/* what the filter asks of the memberships; NGX_DECLINED: nothing */

static ngx_int_t
ngx_scim_query_computed(ngx_scim_op_t *op)
{
    ngx_str_t             *ids;
    ngx_uint_t             i;
    const scim_rtype_t    *rt;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    rt = op->type->rt;

    if (!ngx_scim_query_uses(op, rt->groups)
        && !ngx_scim_query_uses(op, rt->members))
    {
        return NGX_DECLINED;
    }

    if (ctx->n == 1 && rt->members != NULL && op->query.sort_attr == NULL) {
        return ngx_scim_query_test(op);
    }

    ids = ngx_palloc(op->store.pool, ctx->n * sizeof(ngx_str_t));
    ctx->links = ngx_pcalloc(op->store.pool, ctx->n * sizeof(ngx_array_t));
    if (ids == NULL || ctx->links == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < ctx->n; i++) {
        ids[i] = ctx->candidates[i].id;

        if (ngx_array_init(&ctx->links[i], op->store.pool, 4,
                           sizeof(ngx_scim_link_id_t))
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return rt->groups ? ngx_scim_member_groups(&op->store, ids, ctx->links,
                                               ctx->n, ngx_scim_op_resume, op)
                      : ngx_scim_member_list(&op->store, ids, ctx->links,
                                             ctx->n, ngx_scim_op_resume, op);
}


static ngx_int_t
ngx_scim_query_uses(ngx_scim_op_t *op, const scim_attr_t *attr)
{
    const scim_attr_t  *sort;

    sort = op->query.sort_attr;

    return attr != NULL
           && ((op->query.filter != NULL
                && scim_filter_uses(op->query.filter, attr))
               || (sort != NULL && sort->parent == attr));
}


/*
 * "id eq g and members eq u": one group is asked for some members by their
 * ids, which costs the same for a group of any size.
 */

static ngx_int_t
ngx_scim_query_test(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (ngx_array_init(&ctx->asked, op->store.pool, 4, sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_scim_query_asked(op->query.filter, op->type->rt->members,
                              &ctx->asked);

    if (rc == NGX_OK) {
        ctx->held = ngx_pcalloc(op->store.pool, ctx->asked.nelts + 1);
        if (ctx->held == NULL) {
            return NGX_ERROR;
        }

        return ngx_scim_member_test(&op->store, &ctx->candidates[0].id,
                                    ctx->asked.elts, ctx->asked.nelts,
                                    ctx->held, ngx_scim_op_resume, op);
    }

    ctx->asked.nelts = 0;
    ctx->held = NULL;
    ctx->links = ngx_array_create(op->store.pool, 16,
                                  sizeof(ngx_scim_link_id_t));

    if (rc == NGX_ERROR || ctx->links == NULL) {
        return NGX_ERROR;
    }

    return ngx_scim_member_list(&op->store, &ctx->candidates[0].id,
                                ctx->links, 1, ngx_scim_op_resume, op);
}


/* NGX_DECLINED: a term on members is other than "eq" an id */

static ngx_int_t
ngx_scim_query_asked(const scim_filter_t *filter, const scim_attr_t *members,
    ngx_array_t *ids)
{
    ngx_int_t   rc;
    ngx_str_t  *id;

    if (filter == NULL) {
        return NGX_OK;
    }

    if (filter->kind != SCIM_FILTER_TERM) {
        rc = ngx_scim_query_asked(filter->left, members, ids);
        return rc == NGX_OK ? ngx_scim_query_asked(filter->right, members, ids)
                            : rc;
    }

    if (filter->attr != members && filter->attr->parent != members) {
        return NGX_OK;
    }

    if (filter->attr != members->value || filter->op != SCIM_EQ
        || filter->value.kind != SCIM_LITERAL_STRING)
    {
        return NGX_DECLINED;
    }

    id = ngx_array_push(ids);
    if (id == NULL) {
        return NGX_ERROR;
    }

    id->data = (u_char *) filter->value.text;
    id->len = ngx_strlen(filter->value.text);

    return NGX_OK;
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


/* one candidate: is it a match, and where does it go? */

static ngx_int_t
ngx_scim_query_look(ngx_scim_op_t *op, ngx_uint_t i)
{
    int                    matches;
    cJSON                 *doc;
    scim_error_t           ignored;
    ngx_scim_record_t     *rec;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    rec = &ctx->candidates[i];

    if (rec->doc.len == 0) {
        return NGX_OK;
    }

    if (ctx->plan.exact) {
        return ngx_scim_query_keep(op, rec);
    }

    if (scim_json_parse(&op->alloc, (char *) rec->doc.data, rec->doc.len, &doc,
                        &ignored)
            != SCIM_OK
        || ngx_scim_query_add_computed(op, doc, i) != NGX_OK)
    {
        return NGX_ERROR;
    }

    matches = op->query.filter == NULL
              || scim_filter_match(&op->alloc, op->type->rt, op->query.filter,
                                   doc);

    if (matches != 1) {
        return matches == 0 ? NGX_OK : NGX_ERROR;
    }

    return op->query.sort_attr ? ngx_scim_query_collect(op, rec, doc)
                               : ngx_scim_query_keep(op, rec);
}


/* keeps what a match is sorted by */

static ngx_int_t
ngx_scim_query_collect(ngx_scim_op_t *op, ngx_scim_record_t *rec,
    const cJSON *doc)
{
    ngx_str_t              text;
    ngx_scim_query_ctx_t  *ctx;
    ngx_scim_query_key_t  *match;

    ctx = op->ctx;

    match = ngx_array_push(&ctx->sorted);
    if (match == NULL
        || scim_sort_key(&op->alloc, op->type->rt, doc, op->query.sort_attr,
                         &match->key)
           != SCIM_OK)
    {
        return NGX_ERROR;
    }

    match->order = ctx->sorted.nelts;
    match->id = ngx_scim_query_copy(ctx->pool, &rec->id);

    if (match->key.text != NULL) {
        text.data = (u_char *) match->key.text;
        text.len = ngx_strlen(text.data);
        text = ngx_scim_query_copy(ctx->pool, &text);
        match->key.text = (char *) text.data;

        if (text.data == NULL) {
            return NGX_ERROR;
        }
    }

    return match->id.data ? NGX_OK : NGX_ERROR;
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


static ngx_int_t
ngx_scim_query_add_computed(ngx_scim_op_t *op, cJSON *doc, ngx_uint_t i)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (ngx_scim_query_add_meta(op, doc, &ctx->candidates[i]) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->links == NULL && ctx->held == NULL) {
        return NGX_OK;
    }

    return ngx_scim_query_add_links(op, doc, i);
}


static ngx_int_t
ngx_scim_query_add_meta(ngx_scim_op_t *op, cJSON *doc, ngx_scim_record_t *rec)
{
    cJSON  *meta;
    char   *version, *location;

    version = scim_sprintf(&op->alloc, "W/\"%.*s\"", (int) rec->version.len,
                           rec->version.data);
    location = scim_sprintf(&op->alloc, "%s%s/%.*s", op->base.data,
                            op->type->rt->endpoint, (int) rec->id.len,
                            rec->id.data);
    meta = cJSON_AddObjectToObject(doc, "meta");

    if (version == NULL || location == NULL
        || !cJSON_AddStringToObject(meta, "resourceType", op->type->rt->id)
        || !cJSON_AddStringToObject(meta, "created",
                 scim_strndup(&op->alloc, (char *) rec->created.data,
                              rec->created.len))
        || !cJSON_AddStringToObject(meta, "lastModified",
                 scim_strndup(&op->alloc, (char *) rec->modified.data,
                              rec->modified.len))
        || !cJSON_AddStringToObject(meta, "location", location)
        || !cJSON_AddStringToObject(meta, "version", version))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_query_add_links(ngx_scim_op_t *op, cJSON *doc, ngx_uint_t i)
{
    cJSON                 *list, *item;
    ngx_str_t             *asked;
    ngx_uint_t             k;
    ngx_scim_link_id_t    *link;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    list = cJSON_AddArrayToObject(doc, op->type->rt->groups
                                       ? op->type->rt->groups->name
                                       : op->type->rt->members->name);
    asked = ctx->asked.elts;

    for (k = 0; ctx->held && k < ctx->asked.nelts; k++) {
        if (ctx->held[k]) {
            item = cJSON_CreateObject();
            cJSON_AddStringToObject(item, "value", (char *) asked[k].data);

            if (!cJSON_AddItemToArray(list, item)) {
                return NGX_ERROR;
            }
        }
    }

    link = ctx->links ? ctx->links[i].elts : NULL;

    for (k = 0; ctx->links && k < ctx->links[i].nelts; k++) {
        item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "value",
                 scim_strndup(&op->alloc, (char *) link[k].id.data,
                              link[k].id.len));
        cJSON_AddStringToObject(item, "display",
                 scim_strndup(&op->alloc, (char *) link[k].display.data,
                              link[k].display.len));
        cJSON_AddStringToObject(item, "type",
                 op->type->rt->members
                 ? (link[k].group ? op->conf->group_type->rt->id
                                  : op->conf->user_type->rt->id)
                 : (link[k].indirect ? "indirect" : "direct"));

        if (!cJSON_AddItemToArray(list, item)) {
            return NGX_ERROR;
        }
    }

    return list ? NGX_OK : NGX_ERROR;
}


/* counts a match, and copies it out of the slice if it is on the page */

static ngx_int_t
ngx_scim_query_keep(ngx_scim_op_t *op, ngx_scim_record_t *rec)
{
    ngx_uint_t             first;
    ngx_scim_record_t     *kept;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    first = op->query.start_index - 1;

    ctx->total++;

    if (ctx->total <= first
        || ctx->records.nelts == (ngx_uint_t) op->query.count)
    {
        return NGX_OK;
    }

    kept = ngx_array_push(&ctx->records);
    if (kept == NULL) {
        return NGX_ERROR;
    }

    kept->id = ngx_scim_query_copy(ctx->pool, &rec->id);
    kept->doc = ngx_scim_query_copy(ctx->pool, &rec->doc);
    kept->created = ngx_scim_query_copy(ctx->pool, &rec->created);
    kept->modified = ngx_scim_query_copy(ctx->pool, &rec->modified);
    kept->version = ngx_scim_query_copy(ctx->pool, &rec->version);
    kept->ngroups = rec->ngroups;

    return (kept->id.data && kept->doc.data && kept->created.data
            && kept->modified.data && kept->version.data) ? NGX_OK : NGX_ERROR;
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


static ngx_str_t
ngx_scim_query_copy(ngx_pool_t *pool, ngx_str_t *s)
{
    ngx_str_t  copy;

    copy.len = s->len;
    copy.data = ngx_pnalloc(pool, s->len + 1);

    if (copy.data != NULL) {
        (void) ngx_cpystrn(copy.data, s->data, s->len + 1);
    }

    return copy;
}
