/*
 * Files of the configuration: reading them, and the directives scim_schema and
 * scim_resource_type.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/core/ngx_scim_schema_conf.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/schema/scim_registry.h"
#include "scim/schema/scim_schema_read.h"
#include "http/core/ngx_scim_conf.h"


typedef int (*ngx_scim_file_pt)(ngx_scim_main_conf_t *mcf, cJSON *json,
    const char *arg, scim_error_t *err);


static char *ngx_scim_add_file(ngx_conf_t *cf, ngx_scim_main_conf_t *mcf,
    ngx_scim_file_pt add);
static int ngx_scim_add_schema(ngx_scim_main_conf_t *mcf, cJSON *json,
    const char *arg, scim_error_t *err);
static int ngx_scim_add_rtype(ngx_scim_main_conf_t *mcf, cJSON *json,
    const char *arg, scim_error_t *err);


char *
ngx_scim_schema(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    (void) cmd;

    return ngx_scim_add_file(cf, conf, ngx_scim_add_schema);
}


char *
ngx_scim_resource_type(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    (void) cmd;

    return ngx_scim_add_file(cf, conf, ngx_scim_add_rtype);
}


/* Adds the schema or type of a file; an error names the file. */

static char *
ngx_scim_add_file(ngx_conf_t *cf, ngx_scim_main_conf_t *mcf,
    ngx_scim_file_pt add)
{
    int            rc;
    cJSON         *json;
    ngx_str_t      text, *value;
    const char    *arg;
    scim_alloc_t  *before;
    scim_error_t   err;

    value = cf->args->elts;
    arg = cf->args->nelts == 3 ? (char *) value[2].data : NULL;

    if (ngx_scim_read_file(cf, &value[1], &text) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    before = scim_json_open(&mcf->alloc);

    rc = scim_json_parse(&mcf->alloc, (char *) text.data, text.len, &json,
                         &err);
    if (rc == SCIM_OK) {
        rc = add(mcf, json, arg, &err);
    }

    scim_json_close(before);

    if (rc != SCIM_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V: %s", &value[1],
                           err.detail);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static int
ngx_scim_add_schema(ngx_scim_main_conf_t *mcf, cJSON *json, const char *arg,
    scim_error_t *err)
{
    if (scim_registry_add_schema(mcf->registry, &mcf->alloc, json, err)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return scim_registry_extend(mcf->registry, &mcf->alloc, arg, err);
}


static int
ngx_scim_add_rtype(ngx_scim_main_conf_t *mcf, cJSON *json, const char *arg,
    scim_error_t *err)
{
    (void) arg;

    return scim_registry_add_rtype(mcf->registry, &mcf->alloc, json, err);
}
