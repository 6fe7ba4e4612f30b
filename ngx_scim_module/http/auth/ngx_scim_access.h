/*
 * Authenticates a request, and checks the rights of its token.
 */

#ifndef NGX_SCIM_ACCESS_H
#define NGX_SCIM_ACCESS_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "http/core/ngx_scim_request.h"
#include "http/auth/ngx_scim_token_file.h"


/*
 * Returns the token of the request if it is known without asking Redis, or
 * NULL. Must not be used to grant access: the cached entry may be older than
 * "valid", and the rights of the token are not checked.
 */
ngx_scim_token_t *ngx_scim_identify(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx);

/*
 * Authenticates the request. Returns NGX_OK if ctx->token is set. Returns
 * NGX_AGAIN if Redis is asked; resume will be called, to call this again. Else
 * returns the status of the response, with the challenge set and the reason in
 * ctx->detail.
 */
ngx_int_t ngx_scim_authenticate(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_http_event_handler_pt resume);

/*
 * Authenticates a request again whose body came later than its head, in the same
 * way. Returns NGX_OK if the token is still valid for the same tenant.
 */
ngx_int_t ngx_scim_authenticate_again(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx, ngx_http_event_handler_pt resume);

ngx_int_t ngx_scim_access_handler(ngx_http_request_t *r);

#endif /* NGX_SCIM_ACCESS_H */
