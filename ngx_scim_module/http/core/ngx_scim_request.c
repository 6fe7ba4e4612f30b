/*
 * The part of the module that belongs to a request.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "http/core/ngx_scim_request.h"
#include "http/core/ngx_scim_conf.h"


ngx_msec_t
ngx_scim_elapsed(ngx_http_request_t *r)
{
    ngx_time_t      *tp;
    ngx_msec_int_t   ms;

    tp = ngx_timeofday();

    ms = (ngx_msec_int_t) ((tp->sec - r->start_sec) * 1000
                           + (tp->msec - r->start_msec));

    return ngx_max(ms, 0);
}


ngx_scim_ctx_t *
ngx_scim_get_ctx(ngx_http_request_t *r)
{
    ngx_scim_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_scim_module);

    if (ctx == NULL) {
        ctx = ngx_pcalloc(r->pool, sizeof(ngx_scim_ctx_t));
        ngx_http_set_ctx(r, ctx, ngx_scim_module);
    }

    return ctx;
}
