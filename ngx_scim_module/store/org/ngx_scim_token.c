/*
 * Tokens in the store.
 */

#include "store/call/ngx_scim_call.h"
#include "store/call/ngx_scim_script.h"
#include "store/org/ngx_scim_client.h"
#include "store/org/ngx_scim_token.h"


#define NGX_SCIM_TOKEN_KEY   "scim:token:"
#define NGX_SCIM_TOKEN_ONCE  "scim:jti:"
#define NGX_SCIM_TOKEN_POOL  1024


static ngx_scim_result_e ngx_scim_token_have(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_scim_result_e ngx_scim_token_have_client(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_scim_result_e ngx_scim_token_written(ngx_scim_store_t *store,
    redisReply *reply, void *arg);


ngx_int_t
ngx_scim_token_read(ngx_scim_store_t *store, ngx_str_t *digest,
    ngx_scim_token_record_t *record, ngx_scim_store_handler_pt handler,
    void *data)
{
    ngx_str_t  key;

    static ngx_str_t  hmget = ngx_string("HMGET");
    static ngx_str_t  tenant = ngx_string("tenant");
    static ngx_str_t  name = ngx_string("name");
    static ngx_str_t  scope = ngx_string("scope");
    static ngx_str_t  expires = ngx_string("expires");
    static ngx_str_t  used = ngx_string("used");
    static ngx_str_t  client = ngx_string("client");

    key = ngx_scim_token_key(store, digest);

    ngx_scim_redis_begin(store, handler, data);

    return ngx_scim_redis_command(store, ngx_scim_token_have, record, &hmget,
                                  &key, &tenant, &name, &scope, &expires,
                                  &used, &client, NULL);
}


ngx_str_t
ngx_scim_token_key(ngx_scim_store_t *store, ngx_str_t *digest)
{
    return ngx_scim_redis_join(store, NGX_SCIM_TOKEN_KEY, digest);
}


static ngx_scim_result_e
ngx_scim_token_have(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_scim_token_record_t *record = arg;

    ngx_str_t   key;
    ngx_str_t  *fields[] = { &record->tenant, &record->name, &record->scope,
                             &record->expires, &record->used,
                             &record->client };

    static ngx_str_t  hget = ngx_string("HGET");
    static ngx_str_t  tenant = ngx_string("tenant");

    if (ngx_scim_reply_strs(store, reply, fields,
                            sizeof(fields) / sizeof(fields[0]))
        != NGX_OK)
    {
        return NGX_SCIM_STORE_FAILED;
    }

    if (record->tenant.len == 0) {
        return NGX_SCIM_STORE_NOT_FOUND;
    }

    if (record->client.len == 0) {
        return NGX_SCIM_STORE_OK;
    }

    key = ngx_scim_client_key(store, &record->client);

    return ngx_scim_redis_command(store, ngx_scim_token_have_client, record,
                                  &hget, &key, &tenant, NULL)
           == NGX_OK ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_FAILED;
}


static ngx_scim_result_e
ngx_scim_token_have_client(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_scim_token_record_t *record = arg;

    ngx_str_t  tenant;

    if (ngx_scim_reply_str(store, reply, &tenant) != NGX_OK) {
        return NGX_SCIM_STORE_FAILED;
    }

    return (tenant.len == record->tenant.len
            && ngx_memcmp(tenant.data, record->tenant.data, tenant.len) == 0)
           ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_NOT_FOUND;
}


ngx_int_t
ngx_scim_token_write(ngx_scim_store_t *store, ngx_str_t *digest,
    ngx_scim_token_record_t *record, ngx_uint_t most, time_t gone,
    ngx_str_t *jti, time_t spent, ngx_scim_store_handler_pt handler, void *data)
{
    ngx_str_t         key, once;
    ngx_uint_t        i;
    ngx_scim_args_t  *args;

    struct {
        const char  *name;
        ngx_str_t   *value;
    } fields[] = {
        { "tenant", &record->tenant },
        { "name", &record->name },
        { "scope", &record->scope },
        { "created", &record->created },
        { "expires", &record->expires },
        { "client", &record->client }
    };

    key = ngx_scim_token_key(store, digest);
    once = ngx_scim_redis_join(store, NGX_SCIM_TOKEN_ONCE, jti);

    if (jti->len == 0) {
        once.len = 0;
    }

    args = ngx_scim_script_args_for(store, NGX_SCIM_SCRIPT_TOKEN, &key, 20);

    ngx_scim_args_add_uint(args, gone * 1000);
    ngx_scim_args_add_key(args, &once);
    ngx_scim_args_add_uint(args, spent);
    ngx_scim_args_add_str(args, &record->client);
    ngx_scim_args_add_str(args, &record->tenant);
    ngx_scim_args_add_uint(args, most);

    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        ngx_scim_args_add_text(args, fields[i].name);
        ngx_scim_args_add_str(args, fields[i].value);
    }

    ngx_scim_redis_begin(store, handler, data);

    return ngx_scim_redis_send(store, args, ngx_scim_token_written, NULL);
}


static ngx_scim_result_e
ngx_scim_token_written(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    (void) store;
    (void) arg;

    return reply->type != REDIS_REPLY_INTEGER ? NGX_SCIM_STORE_FAILED
           : reply->integer == 1 ? NGX_SCIM_STORE_OK
           : reply->integer == 0 ? NGX_SCIM_STORE_CONFLICT
                                 : NGX_SCIM_STORE_NOT_FOUND;
}


void
ngx_scim_token_used(ngx_scim_link_t *link, ngx_log_t *log, ngx_str_t *digest,
    ngx_str_t *when)
{
    ngx_str_t          key, time;
    ngx_scim_args_t   *args;
    ngx_scim_store_t  *store;

    static ngx_str_t  none = ngx_null_string;

    store = ngx_scim_store_create(NGX_SCIM_TOKEN_POOL, log, link, &none);
    if (store == NULL) {
        return;
    }

    key = ngx_scim_token_key(store, digest);
    time = ngx_scim_redis_join(store, "", when);

    args = ngx_scim_script_args_for(store, NGX_SCIM_SCRIPT_USED, &key, 1);
    ngx_scim_args_add_key(args, &time);

    ngx_scim_redis_begin(store, ngx_scim_store_destroy, store);

    if (ngx_scim_redis_send(store, args, ngx_scim_reply_number, NULL)
        != NGX_OK)
    {
        ngx_destroy_pool(store->pool);
    }
}
