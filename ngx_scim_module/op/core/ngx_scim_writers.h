/*
 * Changes of one resource that read it first. A worker carries out one of them at
 * a time, and the others wait in their order. If they ran side by side, all but
 * one would find another version than the one they read, and begin again.
 */

#ifndef NGX_SCIM_WRITERS_H
#define NGX_SCIM_WRITERS_H

#include "op/core/ngx_scim_op.h"


/*
 * Calls the step when no other change of op->id is under way in this worker. A
 * change that lost a race against another worker goes on at once, with an empty
 * pool. Ends op with 503 if too many wait, or if it has waited for too long.
 */
void ngx_scim_writers_begin(ngx_scim_op_t *op, ngx_scim_op_pt step);

/* Ends the change, or gives it up; the next one begins. Can be called twice. */
void ngx_scim_writers_end(ngx_scim_op_t *op);

/* Ends op with 503: it waited for too long, or lost too many races. */
void ngx_scim_writers_busy(ngx_scim_op_t *op);

#endif /* NGX_SCIM_WRITERS_H */
