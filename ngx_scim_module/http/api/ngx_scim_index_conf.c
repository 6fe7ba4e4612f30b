/*
 * The directives scim_index, scim_unique and scim_canonical_values, and the
 * indexes of a location: those that are always there, and those that it adds.
 */

#include "http/api/ngx_scim_index_conf.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/core/scim_utf8.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_canonical.h"
#include "scim/schema/scim_schema.h"
#include "scim/schema/scim_unique.h"
#include "scim/filter/scim_index.h"
#include "op/core/ngx_scim_op.h"
#include "http/core/ngx_scim_conf.h"


static char *ngx_scim_add_index(ngx_conf_t *cf, ngx_scim_type_t *type,
    const char *name, scim_alloc_t *alloc);


char *
ngx_scim_index(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_loc_conf_t *lcf = conf;

    ngx_str_t              *value, *name;
    ngx_uint_t              i;
    const scim_rtype_t     *rt;
    ngx_scim_main_conf_t   *mcf;
    ngx_scim_index_conf_t  *index;

    (void) cmd;

    value = cf->args->elts;
    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_scim_module);
    rt = scim_registry_rtype(mcf->registry, (char *) value[1].data);

    if (rt == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"scim_index\": there is no resource type \"%V\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (lcf->indexes == NGX_CONF_UNSET_PTR) {
        lcf->indexes = ngx_array_create(cf->pool, 2,
                                        sizeof(ngx_scim_index_conf_t));
        if (lcf->indexes == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    index = ngx_array_push(lcf->indexes);
    if (index == NULL) {
        return NGX_CONF_ERROR;
    }

    index->rt = rt;
    index->names = ngx_array_create(cf->pool, 2, sizeof(ngx_str_t));
    if (index->names == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        name = ngx_array_push(index->names);
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = value[i];
    }

    return NGX_CONF_OK;
}


char *
ngx_scim_unique(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_main_conf_t *mcf = conf;

    int            rc;
    ngx_str_t     *value;
    ngx_uint_t     i, n;
    const char   **names;
    scim_error_t   err;
    scim_alloc_t  *before;

    (void) cmd;

    value = cf->args->elts;
    n = cf->args->nelts - 2;

    names = ngx_palloc(cf->pool, n * sizeof(char *));
    if (names == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < n; i++) {
        names[i] = (char *) value[i + 2].data;
    }

    if (n == 1 && ngx_strcmp(names[0], "none") == 0) {
        n = 0;
    }

    before = scim_json_open(&mcf->alloc);
    rc = scim_unique_set(mcf->registry, &mcf->alloc, (char *) value[1].data,
                         names, n, &err);
    scim_json_close(before);

    if (rc != SCIM_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"scim_unique\": %s",
                           err.detail);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_scim_canonical(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_main_conf_t *mcf = conf;

    int            rc;
    ngx_str_t     *value;
    ngx_uint_t     i, n;
    const char   **values;
    scim_error_t   err;
    scim_alloc_t  *before;

    (void) cmd;

    value = cf->args->elts;
    n = cf->args->nelts;

    if (n < 4) {
        return "needs a resource type, an attribute and values";
    }

    values = ngx_palloc(cf->pool, (n - 3) * sizeof(char *));
    if (values == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 3; i < n; i++) {
        values[i - 3] = (char *) value[i].data;

        if (scim_utf8_check(values[i - 3], value[i].len) != value[i].len) {
            return "has a value that is not UTF-8";
        }
    }

    before = scim_json_open(&mcf->alloc);
    rc = scim_canonical_set(mcf->registry, (char *) value[1].data,
                            (char *) value[2].data, values, n - 3, &err);
    scim_json_close(before);

    if (rc != SCIM_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"scim_canonical_values\": %s", err.detail);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_scim_type_indexes(ngx_conf_t *cf, ngx_scim_loc_conf_t *lcf,
    ngx_scim_type_t *type, scim_alloc_t *alloc)
{
    ngx_str_t              *name;
    ngx_uint_t              i, k;
    ngx_scim_index_conf_t  *index;

    type->indexes = scim_index_builtin(alloc, type->rt, &type->nindexes);
    if (type->indexes == NULL) {
        return NGX_CONF_ERROR;
    }

    index = lcf->indexes ? lcf->indexes->elts : NULL;

    for (i = 0; lcf->indexes && i < lcf->indexes->nelts; i++) {
        name = index[i].names->elts;

        for (k = 0; index[i].rt == type->rt && k < index[i].names->nelts; k++)
        {
            if (ngx_scim_add_index(cf, type, (char *) name[k].data, alloc)
                != NGX_CONF_OK)
            {
                return NGX_CONF_ERROR;
            }
        }
    }

    type->index_names.data = (u_char *) scim_index_names(alloc, type->indexes,
                                                         type->nindexes);
    if (type->index_names.data == NULL) {
        return NGX_CONF_ERROR;
    }

    type->index_names.len = ngx_strlen(type->index_names.data);

    return NGX_CONF_OK;
}


static char *
ngx_scim_add_index(ngx_conf_t *cf, ngx_scim_type_t *type, const char *name,
    scim_alloc_t *alloc)
{
    size_t         i;
    scim_error_t   err;
    scim_index_t   index, *list;

    if (scim_index_describe(alloc, type->rt, name, &index, &err) != SCIM_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"scim_index\": %s",
                           err.detail);
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < type->nindexes; i++) {
        if (type->indexes[i].attr == index.attr
            && type->indexes[i].kind == index.kind)
        {
            return NGX_CONF_OK;
        }
    }

    list = ngx_palloc(cf->pool, (type->nindexes + 1) * sizeof(scim_index_t));
    if (list == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(list, type->indexes, type->nindexes * sizeof(scim_index_t));
    list[type->nindexes++] = index;
    type->indexes = list;

    return NGX_CONF_OK;
}
