/*
 * Metrics: a user of the shared memory, in which all workers count, and which
 * any of them shows (scim_metrics).
 */

#ifndef NGX_SCIM_METRICS_H
#define NGX_SCIM_METRICS_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/link/ngx_scim_link.h"


#define NGX_SCIM_METRICS_OPERATIONS  13
#define NGX_SCIM_METRICS_STATUSES    20
#define NGX_SCIM_METRICS_BUCKETS     13


typedef struct {                        /* in shared memory */
    ngx_atomic_t         requests[NGX_SCIM_METRICS_OPERATIONS]
                                 [NGX_SCIM_METRICS_STATUSES];
    ngx_atomic_t         buckets[NGX_SCIM_METRICS_OPERATIONS]
                                [NGX_SCIM_METRICS_BUCKETS];
    ngx_atomic_t         ms[NGX_SCIM_METRICS_OPERATIONS];
    ngx_atomic_t         store_ms;      /* that requests waited for Redis */
    ngx_atomic_t         created;
    ngx_atomic_t         updated;
    ngx_atomic_t         disabled;
    ngx_atomic_t         deleted;
    ngx_atomic_t         failed;
    ngx_atomic_t         token_hits;    /* in the shared memory */
    ngx_atomic_t         token_misses;
    ngx_scim_counters_t  redis;
} ngx_scim_metrics_t;

#endif /* NGX_SCIM_METRICS_H */
