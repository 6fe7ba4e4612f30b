/*
 * scim_oauth.c
 */

#include "tap.h"
#include "arena.h"
#include "scim_json.h"
#include "scim_oauth.h"


#define N(table)  (sizeof(table) / sizeof((table)[0]))

#define GRANT   "grant_type=client_credentials"
#define BASIC   "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"      /* RFC 6749 */


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


static void
test_answers(void)
{
    size_t              len;
    scim_oauth_error_t  err = { 400, "invalid_scope", "It is so" };

    is(scim_oauth_token_print(&arena.alloc, "scim_x", 3600, "rw", &len),
       "{\"access_token\":\"scim_x\",\"token_type\":\"Bearer\","
       "\"expires_in\":3600,\"scope\":\"rw\"}", "a token");
    is_int(len, 78, "its length");

    is(scim_oauth_error_print(&arena.alloc, &err, &len),
       "{\"error\":\"invalid_scope\",\"error_description\":\"It is so\"}",
       "an error");

    is(scim_oauth_metadata_print(&arena.alloc, "https://a/\"", "https://a/t",
                                 &len),
       "{\"issuer\":\"https://a/\\\"\",\"token_endpoint\":\"https://a/t\","
       "\"scopes_supported\":[\"rw\",\"ro\"],\"response_types_supported\":[],"
       "\"grant_types_supported\":[\"client_credentials\"],"
       "\"token_endpoint_auth_methods_supported\":"
       "[\"client_secret_basic\",\"client_secret_post\"]}", "metadata");
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
    test_answers();
    test_secrets();

    arena_free(&arena);

    return done_testing();
}
