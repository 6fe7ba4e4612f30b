/*
 * The token endpoint of OAuth 2.0.
 */

#include <string.h>

#include "scim_json.h"
#include "scim_oauth.h"
#include "scim_text.h"


typedef struct {
    const char  *name;
    size_t       offset;            /* in scim_oauth_request_t */
} scim_oauth_param_t;


static const scim_oauth_error_t *scim_oauth_form(scim_alloc_t *a,
    const char *form, size_t len, scim_oauth_request_t *request);
static const scim_oauth_error_t *scim_oauth_param(scim_alloc_t *a,
    const char *name, size_t len, scim_oauth_request_t *request);
static const scim_oauth_error_t *scim_oauth_basic(scim_alloc_t *a,
    const char *auth, size_t len, scim_oauth_request_t *request);
static char *scim_oauth_decode(scim_alloc_t *a, const char *s, size_t len);
static int scim_oauth_hex(char ch);
static char *scim_oauth_base64(scim_alloc_t *a, const char *s, size_t len,
    size_t *out_len);
static int scim_oauth_base64_digit(char ch);


const scim_oauth_error_t  scim_oauth_invalid_client = {
    401, "invalid_client",
    "The client is unknown, or its secret is wrong or expired"
};

const scim_oauth_error_t  scim_oauth_bad_type = {
    400, "invalid_request",
    "The body must be application/x-www-form-urlencoded"
};

const scim_oauth_error_t  scim_oauth_bad_method = {
    405, "invalid_request", "The method must be POST"
};

const scim_oauth_error_t  scim_oauth_too_large = {
    413, "invalid_request", "The body is larger than the server accepts"
};

const scim_oauth_error_t  scim_oauth_unavailable = {
    503, "temporarily_unavailable",
    "The directory is not available at the moment, try again later"
};

const scim_oauth_error_t  scim_oauth_server_error = {
    500, "server_error", "The server has met an unexpected condition"
};

static const scim_oauth_error_t  scim_oauth_no_client = {
    401, "invalid_client",
    "The request needs a client id and secret, by Basic authentication or in "
    "the body"
};

static const scim_oauth_error_t  scim_oauth_two_ways = {
    400, "invalid_request",
    "The client must authenticate in one way, not in two"
};

static const scim_oauth_error_t  scim_oauth_bad_form = {
    400, "invalid_request", "The body is no form"
};

static const scim_oauth_error_t  scim_oauth_twice = {
    400, "invalid_request", "A parameter is there twice"
};

static const scim_oauth_error_t  scim_oauth_no_grant = {
    400, "invalid_request", "The request needs a grant_type"
};

static const scim_oauth_error_t  scim_oauth_other_grant = {
    400, "unsupported_grant_type", "The grant_type must be client_credentials"
};

static const scim_oauth_param_t  scim_oauth_params[] = {
    { "grant_type", offsetof(scim_oauth_request_t, grant_type) },
    { "scope", offsetof(scim_oauth_request_t, scope) },
    { "client_id", offsetof(scim_oauth_request_t, client_id) },
    { "client_secret", offsetof(scim_oauth_request_t, client_secret) },
    { NULL, 0 }
};


const scim_oauth_error_t *
scim_oauth_parse(scim_alloc_t *a, const char *auth, size_t auth_len,
    const char *form, size_t form_len, scim_oauth_request_t *request)
{
    const scim_oauth_error_t  *err;

    memset(request, 0, sizeof(scim_oauth_request_t));

    err = scim_oauth_form(a, form, form_len, request);
    if (err != NULL) {
        return err;
    }

    if (*request->grant_type == '\0') {
        return &scim_oauth_no_grant;
    }

    if (strcmp(request->grant_type, "client_credentials") != 0) {
        return &scim_oauth_other_grant;
    }

    if (auth_len > 0) {
        err = scim_oauth_basic(a, auth, auth_len, request);
        if (err != NULL) {
            return err;
        }
    }

    return (*request->client_id == '\0' || *request->client_secret == '\0')
           ? &scim_oauth_no_client : NULL;
}


static const scim_oauth_error_t *
scim_oauth_form(scim_alloc_t *a, const char *form, size_t len,
    scim_oauth_request_t *request)
{
    const char                *p, *end, *last, **text;
    const scim_oauth_error_t  *err;
    const scim_oauth_param_t  *param;

    last = form + len;

    for (p = form; p < last; p = end + 1) {
        end = memchr(p, '&', last - p);
        end = end ? end : last;

        err = scim_oauth_param(a, p, end - p, request);
        if (err != NULL) {
            return err;
        }
    }

    for (param = scim_oauth_params; param->name != NULL; param++) {
        text = (const char **) ((char *) request + param->offset);
        *text = *text ? *text : "";
    }

    return NULL;
}


/* "name=value"; without a value it counts as absent */

static const scim_oauth_error_t *
scim_oauth_param(scim_alloc_t *a, const char *name, size_t len,
    scim_oauth_request_t *request)
{
    char                      *key;
    const char                *eq, *value, **text;
    const scim_oauth_param_t  *param;

    eq = memchr(name, '=', len);
    if (eq == NULL) {
        return NULL;
    }

    key = scim_oauth_decode(a, name, eq - name);
    value = scim_oauth_decode(a, eq + 1, name + len - (eq + 1));
    if (key == NULL || value == NULL) {
        return &scim_oauth_bad_form;
    }

    for (param = scim_oauth_params; param->name != NULL; param++) {
        if (strcmp(param->name, key) != 0) {
            continue;
        }

        text = (const char **) ((char *) request + param->offset);

        if (*text != NULL) {
            return &scim_oauth_twice;
        }

        *text = value;
    }

    return NULL;
}


/* id and secret are encoded as in a form (RFC 6749, section 2.3.1) */

static const scim_oauth_error_t *
scim_oauth_basic(scim_alloc_t *a, const char *auth, size_t len,
    scim_oauth_request_t *request)
{
    char    *pair, *colon;
    size_t   pair_len;

    if (*request->client_secret != '\0') {
        return &scim_oauth_two_ways;
    }

    if (len < 6 || !scim_name_neq("Basic ", auth, 6)) {
        return &scim_oauth_no_client;
    }

    for (auth += 6, len -= 6; len > 0 && *auth == ' '; auth++, len--) {
        /* void */
    }

    pair = scim_oauth_base64(a, auth, len, &pair_len);
    colon = pair ? memchr(pair, ':', pair_len) : NULL;
    if (colon == NULL) {
        return &scim_oauth_no_client;
    }

    auth = scim_oauth_decode(a, pair, colon - pair);
    request->client_secret = scim_oauth_decode(a, colon + 1,
                                               pair + pair_len - (colon + 1));
    if (auth == NULL || request->client_secret == NULL) {
        return &scim_oauth_no_client;
    }

    if (*request->client_id != '\0' && strcmp(request->client_id, auth) != 0) {
        return &scim_oauth_two_ways;
    }

    request->client_id = auth;

    return NULL;
}


/* NULL: no memory, not so encoded, or with a byte of zero */

static char *
scim_oauth_decode(scim_alloc_t *a, const char *s, size_t len)
{
    int     high, low;
    char   *text, *p;
    size_t  i;

    text = scim_alloc(a, len + 1);
    if (text == NULL) {
        return NULL;
    }

    for (i = 0, p = text; i < len; i++) {
        if (s[i] != '%') {
            *p++ = s[i] == '+' ? ' ' : s[i];

        } else {
            high = i + 2 < len ? scim_oauth_hex(s[i + 1]) : -1;
            low = i + 2 < len ? scim_oauth_hex(s[i + 2]) : -1;

            if (high < 0 || low < 0) {
                return NULL;
            }

            *p++ = high * 16 + low;
            i += 2;
        }

        if (p[-1] == '\0') {
            return NULL;
        }
    }

    *p = '\0';

    return text;
}


static int
scim_oauth_hex(char ch)
{
    return (ch >= '0' && ch <= '9') ? ch - '0'
           : (ch >= 'a' && ch <= 'f') ? ch - 'a' + 10
           : (ch >= 'A' && ch <= 'F') ? ch - 'A' + 10 : -1;
}


/* RFC 4648, section 4; NULL: no memory, or something else */

static char *
scim_oauth_base64(scim_alloc_t *a, const char *s, size_t len, size_t *out_len)
{
    int        digit;
    char      *text;
    size_t     i, n, padding;
    unsigned   bits;

    padding = 0;

    while (padding < 2 && padding < len && s[len - padding - 1] == '=') {
        padding++;
    }

    text = scim_alloc(a, len + 1);
    if (text == NULL || (padding && len % 4 != 0)) {
        return NULL;
    }

    bits = 0;
    n = 0;

    for (i = 0; i < len - padding; i++) {
        digit = scim_oauth_base64_digit(s[i]);
        if (digit < 0) {
            return NULL;
        }

        bits = (bits << 6 | digit) & 0xffff;

        if (i % 4 != 0) {
            text[n++] = (char) (bits >> (6 - i % 4 * 2));
        }
    }

    *out_len = n;

    return text;
}


static int
scim_oauth_base64_digit(char ch)
{
    return (ch >= 'A' && ch <= 'Z') ? ch - 'A'
           : (ch >= 'a' && ch <= 'z') ? ch - 'a' + 26
           : (ch >= '0' && ch <= '9') ? ch - '0' + 52
           : ch == '+' ? 62 : ch == '/' ? 63 : -1;
}


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
    unsigned expires_in, const char *scope, size_t *len)
{
    char  *text;

    text = scim_sprintf(a, "{\"access_token\":\"%s\",\"token_type\":\"Bearer\","
                        "\"expires_in\":%u,\"scope\":\"%s\"}",
                        token, expires_in, scope);
    *len = text ? strlen(text) : 0;

    return text;
}


char *
scim_oauth_metadata_print(scim_alloc_t *a, const char *issuer,
    const char *token_endpoint, size_t *len)
{
    char          *text;
    cJSON         *json;
    scim_alloc_t  *before;

    static const char *const  scopes[] = { "rw", "ro" };
    static const char *const  grants[] = { "client_credentials" };
    static const char *const  methods[] = { "client_secret_basic",
                                            "client_secret_post" };

    before = scim_json_open(a);
    json = cJSON_CreateObject();

    /* what needs an authorization endpoint has no response type */

    (void) cJSON_AddStringToObject(json, "issuer", issuer);
    (void) cJSON_AddStringToObject(json, "token_endpoint", token_endpoint);
    (void) cJSON_AddItemToObject(json, "scopes_supported",
                                 cJSON_CreateStringArray(scopes, 2));
    (void) cJSON_AddItemToObject(json, "response_types_supported",
                                 cJSON_CreateArray());
    (void) cJSON_AddItemToObject(json, "grant_types_supported",
                                 cJSON_CreateStringArray(grants, 1));
    (void) cJSON_AddItemToObject(json, "token_endpoint_auth_methods_supported",
                                 cJSON_CreateStringArray(methods, 2));

    /* out of memory, one is missing */

    text = cJSON_GetArraySize(json) == 6 ? scim_json_print(a, json, len)
                                         : NULL;
    scim_json_close(before);

    return text;
}


int
scim_oauth_secret_check(scim_alloc_t *a, const char *text, size_t len,
    long long now)
{
    int            valid;
    cJSON         *json, *expires;
    long long      usec;
    scim_alloc_t  *before;
    scim_error_t   err;

    before = scim_json_open(a);

    if (scim_json_parse(a, text, len, &json, &err) != SCIM_OK
        || !cJSON_IsObject(json))
    {
        scim_json_close(before);
        return SCIM_ERROR;
    }

    expires = cJSON_GetObjectItemCaseSensitive(json, "expires");

    valid = expires == NULL
            || (cJSON_IsString(expires)
                && scim_datetime_parse(expires->valuestring, &usec) == SCIM_OK
                && usec > now * 1000000);

    scim_json_close(before);

    return valid ? SCIM_OK : SCIM_ERROR;
}
