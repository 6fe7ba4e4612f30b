/*
 * scim_status: a location for operators, which shows all tenants of a Redis
 * server and what there is of each, as a page for people or as JSON.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "http/status/ngx_scim_status.h"
#include "base/ngx_scim_str.h"
#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_org.h"
#include "store/org/ngx_scim_log_read.h"
#include "http/core/ngx_scim_conf.h"
#include "http/core/ngx_scim_text.h"
#include "http/core/ngx_scim_wait.h"
#include "http/auth/ngx_scim_token_file.h"
#include "http/api/ngx_scim_response.h"
#include "http/monitor/ngx_scim_cycles.h"
#include "http/status/ngx_scim_html.h"
#include "http/status/ngx_scim_status_ctx.h"
#include "http/status/ngx_scim_status_html.h"
#include "http/status/ngx_scim_status_json.h"


#define NGX_SCIM_STATUS_SEARCH  256


static ngx_int_t ngx_scim_status_handler(ngx_http_request_t *r);
static const ngx_scim_status_error_t *ngx_scim_status_parse(
    ngx_scim_status_t *st);
static ngx_int_t ngx_scim_status_here(ngx_http_request_t *r);
static ngx_int_t ngx_scim_status_arg(ngx_http_request_t *r, const char *name,
    ngx_str_t *value);
static ngx_uint_t ngx_scim_status_is_key(ngx_str_t *text);
static const ngx_scim_status_error_t *ngx_scim_status_start(
    ngx_scim_status_t *st);
static void ngx_scim_status_abort(void *data);
static ngx_int_t ngx_scim_status_begin_all(ngx_scim_status_t *st);
static void ngx_scim_status_have_names(void *data, ngx_scim_result_e result);
static ngx_int_t ngx_scim_status_sort(ngx_scim_status_t *st);
static int ngx_libc_cdecl ngx_scim_status_cmp(const void *one,
    const void *two);
static ngx_uint_t ngx_scim_status_shows(ngx_scim_status_t *st,
    ngx_str_t *name);
static ngx_int_t ngx_scim_status_begin_one(ngx_scim_status_t *st);
static void ngx_scim_status_have_org(void *data, ngx_scim_result_e result);
static void ngx_scim_status_have_log(void *data, ngx_scim_result_e result);
static ngx_uint_t ngx_scim_status_exists(ngx_scim_status_t *st);
static void ngx_scim_status_have_all(void *data, ngx_scim_result_e result);
static const ngx_scim_status_error_t *ngx_scim_status_result(
    ngx_scim_result_e result);
static void ngx_scim_status_end(ngx_scim_status_t *st,
    const ngx_scim_status_error_t *err);
static ngx_int_t ngx_scim_status_answer(ngx_scim_status_t *st,
    const ngx_scim_status_error_t *err);
static ngx_int_t ngx_scim_status_headers(ngx_scim_status_t *st,
    ngx_uint_t status);


static const ngx_scim_status_error_t  ngx_scim_status_not_here = {
    NGX_HTTP_NOT_FOUND, "Not found", "There is no such page"
};

static const ngx_scim_status_error_t  ngx_scim_status_no_org = {
    NGX_HTTP_NOT_FOUND, "Not found", "There is no such organization"
};

static const ngx_scim_status_error_t  ngx_scim_status_bad_page = {
    NGX_HTTP_BAD_REQUEST, "Bad request", "\"page\" must be a number from 1 on"
};

static const ngx_scim_status_error_t  ngx_scim_status_bad_before = {
    NGX_HTTP_BAD_REQUEST, "Bad request",
    "\"before\" must be the key of an entry"
};

static const ngx_scim_status_error_t  ngx_scim_status_bad_search = {
    NGX_HTTP_BAD_REQUEST, "Bad request", "\"search\" is too long"
};

static const ngx_scim_status_error_t  ngx_scim_status_bad_method = {
    NGX_HTTP_NOT_ALLOWED, "Method not allowed",
    "The method must be GET or HEAD"
};

static const ngx_scim_status_error_t  ngx_scim_status_unavailable = {
    NGX_HTTP_SERVICE_UNAVAILABLE, "Redis is away",
    "The directory is not available at the moment, try again later"
};

static const ngx_scim_status_error_t  ngx_scim_status_broken = {
    NGX_HTTP_INTERNAL_SERVER_ERROR, "Error",
    "The server has met an unexpected condition"
};


char *
ngx_scim_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_loc_conf_t *lcf = conf;

    ngx_scim_main_conf_t      *mcf;
    ngx_http_core_loc_conf_t  *clcf;

    (void) cmd;

    if (lcf->status != NULL) {
        return "is duplicate";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler != NULL) {
        return "needs a location of its own";
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_scim_module);

    lcf->status = ngx_scim_status_handler;
#if (NGX_PCRE)
    lcf->regex = clcf->regex;
#endif
    clcf->handler = ngx_scim_status_handler;

    if (mcf->policy.data == NULL) {
        mcf->policy = ngx_scim_status_policy(cf->pool);
    }

    return mcf->policy.data ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_scim_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_scim_status_t              *st;
    const ngx_scim_status_error_t  *err;

    st = ngx_pcalloc(r->pool, sizeof(ngx_scim_status_t));
    if (st == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    st->request = r;
    st->kind = ngx_scim_asks_for(r, "text/html") == NGX_OK
               && ngx_scim_asks_for(r, "application/json") != NGX_OK
               ? NGX_SCIM_TEXT_HTML : NGX_SCIM_TEXT_JSON;

    err = ngx_scim_status_parse(st);

    if (err == NULL) {
        err = ngx_scim_status_start(st);
    }

    if (err != NULL) {
        return ngx_scim_status_answer(st, err);
    }

    r->main->count++;

    return NGX_DONE;
}


static const ngx_scim_status_error_t *
ngx_scim_status_parse(ngx_scim_status_t *st)
{
    ngx_str_t            page, failed;
    ngx_http_request_t  *r;

    r = st->request;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return &ngx_scim_status_bad_method;
    }

    if (ngx_scim_status_here(r) != NGX_OK) {
        return &ngx_scim_status_not_here;
    }

    if (ngx_scim_status_arg(r, "org", &st->name) != NGX_OK
        || ngx_scim_status_arg(r, "search", &st->search) != NGX_OK
        || ngx_scim_status_arg(r, "page", &page) != NGX_OK
        || ngx_scim_status_arg(r, "before", &st->log.before) != NGX_OK
        || ngx_scim_status_arg(r, "failed", &failed) != NGX_OK)
    {
        return &ngx_scim_status_broken;
    }

    if (st->name.len && ngx_scim_tokens_name(&st->name) != NGX_OK) {
        return &ngx_scim_status_no_org;
    }

    if (st->search.len > NGX_SCIM_STATUS_SEARCH) {
        return &ngx_scim_status_bad_search;
    }

    if (!ngx_scim_status_is_key(&st->log.before)) {
        return &ngx_scim_status_bad_before;
    }

    st->page = page.len ? (ngx_uint_t) ngx_atoi(page.data, page.len) : 1;

    if (st->page == 0 || st->page == (ngx_uint_t) NGX_ERROR) {
        return &ngx_scim_status_bad_page;
    }

    st->log.failed = (failed.len > 0);
    st->log.text = st->search;
    st->log.count = NGX_SCIM_STATUS_RECORDS;

    return NULL;
}


/*
 * Returns NGX_OK if the URL is that of the location, because nothing below it
 * is a page.
 */

static ngx_int_t
ngx_scim_status_here(ngx_http_request_t *r)
{
    ngx_http_core_loc_conf_t  *clcf;

#if (NGX_PCRE)
    ngx_scim_loc_conf_t       *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    if (lcf->regex != NULL) {
        return NGX_OK;
    }
#endif

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    return r->uri.len == clcf->name.len ? NGX_OK : NGX_DECLINED;
}


/*
 * Reads a value as a form sends it, decoded, ended by NUL; empty if there is
 * none.
 */

static ngx_int_t
ngx_scim_status_arg(ngx_http_request_t *r, const char *name, ngx_str_t *value)
{
    size_t      i;
    u_char     *src, *dst;
    ngx_str_t   text;

    ngx_str_null(value);

    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), &text) != NGX_OK) {
        return NGX_OK;
    }

    *value = ngx_scim_cstring(r->pool, text.data, text.len);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < value->len; i++) {
        if (value->data[i] == '+') {
            value->data[i] = ' ';
        }
    }

    src = dst = value->data;
    ngx_unescape_uri(&dst, &src, value->len, 0);

    *dst = '\0';
    value->len = ngx_strlen(value->data);

    return NGX_OK;
}


/* Returns 1 for a key as Redis makes them, two numbers, or an empty one. */

static ngx_uint_t
ngx_scim_status_is_key(ngx_str_t *text)
{
    size_t   ms, n;
    char    *p;

    if (text->len == 0) {
        return 1;
    }

    p = (char *) text->data;
    ms = strspn(p, "0123456789");

    if (ms == 0 || ms > 15 || p[ms] != '-') {
        return 0;
    }

    n = strspn(p + ms + 1, "0123456789");

    return n > 0 && n <= 15 && ms + 1 + n == text->len;
}


static const ngx_scim_status_error_t *
ngx_scim_status_start(ngx_scim_status_t *st)
{
    ngx_http_cleanup_t   *cln;
    ngx_http_request_t   *r;
    ngx_scim_loc_conf_t  *lcf;

    r = st->request;
    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return &ngx_scim_status_broken;
    }

    ngx_scim_store_init(&st->store, r->pool, r->connection->log,
                        lcf->server->link, &st->name);

    if ((st->name.len ? ngx_scim_status_begin_one(st)
                      : ngx_scim_status_begin_all(st))
        != NGX_OK)
    {
        return &ngx_scim_status_broken;
    }

    cln->handler = ngx_scim_status_abort;
    cln->data = st;
    st->cleanup = &cln->handler;

    ngx_scim_watch_client(r);

    return NULL;
}


static void
ngx_scim_status_abort(void *data)
{
    ngx_scim_status_t *st = data;

    ngx_scim_store_detach(&st->store);
}


static ngx_int_t
ngx_scim_status_begin_all(ngx_scim_status_t *st)
{
    if (ngx_array_init(&st->names, st->request->pool, NGX_SCIM_STATUS_ORGS,
                       sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_scim_admin_tenants(&st->store, &st->names,
                                  ngx_scim_status_have_names, st);
}


static void
ngx_scim_status_have_names(void *data, ngx_scim_result_e result)
{
    ngx_scim_status_t *st = data;

    ngx_str_t   *names;
    ngx_uint_t   i, first;

    if (result != NGX_SCIM_STORE_OK || ngx_scim_status_sort(st) != NGX_OK) {
        ngx_scim_status_end(st, result == NGX_SCIM_STORE_OK
                                ? &ngx_scim_status_broken
                                : ngx_scim_status_result(result));
        return;
    }

    first = ngx_min(st->page - 1, st->pages) * NGX_SCIM_STATUS_ORGS;
    st->norgs = first < st->names.nelts
                ? ngx_min(st->names.nelts - first, NGX_SCIM_STATUS_ORGS) : 0;

    if (st->norgs == 0) {
        ngx_scim_status_end(st, NULL);
        return;
    }

    st->orgs = ngx_pcalloc(st->request->pool,
                           st->norgs * sizeof(ngx_scim_org_t));

    if (st->orgs == NULL) {
        ngx_scim_status_end(st, &ngx_scim_status_broken);
        return;
    }

    names = st->names.elts;

    for (i = 0; i < st->norgs; i++) {
        st->orgs[i].name = names[first + i];
    }

    if (ngx_scim_admin_read(&st->store, st->orgs, st->norgs, 1,
                            ngx_scim_status_have_all, st)
        != NGX_OK)
    {
        ngx_scim_status_end(st, &ngx_scim_status_broken);
    }
}


/* Finds the names that match, each once, in order. */

static ngx_int_t
ngx_scim_status_sort(ngx_scim_status_t *st)
{
    ngx_str_t             *name;
    ngx_uint_t             i, n;
    ngx_scim_loc_conf_t   *lcf;
    ngx_scim_main_conf_t  *mcf;

    lcf = ngx_http_get_module_loc_conf(st->request, ngx_scim_module);
    mcf = ngx_http_get_module_main_conf(st->request, ngx_scim_module);

    if (ngx_scim_cycles_tenants(&mcf->zone, lcf->server->id, &st->names)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    name = st->names.elts;
    ngx_qsort(name, st->names.nelts, sizeof(ngx_str_t), ngx_scim_status_cmp);

    n = 0;

    for (i = 0; i < st->names.nelts; i++) {
        if (ngx_scim_status_shows(st, &name[i])
            && (n == 0 || ngx_scim_status_cmp(&name[n - 1], &name[i]) != 0))
        {
            name[n++] = name[i];
        }
    }

    st->names.nelts = n;
    st->pages = (n + NGX_SCIM_STATUS_ORGS - 1) / NGX_SCIM_STATUS_ORGS;

    return NGX_OK;
}


static int ngx_libc_cdecl
ngx_scim_status_cmp(const void *one, const void *two)
{
    const ngx_str_t *a = one;
    const ngx_str_t *b = two;

    return (int) ngx_memn2cmp(a->data, b->data, a->len, b->len);
}


static ngx_uint_t
ngx_scim_status_shows(ngx_scim_status_t *st, ngx_str_t *name)
{
    if (ngx_scim_tokens_name(name) != NGX_OK) {
        return 0;
    }

    return st->search.len == 0
           || ngx_strcasestrn(name->data, (char *) st->search.data,
                              st->search.len - 1)
              != NULL;
}


static ngx_int_t
ngx_scim_status_begin_one(ngx_scim_status_t *st)
{
    st->orgs = ngx_pcalloc(st->request->pool, sizeof(ngx_scim_org_t));
    if (st->orgs == NULL) {
        return NGX_ERROR;
    }

    st->norgs = 1;
    st->orgs->name = st->name;

    return ngx_scim_admin_read_whole(&st->store, st->orgs,
                                     NGX_SCIM_STATUS_CYCLES,
                                     ngx_scim_status_have_org, st);
}


static void
ngx_scim_status_have_org(void *data, ngx_scim_result_e result)
{
    ngx_scim_status_t *st = data;

    if (result != NGX_SCIM_STORE_OK) {
        ngx_scim_status_end(st, ngx_scim_status_result(result));
        return;
    }

    if (ngx_scim_log_read(&st->store, &st->log, ngx_scim_status_have_log, st)
        != NGX_OK)
    {
        ngx_scim_status_end(st, &ngx_scim_status_broken);
    }
}


static void
ngx_scim_status_have_log(void *data, ngx_scim_result_e result)
{
    ngx_scim_status_t *st = data;

    if (result == NGX_SCIM_STORE_OK && !ngx_scim_status_exists(st)) {
        ngx_scim_status_end(st, &ngx_scim_status_no_org);
        return;
    }

    ngx_scim_status_have_all(data, result);
}


/* an organization that is not listed exists if it has left something */

static ngx_uint_t
ngx_scim_status_exists(ngx_scim_status_t *st)
{
    ngx_scim_org_t  *org;

    org = st->orgs;

    return org->listed || org->users || org->groups || org->cycle.count.last
           || org->tokens.nelts || st->log.scanned;
}


static void
ngx_scim_status_have_all(void *data, ngx_scim_result_e result)
{
    ngx_scim_status_end(data, result == NGX_SCIM_STORE_OK
                              ? NULL : ngx_scim_status_result(result));
}


static const ngx_scim_status_error_t *
ngx_scim_status_result(ngx_scim_result_e result)
{
    return result == NGX_SCIM_STORE_UNAVAILABLE
           ? &ngx_scim_status_unavailable : &ngx_scim_status_broken;
}


/* Ends a request for which the store was asked. */

static void
ngx_scim_status_end(ngx_scim_status_t *st, const ngx_scim_status_error_t *err)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = st->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    *st->cleanup = NULL;

    ngx_http_finalize_request(r, ngx_scim_status_answer(st, err));
    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_scim_status_answer(ngx_scim_status_t *st,
    const ngx_scim_status_error_t *err)
{
    ngx_str_t             type, body;
    ngx_uint_t            status;
    ngx_scim_text_t       text;

    static ngx_str_t  types[] = {
        [NGX_SCIM_TEXT_JSON] = ngx_string("application/json"),
        [NGX_SCIM_TEXT_HTML] = ngx_string("text/html; charset=utf-8")
    };

    ngx_scim_text_init(&text, st->request->pool, st->kind);

    if (err == NULL) {
        (st->kind == NGX_SCIM_TEXT_HTML ? ngx_scim_status_html
                                        : ngx_scim_status_json)(st, &text);
    } else {
        (st->kind == NGX_SCIM_TEXT_HTML
         ? ngx_scim_status_html_error
         : ngx_scim_status_json_error)(err, &text);
    }

    status = err ? err->status : NGX_HTTP_OK;

    if (text.failed || ngx_scim_status_headers(st, status) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    type = types[st->kind];
    body.data = text.data;
    body.len = text.len;

    return ngx_scim_send_text(st->request, status, &type, &body);
}


static ngx_int_t
ngx_scim_status_headers(ngx_scim_status_t *st, ngx_uint_t status)
{
    ngx_str_t              value;
    ngx_uint_t             i;
    ngx_scim_main_conf_t  *mcf;

    static const struct {
        ngx_uint_t   status;            /* 0: of any */
        const char  *name;
        const char  *value;
    } headers[] = {
        { 0, "Cache-Control", "no-store" },
        { 0, "Vary", "Accept" },
        { 0, "X-Frame-Options", "DENY" },
        { 0, "Referrer-Policy", "no-referrer" },
        { NGX_HTTP_NOT_ALLOWED, "Allow", "GET, HEAD" },
        { NGX_HTTP_SERVICE_UNAVAILABLE, "Retry-After", "2" },
        { 0, NULL, NULL }
    };

    mcf = ngx_http_get_module_main_conf(st->request, ngx_scim_module);

    for (i = 0; headers[i].name; i++) {
        if (headers[i].status != 0 && headers[i].status != status) {
            continue;
        }

        value.data = (u_char *) headers[i].value;
        value.len = ngx_strlen(value.data);

        if (ngx_scim_add_header(st->request, headers[i].name, &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_scim_add_header(st->request, "Content-Security-Policy",
                               &mcf->policy);
}
