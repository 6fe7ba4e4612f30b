/*
 * Who sends a request, and whether it may come in.
 */

#ifndef NGX_SCIM_ACCESS_H
#define NGX_SCIM_ACCESS_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "http/core/ngx_scim_request.h"
#include "http/auth/ngx_scim_token_file.h"


/*
 * Whose request is it, as far as can be told at once? NULL: unknown. Nothing to
 * let anybody in by: what is known of a token in Redis may be older than is
 * trusted, and whether the token may do this is not asked.
 */
ngx_scim_token_t *ngx_scim_identify(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx);

/*
 * Who sends the request? NGX_OK: ctx->token is set; NGX_AGAIN: Redis is asked,
 * and resume will be called, to ask here again; else the status to answer, with
 * the challenge set and the reason in ctx->detail.
 */
ngx_int_t ngx_scim_authenticate(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_http_event_handler_pt resume);

/*
 * The same once more, of a request whose body came later than its head: NGX_OK if
 * the token still lets it in, for the same tenant.
 */
ngx_int_t ngx_scim_authenticate_again(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx, ngx_http_event_handler_pt resume);

ngx_int_t ngx_scim_access_handler(ngx_http_request_t *r);

#endif /* NGX_SCIM_ACCESS_H */
