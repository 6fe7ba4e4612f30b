/*
 * The directives scim_index, scim_unique and scim_canonical.
 */

#ifndef NGX_SCIM_INDEX_CONF_H
#define NGX_SCIM_INDEX_CONF_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "scim/core/scim_alloc.h"
#include "scim/schema/scim_schema.h"
#include "op/core/ngx_scim_op.h"
#include "http/core/ngx_scim_conf.h"


typedef struct {
    const scim_rtype_t         *rt;
    ngx_array_t                *names;        /* of ngx_str_t */
} ngx_scim_index_conf_t;


char *ngx_scim_index(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_canonical(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_unique(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* fills in the indexes of a type, as a location has them */
char *ngx_scim_type_indexes(ngx_conf_t *cf, ngx_scim_loc_conf_t *lcf,
    ngx_scim_type_t *type, scim_alloc_t *alloc);

#endif /* NGX_SCIM_INDEX_CONF_H */
