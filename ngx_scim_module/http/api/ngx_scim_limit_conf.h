/*
 * The directive scim_limit: what a tenant may have.
 */

#ifndef NGX_SCIM_LIMIT_CONF_H
#define NGX_SCIM_LIMIT_CONF_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "scim/schema/scim_schema.h"
#include "http/core/ngx_scim_conf.h"


char *ngx_scim_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* Marks all limits as not set. */
void ngx_scim_limits_init(ngx_scim_limits_t *limits);

/* Takes the limits that are not set from the outer level. */
void ngx_scim_limits_merge(ngx_scim_limits_t *limits,
    ngx_scim_limits_t *prev);

/* Prints the limits of a type as the store wants them with each write. */
ngx_int_t ngx_scim_limits_text(ngx_conf_t *cf, ngx_scim_limits_t *limits,
    const scim_rtype_t *rt, ngx_str_t *text);

#endif /* NGX_SCIM_LIMIT_CONF_H */
