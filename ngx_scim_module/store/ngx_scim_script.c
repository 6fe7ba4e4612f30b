/*
 * The server-side scripts.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_sha1.h>

#include "ngx_scim_script.h"
#include "ngx_scim_scripts.h"


#define NGX_SCIM_SHA1_LEN  20


static ngx_str_t *ngx_scim_script_digest(ngx_scim_script_e script);


static ngx_str_t  ngx_scim_script_texts[NGX_SCIM_SCRIPTS] = {
    [NGX_SCIM_SCRIPT_WRITE] = ngx_string(ngx_scim_lua_write),
    [NGX_SCIM_SCRIPT_DELETE] = ngx_string(ngx_scim_lua_delete),
    [NGX_SCIM_SCRIPT_GROUPS] = ngx_string(ngx_scim_lua_groups),
    [NGX_SCIM_SCRIPT_TOKEN] = ngx_string(ngx_scim_lua_token),
    [NGX_SCIM_SCRIPT_USED] = ngx_string(ngx_scim_lua_used)
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

    args = ngx_scim_args_create(store, nargs + 4);

    if (args == NULL || key->len == 0
        || ngx_scim_args_add_text(store, args, "EVALSHA") != NGX_OK
        || ngx_scim_args_add_str(store, args, ngx_scim_script_digest(script))
           != NGX_OK
        || ngx_scim_args_add_text(store, args, "1") != NGX_OK
        || ngx_scim_args_add_str(store, args, key) != NGX_OK)
    {
        return NULL;
    }

    args->script = &ngx_scim_script_texts[script];

    return args;
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
        ngx_sha1_update(&ctx, ngx_scim_script_texts[script].data,
                        ngx_scim_script_texts[script].len);
        ngx_sha1_final(sha1, &ctx);

        (void) ngx_hex_dump(hex[script], sha1, NGX_SCIM_SHA1_LEN);

        digests[script].data = hex[script];
        digests[script].len = 2 * NGX_SCIM_SHA1_LEN;
    }

    return &digests[script];
}
