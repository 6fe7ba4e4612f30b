/*
 * Removes what changes of very many members leave behind.
 */

#ifndef NGX_SCIM_SWEEP_H
#define NGX_SCIM_SWEEP_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_store.h"


/*
 * Cleans up behind a move, in slices and in the background. Removes the members
 * that the move has replaced, or the stage if the move failed. Does not need
 * the store after it has returned. If the worker ends, another one continues.
 */
void ngx_scim_sweep(ngx_scim_store_t *store, ngx_str_t *move);

/*
 * Begins to look for moves of all tenants that no worker continues, and sweeps
 * them. Returns NGX_ERROR if out of memory.
 */
ngx_int_t ngx_scim_sweep_watch(ngx_cycle_t *cycle, ngx_scim_link_t *link);

#endif /* NGX_SCIM_SWEEP_H */
