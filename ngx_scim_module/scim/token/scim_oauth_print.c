/*
 * The answers of the token endpoint, and the metadata (RFC 8414).
 */

#include <string.h>

#include "scim/token/scim_oauth_print.h"
#include "scim/core/scim_alloc.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_print.h"
#include "scim/token/scim_jwk.h"
#include "scim/token/scim_oauth.h"


char *
scim_oauth_error_print(scim_alloc_t *a, const scim_oauth_error_t *err,
    size_t *len)
{
    char  *text;

    text = scim_sprintf(a, "{\"error\":\"%s\",\"error_description\":\"%s\"}",
                        err->code, err->detail);
    *len = text ? strlen(text) : 0;

    return text;
}


char *
scim_oauth_token_print(scim_alloc_t *a, const char *token,
    unsigned expires_in, const char *scope, int exchange, size_t *len)
{
    char  *text;

    text = scim_sprintf(a, "{\"access_token\":\"%s\",%s"
                        "\"token_type\":\"Bearer\","
                        "\"expires_in\":%u,\"scope\":\"%s\"}",
                        token, exchange ? "\"issued_token_type\":\""
                                          SCIM_OAUTH_ACCESS "\"," : "",
                        expires_in, scope);
    *len = text ? strlen(text) : 0;

    return text;
}


char *
scim_oauth_metadata_print(scim_alloc_t *a, const char *issuer,
    const char *token_endpoint, int assertions, int federation, size_t *len)
{
    int            members;
    char          *text;
    cJSON         *json;
    scim_alloc_t  *before;

    static const char *const  scopes[] = { "scim", "rw", "ro" };
    static const char *const  grants[] = { "client_credentials",
                                           SCIM_OAUTH_BEARER,
                                           SCIM_OAUTH_EXCHANGE };
    static const char *const  methods[] = { "client_secret_basic",
                                            "client_secret_post",
                                            "private_key_jwt" };

    before = scim_json_open(a);
    json = cJSON_CreateObject();

    /* without an authorization endpoint there is no response type */

    (void) cJSON_AddStringToObject(json, "issuer", issuer);
    (void) cJSON_AddStringToObject(json, "token_endpoint", token_endpoint);
    (void) cJSON_AddItemToObject(json, "scopes_supported",
                                 cJSON_CreateStringArray(scopes, 3));
    (void) cJSON_AddItemToObject(json, "response_types_supported",
                                 cJSON_CreateArray());
    (void) cJSON_AddItemToObject(json, "grant_types_supported",
                                 cJSON_CreateStringArray(grants,
                                                         federation ? 3 : 1));
    (void) cJSON_AddItemToObject(json, "token_endpoint_auth_methods_supported",
                                 cJSON_CreateStringArray(methods,
                                     assertions || federation ? 3 : 2));
    members = 6;

    if (assertions || federation) {
        (void) cJSON_AddItemToObject(json,
                   "token_endpoint_auth_signing_alg_values_supported",
                   scim_jwk_algs_json());
        members++;
    }

    /* out of memory, one is missing */

    text = cJSON_GetArraySize(json) == members ? scim_json_print(a, json, len)
                                         : NULL;
    scim_json_close(before);

    return text;
}
