/*
 * JSON Web Tokens: the scim_jwks directive, and signatures.
 */

#include <ngx_config.h>
#include <cjose/cjose.h>

#include "ngx_scim.h"
#include "ngx_scim_jwt.h"


typedef struct {
    ngx_str_t           issuer;
    ngx_str_t           audience;
    ngx_str_t           tenant;
    ngx_str_t           name;
    ngx_uint_t          read_only;
    ngx_array_t         claims;         /* of scim_jwt_claim_t: further ones */
    scim_jwk_t         *keys;
    size_t              nkeys;
} ngx_scim_issuer_t;


static char *ngx_scim_jwks_param(ngx_conf_t *cf, ngx_scim_issuer_t *issuer,
    ngx_str_t *arg);
static char *ngx_scim_jwks_claim(ngx_conf_t *cf, ngx_scim_issuer_t *issuer,
    ngx_str_t *value);
static ngx_int_t ngx_scim_jwks_check(ngx_conf_t *cf,
    ngx_scim_issuer_t *issuer);
static ngx_int_t ngx_scim_jwks_read(ngx_conf_t *cf, ngx_scim_issuer_t *issuer,
    ngx_str_t *file);
static void ngx_scim_jwks_free(void *data);
static const char *ngx_scim_jwt_try(scim_alloc_t *alloc,
    ngx_scim_issuer_t *issuer, scim_jwt_header_t *header, ngx_str_t *secret,
    long long *expiry);
static cJSON *ngx_scim_jwt_verify(scim_alloc_t *alloc, scim_jwk_t *key,
    ngx_str_t *secret);
static ngx_int_t ngx_scim_jwt_claims_are(ngx_scim_issuer_t *issuer,
    cJSON *claims);


char *
ngx_scim_jwks(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_loc_conf_t *lcf = conf;

    char               *rv;
    ngx_str_t          *value;
    ngx_uint_t          i;
    ngx_scim_issuer_t  *issuer;

    (void) cmd;

    if (lcf->issuers == NGX_CONF_UNSET_PTR) {
        lcf->issuers = ngx_array_create(cf->pool, 1,
                                        sizeof(ngx_scim_issuer_t));
        if (lcf->issuers == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    issuer = ngx_array_push(lcf->issuers);
    if (issuer == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(issuer, sizeof(ngx_scim_issuer_t));
    ngx_str_set(&issuer->name, "jwt");

    if (ngx_array_init(&issuer->claims, cf->pool, 1, sizeof(scim_jwt_claim_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_scim_jwks_param(cf, issuer, &value[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return (ngx_scim_jwks_check(cf, issuer) == NGX_OK
            && ngx_scim_jwks_read(cf, issuer, &value[1]) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_scim_jwks_param(ngx_conf_t *cf, ngx_scim_issuer_t *issuer, ngx_str_t *arg)
{
    ngx_str_t    value;
    ngx_int_t    scope;
    ngx_uint_t   i;

    struct {
        ngx_str_t    name;
        ngx_str_t   *value;
    } params[] = {
        { ngx_string("issuer="), &issuer->issuer },
        { ngx_string("audience="), &issuer->audience },
        { ngx_string("tenant="), &issuer->tenant },
        { ngx_string("name="), &issuer->name },
        { ngx_string("scope="), NULL },
        { ngx_string("claim="), NULL }
    };

    for (i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        if (arg->len <= params[i].name.len
            || ngx_strncmp(arg->data, params[i].name.data, params[i].name.len)
               != 0)
        {
            continue;
        }

        value.data = arg->data + params[i].name.len;
        value.len = arg->len - params[i].name.len;

        if (params[i].value != NULL) {
            *params[i].value = value;
            return NGX_CONF_OK;
        }

        if (params[i].name.data[0] == 'c') {
            return ngx_scim_jwks_claim(cf, issuer, &value);
        }

        scope = ngx_scim_tokens_scope(&value);
        issuer->read_only = (scope == 1);

        return scope == NGX_ERROR ? "expects \"scope=rw\" or \"scope=ro\""
                                  : NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"scim_jwks\" has the invalid parameter \"%V\"", arg);
    return NGX_CONF_ERROR;
}


static char *
ngx_scim_jwks_claim(ngx_conf_t *cf, ngx_scim_issuer_t *issuer,
    ngx_str_t *value)
{
    u_char            *eq;
    ngx_str_t          name;
    scim_jwt_claim_t  *claim;

    eq = ngx_strlchr(value->data, value->data + value->len, '=');
    claim = ngx_array_push(&issuer->claims);

    if (claim == NULL) {
        return NGX_CONF_ERROR;
    }

    if (eq == NULL || eq == value->data) {
        return "expects \"claim=name=value\"";
    }

    name = ngx_scim_cstring(cf->pool, value->data, eq - value->data);
    claim->name = (char *) name.data;
    claim->value = (char *) eq + 1;

    return claim->name ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_scim_jwks_check(ngx_conf_t *cf, ngx_scim_issuer_t *issuer)
{
    const char  *missing;

    missing = issuer->issuer.len == 0 ? "issuer"
              : issuer->audience.len == 0 ? "audience"
              : issuer->tenant.len == 0 ? "tenant" : NULL;

    if (missing != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"scim_jwks\" needs \"%s=\"", missing);
        return NGX_ERROR;
    }

    if (ngx_scim_tokens_name(&issuer->tenant) != NGX_OK
        || ngx_scim_tokens_name(&issuer->name) != NGX_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"scim_jwks\": tenant and name must be 1 to 64 "
                           "letters, digits, \"-\", \"_\" or \".\"");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_jwks_read(ngx_conf_t *cf, ngx_scim_issuer_t *issuer, ngx_str_t *file)
{
    size_t                 i;
    cjose_err              why;
    ngx_str_t              text;
    scim_error_t           err;
    ngx_pool_cleanup_t    *cln;
    ngx_scim_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_scim_module);

    if (ngx_scim_read_file(cf, file, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (scim_jwks_parse(&mcf->alloc, (char *) text.data, text.len,
                        &issuer->keys, &issuer->nkeys, &err)
        != SCIM_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\": %s", file,
                           err.detail);
        return NGX_ERROR;
    }

    for (i = 0; i < issuer->nkeys; i++) {
        cln = ngx_pool_cleanup_add(cf->pool, 0);
        if (cln == NULL) {
            return NGX_ERROR;
        }

        issuer->keys[i].data = cjose_jwk_import(issuer->keys[i].json,
                                   ngx_strlen(issuer->keys[i].json), &why);

        if (issuer->keys[i].data == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\": key %uz is no public key: %s", file,
                               i + 1, why.message);
            return NGX_ERROR;
        }

        cln->handler = ngx_scim_jwks_free;
        cln->data = issuer->keys[i].data;
    }

    return NGX_OK;
}


static void
ngx_scim_jwks_free(void *data)
{
    (void) cjose_jwk_release(data);
}


ngx_int_t
ngx_scim_jwt_is(ngx_str_t *secret)
{
    return scim_jwt_check((char *) secret->data, secret->len) == SCIM_OK;
}


ngx_int_t
ngx_scim_jwt_find(ngx_pool_t *pool, ngx_log_t *log, ngx_array_t *issuers,
    ngx_str_t *secret, ngx_scim_token_t **token)
{
    long long           expiry;
    ngx_uint_t          i;
    const char         *why;
    scim_alloc_t        alloc;
    scim_jwt_header_t   header;
    ngx_scim_issuer_t  *issuer, *found;

    ngx_scim_alloc_init(&alloc, pool);

    expiry = 0;
    found = NULL;
    why = "its header is not understood";
    issuer = issuers->elts;

    if (scim_jwt_header(&alloc, (char *) secret->data, secret->len, &header)
        == SCIM_OK)
    {
        for (i = 0; found == NULL && i < issuers->nelts; i++) {
            why = ngx_scim_jwt_try(&alloc, &issuer[i], &header, secret,
                                   &expiry);
            found = why ? NULL : &issuer[i];
        }
    }

    if (found == NULL) {
        ngx_log_error(NGX_LOG_INFO, log, 0, "scim: a JWT is refused: %s", why);
        return NGX_DECLINED;
    }

    *token = ngx_pcalloc(pool, sizeof(ngx_scim_token_t));
    if (*token == NULL) {
        return NGX_ERROR;
    }

    (*token)->tenant = found->tenant;
    (*token)->name = found->name;
    (*token)->read_only = found->read_only;
    (*token)->expiry = expiry;

    return NGX_OK;
}


/* NULL, or why the token is none of this issuer for us */

static const char *
ngx_scim_jwt_try(scim_alloc_t *alloc, ngx_scim_issuer_t *issuer,
    scim_jwt_header_t *header, ngx_str_t *secret, long long *expiry)
{
    cJSON       *claims;
    scim_jwk_t  *key;
    const char  *iss;

    key = scim_jwks_find(issuer->keys, issuer->nkeys, header);
    if (key == NULL) {
        return "there is no key for it";
    }

    claims = ngx_scim_jwt_verify(alloc, key, secret);
    if (claims == NULL) {
        return "its signature is wrong";
    }

    iss = scim_jwt_text(claims, "iss");

    if (iss == NULL || ngx_strcmp(iss, issuer->issuer.data) != 0) {
        return "it is of another issuer";
    }

    if (!ngx_scim_jwt_claims_are(issuer, claims)) {
        return "a claim is another";
    }

    return scim_jwt_valid(claims, (char *) issuer->audience.data, ngx_time(),
                          expiry);
}


static cJSON *
ngx_scim_jwt_verify(scim_alloc_t *alloc, scim_jwk_t *key, ngx_str_t *secret)
{
    cJSON        *claims;
    size_t        len;
    uint8_t      *text;
    cjose_err     why;
    cjose_jws_t  *jws;

    claims = NULL;

    jws = cjose_jws_import((char *) secret->data, secret->len, &why);
    if (jws == NULL) {
        return NULL;
    }

    if (cjose_jws_verify(jws, key->data, &why)
        && cjose_jws_get_plaintext(jws, &text, &len, &why))
    {
        claims = scim_jwt_claims(alloc, (char *) text, len);
    }

    cjose_jws_release(jws);

    return claims;
}


static ngx_int_t
ngx_scim_jwt_claims_are(ngx_scim_issuer_t *issuer, cJSON *claims)
{
    ngx_uint_t         i;
    const char        *text;
    scim_jwt_claim_t  *claim;

    claim = issuer->claims.elts;

    for (i = 0; i < issuer->claims.nelts; i++) {
        text = scim_jwt_text(claims, claim[i].name);

        if (text == NULL || ngx_strcmp(text, claim[i].value) != 0) {
            return 0;
        }
    }

    return 1;
}


cJSON *
ngx_scim_jwt_signed_by(scim_alloc_t *alloc, ngx_str_t *jwks, ngx_str_t *token)
{
    cJSON              *claims;
    size_t              n;
    cjose_err           why;
    scim_jwk_t         *keys, *key;
    scim_error_t        err;
    scim_jwt_header_t   header;

    if (scim_jwt_header(alloc, (char *) token->data, token->len, &header)
        != SCIM_OK
        || scim_jwks_parse(alloc, (char *) jwks->data, jwks->len, &keys, &n,
                           &err)
           != SCIM_OK)
    {
        return NULL;
    }

    key = scim_jwks_find(keys, n, &header);
    if (key == NULL) {
        return NULL;
    }

    key->data = cjose_jwk_import(key->json, ngx_strlen(key->json), &why);
    if (key->data == NULL) {
        return NULL;
    }

    claims = ngx_scim_jwt_verify(alloc, key, token);
    (void) cjose_jwk_release(key->data);

    return claims;
}
