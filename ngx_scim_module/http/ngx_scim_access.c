/*
 * Access phase: the bearer token (RFC 6750, RFC 7644, section 2).
 */

#include "ngx_scim.h"
#include "scim_bearer.h"


typedef struct {
    ngx_uint_t    status;
    ngx_str_t     challenge;
    ngx_str_t     detail;
} ngx_scim_denial_t;


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

    return ngx_scim_authenticate(r, ctx);
}


ngx_int_t
ngx_scim_authenticate(ngx_http_request_t *r, ngx_scim_ctx_t *ctx)
{
    ngx_str_t                 secret, value;
    ngx_scim_token_t         *token;
    ngx_scim_loc_conf_t      *lcf;
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

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);
    token = ngx_scim_tokens_find(lcf->tokens, &secret);

    if (token == NULL
        || (token->expiry && token->expiry <= ngx_time()))
    {
        return ngx_scim_deny(r, ctx, denial ? denial
                                            : &ngx_scim_invalid_token);
    }

    if (token->read_only && !ngx_scim_is_read(r)) {
        return ngx_scim_deny(r, ctx, &ngx_scim_read_only);
    }

    ctx->token = token;

    return NGX_OK;
}


/*
 * The secret of the request. A header that is one word may be the token
 * itself, as an administrator typed it: it is looked up, and if there is no
 * such token it counts as no token at all, which is the denial returned.
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

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));
    h->hash = 1;
    ngx_str_set(&h->key, "WWW-Authenticate");
    h->value = denial->challenge;

    r->headers_out.www_authenticate = h;
    ctx->detail = denial->detail;

    return denial->status;
}
