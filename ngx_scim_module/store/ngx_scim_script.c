/*
 * Scripts are called by their SHA1. A server that has not seen one before
 * gets the text, and knows it from then on.
 */

#include <ngx_sha1.h>

#include "ngx_scim_script.h"
#include "ngx_scim_scripts.h"


#define NGX_SCIM_SCRIPT_SHA_LEN  40


typedef struct {
    ngx_str_t            text;
    u_char               sha[NGX_SCIM_SCRIPT_SHA_LEN];  /* at first use */
} ngx_scim_script_t;

typedef struct {
    ngx_scim_script_e    script;
    ngx_scim_args_t     *args;
    ngx_scim_reply_pt    on_reply;
    void                *arg;
    unsigned             again:1;
} ngx_scim_script_call_t;


static void ngx_scim_script_digest(ngx_scim_script_t *script);
static ngx_scim_result_e ngx_scim_script_reply(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_int_t ngx_scim_script_missing(redisReply *reply);


static ngx_scim_script_t  ngx_scim_scripts[] = {
    { ngx_string(ngx_scim_lua_write), { 0 } },
    { ngx_string(ngx_scim_lua_delete), { 0 } },
    { ngx_string(ngx_scim_lua_groups), { 0 } }
};


ngx_scim_args_t *
ngx_scim_script_args(ngx_scim_store_t *store, ngx_scim_script_e script,
    ngx_uint_t n)
{
    ngx_scim_args_t    *args;
    ngx_scim_script_t  *s;

    s = &ngx_scim_scripts[script];

    if (s->sha[0] == '\0') {
        ngx_scim_script_digest(s);
    }

    args = ngx_scim_args_create(store, n + 4);

    if (args == NULL
        || ngx_scim_args_add_text(store, args, "EVALSHA") != NGX_OK
        || ngx_scim_args_add(store, args, s->sha, NGX_SCIM_SCRIPT_SHA_LEN)
           != NGX_OK
        || ngx_scim_args_add_text(store, args, "1") != NGX_OK
        || ngx_scim_args_add_key(store, args, NULL, "", NULL, "") != NGX_OK)
    {
        return NULL;
    }

    return args;
}


static void
ngx_scim_script_digest(ngx_scim_script_t *script)
{
    u_char      digest[20];
    ngx_sha1_t  sha1;

    ngx_sha1_init(&sha1);
    ngx_sha1_update(&sha1, script->text.data, script->text.len);
    ngx_sha1_final(digest, &sha1);

    (void) ngx_hex_dump(script->sha, digest, sizeof(digest));
}


ngx_int_t
ngx_scim_script_send(ngx_scim_store_t *store, ngx_scim_script_e script,
    ngx_scim_args_t *args, ngx_scim_reply_pt on_reply, void *arg)
{
    ngx_scim_script_call_t  *call;

    call = ngx_palloc(store->pool, sizeof(ngx_scim_script_call_t));
    if (call == NULL) {
        return NGX_ERROR;
    }

    call->script = script;
    call->args = args;
    call->on_reply = on_reply;
    call->arg = arg;
    call->again = 0;

    return ngx_scim_redis_send(store, args, ngx_scim_script_reply, call);
}


static ngx_scim_result_e
ngx_scim_script_reply(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_scim_script_call_t *call = arg;

    ngx_str_t  *text;

    if (call->again || !ngx_scim_script_missing(reply)) {
        return call->on_reply(store, reply, call->arg);
    }

    /* nothing was run */

    text = &ngx_scim_scripts[call->script].text;

    call->again = 1;
    call->args->argv[0] = "EVAL";
    call->args->argvlen[0] = sizeof("EVAL") - 1;
    call->args->argv[1] = (const char *) text->data;
    call->args->argvlen[1] = text->len;

    if (ngx_scim_redis_send(store, call->args, ngx_scim_script_reply, call)
        != NGX_OK)
    {
        return NGX_SCIM_STORE_UNAVAILABLE;
    }

    return NGX_SCIM_STORE_OK;
}


static ngx_int_t
ngx_scim_script_missing(redisReply *reply)
{
    return reply != NULL
           && reply->type == REDIS_REPLY_ERROR
           && ngx_strncmp(reply->str, "NOSCRIPT", sizeof("NOSCRIPT") - 1) == 0;
}
