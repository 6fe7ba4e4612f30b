/*
 * Turns: long work is done in slices, of which a worker has one at a time. Who
 * wants to do a slice waits for its turn, holds it while it waits for the
 * store, and ends it with the slice. Tenants take turns, and those of a tenant
 * in the order in which they came.
 *
 * A handler is called in a pass of the event loop of its own, after the events
 * of that pass. While other operations come in, slices have to be paid for by
 * time that has passed, so that they take no more than a fourth of the worker.
 */

#ifndef NGX_SCIM_TURN_H
#define NGX_SCIM_TURN_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_store.h"


typedef enum {
    NGX_SCIM_TURN_NONE = 0,
    NGX_SCIM_TURN_WAITING,
    NGX_SCIM_TURN_READY,        /* it is its turn: the handler will be called */
    NGX_SCIM_TURN_HELD
} ngx_scim_turn_e;


/* a place in the queue; begins with zeros */

typedef struct {
    ngx_scim_turn_e             state;
    ngx_queue_t                 queue;      /* of tenants, or in others */
    ngx_queue_t                 others;     /* of the tenant, behind it */
    unsigned                    first:1;    /* of its tenant */
    ngx_str_t                  *tenant;
    ngx_scim_store_handler_pt   handler;    /* called with OK */
    void                       *data;
} ngx_scim_turn_t;


/*
 * Waits for a turn; for the one who holds it, for a later pass of the event
 * loop.
 */
void ngx_scim_turn_wait(ngx_scim_turn_t *turn, ngx_str_t *tenant,
    ngx_scim_store_handler_pt handler, void *data);

/* An operation has begun, of whatever kind. */
void ngx_scim_turn_others(void);

/* Has one begun lately? Then slices should be small. */
ngx_uint_t ngx_scim_turn_busy(void);

/*
 * Returns 1 if the handler has run for so long that the rest should wait for a
 * later pass.
 */
ngx_uint_t ngx_scim_turn_over(void);

/* Gives up the turn, or the place in the queue, if there is any. */
void ngx_scim_turn_end(ngx_scim_turn_t *turn);

#endif /* NGX_SCIM_TURN_H */
