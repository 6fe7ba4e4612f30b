/*
 * The groups of users and groups, read by a script, which needs no knowledge of
 * the tenant.
 */

#ifndef NGX_SCIM_HOLDER_H
#define NGX_SCIM_HOLDER_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_store.h"


/*
 * Continues a call: reads the groups of n users into links, as
 * ngx_scim_member_groups() does, whatever the tenant has. The worker remembers
 * the groups with the number, which was read before them, unless it is -1.
 * Returns NGX_ERROR if there is no memory; the call is then given up.
 */
ngx_int_t ngx_scim_holder_walk(ngx_scim_store_t *store, ngx_str_t *ids,
    ngx_array_t *links, ngx_uint_t n, int64_t number);

/*
 * Adds the ids of the groups that hold a user or group directly to ids (of
 * ngx_str_t). Returns as the functions of ngx_scim_store.h do.
 */
ngx_int_t ngx_scim_member_holders(ngx_scim_store_t *store, ngx_str_t *id,
    ngx_array_t *ids,
    ngx_scim_store_handler_pt handler, void *data);

#endif /* NGX_SCIM_HOLDER_H */
