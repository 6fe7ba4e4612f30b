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
#include <ngx_http.h>
#include <sys/random.h>

#include "base/ngx_scim_digest.h"
#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_cycle.h"
#include "http/core/ngx_scim_zone.h"
#include "http/auth/ngx_scim_token_file.h"


#define NGX_SCIM_CYCLES_KEY     (NGX_SCIM_DIGEST_LEN + NGX_SCIM_NAME_MAX)

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

typedef struct {
    ngx_str_node_t          node;       /* server and tenant */
    ngx_queue_t             used;
    time_t                  pause;      /* that ends a cycle */
    ngx_scim_cycle_t        now;
    ngx_scim_cycle_t        ended;      /* requests 0: none, or written down */
    time_t                  asked;      /* a save is under way since */
    unsigned                changed:1;
    u_char                  key[NGX_SCIM_CYCLES_KEY];
} ngx_scim_tenant_t;


/* of the zone's table of users */
ngx_int_t ngx_scim_cycles_init(ngx_scim_zone_t *zone, void *part);

/* log phase: counts the request in the cycle of its tenant */
ngx_int_t ngx_scim_cycles_handler(ngx_http_request_t *r);

/*
 * The tenants of the server with this id that the shared memory knows, into
 * names (of ngx_str_t, in the pool of the array, ended by NUL). NGX_ERROR: no
 * memory.
 */
ngx_int_t ngx_scim_cycles_tenants(ngx_scim_zone_t *zone, u_char *server,
    ngx_array_t *names);

/* the cycle of a tenant that is counted now, or NULL; the lock is held */
ngx_scim_tenant_t *ngx_scim_cycles_find(ngx_scim_zone_t *zone,
    ngx_str_t *key);

/* ends a cycle: the next request begins another; the lock is held */
void ngx_scim_cycles_end(ngx_scim_tenant_t *t);

#endif /* NGX_SCIM_CYCLES_H */
