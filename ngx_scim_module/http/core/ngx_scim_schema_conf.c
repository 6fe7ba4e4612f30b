/*
 * Files of the configuration: reading them, and the directives scim_schema and
 * scim_resource_type.
 */

#include "http/core/ngx_scim.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/schema/scim_registry.h"
#include "scim/schema/scim_schema_read.h"


#define NGX_SCIM_FILE_MAX  (64 * 1024 * 1024)


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


ngx_int_t
ngx_scim_read_file(ngx_conf_t *cf, ngx_str_t *file, ngx_str_t *text)
{
    ssize_t          n;
    ngx_file_t       f;
    ngx_file_info_t  fi;

    if (ngx_conf_full_name(cf->cycle, file, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&f, sizeof(ngx_file_t));
    f.name = *file;
    f.log = cf->log;

    f.fd = ngx_open_file(file->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (f.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "cannot open \"%V\"", file);
        return NGX_ERROR;
    }

    n = NGX_ERROR;

    if (ngx_fd_info(f.fd, &fi) != NGX_FILE_ERROR && ngx_is_file(&fi)
        && ngx_file_size(&fi) <= NGX_SCIM_FILE_MAX)
    {
        text->len = (size_t) ngx_file_size(&fi);
        text->data = ngx_pnalloc(cf->pool, text->len + 1);

        if (text->data != NULL) {
            n = ngx_read_file(&f, text->data, text->len, 0);
        }
    }

    (void) ngx_close_file(f.fd);

    if (n == NGX_ERROR || (size_t) n != text->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "cannot read \"%V\"", file);
        return NGX_ERROR;
    }

    text->data[text->len] = '\0';

    return NGX_OK;
}
