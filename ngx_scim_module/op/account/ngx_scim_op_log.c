/*
 * Makes the entry of an operation in the provisioning log. Unless the
 * configuration allows more, it contains nothing that the client has sent
 * except ids of this server and names of attributes.
 */

#include "op/core/ngx_scim_op.h"
#include "store/org/ngx_scim_log.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/core/scim_id.h"
#include "scim/core/scim_utf8.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/resource/scim_resource.h"
#include "scim/filter/scim_index.h"


#define NGX_SCIM_LOG_TEXT  512     /* bytes of a field */


typedef struct {
    ngx_scim_op_pt     operation;
    const char        *name;
    unsigned           writes:1;
    unsigned           typed:1;       /* it is about resources of a type */
} ngx_scim_op_kind_t;


static const ngx_scim_op_kind_t *ngx_scim_op_kind(ngx_scim_op_pt operation);
static ngx_int_t ngx_scim_op_log_entry(ngx_scim_op_t *op,
    ngx_scim_log_entry_t *entry, ngx_uint_t status);
static void ngx_scim_op_log_error(ngx_scim_op_t *op,
    ngx_scim_log_entry_t *entry);
static void ngx_scim_op_log_name(ngx_scim_op_t *op, ngx_str_t *name);
static const char *ngx_scim_op_log_body_name(ngx_scim_op_t *op,
    const char *attr);
static ngx_int_t ngx_scim_op_log_number(ngx_scim_op_t *op, ngx_str_t *s,
    ngx_uint_t n);
static void ngx_scim_op_log_text(ngx_str_t *s, const char *text);
static void ngx_scim_op_log_cut(ngx_str_t *s);


static const ngx_scim_op_kind_t  ngx_scim_op_kinds[] = {
    { ngx_scim_get, "get", 0, 1 },
    { ngx_scim_query, "list", 0, 1 },
    { ngx_scim_query_all, "list", 0, 0 },
    { ngx_scim_search, "search", 0, 1 },
    { ngx_scim_search_all, "search", 0, 0 },
    { ngx_scim_create, "create", 1, 1 },
    { ngx_scim_replace, "replace", 1, 1 },
    { ngx_scim_patch, "patch", 1, 1 },
    { ngx_scim_delete, "delete", 1, 1 },
    { ngx_scim_bulk, "bulk", 1, 0 },
    { ngx_scim_service_provider_config, "config", 0, 0 },
    { ngx_scim_resource_types, "types", 0, 0 },
    { ngx_scim_schemas, "schemas", 0, 0 },
    { NULL, "", 1, 0 }
};


const char *
ngx_scim_op_name(ngx_scim_op_pt operation)
{
    return ngx_scim_op_kind(operation)->name;
}


ngx_int_t
ngx_scim_op_typed(ngx_scim_op_pt operation)
{
    return ngx_scim_op_kind(operation)->typed;
}


static const ngx_scim_op_kind_t *
ngx_scim_op_kind(ngx_scim_op_pt operation)
{
    const ngx_scim_op_kind_t  *kind;

    for (kind = ngx_scim_op_kinds; kind->operation; kind++) {
        if (kind->operation == operation) {
            break;
        }
    }

    return kind;
}


ngx_int_t
ngx_scim_op_is_failure(ngx_scim_op_pt operation, ngx_uint_t status)
{
    return status == 400
           || (status > 400 && ngx_scim_op_kind(operation)->writes);
}


ngx_int_t
ngx_scim_op_log_change(ngx_scim_op_t *op, ngx_uint_t status)
{
    ngx_scim_log_entry_t  *entry;

    if (op->conf->log_length == 0) {
        return NGX_OK;
    }

    entry = ngx_palloc(op->store.pool, sizeof(ngx_scim_log_entry_t));
    if (entry == NULL) {
        return NGX_ERROR;
    }

    op->write.log = entry;

    return ngx_scim_op_log_entry(op, entry, status);
}


void
ngx_scim_op_log_failure(ngx_scim_op_t *op)
{
    ngx_scim_log_entry_t  entry;

    if (op->conf->log_length == 0 || op->store.tenant.len == 0
        || op->result == NGX_SCIM_STORE_UNAVAILABLE
        || !ngx_scim_op_is_failure(op->operation, op->error.status))
    {
        return;
    }

    if (ngx_scim_op_log_entry(op, &entry, op->error.status) != NGX_OK) {
        return;
    }

    ngx_scim_op_log_error(op, &entry);

    ngx_scim_log_add(&op->store, &entry);
}


static ngx_int_t
ngx_scim_op_log_entry(ngx_scim_op_t *op, ngx_scim_log_entry_t *entry,
    ngx_uint_t status)
{
    const ngx_scim_op_kind_t  *kind;

    kind = ngx_scim_op_kind(op->operation);

    ngx_memzero(entry, sizeof(ngx_scim_log_entry_t));

    entry->length = op->conf->log_length;
    entry->token = op->actor;
    entry->request = op->request_id(op->request);

    ngx_scim_op_log_text(&entry->op, kind->name);

    if (kind->typed && op->type != NULL) {
        entry->type = op->type->key;
    }

    /*
     * A resource that was not created has no id that anybody knows. What is in
     * the log is text.
     */

    if ((status < 400 || op->operation != ngx_scim_create)
        && (op->conf->log_values
            ? scim_utf8_check((char *) op->id.data, op->id.len) == op->id.len
            : scim_is_own_id((char *) op->id.data, op->id.len)))
    {
        entry->id = op->id;
        ngx_scim_op_log_cut(&entry->id);
    }

    if (op->conf->log_values && kind->typed && kind->writes
        && op->type != NULL)
    {
        ngx_scim_op_log_name(op, &entry->name);
    }

    if (ngx_scim_op_log_number(op, &entry->status, status) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_scim_op_log_number(op, &entry->ms,
                                  ngx_current_msec - op->start);
}


static void
ngx_scim_op_log_error(ngx_scim_op_t *op, ngx_scim_log_entry_t *entry)
{
    const char  *type;

    type = scim_type_name(op->error.type);

    if (type != NULL) {
        ngx_scim_op_log_text(&entry->scim_type, type);
    }

    ngx_scim_op_log_text(&entry->detail,
                         op->conf->log_values
                         ? op->error.detail
                         : scim_error_redact(&op->alloc, &op->error));
}


/* by what a person knows the resource: its userName, its displayName */

static void
ngx_scim_op_log_name(ngx_scim_op_t *op, ngx_str_t *name)
{
    size_t                n;
    const char          **values;
    const scim_index_t   *index;

    index = ngx_scim_op_unique(op->type);
    if (index == NULL) {
        return;
    }

    n = 0;
    values = NULL;

    if (op->resource.doc != NULL) {
        values = scim_resource_values(&op->alloc, op->type->rt,
                                      op->resource.doc, index->attr, 0, &n);
    }

    ngx_scim_op_log_text(name, (values && n)
                               ? values[0]
                               : ngx_scim_op_log_body_name(op,
                                                       index->attr->name));
}


/* a body that could not be taken may name the resource all the same */

static const char *
ngx_scim_op_log_body_name(ngx_scim_op_t *op, const char *attr)
{
    cJSON         *json;
    scim_error_t   err;

    json = op->json;

    if (json == NULL && op->body.len > 0
        && scim_json_parse(&op->alloc, (char *) op->body.data, op->body.len,
                           &json, &err)
           != SCIM_OK)
    {
        return NULL;
    }

    return cJSON_IsObject(json)
           ? cJSON_GetStringValue(scim_json_get(json, attr)) : NULL;
}


const scim_index_t *
ngx_scim_op_unique(ngx_scim_type_t *type)
{
    size_t  i;

    for (i = 0; i < type->nindexes; i++) {
        if (type->indexes[i].kind == SCIM_INDEX_UNIQUE) {
            return &type->indexes[i];
        }
    }

    return NULL;
}


static ngx_int_t
ngx_scim_op_log_number(ngx_scim_op_t *op, ngx_str_t *s, ngx_uint_t n)
{
    s->data = ngx_pnalloc(op->store.pool, NGX_INT_T_LEN);
    if (s->data == NULL) {
        return NGX_ERROR;
    }

    s->len = ngx_sprintf(s->data, "%ui", n) - s->data;

    return NGX_OK;
}


/* Cuts a text of the client, which can be long, to what an entry keeps of it. */

static void
ngx_scim_op_log_text(ngx_str_t *s, const char *text)
{
    s->data = (u_char *) text;
    s->len = text ? ngx_strlen(text) : 0;

    ngx_scim_op_log_cut(s);
}


static void
ngx_scim_op_log_cut(ngx_str_t *s)
{
    if (s->len <= NGX_SCIM_LOG_TEXT) {
        return;
    }

    s->len = NGX_SCIM_LOG_TEXT;

    /* not within a character */

    while (s->len > 0 && (s->data[s->len] & 0xc0) == 0x80) {
        s->len--;
    }
}
