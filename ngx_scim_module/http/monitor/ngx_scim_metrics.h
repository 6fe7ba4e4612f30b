/*
 * Metrics: a user of the shared memory, in which all workers count, and which
 * any of them shows (scim_metrics).
 */

#ifndef NGX_SCIM_METRICS_H
#define NGX_SCIM_METRICS_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "http/core/ngx_scim_conf.h"
#include "store/link/ngx_scim_server.h"


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
    ngx_atomic_t         near;          /* changes close to a limit */
    ngx_atomic_t         refused;       /* changes over a limit */
    ngx_atomic_t         failed;
    ngx_atomic_t         token_hits;    /* in the shared memory */
    ngx_atomic_t         token_misses;
    ngx_scim_counters_t  redis;
} ngx_scim_metrics_t;


char *ngx_scim_metrics(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* log phase: counts the request */
ngx_int_t ngx_scim_metrics_handler(ngx_http_request_t *r);

/* a token was looked up, and was in the shared memory or was not */
void ngx_scim_metrics_token(ngx_http_request_t *r, ngx_uint_t hit);

/* the counters of a worker's links; NULL: nobody shows them */
ngx_scim_counters_t *ngx_scim_metrics_redis(ngx_scim_main_conf_t *mcf);

#endif /* NGX_SCIM_METRICS_H */
