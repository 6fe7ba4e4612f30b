/*
 * Variables of the gate: what it has decided, and about whom.
 */

#ifndef NGX_SCIM_GATE_VARIABLES_H
#define NGX_SCIM_GATE_VARIABLES_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* Adds the variables, before the configuration is read. */
ngx_int_t ngx_scim_gate_add_variables(ngx_conf_t *cf);

/* The values of a request are others from now on. */
void ngx_scim_gate_refresh_variables(ngx_http_request_t *r);

#endif /* NGX_SCIM_GATE_VARIABLES_H */
