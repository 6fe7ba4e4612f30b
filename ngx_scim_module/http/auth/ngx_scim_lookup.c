/*
 * Tokens in Redis: the shared memory is looked at first, and Redis asked while
 * the request waits.
 */

#include "http/auth/ngx_scim_lookup.h"
#include "base/ngx_scim_digest.h"
#include "base/ngx_scim_time.h"
#include "scim/core/scim.h"
#include "scim/token/scim_token.h"
#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_token.h"
#include "http/core/ngx_scim_conf.h"
#include "http/core/ngx_scim_request.h"
#include "http/core/ngx_scim_wait.h"
#include "http/core/ngx_scim_zone.h"
#include "http/auth/ngx_scim_cache.h"
#include "http/auth/ngx_scim_token_file.h"
#include "http/monitor/ngx_scim_metrics.h"


#define NGX_SCIM_USE_INTERVAL  60      /* between notes of a use, in seconds */


struct ngx_scim_lookup_s {
    ngx_http_request_t       *request;
    ngx_scim_store_t          store;
    ngx_scim_token_t          token;
    u_char                    key[NGX_SCIM_DIGEST_LEN];   /* in the cache */
    u_char                    hex[2 * NGX_SCIM_DIGEST_LEN];
    ngx_str_t                 digest;       /* hex */
    ngx_msec_t                asked;
    ngx_scim_token_record_t   record;
    ngx_int_t                 rc;           /* NGX_AGAIN: Redis is asked */
    ngx_http_cleanup_pt      *cleanup;      /* while it is */
    ngx_http_event_handler_pt resume;
};


static void ngx_scim_lookup_begin(ngx_scim_lookup_t *lookup,
    ngx_str_t *secret);
static void ngx_scim_lookup_name(ngx_scim_lookup_t *lookup, ngx_str_t *secret);
static ngx_int_t ngx_scim_lookup_ask(ngx_scim_lookup_t *lookup);
static void ngx_scim_lookup_abort(void *data);
static void ngx_scim_lookup_done(void *data, ngx_scim_result_e result);
static ngx_int_t ngx_scim_lookup_result(ngx_scim_lookup_t *lookup,
    ngx_scim_result_e result);
static ngx_int_t ngx_scim_lookup_read(ngx_scim_lookup_t *lookup);
static ngx_scim_zone_t *ngx_scim_lookup_zone(ngx_http_request_t *r);


ngx_int_t
ngx_scim_lookup(ngx_http_request_t *r, ngx_scim_ctx_t *ctx, ngx_str_t *secret,
    ngx_http_event_handler_pt resume, ngx_scim_token_t **token)
{
    ngx_scim_lookup_t  *lookup;

    lookup = ctx->lookup;

    if (lookup == NULL) {
        lookup = ngx_pcalloc(r->pool, sizeof(ngx_scim_lookup_t));
        if (lookup == NULL) {
            return NGX_ERROR;
        }

        ctx->lookup = lookup;
        lookup->request = r;
        lookup->resume = resume;
        ngx_scim_lookup_begin(lookup, secret);
    }

    *token = &lookup->token;

    return lookup->rc;
}


ngx_scim_token_t *
ngx_scim_lookup_known(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_str_t *secret)
{
    ngx_scim_lookup_t  *lookup;

    lookup = ctx->lookup;

    if (lookup == NULL) {
        lookup = ngx_pcalloc(r->pool, sizeof(ngx_scim_lookup_t));
        if (lookup == NULL) {
            return NULL;
        }

        lookup->request = r;
        ngx_scim_lookup_name(lookup, secret);

        lookup->rc = ngx_scim_cache_get(ngx_scim_lookup_zone(r), lookup->key,
                                        NGX_MAX_INT_T_VALUE, r->pool,
                                        &lookup->token);
    }

    return lookup->rc == NGX_OK ? &lookup->token : NULL;
}


static void
ngx_scim_lookup_begin(ngx_scim_lookup_t *lookup, ngx_str_t *secret)
{
    ngx_http_request_t   *r;
    ngx_scim_loc_conf_t  *lcf;

    r = lookup->request;

    if (scim_token_check((char *) secret->data, secret->len) != SCIM_OK) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "scim: the token is mistyped or cut");
        lookup->rc = NGX_DECLINED;
        return;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);
    ngx_scim_lookup_name(lookup, secret);

    lookup->rc = ngx_scim_cache_get(ngx_scim_lookup_zone(r), lookup->key,
                                    lcf->tokens->valid, r->pool,
                                    &lookup->token);

    ngx_scim_metrics_token(r, lookup->rc != NGX_AGAIN);

    if (lookup->rc == NGX_AGAIN && ngx_scim_lookup_ask(lookup) != NGX_OK) {
        lookup->rc = NGX_ERROR;
    }
}


/* the same token can be in two databases, and be another in each */

static void
ngx_scim_lookup_name(ngx_scim_lookup_t *lookup, ngx_str_t *secret)
{
    u_char                both[2 * NGX_SCIM_DIGEST_LEN], *digest;
    ngx_scim_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(lookup->request, ngx_scim_module);
    digest = lookup->token.digest;

    ngx_scim_digest(secret->data, secret->len, digest);
    (void) ngx_hex_dump(lookup->hex, digest, NGX_SCIM_DIGEST_LEN);
    lookup->digest.data = lookup->hex;
    lookup->digest.len = sizeof(lookup->hex);

    ngx_memcpy(both, lcf->server->id, NGX_SCIM_DIGEST_LEN);
    ngx_memcpy(both + NGX_SCIM_DIGEST_LEN, digest, NGX_SCIM_DIGEST_LEN);
    ngx_scim_digest(both, sizeof(both), lookup->key);
}


static ngx_int_t
ngx_scim_lookup_ask(ngx_scim_lookup_t *lookup)
{
    ngx_http_cleanup_t   *cln;
    ngx_scim_ctx_t       *ctx;
    ngx_http_request_t   *r;
    ngx_scim_loc_conf_t  *lcf;

    static ngx_str_t  none = ngx_null_string;

    r = lookup->request;
    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    ngx_scim_store_init(&lookup->store, r->pool, r->connection->log,
                        lcf->server->link, &none);

    ctx = ngx_http_get_module_ctx(r, ngx_scim_module);
    lookup->store.clock = &ctx->clock;

    lookup->asked = ngx_current_msec;

    if (ngx_scim_token_read(&lookup->store, &lookup->digest, &lookup->record,
                            ngx_scim_lookup_done, lookup)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    cln->handler = ngx_scim_lookup_abort;
    cln->data = lookup;
    lookup->cleanup = &cln->handler;

    r->write_event_handler = ngx_http_request_empty_handler;
    ngx_scim_watch_client(r);

    return NGX_OK;
}


static void
ngx_scim_lookup_abort(void *data)
{
    ngx_scim_lookup_t *lookup = data;

    ngx_scim_store_detach(&lookup->store);
}


static void
ngx_scim_lookup_done(void *data, ngx_scim_result_e result)
{
    ngx_scim_lookup_t *lookup = data;

    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = lookup->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    *lookup->cleanup = NULL;
    lookup->rc = ngx_scim_lookup_result(lookup, result);

    if (lookup->rc == NGX_OK || lookup->rc == NGX_DECLINED) {
        ngx_scim_cache_put(ngx_scim_lookup_zone(r), lookup->key, lookup->asked,
                           lookup->rc == NGX_OK ? &lookup->token : NULL);
    }

    lookup->resume(r);

    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_scim_lookup_result(ngx_scim_lookup_t *lookup, ngx_scim_result_e result)
{
    switch (result) {

    case NGX_SCIM_STORE_OK:
        break;

    case NGX_SCIM_STORE_NOT_FOUND:
        return NGX_DECLINED;

    case NGX_SCIM_STORE_UNAVAILABLE:
        return NGX_BUSY;

    default:
        return NGX_ERROR;
    }

    if (ngx_scim_lookup_read(lookup) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, lookup->request->connection->log, 0,
                      "scim: \"scim:token:%*s...\" in redis is no token: it "
                      "needs \"tenant\", \"name\" and \"scope\", and a time "
                      "as \"expires\" if it has one", (size_t) 12,
                      lookup->hex);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* a record that is not understood grants no access */

static ngx_int_t
ngx_scim_lookup_read(ngx_scim_lookup_t *lookup)
{
    time_t                    used;
    ngx_scim_token_t         *token;
    ngx_scim_token_record_t  *record;

    token = &lookup->token;
    record = &lookup->record;

    if (ngx_scim_tokens_name(&record->tenant) != NGX_OK
        || ngx_scim_tokens_name(&record->name) != NGX_OK
        || ngx_scim_tokens_scope(&record->scope) == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    token->tenant = record->tenant;
    token->name = record->name;
    token->read_only = ngx_scim_tokens_scope(&record->scope);

    used = ngx_scim_time_parse(&record->used);
    token->last_use = used == NGX_ERROR ? 0 : used;

    if (record->expires.data == NULL) {
        return NGX_OK;
    }

    token->expiry = ngx_scim_time_parse(&record->expires);

    return token->expiry == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


void
ngx_scim_lookup_used(ngx_http_request_t *r, ngx_scim_ctx_t *ctx)
{
    u_char                text[NGX_SCIM_TIME_LEN];
    time_t                now;
    ngx_str_t             when;
    ngx_scim_lookup_t    *lookup;
    ngx_scim_loc_conf_t  *lcf;

    lookup = ctx->lookup;
    now = ngx_time();

    if (now - lookup->token.last_use < NGX_SCIM_USE_INTERVAL
        || !ngx_scim_cache_use(ngx_scim_lookup_zone(r), lookup->key, now,
                               NGX_SCIM_USE_INTERVAL))
    {
        return;
    }

    when.data = text;
    when.len = ngx_scim_time_print(text, now) - text;

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    ngx_scim_token_used(lcf->server->link, ngx_cycle->log, &lookup->digest,
                        &when);
}


static ngx_scim_zone_t *
ngx_scim_lookup_zone(ngx_http_request_t *r)
{
    ngx_scim_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_scim_module);

    return &mcf->zone;
}
