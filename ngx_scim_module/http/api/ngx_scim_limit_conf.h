/*
 * The directive scim_limit: what a tenant may have.
 */

#ifndef NGX_SCIM_LIMIT_CONF_H
#define NGX_SCIM_LIMIT_CONF_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "scim/schema/scim_schema.h"
#include "http/core/ngx_scim_conf.h"


/* scim_limit; then those that are not set, and as a write of the store has them */
char *ngx_scim_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
void ngx_scim_limits_init(ngx_scim_limits_t *limits);
void ngx_scim_limits_merge(ngx_scim_limits_t *limits,
    ngx_scim_limits_t *prev);
ngx_int_t ngx_scim_limits_text(ngx_conf_t *cf, ngx_scim_limits_t *limits,
    const scim_rtype_t *rt, ngx_str_t *text);

#endif /* NGX_SCIM_LIMIT_CONF_H */
