/*
 * Answers: a stored document is copied, not parsed, and what is computed
 * (members or groups, meta) is put in at its end.
 */

#include "op/answer/ngx_scim_answer.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json_parse.h"
#include "scim/json/scim_json_print.h"
#include "scim/json/scim_json_string.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_projection.h"


/* how many times as long as copying takes what a projection does */
#define NGX_SCIM_CUT  32


/* the members of a computed object while they are written */

typedef struct {
    const scim_projection_t  *projection;
    const scim_attr_t        *attr;
    u_char                   *pos;
} ngx_scim_object_t;


static void ngx_scim_answer_start(ngx_scim_op_t *op, ngx_uint_t status,
    ngx_scim_page_t *page, ngx_uint_t list);
static u_char *ngx_scim_answer_view_links(ngx_scim_op_t *op, u_char *p,
    ngx_scim_view_t *view, const scim_attr_t *attr);
static u_char *ngx_scim_answer_link(ngx_scim_op_t *op, u_char *p,
    ngx_scim_view_t *view, const scim_attr_t *attr, ngx_scim_link_id_t *link);
static ngx_str_t ngx_scim_answer_escape(ngx_scim_op_t *op, ngx_str_t *text);
static u_char *ngx_scim_answer_meta(ngx_scim_op_t *op, u_char *p,
    ngx_scim_view_t *view);
static void ngx_scim_answer_sub(ngx_scim_object_t *m, const char *name, ...);
static ngx_str_t ngx_scim_answer_str(const char *text);
static ngx_int_t ngx_scim_answer_headers(ngx_scim_op_t *op, ngx_uint_t status);


void
ngx_scim_answer_resource(ngx_scim_op_t *op, ngx_uint_t status)
{
    ngx_scim_page_t   page;
    ngx_scim_view_t  *view;

    if (ngx_scim_answer_headers(op, status) != NGX_OK) {
        ngx_scim_op_nomem(op);
        return;
    }

    if (op->brief || status == 204 || status == NGX_SCIM_NOT_MODIFIED) {
        ngx_scim_op_done(op, status);
        return;
    }

    ngx_memzero(&page, sizeof(ngx_scim_page_t));
    page.views = ngx_array_create(op->store.pool, 1, sizeof(ngx_scim_view_t));

    if (page.views == NULL || (view = ngx_array_push(page.views)) == NULL) {
        ngx_scim_op_nomem(op);
        return;
    }

    ngx_memzero(view, sizeof(ngx_scim_view_t));
    view->type = op->type;
    view->projection = &op->query.projection;
    view->record = &op->record;
    view->slice = op->slice;
    view->links = op->slice ? &op->slice->members : op->groups;

    ngx_scim_answer_start(op, status, &page, 0);
}


void
ngx_scim_answer_list(ngx_scim_op_t *op, ngx_scim_page_t *page)
{
    if (page->counted) {
        ngx_scim_op_count_found(op, page->total);
    }

    ngx_scim_answer_start(op, 200, page, 1);
}


static void
ngx_scim_answer_start(ngx_scim_op_t *op, ngx_uint_t status,
    ngx_scim_page_t *page, ngx_uint_t list)
{
    ngx_scim_answer_t  *answer;

    answer = ngx_pcalloc(op->store.pool, sizeof(ngx_scim_answer_t));
    if (answer == NULL) {
        ngx_scim_op_nomem(op);
        return;
    }

    answer->status = status;
    answer->page = *page;
    answer->list = list;
    op->ctx = answer;

    ngx_scim_answer_first(op);
}


const scim_attr_t *
ngx_scim_answer_links(const ngx_scim_view_t *view)
{
    const scim_attr_t  *attr;

    attr = view->type->rt->groups ? view->type->rt->groups
                                  : view->type->rt->members;

    if (attr != NULL && !scim_projection_has(view->projection, attr)) {
        return NULL;
    }

    return attr;
}


ngx_uint_t
ngx_scim_answer_goes_on(const ngx_scim_view_t *view)
{
    return view->slice != NULL && ngx_scim_slice_more(view->slice);
}


size_t
ngx_scim_answer_cost(const ngx_scim_view_t *view)
{
    return scim_projection_whole(view->projection)
           ? view->record->doc.len : view->record->doc.len * NGX_SCIM_CUT;
}


ngx_int_t
ngx_scim_answer_text(ngx_scim_op_t *op, ngx_scim_view_t *view)
{
    char         *text;
    cJSON        *doc;
    size_t        len;
    scim_error_t  ignored;

    view->text = view->record->doc;

    if (scim_projection_whole(view->projection)) {
        return NGX_OK;
    }

    if (scim_json_parse(&op->alloc, (char *) view->text.data, view->text.len,
                        &doc, &ignored)
        != SCIM_OK)
    {
        return NGX_ERROR;
    }

    scim_projection_apply(view->projection, doc);

    text = scim_json_print(&op->alloc, doc, &len);
    if (text == NULL) {
        return NGX_ERROR;
    }

    view->text.data = (u_char *) text;
    view->text.len = len;

    return NGX_OK;
}


size_t
ngx_scim_answer_size(ngx_scim_op_t *op, ngx_scim_view_t *view)
{
    size_t               size, place;
    ngx_uint_t           i;
    ngx_scim_link_id_t  *link;

    place = op->base_json.len + ngx_strlen(op->conf->user_type->rt->endpoint)
            + ngx_strlen(op->conf->group_type->rt->endpoint);

    size = view->text.len + sizeof(",\"members\":[],\"meta\":{"
           "\"resourceType\":\"\",\"created\":\"\",\"lastModified\":\"\","
           "\"location\":\"//\",\"version\":\"W/\\\"\\\"\"}}")
           + 2 * ngx_strlen(view->type->rt->id) + view->record->created.len
           + view->record->modified.len + view->record->version.len
           + op->base_json.len + ngx_strlen(view->type->rt->endpoint)
           + view->record->id.len;

    if (view->links == NULL) {
        return size;
    }

    link = view->links->elts;

    for (i = 0; i < view->links->nelts; i++) {
        size += sizeof("{\"value\":\"\",\"$ref\":\"/\",\"display\":\"\","
                       "\"type\":\"indirect\"},")
                + 2 * link[i].id.len + place
                + ngx_strlen(op->conf->user_type->rt->id)
                + ngx_strlen(op->conf->group_type->rt->id)
                + scim_json_escaped_len((char *) link[i].display.data,
                                        link[i].display.len);
    }

    return size;
}


u_char *
ngx_scim_answer_view(ngx_scim_op_t *op, u_char *p, ngx_scim_view_t *view)
{
    const scim_attr_t  *attr;
    ngx_scim_answer_t  *answer;

    answer = op->ctx;

    if (!answer->inside) {
        if (answer->written > 0) {
            *p++ = ',';
        }

        p = ngx_cpymem(p, view->text.data, view->text.len - 1);
        answer->nlinks = 0;
    }

    attr = ngx_scim_answer_links(view);

    if (attr != NULL && view->links != NULL) {
        p = ngx_scim_answer_view_links(op, p, view, attr);
    }

    answer->inside = ngx_scim_answer_goes_on(view);

    if (answer->inside) {
        return p;
    }

    /* there are clients that fail on a group that has no "members" at all */

    if (answer->nlinks > 0) {
        *p++ = ']';

    } else if (attr != NULL && attr->role == SCIM_ROLE_MEMBERS) {
        p = ngx_sprintf(p, ",\"%s\":[]", attr->name);
    }

    p = ngx_scim_answer_meta(op, p, view);
    *p++ = '}';

    return p;
}


static u_char *
ngx_scim_answer_view_links(ngx_scim_op_t *op, u_char *p, ngx_scim_view_t *view,
    const scim_attr_t *attr)
{
    ngx_uint_t           i;
    ngx_scim_answer_t   *answer;
    ngx_scim_link_id_t  *link;

    answer = op->ctx;
    link = view->links->elts;

    for (i = 0; i < view->links->nelts; i++) {
        if (answer->nlinks++ > 0) {
            *p++ = ',';

        } else {
            p = ngx_sprintf(p, ",\"%s\":[", attr->name);
        }

        p = ngx_scim_answer_link(op, p, view, attr, &link[i]);
    }

    return p;
}


static u_char *
ngx_scim_answer_link(ngx_scim_op_t *op, u_char *p, ngx_scim_view_t *view,
    const scim_attr_t *attr, ngx_scim_link_id_t *link)
{
    u_char              *start;
    ngx_str_t            display, endpoint, type;
    ngx_scim_object_t    m;
    const scim_rtype_t  *rt;

    static ngx_str_t  slash = ngx_string("/");

    display = ngx_scim_answer_escape(op, &link->display);

    m.projection = view->projection;
    m.attr = attr;

    rt = (attr->role == SCIM_ROLE_GROUPS || link->group)
         ? op->conf->group_type->rt : op->conf->user_type->rt;

    endpoint = ngx_scim_answer_str(rt->endpoint);
    type = ngx_scim_answer_str(attr->role == SCIM_ROLE_MEMBERS ? rt->id
                               : link->indirect ? "indirect" : "direct");

    start = p;
    *p++ = '{';
    m.pos = p;

    ngx_scim_answer_sub(&m, "value", &link->id, NULL);
    ngx_scim_answer_sub(&m, "$ref", &op->base_json, &endpoint, &slash,
                        &link->id, NULL);
    ngx_scim_answer_sub(&m, "display", &display, NULL);
    ngx_scim_answer_sub(&m, "type", &type, NULL);

    p = m.pos - (m.pos > start + 1);
    *p++ = '}';

    return p;
}


/* text as the inside of a JSON string */

static ngx_str_t
ngx_scim_answer_escape(ngx_scim_op_t *op, ngx_str_t *text)
{
    ngx_str_t  s;

    s.len = scim_json_escaped_len((char *) text->data, text->len);

    if (s.len == text->len) {
        return *text;
    }

    s.data = ngx_pnalloc(op->store.pool, s.len);

    if (s.data == NULL) {
        ngx_str_null(&s);
        return s;
    }

    (void) scim_json_escape((char *) s.data, (char *) text->data, text->len);

    return s;
}


static u_char *
ngx_scim_answer_meta(ngx_scim_op_t *op, u_char *p, ngx_scim_view_t *view)
{
    u_char               *start;
    ngx_str_t             type, endpoint;
    ngx_scim_record_t    *rec;
    ngx_scim_object_t     m;
    const scim_attr_t    *meta;
    const scim_rtype_t   *rt;

    static ngx_str_t  slash = ngx_string("/");
    static ngx_str_t  weak = ngx_string("W/\\\"");
    static ngx_str_t  quote = ngx_string("\\\"");

    rt = view->type->rt;
    rec = view->record;
    meta = scim_attr_in(rt->common->attrs, rt->common->nattrs, "meta", 4);

    if (meta == NULL || !scim_projection_has(view->projection, meta)) {
        return p;
    }

    p = ngx_sprintf(p, ",\"%s\":{", meta->name);
    start = p;

    m.projection = view->projection;
    m.attr = meta;
    m.pos = p;

    type = ngx_scim_answer_str(rt->id);
    endpoint = ngx_scim_answer_str(rt->endpoint);

    ngx_scim_answer_sub(&m, "resourceType", &type, NULL);
    ngx_scim_answer_sub(&m, "created", &rec->created, NULL);
    ngx_scim_answer_sub(&m, "lastModified", &rec->modified, NULL);
    ngx_scim_answer_sub(&m, "location", &op->base_json, &endpoint, &slash,
                        &rec->id, NULL);
    ngx_scim_answer_sub(&m, "version", &weak, &rec->version, &quote, NULL);

    p = m.pos - (m.pos > start);
    *p++ = '}';

    return p;
}


/*
 * A sub-attribute with a string of these parts (ngx_str_t *, ended by NULL), which
 * need no escapes, and a comma behind it; nothing if it is not to be answered.
 */

static void
ngx_scim_answer_sub(ngx_scim_object_t *m, const char *name, ...)
{
    size_t              len;
    u_char             *p;
    va_list             parts;
    ngx_str_t          *part;
    const scim_attr_t  *sub;

    len = ngx_strlen(name);
    sub = scim_attr_sub(m->attr, name, len);

    if (sub == NULL || !scim_projection_has(m->projection, sub)) {
        return;
    }

    p = m->pos;

    *p++ = '"';
    p = ngx_cpymem(p, name, len);
    *p++ = '"';
    *p++ = ':';
    *p++ = '"';

    va_start(parts, name);

    for (part = va_arg(parts, ngx_str_t *); part;
         part = va_arg(parts, ngx_str_t *))
    {
        if (part->len > 0) {
            p = ngx_cpymem(p, part->data, part->len);
        }
    }

    va_end(parts);

    *p++ = '"';
    *p++ = ',';

    m->pos = p;
}


static ngx_str_t
ngx_scim_answer_str(const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = ngx_strlen(text);

    return s;
}


static ngx_int_t
ngx_scim_answer_headers(ngx_scim_op_t *op, ngx_uint_t status)
{
    u_char  *p;

    p = ngx_pnalloc(op->store.pool, sizeof("W/\"\"") + op->record.version.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    op->etag.data = p;
    op->etag.len = ngx_sprintf(p, "W/\"%V\"", &op->record.version) - p;

    return status == 201 ? ngx_scim_op_place(op, &op->location) : NGX_OK;
}


void
ngx_scim_answer_json(ngx_scim_op_t *op, cJSON *json)
{
    char       *text;
    size_t      len;
    u_char     *p;
    ngx_str_t   tag;

    len = 0;
    text = json ? scim_json_print(&op->alloc, json, &len) : NULL;
    p = ngx_pnalloc(op->store.pool, sizeof("W/\"ffffffff\""));

    if (text == NULL || p == NULL) {
        ngx_scim_op_nomem(op);
        return;
    }

    tag.data = p + 3;
    tag.len = ngx_sprintf(p, "W/\"%08xD", ngx_murmur_hash2((u_char *) text, len))
              - tag.data;
    tag.data[tag.len] = '\0';

    if (ngx_scim_op_if_match(op, &tag) != NGX_OK) {
        return;
    }

    tag.data[tag.len] = '"';
    op->etag.data = p;
    op->etag.len = tag.len + sizeof("W/\"\"") - 1;

    if (op->if_none_match.len
        && ngx_scim_op_tag_matches(&op->if_none_match, &tag))
    {
        ngx_scim_op_done(op, NGX_SCIM_NOT_MODIFIED);
        return;
    }

    op->answer.data = (u_char *) text;
    op->answer.len = len;

    ngx_scim_op_done(op, 200);
}
