/*
 * The directive scim_limit: what a tenant may have.
 */

#include <ngx_config.h>

#include "http/api/ngx_scim_limit_conf.h"
#include "scim/schema/scim_schema.h"
#include "http/core/ngx_scim_conf.h"


#define NGX_SCIM_LIMITS_LEN  (3 * NGX_INT64_LEN + 3)


static const struct {
    ngx_str_t   name;
    size_t      offset;
    int64_t     usual;
} ngx_scim_limit_names[] = {
    { ngx_string("users="), offsetof(ngx_scim_limits_t, users), 2000000 },
    { ngx_string("groups="), offsetof(ngx_scim_limits_t, groups), 1000000 },
    { ngx_string("resources="), offsetof(ngx_scim_limits_t, resources),
      2000000 },
    { ngx_string("memberships="), offsetof(ngx_scim_limits_t, memberships),
      50000000 },
    { ngx_string("bytes="), offsetof(ngx_scim_limits_t, bytes),
      16LL * 1024 * 1024 * 1024 },
    { ngx_string("tokens="), offsetof(ngx_scim_limits_t, tokens), 200 },
    { ngx_null_string, 0, 0 }
};


#define ngx_scim_limit_value(limits, i)                                       \
    ((int64_t *) ((u_char *) (limits) + ngx_scim_limit_names[i].offset))


static ngx_int_t ngx_scim_limit_set(ngx_scim_limits_t *limits,
    ngx_str_t *value);


void
ngx_scim_limits_init(ngx_scim_limits_t *limits)
{
    ngx_uint_t  i;

    for (i = 0; ngx_scim_limit_names[i].name.len; i++) {
        *ngx_scim_limit_value(limits, i) = NGX_CONF_UNSET;
    }
}


void
ngx_scim_limits_merge(ngx_scim_limits_t *limits, ngx_scim_limits_t *prev)
{
    int64_t     *value, *outer;
    ngx_uint_t   i;

    for (i = 0; ngx_scim_limit_names[i].name.len; i++) {
        value = ngx_scim_limit_value(limits, i);
        outer = ngx_scim_limit_value(prev, i);

        if (*value == NGX_CONF_UNSET) {
            *value = (*outer != NGX_CONF_UNSET) ? *outer
                                                : ngx_scim_limit_names[i].usual;
        }
    }
}


/* parameters are NAME=NUMBER, or NAME=off */

char *
ngx_scim_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_loc_conf_t *lcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    (void) cmd;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_scim_limit_set(&lcf->limits, &value[i]) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"scim_limit\" has an invalid parameter "
                               "\"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_scim_limit_set(ngx_scim_limits_t *limits, ngx_str_t *value)
{
    off_t       number;
    ngx_str_t   text;
    ngx_uint_t  i;

    for (i = 0; ngx_scim_limit_names[i].name.len; i++) {
        if (ngx_strncmp(value->data, ngx_scim_limit_names[i].name.data,
                        ngx_scim_limit_names[i].name.len)
            == 0)
        {
            break;
        }
    }

    if (ngx_scim_limit_names[i].name.len == 0
        || *ngx_scim_limit_value(limits, i) != NGX_CONF_UNSET)
    {
        return NGX_ERROR;
    }

    text.data = value->data + ngx_scim_limit_names[i].name.len;
    text.len = value->len - ngx_scim_limit_names[i].name.len;

    if (ngx_strcmp(text.data, "off") == 0) {
        *ngx_scim_limit_value(limits, i) = NGX_SCIM_NO_LIMIT;
        return NGX_OK;
    }

    number = ngx_scim_limit_names[i].offset
                 == offsetof(ngx_scim_limits_t, bytes)
             ? ngx_parse_offset(&text) : ngx_atoof(text.data, text.len);

    /* the limit of tokens revokes older ones, so that the new one remains */

    if (number == NGX_ERROR || number > NGX_SCIM_NO_LIMIT
        || (number == 0 && ngx_scim_limit_names[i].offset
                           == offsetof(ngx_scim_limits_t, tokens)))
    {
        return NGX_ERROR;
    }

    *ngx_scim_limit_value(limits, i) = number;

    return NGX_OK;
}


/* for a type of resources, as write.lua takes them */

ngx_int_t
ngx_scim_limits_text(ngx_conf_t *cf, ngx_scim_limits_t *limits,
    const scim_rtype_t *rt, ngx_str_t *text)
{
    int64_t  most;

    text->data = ngx_pnalloc(cf->pool, NGX_SCIM_LIMITS_LEN);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    most = rt->members ? limits->groups
           : rt->groups ? limits->users : limits->resources;

    text->len = ngx_sprintf(text->data, "%L %L %L", most, limits->memberships,
                            limits->bytes) - text->data;

    return NGX_OK;
}
