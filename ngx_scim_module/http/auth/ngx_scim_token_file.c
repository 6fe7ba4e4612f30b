/*
 * The scim_tokens directive, and bearer tokens from a file.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/auth/ngx_scim_token_file.h"
#include "base/ngx_scim_digest.h"
#include "base/ngx_scim_time.h"
#include "http/core/ngx_scim_conf.h"


#define NGX_SCIM_TOKEN_FIELDS  5
#define NGX_SCIM_TOKEN_VALID   5000

/* scimctl makes no organization anew that may still have a token here */
#define NGX_SCIM_TOKEN_VALID_MAX  (60 * 60 * 1000)


static ngx_scim_tokens_t *ngx_scim_tokens_redis(ngx_conf_t *cf);
static ngx_int_t ngx_scim_tokens_line(ngx_conf_t *cf,
    ngx_scim_tokens_t *tokens, ngx_str_t *line, ngx_uint_t number);
static ngx_uint_t ngx_scim_tokens_split(ngx_str_t *line, ngx_str_t *fields);
static ngx_int_t ngx_scim_tokens_digest(ngx_str_t *hex, u_char *digest);
static const char *ngx_scim_tokens_options(ngx_conf_t *cf,
    ngx_scim_token_t *token, ngx_str_t *fields, ngx_uint_t n);
static ngx_int_t ngx_scim_tokens_sort(ngx_conf_t *cf,
    ngx_scim_tokens_t *tokens);
static int ngx_libc_cdecl ngx_scim_tokens_cmp(const void *a, const void *b);


char *
ngx_scim_tokens(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_loc_conf_t *lcf = conf;

    ngx_str_t  *value;

    (void) cmd;

    if (lcf->tokens != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "redis") == 0) {
        lcf->tokens = ngx_scim_tokens_redis(cf);

    } else if (cf->args->nelts > 2) {
        return "takes parameters only behind \"redis\"";

    } else {
        lcf->tokens = ngx_scim_tokens_read(cf, &value[1]);
    }

    return lcf->tokens ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_scim_tokens_t *
ngx_scim_tokens_redis(ngx_conf_t *cf)
{
    ngx_int_t           valid;
    ngx_str_t          *value, text;
    ngx_scim_tokens_t  *tokens;

    tokens = ngx_pcalloc(cf->pool, sizeof(ngx_scim_tokens_t));
    if (tokens == NULL) {
        return NULL;
    }

    tokens->valid = NGX_SCIM_TOKEN_VALID;
    value = cf->args->elts;

    if (cf->args->nelts == 2) {
        return tokens;
    }

    valid = NGX_ERROR;

    if (value[2].len > 6 && ngx_strncmp(value[2].data, "valid=", 6) == 0) {
        text.data = value[2].data + 6;
        text.len = value[2].len - 6;
        valid = ngx_parse_time(&text, 0);
    }

    if (valid == NGX_ERROR || valid > NGX_SCIM_TOKEN_VALID_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"scim_tokens\" expects \"valid=time\", at most "
                           "an hour, not \"%V\"", &value[2]);
        return NULL;
    }

    tokens->valid = valid;

    return tokens;
}


ngx_scim_tokens_t *
ngx_scim_tokens_read(ngx_conf_t *cf, ngx_str_t *file)
{
    u_char             *p, *last;
    ngx_str_t           text, line;
    ngx_uint_t          number;
    ngx_scim_tokens_t  *tokens;

    tokens = ngx_pcalloc(cf->pool, sizeof(ngx_scim_tokens_t));
    if (tokens == NULL
        || ngx_array_init(&tokens->list, cf->pool, 16,
                          sizeof(ngx_scim_token_t))
           != NGX_OK)
    {
        return NULL;
    }

    tokens->file = *file;

    if (ngx_scim_read_file(cf, &tokens->file, &text) != NGX_OK) {
        return NULL;
    }

    number = 0;
    last = text.data + text.len;

    for (p = text.data; p < last; p = line.data + line.len + 1) {
        line.data = p;
        p = ngx_strlchr(p, last, '\n');
        line.len = (p ? p : last) - line.data;

        if (ngx_scim_tokens_line(cf, tokens, &line, ++number) != NGX_OK) {
            return NULL;
        }
    }

    if (ngx_scim_tokens_sort(cf, tokens) != NGX_OK) {
        return NULL;
    }

    return tokens;
}


static ngx_int_t
ngx_scim_tokens_line(ngx_conf_t *cf, ngx_scim_tokens_t *tokens,
    ngx_str_t *line, ngx_uint_t number)
{
    ngx_str_t          fields[NGX_SCIM_TOKEN_FIELDS + 1];
    ngx_uint_t         n;
    const char        *why;
    ngx_scim_token_t  *token;

    n = ngx_scim_tokens_split(line, fields);

    if (n == 0 || fields[0].data[0] == '#') {
        return NGX_OK;
    }

    token = ngx_array_push(&tokens->list);
    if (token == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(token, sizeof(ngx_scim_token_t));
    token->line = number;

    if (n < 3 || n > NGX_SCIM_TOKEN_FIELDS) {
        why = "expected \"sha256 tenant name [ro|rw] [expiry]\"";

    } else if (ngx_scim_tokens_digest(&fields[0], token->digest) != NGX_OK) {
        why = "the digest must be 64 hexadecimal digits, the SHA-256 of the "
              "token";

    } else if (ngx_scim_tokens_name(&fields[1]) != NGX_OK
               || ngx_scim_tokens_name(&fields[2]) != NGX_OK)
    {
        why = "tenant and name must be 1 to 64 letters, digits, "
              "\"-\", \"_\" or \".\"";

    } else {
        why = ngx_scim_tokens_options(cf, token, fields, n);
    }

    if (why != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V:%ui: %s", &tokens->file,
                           number, why);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* at most one field more than there can be */

static ngx_uint_t
ngx_scim_tokens_split(ngx_str_t *line, ngx_str_t *fields)
{
    u_char      *p, *last;
    ngx_uint_t   n;

    n = 0;
    p = line->data;
    last = p + line->len;

    while (n <= NGX_SCIM_TOKEN_FIELDS) {
        while (p < last && (*p == ' ' || *p == '\t' || *p == '\r')) {
            p++;
        }

        if (p == last) {
            break;
        }

        fields[n].data = p;

        while (p < last && *p != ' ' && *p != '\t' && *p != '\r') {
            p++;
        }

        fields[n].len = p - fields[n].data;
        n++;
    }

    return n;
}


static ngx_int_t
ngx_scim_tokens_digest(ngx_str_t *hex, u_char *digest)
{
    ngx_int_t   byte;
    ngx_uint_t  i;

    if (hex->len != 2 * NGX_SCIM_DIGEST_LEN) {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_SCIM_DIGEST_LEN; i++) {
        byte = ngx_hextoi(hex->data + 2 * i, 2);
        if (byte == NGX_ERROR) {
            return NGX_ERROR;
        }

        digest[i] = (u_char) byte;
    }

    return NGX_OK;
}


/* Returns 1 if the text may be part of a key and of a log. */

ngx_int_t
ngx_scim_tokens_name(ngx_str_t *name)
{
    u_char      ch;
    ngx_uint_t  i;

    if (name->len == 0 || name->len > NGX_SCIM_NAME_MAX) {
        return NGX_ERROR;
    }

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];

        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')
              || (ch >= '0' && ch <= '9')
              || ch == '-' || ch == '_' || ch == '.'))
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static const char *
ngx_scim_tokens_options(ngx_conf_t *cf, ngx_scim_token_t *token,
    ngx_str_t *fields, ngx_uint_t n)
{
    time_t      expiry;
    ngx_int_t   read_only;
    ngx_uint_t  i;

    token->tenant.len = fields[1].len;
    token->tenant.data = ngx_pstrdup(cf->pool, &fields[1]);
    token->name.len = fields[2].len;
    token->name.data = ngx_pstrdup(cf->pool, &fields[2]);

    if (token->tenant.data == NULL || token->name.data == NULL) {
        return "out of memory";
    }

    for (i = 3; i < n; i++) {
        read_only = ngx_scim_tokens_scope(&fields[i]);

        if (read_only != NGX_ERROR) {
            token->read_only |= read_only;
            continue;
        }

        expiry = ngx_scim_time_parse(&fields[i]);

        if (expiry == NGX_ERROR) {
            return "expected \"ro\", \"rw\" or a time such as "
                   "2030-01-31T00:00:00Z";
        }

        token->expiry = expiry;
    }

    return NULL;
}


ngx_int_t
ngx_scim_tokens_scope(ngx_str_t *scope)
{
    if (scope->len != 2 || scope->data[0] != 'r') {
        return NGX_ERROR;
    }

    return scope->data[1] == 'o' ? 1
           : scope->data[1] == 'w' ? 0 : NGX_ERROR;
}


static ngx_int_t
ngx_scim_tokens_sort(ngx_conf_t *cf, ngx_scim_tokens_t *tokens)
{
    ngx_uint_t         i;
    ngx_scim_token_t  *token;

    token = tokens->list.elts;

    qsort(token, tokens->list.nelts, sizeof(ngx_scim_token_t),
              ngx_scim_tokens_cmp);

    for (i = 1; i < tokens->list.nelts; i++) {
        if (ngx_scim_tokens_cmp(&token[i - 1], &token[i]) == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "%V:%ui: the token of line %ui again",
                               &tokens->file,
                               ngx_max(token[i - 1].line, token[i].line),
                               ngx_min(token[i - 1].line, token[i].line));
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* takes the same time wherever two digests differ */

static int ngx_libc_cdecl
ngx_scim_tokens_cmp(const void *a, const void *b)
{
    int                      diff, result, mask;
    ngx_uint_t               i;
    const ngx_scim_token_t  *one, *two;

    one = a;
    two = b;
    result = 0;

    for (i = NGX_SCIM_DIGEST_LEN; i > 0; i--) {
        diff = one->digest[i - 1] - two->digest[i - 1];
        mask = -(diff != 0);
        result = (result & ~mask) | (diff & mask);
    }

    return result;
}


/* as many steps whether the token is there or not */

ngx_scim_token_t *
ngx_scim_tokens_find(ngx_scim_tokens_t *tokens, ngx_str_t *secret)
{
    int                cmp;
    ngx_uint_t         low, n, half;
    ngx_scim_token_t   wanted, *list;

    if (tokens->list.nelts == 0) {
        return NULL;
    }

    ngx_scim_digest(secret->data, secret->len, wanted.digest);

    list = tokens->list.elts;
    low = 0;

    for (n = tokens->list.nelts; n > 1; n -= half) {
        half = n / 2;
        cmp = ngx_scim_tokens_cmp(&wanted, &list[low + half]);
        low += half * (cmp >= 0);
    }

    return ngx_scim_tokens_cmp(&wanted, &list[low]) == 0 ? &list[low] : NULL;
}
