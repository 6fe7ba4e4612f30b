/*
 * The directive scim_log.
 */

#ifndef NGX_SCIM_LOG_CONF_H
#define NGX_SCIM_LOG_CONF_H

#include <ngx_config.h>
#include <ngx_core.h>


char *ngx_scim_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

#endif /* NGX_SCIM_LOG_CONF_H */
