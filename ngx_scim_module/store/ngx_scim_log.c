/*
 * The provisioning log: a stream of each tenant, written by the script of a
 * change or, where there is none, by a command of its own.
 */

#include "ngx_scim_redis.h"


typedef struct {
    ngx_str_t    name;
    ngx_uint_t   offset;
} ngx_scim_log_field_t;


static ngx_int_t ngx_scim_log_fields(ngx_scim_store_t *store,
    ngx_scim_args_t *args, ngx_scim_log_entry_t *entry);


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


void
ngx_scim_log_add(ngx_scim_store_t *store, ngx_scim_log_entry_t *entry)
{
    ngx_str_t          key;
    ngx_scim_args_t   *args;
    ngx_scim_store_t   own;

    ngx_scim_store_init(&own, store->pool, store->log, store->link,
                        &store->tenant);

    key = ngx_scim_key(&own, "log");
    args = ngx_scim_args_create(&own, 32);

    if (key.len == 0 || args == NULL
        || ngx_scim_args_add_text(&own, args, "XADD") != NGX_OK
        || ngx_scim_args_add_str(&own, args, &key) != NGX_OK
        || ngx_scim_args_add_text(&own, args, "MAXLEN") != NGX_OK
        || ngx_scim_args_add_text(&own, args, "~") != NGX_OK
        || ngx_scim_args_add_uint(&own, args, entry->length) != NGX_OK
        || ngx_scim_args_add_text(&own, args, "*") != NGX_OK
        || ngx_scim_log_fields(&own, args, entry) != NGX_OK)
    {
        return;
    }

    ngx_scim_redis_begin(&own, NULL, NULL);
    (void) ngx_scim_redis_send(&own, args, NULL, NULL);

    ngx_scim_store_detach(&own);
}
