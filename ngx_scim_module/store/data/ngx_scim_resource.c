/*
 * Resources in the store: read, write, delete.
 */

#include "store/call/ngx_scim_call.h"
#include "store/call/ngx_scim_script.h"
#include "store/data/ngx_scim_resource.h"
#include "store/org/ngx_scim_log.h"
#include "store/link/ngx_scim_link.h"


#define NGX_SCIM_CHANGES_MAX  "100000"


static ngx_scim_result_e ngx_scim_resource_have_one(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_scim_result_e ngx_scim_resource_have(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static void ngx_scim_resource_indexes(ngx_scim_write_t *write,
    ngx_scim_args_t *args);
static void ngx_scim_resource_members(ngx_scim_write_t *write,
    ngx_scim_args_t *args);
static void ngx_scim_resource_list(ngx_array_t *list, ngx_scim_args_t *args);
static ngx_scim_result_e ngx_scim_resource_written(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static void ngx_scim_resource_heard(ngx_scim_store_t *store,
    ngx_scim_write_t *write);
static ngx_int_t ngx_scim_resource_delete_send(ngx_scim_store_t *store,
    ngx_scim_write_t *write);
static ngx_scim_result_e ngx_scim_resource_deleted(ngx_scim_store_t *store,
    redisReply *reply, void *arg);


ngx_int_t
ngx_scim_resource_read(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_record_t *records, ngx_uint_t n,
    ngx_scim_store_handler_pt handler, void *data)
{
    return ngx_scim_resource_read_most(store, type, records, n,
                                       NGX_MAX_SIZE_T_VALUE, handler, data);
}


ngx_int_t
ngx_scim_resource_read_most(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_record_t *records, ngx_uint_t n, size_t most,
    ngx_scim_store_handler_pt handler, void *data)
{
    ngx_uint_t  i;

    ngx_scim_redis_begin(store, handler, data);

    store->room = most;

    for (i = 0; i < n; i++) {
        if (ngx_scim_resource_send(store, type, &records[i], n == 1)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_scim_resource_send(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_record_t *record, ngx_uint_t must_be)
{
    ngx_str_t  key;

    static ngx_str_t  hmget = ngx_string("HMGET");
    static ngx_str_t  fields[] = {
        ngx_string("doc"), ngx_string("ver"), ngx_string("created"),
        ngx_string("modified"), ngx_string("groups"), ngx_string("seq")
    };

    key = ngx_scim_key(store, "%V:%V", type, &record->id);

    return ngx_scim_redis_command(store,
                                  must_be ? ngx_scim_resource_have_one
                                          : ngx_scim_resource_have,
                                  record, &hmget, &key, &fields[0],
                                  &fields[1], &fields[2], &fields[3],
                                  &fields[4], &fields[5], NULL);
}


static ngx_scim_result_e
ngx_scim_resource_have_one(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_scim_record_t *record = arg;

    ngx_scim_result_e  result;

    result = ngx_scim_resource_have(store, reply, arg);

    return (result == NGX_SCIM_STORE_OK && record->doc.len == 0)
           ? NGX_SCIM_STORE_NOT_FOUND : result;
}


static ngx_scim_result_e
ngx_scim_resource_have(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_scim_record_t *record = arg;

    ngx_str_t  ngroups, seq;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 6) {
        return NGX_SCIM_STORE_FAILED;
    }

    if (store->room == 0) {
        record->left = 1;
        return NGX_SCIM_STORE_OK;
    }

    if (ngx_scim_reply_str(store, reply->element[0], &record->doc) != NGX_OK
        || ngx_scim_reply_str(store, reply->element[1], &record->version)
           != NGX_OK
        || ngx_scim_reply_str(store, reply->element[2], &record->created)
           != NGX_OK
        || ngx_scim_reply_str(store, reply->element[3], &record->modified)
           != NGX_OK
        || ngx_scim_reply_str(store, reply->element[4], &ngroups) != NGX_OK
        || ngx_scim_reply_str(store, reply->element[5], &seq) != NGX_OK)
    {
        return NGX_SCIM_STORE_FAILED;
    }

    store->room -= ngx_min(store->room, record->doc.len);
    record->ngroups = ngroups.len ? ngx_atoi(ngroups.data, ngroups.len) : 0;
    record->seq = seq.len ? ngx_atoi(seq.data, seq.len) : 0;

    return NGX_SCIM_STORE_OK;
}


ngx_int_t
ngx_scim_resource_write(ngx_scim_store_t *store, ngx_scim_write_t *write,
    ngx_scim_store_handler_pt handler, void *data)
{
    ngx_scim_args_t  *args;

    args = ngx_scim_script_args(store, NGX_SCIM_SCRIPT_WRITE,
                                32 + write->add.nelts + write->remove.nelts);

    ngx_scim_args_add_text(args, write->create ? "create" : "update");
    ngx_scim_args_add_str(args, &write->type);
    ngx_scim_args_add_str(args, &write->id);
    ngx_scim_args_add_str(args, &write->expected);
    ngx_scim_args_add_str(args, &write->now);
    ngx_scim_args_add_str(args, &write->actor);
    ngx_scim_args_add_str(args, &write->changed);
    ngx_scim_args_add_str(args, &write->doc);
    ngx_scim_args_add_text(args, NGX_SCIM_CHANGES_MAX);
    ngx_scim_resource_indexes(write, args);
    ngx_scim_log_args(args, write->log);
    ngx_scim_resource_members(write, args);

    ngx_scim_redis_begin(store, handler, data);

    return ngx_scim_redis_send(store, args, ngx_scim_resource_written, write);
}


static void
ngx_scim_resource_indexes(ngx_scim_write_t *write, ngx_scim_args_t *args)
{
    ngx_uint_t  i, n;

    n = write->doc.len ? write->nindexes : 0;

    ngx_scim_args_add_str(args, &write->index_names);
    ngx_scim_args_add_str(args, &write->limits);
    ngx_scim_args_add_uint(args, n);

    for (i = 0; i < n; i++) {
        ngx_scim_args_add_str(args, &write->indexes[i].field);
    }

    for (i = 0; i < n; i++) {
        ngx_scim_args_add_str(args, &write->indexes[i].text);
    }
}


/* Without more arguments the script does not look at members. */

static void
ngx_scim_resource_members(ngx_scim_write_t *write, ngx_scim_args_t *args)
{
    if (!write->clear_members && write->add.nelts == 0
        && write->remove.nelts == 0)
    {
        return;
    }

    if (write->move.len > 0) {
        ngx_scim_args_add_text(args, "staged");
        ngx_scim_args_add_str(args, &write->move);
        return;
    }

    ngx_scim_args_add_text(args, write->clear_members ? "set" : "keep");
    ngx_scim_resource_list(&write->add, args);
    ngx_scim_resource_list(&write->remove, args);
}


static void
ngx_scim_resource_list(ngx_array_t *list, ngx_scim_args_t *args)
{
    ngx_scim_args_add_uint(args, list->nelts);
    ngx_scim_args_add_strs(args, list->elts, list->nelts);
}


static ngx_scim_result_e
ngx_scim_resource_written(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_scim_write_t *write = arg;

    ngx_str_t           ngroups;
    redisReply        **e;
    ngx_scim_result_e   result;

    result = ngx_scim_script_result(store, reply, &write->name);

    if (result == NGX_SCIM_STORE_FAILED) {
        return result;
    }

    ngx_scim_resource_heard(store, write);

    e = reply->element;
    write->same = (ngx_strcmp(e[0]->str, "same") == 0);

    write->near = (reply->elements == 6);

    if (reply->elements >= 5) {
        if (ngx_scim_reply_str(store, e[1], &write->record.version) != NGX_OK
            || ngx_scim_reply_str(store, e[2], &write->record.created)
               != NGX_OK
            || ngx_scim_reply_str(store, e[3], &write->record.modified)
               != NGX_OK
            || ngx_scim_reply_str(store, e[4], &ngroups) != NGX_OK)
        {
            return NGX_SCIM_STORE_FAILED;
        }

        write->record.ngroups = ngx_atoi(ngroups.data, ngroups.len);
    }

    return result;
}


/* Redis tells of the change too, but perhaps later than the client is answered. */

static void
ngx_scim_resource_heard(ngx_scim_store_t *store, ngx_scim_write_t *write)
{
    ngx_scim_known_t  *known;

    known = ngx_scim_link_known(store->link);

    if (known->heard != NULL) {
        ngx_scim_heard_change(known->heard, &store->tenant, &write->type,
                              &write->id);
    }
}


ngx_int_t
ngx_scim_resource_delete(ngx_scim_store_t *store, ngx_scim_write_t *write,
    ngx_scim_store_handler_pt handler, void *data)
{
    ngx_scim_redis_begin(store, handler, data);

    return ngx_scim_resource_delete_send(store, write);
}


static ngx_int_t
ngx_scim_resource_delete_send(ngx_scim_store_t *store,
    ngx_scim_write_t *write)
{
    ngx_scim_args_t  *args;

    args = ngx_scim_script_args(store, NGX_SCIM_SCRIPT_DELETE, 32);

    ngx_scim_args_add_str(args, &write->type);
    ngx_scim_args_add_str(args, &write->id);
    ngx_scim_args_add_str(args, &write->expected);
    ngx_scim_args_add_str(args, &write->now);
    ngx_scim_args_add_str(args, &write->actor);
    ngx_scim_args_add_text(args, NGX_SCIM_CHANGES_MAX);
    ngx_scim_log_args(args, write->log);

    return ngx_scim_redis_send(store, args, ngx_scim_resource_deleted, write);
}


static ngx_scim_result_e
ngx_scim_resource_deleted(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_scim_write_t *write = arg;

    ngx_scim_result_e  result;

    result = ngx_scim_script_result(store, reply, &write->move);

    ngx_scim_resource_heard(store, write);

    if (result == NGX_SCIM_STORE_OK
        && ngx_strcmp(reply->element[0]->str, "more") == 0
        && ngx_scim_resource_delete_send(store, write) != NGX_OK)
    {
        return NGX_SCIM_STORE_FAILED;
    }

    return result;
}
