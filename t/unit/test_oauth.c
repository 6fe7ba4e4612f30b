/*
 * scim_oauth.c
 */

#include "tap.h"
#include "arena.h"
#include "scim/core/scim.h"
#include "scim/json/scim_json.h"
#include "scim/token/scim_oauth.h"
#include "scim/token/scim_oauth_print.h"


#define N(table)  (sizeof(table) / sizeof((table)[0]))

#define GRANT   "grant_type=client_credentials"
#define BASIC   "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"      /* RFC 6749 */

#define TYPE       "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A" \
                   "client-assertion-type%3Ajwt-bearer"
#define ASSERTION  TYPE "&client_assertion=e30.eyJzdWIiOiJpZDEifQ.x"

#define URN       "urn%3Aietf%3Aparams%3Aoauth%3A"
#define BEARER    "grant_type=" URN "grant-type%3Ajwt-bearer"
#define EXCHANGE  "grant_type=" URN "grant-type%3Atoken-exchange"
#define SUBJECT   "&subject_token=a.b.c&subject_token_type=" URN "token-type%3A"


static arena_t  arena;


/* code: of the error; else what the client is */

static const struct {
    const char  *name;
    const char  *auth;
    const char  *form;
    const char  *code;
    const char  *id;
    const char  *secret;
} requests[] = {
    { "the example of RFC 6749, 4.4.2", BASIC, GRANT, NULL,
      "s6BhdRkqt3", "gX1fBat3bV" },
    { "in the body", "", GRANT "&client_id=a&client_secret=b", NULL, "a", "b" },
    { "in another order", "", "client_secret=b&scope=rw&client_id=a&" GRANT,
      NULL, "a", "b" },
    { "in lower case, with spaces", "basic   YTpi", GRANT, NULL, "a", "b" },
    { "padding", "Basic YTpiYg==", GRANT, NULL, "a", "bb" },
    { "padding of one", "Basic YTpiYmI=", GRANT, NULL, "a", "bbb" },
    { "no padding", "Basic YTpiYg", GRANT, NULL, "a", "bb" },
    { "a colon in the secret", "Basic YTpiOmM=", GRANT, NULL, "a", "b:c" },
    { "encoded in Basic", "Basic YSUzYTpiJTJiKw==", GRANT, NULL, "a:", "b+ " },
    { "encoded in the body", "", "grant%5Ftype=client%5fcredentials"
      "&client_id=%61+%c3%A9&client_secret=%25%26%3D", NULL,
      "a \xc3\xa9", "%&=" },
    { "the id twice, the same", "Basic YTpi", GRANT "&client_id=a", NULL,
      "a", "b" },
    { "parameters that are not known", "Basic YTpi",
      "&x=1&" GRANT "&&x=2&x&resource=https://a", NULL, "a", "b" },
    { "empty parameters count as absent", "Basic YTpi",
      GRANT "&client_id=&client_secret=&scope=", NULL, "a", "b" },

    { "an assertion", "", GRANT ASSERTION, NULL, "id1", "" },
    { "an assertion and the id", "", GRANT ASSERTION "&client_id=id1", NULL,
      "id1", "" },
    { "an assertion and the id that an issuer knows us by", "",
      GRANT ASSERTION "&client_id=id2", NULL, "id2", "" },
    { "an assertion and Basic", BASIC, GRANT ASSERTION, "invalid_request",
      NULL, NULL },
    { "an assertion and a secret", "", GRANT ASSERTION "&client_secret=x",
      "invalid_request", NULL, NULL },
    { "an assertion of another type", "", GRANT "&client_assertion=e30.e30.x"
      "&client_assertion_type=urn:x", "invalid_client", NULL, NULL },
    { "an assertion of no type", "", GRANT "&client_assertion="
      "e30.eyJzdWIiOiJpZDEifQ.x", "invalid_client", NULL, NULL },
    { "an assertion of nobody", "", GRANT TYPE "&client_assertion=e30.e30.x",
      "invalid_client", NULL, NULL },
    { "an assertion that is no JWT", "", GRANT TYPE "&client_assertion=x.y",
      "invalid_client", NULL, NULL },
    { "a type alone", "", GRANT TYPE, "invalid_client", NULL, NULL },

    { "an assertion as a grant", "", BEARER "&assertion=a.b.c&client_id=id1",
      NULL, "id1", "" },
    { "one of nobody", "", BEARER "&assertion=a.b.c", "invalid_request", NULL,
      NULL },
    { "none", "", BEARER "&client_id=id1", "invalid_request", NULL, NULL },
    { "one and a secret", "", BEARER "&assertion=a.b.c&client_id=id1"
      "&client_secret=x", "invalid_request", NULL, NULL },
    { "one and Basic", BASIC, BEARER "&assertion=a.b.c", "invalid_request",
      NULL, NULL },
    { "an exchange", "", EXCHANGE SUBJECT "jwt&client_id=id1", NULL, "id1", "" },
    { "an exchange for an audience", "", EXCHANGE SUBJECT "id_token"
      "&audience=id1", NULL, "id1", "" },
    { "the client goes before the audience", "", EXCHANGE SUBJECT "access_token"
      "&audience=x&client_id=id1&requested_token_type=" URN
      "token-type%3Aaccess_token", NULL, "id1", "" },
    { "an exchange of SAML", "", EXCHANGE SUBJECT "saml2&client_id=id1",
      "invalid_request", NULL, NULL },
    { "an exchange for a refresh token", "", EXCHANGE SUBJECT "jwt&client_id="
      "id1&requested_token_type=" URN "token-type%3Arefresh_token",
      "invalid_request", NULL, NULL },
    { "an exchange for an actor", "", EXCHANGE SUBJECT "jwt&client_id=id1"
      "&actor_token=x", "invalid_request", NULL, NULL },
    { "an exchange of nobody", "", EXCHANGE SUBJECT "jwt", "invalid_request",
      NULL, NULL },
    { "an exchange of no type", "", EXCHANGE "&subject_token=a.b.c&client_id=a",
      "invalid_request", NULL, NULL },
    { "an exchange of nothing", "", EXCHANGE "&client_id=a", "invalid_request",
      NULL, NULL },
    { "an exchange and Basic", BASIC, EXCHANGE SUBJECT "jwt", "invalid_request",
      NULL, NULL },
    { "an exchange and an assertion", "", EXCHANGE SUBJECT "jwt" ASSERTION,
      "invalid_request", NULL, NULL },

    { "a scope that is not known", BASIC, GRANT "&scope=openid",
      "invalid_scope", NULL, NULL },

    { "no body", BASIC, "", "invalid_request", NULL, NULL },
    { "no grant", BASIC, "scope=rw", "invalid_request", NULL, NULL },
    { "an empty grant", BASIC, "grant_type=", "invalid_request", NULL, NULL },
    { "a grant without a value", BASIC, "grant_type", "invalid_request", NULL,
      NULL },
    { "another grant", BASIC, "grant_type=password", "unsupported_grant_type",
      NULL, NULL },
    { "a grant in upper case", BASIC, "grant_type=CLIENT_CREDENTIALS",
      "unsupported_grant_type", NULL, NULL },
    { "a grant twice", BASIC, GRANT "&" GRANT, "invalid_request", NULL, NULL },
    { "an empty one twice", BASIC, GRANT "&scope=&scope=", "invalid_request",
      NULL, NULL },
    { "JSON", BASIC, "{\"grant_type\":\"client_credentials\"}",
      "invalid_request", NULL, NULL },
    { "half an escape", BASIC, GRANT "&scope=%4", "invalid_request", NULL,
      NULL },
    { "no hex", BASIC, GRANT "&scope=%4x", "invalid_request", NULL, NULL },
    { "a byte of zero", BASIC, GRANT "&scope=a%00b", "invalid_request", NULL,
      NULL },
    { "a percent sign at the end", BASIC, GRANT "&scope=%", "invalid_request",
      NULL, NULL },
    { "no client", "", GRANT, "invalid_client", NULL, NULL },
    { "no secret", "", GRANT "&client_id=a", "invalid_client", NULL, NULL },
    { "no id", "", GRANT "&client_secret=b", "invalid_client", NULL, NULL },
    { "in both ways", "Basic YTpi", GRANT "&client_id=a&client_secret=b",
      "invalid_request", NULL, NULL },
    { "two ids", "Basic YTpi", GRANT "&client_id=b", "invalid_request", NULL,
      NULL },
    { "another scheme", "Bearer YTpi", GRANT, "invalid_client", NULL, NULL },
    { "a scheme alone", "Basic", GRANT, "invalid_client", NULL, NULL },
    { "nothing in Basic", "Basic ", GRANT, "invalid_client", NULL, NULL },
    { "no base64", "Basic YT*i", GRANT, "invalid_client", NULL, NULL },
    { "padding where none is due", "Basic YTpi=", GRANT, "invalid_client",
      NULL, NULL },
    { "no colon", "Basic YWI=", GRANT, "invalid_client", NULL, NULL },
    { "an empty secret", "Basic YTo=", GRANT, "invalid_client", NULL, NULL },
    { "an empty id", "Basic OmI=", GRANT, "invalid_client", NULL, NULL },
    { "a wrong escape in Basic", "Basic YTolNA==", GRANT, "invalid_client",
      NULL, NULL },
    { "a byte of zero in Basic", "Basic YQBiOmM=", GRANT, "invalid_client",
      NULL, NULL }
};


static const scim_oauth_error_t *
parse(size_t i, scim_oauth_request_t *request)
{
    char                      *auth, *form;
    size_t                     auth_len, form_len;
    const scim_oauth_error_t  *err;

    /* of their own, without a NUL, for the sanitizer to see what is read */

    auth_len = strlen(requests[i].auth);
    form_len = strlen(requests[i].form);
    auth = malloc(auth_len + 1);
    form = malloc(form_len + 1);
    auth = realloc(memcpy(auth, requests[i].auth, auth_len + 1),
                   auth_len ? auth_len : 1);
    form = realloc(memcpy(form, requests[i].form, form_len + 1),
                   form_len ? form_len : 1);

    err = scim_oauth_parse(&arena.alloc, auth, auth_len, form, form_len,
                           request);
    free(auth);
    free(form);

    return err;
}


static void
test_requests(void)
{
    size_t                     i;
    scim_oauth_request_t       request;
    const scim_oauth_error_t  *err;

    for (i = 0; i < N(requests); i++) {
        err = parse(i, &request);
        is(err ? err->code : NULL, requests[i].code, requests[i].name);

        if (requests[i].code == NULL && err == NULL) {
            is(request.client_id, requests[i].id, "the id");
            is(request.client_secret, requests[i].secret, "the secret");
        }
    }
}


/* each allocation fails once: an error, or what there would be with it */

static void
test_memory(void)
{
    int                   done;
    long                  left;
    size_t                i;
    scim_oauth_request_t  request;

    arena_free(&arena);

    for (i = 0; i < N(requests); i++) {
        done = 0;

        for (left = 0; !done && left < 100; left++) {
            arena_init_failing(&arena, left);
            done = parse(i, &request) == NULL || !arena.failed;
            arena_free(&arena);
        }

        ok(done, "memory runs out: %s", requests[i].name);
    }

    arena_init(&arena);
}


/* rw and ro: what a client that may write, or only read, gets; "-": nothing */

static void
test_scopes(void)
{
    int                        read_only;
    char                       form[128];
    size_t                     i, k;
    const char                *scope;
    scim_oauth_request_t       request;
    const scim_oauth_error_t  *err;

    static const struct {
        const char  *asked;
        const char  *given[2];
    } scopes[] = {
        { "", { "rw", "ro" } },
        { "rw", { "rw", "-" } },
        { "ro", { "ro", "ro" } },
        { "ro+rw", { "rw", "-" } },
        { "scim", { "scim", "scim ro" } },
        { "scim+ro", { "scim ro", "scim ro" } },
        { "ro+scim", { "scim ro", "scim ro" } },
        { "scim+rw", { "scim rw", "-" } },
        { "ro+ro", { "ro", "ro" } },
        { "RO", { "-", "-" } },
        { "ro+", { "-", "-" } },
        { "+ro", { "-", "-" } },
        { "+", { "-", "-" } },
        { "ro++rw", { "-", "-" } },
        { "ro+openid", { "-", "-" } },
        { "openid+ro", { "-", "-" } },
        { "ro%09rw", { "-", "-" } },
        { "rox", { "-", "-" } },
        { "r", { "-", "-" } },
        { "scimrw", { "-", "-" } },
        { "Scim", { "-", "-" } }
    };

    for (i = 0; i < N(scopes); i++) {
        (void) snprintf(form, sizeof(form), GRANT "&scope=%s",
                        scopes[i].asked);

        for (k = 0; k < 2; k++) {
            err = scim_oauth_parse(&arena.alloc, "Basic YTpi", 10, form,
                                   strlen(form), &request);
            read_only = (int) k;
            scope = err ? NULL : scim_oauth_grant(&request, &read_only);

            if (err != NULL) {
                is(err->code, "invalid_scope", "the error");
            }

            is(scope ? scope : "-", scopes[i].given[k], scopes[i].asked);

            if (scope != NULL) {
                is_int(read_only, strstr(scope, "ro") != NULL, "as it says");
            }
        }
    }
}


static void
test_answers(void)
{
    size_t              len;
    scim_oauth_error_t  err = { 400, "invalid_scope", "It is so" };

    is(scim_oauth_token_print(&arena.alloc, "scim_x", 3600, "rw", 0,
                              &len),
       "{\"access_token\":\"scim_x\",\"token_type\":\"Bearer\","
       "\"expires_in\":3600,\"scope\":\"rw\"}", "a token");
    is_int(len, 78, "its length");

    is(scim_oauth_token_print(&arena.alloc, "scim_x", 3600, "scim", 1, &len),
       "{\"access_token\":\"scim_x\",\"issued_token_type\":"
       "\"urn:ietf:params:oauth:token-type:access_token\","
       "\"token_type\":\"Bearer\",\"expires_in\":3600,\"scope\":\"scim\"}",
       "a token that was exchanged");

    is(scim_oauth_error_print(&arena.alloc, &err, &len),
       "{\"error\":\"invalid_scope\",\"error_description\":\"It is so\"}",
       "an error");

    is(scim_oauth_metadata_print(&arena.alloc, "https://a/\"", "https://a/t", 0,
                                 0, &len),
       "{\"issuer\":\"https://a/\\\"\",\"token_endpoint\":\"https://a/t\","
       "\"scopes_supported\":[\"scim\",\"rw\",\"ro\"],\"response_types_supported\":[],"
       "\"grant_types_supported\":[\"client_credentials\"],"
       "\"token_endpoint_auth_methods_supported\":"
       "[\"client_secret_basic\",\"client_secret_post\"]}", "metadata");

    ok(strstr(scim_oauth_metadata_print(&arena.alloc, "a", "b", 1, 0, &len),
              "\"client_secret_post\",\"private_key_jwt\"],"
              "\"token_endpoint_auth_signing_alg_values_supported\":"
              "[\"RS256\",") != NULL, "metadata with assertions");

    ok(strstr(scim_oauth_metadata_print(&arena.alloc, "a", "b", 0, 1, &len),
              "\"grant_types_supported\":[\"client_credentials\","
              "\"urn:ietf:params:oauth:grant-type:jwt-bearer\","
              "\"urn:ietf:params:oauth:grant-type:token-exchange\"],"
              "\"token_endpoint_auth_methods_supported\":"
              "[\"client_secret_basic\",\"client_secret_post\","
              "\"private_key_jwt\"]") != NULL, "metadata with federation");
}


static void
test_secrets(void)
{
    size_t  i;

    static const struct {
        const char  *text;
        int          rc;
    } cases[] = {
        { "{}", SCIM_OK },
        { "{\"created\":\"2020-01-01T00:00:00Z\"}", SCIM_OK },
        { "{\"expires\":\"2030-01-01T00:00:01Z\"}", SCIM_OK },
        { "{\"expires\":\"2030-01-01T00:00:00Z\"}", SCIM_ERROR },
        { "{\"expires\":\"2029-12-31T23:59:59Z\"}", SCIM_ERROR },
        { "{\"expires\":\"2030-01-01T00:00:00-01:00\"}", SCIM_OK },
        { "{\"expires\":\"never\"}", SCIM_ERROR },
        { "{\"expires\":0}", SCIM_ERROR },
        { "{\"expires\":null}", SCIM_ERROR },
        { "[]", SCIM_ERROR },
        { "", SCIM_ERROR },
        { "1", SCIM_ERROR }
    };

    for (i = 0; i < N(cases); i++) {
        is_int(scim_oauth_secret_check(&arena.alloc, cases[i].text,
                                       strlen(cases[i].text), 1893456000),
               cases[i].rc, cases[i].text);
    }
}


int
main(void)
{
    scim_json_init();
    arena_init(&arena);

    test_requests();
    test_memory();
    test_scopes();
    test_answers();
    test_secrets();

    arena_free(&arena);

    return done_testing();
}
