/*
 * Replies as nginx strings.
 */

#include "store/call/ngx_scim_reply.h"


ngx_int_t
ngx_scim_reply_str(ngx_scim_store_t *store, redisReply *reply, ngx_str_t *s)
{
    ngx_str_null(s);

    if (reply->type != REDIS_REPLY_STRING) {
        return NGX_OK;
    }

    s->data = ngx_pnalloc(store->pool, reply->len + 1);
    if (s->data == NULL) {
        return NGX_ERROR;
    }

    s->len = reply->len;
    ngx_memcpy(s->data, reply->str, s->len);
    s->data[s->len] = '\0';

    return NGX_OK;
}


ngx_int_t
ngx_scim_reply_strs(ngx_scim_store_t *store, redisReply *reply,
    ngx_str_t **strs, size_t n)
{
    size_t  i;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != n) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (ngx_scim_reply_str(store, reply->element[i], strs[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_scim_result_e
ngx_scim_reply_number(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_uint_t *n = arg;

    (void) store;

    if (reply->type != REDIS_REPLY_INTEGER) {
        return NGX_SCIM_STORE_FAILED;
    }

    if (n != NULL) {
        *n = reply->integer;
    }

    return NGX_SCIM_STORE_OK;
}


ngx_scim_result_e
ngx_scim_reply_list(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_array_t *list = arg;

    size_t      i;
    ngx_str_t  *s;

    if (reply->type != REDIS_REPLY_ARRAY) {
        return NGX_SCIM_STORE_FAILED;
    }

    for (i = 0; i < reply->elements; i++) {
        s = ngx_array_push(list);

        if (s == NULL || reply->element[i]->type != REDIS_REPLY_STRING
            || ngx_scim_reply_str(store, reply->element[i], s) != NGX_OK)
        {
            return NGX_SCIM_STORE_FAILED;
        }
    }

    return NGX_SCIM_STORE_OK;
}
