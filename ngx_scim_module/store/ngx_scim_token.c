/*
 * Tokens in the store.
 */

#include "ngx_scim_script.h"
#include "ngx_scim_token.h"


#define NGX_SCIM_TOKEN_KEY   "scim:token:"
#define NGX_SCIM_TOKEN_POOL  1024


static ngx_str_t ngx_scim_token_key(ngx_scim_store_t *store,
    ngx_str_t *digest);
static ngx_scim_result_e ngx_scim_token_have(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_int_t ngx_scim_token_used_send(ngx_scim_store_t *store,
    ngx_str_t *digest, ngx_str_t *when);
static ngx_scim_result_e ngx_scim_token_used_reply(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static void ngx_scim_token_used_done(void *data, ngx_scim_result_e result);


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

    key = ngx_scim_token_key(store, digest);

    ngx_scim_redis_begin(store, handler, data);

    return ngx_scim_redis_command(store, ngx_scim_token_have, record, &hmget,
                                  &key, &tenant, &name, &scope, &expires,
                                  &used, NULL);
}


/* data is NULL when out of memory, which ngx_scim_redis_command() reports */

static ngx_str_t
ngx_scim_token_key(ngx_scim_store_t *store, ngx_str_t *digest)
{
    ngx_str_t  key;

    key.len = sizeof(NGX_SCIM_TOKEN_KEY) - 1 + digest->len;
    key.data = ngx_pnalloc(store->pool, key.len);

    if (key.data != NULL) {
        (void) ngx_sprintf(key.data, NGX_SCIM_TOKEN_KEY "%V", digest);
    }

    return key;
}


static ngx_scim_result_e
ngx_scim_token_have(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_scim_token_record_t *record = arg;

    ngx_str_t   *fields[] = { &record->tenant, &record->name, &record->scope,
                              &record->expires, &record->used };
    ngx_uint_t   i, n;

    n = sizeof(fields) / sizeof(fields[0]);

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != n) {
        return NGX_SCIM_STORE_FAILED;
    }

    for (i = 0; i < n; i++) {
        if (ngx_scim_reply_str(store, reply->element[i], fields[i]) != NGX_OK)
        {
            return NGX_SCIM_STORE_FAILED;
        }
    }

    return record->tenant.len ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_NOT_FOUND;
}


void
ngx_scim_token_used(ngx_scim_link_t *link, ngx_log_t *log, ngx_str_t *digest,
    ngx_str_t *when)
{
    ngx_pool_t        *pool;
    ngx_scim_store_t  *store;

    static ngx_str_t  none = ngx_null_string;

    pool = ngx_create_pool(NGX_SCIM_TOKEN_POOL, log);
    if (pool == NULL) {
        return;
    }

    store = ngx_palloc(pool, sizeof(ngx_scim_store_t));

    if (store != NULL) {
        ngx_scim_store_init(store, pool, log, link, &none);

        if (ngx_scim_token_used_send(store, digest, when) == NGX_OK) {
            return;
        }
    }

    ngx_destroy_pool(pool);
}


static ngx_int_t
ngx_scim_token_used_send(ngx_scim_store_t *store, ngx_str_t *digest,
    ngx_str_t *when)
{
    u_char           *time;
    ngx_str_t         key;
    ngx_scim_args_t  *args;

    key = ngx_scim_token_key(store, digest);
    time = ngx_pstrdup(store->pool, when);

    if (key.data == NULL || time == NULL) {
        return NGX_ERROR;
    }

    args = ngx_scim_script_args_for(store, NGX_SCIM_SCRIPT_USED, &key, 1);

    if (args == NULL
        || ngx_scim_args_add(store, args, time, when->len) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_scim_redis_begin(store, ngx_scim_token_used_done, store);

    return ngx_scim_redis_send(store, args, ngx_scim_token_used_reply, NULL);
}


static ngx_scim_result_e
ngx_scim_token_used_reply(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    (void) store;
    (void) arg;

    return reply->type == REDIS_REPLY_INTEGER ? NGX_SCIM_STORE_OK
                                              : NGX_SCIM_STORE_FAILED;
}


/* the store is in the pool that ends here: it is the last to touch it */

static void
ngx_scim_token_used_done(void *data, ngx_scim_result_e result)
{
    ngx_scim_store_t *store = data;

    (void) result;

    ngx_destroy_pool(store->pool);
}
