/*
 * Requests of this worker that were let in and go on. Whoever may no longer pass is
 * ended.
 */

#ifndef NGX_SCIM_GATE_INSIDE_H
#define NGX_SCIM_GATE_INSIDE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/gate/ngx_scim_gate.h"


/* At the start and the end of a worker. */
void ngx_scim_gate_inside_start(ngx_cycle_t *cycle);
void ngx_scim_gate_inside_end(void);

/* The request was let in, and is to be ended one day if need be. */
void ngx_scim_gate_inside_add(ngx_scim_gate_ctx_t *ctx);

/* It has ended. */
void ngx_scim_gate_inside_remove(ngx_scim_gate_ctx_t *ctx);

/* Something has changed: a handler of a feed. */
void ngx_scim_gate_inside_heard(void *data);

#endif /* NGX_SCIM_GATE_INSIDE_H */
