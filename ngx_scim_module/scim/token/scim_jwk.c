/*
 * JSON Web Keys (RFC 7517).
 */

#include <string.h>

#include "scim/token/scim_jwk.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/json/scim_json_print.h"


#define SCIM_JWK_RSA_MIN   342      /* characters of 2048 bits in base64url */


static int scim_jwk_secret(const cJSON *json);
static int scim_jwk_usable(const cJSON *json);
static const char *scim_jwk_read(scim_alloc_t *a, const cJSON *json,
    scim_jwk_t *key);
static int scim_jwk_fits(const scim_jwk_t *key, const char *alg);


static const struct {
    const char  *alg;
    const char  *kty;
    const char  *crv;
} scim_jwk_algs[] = {
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


cJSON *
scim_jwk_object(scim_alloc_t *a, const char *text, size_t len)
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


const char *
scim_jwk_alg(const char *alg)
{
    size_t  i;

    for (i = 0; alg != NULL && scim_jwk_algs[i].alg != NULL; i++) {
        if (strcmp(scim_jwk_algs[i].alg, alg) == 0) {
            return scim_jwk_algs[i].alg;
        }
    }

    return NULL;
}


const char *
scim_jwk_text(const cJSON *claims, const char *name)
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

    set = scim_jwk_object(a, text, len);
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
    set = scim_jwk_object(a, text, len);

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

    kty = scim_jwk_text(json, "kty");
    use = scim_jwk_text(json, "use");
    alg = scim_jwk_text(json, "alg");

    return kty != NULL && (strcmp(kty, "RSA") == 0 || strcmp(kty, "EC") == 0)
           && (use == NULL || strcmp(use, "sig") == 0)
           && (alg == NULL || scim_jwk_alg(alg) != NULL);
}


static const char *
scim_jwk_read(scim_alloc_t *a, const cJSON *json, scim_jwk_t *key)
{
    size_t         len;
    const char    *n;
    scim_alloc_t  *before;

    key->kid = scim_jwk_text(json, "kid");
    key->kty = scim_jwk_text(json, "kty");
    key->crv = scim_jwk_text(json, "crv");
    key->alg = scim_jwk_text(json, "alg");
    n = scim_jwk_text(json, "n");

    if (scim_jwk_secret(json)) {
        return "is a private one";
    }

    if (key->kty[0] == 'R' && (n == NULL || strlen(n) < SCIM_JWK_RSA_MIN)) {
        return "has less than 2048 bits";
    }

    if (key->kty[0] == 'E' && key->crv == NULL) {
        return "has no \"crv\"";
    }

    if (key->kty[0] == 'E' && (scim_jwk_text(json, "x") == NULL
                               || scim_jwk_text(json, "y") == NULL))
    {
        return "has no \"x\" or no \"y\"";
    }

    if (key->kty[0] == 'R' && scim_jwk_text(json, "e") == NULL) {
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

    for (i = 0; strcmp(scim_jwk_algs[i].alg, alg) != 0; i++) {
        /* void: the header's is in the table */
    }

    return (key->alg == NULL || strcmp(key->alg, alg) == 0)
           && strcmp(key->kty, scim_jwk_algs[i].kty) == 0
           && (scim_jwk_algs[i].crv == NULL
               || strcmp(key->crv, scim_jwk_algs[i].crv) == 0);
}


cJSON *
scim_jwk_algs_json(void)
{
    size_t  i;
    cJSON  *list;

    list = cJSON_CreateArray();

    for (i = 0; scim_jwk_algs[i].alg != NULL; i++) {
        (void) cJSON_AddItemToArray(list,
                                    cJSON_CreateString(scim_jwk_algs[i].alg));
    }

    return list;
}
