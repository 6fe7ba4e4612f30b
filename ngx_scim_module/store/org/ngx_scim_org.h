/*
 * Reads what operators look at: all tenants, and of each its numbers, cycles
 * and tokens. Nothing here writes.
 */

#ifndef NGX_SCIM_ORG_H
#define NGX_SCIM_ORG_H

#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_cycle.h"
#include "store/org/ngx_scim_token.h"


#define NGX_SCIM_ADMIN_TOKENS  100      /* of a tenant, at most */


typedef struct {
    ngx_str_t                   name;
    ngx_uint_t                  users;
    ngx_uint_t                  groups;
    ngx_str_t                   memberships; /* numbers; empty: 0 */
    ngx_str_t                   bytes;
    ngx_str_t                   limits;      /* of its own, "users=5 bytes=9" */
    ngx_uint_t                  listed;      /* in scim:tenants */
    ngx_scim_cycle_record_t     cycle;       /* running, or the latest */
    ngx_array_t                 cycles;      /* of ngx_scim_cycle_record_t:
                                                ended, the newest first */
    ngx_array_t                 tokens;      /* of ngx_scim_token_record_t;
                                                without tenant: revoked */
} ngx_scim_org_t;


/*
 * The functions return as those of ngx_scim_store.h do; store->tenant need not
 * be set.
 */

/* Adds the names in scim:tenants to names (of ngx_str_t), in slices. */
ngx_int_t ngx_scim_admin_tenants(ngx_scim_store_t *store, ngx_array_t *names,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Reads the numbers, the cycle and at most ncycles ended cycles of n
 * organizations. The caller sets their names, which must be valid names of
 * tenants.
 */
ngx_int_t ngx_scim_admin_read(ngx_scim_store_t *store, ngx_scim_org_t *orgs,
    ngx_uint_t n, ngx_uint_t ncycles, ngx_scim_store_handler_pt handler,
    void *data);

/* Reads the same of one organization, whether it is listed, and its tokens. */
ngx_int_t ngx_scim_admin_read_whole(ngx_scim_store_t *store,
    ngx_scim_org_t *org, ngx_uint_t ncycles,
    ngx_scim_store_handler_pt handler, void *data);

#endif /* NGX_SCIM_ORG_H */
