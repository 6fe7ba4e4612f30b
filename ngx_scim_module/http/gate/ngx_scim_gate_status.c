/*
 * The decisions of gates, and how often each was made.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/gate/ngx_scim_gate_status.h"


static u_char *ngx_scim_gate_status_decisions(u_char *p, u_char *last,
    ngx_atomic_t *decisions, const char *suffix);


ngx_str_t
ngx_scim_gate_status_name(ngx_scim_gate_status_e status)
{
    static const ngx_str_t  names[NGX_SCIM_GATE_STATUSES] = {
        [NGX_SCIM_GATE_NONE] = ngx_null_string,
        [NGX_SCIM_GATE_PASSED] = ngx_string("PASSED"),
        [NGX_SCIM_GATE_ANONYMOUS] = ngx_string("ANONYMOUS"),
        [NGX_SCIM_GATE_UNKNOWN] = ngx_string("UNKNOWN"),
        [NGX_SCIM_GATE_AMBIGUOUS] = ngx_string("AMBIGUOUS"),
        [NGX_SCIM_GATE_INACTIVE] = ngx_string("INACTIVE"),
        [NGX_SCIM_GATE_NOT_IN_GROUP] = ngx_string("NOT_IN_GROUP"),
        [NGX_SCIM_GATE_UNAVAILABLE] = ngx_string("UNAVAILABLE"),
        [NGX_SCIM_GATE_STALE] = ngx_string("STALE"),
        [NGX_SCIM_GATE_ENDED] = ngx_string("ENDED")
    };

    return names[status];
}


void
ngx_scim_gate_status_count(ngx_scim_gate_counters_t *counters,
    ngx_scim_gate_status_e status, ngx_uint_t dry_run)
{
    if (counters != NULL) {
        (void) ngx_atomic_fetch_add(dry_run ? &counters->dry_runs[status]
                                            : &counters->decisions[status], 1);
    }
}


u_char *
ngx_scim_gate_status_print(ngx_scim_gate_counters_t *counters, u_char *p,
    u_char *last)
{
    p = ngx_slprintf(p, last,
                     "# HELP scim_gate_decisions_total Requests that a gate "
                     "has decided on, and those that it has ended.\n"
                     "# TYPE scim_gate_decisions_total counter\n");

    p = ngx_scim_gate_status_decisions(p, last, counters->decisions, "");
    p = ngx_scim_gate_status_decisions(p, last, counters->dry_runs,
                                       "_DRY_RUN");

    return ngx_slprintf(p, last,
                        "# HELP scim_gate_lookups_total Users looked up, in "
                        "the shared memory or in Redis.\n"
                        "# TYPE scim_gate_lookups_total counter\n"
                        "scim_gate_lookups_total{found_in=\"memory\"} %uA\n"
                        "scim_gate_lookups_total{found_in=\"redis\"} %uA\n",
                        counters->memory, counters->redis);
}


/* counters that are still 0 have no line */

static u_char *
ngx_scim_gate_status_decisions(u_char *p, u_char *last,
    ngx_atomic_t *decisions, const char *suffix)
{
    ngx_str_t   name;
    ngx_uint_t  i;

    for (i = 0; i < NGX_SCIM_GATE_STATUSES; i++) {
        if (decisions[i] > 0) {
            name = ngx_scim_gate_status_name(i);
            p = ngx_slprintf(p, last,
                             "scim_gate_decisions_total{status=\"%V%s\"} %uA\n",
                             &name, suffix, decisions[i]);
        }
    }

    return p;
}
