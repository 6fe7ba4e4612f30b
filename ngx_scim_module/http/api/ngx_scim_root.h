/*
 * The root of a service provider: its path, and its URL for clients.
 */

#ifndef NGX_SCIM_ROOT_H
#define NGX_SCIM_ROOT_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* a location's name without the slash at its end */

typedef struct {
    ngx_http_core_srv_conf_t   *server;
    ngx_str_t                   name;
} ngx_scim_bare_root_t;


/* setters of directives that have a file of their own */
char *ngx_scim(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_base_url(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * Rewrite phase: leads "/scim/v2", which is what administrators open, to the
 * location "/scim/v2/", unless the operator has a location for it.
 */
ngx_int_t ngx_scim_root_handler(ngx_http_request_t *r);

/*
 * The part of the path that is the root, without a slash at its end.
 * NGX_DECLINED: it ends inside of a name.
 */
ngx_int_t ngx_scim_root(ngx_http_request_t *r, ngx_str_t *root);

/*
 * The URL that clients know the root by, ended by NUL. NGX_DECLINED: the
 * configuration has made none of what the request has; NGX_ERROR: no memory.
 */
ngx_int_t ngx_scim_base(ngx_http_request_t *r, ngx_str_t *base);

#endif /* NGX_SCIM_ROOT_H */
