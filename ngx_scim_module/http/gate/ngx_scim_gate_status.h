/*
 * The decisions of gates, and how often each was made.
 */

#ifndef NGX_SCIM_GATE_STATUS_H
#define NGX_SCIM_GATE_STATUS_H

#include <ngx_config.h>
#include <ngx_core.h>


typedef enum {
    NGX_SCIM_GATE_NONE = 0,         /* not yet decided */
    NGX_SCIM_GATE_PASSED,
    NGX_SCIM_GATE_ANONYMOUS,
    NGX_SCIM_GATE_UNKNOWN,
    NGX_SCIM_GATE_AMBIGUOUS,
    NGX_SCIM_GATE_INACTIVE,
    NGX_SCIM_GATE_NOT_IN_GROUP,
    NGX_SCIM_GATE_UNAVAILABLE,
    NGX_SCIM_GATE_STALE,            /* let in by what was known before */
    NGX_SCIM_GATE_ENDED,            /* let in, and no longer */
    NGX_SCIM_GATE_STATUSES
} ngx_scim_gate_status_e;


/* of all workers, in shared memory */

typedef struct {
    ngx_atomic_t    decisions[NGX_SCIM_GATE_STATUSES];
    ngx_atomic_t    dry_runs[NGX_SCIM_GATE_STATUSES];
    ngx_atomic_t    memory;         /* answers that were found there */
    ngx_atomic_t    redis;          /* questions */
} ngx_scim_gate_counters_t;


/* Returns the name of a status: "PASSED"; of NONE an empty one. */
ngx_str_t ngx_scim_gate_status_name(ngx_scim_gate_status_e status);

/* Counts; counters may be NULL. */
void ngx_scim_gate_status_count(ngx_scim_gate_counters_t *counters,
    ngx_scim_gate_status_e status, ngx_uint_t dry_run);

/* Prints the counters for Prometheus; returns the end. */
u_char *ngx_scim_gate_status_print(ngx_scim_gate_counters_t *counters,
    u_char *p, u_char *last);

#endif /* NGX_SCIM_GATE_STATUS_H */
