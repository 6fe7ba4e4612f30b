/*
 * Answers: a stored document is copied, not parsed, and what is computed
 * (members or groups, meta) is put in at its end. Where a group has members
 * beyond the first slice, or documents are so large that making the answer takes
 * a while, it is made in pieces: what is written before the next slice is read,
 * and then slice by slice; so much of documents at once.
 */

#include "op/answer/ngx_scim_answer.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json_parse.h"
#include "scim/json/scim_json_print.h"
#include "scim/json/scim_json_string.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_projection.h"


#define NGX_SCIM_LIST_URN                                                     \
    "urn:ietf:params:scim:api:messages:2.0:ListResponse"

#define NGX_SCIM_PIECE  65536    /* begins no other resource beyond it */

/* bytes of documents that are written at once, and how many times as long as
   copying takes what a projection does to them */
#define NGX_SCIM_COST   4194304
#define NGX_SCIM_CUT    32


/* the members of a computed object while they are written */

typedef struct {
    const scim_projection_t  *projection;
    const scim_attr_t        *attr;
    u_char                   *pos;
} ngx_scim_object_t;


static void ngx_scim_answer_start(ngx_scim_op_t *op, ngx_uint_t status,
    ngx_scim_page_t *page, ngx_uint_t list);
static void ngx_scim_answer_computed(ngx_scim_op_t *op);
static ngx_int_t ngx_scim_answer_read_groups(ngx_scim_op_t *op,
    ngx_scim_view_t *view, ngx_uint_t nviews);
static ngx_int_t ngx_scim_answer_read_members(ngx_scim_op_t *op,
    ngx_scim_view_t *view, ngx_uint_t nviews);
static ngx_uint_t ngx_scim_answer_wants_links(const ngx_scim_view_t *view);
static const scim_attr_t *ngx_scim_answer_links(const ngx_scim_view_t *view);
static size_t ngx_scim_answer_head_size(const ngx_scim_page_t *page);
static u_char *ngx_scim_answer_head(ngx_scim_op_t *op, u_char *p,
    const ngx_scim_page_t *page);
static void ngx_scim_answer_write(ngx_scim_op_t *op);
static ngx_uint_t ngx_scim_answer_goes_on(const ngx_scim_view_t *view);
static size_t ngx_scim_answer_cost(const ngx_scim_view_t *view);
static ngx_int_t ngx_scim_answer_piece_size(ngx_scim_op_t *op,
    ngx_uint_t *end, size_t *size);
static ngx_int_t ngx_scim_answer_text(ngx_scim_op_t *op,
    ngx_scim_view_t *view);
static size_t ngx_scim_answer_size(ngx_scim_op_t *op, ngx_scim_view_t *view);
static u_char *ngx_scim_answer_view(ngx_scim_op_t *op, u_char *p,
    ngx_scim_view_t *view);
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

    ngx_scim_answer_computed(op);
}


/*
 * Reads groups of the views, or their first members, where they are to be
 * answered: of those of one type at once.
 */

static void
ngx_scim_answer_computed(ngx_scim_op_t *op)
{
    ngx_int_t            rc;
    ngx_uint_t           i, nviews;
    ngx_scim_view_t     *view;
    ngx_scim_answer_t   *answer;
    const scim_rtype_t  *rt;

    answer = op->ctx;
    view = answer->page.views->elts;
    nviews = answer->page.views->nelts;

    for (i = answer->next; i < nviews; i++) {
        if (ngx_scim_answer_wants_links(&view[i])) {
            break;
        }
    }

    if (i == nviews) {
        ngx_scim_answer_write(op);
        return;
    }

    rt = view[i].type->rt;
    answer->next = i + 1;

    rc = rt->groups ? ngx_scim_answer_read_groups(op, &view[i], nviews - i)
                    : ngx_scim_answer_read_members(op, &view[i], nviews - i);

    ngx_scim_op_next(op, rc, ngx_scim_answer_computed);
}


static ngx_int_t
ngx_scim_answer_read_groups(ngx_scim_op_t *op, ngx_scim_view_t *view,
    ngx_uint_t nviews)
{
    ngx_str_t           *ids;
    ngx_uint_t           i, n;
    ngx_array_t         *links;
    const scim_rtype_t  *rt;

    rt = view->type->rt;

    ids = ngx_palloc(op->store.pool, nviews * sizeof(ngx_str_t));
    links = ngx_pcalloc(op->store.pool, nviews * sizeof(ngx_array_t));
    if (ids == NULL || links == NULL) {
        return NGX_ERROR;
    }

    for (i = 0, n = 0; i < nviews; i++) {
        if (view[i].type->rt != rt || !ngx_scim_answer_wants_links(&view[i])) {
            continue;
        }

        if (ngx_array_init(&links[n], op->store.pool, 4,
                           sizeof(ngx_scim_link_id_t))
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        view[i].links = &links[n];
        ids[n++] = view[i].record->id;
    }

    return ngx_scim_member_groups(&op->store, ids, links, n,
                                  ngx_scim_op_resume, op);
}


static ngx_int_t
ngx_scim_answer_read_members(ngx_scim_op_t *op, ngx_scim_view_t *view,
    ngx_uint_t nviews)
{
    ngx_uint_t           i, n;
    ngx_scim_slice_t    *slices;
    const scim_rtype_t  *rt;

    rt = view->type->rt;

    slices = ngx_pcalloc(op->store.pool, nviews * sizeof(ngx_scim_slice_t));
    if (slices == NULL) {
        return NGX_ERROR;
    }

    for (i = 0, n = 0; i < nviews; i++) {
        if (view[i].type->rt != rt || !ngx_scim_answer_wants_links(&view[i])) {
            continue;
        }

        slices[n].id = view[i].record->id;
        view[i].slice = &slices[n];
        view[i].links = &slices[n++].members;
    }

    return ngx_scim_slice_first(&op->store, slices, n, ngx_scim_op_resume, op);
}


/* are there any, and have they not been read already? */

static ngx_uint_t
ngx_scim_answer_wants_links(const ngx_scim_view_t *view)
{
    return view->links == NULL && ngx_scim_answer_links(view) != NULL
           && (view->type->rt->groups == NULL || view->record->ngroups > 0);
}


/* the computed attribute of the type, if it is to be answered */

static const scim_attr_t *
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


static void
ngx_scim_answer_write(ngx_scim_op_t *op)
{
    size_t              cost;
    ngx_uint_t          i;
    ngx_scim_view_t    *view;
    ngx_scim_answer_t  *answer;

    answer = op->ctx;
    view = answer->page.views->elts;

    for (i = 0, cost = 0; i < answer->page.views->nelts; i++) {
        cost += ngx_scim_answer_cost(&view[i]);
        answer->pieces |= ngx_scim_answer_goes_on(&view[i])
                          || cost > NGX_SCIM_COST;
    }

    if (ngx_scim_answer_piece(op) != NGX_OK) {
        op->more = NULL;
        ngx_scim_op_nomem(op);
        return;
    }

    ngx_scim_op_done(op, answer->status);
}


static ngx_uint_t
ngx_scim_answer_goes_on(const ngx_scim_view_t *view)
{
    return view->slice != NULL && ngx_scim_slice_more(view->slice);
}


static size_t
ngx_scim_answer_cost(const ngx_scim_view_t *view)
{
    return scim_projection_whole(view->projection)
           ? view->record->doc.len : view->record->doc.len * NGX_SCIM_CUT;
}


ngx_int_t
ngx_scim_answer_piece(ngx_scim_op_t *op)
{
    size_t              size;
    u_char             *p;
    ngx_uint_t          end, n;
    ngx_scim_view_t    *view;
    ngx_scim_answer_t  *answer;

    answer = op->ctx;
    view = answer->page.views->elts;
    n = answer->page.views->nelts;

    if (ngx_scim_answer_piece_size(op, &end, &size) != NGX_OK) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(op->store.pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    op->answer.data = p;

    if (answer->list && !answer->begun) {
        p = ngx_scim_answer_head(op, p, &answer->page);
    }

    answer->begun = 1;

    while (answer->at < end) {
        p = ngx_scim_answer_view(op, p, &view[answer->at]);

        if (answer->inside) {
            break;
        }

        answer->at++;
    }

    op->more = (answer->at < n) ? ngx_scim_answer_more : NULL;

    if (op->more == NULL && answer->list) {
        *p++ = ']';
        *p++ = '}';
    }

    op->answer.len = p - op->answer.data;

    return NGX_OK;
}


/* an upper bound, and behind which view the piece ends */

static ngx_int_t
ngx_scim_answer_piece_size(ngx_scim_op_t *op, ngx_uint_t *end, size_t *size)
{
    size_t              cost;
    ngx_uint_t          i;
    ngx_scim_view_t    *view;
    ngx_scim_answer_t  *answer;

    answer = op->ctx;
    view = answer->page.views->elts;

    cost = 0;
    *size = sizeof("]}");

    if (answer->list && !answer->begun) {
        *size += ngx_scim_answer_head_size(&answer->page);
    }

    for (i = answer->at; i < answer->page.views->nelts; i++) {
        if (answer->pieces && (*size > NGX_SCIM_PIECE || cost > NGX_SCIM_COST))
        {
            break;
        }

        cost += ngx_scim_answer_cost(&view[i]);

        if (!answer->inside || i > answer->at) {
            if (ngx_scim_answer_text(op, &view[i]) != NGX_OK) {
                return NGX_ERROR;
            }

        } else {
            view[i].text.len = 0;
        }

        *size += ngx_scim_answer_size(op, &view[i]) + 1;

        if (ngx_scim_answer_goes_on(&view[i])) {
            i++;
            break;
        }
    }

    *end = i;

    return NGX_OK;
}


static size_t
ngx_scim_answer_head_size(const ngx_scim_page_t *page)
{
    return sizeof(NGX_SCIM_LIST_URN) + 192 + 3 * NGX_INT_T_LEN
           + page->next.len + page->previous.len;
}


/* a ListResponse up to its resources (RFC 7644, section 3.4.2; RFC 9865) */

static u_char *
ngx_scim_answer_head(ngx_scim_op_t *op, u_char *p,
    const ngx_scim_page_t *page)
{
    p = ngx_sprintf(p, "{\"schemas\":[\"" NGX_SCIM_LIST_URN "\"],");

    if (page->counted) {
        p = ngx_sprintf(p, "\"totalResults\":%ui,", page->total);
    }

    p = ngx_sprintf(p, "\"itemsPerPage\":%ui,", page->views->nelts);

    if (!page->cursor) {
        p = ngx_sprintf(p, "\"startIndex\":%l,", op->query.start_index);
    }

    if (page->previous.len > 0) {
        p = ngx_sprintf(p, "\"previousCursor\":\"%V\",", &page->previous);
    }

    if (page->next.len > 0) {
        p = ngx_sprintf(p, "\"nextCursor\":\"%V\",", &page->next);
    }

    return ngx_sprintf(p, "\"Resources\":[");
}


/* the stored text as it is, unless the projection cuts into it */

static ngx_int_t
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


/* an upper bound */

static size_t
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


/* the whole of it, or what goes on where the piece before ended */

static u_char *
ngx_scim_answer_view(ngx_scim_op_t *op, u_char *p, ngx_scim_view_t *view)
{
    const scim_attr_t  *attr;
    ngx_scim_answer_t  *answer;

    answer = op->ctx;

    if (!answer->inside) {
        if (answer->at > 0) {
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
