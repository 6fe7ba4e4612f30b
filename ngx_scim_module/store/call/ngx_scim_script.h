/*
 * The server-side scripts: redis/NAME.lua, compiled into the module.
 */

#ifndef NGX_SCIM_SCRIPT_H
#define NGX_SCIM_SCRIPT_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <hiredis/hiredis.h>

#include "store/call/ngx_scim_store.h"
#include "store/link/ngx_scim_args.h"


typedef enum {
    NGX_SCIM_SCRIPT_WRITE,
    NGX_SCIM_SCRIPT_DELETE,
    NGX_SCIM_SCRIPT_GROUPS,
    NGX_SCIM_SCRIPT_STAGE,
    NGX_SCIM_SCRIPT_SWEEP,
    NGX_SCIM_SCRIPT_LOG,
    NGX_SCIM_SCRIPT_CYCLE,
    NGX_SCIM_SCRIPT_TOKEN,
    NGX_SCIM_SCRIPT_USED,
    NGX_SCIM_SCRIPT_PERMIT,
    NGX_SCIM_SCRIPTS
} ngx_scim_script_e;


#define NGX_SCIM_MOVE_LEASE  "5000"     /* ms until another continues a move */


/*
 * Returns the beginning of a command that calls a script: its digest, and the
 * tenant's prefix as the only key. The caller adds the arguments. Returns NULL if
 * out of memory.
 */
ngx_scim_args_t *ngx_scim_script_args(ngx_scim_store_t *store,
    ngx_scim_script_e script, ngx_uint_t nargs);

/*
 * Returns the same with a key outside of any tenant, which must live as long as the
 * call.
 */
ngx_scim_args_t *ngx_scim_script_args_for(ngx_scim_store_t *store,
    ngx_scim_script_e script, ngx_str_t *key, ngx_uint_t nargs);

/*
 * Returns the text of the script that args call, in the store's pool. Its data is
 * NULL if out of memory.
 */
ngx_str_t ngx_scim_script_text(ngx_scim_store_t *store,
    ngx_scim_args_t *args);

/*
 * Returns the first word of a script's reply as a result. Sets name to the
 * subject of the result, if the reply has it.
 */
ngx_scim_result_e ngx_scim_script_result(ngx_scim_store_t *store,
    redisReply *reply, ngx_str_t *name);

#endif /* NGX_SCIM_SCRIPT_H */
