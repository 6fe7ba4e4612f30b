/*
 * The directives scim_schema and scim_resource_type.
 */

#ifndef NGX_SCIM_SCHEMA_CONF_H
#define NGX_SCIM_SCHEMA_CONF_H

#include <ngx_config.h>
#include <ngx_core.h>


char *ngx_scim_schema(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_resource_type(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

#endif /* NGX_SCIM_SCHEMA_CONF_H */
