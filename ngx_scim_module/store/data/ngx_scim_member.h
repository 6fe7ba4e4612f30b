/*
 * Members of groups in the store. The functions return as those of
 * ngx_scim_store.h do.
 */

#ifndef NGX_SCIM_MEMBER_H
#define NGX_SCIM_MEMBER_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_store.h"


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
 * ngx_scim_link_id_t that the caller has made.
 */
ngx_int_t ngx_scim_member_list(ngx_scim_store_t *store, ngx_str_t *ids,
    ngx_array_t *members, ngx_uint_t n,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Finds out which of n ids are members of the group: sets held[i], which is 0,
 * to 1 for these.
 */
ngx_int_t ngx_scim_member_test(ngx_scim_store_t *store, ngx_str_t *group,
    ngx_str_t *ids, ngx_uint_t n, u_char *held,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Adds the ids of a reply, a list of strings, to links (of ngx_scim_link_id_t).
 * Returns NGX_ERROR if out of memory.
 */
ngx_int_t ngx_scim_member_add(ngx_scim_store_t *store,
    struct redisReply *list, ngx_uint_t group, ngx_array_t *links);

#endif /* NGX_SCIM_MEMBER_H */
