/*
 * The answers of Redis to gates, for all workers: a user of the shared memory. The
 * caller decides whether an answer is still true.
 */

#ifndef NGX_SCIM_GATE_KNOWN_H
#define NGX_SCIM_GATE_KNOWN_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/link/ngx_scim_heard.h"
#include "store/org/ngx_scim_person.h"
#include "op/read/ngx_scim_permit.h"
#include "http/core/ngx_scim_zone.h"
#include "http/gate/ngx_scim_gate_status.h"


typedef struct {
    ngx_scim_person_state_e     state;
    ngx_msec_t                  asked;
    ngx_scim_heard_basis_t      basis;
    ngx_str_t                   texts[NGX_SCIM_PERMIT_TEXTS];
} ngx_scim_gate_answer_t;


/* Makes the table, once. NGX_ERROR: the zone is too small. */
ngx_int_t ngx_scim_gate_known_start(ngx_scim_zone_t *zone);

/* Returns the counters; NULL if no location has a gate, or the zone is too small. */
ngx_scim_gate_counters_t *ngx_scim_gate_known_counters(ngx_scim_zone_t *zone);

/*
 * Looks for an answer by a digest of NGX_SCIM_DIGEST_LEN bytes; its texts are copied
 * into the pool. NGX_DECLINED: there is none; NGX_ERROR: no memory.
 */
ngx_int_t ngx_scim_gate_known_get(ngx_scim_zone_t *zone, const u_char *key,
    ngx_pool_t *pool, ngx_scim_gate_answer_t *answer);

/* Keeps an answer, unless there is one to a later question, or no room. */
void ngx_scim_gate_known_put(ngx_scim_zone_t *zone, const u_char *key,
    const ngx_scim_gate_answer_t *answer);

/* Copies an answer with its texts. NGX_ERROR: no memory. */
ngx_int_t ngx_scim_gate_known_copy(ngx_pool_t *pool,
    ngx_scim_gate_answer_t *to, const ngx_scim_gate_answer_t *from);

#endif /* NGX_SCIM_GATE_KNOWN_H */
