/*
 * Writing the cycles of provisioning down in the store.
 */

#ifndef NGX_SCIM_CYCLES_SAVE_H
#define NGX_SCIM_CYCLES_SAVE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/core/ngx_scim_conf.h"


/* Starts to save the cycles, in the one worker that does so. */
void ngx_scim_cycles_start(ngx_scim_main_conf_t *mcf, ngx_log_t *log);

#endif /* NGX_SCIM_CYCLES_SAVE_H */
