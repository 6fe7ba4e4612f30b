/*
 * The content handler: from a request to an operation and back.
 */

#ifndef NGX_SCIM_HANDLER_H
#define NGX_SCIM_HANDLER_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "http/core/ngx_scim_request.h"
#include "http/api/ngx_scim_route.h"


ngx_int_t ngx_scim_content_handler(ngx_http_request_t *r);

/* Makes the operation of a request, with what its head says. NULL: no memory. */
ngx_int_t ngx_scim_prepare(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_scim_route_t *route);

#endif /* NGX_SCIM_HANDLER_H */
