/*
 * A pool of nginx as the allocator of the protocol library.
 */

#ifndef NGX_SCIM_ALLOC_H
#define NGX_SCIM_ALLOC_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "scim/core/scim_alloc.h"


/* an allocator of the pure library on a pool */
void ngx_scim_alloc_init(scim_alloc_t *alloc, ngx_pool_t *pool);

#endif /* NGX_SCIM_ALLOC_H */
