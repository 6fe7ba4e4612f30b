/*
 * Groups of users where nothing is known beforehand: a script tells them.
 */

#ifndef NGX_SCIM_HOLDER_H
#define NGX_SCIM_HOLDER_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/data/ngx_scim_group.h"


/*
 * Goes on with a call, of whatever state the tenant is in: reads the groups of n
 * users into links, as ngx_scim_member_groups() does. What is read is remembered
 * together with the number, which was read before; -1: it is not. NGX_ERROR: out
 * of memory, the call is given up.
 */
ngx_int_t ngx_scim_holder_walk(ngx_scim_store_t *store, ngx_str_t *ids,
    ngx_array_t *links, ngx_uint_t n, int64_t number);

#endif /* NGX_SCIM_HOLDER_H */
