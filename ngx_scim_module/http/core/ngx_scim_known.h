/*
 * The knowledge of the workers about the data of each Redis server.
 */

#ifndef NGX_SCIM_KNOWN_H
#define NGX_SCIM_KNOWN_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/core/ngx_scim_zone.h"
#include "store/link/ngx_scim_server.h"


/* Makes the list of known servers in the shared memory. */
ngx_int_t ngx_scim_known_init(ngx_scim_zone_t *zone, void *part);

/*
 * Returns what workers know of the data of a server since nginx was started. If
 * the shared memory is full, only this worker knows it. NULL: no memory.
 */
ngx_scim_known_t *ngx_scim_known(ngx_cycle_t *cycle, ngx_scim_zone_t *zone,
    ngx_scim_redis_conf_t *conf);

#endif /* NGX_SCIM_KNOWN_H */
