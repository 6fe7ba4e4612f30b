/*
 * The token endpoint and its metadata.
 */

#ifndef NGX_SCIM_OAUTH_H
#define NGX_SCIM_OAUTH_H

#include <ngx_config.h>
#include <ngx_core.h>


char *ngx_scim_oauth_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_oauth_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_oauth_metadata(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

#endif /* NGX_SCIM_OAUTH_H */
