/*
 * The directive scim_require.
 */

#ifndef NGX_SCIM_GATE_REQUIRE_H
#define NGX_SCIM_GATE_REQUIRE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "http/gate/ngx_scim_gate_conf.h"


char *ngx_scim_gate_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* Inherits what is required, as a whole, and checks it. */
char *ngx_scim_gate_require_merge(ngx_conf_t *cf,
    ngx_scim_gate_loc_conf_t *prev, ngx_scim_gate_loc_conf_t *conf);

#endif /* NGX_SCIM_GATE_REQUIRE_H */
