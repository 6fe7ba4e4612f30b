/*
 * JSON Web Tokens: the scim_jwks directive, and signatures.
 */

#include <ngx_config.h>
#include <cjose/cjose.h>

#include "http/auth/ngx_scim_jwt.h"
#include "base/ngx_scim_alloc.h"
#include "base/ngx_scim_str.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/token/scim_jwk.h"
#include "scim/token/scim_jwt.h"
#include "http/core/ngx_scim_conf.h"
#include "http/auth/ngx_scim_keys.h"
#include "http/auth/ngx_scim_token_file.h"


typedef struct {
    ngx_str_t           issuer;
    ngx_str_t           audience;
    ngx_str_t           tenant;
    ngx_str_t           name;
    ngx_uint_t          read_only;
    ngx_array_t         claims;         /* of scim_jwt_claim_t: further ones */
    ngx_scim_keys_t    *keys;
} ngx_scim_issuer_t;


static char *ngx_scim_jwks_param(ngx_conf_t *cf, ngx_scim_issuer_t *issuer,
    ngx_str_t *arg);
static char *ngx_scim_jwks_claim(ngx_conf_t *cf, ngx_scim_issuer_t *issuer,
    ngx_str_t *value);
static ngx_int_t ngx_scim_jwks_check(ngx_conf_t *cf,
    ngx_scim_issuer_t *issuer);
static const char *ngx_scim_jwt_choose(ngx_array_t *issuers,
    scim_jwt_header_t *header, cJSON *claims, ngx_log_t *log,
    ngx_scim_issuer_t **issuer, scim_jwk_t **key);
static const char *ngx_scim_jwt_fits(ngx_scim_issuer_t *issuer, cJSON *claims,
    long long *expiry);
static cJSON *ngx_scim_jwt_verify(scim_alloc_t *alloc, scim_jwk_t *key,
    ngx_str_t *secret, ngx_log_t *log);
static ngx_int_t ngx_scim_jwt_claims_are(ngx_scim_issuer_t *issuer,
    cJSON *claims);


static const char  ngx_scim_jwt_other_issuer[] = "it is of another issuer";


char *
ngx_scim_jwks(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_loc_conf_t *lcf = conf;

    char                  *rv;
    ngx_str_t             *value;
    ngx_uint_t             i;
    ngx_scim_issuer_t     *issuer;
    ngx_scim_main_conf_t  *mcf;

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

    if (ngx_scim_jwks_check(cf, issuer) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_scim_module);
    issuer->keys = ngx_scim_keys_open(cf, &mcf->keys, &value[1]);

    return issuer->keys ? NGX_CONF_OK : NGX_CONF_ERROR;
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


ngx_int_t
ngx_scim_jwt_is(ngx_str_t *secret)
{
    return scim_jwt_check((char *) secret->data, secret->len) == SCIM_OK;
}


/*
 * The cheap facts come first. The claims that nobody has verified yet choose one
 * directive, so that the signature is checked once at most; those that are
 * verified then decide.
 */

ngx_int_t
ngx_scim_jwt_find(ngx_pool_t *pool, ngx_log_t *log, ngx_array_t *issuers,
    ngx_str_t *secret, ngx_scim_token_t **token)
{
    cJSON              *claims;
    long long           expiry;
    scim_jwk_t         *key;
    const char         *why;
    scim_alloc_t        alloc;
    scim_jwt_header_t   header;
    ngx_scim_issuer_t  *issuer;

    ngx_scim_alloc_init(&alloc, pool);

    key = NULL;
    issuer = NULL;
    expiry = 0;
    why = "its header is not understood";

    if (scim_jwt_header(&alloc, (char *) secret->data, secret->len, &header)
        == SCIM_OK)
    {
        claims = scim_jwt_unverified(&alloc, (char *) secret->data,
                                     secret->len);
        why = ngx_scim_jwt_choose(issuers, &header, claims, log, &issuer,
                                  &key);
    }

    if (why == NULL) {
        claims = ngx_scim_jwt_verify(&alloc, key, secret, log);
        why = claims ? ngx_scim_jwt_fits(issuer, claims, &expiry)
                     : "its signature is wrong";
    }

    if (why != NULL) {
        ngx_log_error(NGX_LOG_INFO, log, 0, "scim: a JWT is refused: %s", why);
        return NGX_DECLINED;
    }

    *token = ngx_pcalloc(pool, sizeof(ngx_scim_token_t));
    if (*token == NULL) {
        return NGX_ERROR;
    }

    (*token)->tenant = issuer->tenant;
    (*token)->name = issuer->name;
    (*token)->read_only = issuer->read_only;
    (*token)->expiry = expiry;

    return NGX_OK;
}


/*
 * the first directive that the token is for and that has a key for it; or the
 * reason for none
 */

static const char *
ngx_scim_jwt_choose(ngx_array_t *issuers, scim_jwt_header_t *header,
    cJSON *claims, ngx_log_t *log, ngx_scim_issuer_t **issuer,
    scim_jwk_t **key)
{
    long long    expiry;
    ngx_uint_t   i;
    const char  *why, *other;

    why = ngx_scim_jwt_other_issuer;
    *issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++, (*issuer)++) {
        other = ngx_scim_jwt_fits(*issuer, claims, &expiry);

        if (other == NULL) {
            *key = ngx_scim_keys_find((*issuer)->keys, header, log);
            if (*key != NULL) {
                return NULL;
            }

            other = "there is no key for it";
        }

        if (other != ngx_scim_jwt_other_issuer) {
            why = other;
        }
    }

    return why;
}


/* NULL, or why the token is not for this directive */

static const char *
ngx_scim_jwt_fits(ngx_scim_issuer_t *issuer, cJSON *claims, long long *expiry)
{
    const char  *iss;

    iss = scim_jwk_text(claims, "iss");

    if (iss == NULL || ngx_strcmp(iss, issuer->issuer.data) != 0) {
        return ngx_scim_jwt_other_issuer;
    }

    if (!ngx_scim_jwt_claims_are(issuer, claims)) {
        return "a claim is another";
    }

    return scim_jwt_valid(claims, (char *) issuer->audience.data, ngx_time(),
                          expiry);
}


static cJSON *
ngx_scim_jwt_verify(scim_alloc_t *alloc, scim_jwk_t *key, ngx_str_t *secret,
    ngx_log_t *log)
{
    cJSON        *claims;
    size_t        len;
    uint8_t      *text;
    cjose_err     why;
    cjose_jws_t  *jws;

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, log, 0, "scim jwt signature check");

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
        text = scim_jwk_text(claims, claim[i].name);

        if (text == NULL || ngx_strcmp(text, claim[i].value) != 0) {
            return 0;
        }
    }

    return 1;
}


cJSON *
ngx_scim_jwt_signed_by(scim_alloc_t *alloc, ngx_str_t *jwks, ngx_str_t *token,
    ngx_log_t *log)
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

    claims = ngx_scim_jwt_verify(alloc, key, token, log);
    (void) cjose_jwk_release(key->data);

    return claims;
}


cJSON *
ngx_scim_jwt_signed_with(scim_alloc_t *alloc, ngx_scim_keys_t *keys,
    ngx_str_t *token, ngx_log_t *log)
{
    scim_jwk_t         *key;
    scim_jwt_header_t   header;

    if (scim_jwt_header(alloc, (char *) token->data, token->len, &header)
        != SCIM_OK)
    {
        return NULL;
    }

    key = ngx_scim_keys_find(keys, &header, log);

    return key ? ngx_scim_jwt_verify(alloc, key, token, log) : NULL;
}
