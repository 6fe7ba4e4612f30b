/*
 * The server-side scripts.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_sha1.h>

#include "ngx_scim_scripts.h"
#include "store/call/ngx_scim_key.h"
#include "store/call/ngx_scim_reply.h"
#include "store/call/ngx_scim_script.h"


#define NGX_SCIM_SHA1_LEN  20


typedef struct {
    const char          *tag;
    ngx_scim_result_e    result;
} ngx_scim_tag_t;


static ngx_uint_t ngx_scim_script_timed(ngx_scim_script_e script);
static ngx_str_t *ngx_scim_script_digest(ngx_scim_script_e script);


static ngx_str_t  ngx_scim_script_texts[NGX_SCIM_SCRIPTS] = {
    [NGX_SCIM_SCRIPT_WRITE] = ngx_string(ngx_scim_lua_write),
    [NGX_SCIM_SCRIPT_DELETE] = ngx_string(ngx_scim_lua_delete),
    [NGX_SCIM_SCRIPT_GROUPS] = ngx_string(ngx_scim_lua_groups),
    [NGX_SCIM_SCRIPT_STAGE] = ngx_string(ngx_scim_lua_stage),
    [NGX_SCIM_SCRIPT_SWEEP] = ngx_string(ngx_scim_lua_sweep),
    [NGX_SCIM_SCRIPT_LOG] = ngx_string(ngx_scim_lua_log),
    [NGX_SCIM_SCRIPT_CYCLE] = ngx_string(ngx_scim_lua_cycle),
    [NGX_SCIM_SCRIPT_TOKEN] = ngx_string(ngx_scim_lua_token),
    [NGX_SCIM_SCRIPT_USED] = ngx_string(ngx_scim_lua_used),
    [NGX_SCIM_SCRIPT_PERMIT] = ngx_string(ngx_scim_lua_permit)
};


/* the beginning of scripts that change a resource */

static ngx_str_t  ngx_scim_script_late = ngx_string(ngx_scim_lua_late);


/* the first word of a script's reply, and its result */

static const ngx_scim_tag_t  ngx_scim_tags[] = {
    { "ok", NGX_SCIM_STORE_OK },
    { "same", NGX_SCIM_STORE_OK },
    { "more", NGX_SCIM_STORE_OK },
    { "end", NGX_SCIM_STORE_OK },
    { "none", NGX_SCIM_STORE_NOT_FOUND },
    { "missing", NGX_SCIM_STORE_NOT_FOUND },
    { "deleted", NGX_SCIM_STORE_DELETED },
    { "limit", NGX_SCIM_STORE_LIMIT },
    { "stale", NGX_SCIM_STORE_STALE },
    { "conflict", NGX_SCIM_STORE_CONFLICT },
    { "nomember", NGX_SCIM_STORE_NO_MEMBER },
    { "cycle", NGX_SCIM_STORE_CYCLE },
    { "nested", NGX_SCIM_STORE_NESTED },
    { "large", NGX_SCIM_STORE_LARGE },
    { "busy", NGX_SCIM_STORE_BUSY },
    { "lost", NGX_SCIM_STORE_BUSY },
    { "late", NGX_SCIM_STORE_UNAVAILABLE },
    { NULL, NGX_SCIM_STORE_FAILED }
};


ngx_scim_args_t *
ngx_scim_script_args(ngx_scim_store_t *store, ngx_scim_script_e script,
    ngx_uint_t nargs)
{
    ngx_str_t  prefix;

    prefix = ngx_scim_key(store, "");

    return ngx_scim_script_args_for(store, script, &prefix, nargs);
}


ngx_scim_args_t *
ngx_scim_script_args_for(ngx_scim_store_t *store, ngx_scim_script_e script,
    ngx_str_t *key, ngx_uint_t nargs)
{
    ngx_scim_args_t  *args;

    args = ngx_scim_args_create(store->pool, nargs + 4);

    if (args == NULL) {
        return NULL;
    }

    args->script = &ngx_scim_script_texts[script];
    args->timed = ngx_scim_script_timed(script);

    ngx_scim_args_add_text(args, "EVALSHA");
    ngx_scim_args_add_str(args, ngx_scim_script_digest(script));
    ngx_scim_args_add_text(args, "1");
    ngx_scim_args_add_key(args, key);

    return args;
}


static ngx_uint_t
ngx_scim_script_timed(ngx_scim_script_e script)
{
    return script == NGX_SCIM_SCRIPT_WRITE || script == NGX_SCIM_SCRIPT_DELETE;
}


ngx_str_t
ngx_scim_script_text(ngx_scim_store_t *store, ngx_scim_args_t *args)
{
    return args->timed ? ngx_scim_redis_join(store,
                             (char *) ngx_scim_script_late.data, args->script)
                       : *args->script;
}


/* computed once */

static ngx_str_t *
ngx_scim_script_digest(ngx_scim_script_e script)
{
    u_char       sha1[NGX_SCIM_SHA1_LEN];
    ngx_sha1_t   ctx;

    static u_char     hex[NGX_SCIM_SCRIPTS][2 * NGX_SCIM_SHA1_LEN];
    static ngx_str_t  digests[NGX_SCIM_SCRIPTS];

    if (digests[script].len == 0) {
        ngx_sha1_init(&ctx);

        if (ngx_scim_script_timed(script)) {
            ngx_sha1_update(&ctx, ngx_scim_script_late.data,
                            ngx_scim_script_late.len);
        }

        ngx_sha1_update(&ctx, ngx_scim_script_texts[script].data,
                        ngx_scim_script_texts[script].len);
        ngx_sha1_final(sha1, &ctx);

        (void) ngx_hex_dump(hex[script], sha1, NGX_SCIM_SHA1_LEN);

        digests[script].data = hex[script];
        digests[script].len = 2 * NGX_SCIM_SHA1_LEN;
    }

    return &digests[script];
}


ngx_scim_result_e
ngx_scim_script_result(ngx_scim_store_t *store, redisReply *reply,
    ngx_str_t *name)
{
    redisReply           **e;
    const ngx_scim_tag_t  *tag;

    e = reply->element;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0
        || e[0]->type != REDIS_REPLY_STRING)
    {
        return NGX_SCIM_STORE_FAILED;
    }

    for (tag = ngx_scim_tags; tag->tag; tag++) {
        if (ngx_strcmp(tag->tag, e[0]->str) == 0) {
            break;
        }
    }

    if (reply->elements == 2
        && ngx_scim_reply_str(store, e[1], name) != NGX_OK)
    {
        return NGX_SCIM_STORE_FAILED;
    }

    return tag->result;
}
