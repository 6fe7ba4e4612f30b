/*
 * Calls: commands to Redis and their replies, for the files of the store.
 */

#ifndef NGX_SCIM_CALL_H
#define NGX_SCIM_CALL_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_command.h"
#include "store/call/ngx_scim_key.h"
#include "store/call/ngx_scim_reply.h"
#include "store/call/ngx_scim_store.h"


/* Begins a call. One command or more must be sent then. */
void ngx_scim_redis_begin(ngx_scim_store_t *store,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Sends a command of the call, together with all others of this pass of the
 * event loop. Returns NGX_ERROR if out of memory, also for args; the call is
 * then given up.
 */
ngx_int_t ngx_scim_redis_send(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_scim_reply_pt on_reply, void *arg);

/* Sends a command given as a list of texts, ended by NULL, in the same way. */
ngx_int_t ngx_scim_redis_command(ngx_scim_store_t *store,
    ngx_scim_reply_pt on_reply, void *arg, ...);

#endif /* NGX_SCIM_CALL_H */
