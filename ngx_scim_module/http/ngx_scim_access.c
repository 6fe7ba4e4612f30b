/*
 * Access phase: the bearer token (RFC 6750, RFC 7644, section 2).
 */

#include "ngx_scim.h"


typedef struct {
    ngx_uint_t    status;
    ngx_str_t     challenge;
    ngx_str_t     detail;
} ngx_scim_denial_t;


static const ngx_scim_denial_t *ngx_scim_find_token(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx);
static ngx_int_t ngx_scim_deny(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    const ngx_scim_denial_t *denial);
static const ngx_scim_denial_t *ngx_scim_secret(ngx_http_request_t *r,
    ngx_str_t *secret);
static ngx_int_t ngx_scim_token_chars(ngx_str_t *token);


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
    const ngx_scim_denial_t  *denial;

    if (ctx->token == NULL) {
        denial = ngx_scim_find_token(r, ctx);

        if (denial != NULL) {
            return ngx_scim_deny(r, ctx, denial);
        }
    }

    if (ctx->token->read_only && !ngx_scim_is_read(r)) {
        return ngx_scim_deny(r, ctx, &ngx_scim_read_only);
    }

    return NGX_OK;
}


ngx_scim_token_t *
ngx_scim_identify(ngx_http_request_t *r, ngx_scim_ctx_t *ctx)
{
    if (ctx->token == NULL) {
        (void) ngx_scim_find_token(r, ctx);
    }

    return ctx->token;
}


/* sets ctx->token, or tells why not */

static const ngx_scim_denial_t *
ngx_scim_find_token(ngx_http_request_t *r, ngx_scim_ctx_t *ctx)
{
    ngx_str_t                 secret, value;
    ngx_scim_token_t         *token;
    ngx_scim_loc_conf_t      *lcf;
    const ngx_scim_denial_t  *denial;

    if (ngx_http_arg(r, (u_char *) "access_token", 12, &value) == NGX_OK) {
        return &ngx_scim_in_query;
    }

    denial = ngx_scim_secret(r, &secret);
    if (denial != NULL && secret.len == 0) {
        return denial;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);
    token = ngx_scim_tokens_find(lcf->tokens, &secret);

    if (token == NULL
        || (token->expiry && token->expiry <= ngx_time()))
    {
        return denial ? denial : &ngx_scim_invalid_token;
    }

    ctx->token = token;

    return NULL;
}


/*
 * The secret of the request. A header that is one word may be the token
 * itself, as an administrator typed it: it is looked up, and if there is no
 * such token it counts as no token at all, which is the denial returned.
 */

static const ngx_scim_denial_t *
ngx_scim_secret(ngx_http_request_t *r, ngx_str_t *secret)
{
    u_char     *p, *last;
    ngx_str_t   header;

    ngx_str_null(secret);

    if (r->headers_in.authorization == NULL) {
        return &ngx_scim_no_token;
    }

    header = r->headers_in.authorization->value;
    last = header.data + header.len;

    if (header.len < sizeof("Bearer ") - 1
        || ngx_strncasecmp(header.data, (u_char *) "Bearer ",
                           sizeof("Bearer ") - 1)
           != 0)
    {
        if (header.len == sizeof("Bearer") - 1
            && ngx_strncasecmp(header.data, (u_char *) "Bearer", 6) == 0)
        {
            return &ngx_scim_bad_header;
        }

        if (ngx_scim_token_chars(&header)) {
            *secret = header;
        }

        return &ngx_scim_no_token;
    }

    for (p = header.data + sizeof("Bearer ") - 1; p < last && *p == ' '; p++) {
        /* void */
    }

    secret->data = p;
    secret->len = last - p;

    if (!ngx_scim_token_chars(secret)) {
        ngx_str_null(secret);
        return &ngx_scim_bad_header;
    }

    return NULL;
}


/* b64token of RFC 6750 */

static ngx_int_t
ngx_scim_token_chars(ngx_str_t *token)
{
    u_char      ch;
    ngx_uint_t  i;

    for (i = 0; i < token->len; i++) {
        ch = token->data[i];

        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')
              || (ch >= '0' && ch <= '9')
              || (ch && ngx_strchr("-._~+/=", ch) != NULL)))
        {
            return 0;
        }
    }

    return token->len > 0;
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
