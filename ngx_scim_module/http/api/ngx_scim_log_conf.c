/*
 * The directive scim_log.
 */

#include "http/api/ngx_scim_log_conf.h"
#include "http/core/ngx_scim_conf.h"


#define NGX_SCIM_LOG_LENGTH  10000
#define NGX_SCIM_LOG_CYCLE   (5 * 60)


static char *ngx_scim_log_parameter(ngx_conf_t *cf, ngx_scim_loc_conf_t *lcf,
    ngx_str_t *value);


char *
ngx_scim_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_loc_conf_t *lcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    (void) cmd;

    if (lcf->log_length != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    lcf->log_values = 0;
    lcf->log_cycle = NGX_SCIM_LOG_CYCLE;

    if (ngx_strcmp(value[1].data, "off") == 0 && cf->args->nelts == 2) {
        lcf->log_length = 0;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "on") != 0) {
        return "expects \"off\", or \"on\" and parameters";
    }

    lcf->log_length = NGX_SCIM_LOG_LENGTH;

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_scim_log_parameter(cf, lcf, &value[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_scim_log_parameter(ngx_conf_t *cf, ngx_scim_loc_conf_t *lcf,
    ngx_str_t *value)
{
    ngx_str_t  number, time;

    if (ngx_strncmp(value->data, "length=", 7) == 0) {
        number.data = value->data + 7;
        number.len = value->len - 7;
        return ngx_scim_number(cf, &number, 1, &lcf->log_length);
    }

    if (ngx_strncmp(value->data, "cycle=", 6) == 0) {
        time.data = value->data + 6;
        time.len = value->len - 6;
        lcf->log_cycle = ngx_parse_time(&time, 1);

        if (lcf->log_cycle == (time_t) NGX_ERROR || lcf->log_cycle == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid time \"%V\"",
                               &time);
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value->data, "values=on") == 0) {
        lcf->log_values = 1;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value->data, "values=off") == 0) {
        lcf->log_values = 0;
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"scim_log\" has an invalid parameter \"%V\"", value);
    return NGX_CONF_ERROR;
}
