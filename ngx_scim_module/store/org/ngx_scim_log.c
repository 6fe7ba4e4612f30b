/*
 * The provisioning log: a stream of each tenant, written by the script of a
 * change or, where there is none, by one of its own.
 */

#include "base/ngx_scim_str.h"
#include "store/call/ngx_scim_call.h"
#include "store/call/ngx_scim_script.h"
#include "store/org/ngx_scim_log.h"


#define NGX_SCIM_LOG_POOL  2048


typedef struct {
    ngx_str_t    name;
    ngx_uint_t   offset;
} ngx_scim_log_field_t;


static void ngx_scim_log_fields(ngx_scim_args_t *args,
    ngx_scim_log_entry_t *entry);
static ngx_int_t ngx_scim_log_send(ngx_scim_store_t *store,
    ngx_scim_log_entry_t entry);


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


void
ngx_scim_log_args(ngx_scim_args_t *args, ngx_scim_log_entry_t *entry)
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
        ngx_scim_args_add_text(args, "0");
        return;
    }

    ngx_scim_args_add_uint(args, n + 1);
    ngx_scim_args_add_uint(args, entry->length);
    ngx_scim_log_fields(args, entry);
}


static void
ngx_scim_log_fields(ngx_scim_args_t *args, ngx_scim_log_entry_t *entry)
{
    ngx_str_t             *value;
    ngx_scim_log_field_t  *f;

    for (f = ngx_scim_log_names; f->name.len; f++) {
        value = (ngx_str_t *) ((u_char *) entry + f->offset);

        if (value->len > 0) {
            ngx_scim_args_add_str(args, &f->name);
            ngx_scim_args_add_str(args, value);
        }
    }
}


/* The request can end before Redis has answered. */

void
ngx_scim_log_add(ngx_scim_store_t *store, ngx_scim_log_entry_t *entry)
{
    ngx_scim_store_t  *own;

    own = ngx_scim_store_create(NGX_SCIM_LOG_POOL, ngx_cycle->log, store->link,
                                &store->tenant);

    if (own != NULL && ngx_scim_log_send(own, *entry) != NGX_OK) {
        ngx_destroy_pool(own->pool);
    }
}


static ngx_int_t
ngx_scim_log_send(ngx_scim_store_t *store, ngx_scim_log_entry_t entry)
{
    ngx_str_t             *value;
    ngx_scim_args_t       *args;
    ngx_scim_log_field_t  *f;

    for (f = ngx_scim_log_names; f->name.len; f++) {
        value = (ngx_str_t *) ((u_char *) &entry + f->offset);
        *value = ngx_scim_cstring(store->pool, value->data, value->len);

        if (value->data == NULL) {
            return NGX_ERROR;
        }
    }

    args = ngx_scim_script_args(store, NGX_SCIM_SCRIPT_LOG, 24);

    ngx_scim_args_add_text(args, "log");
    ngx_scim_args_add_uint(args, entry.length);
    ngx_scim_log_fields(args, &entry);

    ngx_scim_redis_begin(store, ngx_scim_store_destroy, store);

    return ngx_scim_redis_send(store, args, ngx_scim_reply_number, NULL);
}
