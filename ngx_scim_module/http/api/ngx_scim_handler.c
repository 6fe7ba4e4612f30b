/*
 * Content handler: the operation that a request asks for, its body, and the
 * way back from the operation to the client.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "http/api/ngx_scim_handler.h"
#include "base/ngx_scim_str.h"
#include "scim/core/scim_error.h"
#include "store/call/ngx_scim_store.h"
#include "op/core/ngx_scim_op.h"
#include "http/core/ngx_scim_body.h"
#include "http/core/ngx_scim_conf.h"
#include "http/core/ngx_scim_request.h"
#include "http/core/ngx_scim_wait.h"
#include "http/auth/ngx_scim_access.h"
#include "http/api/ngx_scim_response.h"
#include "http/api/ngx_scim_root.h"
#include "http/api/ngx_scim_route.h"
#include "http/api/ngx_scim_stream.h"


#define NGX_SCIM_WRITE    (NGX_HTTP_POST|NGX_HTTP_PUT|NGX_HTTP_PATCH)


static void ngx_scim_content_resume(ngx_http_request_t *r);
static ngx_int_t ngx_scim_begin(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_scim_route_t *route, ngx_scim_op_pt operation);
static void ngx_scim_header_value(ngx_table_elt_t *h, ngx_str_t *value);
static void ngx_scim_have_body(ngx_http_request_t *r);
static void ngx_scim_look_again(ngx_http_request_t *r);
static void ngx_scim_start(ngx_http_request_t *r);
static void ngx_scim_abort(void *data);
static void ngx_scim_done(ngx_scim_op_t *op);
static void ngx_scim_respond(ngx_scim_ctx_t *ctx, ngx_scim_op_t *op,
    ngx_scim_response_t *response);


ngx_int_t
ngx_scim_content_handler(ngx_http_request_t *r)
{
    ngx_int_t          rc;
    ngx_scim_ctx_t    *ctx;
    ngx_scim_op_pt     operation;
    ngx_scim_route_t   route;

    ctx = ngx_scim_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* "satisfy any" may have let a request through that names no tenant */

    rc = ngx_scim_is_discovery(r)
         ? NGX_OK : ngx_scim_authenticate(r, ctx, ngx_scim_content_resume);

    if (rc == NGX_AGAIN) {
        r->main->count++;
        return NGX_DONE;
    }

    if (rc != NGX_OK) {
        return rc;
    }

    ngx_scim_route(r, &route);

    if (route.status == 404 || route.status == 501) {
        return ngx_scim_send_error(r, route.status, SCIM_TYPE_NONE,
                                   route.status == 404
                                   ? "There is no such endpoint"
                                   : "This endpoint is not supported");
    }

    operation = ngx_scim_operation(r, &route);
    if (operation == NULL) {
        return ngx_scim_not_allowed(r, &route);
    }

    return ngx_scim_begin(r, ctx, &route, operation);
}


static void
ngx_scim_content_resume(ngx_http_request_t *r)
{
    ngx_http_finalize_request(r, ngx_scim_content_handler(r));
}


static ngx_int_t
ngx_scim_begin(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_scim_route_t *route, ngx_scim_op_pt operation)
{
    ngx_int_t  rc;
    ngx_str_t  type;

    static ngx_str_t  types[] = {
        ngx_string("application/scim+json"),
        ngx_string("application/json"),
        ngx_string("text/json")
    };

    if (ngx_scim_content_type(r, &type) != NGX_OK) {
        return ngx_scim_send_error(r, 406, SCIM_TYPE_NONE,
                                   "Answers are application/scim+json or "
                                   "application/json");
    }

    rc = ngx_scim_prepare(r, ctx, route);

    if (rc == NGX_DECLINED) {
        return ngx_scim_send_error(r, 400, SCIM_TYPE_NONE,
                                   "No URL can be made of this request");
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (route->me && ctx->op->me.len == 0) {
        return ngx_scim_send_error(r, 404, SCIM_TYPE_NONE,
                                   "The request names no user");
    }

    ctx->op->operation = operation;

    if (!(r->method & NGX_SCIM_WRITE)) {
        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        r->main->count++;
        ngx_scim_start(r);

        return NGX_DONE;
    }

    if (ngx_scim_body_is(r, types, 3) != NGX_OK) {
        return ngx_scim_send_error(r, 415, SCIM_TYPE_NONE,
                                   "The body must be application/scim+json or "
                                   "application/json");
    }

    r->request_body_in_single_buf = 1;

    /* in the first call, what is set behind it comes too late */

    rc = ngx_http_read_client_request_body(r, ngx_scim_have_body);
    ctx->body_waits = 1;

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


ngx_int_t
ngx_scim_prepare(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_scim_route_t *route)
{
    ngx_int_t             rc;
    ngx_str_t            *tenant;
    ngx_scim_op_t        *op;
    ngx_http_cleanup_t   *cln;
    ngx_scim_loc_conf_t  *lcf;

    static ngx_str_t  none = ngx_null_string;

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    op = ngx_pcalloc(r->pool, sizeof(ngx_scim_op_t));
    cln = ngx_http_cleanup_add(r, 0);
    if (op == NULL || cln == NULL) {
        return NGX_ERROR;
    }

    tenant = ctx->token ? &ctx->token->tenant : &none;

    ngx_scim_store_init(&op->store, r->pool, r->connection->log,
                        lcf->server->link, tenant);

    op->store.clock = &ctx->clock;

    op->conf = lcf->op;
    op->request = r;
    op->request_id = ngx_scim_request_id;
    op->start = ngx_current_msec - ngx_scim_elapsed(r);
    op->tally = &ctx->tally;
    op->actor = ctx->token ? ctx->token->name : none;
    op->type = route->type;
    op->args = r->args;
    op->done = ngx_scim_done;
    op->piece = ngx_scim_stream_piece;
    op->data = r;

    rc = ngx_scim_base(r, &op->base);
    if (rc != NGX_OK) {
        return rc;
    }

    op->id = ngx_scim_cstring(r->pool, route->id.data, route->id.len);
    if (op->id.data == NULL
        || (route->me && ngx_http_complex_value(r, lcf->me, &op->me) != NGX_OK))
    {
        return NGX_ERROR;
    }

    ngx_scim_header_value(r->headers_in.if_match, &op->if_match);
    ngx_scim_header_value(r->headers_in.if_none_match, &op->if_none_match);

    cln->handler = ngx_scim_abort;
    cln->data = op;

    ctx->op = op;
    ctx->cleanup = &cln->handler;

    return NGX_OK;
}


static void
ngx_scim_header_value(ngx_table_elt_t *h, ngx_str_t *value)
{
    if (h != NULL) {
        *value = h->value;
    }
}


static void
ngx_scim_have_body(ngx_http_request_t *r)
{
    ngx_scim_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_scim_module);

    if (ngx_scim_collect_body(r, &ctx->op->body) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (ctx->body_waits) {
        ngx_scim_look_again(r);

    } else {
        ngx_scim_start(r);
    }
}


/* the token can have been revoked while the body was on its way */

static void
ngx_scim_look_again(ngx_http_request_t *r)
{
    ngx_int_t        rc;
    ngx_scim_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_scim_module);

    rc = ngx_scim_authenticate_again(r, ctx, ngx_scim_look_again);

    if (rc == NGX_OK) {
        ngx_scim_start(r);

    } else if (rc != NGX_AGAIN) {
        ngx_http_finalize_request(r, rc);
    }
}


static void
ngx_scim_start(ngx_http_request_t *r)
{
    ngx_scim_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_scim_module);

    ngx_scim_watch_client(r);
    ngx_scim_op_start(ctx->op);
}


static void
ngx_scim_abort(void *data)
{
    ngx_scim_op_t *op = data;

    ngx_scim_op_abort(op);
}


static void
ngx_scim_done(ngx_scim_op_t *op)
{
    ngx_int_t             resumed;
    ngx_connection_t     *c;
    ngx_scim_ctx_t       *ctx;
    ngx_http_request_t   *r;
    ngx_scim_response_t   response;

    r = op->data;
    c = r->connection;
    resumed = op->resumed;

    if (resumed) {
        ngx_http_set_log_request(c->log, r);
    }

    ctx = ngx_http_get_module_ctx(r, ngx_scim_module);

    ngx_scim_respond(ctx, op, &response);

    if (response.partial) {
        ngx_scim_stream(r, &response);

    } else {
        *ctx->cleanup = NULL;
        ctx->cleanup = NULL;

        ngx_http_finalize_request(r, ngx_scim_send(r, &response));
    }

    if (resumed) {
        ngx_http_run_posted_requests(c);
    }
}


static void
ngx_scim_respond(ngx_scim_ctx_t *ctx, ngx_scim_op_t *op,
    ngx_scim_response_t *response)
{
    ngx_str_t    id;
    const char  *type;

    ngx_memzero(response, sizeof(ngx_scim_response_t));

    response->status = op->status;
    response->body = op->answer;
    response->etag = op->etag;
    response->location = op->location;
    response->content_location = op->content_location;
    response->partial = (op->more != NULL);

    if (op->status >= 400) {
        ctx->error = &op->error;

        type = scim_type_name(op->error.type);
        id = op->request_id(op->request);

        ngx_log_error(NGX_LOG_INFO, op->store.log, 0,
                      "scim: answered %ui %s, request %V", op->status,
                      type ? type : "", &id);
    }
}
