/*
 * The server-side scripts: redis/NAME.lua, compiled into the module.
 */

#ifndef NGX_SCIM_SCRIPT_H
#define NGX_SCIM_SCRIPT_H

#include "ngx_scim_redis.h"


typedef enum {
    NGX_SCIM_SCRIPT_WRITE,
    NGX_SCIM_SCRIPT_DELETE,
    NGX_SCIM_SCRIPT_GROUPS,
    NGX_SCIM_SCRIPT_TOKEN,
    NGX_SCIM_SCRIPT_USED,
    NGX_SCIM_SCRIPTS
} ngx_scim_script_e;


/*
 * The beginning of a command that calls a script: its digest and the tenant's
 * prefix as the only key; its arguments are to be added. NULL: no memory.
 */
ngx_scim_args_t *ngx_scim_script_args(ngx_scim_store_t *store,
    ngx_scim_script_e script, ngx_uint_t nargs);

/* the same for a key outside of any tenant, which must live as long as the call */
ngx_scim_args_t *ngx_scim_script_args_for(ngx_scim_store_t *store,
    ngx_scim_script_e script, ngx_str_t *key, ngx_uint_t nargs);

#endif /* NGX_SCIM_SCRIPT_H */
