/*
 * The gate: whether a request is let in.
 *
 * It decides in the PRECONTENT phase, behind all handlers of the access phase, which
 * say who the client is, and also where "satisfy any" skips some of them.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "base/ngx_scim_alloc.h"
#include "scim/core/scim_alloc.h"
#include "http/core/ngx_scim_conf.h"
#include "http/core/ngx_scim_wait.h"
#include "http/auth/ngx_scim_token_file.h"
#include "http/gate/ngx_scim_gate.h"
#include "http/gate/ngx_scim_gate_inside.h"
#include "http/gate/ngx_scim_gate_variables.h"


#define NGX_SCIM_GATE_RETRY  "2"        /* seconds */


static ngx_scim_gate_ctx_t *ngx_scim_gate_create_ctx(ngx_http_request_t *r);
static void ngx_scim_gate_cleanup(void *data);
static ngx_int_t ngx_scim_gate_look(ngx_scim_gate_ctx_t *ctx);
static ngx_int_t ngx_scim_gate_names(ngx_scim_gate_ctx_t *ctx);
static ngx_int_t ngx_scim_gate_wait(ngx_scim_gate_ctx_t *ctx);
static void ngx_scim_gate_have(void *data, ngx_int_t rc,
    ngx_scim_gate_answer_t *answer);
static ngx_scim_gate_status_e ngx_scim_gate_without(
    ngx_scim_gate_ctx_t *ctx);
static ngx_int_t ngx_scim_gate_decide(ngx_scim_gate_ctx_t *ctx);
static ngx_int_t ngx_scim_gate_unavailable(ngx_http_request_t *r);


ngx_int_t
ngx_scim_gate_handler(ngx_http_request_t *r)
{
    ngx_scim_gate_ctx_t       *ctx;
    ngx_scim_gate_loc_conf_t  *conf;

    conf = ngx_http_get_module_loc_conf(r, ngx_scim_gate_module);

    if (!conf->required || r != r->main) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_scim_gate_module);

    if (ctx == NULL) {
        ctx = ngx_scim_gate_create_ctx(r);

        if (ctx == NULL || ngx_scim_gate_look(ctx) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return ctx->status == NGX_SCIM_GATE_NONE ? NGX_AGAIN
                                             : ngx_scim_gate_decide(ctx);
}


static ngx_scim_gate_ctx_t *
ngx_scim_gate_create_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t   *cln;
    ngx_scim_gate_ctx_t  *ctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_scim_gate_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_scim_gate_ctx_t));

    ctx->request = r;
    ctx->conf = ngx_http_get_module_loc_conf(r, ngx_scim_gate_module);

    cln->handler = ngx_scim_gate_cleanup;
    ngx_http_set_ctx(r, ctx, ngx_scim_gate_module);

    return ctx;
}


ngx_scim_gate_ctx_t *
ngx_scim_gate_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t   *cln;
    ngx_scim_gate_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r->main, ngx_scim_gate_module);

    for (cln = r->main->pool->cleanup; ctx == NULL && cln != NULL;
         cln = cln->next)
    {
        if (cln->handler == ngx_scim_gate_cleanup) {
            ctx = cln->data;
        }
    }

    return ctx;
}


static void
ngx_scim_gate_cleanup(void *data)
{
    ngx_scim_gate_ctx_t *ctx = data;

    if (ctx->ask != NULL) {
        ngx_scim_gate_ask_abort(ctx->ask);
        ctx->ask = NULL;
    }

    ngx_scim_gate_inside_remove(ctx);
}


/* NGX_ERROR: no memory; the status is NONE while Redis is asked */

static ngx_int_t
ngx_scim_gate_look(ngx_scim_gate_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_scim_gate_names(ctx);

    if (rc != NGX_OK || ctx->status != NGX_SCIM_GATE_NONE) {
        return rc;
    }

    rc = ngx_scim_gate_ask_known(ctx->conf, &ctx->who, ctx->request->pool,
                                 &ctx->answer);
    ctx->known = (rc == NGX_OK || rc == NGX_AGAIN);

    if (rc == NGX_OK) {
        ctx->status = ngx_scim_gate_judge(&ctx->answer);
        return NGX_OK;
    }

    return rc == NGX_ERROR ? rc : ngx_scim_gate_wait(ctx);
}


/* sets who, or the status if there can be no user of that name */

static ngx_int_t
ngx_scim_gate_names(ngx_scim_gate_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_str_t                  name;
    scim_alloc_t               alloc;
    ngx_http_request_t        *r;
    ngx_scim_gate_loc_conf_t  *conf;

    r = ctx->request;
    conf = ctx->conf;

    if (ngx_http_complex_value(r, conf->name, &name) != NGX_OK
        || ngx_http_complex_value(r, conf->tenant, &ctx->who.tenant) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (name.len == 0) {
        ctx->status = NGX_SCIM_GATE_ANONYMOUS;
        return NGX_OK;
    }

    ngx_scim_alloc_init(&alloc, r->pool);

    rc = ngx_scim_tokens_name(&ctx->who.tenant) == NGX_OK
         ? ngx_scim_permit_fold(&alloc, conf->exact, &name, &ctx->who.name)
         : NGX_DECLINED;

    if (rc == NGX_DECLINED) {
        ctx->status = NGX_SCIM_GATE_UNKNOWN;
        return NGX_OK;
    }

    return rc == NGX_OK ? ngx_scim_gate_ask_key(conf, r->pool, &ctx->who) : rc;
}


static ngx_int_t
ngx_scim_gate_wait(ngx_scim_gate_ctx_t *ctx)
{
    ngx_http_cleanup_t  *cln;
    ngx_http_request_t  *r;

    r = ctx->request;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_scim_gate_cleanup;
    cln->data = ctx;

    ctx->ask = ngx_scim_gate_ask(ctx->conf, &ctx->who, ngx_scim_gate_have,
                                 ctx);
    if (ctx->ask == NULL) {
        return NGX_ERROR;
    }

    r->write_event_handler = ngx_http_request_empty_handler;
    ngx_scim_watch_client(r);

    return NGX_OK;
}


static void
ngx_scim_gate_have(void *data, ngx_int_t rc, ngx_scim_gate_answer_t *answer)
{
    ngx_scim_gate_ctx_t *ctx = data;

    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;
    ctx->ask = NULL;

    ngx_http_set_log_request(c->log, r);

    if (rc != NGX_OK) {
        ctx->status = ngx_scim_gate_without(ctx);

    } else if (ngx_scim_gate_known_copy(r->pool, &ctx->answer, answer)
               != NGX_OK)
    {
        ctx->status = NGX_SCIM_GATE_UNAVAILABLE;

    } else {
        ctx->known = 1;
        ctx->status = ngx_scim_gate_judge(answer);
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
    ngx_http_run_posted_requests(c);
}


/* Redis does not answer: what was known before can do */

static ngx_scim_gate_status_e
ngx_scim_gate_without(ngx_scim_gate_ctx_t *ctx)
{
    ngx_msec_t               last, proved;
    ngx_scim_heard_t        *heard;
    ngx_scim_gate_server_t  *server;

    server = ctx->conf->server;

    if (!ctx->known || ctx->answer.state != NGX_SCIM_PERSON_OK) {
        return NGX_SCIM_GATE_UNAVAILABLE;
    }

    heard = server->known->heard;

    if (ngx_scim_heard_user(heard, &ctx->answer.basis)
        || ngx_scim_heard_group(heard, &ctx->answer.basis))
    {
        return NGX_SCIM_GATE_UNAVAILABLE;
    }

    last = ctx->answer.asked;
    (void) ngx_scim_feed_alive(server->feed, &proved);

    if (!ngx_scim_heard_missed(heard, &ctx->answer.basis)
        && (ngx_msec_int_t) (proved - last) > 0)
    {
        last = proved;
    }

    return (ngx_msec_int_t) (ngx_current_msec - last)
           < (ngx_msec_int_t) ctx->conf->stale
           ? NGX_SCIM_GATE_STALE : NGX_SCIM_GATE_UNAVAILABLE;
}


ngx_scim_gate_status_e
ngx_scim_gate_judge(ngx_scim_gate_answer_t *answer)
{
    static const ngx_scim_gate_status_e  statuses[] = {
        [NGX_SCIM_PERSON_OK] = NGX_SCIM_GATE_PASSED,
        [NGX_SCIM_PERSON_UNKNOWN] = NGX_SCIM_GATE_UNKNOWN,
        [NGX_SCIM_PERSON_AMBIGUOUS] = NGX_SCIM_GATE_AMBIGUOUS,
        [NGX_SCIM_PERSON_INACTIVE] = NGX_SCIM_GATE_INACTIVE,
        [NGX_SCIM_PERSON_OUTSIDE] = NGX_SCIM_GATE_NOT_IN_GROUP
    };

    return statuses[answer->state];
}


/* Variables may have been asked for before, as "if" does. */

void
ngx_scim_gate_decided(ngx_scim_gate_ctx_t *ctx)
{
    ngx_scim_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_scim_module);

    ngx_scim_gate_status_count(ngx_scim_gate_known_counters(&mcf->zone),
                               ctx->status, ctx->conf->dry_run);
    ngx_scim_gate_refresh_variables(ctx->request);
}


static ngx_int_t
ngx_scim_gate_decide(ngx_scim_gate_ctx_t *ctx)
{
    ngx_str_t            name;
    ngx_http_request_t  *r;

    r = ctx->request;

    ngx_scim_gate_decided(ctx);

    if (ctx->status == NGX_SCIM_GATE_PASSED
        || ctx->status == NGX_SCIM_GATE_STALE)
    {
        ngx_scim_gate_inside_add(ctx);
        return NGX_DECLINED;
    }

    name = ngx_scim_gate_status_name(ctx->status);

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                  "scim: the request is %s: %V, user \"%V\" of \"%V\"",
                  ctx->conf->dry_run ? "to be refused (dry run)" : "refused",
                  &name, &ctx->answer.texts[NGX_SCIM_PERMIT_ID],
                  &ctx->who.tenant);

    if (ctx->conf->dry_run) {
        return NGX_DECLINED;
    }

    switch (ctx->status) {

    case NGX_SCIM_GATE_ANONYMOUS:
        return NGX_HTTP_UNAUTHORIZED;

    case NGX_SCIM_GATE_UNAVAILABLE:
        return ngx_scim_gate_unavailable(r);

    default:
        return ctx->conf->code;
    }
}


static ngx_int_t
ngx_scim_gate_unavailable(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));
    h->hash = 1;
    ngx_str_set(&h->key, "Retry-After");
    ngx_str_set(&h->value, NGX_SCIM_GATE_RETRY);

    return NGX_HTTP_SERVICE_UNAVAILABLE;
}
