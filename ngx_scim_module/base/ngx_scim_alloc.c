/*
 * A pool of nginx as the allocator of the protocol library.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "base/ngx_scim_alloc.h"
#include "scim/core/scim_alloc.h"


static void *ngx_scim_pool_alloc(void *arg, size_t size);


void
ngx_scim_alloc_init(scim_alloc_t *alloc, ngx_pool_t *pool)
{
    alloc->alloc = ngx_scim_pool_alloc;
    alloc->arg = pool;
}


static void *
ngx_scim_pool_alloc(void *arg, size_t size)
{
    return ngx_palloc(arg, size);
}
