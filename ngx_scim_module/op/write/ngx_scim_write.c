/*
 * From a resource to a change of the store, and what came of it.
 */

#include "op/core/ngx_scim_op.h"
#include "op/core/ngx_scim_writers.h"
#include "store/data/ngx_scim_resource.h"
#include "store/data/ngx_scim_stage.h"
#include "store/data/ngx_scim_sweep.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json_print.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_members.h"
#include "scim/resource/scim_resource.h"
#include "scim/resource/scim_resource_diff.h"
#include "scim/filter/scim_index.h"


#define NGX_SCIM_DISABLED_SIZE  (sizeof(",\"active\":false") - 1)


static ngx_int_t ngx_scim_write_now(ngx_scim_op_t *op);
static ngx_int_t ngx_scim_write_doc(ngx_scim_op_t *op, ngx_str_t *old);
static ngx_int_t ngx_scim_write_size(ngx_scim_op_t *op, ngx_str_t *old);
static void ngx_scim_write_limits(ngx_scim_op_t *op, ngx_str_t *old);
static ngx_int_t ngx_scim_write_indexes(ngx_scim_op_t *op);
static ngx_int_t ngx_scim_write_index(ngx_scim_op_t *op,
    const scim_index_t *index, ngx_scim_index_entry_t *entry);
static ngx_int_t ngx_scim_write_members(ngx_scim_op_t *op);
static void ngx_scim_write_stage(ngx_scim_op_t *op);
static ngx_int_t ngx_scim_write_same_ids(ngx_array_t *one, ngx_array_t *two);
static void ngx_scim_write_staged(ngx_scim_op_t *op);
static void ngx_scim_write_put(ngx_scim_op_t *op);
static void ngx_scim_write_have(ngx_scim_op_t *op);
static void ngx_scim_write_no_member(ngx_scim_op_t *op);
static void ngx_scim_write_conflict(ngx_scim_op_t *op);


ngx_int_t
ngx_scim_write_address(ngx_scim_op_t *op)
{
    ngx_scim_write_t  *w;

    w = &op->write;

    w->type = op->type->key;
    w->id = op->id;
    w->actor = op->actor;
    w->expected = op->record.version;

    if (ngx_scim_write_now(op) != NGX_OK) {
        ngx_scim_op_nomem(op);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_write_now(ngx_scim_op_t *op)
{
    u_char      *p;
    ngx_tm_t     tm;
    ngx_time_t  *tp;

    p = ngx_pnalloc(op->store.pool, sizeof("1970-01-01T00:00:00.000Z"));
    if (p == NULL) {
        return NGX_ERROR;
    }

    tp = ngx_timeofday();
    ngx_gmtime(tp->sec, &tm);

    op->write.now.data = p;
    op->write.now.len = ngx_sprintf(p, "%4d-%02d-%02dT%02d:%02d:%02d.%03MZ",
                                    tm.ngx_tm_year, tm.ngx_tm_mon,
                                    tm.ngx_tm_mday, tm.ngx_tm_hour,
                                    tm.ngx_tm_min, tm.ngx_tm_sec, tp->msec)
                        - p;
    return NGX_OK;
}


ngx_int_t
ngx_scim_write_prepare(ngx_scim_op_t *op, ngx_str_t *old)
{
    ngx_int_t  rc;

    if (ngx_scim_write_address(op) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_scim_write_doc(op, old);

    if (rc == NGX_OK) {
        rc = ngx_scim_write_members(op);
    }

    if (rc == NGX_DECLINED) {
        ngx_scim_write_no_member(op);
        return NGX_ERROR;
    }

    if (rc != NGX_OK) {
        ngx_scim_op_nomem(op);
        return NGX_ERROR;
    }

    if (ngx_scim_write_size(op, old) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_scim_write_limits(op, old);

    /* membership alone does not depend on what was read */

    if (op->write.doc.len == 0 && op->if_match.len == 0
        && op->if_none_match.len == 0)
    {
        ngx_str_null(&op->write.expected);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_write_doc(ngx_scim_op_t *op, ngx_str_t *old)
{
    char              *text;
    size_t             len;
    ngx_scim_write_t  *w;

    w = &op->write;
    ngx_str_null(&w->doc);
    ngx_str_null(&w->changed);

    if (op->resource.doc == NULL) {
        return NGX_OK;
    }

    text = scim_json_print(&op->alloc, op->resource.doc, &len);
    if (text == NULL) {
        return NGX_ERROR;
    }

    if (old != NULL && old->len == len
        && ngx_memcmp(old->data, text, len) == 0)
    {
        return NGX_OK;
    }

    w->doc.data = (u_char *) text;
    w->doc.len = len;

    text = scim_resource_diff(&op->alloc, op->type->rt, op->old,
                              op->resource.doc);
    if (text == NULL) {
        return NGX_ERROR;
    }

    w->changed.data = (u_char *) text;
    w->changed.len = ngx_strlen(text);

    return ngx_scim_write_indexes(op);
}


/* one that is too large already may become smaller */

static ngx_int_t
ngx_scim_write_size(ngx_scim_op_t *op, ngx_str_t *old)
{
    size_t  most;

    most = op->conf->resource_size;

    if (old != NULL) {
        most = ngx_max(most, old->len);
    }

    if (op->write.doc.len <= most) {
        return NGX_OK;
    }

    (void) scim_error(&op->error, 413, SCIM_TYPE_NONE,
                      "The %s would have %zu bytes, more than the %zu that a "
                      "resource may have", op->type->rt->name,
                      op->write.doc.len, op->conf->resource_size);
    ngx_scim_op_fail(op);

    return NGX_ERROR;
}


/*
 * A change that takes something away is carried out even if memory is full:
 * removing members, cutting a document, and disabling, which may need a few
 * bytes.
 */

static void
ngx_scim_write_limits(ngx_scim_op_t *op, ngx_str_t *old)
{
    ngx_uint_t         less;
    ngx_scim_write_t  *w;

    w = &op->write;

    less = !w->create && w->add.nelts == 0
           && (w->doc.len == 0
               || (old != NULL
                   && (w->doc.len <= old->len
                       || (w->doc.len <= old->len + NGX_SCIM_DISABLED_SIZE
                           && ngx_scim_op_disables(op)))));

    if (less) {
        ngx_str_set(&w->limits, "less");

    } else {
        w->limits = op->type->limits;
    }
}


static ngx_int_t
ngx_scim_write_indexes(ngx_scim_op_t *op)
{
    size_t                   i;
    ngx_scim_type_t         *type;
    ngx_scim_index_entry_t  *entry;

    type = op->type;

    entry = ngx_palloc(op->store.pool,
                       type->nindexes * sizeof(ngx_scim_index_entry_t));
    if (entry == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < type->nindexes; i++) {
        if (ngx_scim_write_index(op, &type->indexes[i], &entry[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    op->write.indexes = entry;
    op->write.nindexes = type->nindexes;
    op->write.index_names = type->index_names;

    return NGX_OK;
}


static ngx_int_t
ngx_scim_write_index(ngx_scim_op_t *op, const scim_index_t *index,
    ngx_scim_index_entry_t *entry)
{
    size_t        i, n, size;
    u_char       *p;
    const char  **values;

    entry->field.data = (u_char *) index->field;
    entry->field.len = ngx_strlen(index->field);

    values = scim_resource_values(&op->alloc, op->type->rt, op->resource.doc,
                                  index->attr,
                                  index->kind != SCIM_INDEX_FIELD, &n);
    if (values == NULL) {
        return NGX_ERROR;
    }

    if (n == 1) {
        entry->text.data = (u_char *) values[0];
        entry->text.len = ngx_strlen(values[0]);
        return NGX_OK;
    }

    for (i = 0, size = 0; i < n; i++) {
        size += ngx_strlen(values[i]) + 1;
    }

    entry->text.data = p = ngx_pnalloc(op->store.pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (values[i][0] != '\0') {
            p = ngx_cpymem(p, values[i], ngx_strlen(values[i]) + 1);
        }
    }

    entry->text.len = (p == entry->text.data) ? 0
                      : p - entry->text.data - 1;
    return NGX_OK;
}


/* NGX_DECLINED: write.name cannot be a member, as it is no id */

static ngx_int_t
ngx_scim_write_members(ngx_scim_op_t *op)
{
    size_t                 i;
    ngx_str_t             *id;
    scim_members_t        *members;
    ngx_scim_write_t      *w;

    w = &op->write;
    members = &op->resource.members;

    w->clear_members = members->clear;

    if (ngx_array_init(&w->add, op->store.pool, 4, sizeof(ngx_str_t)) != NGX_OK
        || ngx_array_init(&w->remove, op->store.pool, 4, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < members->n; i++) {
        id = ngx_array_push(members->list[i].member ? &w->add : &w->remove);
        if (id == NULL) {
            return NGX_ERROR;
        }

        id->data = (u_char *) members->list[i].id;
        id->len = ngx_strlen(members->list[i].id);

        if (!ngx_scim_op_is_id(id)) {
            if (members->list[i].member) {
                w->name = *id;
                return NGX_DECLINED;
            }

            w->remove.nelts--;
        }
    }

    return NGX_OK;
}


void
ngx_scim_write_send(ngx_scim_op_t *op, ngx_uint_t status, ngx_scim_op_pt step)
{
    ngx_scim_write_t  *w;

    w = &op->write;

    if (w->doc.len == 0 && !w->clear_members && w->add.nelts == 0
        && w->remove.nelts == 0)
    {
        op->result = NGX_SCIM_STORE_OK;
        w->record = op->record;
        w->same = 1;
        step(op);
        return;
    }

    op->written = step;
    op->written_status = status;

    if (w->move.len > 0
        || w->add.nelts + w->remove.nelts > NGX_SCIM_OP_MEMBERS)
    {
        ngx_scim_write_stage(op);

    } else {
        ngx_scim_write_put(op);
    }
}


/* Stages the members. A write that lost a race does not stage them again. */

static void
ngx_scim_write_stage(ngx_scim_op_t *op)
{
    ngx_int_t          rc;
    ngx_scim_write_t  *w;

    w = &op->write;

    if (w->move.len > 0) {
        if (ngx_scim_write_same_ids(&w->add, &op->staged.add)
            && ngx_scim_write_same_ids(&w->remove, &op->staged.remove)
            && w->clear_members == op->staged.clear_members)
        {
            ngx_scim_write_put(op);
            return;
        }

        ngx_scim_sweep(&op->store, &w->move);
    }

    op->staged = *w;

    rc = ngx_scim_stage_build(&op->store, w, ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_write_staged);
}


static ngx_int_t
ngx_scim_write_same_ids(ngx_array_t *one, ngx_array_t *two)
{
    ngx_str_t   *a, *b;
    ngx_uint_t   i;

    a = one->elts;
    b = two->elts;

    for (i = 0; i < one->nelts && i < two->nelts; i++) {
        if (ngx_memn2cmp(a[i].data, b[i].data, a[i].len, b[i].len) != 0) {
            return 0;
        }
    }

    return one->nelts == two->nelts;
}


static void
ngx_scim_write_staged(ngx_scim_op_t *op)
{
    if (op->result == NGX_SCIM_STORE_OK) {
        ngx_scim_write_put(op);

    } else {
        op->written(op);
    }
}


static void
ngx_scim_write_put(ngx_scim_op_t *op)
{
    if (ngx_scim_op_log_change(op, op->written_status) != NGX_OK) {
        ngx_scim_op_nomem(op);
        return;
    }

    ngx_scim_op_next(op, ngx_scim_resource_write(&op->store, &op->write,
                                                 ngx_scim_op_resume, op),
                     ngx_scim_write_have);
}


/* only Redis knows how many members a list replaces */

static void
ngx_scim_write_have(ngx_scim_op_t *op)
{
    if (op->result == NGX_SCIM_STORE_LARGE) {
        ngx_scim_write_stage(op);

    } else {
        op->written(op);
    }
}


ngx_int_t
ngx_scim_write_result(ngx_scim_op_t *op)
{
    ngx_str_t          doc;
    ngx_scim_write_t  *w;

    w = &op->write;

    switch (op->result) {

    case NGX_SCIM_STORE_OK:
        ngx_scim_writers_end(op);
        ngx_scim_op_count_change(op);
        doc = w->doc.len ? w->doc : op->record.doc;
        op->record = w->record;
        op->record.id = op->id;
        op->record.doc = doc;
        return NGX_OK;

    case NGX_SCIM_STORE_STALE:
        if (op->retries++ < NGX_SCIM_OP_RETRIES) {
            return NGX_AGAIN;
        }

        ngx_scim_writers_busy(op);
        return NGX_ERROR;

    case NGX_SCIM_STORE_BUSY:
        ngx_scim_writers_busy(op);
        return NGX_ERROR;

    case NGX_SCIM_STORE_CONFLICT:
        ngx_scim_write_conflict(op);
        return NGX_ERROR;

    case NGX_SCIM_STORE_NO_MEMBER:
        ngx_scim_write_no_member(op);
        return NGX_ERROR;

    case NGX_SCIM_STORE_CYCLE:
        (void) scim_error(&op->error, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"members\": with \"%.128s\" the group would hold "
                          "itself", w->name.data);
        ngx_scim_op_fail(op);
        return NGX_ERROR;

    case NGX_SCIM_STORE_LIMIT:
        op->tally->refused++;
        (void) scim_error(&op->error, 403, SCIM_TYPE_NONE,
                          "The organization may have %s, and no more",
                          op->write.name.data);
        ngx_scim_op_fail(op);
        return NGX_ERROR;

    case NGX_SCIM_STORE_NESTED:
        ngx_scim_op_error(op, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"members\": more than 1000 groups hold this one, "
                          "and those that are to join it hold more than 1000; "
                          "so many are not looked through");
        return NGX_ERROR;

    default:
        ngx_scim_op_not_found(op);
        return NGX_ERROR;
    }
}


static void
ngx_scim_write_no_member(ngx_scim_op_t *op)
{
    (void) scim_error(&op->error, 400, SCIM_TYPE_INVALID_VALUE,
                      "\"members\": there is no user or group with the id "
                      "\"%.128s\"", op->write.name.data);
    ngx_scim_op_fail(op);
}


static void
ngx_scim_write_conflict(ngx_scim_op_t *op)
{
    size_t         i, n;
    const char    *path, *value, **values;
    scim_index_t  *index;

    path = (char *) op->write.name.data;
    value = "";
    n = 0;

    for (i = 0; i < op->type->nindexes; i++) {
        index = &op->type->indexes[i];

        if (index->kind == SCIM_INDEX_UNIQUE
            && ngx_strcmp(index->name, op->write.name.data) == 0)
        {
            path = scim_attr_path(&op->alloc, op->type->rt, index->attr);
            values = scim_resource_values(&op->alloc, op->type->rt,
                                          op->resource.doc, index->attr, 0,
                                          &n);
            value = (values && n) ? values[0] : "";
        }
    }

    (void) scim_error(&op->error, 409, SCIM_TYPE_UNIQUENESS,
                      "\"%s\": another %s has the value \"%.128s\"%s",
                      path ? path : "", op->type->rt->name, value,
                      n > 1 ? ", or one of the others" : "");
    ngx_scim_op_fail(op);
}
