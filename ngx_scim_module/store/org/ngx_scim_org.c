/*
 * Tenants and what there is of each, for operators.
 */

#include "store/call/ngx_scim_call.h"
#include "store/org/ngx_scim_cycle.h"
#include "store/org/ngx_scim_org.h"
#include "store/org/ngx_scim_token.h"


#define NGX_SCIM_ADMIN_SLICE   1000
#define NGX_SCIM_ADMIN_DIGEST  64       /* hexadecimal digits */


static ngx_int_t ngx_scim_admin_slice(ngx_scim_store_t *store,
    ngx_array_t *names);
static ngx_scim_result_e ngx_scim_admin_have_names(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_int_t ngx_scim_admin_send(ngx_scim_store_t *store,
    ngx_scim_org_t *org, ngx_uint_t ncycles);
static ngx_scim_result_e ngx_scim_admin_have_meta(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_scim_result_e ngx_scim_admin_have_score(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_scim_result_e ngx_scim_admin_have_tokens(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_scim_result_e ngx_scim_admin_token(ngx_scim_store_t *store,
    ngx_scim_org_t *org, redisReply *name, redisReply *digest);
static ngx_uint_t ngx_scim_admin_is_digest(ngx_str_t *text);
static ngx_scim_result_e ngx_scim_admin_have_token(ngx_scim_store_t *store,
    redisReply *reply, void *arg);


static ngx_str_t  ngx_scim_admin_key = ngx_string("scim:tenants");


ngx_int_t
ngx_scim_admin_tenants(ngx_scim_store_t *store, ngx_array_t *names,
    ngx_scim_store_handler_pt handler, void *data)
{
    ngx_scim_redis_begin(store, handler, data);

    return ngx_scim_admin_slice(store, names);
}


/* Reads a slice by place; a name that comes or goes meanwhile moves others. */

static ngx_int_t
ngx_scim_admin_slice(ngx_scim_store_t *store, ngx_array_t *names)
{
    ngx_scim_args_t  *args;

    args = ngx_scim_args_create(store->pool, 4);

    ngx_scim_args_add_text(args, "ZRANGE");
    ngx_scim_args_add_str(args, &ngx_scim_admin_key);
    ngx_scim_args_add_uint(args, names->nelts);
    ngx_scim_args_add_uint(args, names->nelts + NGX_SCIM_ADMIN_SLICE - 1);

    return ngx_scim_redis_send(store, args, ngx_scim_admin_have_names, names);
}


static ngx_scim_result_e
ngx_scim_admin_have_names(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_array_t *names = arg;

    if (ngx_scim_reply_list(store, reply, names) != NGX_SCIM_STORE_OK) {
        return NGX_SCIM_STORE_FAILED;
    }

    if (reply->elements < NGX_SCIM_ADMIN_SLICE) {
        return NGX_SCIM_STORE_OK;
    }

    return ngx_scim_admin_slice(store, names) == NGX_OK
           ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_FAILED;
}


ngx_int_t
ngx_scim_admin_read(ngx_scim_store_t *store, ngx_scim_org_t *orgs,
    ngx_uint_t n, ngx_uint_t ncycles, ngx_scim_store_handler_pt handler,
    void *data)
{
    ngx_uint_t  i;

    ngx_scim_redis_begin(store, handler, data);

    for (i = 0; i < n; i++) {
        if (ngx_scim_admin_send(store, &orgs[i], ncycles) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_scim_admin_read_whole(ngx_scim_store_t *store, ngx_scim_org_t *org,
    ngx_uint_t ncycles, ngx_scim_store_handler_pt handler, void *data)
{
    ngx_str_t  key;

    static ngx_str_t  zscore = ngx_string("ZSCORE");
    static ngx_str_t  hgetall = ngx_string("HGETALL");

    if (ngx_array_init(&org->tokens, store->pool, 4,
                       sizeof(ngx_scim_token_record_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_scim_admin_read(store, org, 1, ncycles, handler, data) != NGX_OK) {
        return NGX_ERROR;
    }

    key = ngx_scim_key(store, "tokens");

    if (ngx_scim_redis_command(store, ngx_scim_admin_have_score, &org->listed,
                               &zscore, &ngx_scim_admin_key, &org->name, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_scim_redis_command(store, ngx_scim_admin_have_tokens, org,
                                  &hgetall, &key, NULL);
}


static ngx_int_t
ngx_scim_admin_send(ngx_scim_store_t *store, ngx_scim_org_t *org,
    ngx_uint_t ncycles)
{
    ngx_str_t  users, groups, meta;

    static ngx_str_t  zcard = ngx_string("ZCARD");
    static ngx_str_t  hmget = ngx_string("HMGET");
    static ngx_str_t  memberships = ngx_string("memberships");
    static ngx_str_t  bytes = ngx_string("bytes");
    static ngx_str_t  limits = ngx_string("limits");

    if (ngx_array_init(&org->cycles, store->pool, ncycles,
                       sizeof(ngx_scim_cycle_record_t))
        != NGX_OK)
    {
        ngx_scim_store_detach(store);
        return NGX_ERROR;
    }

    store->tenant = org->name;
    users = ngx_scim_key(store, "users");
    groups = ngx_scim_key(store, "groups");
    meta = ngx_scim_key(store, "meta");

    if (ngx_scim_redis_command(store, ngx_scim_reply_number, &org->users,
                               &zcard, &users, NULL)
            != NGX_OK
        || ngx_scim_redis_command(store, ngx_scim_reply_number, &org->groups,
                                  &zcard, &groups, NULL)
           != NGX_OK
        || ngx_scim_redis_command(store, ngx_scim_admin_have_meta, org, &hmget,
                                  &meta, &memberships, &bytes, &limits, NULL)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_scim_cycle_send_read(store, &org->cycle, &org->cycles, ncycles);
}


static ngx_scim_result_e
ngx_scim_admin_have_meta(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_scim_org_t *org = arg;

    ngx_str_t  *fields[] = { &org->memberships, &org->bytes, &org->limits };

    return ngx_scim_reply_strs(store, reply, fields,
                               sizeof(fields) / sizeof(fields[0]))
           == NGX_OK ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_FAILED;
}


static ngx_scim_result_e
ngx_scim_admin_have_score(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_uint_t *listed = arg;

    (void) store;

    *listed = (reply->type == REDIS_REPLY_STRING);

    return NGX_SCIM_STORE_OK;
}


static ngx_scim_result_e
ngx_scim_admin_have_tokens(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_scim_org_t *org = arg;

    size_t             i;
    ngx_scim_result_e  result;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements % 2 != 0) {
        return NGX_SCIM_STORE_FAILED;
    }

    /* records must not move while Redis is asked for their content */

    if (ngx_array_init(&org->tokens, store->pool, NGX_SCIM_ADMIN_TOKENS,
                       sizeof(ngx_scim_token_record_t))
        != NGX_OK)
    {
        return NGX_SCIM_STORE_FAILED;
    }

    for (i = 0; i < reply->elements; i += 2) {
        if (org->tokens.nelts == NGX_SCIM_ADMIN_TOKENS) {
            break;
        }

        result = ngx_scim_admin_token(store, org, reply->element[i],
                                      reply->element[i + 1]);

        if (result != NGX_SCIM_STORE_OK) {
            return result;
        }
    }

    return NGX_SCIM_STORE_OK;
}


static ngx_scim_result_e
ngx_scim_admin_token(ngx_scim_store_t *store, ngx_scim_org_t *org,
    redisReply *name, redisReply *digest)
{
    ngx_str_t                 text, key;
    ngx_scim_token_record_t  *record;

    static ngx_str_t  hmget = ngx_string("HMGET");
    static ngx_str_t  tenant = ngx_string("tenant");
    static ngx_str_t  scope = ngx_string("scope");
    static ngx_str_t  created = ngx_string("created");
    static ngx_str_t  expires = ngx_string("expires");
    static ngx_str_t  used = ngx_string("used");

    record = ngx_array_push(&org->tokens);
    if (record == NULL) {
        return NGX_SCIM_STORE_FAILED;
    }

    ngx_memzero(record, sizeof(ngx_scim_token_record_t));

    if (ngx_scim_reply_str(store, name, &record->name) != NGX_OK
        || ngx_scim_reply_str(store, digest, &text) != NGX_OK)
    {
        return NGX_SCIM_STORE_FAILED;
    }

    if (!ngx_scim_admin_is_digest(&text)) {
        return NGX_SCIM_STORE_OK;
    }

    key = ngx_scim_token_key(store, &text);

    return ngx_scim_redis_command(store, ngx_scim_admin_have_token, record,
                                  &hmget, &key, &tenant, &scope, &created,
                                  &expires, &used, NULL)
           == NGX_OK ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_FAILED;
}


/*
 * Returns 1 if the text is a digest. Other text never becomes part of a key.
 */

static ngx_uint_t
ngx_scim_admin_is_digest(ngx_str_t *text)
{
    return text->len == NGX_SCIM_ADMIN_DIGEST
           && strspn((char *) text->data, "0123456789abcdef") == text->len;
}


static ngx_scim_result_e
ngx_scim_admin_have_token(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_scim_token_record_t *record = arg;

    ngx_str_t   name;
    ngx_str_t  *fields[] = { &record->tenant, &record->scope,
                             &record->created, &record->expires,
                             &record->used };

    if (ngx_scim_reply_strs(store, reply, fields,
                            sizeof(fields) / sizeof(fields[0]))
        != NGX_OK)
    {
        return NGX_SCIM_STORE_FAILED;
    }

    /* the token now belongs to another organization: do not show it */

    if (record->tenant.len != store->tenant.len
        || ngx_memcmp(record->tenant.data, store->tenant.data,
                      store->tenant.len)
           != 0)
    {
        name = record->name;
        ngx_memzero(record, sizeof(ngx_scim_token_record_t));
        record->name = name;
    }

    return NGX_SCIM_STORE_OK;
}
