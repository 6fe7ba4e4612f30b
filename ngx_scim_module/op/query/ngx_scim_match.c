/*
 * Candidates of a query, a slice at a time: what of them has to be computed,
 * whether they match, and what is kept of those that do.
 */

#include "op/query/ngx_scim_query.h"
#include "store/data/ngx_scim_member.h"
#include "store/data/ngx_scim_resource.h"
#include "store/data/ngx_scim_user_groups.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json_parse.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/filter/scim_match.h"
#include "scim/filter/scim_sort.h"


#define NGX_SCIM_QUERY_KEPT  262144    /* bytes of documents of the page */


static ngx_int_t ngx_scim_query_uses(ngx_scim_op_t *op,
    const scim_attr_t *attr);
static ngx_int_t ngx_scim_query_list(ngx_scim_op_t *op, ngx_str_t *ids);
static ngx_int_t ngx_scim_query_test(ngx_scim_op_t *op, ngx_str_t *groups);
static ngx_int_t ngx_scim_query_asked(const scim_filter_t *filter,
    const scim_attr_t *members, ngx_array_t *ids);
static ngx_int_t ngx_scim_query_collect(ngx_scim_op_t *op,
    ngx_scim_record_t *rec, const cJSON *doc);
static ngx_int_t ngx_scim_query_add_link(ngx_scim_op_t *op, cJSON *list,
    ngx_scim_link_id_t *link);
static ngx_int_t ngx_scim_query_found(ngx_scim_op_t *op, ngx_uint_t i);
static ngx_int_t ngx_scim_query_mark(ngx_scim_op_t *op, ngx_uint_t i,
    ngx_str_t *id);
static ngx_int_t ngx_scim_query_keep(ngx_scim_op_t *op,
    ngx_scim_record_t *rec);
static ngx_int_t ngx_scim_query_add_computed(ngx_scim_op_t *op, cJSON *doc,
    ngx_uint_t i);
static ngx_int_t ngx_scim_query_add_meta(ngx_scim_op_t *op, cJSON *doc,
    ngx_scim_record_t *rec);
static ngx_int_t ngx_scim_query_add_links(ngx_scim_op_t *op, cJSON *doc,
    ngx_uint_t i);


ngx_int_t
ngx_scim_query_computed(ngx_scim_op_t *op)
{
    ngx_int_t              rc;
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

    if (rt->groups != NULL) {
        ctx->n = ngx_max(1, ngx_scim_query_fit(ctx));
    }

    ids = ngx_palloc(op->store.pool, ctx->n * sizeof(ngx_str_t));
    if (ids == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < ctx->n; i++) {
        ids[i] = ctx->candidates[i].id;
    }

    rc = rt->members ? ngx_scim_query_test(op, ids) : NGX_DECLINED;

    return rc == NGX_DECLINED ? ngx_scim_query_list(op, ids) : rc;
}


ngx_uint_t
ngx_scim_query_fit(ngx_scim_query_ctx_t *ctx)
{
    ngx_uint_t  i, n;

    for (i = 0, n = 0; i < ctx->n; i++) {
        n += ctx->links ? ctx->links[i].nelts : ctx->candidates[i].ngroups;

        if (n > NGX_SCIM_MEMBERS_LISTED) {
            break;
        }
    }

    return i;
}


/* Reads all members or groups of the slice. */

static ngx_int_t
ngx_scim_query_list(ngx_scim_op_t *op, ngx_str_t *ids)
{
    ngx_uint_t             i;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    ctx->links = ngx_pcalloc(op->store.pool, ctx->n * sizeof(ngx_array_t));
    if (ctx->links == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < ctx->n; i++) {
        if (ngx_array_init(&ctx->links[i], op->store.pool, 4,
                           sizeof(ngx_scim_link_id_t))
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return op->type->rt->groups
           ? ngx_scim_member_groups(&op->store, ids, ctx->links, ctx->n,
                                    ngx_scim_op_resume, op)
           : ngx_scim_member_list(&op->store, ids, ctx->links, ctx->n,
                                  ngx_scim_op_resume, op);
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
 * If the filter compares members with ids alone, groups are asked for these ids,
 * which costs the same for a group of any size. Else returns NGX_DECLINED.
 */

static ngx_int_t
ngx_scim_query_test(ngx_scim_op_t *op, ngx_str_t *groups)
{
    ngx_int_t              rc;
    const scim_attr_t     *members;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    members = op->type->rt->members;

    if (op->query.sort_attr != NULL && op->query.sort_attr->parent == members) {
        return NGX_DECLINED;
    }

    if (ngx_array_init(&ctx->asked, op->store.pool, 4, sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_scim_query_asked(op->query.filter, members, &ctx->asked);
    if (rc != NGX_OK) {
        return rc;
    }

    ctx->held = ngx_pcalloc(op->store.pool, ctx->n * ctx->asked.nelts);
    if (ctx->held == NULL) {
        return NGX_ERROR;
    }

    return ngx_scim_member_test(&op->store, groups, ctx->n, &ctx->asked,
                                ctx->held, ngx_scim_op_resume, op);
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


ngx_int_t
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

    return ctx->sorted ? ngx_scim_query_collect(op, rec, doc)
                       : ngx_scim_query_found(op, i);
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
    u_char                *held;
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
    held = ctx->held ? ctx->held + i * ctx->asked.nelts : NULL;

    for (k = 0; held && k < ctx->asked.nelts; k++) {
        if (held[k]) {
            item = cJSON_CreateObject();
            cJSON_AddStringToObject(item, "value", (char *) asked[k].data);

            if (!cJSON_AddItemToArray(list, item)) {
                return NGX_ERROR;
            }
        }
    }

    link = ctx->links ? ctx->links[i].elts : NULL;

    for (k = 0; ctx->links && k < ctx->links[i].nelts; k++) {
        if (ngx_scim_query_add_link(op, list, &link[k]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return list ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_scim_query_add_link(ngx_scim_op_t *op, cJSON *list,
    ngx_scim_link_id_t *link)
{
    char                *ref;
    cJSON               *item;
    const scim_rtype_t  *rt;

    rt = (op->type->rt->groups || link->group) ? op->conf->group_type->rt
                                               : op->conf->user_type->rt;
    ref = scim_sprintf(&op->alloc, "%s%s/%.*s", op->base.data, rt->endpoint,
                       (int) link->id.len, link->id.data);
    item = cJSON_CreateObject();

    if (ref == NULL
        || !cJSON_AddStringToObject(item, "value",
                 scim_strndup(&op->alloc, (char *) link->id.data,
                              link->id.len))
        || !cJSON_AddStringToObject(item, "$ref", ref)
        || !cJSON_AddStringToObject(item, "display",
                 scim_strndup(&op->alloc, (char *) link->display.data,
                              link->display.len))
        || !cJSON_AddStringToObject(item, "type",
                 op->type->rt->members ? rt->id
                 : link->indirect ? "indirect" : "direct")
        || !cJSON_AddItemToArray(list, item))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* a match: counted, and kept if it is on the page */

static ngx_int_t
ngx_scim_query_found(ngx_scim_op_t *op, ngx_uint_t i)
{
    ngx_scim_record_t     *rec;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    rec = &ctx->candidates[i];

    if (!ctx->paged) {
        if (ngx_scim_query_skip(op) > 0 || ngx_scim_query_room(op) == 0) {
            ctx->total++;
            return NGX_OK;
        }

        ctx->total++;
        return ngx_scim_query_keep(op, rec);
    }

    return ngx_scim_query_mark(op, i, &rec->id) == NGX_OK
           ? ngx_scim_query_keep(op, rec) : NGX_OK;
}


/* what is known to match is not read before it is answered */

ngx_int_t
ngx_scim_query_take(ngx_scim_op_t *op, ngx_uint_t i)
{
    ngx_str_t             *ids;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    ids = (ngx_str_t *) ctx->ids.elts + ctx->next;

    if (ctx->paged && ngx_scim_query_mark(op, i, &ids[i]) != NGX_OK) {
        return NGX_OK;
    }

    return ngx_scim_query_view(op, &ids[i]) ? NGX_OK : NGX_ERROR;
}


/* the place of a page that ends with this one; NGX_DECLINED: it is full */

static ngx_int_t
ngx_scim_query_mark(ngx_scim_op_t *op, ngx_uint_t i, ngx_str_t *id)
{
    ngx_uint_t            *seqs;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    if (ngx_scim_query_room(op) == 0) {
        ctx->more = 1;
        return NGX_DECLINED;
    }

    ctx->last.type = ctx->at;
    ctx->last.seq = 0;
    ctx->last.id.len = 0;

    if (ctx->plan.scan) {
        seqs = ctx->seqs.elts;
        ctx->last.seq = seqs[ctx->next + i];

    } else {
        ctx->last.id = ngx_scim_query_copy(ctx->pool, id);
    }

    if (ctx->views.nelts == 0) {
        ctx->first = ctx->last;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_scim_query_skip(ngx_scim_op_t *op)
{
    ngx_uint_t             first;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;
    first = op->query.start_index - 1;

    return first > ctx->total ? first - ctx->total : 0;
}


ngx_uint_t
ngx_scim_query_room(ngx_scim_op_t *op)
{
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    return op->query.count - ctx->views.nelts;
}


/* copies a resource out of the slice; of very large ones, the id */

static ngx_int_t
ngx_scim_query_keep(ngx_scim_op_t *op, ngx_scim_record_t *rec)
{
    ngx_scim_view_t       *view;
    ngx_scim_record_t     *kept;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    view = ngx_scim_query_view(op, &rec->id);
    if (view == NULL) {
        return NGX_ERROR;
    }

    ctx->kept += rec->doc.len;

    if (ctx->kept > NGX_SCIM_QUERY_KEPT) {
        return NGX_OK;
    }

    kept = ngx_palloc(ctx->pool, sizeof(ngx_scim_record_t));
    if (kept == NULL) {
        return NGX_ERROR;
    }

    view->record = kept;

    kept->id = view->id;
    kept->doc = ngx_scim_query_copy(ctx->pool, &rec->doc);
    kept->created = ngx_scim_query_copy(ctx->pool, &rec->created);
    kept->modified = ngx_scim_query_copy(ctx->pool, &rec->modified);
    kept->version = ngx_scim_query_copy(ctx->pool, &rec->version);
    kept->ngroups = rec->ngroups;

    return (kept->doc.data && kept->created.data && kept->modified.data
            && kept->version.data) ? NGX_OK : NGX_ERROR;
}


ngx_scim_view_t *
ngx_scim_query_view(ngx_scim_op_t *op, ngx_str_t *id)
{
    ngx_scim_view_t       *view;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    view = ngx_array_push(&ctx->views);
    if (view == NULL) {
        return NULL;
    }

    ngx_memzero(view, sizeof(ngx_scim_view_t));
    view->type = &ctx->types[ctx->at];
    view->projection = &ctx->queries[ctx->at].projection;
    view->id = ngx_scim_query_copy(ctx->pool, id);

    return view->id.data ? view : NULL;
}


/* a match is counted, and what it is sorted by kept if it can be on the page */

static ngx_int_t
ngx_scim_query_collect(ngx_scim_op_t *op, ngx_scim_record_t *rec,
    const cJSON *doc)
{
    ngx_scim_query_ctx_t  *ctx;
    ngx_scim_query_key_t   match;

    ctx = op->ctx;
    ctx->total++;

    if (scim_sort_key(&op->alloc, op->type->rt, doc, op->query.sort_attr,
                      &match.key)
        != SCIM_OK)
    {
        return NGX_ERROR;
    }

    match.type = ctx->at;
    match.seq = rec->seq;
    match.id = rec->id;

    return ngx_scim_sort_offer(op, &match);
}


ngx_str_t
ngx_scim_query_copy(ngx_pool_t *pool, ngx_str_t *s)
{
    ngx_str_t  copy;

    copy.len = s->len;
    copy.data = ngx_pnalloc(pool, s->len + 1);

    if (copy.data != NULL) {
        ngx_memcpy(copy.data, s->data, s->len);
        copy.data[s->len] = '\0';
    }

    return copy;
}
