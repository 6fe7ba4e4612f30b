/*
 * Requests that were let in and go on.
 *
 * Soon after something was heard, and each second, all of them are looked through. Who
 * has changed is asked about at once. A change of a group can concern everybody: they
 * are asked about some at a time, as are those whose answer has become old. Whoever is
 * refused is ended after the grace. While Redis does not answer nobody is.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "http/gate/ngx_scim_gate_inside.h"


#define NGX_SCIM_GATE_SOON   10         /* msec from what is heard to a look */
#define NGX_SCIM_GATE_REST   25         /* to the next, if some are left */
#define NGX_SCIM_GATE_LOOK   1000       /* if not */
#define NGX_SCIM_GATE_SOME   20         /* questions that can wait, at a look */


/* of this worker */

static struct {
    ngx_queue_t        queue;           /* of ngx_scim_gate_ctx_t */
    ngx_event_t        look;
    ngx_connection_t   timer;           /* the owner of look */
    unsigned           soon:1;          /* look comes soon */
} ngx_scim_gate_inside;


/* of one look */

typedef struct {
    ngx_uint_t         some;            /* questions that can still be asked */
    ngx_msec_t         wait;            /* until the next look */
} ngx_scim_gate_look_t;


static void ngx_scim_gate_inside_look(ngx_event_t *ev);
static void ngx_scim_gate_inside_one(ngx_scim_gate_ctx_t *ctx,
    ngx_scim_gate_look_t *look);
static ngx_uint_t ngx_scim_gate_inside_due(ngx_scim_gate_ctx_t *ctx,
    ngx_scim_gate_look_t *look);
static void ngx_scim_gate_inside_ask(ngx_scim_gate_ctx_t *ctx);
static void ngx_scim_gate_inside_have(void *data, ngx_int_t rc,
    ngx_scim_gate_answer_t *answer);
static void ngx_scim_gate_inside_close(ngx_scim_gate_ctx_t *ctx);
static void ngx_scim_gate_inside_soon(ngx_msec_t wait);
#if (NGX_HTTP_V2)
static void ngx_scim_gate_inside_push(void);
#endif


void
ngx_scim_gate_inside_start(ngx_cycle_t *cycle)
{
    ngx_event_t  *ev;

    ngx_memzero(&ngx_scim_gate_inside, sizeof(ngx_scim_gate_inside));
    ngx_queue_init(&ngx_scim_gate_inside.queue);

    ngx_scim_gate_inside.timer.fd = (ngx_socket_t) -1;

    /* a worker that is to exit does not wait for it */

    ev = &ngx_scim_gate_inside.look;
    ev->data = &ngx_scim_gate_inside.timer;
    ev->handler = ngx_scim_gate_inside_look;
    ev->log = cycle->log;
    ev->cancelable = 1;
}


void
ngx_scim_gate_inside_end(void)
{
    if (ngx_scim_gate_inside.look.timer_set) {
        ngx_del_timer(&ngx_scim_gate_inside.look);
    }
}


void
ngx_scim_gate_inside_add(ngx_scim_gate_ctx_t *ctx)
{
    if (ctx->inside || ctx->conf->dry_run
        || ctx->conf->end == NGX_SCIM_GATE_NO_END)
    {
        return;
    }

    ctx->inside = 1;
    ngx_queue_insert_tail(&ngx_scim_gate_inside.queue, &ctx->queue);

    if (!ngx_scim_gate_inside.look.timer_set) {
        ngx_add_timer(&ngx_scim_gate_inside.look, NGX_SCIM_GATE_LOOK);
    }
}


void
ngx_scim_gate_inside_remove(ngx_scim_gate_ctx_t *ctx)
{
    if (ctx->inside) {
        ctx->inside = 0;
        ngx_queue_remove(&ctx->queue);
    }
}


void
ngx_scim_gate_inside_heard(void *data)
{
    (void) data;

    if (!ngx_queue_empty(&ngx_scim_gate_inside.queue)) {
        ngx_scim_gate_inside_soon(NGX_SCIM_GATE_SOON);
    }
}


static void
ngx_scim_gate_inside_soon(ngx_msec_t wait)
{
    if (ngx_scim_gate_inside.soon) {
        return;
    }

    if (ngx_scim_gate_inside.look.timer_set) {
        ngx_del_timer(&ngx_scim_gate_inside.look);
    }

    ngx_scim_gate_inside.soon = 1;
    ngx_add_timer(&ngx_scim_gate_inside.look, wait);
}


/* those that are asked about go to the end, so that the others come first then */

static void
ngx_scim_gate_inside_look(ngx_event_t *ev)
{
    ngx_queue_t           *q, *next, *head;
    ngx_scim_gate_look_t   look;

    ngx_scim_gate_inside.soon = 0;

    look.some = NGX_SCIM_GATE_SOME;
    look.wait = NGX_SCIM_GATE_LOOK;

    head = &ngx_scim_gate_inside.queue;

    for (q = ngx_queue_head(head); q != ngx_queue_sentinel(head); q = next) {
        next = ngx_queue_next(q);
        ngx_scim_gate_inside_one(ngx_queue_data(q, ngx_scim_gate_ctx_t, queue),
                                 &look);
    }

#if (NGX_HTTP_V2)
    ngx_scim_gate_inside_push();
#endif

    if (!ngx_queue_empty(head) && !ev->timer_set) {
        ngx_add_timer(ev, look.wait);
    }
}


static void
ngx_scim_gate_inside_one(ngx_scim_gate_ctx_t *ctx, ngx_scim_gate_look_t *look)
{
    ngx_msec_int_t  rest;

    if (ctx->status == NGX_SCIM_GATE_ENDED) {
        return;
    }

    if (ctx->ask == NULL && ngx_scim_gate_inside_due(ctx, look)) {
        ngx_scim_gate_inside_ask(ctx);
        return;
    }

    if (!ctx->refused) {
        return;
    }

    rest = ctx->until - ngx_current_msec;

    if (rest <= 0) {
        ngx_scim_gate_inside_close(ctx);

    } else {
        look->wait = ngx_min(look->wait, (ngx_msec_t) rest);
    }
}


static ngx_uint_t
ngx_scim_gate_inside_due(ngx_scim_gate_ctx_t *ctx, ngx_scim_gate_look_t *look)
{
    ngx_scim_gate_server_t  *server;

    server = ctx->conf->server;

    if ((ngx_msec_int_t) (ctx->next - ngx_current_msec) > 0) {
        return 0;
    }

    if (server->feed != NULL
        && ngx_scim_heard_user(server->known->heard, &ctx->answer.basis))
    {
        return 1;
    }

    if (ngx_scim_gate_ask_fresh(ctx->conf, &ctx->answer)) {
        return 0;
    }

    if (look->some == 0) {
        look->wait = ngx_min(look->wait, NGX_SCIM_GATE_REST);
        return 0;
    }

    look->some--;

    return 1;
}


static void
ngx_scim_gate_inside_ask(ngx_scim_gate_ctx_t *ctx)
{
    ctx->next = ngx_current_msec;
    ctx->ask = ngx_scim_gate_ask(ctx->conf, &ctx->who,
                                 ngx_scim_gate_inside_have, ctx);

    if (ctx->ask == NULL) {
        ctx->next += NGX_SCIM_GATE_LOOK;
        return;
    }

    ngx_queue_remove(&ctx->queue);
    ngx_queue_insert_tail(&ngx_scim_gate_inside.queue, &ctx->queue);
}


/* the texts stay those with which the request was let in */

static void
ngx_scim_gate_inside_have(void *data, ngx_int_t rc,
    ngx_scim_gate_answer_t *answer)
{
    ngx_scim_gate_ctx_t *ctx = data;

    ctx->ask = NULL;

    if (rc != NGX_OK) {
        ctx->next = ngx_current_msec + NGX_SCIM_GATE_LOOK;
        return;
    }

    ctx->answer.state = answer->state;
    ctx->answer.asked = answer->asked;
    ctx->answer.basis = answer->basis;

    if (answer->state == NGX_SCIM_PERSON_OK) {
        ctx->refused = 0;
        return;
    }

    if (!ctx->refused) {
        ctx->refused = 1;
        ctx->until = ngx_current_msec + ctx->conf->end;
        ngx_scim_gate_inside_soon(ngx_min(ctx->conf->end, NGX_SCIM_GATE_SOON));
    }
}


/*
 * The way by which nginx itself ends what is open when a worker has to go
 * (worker_shutdown_timeout): the handler of the request sees c->close, and terminates
 * it. It is called by a posted event, and never from inside a handler of the request.
 */

static void
ngx_scim_gate_inside_close(ngx_scim_gate_ctx_t *ctx)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

    ctx->status = NGX_SCIM_GATE_ENDED;
    ngx_scim_gate_decided(ctx);

    ngx_log_error(NGX_LOG_NOTICE, c->log, 0,
                  "scim: the request is ended, as user \"%V\" of \"%V\" may no "
                  "longer pass", &ctx->answer.texts[NGX_SCIM_PERMIT_ID],
                  &ctx->who.tenant);

    if (!r->header_sent && r->headers_out.status == 0) {
        r->headers_out.status = ctx->conf->code;
    }

    c->close = 1;
    c->error = 1;

    ngx_post_event(c->read, &ngx_posted_events);
}


#if (NGX_HTTP_V2)

/*
 * RST_STREAM is only put into the queue of its connection, and nothing else may come
 * to send it: behind the events of all streams.
 */

static void
ngx_scim_gate_inside_push(void)
{
    ngx_queue_t          *q, *head;
    ngx_connection_t     *c;
    ngx_http_request_t   *r;
    ngx_scim_gate_ctx_t  *ctx;

    head = &ngx_scim_gate_inside.queue;

    for (q = ngx_queue_head(head); q != ngx_queue_sentinel(head);
         q = ngx_queue_next(q))
    {
        ctx = ngx_queue_data(q, ngx_scim_gate_ctx_t, queue);
        r = ctx->request;

        if (ctx->status == NGX_SCIM_GATE_ENDED && r->stream != NULL) {
            c = r->stream->connection->connection;
            ngx_post_event(c->write, &ngx_posted_events);
        }
    }
}

#endif
