/*
 * The token endpoint of OAuth 2.0.
 */

#include <string.h>

#include "scim/token/scim_oauth.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_base64.h"
#include "scim/text/scim_datetime.h"
#include "scim/text/scim_percent.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/token/scim_jwk.h"
#include "scim/token/scim_jwt.h"


#define SCIM_OAUTH_JWT     SCIM_OAUTH_URN "client-assertion-type:jwt-bearer"


typedef struct {
    const char  *name;
    size_t       offset;            /* in scim_oauth_request_t */
} scim_oauth_param_t;

typedef struct {                    /* a way to ask for a token */
    const char                *name;
    const scim_oauth_error_t *(*parse)(scim_alloc_t *a, const char *auth,
        size_t len, scim_oauth_request_t *request);
} scim_oauth_grant_t;


static const scim_oauth_error_t *scim_oauth_scope(
    scim_oauth_request_t *request);
static const scim_oauth_error_t *scim_oauth_credentials(scim_alloc_t *a,
    const char *auth, size_t len, scim_oauth_request_t *request);
static const scim_oauth_error_t *scim_oauth_form(scim_alloc_t *a,
    const char *form, size_t len, scim_oauth_request_t *request);
static const scim_oauth_error_t *scim_oauth_param(scim_alloc_t *a,
    const char *name, size_t len, scim_oauth_request_t *request);
static const scim_oauth_error_t *scim_oauth_basic(scim_alloc_t *a,
    const char *auth, size_t len, scim_oauth_request_t *request);
static const scim_oauth_error_t *scim_oauth_assertion(scim_alloc_t *a,
    scim_oauth_request_t *request);
static const scim_oauth_error_t *scim_oauth_bearer(scim_alloc_t *a,
    const char *auth, size_t len, scim_oauth_request_t *request);
static const scim_oauth_error_t *scim_oauth_exchange(scim_alloc_t *a,
    const char *auth, size_t len, scim_oauth_request_t *request);
static char *scim_oauth_decode(scim_alloc_t *a, const char *s, size_t len);


static const scim_oauth_error_t  scim_oauth_invalid_client = {
    401, "invalid_client",
    "The client is unknown, or its secret is wrong or expired"
};

static const scim_oauth_error_t  scim_oauth_bad_assertion = {
    401, "invalid_client",
    "The client or its assertion is unknown, wrong, expired or was used before"
};

static const scim_oauth_error_t  scim_oauth_bad_grant = {
    400, "invalid_grant",
    "The client or its assertion is unknown, wrong, expired or was used before"
};

static const scim_oauth_error_t  scim_oauth_bad_subject = {
    400, "invalid_request",
    "The client or its subject_token is unknown, wrong or expired"
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
    400, "unsupported_grant_type",
    "The grant_type must be client_credentials, or those of RFC 7523 and 8693"
};

static const scim_oauth_error_t  scim_oauth_bad_scope = {
    400, "invalid_scope",
    "The scope is none of scim, rw and ro, with one space between two of them"
};

const scim_oauth_error_t  scim_oauth_too_much = {
    400, "invalid_scope", "The client may only read"
};

static const scim_oauth_error_t  scim_oauth_no_assertion = {
    400, "invalid_request", "The request needs an assertion and a client_id"
};

static const scim_oauth_error_t  scim_oauth_no_subject = {
    400, "invalid_request",
    "The request needs a subject_token, its subject_token_type and a client_id"
};

static const scim_oauth_error_t  scim_oauth_other_token = {
    400, "invalid_request",
    "The subject_token_type must be jwt, id_token or access_token, the "
    "requested_token_type access_token, and there can be no actor_token"
};

static const scim_oauth_grant_t  scim_oauth_grants[] = {
    { "client_credentials", scim_oauth_credentials },
    { SCIM_OAUTH_BEARER, scim_oauth_bearer },
    { SCIM_OAUTH_EXCHANGE, scim_oauth_exchange },
    { NULL, NULL }
};

static const char *const  scim_oauth_subjects[] = {
    SCIM_OAUTH_URN "token-type:jwt",
    SCIM_OAUTH_URN "token-type:id_token",
    SCIM_OAUTH_ACCESS,
    NULL
};

static const scim_oauth_param_t  scim_oauth_params[] = {
    { "grant_type", offsetof(scim_oauth_request_t, grant_type) },
    { "scope", offsetof(scim_oauth_request_t, scope) },
    { "client_id", offsetof(scim_oauth_request_t, client_id) },
    { "client_secret", offsetof(scim_oauth_request_t, client_secret) },
    { "client_assertion",
      offsetof(scim_oauth_request_t, client_assertion) },
    { "client_assertion_type",
      offsetof(scim_oauth_request_t, client_assertion_type) },
    { "assertion", offsetof(scim_oauth_request_t, assertion) },
    { "subject_token", offsetof(scim_oauth_request_t, subject_token) },
    { "subject_token_type",
      offsetof(scim_oauth_request_t, subject_token_type) },
    { "requested_token_type",
      offsetof(scim_oauth_request_t, requested_token_type) },
    { "actor_token", offsetof(scim_oauth_request_t, actor_token) },
    { "audience", offsetof(scim_oauth_request_t, audience) },
    { NULL, 0 }
};


const scim_oauth_error_t *
scim_oauth_parse(scim_alloc_t *a, const char *auth, size_t auth_len,
    const char *form, size_t form_len, scim_oauth_request_t *request)
{
    const scim_oauth_error_t  *err;
    const scim_oauth_grant_t  *grant;

    memset(request, 0, sizeof(scim_oauth_request_t));

    err = scim_oauth_form(a, form, form_len, request);
    if (err != NULL) {
        return err;
    }

    request->jwt = "";

    if (*request->grant_type == '\0') {
        return &scim_oauth_no_grant;
    }

    for (grant = scim_oauth_grants; grant->name != NULL; grant++) {
        if (strcmp(grant->name, request->grant_type) == 0) {
            err = grant->parse(a, auth, auth_len, request);
            return err ? err : scim_oauth_scope(request);
        }
    }

    return &scim_oauth_other_grant;
}


/* RFC 6749, section 3.3: names with one space between two; case counts */

static const scim_oauth_error_t *
scim_oauth_scope(scim_oauth_request_t *request)
{
    size_t       len;
    const char  *p;

    for (p = request->scope; *p != '\0'; p += len + (p[len] == ' ')) {
        len = strcspn(p, " ");

        if (len == 4 && memcmp(p, "scim", 4) == 0) {
            request->scim = 1;

        } else if (len == 2 && memcmp(p, "rw", 2) == 0) {
            request->rw = 1;

        } else if (len == 2 && memcmp(p, "ro", 2) == 0) {
            request->ro = 1;

        } else {
            return &scim_oauth_bad_scope;
        }

        if (p[len] == ' ' && p[len + 1] == '\0') {
            return &scim_oauth_bad_scope;
        }
    }

    return NULL;
}


/* "scim" is all that the client may do, as far as "rw" or "ro" do not say */

const char *
scim_oauth_grant(const scim_oauth_request_t *request, int *read_only)
{
    if (*read_only && request->rw) {
        return NULL;
    }

    *read_only = *read_only || (request->ro && !request->rw);

    if (!request->scim) {
        return *read_only ? "ro" : "rw";
    }

    return *read_only ? "scim ro" : request->rw ? "scim rw" : "scim";
}


/* RFC 6749, section 4.4, with a secret or as in RFC 7523, section 2.2 */

static const scim_oauth_error_t *
scim_oauth_credentials(scim_alloc_t *a, const char *auth, size_t len,
    scim_oauth_request_t *request)
{
    const scim_oauth_error_t  *err;

    if (*request->client_assertion != '\0') {
        return (len > 0 || *request->client_secret != '\0')
               ? &scim_oauth_two_ways : scim_oauth_assertion(a, request);
    }

    request->refused = &scim_oauth_invalid_client;

    if (len > 0) {
        err = scim_oauth_basic(a, auth, len, request);
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

    pair = scim_base64_decode(a, auth, len, &pair_len);
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


/* without a client_id, the client is the subject that the assertion names */

static const scim_oauth_error_t *
scim_oauth_assertion(scim_alloc_t *a, scim_oauth_request_t *request)
{
    cJSON       *claims;
    const char  *subject;

    request->refused = &scim_oauth_bad_assertion;
    request->jwt = request->client_assertion;

    claims = scim_jwt_unverified(a, request->jwt, strlen(request->jwt));
    subject = claims ? scim_jwk_text(claims, "sub") : NULL;

    if (subject == NULL
        || strcmp(request->client_assertion_type, SCIM_OAUTH_JWT) != 0)
    {
        return &scim_oauth_bad_assertion;
    }

    if (*request->client_id == '\0') {
        request->client_id = subject;
    }

    return NULL;
}


/* RFC 7523, section 2.1: the assertion is the grant */

static const scim_oauth_error_t *
scim_oauth_bearer(scim_alloc_t *a, const char *auth, size_t len,
    scim_oauth_request_t *request)
{
    (void) a;
    (void) auth;

    request->refused = &scim_oauth_bad_grant;
    request->jwt = request->assertion;

    if (len > 0 || *request->client_secret != '\0'
        || *request->client_assertion != '\0')
    {
        return &scim_oauth_two_ways;
    }

    return (*request->jwt == '\0' || *request->client_id == '\0')
           ? &scim_oauth_no_assertion : NULL;
}


/* RFC 8693: the client is the client_id, or else the audience */

static const scim_oauth_error_t *
scim_oauth_exchange(scim_alloc_t *a, const char *auth, size_t len,
    scim_oauth_request_t *request)
{
    size_t       i;
    const char  *type;

    (void) a;
    (void) auth;

    request->refused = &scim_oauth_bad_subject;
    request->exchange = 1;
    request->jwt = request->subject_token;
    type = request->subject_token_type;

    if (len > 0 || *request->client_secret != '\0'
        || *request->client_assertion != '\0')
    {
        return &scim_oauth_two_ways;
    }

    if (*request->client_id == '\0') {
        request->client_id = request->audience;
    }

    if (*request->jwt == '\0' || *request->client_id == '\0'
        || *type == '\0')
    {
        return &scim_oauth_no_subject;
    }

    for (i = 0; scim_oauth_subjects[i] != NULL; i++) {
        if (strcmp(type, scim_oauth_subjects[i]) == 0) {
            break;
        }
    }

    return (scim_oauth_subjects[i] == NULL || *request->actor_token != '\0'
            || (*request->requested_token_type != '\0'
                && strcmp(request->requested_token_type, SCIM_OAUTH_ACCESS)
                   != 0))
           ? &scim_oauth_other_token : NULL;
}


/* NULL: no memory, not so encoded, or with a byte of zero */

static char *
scim_oauth_decode(scim_alloc_t *a, const char *s, size_t len)
{
    char    *text;
    size_t   n, bad;

    text = scim_percent_decode(a, s, len, &n, &bad);

    return (text == NULL || bad > 0 || strlen(text) != n) ? NULL : text;
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
