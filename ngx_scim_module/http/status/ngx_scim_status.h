/*
 * The directive scim_status: a location that shows the organizations of a server.
 */

#ifndef NGX_SCIM_STATUS_H
#define NGX_SCIM_STATUS_H

#include <ngx_config.h>
#include <ngx_core.h>


char *ngx_scim_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

#endif /* NGX_SCIM_STATUS_H */
