/*
 * Changes of very many members, which are staged before they become visible.
 */

#ifndef NGX_SCIM_STAGE_H
#define NGX_SCIM_STAGE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/data/ngx_scim_resource.h"


/*
 * Stages the members of a large change in slices, which nobody sees, and sets
 * write->move for the write that follows. The result is OK, NOT_FOUND,
 * NO_MEMBER, CYCLE or BUSY. If move was set, it must be swept at the end,
 * whatever the results of the stage and the write are. Returns as the functions
 * of ngx_scim_store.h do.
 */
ngx_int_t ngx_scim_stage_build(ngx_scim_store_t *store,
    ngx_scim_write_t *write, ngx_scim_store_handler_pt handler, void *data);

#endif /* NGX_SCIM_STAGE_H */
