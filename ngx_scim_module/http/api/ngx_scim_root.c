/*
 * Finds the root of a service provider in the path, and the URL by which
 * clients know it.
 */

#include "http/api/ngx_scim_root.h"
#include "base/ngx_scim_str.h"
#include "scim/core/scim_utf8.h"
#include "http/core/ngx_scim_conf.h"
#include "http/api/ngx_scim_handler.h"


static ngx_int_t ngx_scim_bare_root(ngx_conf_t *cf, ngx_str_t *name);
static const char *ngx_scim_base_check(ngx_str_t *url);
static ngx_int_t ngx_scim_host(ngx_http_request_t *r, ngx_str_t *host);
static ngx_int_t ngx_scim_base_default(ngx_http_request_t *r, ngx_str_t *base);


char *
ngx_scim(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_loc_conf_t *lcf = conf;

    ngx_http_core_loc_conf_t  *clcf;

    (void) cmd;

    if (lcf->enable) {
        return "is duplicate";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->named || clcf->name.len == 0) {
        return "cannot be used in a named location";
    }

    if (clcf->handler != NULL) {
        return "needs a location of its own";
    }

    lcf->enable = 1;
    lcf->name = clcf->name.data;
    lcf->prefix = clcf->name.len
                  - (clcf->name.data[clcf->name.len - 1] == '/');

#if (NGX_PCRE)
    lcf->regex = clcf->regex;
#endif

    clcf->handler = ngx_scim_content_handler;

    return ngx_scim_bare_root(cf, &clcf->name) == NGX_OK ? NGX_CONF_OK
                                                         : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_scim_bare_root(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_scim_bare_root_t  *root;
    ngx_scim_main_conf_t  *mcf;

    if (name->len < 2 || name->data[0] != '/'
        || name->data[name->len - 1] != '/')
    {
        return NGX_OK;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_scim_module);

    root = ngx_array_push(&mcf->roots);
    if (root == NULL) {
        return NGX_ERROR;
    }

    root->server = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    root->name.data = name->data;
    root->name.len = name->len - 1;

    return NGX_OK;
}


ngx_int_t
ngx_scim_root_handler(ngx_http_request_t *r)
{
    u_char                     *p;
    ngx_uint_t                  i;
    ngx_scim_bare_root_t       *root;
    ngx_scim_main_conf_t       *mcf;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_core_srv_conf_t   *cscf;
    ngx_http_core_main_conf_t  *cmcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_scim_module);
    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    root = mcf->roots.elts;

    for (i = 0; i < mcf->roots.nelts; i++) {
        if (root[i].server == cscf && root[i].name.len == r->uri.len
            && ngx_memcmp(root[i].name.data, r->uri.data, r->uri.len) == 0)
        {
            break;
        }
    }

    if (i == mcf->roots.nelts
        || (clcf->name.len == r->uri.len
            && ngx_memcmp(clcf->name.data, r->uri.data, r->uri.len) == 0))
    {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(r->pool, r->uri.len + 1);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(p, r->uri.data, r->uri.len);
    p[r->uri.len++] = '/';

    r->uri.data = p;
    r->uri_changed = 1;
    r->valid_unparsed_uri = 0;

    /* Skip the rewrite directives of the location that was chosen. */

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    while (cmcf->phase_engine.handlers[r->phase_handler + 1].checker
           == ngx_http_core_rewrite_phase)
    {
        r->phase_handler++;
    }

    return NGX_DECLINED;
}


/* a location by a regular expression: the root ends where the match does */

ngx_int_t
ngx_scim_root(ngx_http_request_t *r, ngx_str_t *root)
{
#if (NGX_PCRE)
    int                   captures[3];
#endif
    ngx_scim_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    root->data = r->uri.data;
    root->len = ngx_min(lcf->prefix, r->uri.len);

#if (NGX_PCRE)
    if (lcf->regex != NULL) {
        if (ngx_regex_exec(lcf->regex->regex, &r->uri, captures, 3) < 0) {
            return NGX_DECLINED;
        }

        root->len = captures[1];

        if (root->len > 0 && root->data[root->len - 1] == '/') {
            root->len--;
        }

    } else
#endif

    /* "rewrite ... break" can have taken the root away */

    if (root->len < lcf->prefix
        || ngx_memcmp(root->data, lcf->name, lcf->prefix) != 0)
    {
        return NGX_DECLINED;
    }

    /* "location /scim" matches "/scimmed" too */

    return (root->len == r->uri.len || root->data[root->len] == '/')
           ? NGX_OK : NGX_DECLINED;
}


char *
ngx_scim_base_url(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_loc_conf_t *lcf = conf;

    char       *rv;
    ngx_str_t  *value;

    if (lcf->base_url != NULL) {
        return "is duplicate";
    }

    rv = ngx_http_set_complex_value_slot(cf, cmd, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    value = cf->args->elts;

    return lcf->base_url->lengths ? NGX_CONF_OK
                                  : (char *) ngx_scim_base_check(&value[1]);
}


/* NULL, which is NGX_CONF_OK, or what is wrong */

static const char *
ngx_scim_base_check(ngx_str_t *url)
{
    ngx_uint_t  i, skip;

    skip = (url->len > 8 && ngx_strncmp(url->data, "https://", 8) == 0) ? 8
           : (url->len > 7 && ngx_strncmp(url->data, "http://", 7) == 0) ? 7
           : 0;

    if (skip == 0 || url->data[skip] == '/') {
        return "expects a URL such as https://scim.example.com/scim/v2";
    }

    for (i = skip; i < url->len; i++) {
        if (url->data[i] <= ' ' || url->data[i] == 0x7f
            || ngx_strchr("\"<>?#\\", url->data[i]) != NULL)
        {
            return "expects a URL without query, fragment and quotes";
        }
    }

    return scim_utf8_check((char *) url->data, url->len) == url->len
           ? NULL : "expects a URL in UTF-8";
}


ngx_int_t
ngx_scim_base(ngx_http_request_t *r, ngx_str_t *base)
{
    ngx_str_t             url;
    ngx_scim_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);
    ngx_str_null(&url);

    if (lcf->base_url != NULL
        && ngx_http_complex_value(r, lcf->base_url, &url) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (url.len == 0) {
        return ngx_scim_base_default(r, base);
    }

    if (ngx_scim_base_check(&url) != NULL) {
        return NGX_DECLINED;
    }

    if (url.data[url.len - 1] == '/') {
        url.len--;
    }

    *base = ngx_scim_cstring(r->pool, url.data, url.len);

    return base->data ? NGX_OK : NGX_ERROR;
}


/*
 * Sets host to the name in the request, else to that of the server, else to the
 * address of the connection, for which host has room.
 */

static ngx_int_t
ngx_scim_host(ngx_http_request_t *r, ngx_str_t *host)
{
    ngx_http_core_srv_conf_t  *cscf;

    if (r->headers_in.host != NULL) {
        *host = r->headers_in.host->value;
        return NGX_OK;
    }

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    if (cscf->server_name.len > 0) {
        *host = cscf->server_name;
        return NGX_OK;
    }

    if (ngx_connection_local_sockaddr(r->connection, host, 1) != NGX_OK) {
        return NGX_DECLINED;
    }

#if (NGX_HAVE_UNIX_DOMAIN)
    if (r->connection->local_sockaddr->sa_family == AF_UNIX) {
        ngx_str_set(host, "localhost");
    }
#endif

    return NGX_OK;
}


/* made of what the request has: scheme, host, and the part of the path */

static ngx_int_t
ngx_scim_base_default(ngx_http_request_t *r, ngx_str_t *base)
{
    u_char     *p, address[NGX_SOCKADDR_STRLEN];
    size_t      escape;
    ngx_str_t   root, host, scheme;

    (void) ngx_scim_root(r, &root);

    host.data = address;
    host.len = sizeof(address);

    if (ngx_scim_host(r, &host) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_str_set(&scheme, "http");

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        ngx_str_set(&scheme, "https");
    }
#endif

    escape = 2 * ngx_escape_uri(NULL, root.data, root.len, NGX_ESCAPE_URI);

    p = ngx_pnalloc(r->pool, scheme.len + sizeof("://") + host.len + root.len
                             + escape);
    if (p == NULL) {
        return NGX_ERROR;
    }

    base->data = p;

    p = ngx_sprintf(p, "%V://%V", &scheme, &host);
    p = (u_char *) ngx_escape_uri(p, root.data, root.len, NGX_ESCAPE_URI);
    *p = '\0';

    base->len = p - base->data;

    return (host.len && ngx_scim_base_check(base) != NULL) ? NGX_DECLINED
                                                           : NGX_OK;
}
