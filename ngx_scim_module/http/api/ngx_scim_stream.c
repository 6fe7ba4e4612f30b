/*
 * Answers that come in pieces: the operation is asked for the next one when the
 * client has taken the one before, so that a client that is slow, or never
 * reads, costs no more than one.
 */

#include "http/api/ngx_scim_stream.h"
#include "op/core/ngx_scim_op.h"
#include "http/core/ngx_scim_conf.h"
#include "http/core/ngx_scim_request.h"
#include "http/api/ngx_scim_response.h"


static void ngx_scim_stream_write(ngx_http_request_t *r);
static void ngx_scim_stream_go_on(ngx_http_request_t *r);
static void ngx_scim_stream_pause(ngx_http_request_t *r);
static ngx_int_t ngx_scim_stream_taken(ngx_http_request_t *r);
static ngx_int_t ngx_scim_stream_send(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx);
static void ngx_scim_stream_break(ngx_http_request_t *r, const char *why);


void
ngx_scim_stream(ngx_http_request_t *r, ngx_scim_response_t *response)
{
    ngx_int_t  rc;

    rc = ngx_scim_send(r, response);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    r->write_event_handler = ngx_scim_stream_write;

    ngx_scim_stream_go_on(r);
}


void
ngx_scim_stream_piece(ngx_scim_op_t *op)
{
    ngx_connection_t    *c;
    ngx_scim_ctx_t      *ctx;
    ngx_http_request_t  *r;

    r = op->data;
    c = r->connection;
    ctx = ngx_http_get_module_ctx(r, ngx_scim_module);

    ngx_http_set_log_request(c->log, r);

    ctx->asked = 0;

    if (op->broken != NULL) {
        ngx_scim_stream_break(r, op->broken);

    } else if (ngx_scim_stream_send(r, ctx) == NGX_OK) {
        ngx_scim_stream_go_on(r);
    }

    ngx_http_run_posted_requests(c);
}


static void
ngx_scim_stream_write(ngx_http_request_t *r)
{
    ngx_event_t       *wev;
    ngx_connection_t  *c;

    c = r->connection;
    wev = c->write;

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT,
                      "client timed out");
        c->timedout = 1;
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    if (!wev->delayed && ngx_http_output_filter(r, NULL) == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    ngx_scim_stream_go_on(r);
}


/* others get the worker between pieces that need not be waited for */

static void
ngx_scim_stream_go_on(ngx_http_request_t *r)
{
    ngx_int_t        rc;
    ngx_scim_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_scim_module);

    rc = ngx_scim_stream_taken(r);

    if (rc == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    if (rc == NGX_AGAIN || ctx->asked) {
        return;
    }

    rc = ngx_scim_op_more(ctx->op);

    if (rc == NGX_AGAIN) {
        ctx->asked = 1;
        return;
    }

    if (rc == NGX_ERROR) {
        ngx_scim_stream_break(r, "no memory");
        return;
    }

    if (ngx_scim_stream_send(r, ctx) == NGX_OK) {
        ngx_scim_stream_pause(r);
    }
}


/* the timer is for a worker that shuts down: without any it would not wait */

static void
ngx_scim_stream_pause(ngx_http_request_t *r)
{
    ngx_event_t               *wev;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    wev = r->connection->write;

    if (!wev->timer_set) {
        ngx_add_timer(wev, clcf->send_timeout);
    }

    ngx_post_event(wev, &ngx_posted_next_events);
}


/* NGX_AGAIN: the handler will be called when there is room, or no time left */

static ngx_int_t
ngx_scim_stream_taken(ngx_http_request_t *r)
{
    ngx_event_t               *wev;
    ngx_connection_t          *c;
    ngx_http_core_loc_conf_t  *clcf;

    c = r->connection;
    wev = c->write;

    if (!wev->delayed && !r->buffered && !r->postponed && !c->buffered) {
        if (wev->timer_set) {
            ngx_del_timer(wev);
        }

        return NGX_OK;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!wev->delayed) {
        ngx_add_timer(wev, clcf->send_timeout);
    }

    return ngx_handle_write_event(wev, clcf->send_lowat) == NGX_OK
           ? NGX_AGAIN : NGX_ERROR;
}


/*
 * The one buffer can be used again: it is not called before what it held has
 * been sent. NGX_DONE: the request was finalized.
 */

static ngx_int_t
ngx_scim_stream_send(ngx_http_request_t *r, ngx_scim_ctx_t *ctx)
{
    ngx_int_t       rc;
    ngx_buf_t      *b;
    ngx_chain_t     out;
    ngx_scim_op_t  *op;

    op = ctx->op;

    if (ctx->piece == NULL) {
        ctx->piece = ngx_alloc_buf(r->pool);
        if (ctx->piece == NULL) {
            ngx_scim_stream_break(r, "no memory");
            return NGX_DONE;
        }
    }

    b = ctx->piece;
    ngx_memzero(b, sizeof(ngx_buf_t));

    b->pos = op->answer.data;
    b->last = op->answer.data + op->answer.len;
    b->memory = (op->answer.len > 0);
    b->flush = (op->more != NULL);
    b->last_buf = (op->more == NULL && r == r->main);
    b->last_in_chain = (op->more == NULL);

    out.buf = b;
    out.next = NULL;

    rc = ngx_http_output_filter(r, &out);

    if (op->more == NULL || rc == NGX_ERROR) {
        ngx_http_finalize_request(r, rc);
        return NGX_DONE;
    }

    return NGX_OK;
}


/* without an end, so that nobody takes the answer for a whole one */

static void
ngx_scim_stream_break(ngx_http_request_t *r, const char *why)
{
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "scim: an answer ends before all of it is sent: %s", why);

    ngx_http_finalize_request(r, NGX_ERROR);
}
