/*
 * The life of an operation, and what several of them need.
 */

#include "op/core/ngx_scim_op.h"
#include "op/core/ngx_scim_writers.h"
#include "store/data/ngx_scim_resource.h"
#include "store/data/ngx_scim_slice.h"
#include "store/data/ngx_scim_sweep.h"
#include "store/data/ngx_scim_user_groups.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_error.h"
#include "scim/json/scim_json_parse.h"
#include "scim/json/scim_json_string.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_projection.h"
#include "scim/resource/scim_value.h"
#include "scim/filter/scim_query.h"


#define NGX_SCIM_OP_IGNORED_MAX  64     /* bytes of a name in the log */


static void ngx_scim_op_sweep(ngx_scim_op_t *op);
static ngx_int_t ngx_scim_op_no_record(ngx_scim_op_t *op,
    ngx_scim_op_pt step);
static void ngx_scim_op_ignored(ngx_scim_op_t *op, size_t n,
    const char *name);
static void *ngx_scim_op_alloc(void *arg, size_t size);


void
ngx_scim_op_start(ngx_scim_op_t *op)
{
    size_t         len;
    u_char        *p;
    scim_alloc_t  *before;

    op->alloc.alloc = ngx_scim_op_alloc;
    op->alloc.arg = op;

    ngx_scim_turn_others();

    len = scim_json_escaped_len((char *) op->base.data, op->base.len);

    p = ngx_pnalloc(op->store.pool, len + 1);
    if (p == NULL) {
        ngx_scim_op_nomem(op);
        return;
    }

    (void) scim_json_escape((char *) p, (char *) op->base.data, op->base.len);
    p[len] = '\0';

    op->base_json.len = len;
    op->base_json.data = p;

    before = scim_json_open(&op->alloc);

    if (op->me.len > 0) {
        ngx_scim_me(op);

    } else {
        op->operation(op);
    }

    scim_json_close(before);
}


void
ngx_scim_op_abort(ngx_scim_op_t *op)
{
    ngx_scim_store_detach(&op->store);
    ngx_scim_turn_end(&op->turn);
    ngx_scim_writers_end(op);
    ngx_scim_op_sweep(op);

    if (op->operation == ngx_scim_bulk) {
        ngx_scim_bulk_abort(op);
    }
}


ngx_int_t
ngx_scim_op_more(ngx_scim_op_t *op)
{
    ngx_int_t      rc;
    scim_alloc_t  *before;

    before = scim_json_open(&op->alloc);
    rc = op->more(op);
    scim_json_close(before);

    return rc;
}


void
ngx_scim_op_next(ngx_scim_op_t *op, ngx_int_t rc, ngx_scim_op_pt step)
{
    op->step = step;

    if (rc != NGX_OK) {
        ngx_scim_op_nomem(op);
    }
}


void
ngx_scim_op_resume(void *data, ngx_scim_result_e result)
{
    ngx_scim_op_t *op = data;

    scim_alloc_t  *before;

    op->result = result;
    op->resumed = 1;

    before = scim_json_open(&op->alloc);

    switch (result) {

    case NGX_SCIM_STORE_UNAVAILABLE:
        ngx_scim_op_error(op, 503, SCIM_TYPE_NONE,
                          "The directory is not available at the moment, "
                          "try again later");
        break;

    case NGX_SCIM_STORE_FAILED:
        ngx_scim_op_error(op, 500, SCIM_TYPE_NONE,
                          "The directory could not carry out the request");
        break;

    case NGX_SCIM_STORE_DELETED:
        ngx_scim_op_error(op, 403, SCIM_TYPE_NONE,
                          "The organization was deleted");
        break;

    default:
        op->step(op);
    }

    scim_json_close(before);
}


void
ngx_scim_op_done(ngx_scim_op_t *op, ngx_uint_t status)
{
    op->status = status;
    ngx_scim_turn_end(&op->turn);
    ngx_scim_writers_end(op);
    ngx_scim_op_count(op);
    ngx_scim_op_sweep(op);
    op->done(op);
}


/* behind a change of very many members, whether it was carried out or not */

static void
ngx_scim_op_sweep(ngx_scim_op_t *op)
{
    if (op->write.move.len > 0) {
        ngx_scim_sweep(&op->store, &op->write.move);
    }
}


void
ngx_scim_op_fail(ngx_scim_op_t *op)
{
    size_t         len;
    ngx_str_t      id;
    scim_error_t   err;
    scim_alloc_t  *before;

    before = scim_json_open(&op->alloc);

    ngx_scim_op_log_failure(op);

    err = op->error;
    id = op->request_id(op->request);
    scim_error_request(&err, (char *) id.data, id.len);

    op->etag.len = 0;
    op->answer.data = (u_char *) scim_error_print(&op->alloc, &err, &len);
    op->answer.len = op->answer.data ? len : 0;

    scim_json_close(before);

    ngx_scim_op_done(op, op->error.status);
}


void
ngx_scim_op_error(ngx_scim_op_t *op, int status, scim_type_e type,
    const char *detail)
{
    (void) scim_error(&op->error, status, type, "%s", detail);
    ngx_scim_op_fail(op);
}


void
ngx_scim_op_not_found(ngx_scim_op_t *op)
{
    (void) scim_error(&op->error, 404, SCIM_TYPE_NONE,
                      "%s \"%.128s\" not found", op->type->rt->name,
                      op->id.data);
    ngx_scim_op_fail(op);
}


void
ngx_scim_op_nomem(ngx_scim_op_t *op)
{
    (void) scim_error_nomem(&op->error);
    ngx_scim_op_fail(op);
}


ngx_int_t
ngx_scim_op_unknown(ngx_scim_op_t *op, const scim_unknown_t *unknown)
{
    const char  *name;

    if (unknown->n == 0) {
        return NGX_OK;
    }

    name = unknown->name;

    if (!op->conf->reject_unknown) {
        ngx_scim_op_ignored(op, unknown->n, name);
        return NGX_OK;
    }

    /* a name is no secret, unless it is too long to be one */

    (void) scim_error(&op->error, 400,
                      op->conf->interop ? SCIM_TYPE_INVALID_SYNTAX
                                        : SCIM_TYPE_INVALID_VALUE,
                      ngx_strlen(name) > NGX_SCIM_OP_NAME_MAX
                      ? "\"%.128s\" is no attribute of \"%s\""
                      : "\"%s\" is no attribute of \"%s\"",
                      name, op->type->rt->id);
    ngx_scim_op_fail(op);

    return NGX_ERROR;
}


/* a name comes from the client: nothing in it must end a line of the log */

static void
ngx_scim_op_ignored(ngx_scim_op_t *op, size_t n, const char *name)
{
    size_t  len;
    u_char  escaped[6 * NGX_SCIM_OP_IGNORED_MAX];

    len = ngx_min(ngx_strlen(name), NGX_SCIM_OP_IGNORED_MAX);
    len = (u_char *) scim_json_escape((char *) escaped, name, len) - escaped;

    ngx_log_error(NGX_LOG_INFO, op->store.log, 0,
                  "scim: %uz attributes that no schema of \"%s\" has were "
                  "ignored, the first is \"%*s\"",
                  n, op->type->rt->id, len, escaped);
}


ngx_int_t
ngx_scim_op_query(ngx_scim_op_t *op)
{
    if (ngx_scim_op_query_parse(op) != NGX_OK) {
        return NGX_ERROR;
    }

    if (op->conf->interop && op->query.filter_text != NULL) {
        ngx_scim_op_error(op, 400, SCIM_TYPE_INVALID_FILTER,
                          "\"filter\" cannot be used here");
        return NGX_ERROR;
    }

    if (scim_query_resolve(&op->alloc, op->type->rt, &op->query, &op->error)
        != SCIM_OK)
    {
        ngx_scim_op_fail(op);
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_scim_op_query_parse(ngx_scim_op_t *op)
{
    if (scim_query_parse(&op->alloc, (char *) op->args.data, op->args.len,
                         op->conf->page_size, op->conf->max_page_size,
                         &op->query, &op->error)
        != SCIM_OK)
    {
        ngx_scim_op_fail(op);
        return NGX_ERROR;
    }

    return NGX_OK;
}


cJSON *
ngx_scim_op_body(ngx_scim_op_t *op)
{
    if (op->json != NULL) {
        return op->json;
    }

    if (op->body.len == 0) {
        ngx_scim_op_error(op, 400, SCIM_TYPE_INVALID_SYNTAX,
                          "the request needs a body");
        return NULL;
    }

    /* a byte-order mark may be ignored (RFC 8259, section 8.1) */

    if (op->body.len >= 3 && ngx_memcmp(op->body.data, "\xef\xbb\xbf", 3) == 0)
    {
        op->body.data += 3;
        op->body.len -= 3;
    }

    if (scim_json_parse(&op->alloc, (char *) op->body.data, op->body.len,
                        &op->json, &op->error)
        != SCIM_OK)
    {
        op->json = NULL;
        ngx_str_null(&op->body);
        ngx_scim_op_fail(op);
        return NULL;
    }

    return op->json;
}


ngx_int_t
ngx_scim_op_is_id(ngx_str_t *id)
{
    u_char      ch;
    ngx_uint_t  i;

    for (i = 0; i < id->len; i++) {
        ch = id->data[i];

        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')
              || (ch >= '0' && ch <= '9') || ch == '-' || ch == '_'))
        {
            return 0;
        }
    }

    return id->len > 0 && id->len <= NGX_SCIM_OP_ID_MAX;
}


void
ngx_scim_op_read(ngx_scim_op_t *op, ngx_scim_op_pt step)
{
    ngx_int_t  rc;

    if (ngx_scim_op_no_record(op, step)) {
        return;
    }

    rc = ngx_scim_resource_read(&op->store, &op->type->key, &op->record, 1,
                                ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, step);
}


void
ngx_scim_op_read_whole(ngx_scim_op_t *op, ngx_scim_op_pt step)
{
    ngx_int_t            rc;
    const scim_attr_t   *attr;
    const scim_rtype_t  *rt;

    rt = op->type->rt;
    attr = rt->groups ? rt->groups : rt->members;

    if (attr == NULL || !scim_projection_has(&op->query.projection, attr)) {
        ngx_scim_op_read(op, step);
        return;
    }

    if (ngx_scim_op_no_record(op, step)) {
        return;
    }

    if (rt->groups != NULL) {
        rc = ngx_scim_member_record(&op->store, &op->type->key, &op->record,
                                    &op->groups, ngx_scim_op_resume, op);
        ngx_scim_op_next(op, rc, step);
        return;
    }

    op->slice = ngx_pcalloc(op->store.pool, sizeof(ngx_scim_slice_t));
    if (op->slice == NULL) {
        ngx_scim_op_nomem(op);
        return;
    }

    op->slice->id = op->id;

    rc = ngx_scim_slice_record(&op->store, &op->type->key, &op->record,
                               op->slice, ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, step);
}


/* an empty record for op->id; 1: it is no id, and the step has been taken */

static ngx_int_t
ngx_scim_op_no_record(ngx_scim_op_t *op, ngx_scim_op_pt step)
{
    ngx_memzero(&op->record, sizeof(ngx_scim_record_t));
    op->record.id = op->id;

    if (ngx_scim_op_is_id(&op->id)) {
        return 0;
    }

    op->result = NGX_SCIM_STORE_NOT_FOUND;
    step(op);

    return 1;
}


ngx_int_t
ngx_scim_op_tag_matches(ngx_str_t *tags, ngx_str_t *version)
{
    u_char  *p, *last, *tag;

    p = tags->data;
    last = p + tags->len;

    while (p < last) {
        if (*p == ' ' || *p == '\t' || *p == ',') {
            p++;
            continue;
        }

        if (*p == '*') {
            return 1;
        }

        if (last - p > 2 && p[0] == 'W' && p[1] == '/') {
            p += 2;
        }

        tag = (*p == '"') ? ++p : p;

        while (p < last && *p != '"' && *p != ',') {
            p++;
        }

        if ((size_t) (p - tag) == version->len
            && ngx_memcmp(tag, version->data, version->len) == 0)
        {
            return 1;
        }

        if (p < last) {
            p++;
        }
    }

    return 0;
}


ngx_int_t
ngx_scim_op_if_match(ngx_scim_op_t *op, ngx_str_t *version)
{
    if (op->if_match.len == 0
        || ngx_scim_op_tag_matches(&op->if_match, version))
    {
        return NGX_OK;
    }

    (void) scim_error(&op->error, 412, SCIM_TYPE_NONE,
                      "If-Match does not name the version of the resource, "
                      "which is W/\"%s\"", version->data);
    ngx_scim_op_fail(op);

    return NGX_ERROR;
}


ngx_int_t
ngx_scim_op_preconditions(ngx_scim_op_t *op)
{
    ngx_str_t  *version;

    version = &op->record.version;

    if (ngx_scim_op_if_match(op, version) != NGX_OK) {
        return NGX_ERROR;
    }

    if (op->if_none_match.len == 0
        || !ngx_scim_op_tag_matches(&op->if_none_match, version))
    {
        return NGX_OK;
    }

    (void) scim_error(&op->error, 412, SCIM_TYPE_NONE,
                      "If-None-Match names the version of the resource, "
                      "which is W/\"%s\"", version->data);
    ngx_scim_op_fail(op);

    return NGX_ERROR;
}


ngx_int_t
ngx_scim_op_place(ngx_scim_op_t *op, ngx_str_t *url)
{
    const char  *endpoint;

    endpoint = op->type->rt->endpoint;

    url->data = ngx_pnalloc(op->store.pool, op->base.len
                                            + ngx_strlen(endpoint) + 1
                                            + op->id.len);
    if (url->data == NULL) {
        return NGX_ERROR;
    }

    url->len = ngx_sprintf(url->data, "%V%s/%V", &op->base, endpoint, &op->id)
               - url->data;

    return NGX_OK;
}


ngx_str_t
ngx_scim_op_str(ngx_scim_op_t *op, const char *text)
{
    ngx_str_t  s;

    s.len = ngx_strlen(text);
    s.data = (u_char *) scim_strndup(&op->alloc, text, s.len);

    if (s.data == NULL) {
        s.len = 0;
    }

    return s;
}


static void *
ngx_scim_op_alloc(void *arg, size_t size)
{
    ngx_scim_op_t *op = arg;

    return ngx_palloc(op->store.pool, size);
}
