/*
 * The shared memory of all workers (scim_zone). It stays over reloads as long
 * as its name and size stay.
 *
 * The memory has several users. Each has one structure in it, which is made
 * and zeroed with the zone, and may allocate more from zone->pool. To add one:
 * give it a name in ngx_scim_zone_user_e, and its size and, if zeroes are not
 * enough, a function that initializes it in the table in ngx_scim_zone.c; then
 * ngx_scim_zone_part() is a pointer to it in every worker. Counters can be
 * ngx_atomic_t; all else is guarded by zone->pool->mutex, held for a few
 * look-ups at most.
 *
 * All users share the memory, so each limits what it allocates.
 */

#ifndef NGX_SCIM_ZONE_H
#define NGX_SCIM_ZONE_H

#include <ngx_config.h>
#include <ngx_core.h>


typedef enum {
    NGX_SCIM_ZONE_CACHE = 0,          /* ngx_scim_cache.h */
    NGX_SCIM_ZONE_CYCLES,             /* ngx_scim_cycles.h */
    NGX_SCIM_ZONE_METRICS,            /* ngx_scim_metrics.h */
    NGX_SCIM_ZONE_KNOWN,              /* ngx_scim_known.c */
    NGX_SCIM_ZONE_GATE,               /* ngx_scim_gate_known.c, if needed */
    NGX_SCIM_ZONE_USERS
} ngx_scim_zone_user_e;


typedef struct {                      /* in shared memory */
    void                   *parts[NGX_SCIM_ZONE_USERS];
} ngx_scim_zone_header_t;


typedef struct {                      /* of the configuration */
    ngx_shm_zone_t         *shm;      /* NULL: there is no zone */
    ngx_slab_pool_t        *pool;
    ngx_scim_zone_header_t *header;
    unsigned                needed:1;
} ngx_scim_zone_t;


/* the directive; conf is the main configuration */
char *ngx_scim_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * After the configuration was read: a zone that is needed and was not
 * configured is made with a size that does for most.
 */
ngx_int_t ngx_scim_zone_init(ngx_conf_t *cf, ngx_scim_zone_t *zone);

/* the structure of a user */
void *ngx_scim_zone_part(ngx_scim_zone_t *zone, ngx_scim_zone_user_e user);

#endif /* NGX_SCIM_ZONE_H */
