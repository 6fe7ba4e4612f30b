/*
 * Requests that are refused without an operation: they are counted and logged.
 */

#ifndef NGX_SCIM_REFUSAL_H
#define NGX_SCIM_REFUSAL_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "scim/core/scim_error.h"
#include "http/core/ngx_scim_request.h"


/* Counts a request that got this status in the cycle of its tenant. */
void ngx_scim_count_refusal(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_uint_t status);

/*
 * Puts an error that is answered without an operation into the provisioning log
 * of the tenant, if it belongs there.
 */
void ngx_scim_log_refusal(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    const scim_error_t *err);

#endif /* NGX_SCIM_REFUSAL_H */
