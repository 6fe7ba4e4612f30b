/*
 * TLS to a server, by nginx's own TLS. The certificate of the server must be
 * valid and have the name or the address of the server.
 */

#ifndef NGX_SCIM_TLS_H
#define NGX_SCIM_TLS_H

#include "store/link/ngx_scim_connector.h"

#if !(NGX_SSL)
#error "ngx_scim_module needs an nginx that is built --with-http_ssl_module"
#endif


/* what the configuration says; lives as long as it */

struct ngx_scim_tls_s {
    ngx_str_t  ca;         /* a file; empty: the authorities of the system */
    ngx_str_t  cert;       /* of the client, a file; empty: none */
    ngx_str_t  key;
    ngx_str_t  name;       /* of the certificate; empty: of the address */
    ngx_ssl_t  ssl;        /* made of these by ngx_scim_tls_load() */
};


/*
 * Reads the files. They are checked by "nginx -t", and read again by a reload.
 * Logs an error and returns NGX_ERROR if one of them cannot be used.
 */
ngx_int_t ngx_scim_tls_load(ngx_conf_t *cf, ngx_scim_tls_t *tls);

/* Returns 1 if two servers have the same settings; both may be NULL. */
ngx_uint_t ngx_scim_tls_same(ngx_scim_tls_t *a, ngx_scim_tls_t *b);


extern const ngx_scim_connector_t  ngx_scim_connector_tls;

#endif /* NGX_SCIM_TLS_H */
