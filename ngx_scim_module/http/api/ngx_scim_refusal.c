/*
 * Requests that are refused without an operation: they are counted and logged.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "http/api/ngx_scim_refusal.h"
#include "base/ngx_scim_alloc.h"
#include "scim/core/scim_error.h"
#include "op/core/ngx_scim_op.h"
#include "http/core/ngx_scim_request.h"
#include "http/auth/ngx_scim_access.h"
#include "http/auth/ngx_scim_token_file.h"
#include "http/api/ngx_scim_handler.h"
#include "http/api/ngx_scim_route.h"


void
ngx_scim_count_refusal(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_uint_t status)
{
    if (ngx_scim_identify(r, ctx) != NULL) {
        ctx->tally.events++;
        ctx->tally.failed += (status == 400 || !ngx_scim_is_read(r));
    }
}


void
ngx_scim_log_refusal(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    const scim_error_t *err)
{
    ngx_scim_op_t     *op;
    ngx_scim_token_t  *token;
    ngx_scim_route_t   route;

    token = ngx_scim_identify(r, ctx);

    if (token == NULL || (err->status != 400 && ngx_scim_is_read(r))) {
        return;
    }

    ngx_scim_route(r, &route);

    if (ctx->op == NULL && ngx_scim_prepare(r, ctx, &route) != NGX_OK) {
        return;
    }

    op = ctx->op;
    op->operation = route.status ? NULL : ngx_scim_operation(r, &route);
    op->error = *err;
    op->store.tenant = token->tenant;
    op->actor = token->name;

    ngx_scim_alloc_init(&op->alloc, r->pool);

    ngx_scim_op_log_failure(op);
}
