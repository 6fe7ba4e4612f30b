/*
 * Metrics in the text format of Prometheus, version 0.0.4.
 */

#include "http/monitor/ngx_scim_metrics.h"
#include "http/core/ngx_scim_conf.h"
#include "http/core/ngx_scim_request.h"
#include "http/core/ngx_scim_zone.h"
#include "http/api/ngx_scim_response.h"
#include "http/api/ngx_scim_route.h"
#include "http/gate/ngx_scim_gate_known.h"
#include "ngx_scim_version.h"
#include "store/link/ngx_scim_server.h"


#define NGX_SCIM_METRICS_TYPE  "text/plain; version=0.0.4; charset=utf-8"
#define NGX_SCIM_METRICS_SIZE  (128 * 1024)


typedef struct {
    const char   *name;
    const char   *label;        /* with braces, or "" */
    const char   *help;         /* NULL: as the one before */
    ngx_uint_t    offset;
} ngx_scim_counter_t;


static ngx_uint_t ngx_scim_metrics_operation(ngx_http_request_t *r);
static ngx_uint_t ngx_scim_metrics_status(ngx_http_request_t *r);
static ngx_scim_metrics_t *ngx_scim_metrics_get(ngx_http_request_t *r);
static ngx_int_t ngx_scim_metrics_show(ngx_http_request_t *r);
static u_char *ngx_scim_metrics_build(u_char *p, u_char *last);
static u_char *ngx_scim_metrics_requests(u_char *p, u_char *last,
    ngx_scim_metrics_t *m);
static u_char *ngx_scim_metrics_durations(u_char *p, u_char *last,
    ngx_scim_metrics_t *m);
static u_char *ngx_scim_metrics_histogram(u_char *p, u_char *last,
    ngx_scim_metrics_t *m, ngx_uint_t op);
static u_char *ngx_scim_metrics_counters(u_char *p, u_char *last,
    ngx_scim_metrics_t *m);


/* names of ngx_scim_describe(); the last one stands for all others */

static const char  *ngx_scim_metrics_operations[NGX_SCIM_METRICS_OPERATIONS] = {
    "get", "list", "search", "create", "replace", "patch", "delete", "bulk",
    "me", "config", "types", "schemas", "other"
};

static const ngx_uint_t  ngx_scim_metrics_statuses[NGX_SCIM_METRICS_STATUSES] =
{
    200, 201, 204, 304, 400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 429,
    499, 500, 501, 503, 0
};

/* upper bounds in milliseconds; the last bucket has none */

static const ngx_uint_t  ngx_scim_metrics_bounds[NGX_SCIM_METRICS_BUCKETS - 1] =
{
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000
};

static const ngx_scim_counter_t  ngx_scim_metrics_list[] = {

    { "scim_changes_total", "{change=\"create\"}",
      "Resources created, updated, disabled and deleted.",
      offsetof(ngx_scim_metrics_t, created) },
    { "scim_changes_total", "{change=\"update\"}", NULL,
      offsetof(ngx_scim_metrics_t, updated) },
    { "scim_changes_total", "{change=\"disable\"}", NULL,
      offsetof(ngx_scim_metrics_t, disabled) },
    { "scim_changes_total", "{change=\"delete\"}", NULL,
      offsetof(ngx_scim_metrics_t, deleted) },
    { "scim_limit_changes_total", "{limit=\"near\"}",
      "Changes that added to four fifths of a limit, and those refused by one.",
      offsetof(ngx_scim_metrics_t, near) },
    { "scim_limit_changes_total", "{limit=\"reached\"}", NULL,
      offsetof(ngx_scim_metrics_t, refused) },
    { "scim_failures_total", "",
      "Operations that failed, each one of a bulk included.",
      offsetof(ngx_scim_metrics_t, failed) },
    { "scim_token_lookups_total", "{found_in=\"memory\"}",
      "Tokens looked up, in the shared memory or in Redis.",
      offsetof(ngx_scim_metrics_t, token_hits) },
    { "scim_token_lookups_total", "{found_in=\"redis\"}", NULL,
      offsetof(ngx_scim_metrics_t, token_misses) },
    { "scim_redis_round_trips_total", "",
      "Times that Redis was asked, by one command or several at once.",
      offsetof(ngx_scim_metrics_t, redis.round_trips) },
    { "scim_redis_commands_total", "",
      "Commands sent to Redis.",
      offsetof(ngx_scim_metrics_t, redis.commands) },
    { "scim_redis_parked_commands_total", "",
      "Commands that waited for a connection.",
      offsetof(ngx_scim_metrics_t, redis.parked) },
    { "scim_redis_queued_commands_total", "",
      "Commands that waited for the turn of their organization.",
      offsetof(ngx_scim_metrics_t, redis.queued) },
    { "scim_redis_queue_overflows_total", "",
      "Commands that a full queue did not take.",
      offsetof(ngx_scim_metrics_t, redis.overflows) },
    { "scim_redis_errors_total", "{error=\"refused\"}",
      "Commands that Redis refused, and commands that it did not answer.",
      offsetof(ngx_scim_metrics_t, redis.refused) },
    { "scim_redis_errors_total", "{error=\"unanswered\"}", NULL,
      offsetof(ngx_scim_metrics_t, redis.unanswered) },
    { "scim_redis_connects_total", "",
      "Connections to Redis that came about, of all workers.",
      offsetof(ngx_scim_metrics_t, redis.connects) },
    { "scim_redis_disconnects_total", "",
      "Connections to Redis that were lost or did not come about.",
      offsetof(ngx_scim_metrics_t, redis.disconnects) },
    { NULL, NULL, NULL, 0 }
};


char *
ngx_scim_metrics(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_main_conf_t *mcf = conf;

    ngx_scim_loc_conf_t       *lcf;
    ngx_http_core_loc_conf_t  *clcf;

    (void) cmd;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler == ngx_scim_metrics_show) {
        return "is duplicate";
    }

    if (clcf->handler != NULL) {
        return "needs a location of its own";
    }

    lcf = ngx_http_conf_get_module_loc_conf(cf, ngx_scim_module);
    lcf->metrics = ngx_scim_metrics_show;
    clcf->handler = lcf->metrics;

    mcf->metrics = 1;
    mcf->zone.needed = 1;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_scim_metrics_handler(ngx_http_request_t *r)
{
    ngx_msec_t             ms;
    ngx_uint_t             op, i;
    ngx_scim_ctx_t        *ctx;
    ngx_scim_metrics_t    *m;
    ngx_scim_loc_conf_t   *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);
    m = ngx_scim_metrics_get(r);

    if (!lcf->enable || m == NULL) {
        return NGX_OK;
    }

    ms = ngx_scim_elapsed(r);
    op = ngx_scim_metrics_operation(r);

    (void) ngx_atomic_fetch_add(&m->requests[op][ngx_scim_metrics_status(r)],
                                1);

    for (i = 0; i < NGX_SCIM_METRICS_BUCKETS - 1; i++) {
        if (ms <= ngx_scim_metrics_bounds[i]) {
            break;
        }
    }

    (void) ngx_atomic_fetch_add(&m->buckets[op][i], 1);
    (void) ngx_atomic_fetch_add(&m->ms[op], ms);

    ctx = ngx_http_get_module_ctx(r, ngx_scim_module);

    if (ctx != NULL) {
        (void) ngx_atomic_fetch_add(&m->store_ms, ctx->clock.spent);
        (void) ngx_atomic_fetch_add(&m->created, ctx->tally.created);
        (void) ngx_atomic_fetch_add(&m->updated, ctx->tally.updated);
        (void) ngx_atomic_fetch_add(&m->disabled, ctx->tally.disabled);
        (void) ngx_atomic_fetch_add(&m->deleted, ctx->tally.deleted);
        (void) ngx_atomic_fetch_add(&m->near, ctx->tally.near);
        (void) ngx_atomic_fetch_add(&m->refused, ctx->tally.refused);
        (void) ngx_atomic_fetch_add(&m->failed, ctx->tally.failed);
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_scim_metrics_operation(ngx_http_request_t *r)
{
    ngx_uint_t         i;
    ngx_scim_target_t  target;

    ngx_scim_describe(r, &target);

    for (i = 0; i < NGX_SCIM_METRICS_OPERATIONS - 1; i++) {
        if (target.operation.len == ngx_strlen(ngx_scim_metrics_operations[i])
            && ngx_memcmp(target.operation.data,
                          ngx_scim_metrics_operations[i],
                          target.operation.len)
               == 0)
        {
            break;
        }
    }

    return i;
}


static ngx_uint_t
ngx_scim_metrics_status(ngx_http_request_t *r)
{
    ngx_uint_t  i, status;

    status = r->err_status ? r->err_status : r->headers_out.status;

    for (i = 0; i < NGX_SCIM_METRICS_STATUSES - 1; i++) {
        if (status == ngx_scim_metrics_statuses[i]) {
            break;
        }
    }

    return i;
}


void
ngx_scim_metrics_token(ngx_http_request_t *r, ngx_uint_t hit)
{
    ngx_scim_metrics_t  *m;

    m = ngx_scim_metrics_get(r);

    if (m != NULL) {
        (void) ngx_atomic_fetch_add(hit ? &m->token_hits : &m->token_misses,
                                    1);
    }
}


ngx_scim_counters_t *
ngx_scim_metrics_redis(ngx_scim_main_conf_t *mcf)
{
    ngx_scim_metrics_t  *m;

    if (!mcf->metrics) {
        return NULL;
    }

    m = ngx_scim_zone_part(&mcf->zone, NGX_SCIM_ZONE_METRICS);

    return &m->redis;
}


/* NULL: nothing is to be counted */

static ngx_scim_metrics_t *
ngx_scim_metrics_get(ngx_http_request_t *r)
{
    ngx_scim_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_scim_module);

    return mcf->metrics ? ngx_scim_zone_part(&mcf->zone, NGX_SCIM_ZONE_METRICS)
                        : NULL;
}


static ngx_int_t
ngx_scim_metrics_show(ngx_http_request_t *r)
{
    u_char                    *p, *last;
    ngx_str_t                  type, body;
    ngx_scim_metrics_t        *m;
    ngx_scim_main_conf_t      *mcf;
    ngx_scim_gate_counters_t  *gate;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    m = ngx_scim_metrics_get(r);
    p = ngx_pnalloc(r->pool, NGX_SCIM_METRICS_SIZE);

    if (m == NULL || p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    last = p + NGX_SCIM_METRICS_SIZE;

    body.data = p;
    p = ngx_scim_metrics_build(p, last);
    p = ngx_scim_metrics_requests(p, last, m);
    p = ngx_scim_metrics_durations(p, last, m);
    p = ngx_scim_metrics_counters(p, last, m);

    mcf = ngx_http_get_module_main_conf(r, ngx_scim_module);
    gate = ngx_scim_gate_known_counters(&mcf->zone);

    if (gate != NULL) {
        p = ngx_scim_gate_status_print(gate, p, last);
    }

    body.len = p - body.data;

    ngx_str_set(&type, NGX_SCIM_METRICS_TYPE);

    return ngx_scim_send_text(r, NGX_HTTP_OK, &type, &body);
}


static u_char *
ngx_scim_metrics_build(u_char *p, u_char *last)
{
    return ngx_slprintf(p, last,
                        "# HELP scim_build_info The versions of the module and "
                        "of the nginx it was built for.\n"
                        "# TYPE scim_build_info gauge\n"
                        "scim_build_info{version=\"" NGX_SCIM_VERSION "\","
                        "nginx=\"" NGINX_VERSION "\"} 1\n");
}


/* counters that are still 0 have no line */

static u_char *
ngx_scim_metrics_requests(u_char *p, u_char *last, ngx_scim_metrics_t *m)
{
    ngx_uint_t  op, i, n;

    p = ngx_slprintf(p, last,
                     "# HELP scim_requests_total Requests, by what they ask "
                     "for and the status of the answer.\n"
                     "# TYPE scim_requests_total counter\n");

    for (op = 0; op < NGX_SCIM_METRICS_OPERATIONS; op++) {
        for (i = 0; i < NGX_SCIM_METRICS_STATUSES; i++) {
            n = m->requests[op][i];

            if (n == 0) {
                continue;
            }

            p = ngx_slprintf(p, last, "scim_requests_total{operation=\"%s\","
                             "status=\"", ngx_scim_metrics_operations[op]);
            p = ngx_scim_metrics_statuses[i]
                ? ngx_slprintf(p, last, "%ui", ngx_scim_metrics_statuses[i])
                : ngx_slprintf(p, last, "other");
            p = ngx_slprintf(p, last, "\"} %ui\n", n);
        }
    }

    return p;
}


static u_char *
ngx_scim_metrics_durations(u_char *p, u_char *last, ngx_scim_metrics_t *m)
{
    ngx_uint_t  op, ms;

    p = ngx_slprintf(p, last,
                     "# HELP scim_request_duration_seconds How long requests "
                     "took, by what they ask for.\n"
                     "# TYPE scim_request_duration_seconds histogram\n");

    for (op = 0; op < NGX_SCIM_METRICS_OPERATIONS; op++) {
        p = ngx_scim_metrics_histogram(p, last, m, op);
    }

    ms = m->store_ms;

    return ngx_slprintf(p, last,
                        "# HELP scim_store_wait_seconds_total How long "
                        "requests waited for Redis.\n"
                        "# TYPE scim_store_wait_seconds_total counter\n"
                        "scim_store_wait_seconds_total %ui.%03ui\n",
                        ms / 1000, ms % 1000);
}


static u_char *
ngx_scim_metrics_histogram(u_char *p, u_char *last, ngx_scim_metrics_t *m,
    ngx_uint_t op)
{
    ngx_uint_t    i, n, ms;
    const char   *name;
    ngx_uint_t    counts[NGX_SCIM_METRICS_BUCKETS];

    n = 0;
    name = ngx_scim_metrics_operations[op];

    for (i = 0; i < NGX_SCIM_METRICS_BUCKETS; i++) {
        n += m->buckets[op][i];
        counts[i] = n;
    }

    if (n == 0) {
        return p;
    }

    for (i = 0; i < NGX_SCIM_METRICS_BUCKETS - 1; i++) {
        p = ngx_slprintf(p, last,
                         "scim_request_duration_seconds_bucket"
                         "{operation=\"%s\",le=\"%ui.%03ui\"} %ui\n", name,
                         ngx_scim_metrics_bounds[i] / 1000,
                         ngx_scim_metrics_bounds[i] % 1000, counts[i]);
    }

    ms = m->ms[op];

    return ngx_slprintf(p, last,
                        "scim_request_duration_seconds_bucket"
                        "{operation=\"%s\",le=\"+Inf\"} %ui\n"
                        "scim_request_duration_seconds_sum"
                        "{operation=\"%s\"} %ui.%03ui\n"
                        "scim_request_duration_seconds_count"
                        "{operation=\"%s\"} %ui\n",
                        name, n, name, ms / 1000, ms % 1000, name, n);
}


static u_char *
ngx_scim_metrics_counters(u_char *p, u_char *last, ngx_scim_metrics_t *m)
{
    ngx_atomic_t              *n;
    const ngx_scim_counter_t  *c;

    for (c = ngx_scim_metrics_list; c->name; c++) {
        if (c->help != NULL) {
            p = ngx_slprintf(p, last, "# HELP %s %s\n# TYPE %s counter\n",
                             c->name, c->help, c->name);
        }

        n = (ngx_atomic_t *) ((u_char *) m + c->offset);
        p = ngx_slprintf(p, last, "%s%s %ui\n", c->name, c->label,
                         (ngx_uint_t) *n);
    }

    return p;
}
