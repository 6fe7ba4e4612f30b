/*
 * The groups of users. The functions return as those of ngx_scim_store.h do.
 */

#ifndef NGX_SCIM_USER_GROUPS_H
#define NGX_SCIM_USER_GROUPS_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/data/ngx_scim_member.h"
#include "store/data/ngx_scim_resource.h"


/*
 * Reads the groups of n users with their display names: all direct ones, then
 * at most 1000 others. Adds them to groups[i], arrays of ngx_scim_link_id_t
 * that the caller has made.
 */
ngx_int_t ngx_scim_member_groups(ngx_scim_store_t *store, ngx_str_t *ids,
    ngx_array_t *groups, ngx_uint_t n,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Reads a user, as ngx_scim_resource_read() does, and its groups in the same
 * round trip. Sets *groups to an array of ngx_scim_link_id_t, or to NULL if the
 * groups were not read because the tenant probably has none.
 */
ngx_int_t ngx_scim_member_record(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_record_t *record, ngx_array_t **groups,
    ngx_scim_store_handler_pt handler, void *data);

#endif /* NGX_SCIM_USER_GROUPS_H */
