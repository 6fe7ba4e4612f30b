/*
 * Access phase: the bearer token (RFC 6750, RFC 7644, section 2).
 */

#include "http/auth/ngx_scim_access.h"
#include "scim/token/scim_bearer.h"
#include "http/core/ngx_scim_conf.h"
#include "http/core/ngx_scim_request.h"
#include "http/auth/ngx_scim_jwt.h"
#include "http/auth/ngx_scim_lookup.h"
#include "http/auth/ngx_scim_token_file.h"
#include "http/api/ngx_scim_route.h"


typedef struct {
    ngx_uint_t    status;
    ngx_str_t     challenge;
    ngx_str_t     detail;
} ngx_scim_denial_t;


static void ngx_scim_access_resume(ngx_http_request_t *r);
static ngx_int_t ngx_scim_find(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_str_t *secret, ngx_http_event_handler_pt resume,
    ngx_scim_token_t **token);
static ngx_int_t ngx_scim_find_jwt(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_str_t *secret, ngx_scim_token_t **token);
static ngx_int_t ngx_scim_in_force(ngx_http_request_t *r,
    ngx_scim_token_t *token);
static ngx_int_t ngx_scim_tenant_is(ngx_http_request_t *r, ngx_str_t *tenant);
static ngx_int_t ngx_scim_deny(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    const ngx_scim_denial_t *denial);
static const ngx_scim_denial_t *ngx_scim_secret(ngx_http_request_t *r,
    ngx_str_t *secret);


static const ngx_scim_denial_t  ngx_scim_no_token = {
    NGX_HTTP_UNAUTHORIZED,
    ngx_string("Bearer realm=\"scim\""),
    ngx_string("The request needs a bearer token in its Authorization header")
};

static const ngx_scim_denial_t  ngx_scim_bad_header = {
    NGX_HTTP_BAD_REQUEST,
    ngx_string("Bearer realm=\"scim\", error=\"invalid_request\""),
    ngx_string("The Authorization header must be \"Bearer\" and one token")
};

static const ngx_scim_denial_t  ngx_scim_in_query = {
    NGX_HTTP_BAD_REQUEST,
    ngx_string("Bearer realm=\"scim\", error=\"invalid_request\""),
    ngx_string("A token is accepted in the Authorization header only")
};

static const ngx_scim_denial_t  ngx_scim_invalid_token = {
    NGX_HTTP_UNAUTHORIZED,
    ngx_string("Bearer realm=\"scim\", error=\"invalid_token\""),
    ngx_string("The token is unknown, expired or revoked")
};

static const ngx_scim_denial_t  ngx_scim_read_only = {
    NGX_HTTP_FORBIDDEN,
    ngx_string("Bearer realm=\"scim\", error=\"insufficient_scope\""),
    ngx_string("The token may only read")
};


static const ngx_scim_denial_t  ngx_scim_store_away = {
    NGX_HTTP_SERVICE_UNAVAILABLE,
    ngx_null_string,
    ngx_string("The directory is not available at the moment, try again later")
};


ngx_int_t
ngx_scim_access_handler(ngx_http_request_t *r)
{
    ngx_scim_ctx_t       *ctx;
    ngx_scim_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    if (!lcf->enable || ngx_scim_is_discovery(r)) {
        return NGX_DECLINED;
    }

    ctx = ngx_scim_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_scim_authenticate(r, ctx, ngx_scim_access_resume);
}


static void
ngx_scim_access_resume(ngx_http_request_t *r)
{
    if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
}


ngx_int_t
ngx_scim_authenticate(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_http_event_handler_pt resume)
{
    ngx_int_t                 rc;
    ngx_str_t                 secret, value;
    ngx_scim_token_t         *token;
    const ngx_scim_denial_t  *denial;

    if (ctx->token != NULL) {
        return NGX_OK;
    }

    if (ngx_http_arg(r, (u_char *) "access_token", 12, &value) == NGX_OK) {
        return ngx_scim_deny(r, ctx, &ngx_scim_in_query);
    }

    denial = ngx_scim_secret(r, &secret);
    if (denial != NULL && secret.len == 0) {
        return ngx_scim_deny(r, ctx, denial);
    }

    rc = ngx_scim_find(r, ctx, &secret, resume, &token);

    if (rc == NGX_DECLINED) {
        return ngx_scim_deny(r, ctx, denial ? denial
                                            : &ngx_scim_invalid_token);
    }

    if (rc != NGX_OK) {
        return rc == NGX_BUSY ? ngx_scim_deny(r, ctx, &ngx_scim_store_away)
                              : rc;
    }

    if (token->read_only && !ngx_scim_is_read(r)) {
        return ngx_scim_deny(r, ctx, &ngx_scim_read_only);
    }

    ctx->token = token;

    if (ctx->lookup != NULL) {
        ngx_scim_lookup_used(r, ctx);
    }

    return NGX_OK;
}


ngx_int_t
ngx_scim_authenticate_again(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_http_event_handler_pt resume)
{
    ngx_int_t  rc;

    if (!ctx->again) {
        ctx->again = 1;
        ctx->token = NULL;
        ctx->lookup = NULL;
    }

    rc = ngx_scim_authenticate(r, ctx, resume);

    if (rc == NGX_OK
        && (ctx->token->tenant.len != ctx->op->store.tenant.len
            || ngx_memcmp(ctx->token->tenant.data, ctx->op->store.tenant.data,
                          ctx->token->tenant.len) != 0))
    {
        ctx->token = NULL;
        return ngx_scim_deny(r, ctx, &ngx_scim_invalid_token);
    }

    return rc;
}


ngx_scim_token_t *
ngx_scim_identify(ngx_http_request_t *r, ngx_scim_ctx_t *ctx)
{
    ngx_str_t             secret, value;
    ngx_scim_token_t     *token;
    ngx_scim_loc_conf_t  *lcf;

    if (ctx->token != NULL) {
        return ctx->token;
    }

    (void) ngx_scim_secret(r, &secret);

    if (secret.len == 0
        || ngx_http_arg(r, (u_char *) "access_token", 12, &value) == NGX_OK)
    {
        return NULL;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    if (lcf->issuers != NULL && ngx_scim_jwt_is(&secret)) {
        (void) ngx_scim_find_jwt(r, ctx, &secret, &token);

    } else if (lcf->tokens == NULL) {
        return NULL;

    } else {
        token = lcf->tokens->file.len
                ? ngx_scim_tokens_find(lcf->tokens, &secret)
                : ngx_scim_lookup_known(r, ctx, &secret);
    }

    return (token != NULL && ngx_scim_in_force(r, token) == NGX_OK) ? token
                                                                    : NULL;
}


/*
 * Finds a token that is in force and belongs to the tenant that the request
 * names. Returns NGX_OK, NGX_DECLINED if there is none for any reason,
 * NGX_AGAIN, NGX_BUSY, or a status.
 */

static ngx_int_t
ngx_scim_find(ngx_http_request_t *r, ngx_scim_ctx_t *ctx, ngx_str_t *secret,
    ngx_http_event_handler_pt resume, ngx_scim_token_t **token)
{
    ngx_int_t             rc;
    ngx_scim_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    if (lcf->issuers != NULL && ngx_scim_jwt_is(secret)) {
        rc = ngx_scim_find_jwt(r, ctx, secret, token);

    } else if (lcf->tokens == NULL) {
        rc = NGX_DECLINED;

    } else if (lcf->tokens->file.len) {
        *token = ngx_scim_tokens_find(lcf->tokens, secret);
        rc = *token ? NGX_OK : NGX_DECLINED;

    } else {
        rc = ngx_scim_lookup(r, ctx, secret, resume, token);
    }

    if (rc != NGX_OK) {
        return rc == NGX_ERROR ? NGX_HTTP_INTERNAL_SERVER_ERROR : rc;
    }

    return ngx_scim_in_force(r, *token);
}


/* a signature is checked once, be it right or wrong */

static ngx_int_t
ngx_scim_find_jwt(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_str_t *secret, ngx_scim_token_t **token)
{
    ngx_int_t             rc;
    ngx_scim_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    rc = ctx->jwt ? NGX_OK : NGX_DECLINED;

    if (!ctx->jwt_seen) {
        ctx->jwt_seen = 1;
        rc = ngx_scim_jwt_find(r->pool, r->connection->log, lcf->issuers,
                               secret, &ctx->jwt);
    }

    *token = ctx->jwt;

    return rc;
}


static ngx_int_t
ngx_scim_in_force(ngx_http_request_t *r, ngx_scim_token_t *token)
{
    ngx_scim_loc_conf_t  *lcf;

    if (token->expiry && token->expiry <= ngx_time()) {
        return NGX_DECLINED;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    return lcf->tenant ? ngx_scim_tenant_is(r, &token->tenant) : NGX_OK;
}


/* A request without the name of a tenant matches no token. */

static ngx_int_t
ngx_scim_tenant_is(ngx_http_request_t *r, ngx_str_t *tenant)
{
    ngx_str_t             named;
    ngx_scim_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    if (ngx_http_complex_value(r, lcf->tenant, &named) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return (named.len == tenant->len
            && ngx_memcmp(named.data, tenant->data, named.len) == 0)
           ? NGX_OK : NGX_DECLINED;
}


/*
 * Returns the secret of the request. A header of one word may be the token
 * itself, as an administrator typed it. The word is looked up; if there is no
 * such token, the request counts as one without a token.
 */

static const ngx_scim_denial_t *
ngx_scim_secret(ngx_http_request_t *r, ngx_str_t *secret)
{
    const char       *token;
    scim_bearer_e     kind;
    ngx_table_elt_t  *h;

    ngx_str_null(secret);

    h = r->headers_in.authorization;
    if (h == NULL) {
        return &ngx_scim_no_token;
    }

    kind = scim_bearer_parse((char *) h->value.data, h->value.len, &token,
                             &secret->len);
    secret->data = (u_char *) token;

    if (kind == SCIM_BEARER_TOKEN) {
        return NULL;
    }

    return kind == SCIM_BEARER_MALFORMED ? &ngx_scim_bad_header
                                         : &ngx_scim_no_token;
}


static ngx_int_t
ngx_scim_deny(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    const ngx_scim_denial_t *denial)
{
    ngx_table_elt_t  *h;

    ctx->detail = denial->detail;

    if (denial->challenge.len == 0) {
        return denial->status;
    }

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));
    h->hash = 1;
    ngx_str_set(&h->key, "WWW-Authenticate");
    h->value = denial->challenge;

    r->headers_out.www_authenticate = h;

    return denial->status;
}
