/*
 * Tokens that Redis holds.
 */

#ifndef NGX_SCIM_LOOKUP_H
#define NGX_SCIM_LOOKUP_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "http/core/ngx_scim_request.h"
#include "http/auth/ngx_scim_token_file.h"


typedef struct ngx_scim_lookup_s  ngx_scim_lookup_t;


/*
 * The token of a secret as Redis has it, expired or not. NGX_OK: token is set;
 * NGX_DECLINED: there is none; NGX_AGAIN: as above; NGX_BUSY: Redis is away;
 * NGX_ERROR: no memory, or a bug.
 */
ngx_int_t ngx_scim_lookup(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_str_t *secret, ngx_http_event_handler_pt resume,
    ngx_scim_token_t **token);

/*
 * The token of a secret as far as it is known without asking Redis, perhaps
 * from a time ago that is longer than is trusted; NULL: unknown.
 */
ngx_scim_token_t *ngx_scim_lookup_known(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx, ngx_str_t *secret);

/* the token that was looked up has let a request in */
void ngx_scim_lookup_used(ngx_http_request_t *r, ngx_scim_ctx_t *ctx);

#endif /* NGX_SCIM_LOOKUP_H */
