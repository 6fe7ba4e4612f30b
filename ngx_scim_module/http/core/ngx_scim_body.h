/*
 * The body of a request.
 */

#ifndef NGX_SCIM_BODY_H
#define NGX_SCIM_BODY_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * NGX_OK: the request's Content-Type is one of these, or it has none;
 * NGX_DECLINED: it is another.
 */
ngx_int_t ngx_scim_body_is(ngx_http_request_t *r, ngx_str_t *types,
    ngx_uint_t n);

/* The body that was read, in one piece. NGX_ERROR: no memory, or no file. */
ngx_int_t ngx_scim_collect_body(ngx_http_request_t *r, ngx_str_t *body);

#endif /* NGX_SCIM_BODY_H */
