/*
 * Answers: a stored document is copied, not parsed, and what is computed
 * (members or groups, meta) is put in at its end.
 */

#include "op/answer/ngx_scim_answer.h"
#include "store/data/ngx_scim_member.h"
#include "store/data/ngx_scim_resource.h"
#include "store/data/ngx_scim_slice.h"
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


/* what is shown of each member or group of a view */

typedef struct {
    ngx_str_t                 users;      /* the place of a user in front of */
    ngx_str_t                 groups;     /* the id, and that of a group */
    ngx_str_t                 user_type;
    ngx_str_t                 group_type;
    unsigned                  members:1;  /* and not groups */
    unsigned                  value:1;
    unsigned                  ref:1;
    unsigned                  display:1;
    unsigned                  type:1;
} ngx_scim_shown_t;


static void ngx_scim_answer_start(ngx_scim_op_t *op, ngx_uint_t status,
    ngx_scim_page_t *page, ngx_uint_t list);
static u_char *ngx_scim_answer_view_links(ngx_scim_op_t *op, u_char *p,
    ngx_scim_view_t *view, const scim_attr_t *attr);
static void ngx_scim_answer_show(ngx_scim_op_t *op, ngx_scim_shown_t *shown,
    const scim_projection_t *projection, const scim_attr_t *attr);
static u_char *ngx_scim_answer_link(ngx_scim_op_t *op, u_char *p,
    const ngx_scim_shown_t *shown, ngx_scim_link_id_t *link);
static ngx_str_t ngx_scim_answer_escape(ngx_scim_op_t *op, ngx_str_t *text);
static u_char *ngx_scim_answer_meta(ngx_scim_op_t *op, u_char *p,
    ngx_scim_view_t *view);
static void ngx_scim_answer_sub(ngx_scim_object_t *m, const char *name, ...);
static ngx_uint_t ngx_scim_answer_shows(const scim_projection_t *projection,
    const scim_attr_t *attr, const char *name);
static u_char *ngx_scim_answer_string(u_char *p, const char *name, ...);
static u_char *ngx_scim_answer_parts(u_char *p, const char *name,
    va_list parts);
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
    ngx_scim_shown_t     shown;
    ngx_scim_answer_t   *answer;
    ngx_scim_link_id_t  *link;

    answer = op->ctx;
    link = view->links->elts;

    if (view->links->nelts > 0) {
        ngx_scim_answer_show(op, &shown, view->projection, attr);
    }

    for (i = 0; i < view->links->nelts; i++) {
        if (answer->nlinks++ > 0) {
            *p++ = ',';

        } else {
            p = ngx_sprintf(p, ",\"%s\":[", attr->name);
        }

        p = ngx_scim_answer_link(op, p, &shown, &link[i]);
    }

    return p;
}


static void
ngx_scim_answer_show(ngx_scim_op_t *op, ngx_scim_shown_t *shown,
    const scim_projection_t *projection, const scim_attr_t *attr)
{
    const scim_rtype_t  *user, *group;

    user = op->conf->user_type->rt;
    group = op->conf->group_type->rt;

    shown->users = ngx_scim_answer_str(user->endpoint);
    shown->groups = ngx_scim_answer_str(group->endpoint);
    shown->user_type = ngx_scim_answer_str(user->id);
    shown->group_type = ngx_scim_answer_str(group->id);

    shown->members = (attr->role == SCIM_ROLE_MEMBERS);
    shown->value = ngx_scim_answer_shows(projection, attr, "value");
    shown->ref = ngx_scim_answer_shows(projection, attr, "$ref");
    shown->display = ngx_scim_answer_shows(projection, attr, "display");
    shown->type = ngx_scim_answer_shows(projection, attr, "type");
}


static u_char *
ngx_scim_answer_link(ngx_scim_op_t *op, u_char *p,
    const ngx_scim_shown_t *shown, ngx_scim_link_id_t *link)
{
    u_char           *start;
    ngx_str_t         display;
    ngx_uint_t        group;
    const ngx_str_t  *type;

    static ngx_str_t  slash = ngx_string("/");
    static ngx_str_t  direct = ngx_string("direct");
    static ngx_str_t  indirect = ngx_string("indirect");

    group = !shown->members || link->group;

    *p++ = '{';
    start = p;

    if (shown->value) {
        p = ngx_scim_answer_string(p, "value", &link->id, NULL);
    }

    if (shown->ref) {
        p = ngx_scim_answer_string(p, "$ref", &op->base_json,
                                   group ? &shown->groups : &shown->users,
                                   &slash, &link->id, NULL);
    }

    if (shown->display) {
        display = ngx_scim_answer_escape(op, &link->display);
        p = ngx_scim_answer_string(p, "display", &display, NULL);
    }

    if (shown->type) {
        type = shown->members
               ? (group ? &shown->group_type : &shown->user_type)
               : (link->indirect ? &indirect : &direct);
        p = ngx_scim_answer_string(p, "type", type, NULL);
    }

    p -= (p > start);
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


/* Writes a sub-attribute, as ngx_scim_answer_string() does, if it is shown. */

static void
ngx_scim_answer_sub(ngx_scim_object_t *m, const char *name, ...)
{
    va_list  parts;

    if (!ngx_scim_answer_shows(m->projection, m->attr, name)) {
        return;
    }

    va_start(parts, name);
    m->pos = ngx_scim_answer_parts(m->pos, name, parts);
    va_end(parts);
}


static ngx_uint_t
ngx_scim_answer_shows(const scim_projection_t *projection,
    const scim_attr_t *attr, const char *name)
{
    const scim_attr_t  *sub;

    sub = scim_attr_sub(attr, name, ngx_strlen(name));

    return sub != NULL && scim_projection_has(projection, sub);
}


/*
 * Writes a name, a string of these parts (ngx_str_t *, ended by NULL), which need no
 * escapes, and a comma.
 */

static u_char *
ngx_scim_answer_string(u_char *p, const char *name, ...)
{
    va_list  parts;

    va_start(parts, name);
    p = ngx_scim_answer_parts(p, name, parts);
    va_end(parts);

    return p;
}


static u_char *
ngx_scim_answer_parts(u_char *p, const char *name, va_list parts)
{
    ngx_str_t  *part;

    *p++ = '"';
    p = ngx_cpymem(p, name, ngx_strlen(name));
    *p++ = '"';
    *p++ = ':';
    *p++ = '"';

    for (part = va_arg(parts, ngx_str_t *); part;
         part = va_arg(parts, ngx_str_t *))
    {
        if (part->len > 0) {
            p = ngx_cpymem(p, part->data, part->len);
        }
    }

    *p++ = '"';
    *p++ = ',';

    return p;
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
