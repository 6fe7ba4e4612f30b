/*
 * JSON Web Tokens.
 */

#include <string.h>

#include "scim/token/scim_jwt.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/text/scim_base64.h"
#include "scim/token/scim_jwk.h"


#define SCIM_JWT_TIME_MAX  1e12


static cJSON *scim_jwt_part(scim_alloc_t *a, const char *part, size_t len);
static int scim_jwt_audience(const cJSON *claims, const char *audience);
static int scim_jwt_time(const cJSON *claims, const char *name,
    long long *seconds);


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

    header->alg = scim_jwk_alg(scim_jwk_text(json, "alg"));
    header->kid = scim_jwk_text(json, "kid");

    return header->alg ? SCIM_OK : SCIM_ERROR;
}


cJSON *
scim_jwt_claims(scim_alloc_t *a, const char *text, size_t len)
{
    return scim_jwk_object(a, text, len);
}


static cJSON *
scim_jwt_part(scim_alloc_t *a, const char *part, size_t len)
{
    char    *text;
    size_t   text_len;

    text = scim_base64_decode(a, part, len, &text_len);

    return text ? scim_jwk_object(a, text, text_len) : NULL;
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

    iss = scim_jwk_text(claims, "iss");
    sub = scim_jwk_text(claims, "sub");
    *id = scim_jwk_text(claims, "jti");

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

    iss = scim_jwk_text(claims, "iss");
    sub = scim_jwk_text(claims, "sub");

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
