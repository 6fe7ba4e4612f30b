/*
 * The directive scim_require.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "scim/schema/scim_registry.h"
#include "op/read/ngx_scim_permit.h"
#include "http/core/ngx_scim_conf.h"
#include "http/gate/ngx_scim_gate_require.h"


static char *ngx_scim_gate_require_user(ngx_conf_t *cf,
    ngx_scim_gate_loc_conf_t *gcf);
static char *ngx_scim_gate_require_groups(ngx_conf_t *cf,
    ngx_scim_gate_loc_conf_t *gcf);
static char *ngx_scim_gate_require_group(ngx_conf_t *cf,
    ngx_scim_gate_loc_conf_t *gcf, ngx_str_t name);
static ngx_int_t ngx_scim_gate_require_add(ngx_scim_gate_loc_conf_t *gcf,
    const char *kind, ngx_str_t *value);
static ngx_int_t ngx_scim_gate_require_code(ngx_str_t *value,
    ngx_scim_gate_loc_conf_t *gcf);
static const char *ngx_scim_gate_require_fault(
    ngx_scim_gate_loc_conf_t *gcf, ngx_scim_loc_conf_t *lcf,
    ngx_http_core_loc_conf_t *clcf);
static ngx_uint_t ngx_scim_gate_require_claimed(ngx_str_t *name);
static char *ngx_scim_gate_require_bind(ngx_conf_t *cf,
    ngx_scim_gate_loc_conf_t *gcf, ngx_scim_loc_conf_t *lcf);
static char *ngx_scim_gate_require_digest(ngx_conf_t *cf,
    ngx_scim_gate_loc_conf_t *gcf);


char *
ngx_scim_gate_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_gate_loc_conf_t *gcf = conf;

    ngx_str_t  *value;

    (void) cmd;

    value = cf->args->elts;

    if (gcf->required == 0) {
        return "is off and on";
    }

    if (ngx_strcmp(value[1].data, "off") == 0 && cf->args->nelts == 2) {
        if (gcf->required == 1) {
            return "is off and on";
        }

        gcf->required = 0;
        return NGX_CONF_OK;
    }

    gcf->required = 1;

    if (cf->args->nelts > 2 && ngx_strcmp(value[1].data, "user") == 0) {
        return ngx_scim_gate_require_user(cf, gcf);
    }

    if (cf->args->nelts > 2 && ngx_strcmp(value[1].data, "group") == 0) {
        return ngx_scim_gate_require_groups(cf, gcf);
    }

    return "needs \"user\" and a name, \"group\" and names, or \"off\"";
}


static char *
ngx_scim_gate_require_user(ngx_conf_t *cf, ngx_scim_gate_loc_conf_t *gcf)
{
    ngx_str_t                         *value;
    ngx_uint_t                         i;
    ngx_http_compile_complex_value_t   ccv;

    if (gcf->name != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    gcf->name = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (gcf->name == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));
    ccv.cf = cf;
    ccv.value = &value[2];
    ccv.complex_value = gcf->name;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 3; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "trusted") == 0) {
            gcf->trusted = 1;

        } else if (ngx_strncmp(value[i].data, "by=", 3) == 0) {
            gcf->by.data = value[i].data + 3;
            gcf->by.len = value[i].len - 3;

        } else if (ngx_scim_gate_require_code(&value[i], gcf) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* a line: the number of its groups, then each by two texts */

static char *
ngx_scim_gate_require_groups(ngx_conf_t *cf, ngx_scim_gate_loc_conf_t *gcf)
{
    char        *rv;
    u_char      *p;
    ngx_str_t   *value, *n;
    ngx_uint_t   i, last;

    value = cf->args->elts;
    last = cf->args->nelts;

    if (ngx_scim_gate_require_code(&value[last - 1], gcf) == NGX_OK) {
        last--;
    }

    if (last < 3) {
        return "needs a group";
    }

    if (gcf->wanted.groups.elts == NULL
        && ngx_array_init(&gcf->wanted.groups, cf->pool, 8, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    n = ngx_array_push(&gcf->wanted.groups);
    p = ngx_pnalloc(cf->pool, NGX_INT_T_LEN);

    if (n == NULL || p == NULL) {
        return NGX_CONF_ERROR;
    }

    n->data = p;
    n->len = ngx_sprintf(p, "%ui", last - 2) - p;

    for (i = 2; i < last; i++) {
        rv = ngx_scim_gate_require_group(cf, gcf, value[i]);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_scim_gate_require_group(ngx_conf_t *cf, ngx_scim_gate_loc_conf_t *gcf,
    ngx_str_t name)
{
    size_t                 len;
    ngx_int_t              rc;
    ngx_str_t              folded;
    ngx_uint_t             i;
    ngx_scim_main_conf_t  *mcf;

    static const char  *kinds[] = { "id:", "externalId:", "name:" };

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_scim_module);

    for (i = 0; i < 3; i++) {
        len = ngx_strlen(kinds[i]);

        if (ngx_strncmp(name.data, kinds[i], len) == 0) {
            name.data += len;
            name.len -= len;
            break;
        }
    }

    i = ngx_min(i, 2);
    rc = ngx_scim_permit_fold(&mcf->alloc, i < 2, &name, &folded);

    if (rc == NGX_DECLINED || name.len == 0) {
        return "has a group that cannot be";
    }

    return rc == NGX_OK && ngx_scim_gate_require_add(gcf, kinds[i], &folded)
                           == NGX_OK
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_scim_gate_require_add(ngx_scim_gate_loc_conf_t *gcf, const char *kind,
    ngx_str_t *value)
{
    ngx_str_t  *pair;

    pair = ngx_array_push_n(&gcf->wanted.groups, 2);
    if (pair == NULL) {
        return NGX_ERROR;
    }

    pair[0].data = (u_char *) kind;
    pair[0].len = ngx_strlen(kind) - 1;
    pair[1] = *value;

    return NGX_OK;
}


/* NGX_DECLINED: it is not "error=" with a status */

static ngx_int_t
ngx_scim_gate_require_code(ngx_str_t *value, ngx_scim_gate_loc_conf_t *gcf)
{
    ngx_int_t  code;

    if (ngx_strncmp(value->data, "error=", 6) != 0) {
        return NGX_DECLINED;
    }

    code = ngx_atoi(value->data + 6, value->len - 6);

    if (code < 400 || code > 599) {
        return NGX_DECLINED;
    }

    gcf->code = code;

    return NGX_OK;
}


char *
ngx_scim_gate_require_merge(ngx_conf_t *cf, ngx_scim_gate_loc_conf_t *prev,
    ngx_scim_gate_loc_conf_t *conf)
{
    const char                *fault;
    ngx_uint_t                 inherited;
    ngx_scim_loc_conf_t       *lcf;
    ngx_http_core_loc_conf_t  *clcf;

    lcf = ngx_http_conf_get_module_loc_conf(cf, ngx_scim_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    inherited = (conf->required == NGX_CONF_UNSET);

    if (inherited) {
        conf->required = prev->required == 1;
        conf->name = prev->name;
        conf->by = prev->by;
        conf->trusted = prev->trusted;
        conf->code = prev->code;
        conf->wanted = prev->wanted;
    }

    /* identity providers have a token, and no name */

    if (inherited && (lcf->enable || lcf->oauth)) {
        conf->required = 0;
    }

    if (!conf->required) {
        return NGX_CONF_OK;
    }

    fault = ngx_scim_gate_require_fault(conf, lcf, clcf);

    if (fault != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"scim_require\" %s", fault);
        return NGX_CONF_ERROR;
    }

    return ngx_scim_gate_require_bind(cf, conf, lcf);
}


static const char *
ngx_scim_gate_require_fault(ngx_scim_gate_loc_conf_t *gcf,
    ngx_scim_loc_conf_t *lcf, ngx_http_core_loc_conf_t *clcf)
{
    if (lcf->enable || lcf->oauth) {
        return "would lock out the identity provider, which has a token and no "
               "name";
    }

    if (gcf->name == NULL) {
        return "with groups needs one with \"user\" beside it";
    }

    if (lcf->server == NULL || lcf->tenant == NULL) {
        return "needs a \"scim_redis\" and a \"scim_tenant\"";
    }

    if (gcf->trusted) {
        return NULL;
    }

    if (clcf->satisfy == NGX_HTTP_SATISFY_ANY) {
        return "takes a name that \"satisfy any\" may let in unchecked: say "
               "\"trusted\" if it is right all the same";
    }

    if (ngx_scim_gate_require_claimed(&gcf->name->value)) {
        return "takes a name that any client can claim: say \"trusted\" if "
               "another server sets it";
    }

    return NULL;
}


static ngx_uint_t
ngx_scim_gate_require_claimed(ngx_str_t *name)
{
    ngx_uint_t  i;

    static const char  *claims[] = {
        "$http_", "${http_", "$cookie_", "${cookie_", "$arg_", "${arg_"
    };

    for (i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        if (ngx_strnstr(name->data, (char *) claims[i], name->len) != NULL) {
            return 1;
        }
    }

    return 0;
}


/* the server and the attribute by which it is asked */

static char *
ngx_scim_gate_require_bind(ngx_conf_t *cf, ngx_scim_gate_loc_conf_t *gcf,
    ngx_scim_loc_conf_t *lcf)
{
    size_t                       i;
    ngx_int_t                    rc;
    ngx_str_t                    by = ngx_string("userName");
    ngx_scim_main_conf_t        *mcf;
    ngx_scim_gate_server_t     **server;
    ngx_scim_gate_main_conf_t   *gmcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_scim_module);
    gmcf = ngx_http_conf_get_module_main_conf(cf, ngx_scim_gate_module);

    gcf->tenant = lcf->tenant;
    by = gcf->by.len ? gcf->by : by;
    rc = NGX_DECLINED;

    for (i = 0; i < mcf->registry->nrtypes; i++) {
        if (mcf->registry->rtypes[i]->groups != NULL) {
            rc = ngx_scim_permit_by(&mcf->alloc, mcf->registry->rtypes[i], &by,
                                    &gcf->wanted, &gcf->exact);
        }
    }

    if (rc == NGX_DECLINED) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"scim_require\" cannot look for users by \"%V\"",
                           &by);
    }

    if (rc != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    server = gmcf->servers.elts;

    for (i = 0; i < gmcf->servers.nelts; i++) {
        if (server[i]->server == lcf->server) {
            gcf->server = server[i];
            return ngx_scim_gate_require_digest(cf, gcf);
        }
    }

    server = ngx_array_push(&gmcf->servers);
    gcf->server = ngx_pcalloc(cf->pool, sizeof(ngx_scim_gate_server_t));

    if (server == NULL || gcf->server == NULL) {
        return NGX_CONF_ERROR;
    }

    gcf->server->server = lcf->server;
    *server = gcf->server;

    return ngx_scim_gate_require_digest(cf, gcf);
}


/* locations with equal requirements share answers */

static char *
ngx_scim_gate_require_digest(ngx_conf_t *cf, ngx_scim_gate_loc_conf_t *gcf)
{
    size_t       len;
    u_char      *p, *text;
    ngx_str_t   *group;
    ngx_uint_t   i, n;

    n = gcf->wanted.groups.nelts;
    group = gcf->wanted.groups.elts;
    len = NGX_SCIM_DIGEST_LEN + gcf->wanted.kind.len + gcf->wanted.index.len;

    for (i = 0; i < n; i++) {
        len += 1 + group[i].len;
    }

    text = ngx_pnalloc(cf->temp_pool, len);
    if (text == NULL) {
        return NGX_CONF_ERROR;
    }

    p = ngx_cpymem(text, gcf->server->server->id, NGX_SCIM_DIGEST_LEN);
    p = ngx_cpymem(p, gcf->wanted.kind.data, gcf->wanted.kind.len);
    p = ngx_cpymem(p, gcf->wanted.index.data, gcf->wanted.index.len);

    for (i = 0; i < n; i++) {
        *p++ = '\0';
        p = ngx_cpymem(p, group[i].data, group[i].len);
    }

    ngx_scim_digest(text, len, gcf->digest);

    return NGX_CONF_OK;
}
