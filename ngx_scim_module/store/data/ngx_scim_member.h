/*
 * Members of groups in the store. The functions return as those of
 * ngx_scim_store.h do.
 */

#ifndef NGX_SCIM_MEMBER_H
#define NGX_SCIM_MEMBER_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_store.h"


#define NGX_SCIM_MEMBERS_LISTED  10000   /* by a call, at most */


struct redisReply;


/* a member of a group, or a group of a user or group */

typedef struct {
    ngx_str_t                   id;
    ngx_str_t                   display;     /* of a group */
    unsigned                    group:1;     /* a member: it is a group */
    unsigned                    indirect:1;  /* of a user: through another */
} ngx_scim_link_id_t;


/*
 * Reads all members of n groups, in slices. Adds them to members[i], arrays of
 * ngx_scim_link_id_t that the caller has made. The result is LARGE if they have
 * more than NGX_SCIM_MEMBERS_LISTED members together, because the members of
 * one tenant must not fill the memory of a worker.
 */
ngx_int_t ngx_scim_member_list(ngx_scim_store_t *store, ngx_str_t *ids,
    ngx_array_t *members, ngx_uint_t n,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Finds out which of some ids are members of n groups: sets the byte of each that
 * is, of held + i * ids->nelts for group i, which are 0, to 1. ids is an array of
 * ngx_str_t, and not empty.
 */
ngx_int_t ngx_scim_member_test(ngx_scim_store_t *store, ngx_str_t *groups,
    ngx_uint_t n, ngx_array_t *ids, u_char *held,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Adds the ids of a reply, a list of strings, to links (of ngx_scim_link_id_t).
 * Returns NGX_ERROR if out of memory.
 */
ngx_int_t ngx_scim_member_add(ngx_scim_store_t *store,
    struct redisReply *list, ngx_uint_t group, ngx_array_t *links);

#endif /* NGX_SCIM_MEMBER_H */
