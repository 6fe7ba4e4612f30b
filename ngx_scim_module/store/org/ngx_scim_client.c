/*
 * OAuth clients in the store.
 */

#include "store/call/ngx_scim_call.h"
#include "store/org/ngx_scim_client.h"


#define NGX_SCIM_CLIENT_KEY     "scim:client:"
#define NGX_SCIM_CLIENT_SECRET  "secret:"


static ngx_scim_result_e ngx_scim_client_have(ngx_scim_store_t *store,
    redisReply *reply, void *arg);


ngx_int_t
ngx_scim_client_read(ngx_scim_store_t *store, ngx_str_t *id,
    ngx_str_t *digest, ngx_scim_client_record_t *record,
    ngx_scim_store_handler_pt handler, void *data)
{
    ngx_str_t  key, secret;

    static ngx_str_t  hmget = ngx_string("HMGET");
    static ngx_str_t  tenant = ngx_string("tenant");
    static ngx_str_t  name = ngx_string("name");
    static ngx_str_t  scope = ngx_string("scope");
    static ngx_str_t  jwks = ngx_string("jwks");
    static ngx_str_t  keys = ngx_string("keys");
    static ngx_str_t  issuer = ngx_string("issuer");
    static ngx_str_t  subject = ngx_string("subject");
    static ngx_str_t  audience = ngx_string("audience");

    key = ngx_scim_client_key(store, id);
    secret = ngx_scim_redis_join(store, NGX_SCIM_CLIENT_SECRET, digest);

    ngx_scim_redis_begin(store, handler, data);

    return ngx_scim_redis_command(store, ngx_scim_client_have, record, &hmget,
                                  &key, &tenant, &name, &scope, &jwks, &keys,
                                  &issuer, &subject, &audience, &secret, NULL);
}


ngx_str_t
ngx_scim_client_key(ngx_scim_store_t *store, ngx_str_t *id)
{
    return ngx_scim_redis_join(store, NGX_SCIM_CLIENT_KEY, id);
}


static ngx_scim_result_e
ngx_scim_client_have(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_scim_client_record_t *record = arg;

    ngx_str_t  *fields[] = { &record->tenant, &record->name, &record->scope,
                             &record->jwks, &record->keys, &record->issuer,
                             &record->subject, &record->audience,
                             &record->secret };

    if (ngx_scim_reply_strs(store, reply, fields,
                            sizeof(fields) / sizeof(fields[0]))
        != NGX_OK)
    {
        return NGX_SCIM_STORE_FAILED;
    }

    return record->tenant.len ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_NOT_FOUND;
}
