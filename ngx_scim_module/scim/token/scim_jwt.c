/*
 * JSON Web Tokens.
 */

#include <string.h>

#include "scim/json/scim_json.h"
#include "scim/token/scim_jwt.h"
#include "scim/text/scim_text.h"


#define SCIM_JWK_RSA_MIN   342      /* characters of 2048 bits in base64url */
#define SCIM_JWT_TIME_MAX  1e12


static cJSON *scim_jwt_part(scim_alloc_t *a, const char *part, size_t len);
static cJSON *scim_jwt_object(scim_alloc_t *a, const char *text, size_t len);
static const char *scim_jwt_alg(const char *alg);
static const char *scim_jwk_read(scim_alloc_t *a, const cJSON *json,
    scim_jwk_t *key);
static int scim_jwk_secret(const cJSON *json);
static int scim_jwk_usable(const cJSON *json);
static int scim_jwk_fits(const scim_jwk_t *key, const char *alg);
static int scim_jwt_audience(const cJSON *claims, const char *audience);
static int scim_jwt_time(const cJSON *claims, const char *name,
    long long *seconds);


static const struct {
    const char  *alg;
    const char  *kty;
    const char  *crv;
} scim_jwt_algs[] = {
    { "RS256", "RSA", NULL },
    { "RS384", "RSA", NULL },
    { "RS512", "RSA", NULL },
    { "PS256", "RSA", NULL },
    { "PS384", "RSA", NULL },
    { "PS512", "RSA", NULL },
    { "ES256", "EC", "P-256" },
    { "ES384", "EC", "P-384" },
    { "ES512", "EC", "P-521" },
    { NULL, NULL, NULL }
};


int
scim_jwt_check(const char *token, size_t len)
{
    size_t  i, dots;

    dots = 0;

    for (i = 0; i < len; i++) {
        dots += (token[i] == '.');
    }

    /* base64url of an object begins with this, if no space is before it */

    return (dots == 2 && len > 2 && memcmp(token, "ey", 2) == 0)
           ? SCIM_OK : SCIM_ERROR;
}


int
scim_jwt_header(scim_alloc_t *a, const char *token, size_t len,
    scim_jwt_header_t *header)
{
    cJSON       *json;
    const char  *dot;

    dot = memchr(token, '.', len);
    json = dot ? scim_jwt_part(a, token, dot - token) : NULL;

    if (json == NULL || cJSON_HasObjectItem(json, "crit")
        || cJSON_HasObjectItem(json, "b64"))
    {
        return SCIM_ERROR;
    }

    header->alg = scim_jwt_alg(scim_jwt_text(json, "alg"));
    header->kid = scim_jwt_text(json, "kid");

    return header->alg ? SCIM_OK : SCIM_ERROR;
}


cJSON *
scim_jwt_claims(scim_alloc_t *a, const char *text, size_t len)
{
    return scim_jwt_object(a, text, len);
}


static cJSON *
scim_jwt_part(scim_alloc_t *a, const char *part, size_t len)
{
    char    *text;
    size_t   text_len;

    text = scim_base64_decode(a, part, len, &text_len);

    return text ? scim_jwt_object(a, text, text_len) : NULL;
}


static cJSON *
scim_jwt_object(scim_alloc_t *a, const char *text, size_t len)
{
    int            rc;
    cJSON         *json;
    scim_alloc_t  *before;
    scim_error_t   err;

    before = scim_json_open(a);
    rc = scim_json_parse(a, text, len, &json, &err);
    scim_json_close(before);

    return (rc == SCIM_OK && cJSON_IsObject(json)) ? json : NULL;
}


/* the same text from the table; NULL: not one of it, such as "none", "HS256" */

static const char *
scim_jwt_alg(const char *alg)
{
    size_t  i;

    for (i = 0; alg != NULL && scim_jwt_algs[i].alg != NULL; i++) {
        if (strcmp(scim_jwt_algs[i].alg, alg) == 0) {
            return scim_jwt_algs[i].alg;
        }
    }

    return NULL;
}


const char *
scim_jwt_text(const cJSON *claims, const char *name)
{
    cJSON  *item;

    item = cJSON_GetObjectItemCaseSensitive(claims, name);

    return cJSON_IsString(item) ? item->valuestring : NULL;
}


int
scim_jwks_parse(scim_alloc_t *a, const char *text, size_t len,
    scim_jwk_t **keys, size_t *nkeys, scim_error_t *err)
{
    cJSON       *set, *list, *item;
    size_t       i;
    const char  *why;

    set = scim_jwt_object(a, text, len);
    list = set ? cJSON_GetObjectItemCaseSensitive(set, "keys") : NULL;

    if (!cJSON_IsArray(list)) {
        return scim_error(err, 400, SCIM_TYPE_NONE,
                          "it is no JSON object with \"keys\"");
    }

    i = 0;
    *nkeys = 0;
    *keys = scim_calloc(a, (cJSON_GetArraySize(list) + 1)
                           * sizeof(scim_jwk_t));
    if (*keys == NULL) {
        return scim_error_nomem(err);
    }

    cJSON_ArrayForEach(item, list) {
        i++;

        if (!scim_jwk_usable(item)) {
            continue;
        }

        why = scim_jwk_read(a, item, &(*keys)[*nkeys]);

        if (why != NULL) {
            return scim_error(err, 400, SCIM_TYPE_NONE, "key %zu %s", i, why);
        }

        (*nkeys)++;
    }

    return *nkeys ? SCIM_OK
           : scim_error(err, 400, SCIM_TYPE_NONE,
                        "it has no RSA or EC key for signatures");
}


int
scim_jwks_public(scim_alloc_t *a, const char *text, size_t len,
    scim_error_t *err)
{
    cJSON   *set, *item;
    size_t   i;

    i = 0;
    set = scim_jwt_object(a, text, len);

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(set, "keys")) {
        i++;

        if (scim_jwk_secret(item)) {
            return scim_error(err, 400, SCIM_TYPE_NONE,
                              "key %zu is a private one", i);
        }
    }

    return SCIM_OK;
}


/* RFC 7518, section 6: private values of RSA and EC, and the key of "oct" */

static int
scim_jwk_secret(const cJSON *json)
{
    return cJSON_GetObjectItemCaseSensitive(json, "d") != NULL
           || cJSON_GetObjectItemCaseSensitive(json, "k") != NULL;
}


static int
scim_jwk_usable(const cJSON *json)
{
    const char  *kty, *use, *alg;

    kty = scim_jwt_text(json, "kty");
    use = scim_jwt_text(json, "use");
    alg = scim_jwt_text(json, "alg");

    return kty != NULL && (strcmp(kty, "RSA") == 0 || strcmp(kty, "EC") == 0)
           && (use == NULL || strcmp(use, "sig") == 0)
           && (alg == NULL || scim_jwt_alg(alg) != NULL);
}


static const char *
scim_jwk_read(scim_alloc_t *a, const cJSON *json, scim_jwk_t *key)
{
    size_t         len;
    const char    *n;
    scim_alloc_t  *before;

    key->kid = scim_jwt_text(json, "kid");
    key->kty = scim_jwt_text(json, "kty");
    key->crv = scim_jwt_text(json, "crv");
    key->alg = scim_jwt_text(json, "alg");
    n = scim_jwt_text(json, "n");

    if (scim_jwk_secret(json)) {
        return "is a private one";
    }

    if (key->kty[0] == 'R' && (n == NULL || strlen(n) < SCIM_JWK_RSA_MIN)) {
        return "has less than 2048 bits";
    }

    if (key->kty[0] == 'E' && key->crv == NULL) {
        return "has no \"crv\"";
    }

    if (key->kty[0] == 'E' && (scim_jwt_text(json, "x") == NULL
                               || scim_jwt_text(json, "y") == NULL))
    {
        return "has no \"x\" or no \"y\"";
    }

    if (key->kty[0] == 'R' && scim_jwt_text(json, "e") == NULL) {
        return "has no \"e\"";
    }

    before = scim_json_open(a);
    key->json = scim_json_print(a, json, &len);
    scim_json_close(before);

    return key->json ? NULL : "finds no memory";
}


scim_jwk_t *
scim_jwks_find(scim_jwk_t *keys, size_t nkeys,
    const scim_jwt_header_t *header)
{
    size_t       i;
    scim_jwk_t  *found;

    found = NULL;

    for (i = 0; i < nkeys; i++) {
        if (!scim_jwk_fits(&keys[i], header->alg)) {
            continue;
        }

        if (header->kid != NULL && keys[i].kid != NULL
            && strcmp(header->kid, keys[i].kid) == 0)
        {
            return &keys[i];
        }

        if (header->kid == NULL) {
            if (found != NULL) {
                return NULL;
            }

            found = &keys[i];
        }
    }

    return found;
}


static int
scim_jwk_fits(const scim_jwk_t *key, const char *alg)
{
    size_t  i;

    for (i = 0; strcmp(scim_jwt_algs[i].alg, alg) != 0; i++) {
        /* void: the header's is in the table */
    }

    return (key->alg == NULL || strcmp(key->alg, alg) == 0)
           && strcmp(key->kty, scim_jwt_algs[i].kty) == 0
           && (scim_jwt_algs[i].crv == NULL
               || strcmp(key->crv, scim_jwt_algs[i].crv) == 0);
}


const char *
scim_jwt_valid(const cJSON *claims, const char *audience, long long now,
    long long *expiry)
{
    long long  not_before;

    if (scim_jwt_time(claims, "exp", expiry) != SCIM_OK) {
        return "it has no \"exp\"";
    }

    if (*expiry <= now) {
        return "it has expired";
    }

    if (cJSON_GetObjectItemCaseSensitive(claims, "nbf") != NULL
        && (scim_jwt_time(claims, "nbf", &not_before) != SCIM_OK
            || not_before > now + SCIM_JWT_SKEW))
    {
        return "it is not valid yet";
    }

    if (!scim_jwt_audience(claims, audience)) {
        return "it is for another audience";
    }

    return NULL;
}


static int
scim_jwt_audience(const cJSON *claims, const char *audience)
{
    cJSON  *aud, *item;

    aud = cJSON_GetObjectItemCaseSensitive(claims, "aud");

    if (cJSON_IsString(aud)) {
        return strcmp(aud->valuestring, audience) == 0;
    }

    if (!cJSON_IsArray(aud)) {
        return 0;
    }

    cJSON_ArrayForEach(item, aud) {
        if (cJSON_IsString(item) && strcmp(item->valuestring, audience) == 0) {
            return 1;
        }
    }

    return 0;
}


/* NumericDate: it may have a fraction, which is dropped */

static int
scim_jwt_time(const cJSON *claims, const char *name, long long *seconds)
{
    cJSON  *item;

    item = cJSON_GetObjectItemCaseSensitive(claims, name);

    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0)
        || item->valuedouble > SCIM_JWT_TIME_MAX)
    {
        return SCIM_ERROR;
    }

    *seconds = (long long) item->valuedouble;

    return SCIM_OK;
}


cJSON *
scim_jwt_unverified(scim_alloc_t *a, const char *token, size_t len)
{
    const char  *first, *second, *last;

    last = token + len;
    first = memchr(token, '.', len);
    second = first ? memchr(first + 1, '.', last - (first + 1)) : NULL;

    return second ? scim_jwt_part(a, first + 1, second - (first + 1)) : NULL;
}


const char *
scim_jwt_assertion(const cJSON *claims, const char *client,
    const char *audience, long long now, long long *expiry, const char **id)
{
    const char  *iss, *sub, *why;

    iss = scim_jwt_text(claims, "iss");
    sub = scim_jwt_text(claims, "sub");
    *id = scim_jwt_text(claims, "jti");

    if (iss == NULL || sub == NULL || strcmp(iss, client) != 0
        || strcmp(sub, client) != 0)
    {
        return "it is of another client";
    }

    why = scim_jwt_valid(claims, audience, now, expiry);
    if (why != NULL) {
        return why;
    }

    if (*expiry > now + SCIM_JWT_ASSERTION) {
        return "it lives for too long";
    }

    return (*id == NULL || **id == '\0' || strlen(*id) > SCIM_JWT_ID_MAX)
           ? "it has no \"jti\"" : NULL;
}


const char *
scim_jwt_federated(const cJSON *claims, const char *issuer,
    const char *subject, const char *audience, long long now,
    long long *expiry)
{
    const char  *iss, *sub, *why;

    iss = scim_jwt_text(claims, "iss");
    sub = scim_jwt_text(claims, "sub");

    if (iss == NULL || strcmp(iss, issuer) != 0) {
        return "it is of another issuer";
    }

    if (sub == NULL || strcmp(sub, subject) != 0) {
        return "it is of another subject";
    }

    why = scim_jwt_valid(claims, audience, now, expiry);
    if (why != NULL) {
        return why;
    }

    return *expiry > now + SCIM_JWT_FEDERATED + SCIM_JWT_SKEW
           ? "it lives for too long" : NULL;
}


cJSON *
scim_jwt_algs_json(void)
{
    size_t  i;
    cJSON  *list;

    list = cJSON_CreateArray();

    for (i = 0; scim_jwt_algs[i].alg != NULL; i++) {
        (void) cJSON_AddItemToArray(list,
                                    cJSON_CreateString(scim_jwt_algs[i].alg));
    }

    return list;
}
