/*
 * Responses: the only place that writes a status. What nginx itself answers
 * with an error below a scim location becomes a SCIM error in the filters, and
 * one of OAuth at the token endpoint.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "http/api/ngx_scim_response.h"
#include "base/ngx_scim_alloc.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json_error.h"
#include "scim/token/scim_oauth.h"
#include "scim/token/scim_oauth_print.h"
#include "http/core/ngx_scim_conf.h"
#include "http/core/ngx_scim_request.h"
#include "http/api/ngx_scim_refusal.h"
#include "http/api/ngx_scim_variables.h"


#define NGX_SCIM_JSON       "application/scim+json"
#define NGX_SCIM_PLAIN_JSON "application/json"

#define NGX_SCIM_RETRY_AFTER  "2"


typedef struct {
    ngx_uint_t    status;
    const char   *detail;
} ngx_scim_reason_t;


static ngx_int_t ngx_scim_send_body(ngx_http_request_t *r, ngx_str_t *body,
    ngx_uint_t partial);
static ngx_int_t ngx_scim_send_headers(ngx_http_request_t *r,
    ngx_scim_response_t *response);
static ngx_int_t ngx_scim_retry_after(ngx_http_request_t *r);
static ngx_int_t ngx_scim_no_sniffing(ngx_http_request_t *r);
static ngx_int_t ngx_scim_no_store(ngx_http_request_t *r);
static ngx_int_t ngx_scim_error_body(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx, ngx_uint_t status, scim_type_e type,
    const char *detail, ngx_str_t *body);
static ngx_int_t ngx_scim_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_scim_replace_error(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx);
static ngx_int_t ngx_scim_body_filter(ngx_http_request_t *r, ngx_chain_t *in);
static ngx_int_t ngx_scim_replace_oauth_error(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx);
static ngx_int_t ngx_scim_replace_page(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx, ngx_str_t *type);
static ngx_uint_t ngx_scim_is_busy(ngx_uint_t status);
static const char *ngx_scim_reason(ngx_uint_t status);
static ngx_int_t ngx_scim_accepts(ngx_str_t *accept, const char *type);
static ngx_int_t ngx_scim_refuses(u_char *p, u_char *end);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;

static const ngx_scim_reason_t  ngx_scim_reasons[] = {
    { 400, "The request is malformed" },
    { 401, "The request needs a bearer token in its Authorization header" },
    { 403, "The request is not allowed" },
    { 404, "There is no such resource" },
    { 405, "The method is not allowed here" },
    { 408, "The request took too long to arrive" },
    { 411, "The request needs a Content-Length header" },
    { 413, "The body is larger than the server accepts" },
    { 414, "The request line is longer than the server accepts" },
    { 429, "Too many requests, try again later" },
    { 494, "The header is larger than the server accepts" },
    { 500, "The server has met an unexpected condition" },
    { 503, "The server is busy, try again later" },
    { 0, "The request could not be carried out" }
};


ngx_int_t
ngx_scim_filter_init(ngx_conf_t *cf)
{
    (void) cf;

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_scim_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_scim_body_filter;

    return NGX_OK;
}


ngx_int_t
ngx_scim_send(ngx_http_request_t *r, ngx_scim_response_t *response)
{
    ngx_scim_ctx_t  *ctx;

    ctx = ngx_scim_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->answered = 1;

    if (ngx_scim_send_headers(r, response) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_scim_send_body(r, &response->body, response->partial);
}


ngx_int_t
ngx_scim_send_json(ngx_http_request_t *r, ngx_uint_t status, ngx_str_t *body)
{
    ngx_str_t  type = ngx_string(NGX_SCIM_PLAIN_JSON);

    return ngx_scim_send_text(r, status, &type, body);
}


ngx_int_t
ngx_scim_send_text(ngx_http_request_t *r, ngx_uint_t status, ngx_str_t *type,
    ngx_str_t *body)
{
    if (ngx_scim_no_sniffing(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* a resource without a version cannot differ from If-Match */

    r->disable_not_modified = 1;

    r->headers_out.status = status;
    r->headers_out.content_length_n = body->len;

    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = strcspn((char *) type->data, ";");
    r->headers_out.content_type_lowcase = NULL;

    return ngx_scim_send_body(r, body, 0);
}


static ngx_int_t
ngx_scim_send_body(ngx_http_request_t *r, ngx_str_t *body, ngx_uint_t partial)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    /* a body that was not read would be taken for the next request */

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        r->keepalive = 0;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = (body->len > 0);
    b->flush = partial;
    b->last_buf = (r == r->main && !partial);
    b->last_in_chain = !partial;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_scim_send_headers(ngx_http_request_t *r, ngx_scim_response_t *response)
{
    ngx_str_t         type;
    ngx_table_elt_t  *etag;

    r->headers_out.status = response->status;

    /* If-Match and the like have been dealt with already */

    r->disable_not_modified = 1;

    if (response->status == NGX_HTTP_NO_CONTENT
        || response->status == NGX_HTTP_NOT_MODIFIED)
    {
        r->header_only = 1;

        /* nginx leaves it out here, and there are clients that look for it */

        (void) ngx_scim_content_type(r, &type);

        if (response->status == NGX_HTTP_NO_CONTENT
            && ngx_scim_add_header(r, "Content-Type", &type) != NGX_OK)
        {
            return NGX_ERROR;
        }

    } else {
        r->headers_out.content_length_n = response->partial
                                          ? -1 : (off_t) response->body.len;

        (void) ngx_scim_content_type(r, &r->headers_out.content_type);
        r->headers_out.content_type_len = r->headers_out.content_type.len;
        r->headers_out.content_type_lowcase = NULL;
    }

    if (response->etag.len) {
        etag = ngx_list_push(&r->headers_out.headers);
        if (etag == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(etag, sizeof(ngx_table_elt_t));
        etag->hash = 1;
        ngx_str_set(&etag->key, "ETag");
        etag->value = response->etag;
        r->headers_out.etag = etag;
    }

    if (response->location.len
        && ngx_scim_add_header(r, "Location", &response->location) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (response->content_location.len
        && ngx_scim_add_header(r, "Content-Location",
                               &response->content_location)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (response->status == NGX_HTTP_SERVICE_UNAVAILABLE) {
        return ngx_scim_retry_after(r);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_retry_after(ngx_http_request_t *r)
{
    ngx_str_t  seconds = ngx_string(NGX_SCIM_RETRY_AFTER);

    return ngx_scim_add_header(r, "Retry-After", &seconds);
}


/* a browser that is led here takes nothing for a page or a script */

static ngx_int_t
ngx_scim_no_sniffing(ngx_http_request_t *r)
{
    ngx_str_t  value = ngx_string("nosniff");

    return ngx_scim_add_header(r, "X-Content-Type-Options", &value);
}


/* people's data: a client may keep it, what is on the way may not */

static ngx_int_t
ngx_scim_no_store(ngx_http_request_t *r)
{
    ngx_str_t  value = ngx_string("no-store");

    return ngx_scim_add_header(r, "Cache-Control", &value);
}


ngx_int_t
ngx_scim_add_header(ngx_http_request_t *r, const char *name, ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));
    h->hash = 1;
    h->key.len = ngx_strlen(name);
    h->key.data = (u_char *) name;
    h->value = *value;

    return NGX_OK;
}


ngx_int_t
ngx_scim_send_error(ngx_http_request_t *r, ngx_uint_t status,
    scim_type_e type, const char *detail)
{
    ngx_scim_ctx_t       *ctx;
    ngx_scim_response_t   response;

    ctx = ngx_scim_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&response, sizeof(ngx_scim_response_t));
    response.status = status;

    if (ngx_scim_error_body(r, ctx, status, type, detail, &response.body)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_scim_send(r, &response);
}


/*
 * The error of a request that has no operation. Requests that were one too many
 * are not logged: the log would be what they wear out.
 */

static ngx_int_t
ngx_scim_error_body(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_uint_t status, scim_type_e type, const char *detail, ngx_str_t *body)
{
    size_t         len;
    ngx_str_t      id;
    scim_alloc_t   alloc;
    scim_error_t  *err, answer;

    err = ngx_palloc(r->pool, sizeof(scim_error_t));
    if (err == NULL) {
        return NGX_ERROR;
    }

    (void) scim_error(err, status, type, "%s", detail);
    ctx->error = err;

    ngx_scim_count_refusal(r, ctx, status);

    if (!ngx_scim_is_busy(status)) {
        ngx_scim_log_refusal(r, ctx, err);
    }

    answer = *err;
    id = ngx_scim_request_id(r);
    scim_error_request(&answer, (char *) id.data, id.len);

    ngx_scim_alloc_init(&alloc, r->pool);
    body->data = (u_char *) scim_error_print(&alloc, &answer, &len);

    if (body->data == NULL) {
        return NGX_ERROR;
    }

    body->len = len;

    return NGX_OK;
}


ngx_str_t
ngx_scim_request_id(void *request)
{
    ngx_http_request_t *r = request;

    ngx_str_t                   id;
    ngx_scim_main_conf_t       *mcf;
    ngx_http_variable_value_t  *v;

    mcf = ngx_http_get_module_main_conf(r, ngx_scim_module);
    v = ngx_http_get_indexed_variable(r, mcf->request_id);

    ngx_str_null(&id);

    if (v != NULL && !v->not_found) {
        id.data = v->data;
        id.len = v->len;
    }

    return id;
}


static ngx_int_t
ngx_scim_header_filter(ngx_http_request_t *r)
{
    ngx_scim_ctx_t       *ctx;
    ngx_scim_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    if (lcf->oauth != NULL && lcf->metadata == NULL && r == r->main
        && ngx_scim_replace_oauth_error(r, ngx_scim_get_ctx(r)) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!lcf->enable || r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    ngx_scim_refresh_variables(r);

    if (ngx_scim_no_sniffing(r) != NGX_OK || ngx_scim_no_store(r) != NGX_OK) {
        return NGX_ERROR;
    }

    if (r->headers_out.status < 400) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_scim_get_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (!ctx->answered && ngx_scim_replace_error(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_scim_replace_error(ngx_http_request_t *r, ngx_scim_ctx_t *ctx)
{
    ngx_str_t     type;
    ngx_uint_t    status;
    const char   *detail;

    status = r->headers_out.status;
    detail = ctx->detail.len ? (char *) ctx->detail.data
                             : ngx_scim_reason(status);

    if (ngx_scim_error_body(r, ctx, status,
                            status == NGX_HTTP_BAD_REQUEST
                            && ctx->detail.len == 0
                            ? SCIM_TYPE_INVALID_SYNTAX : SCIM_TYPE_NONE,
                            detail, &ctx->error_body)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    (void) ngx_scim_content_type(r, &type);

    return ngx_scim_replace_page(r, ctx, &type);
}


/*
 * RFC 6749, section 5.2, has no code for a request that is one too many:
 * "temporarily_unavailable" is what clients know from section 4.1.2.1.
 */

static ngx_int_t
ngx_scim_replace_oauth_error(ngx_http_request_t *r, ngx_scim_ctx_t *ctx)
{
    size_t              len;
    ngx_str_t           type = ngx_string(NGX_SCIM_PLAIN_JSON);
    ngx_uint_t          status;
    scim_alloc_t        alloc;
    scim_oauth_error_t  err;

    status = r->headers_out.status;

    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (ctx->answered || status < 400) {
        return NGX_OK;
    }

    err.status = (int) status;
    err.code = ngx_scim_is_busy(status) ? "temporarily_unavailable"
               : status >= 500 ? "server_error" : "invalid_request";
    err.detail = ngx_scim_reason(status == NGX_HTTP_UNAUTHORIZED
                                 ? NGX_HTTP_FORBIDDEN : status);

    ngx_scim_alloc_init(&alloc, r->pool);
    ctx->error_body.data = (u_char *) scim_oauth_error_print(&alloc, &err,
                                                             &len);
    if (ctx->error_body.data == NULL) {
        return NGX_ERROR;
    }

    ctx->error_body.len = len;

    if (ngx_scim_no_sniffing(r) != NGX_OK || ngx_scim_no_store(r) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_scim_replace_page(r, ctx, &type);
}


/* ctx->error_body takes the place of nginx's page */

static ngx_int_t
ngx_scim_replace_page(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_str_t *type)
{
    ctx->replaced = 1;

    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);
    ngx_http_clear_content_length(r);

    r->headers_out.content_length_n = ctx->error_body.len;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;
    ngx_str_null(&r->headers_out.charset);

    return ngx_scim_is_busy(r->headers_out.status) ? ngx_scim_retry_after(r)
                                                   : NGX_OK;
}


/* a client that comes again later is answered */

static ngx_uint_t
ngx_scim_is_busy(ngx_uint_t status)
{
    return status == NGX_HTTP_TOO_MANY_REQUESTS
           || status == NGX_HTTP_SERVICE_UNAVAILABLE;
}


/* the first call sends the error in the place of nginx's page */

static ngx_int_t
ngx_scim_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t       *b;
    ngx_chain_t      out, *cl;
    ngx_scim_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_scim_module);

    if (ctx == NULL || !ctx->replaced || in == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }

    if (ctx->error_body.len == 0) {
        return NGX_OK;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = ctx->error_body.data;
    b->last = ctx->error_body.data + ctx->error_body.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    ctx->error_body.len = 0;

    out.buf = b;
    out.next = NULL;

    return ngx_http_next_body_filter(r, &out);
}


static const char *
ngx_scim_reason(ngx_uint_t status)
{
    const ngx_scim_reason_t  *reason;

    for (reason = ngx_scim_reasons; reason->status; reason++) {
        if (reason->status == status) {
            break;
        }
    }

    return reason->detail;
}


/* one client asks for application/json and takes nothing else */

ngx_int_t
ngx_scim_content_type(ngx_http_request_t *r, ngx_str_t *type)
{
    ngx_scim_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);
    ngx_str_set(type, NGX_SCIM_JSON);

    if (lcf->profile == NGX_SCIM_PROFILE_INTEROP
        || ngx_scim_asks_for(r, NGX_SCIM_JSON) != NGX_DECLINED
        || ngx_scim_asks_for(r, "*/*") == NGX_OK
        || ngx_scim_asks_for(r, "*") == NGX_OK
        || ngx_scim_asks_for(r, "application/*") == NGX_OK)
    {
        return NGX_OK;
    }

    if (ngx_scim_asks_for(r, NGX_SCIM_PLAIN_JSON) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_str_set(type, NGX_SCIM_PLAIN_JSON);

    return NGX_OK;
}


ngx_int_t
ngx_scim_asks_for(ngx_http_request_t *r, const char *type)
{
    ngx_int_t         rc;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    rc = NGX_DONE;
    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {
        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == sizeof("Accept") - 1
            && ngx_strncasecmp(h[i].key.data, (u_char *) "Accept",
                               sizeof("Accept") - 1)
               == 0
            && h[i].value.len > 0)
        {
            if (ngx_scim_accepts(&h[i].value, type)) {
                return NGX_OK;
            }

            rc = NGX_DECLINED;
        }
    }

    return rc;
}


/* a media range of the list, ended by its parameters, the list or itself */

static ngx_int_t
ngx_scim_accepts(ngx_str_t *accept, const char *type)
{
    size_t   len;
    u_char  *p, *end, *last;

    len = ngx_strlen(type);
    last = accept->data + accept->len;

    for (p = accept->data; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, ',');
        end = end ? end : last;

        while (p < end && (*p == ' ' || *p == '\t')) {
            p++;
        }

        if ((size_t) (end - p) >= len
            && ngx_strncasecmp(p, (u_char *) type, len) == 0
            && (p + len == end || p[len] == ';' || p[len] == ' '
                || p[len] == '\t'))
        {
            return !ngx_scim_refuses(p + len, end);
        }
    }

    return 0;
}


/* Returns 1 if the parameters of a media range have a "q" of 0. */

static ngx_int_t
ngx_scim_refuses(u_char *p, u_char *end)
{
    for ( /* void */ ; p < end; p++) {
        if (*p != ';') {
            continue;
        }

        do {
            p++;
        } while (p < end && (*p == ' ' || *p == '\t'));

        if (end - p < 3 || (*p | 0x20) != 'q' || p[1] != '=' || p[2] != '0') {
            continue;
        }

        for (p += 3; p < end && (*p == '.' || *p == '0'); p++) { /* void */ }

        return p == end || *p == ';' || *p == ' ' || *p == '\t';
    }

    return 0;
}
