/*
 * Cycles of provisioning: a user of the shared memory. The workers count what
 * the requests of each tenant do, and one worker saves the numbers to Redis
 * now and then.
 *
 * A cycle is a burst of requests. It ends when none has come for a while, or
 * when a client tests the connection after a shorter pause. Other nginx in
 * front of the same Redis can have parts in it, which Redis adds up.
 */

#ifndef NGX_SCIM_CYCLES_H
#define NGX_SCIM_CYCLES_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/core/ngx_scim_zone.h"


#define NGX_SCIM_CYCLES_SOURCE  8       /* random bytes */


typedef struct {                        /* in shared memory */
    ngx_rbtree_t            tree;       /* of tenants */
    ngx_rbtree_node_t       sentinel;
    ngx_queue_t             used;       /* of tenants, the latest first */
    ngx_uint_t              n;
    ngx_uint_t              max;
    u_char                  source[2 * NGX_SCIM_CYCLES_SOURCE];  /* hex: what
                                        Redis knows this nginx by */
} ngx_scim_cycles_t;


/* of the zone's table of users */
ngx_int_t ngx_scim_cycles_init(ngx_scim_zone_t *zone, void *part);

#endif /* NGX_SCIM_CYCLES_H */
