/*
 * The scripts of redis/ (their arguments and replies are described there).
 */

#ifndef NGX_SCIM_SCRIPT_H
#define NGX_SCIM_SCRIPT_H

#include "ngx_scim_redis.h"


typedef enum {
    NGX_SCIM_SCRIPT_WRITE = 0,
    NGX_SCIM_SCRIPT_DELETE,
    NGX_SCIM_SCRIPT_GROUPS
} ngx_scim_script_e;


/*
 * The arguments of a script up to KEYS[1], the prefix of the tenant's keys,
 * and room for n of ARGV. NULL: out of memory.
 */
ngx_scim_args_t *ngx_scim_script_args(ngx_scim_store_t *store,
    ngx_scim_script_e script, ngx_uint_t n);

/*
 * Runs a script as ngx_scim_redis_send() does a command. One that the server
 * does not have is sent a second time, with its text.
 */
ngx_int_t ngx_scim_script_send(ngx_scim_store_t *store,
    ngx_scim_script_e script, ngx_scim_args_t *args,
    ngx_scim_reply_pt on_reply, void *arg);

#endif /* NGX_SCIM_SCRIPT_H */
