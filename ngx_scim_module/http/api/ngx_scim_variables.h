/*
 * The variables of the module.
 */

#ifndef NGX_SCIM_VARIABLES_H
#define NGX_SCIM_VARIABLES_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* registers the variables; forgets the values that a request has */
ngx_int_t ngx_scim_add_variables(ngx_conf_t *cf);
void ngx_scim_refresh_variables(ngx_http_request_t *r);

#endif /* NGX_SCIM_VARIABLES_H */
