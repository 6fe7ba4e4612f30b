/*
 * The provisioning log: a stream of each tenant, written by the script of a
 * change or, where there is none, by one of its own.
 */

#include "store/call/ngx_scim_script.h"


#define NGX_SCIM_LOG_POOL  2048


typedef struct {
    ngx_str_t    name;
    ngx_uint_t   offset;
} ngx_scim_log_field_t;


static ngx_int_t ngx_scim_log_fields(ngx_scim_store_t *store,
    ngx_scim_args_t *args, ngx_scim_log_entry_t *entry);
static ngx_int_t ngx_scim_log_copy(ngx_pool_t *pool, ngx_str_t *s);
static ngx_int_t ngx_scim_log_send(ngx_scim_store_t *store,
    ngx_scim_log_entry_t entry);
static ngx_scim_result_e ngx_scim_log_reply(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static void ngx_scim_log_added(void *data, ngx_scim_result_e result);


static ngx_scim_log_field_t  ngx_scim_log_names[] = {
    { ngx_string("op"), offsetof(ngx_scim_log_entry_t, op) },
    { ngx_string("type"), offsetof(ngx_scim_log_entry_t, type) },
    { ngx_string("id"), offsetof(ngx_scim_log_entry_t, id) },
    { ngx_string("name"), offsetof(ngx_scim_log_entry_t, name) },
    { ngx_string("status"), offsetof(ngx_scim_log_entry_t, status) },
    { ngx_string("scimType"), offsetof(ngx_scim_log_entry_t, scim_type) },
    { ngx_string("detail"), offsetof(ngx_scim_log_entry_t, detail) },
    { ngx_string("token"), offsetof(ngx_scim_log_entry_t, token) },
    { ngx_string("ms"), offsetof(ngx_scim_log_entry_t, ms) },
    { ngx_string("request"), offsetof(ngx_scim_log_entry_t, request) },
    { ngx_null_string, 0 }
};


ngx_str_t *
ngx_scim_log_field(ngx_scim_log_entry_t *entry, ngx_uint_t i,
    ngx_str_t **name)
{
    *name = &ngx_scim_log_names[i].name;

    return (*name)->len
           ? (ngx_str_t *) ((u_char *) entry + ngx_scim_log_names[i].offset)
           : NULL;
}


ngx_int_t
ngx_scim_log_args(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_scim_log_entry_t *entry)
{
    ngx_str_t             *value;
    ngx_uint_t             n;
    ngx_scim_log_field_t  *f;

    n = 0;

    for (f = ngx_scim_log_names; entry && f->name.len; f++) {
        value = (ngx_str_t *) ((u_char *) entry + f->offset);
        n += 2 * (value->len > 0);
    }

    if (n == 0) {
        return ngx_scim_args_add_text(store, args, "0");
    }

    if (ngx_scim_args_add_uint(store, args, n + 1) != NGX_OK
        || ngx_scim_args_add_uint(store, args, entry->length) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_scim_log_fields(store, args, entry);
}


static ngx_int_t
ngx_scim_log_fields(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_scim_log_entry_t *entry)
{
    ngx_str_t             *value;
    ngx_scim_log_field_t  *f;

    for (f = ngx_scim_log_names; f->name.len; f++) {
        value = (ngx_str_t *) ((u_char *) entry + f->offset);

        if (value->len > 0
            && (ngx_scim_args_add_str(store, args, &f->name) != NGX_OK
                || ngx_scim_args_add_str(store, args, value) != NGX_OK))
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* in a pool of its own: the request is answered meanwhile, and gone */

void
ngx_scim_log_add(ngx_scim_store_t *store, ngx_scim_log_entry_t *entry)
{
    ngx_pool_t        *pool;
    ngx_scim_store_t  *own;

    pool = ngx_create_pool(NGX_SCIM_LOG_POOL, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    own = ngx_palloc(pool, sizeof(ngx_scim_store_t));

    if (own != NULL) {
        ngx_scim_store_init(own, pool, ngx_cycle->log, store->link,
                            &store->tenant);

        if (ngx_scim_log_copy(pool, &own->tenant) == NGX_OK
            && ngx_scim_log_send(own, *entry) == NGX_OK)
        {
            return;
        }
    }

    ngx_destroy_pool(pool);
}


static ngx_int_t
ngx_scim_log_copy(ngx_pool_t *pool, ngx_str_t *s)
{
    s->data = ngx_pstrdup(pool, s);

    return s->data ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_scim_log_send(ngx_scim_store_t *store, ngx_scim_log_entry_t entry)
{
    ngx_str_t             *value;
    ngx_scim_args_t       *args;
    ngx_scim_log_field_t  *f;

    for (f = ngx_scim_log_names; f->name.len; f++) {
        value = (ngx_str_t *) ((u_char *) &entry + f->offset);

        if (value->len > 0 && ngx_scim_log_copy(store->pool, value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    args = ngx_scim_script_args(store, NGX_SCIM_SCRIPT_LOG, 24);

    if (args == NULL || ngx_scim_args_add_text(store, args, "log") != NGX_OK
        || ngx_scim_args_add_uint(store, args, entry.length) != NGX_OK
        || ngx_scim_log_fields(store, args, &entry) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_scim_redis_begin(store, ngx_scim_log_added, store);

    return ngx_scim_redis_send(store, args, ngx_scim_log_reply, NULL);
}


static ngx_scim_result_e
ngx_scim_log_reply(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    (void) store;
    (void) arg;

    return reply->type == REDIS_REPLY_INTEGER ? NGX_SCIM_STORE_OK
                                              : NGX_SCIM_STORE_FAILED;
}


static void
ngx_scim_log_added(void *data, ngx_scim_result_e result)
{
    ngx_scim_store_t *store = data;

    (void) result;

    ngx_destroy_pool(store->pool);
}
