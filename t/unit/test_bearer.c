/*
 * scim_bearer.c
 */

#include <stdlib.h>

#include "tap.h"
#include "scim/token/scim_bearer.h"


#define N(table)  (sizeof(table) / sizeof((table)[0]))


typedef struct {
    const char     *header;
    scim_bearer_e   kind;
    const char     *token;
} bearer_t;


static const bearer_t  cases[] = {
    { "", SCIM_BEARER_NONE, NULL },
    { "Basic dXNlcjpwYXNz", SCIM_BEARER_NONE, NULL },
    { "Digest username=\"x\", realm=\"y\"", SCIM_BEARER_NONE, NULL },
    { "Bearerx t", SCIM_BEARER_NONE, NULL },
    { "Bearer\tt", SCIM_BEARER_NONE, NULL },
    { " Bearer t", SCIM_BEARER_NONE, NULL },
    { "\"token\"", SCIM_BEARER_NONE, NULL },
    { "=", SCIM_BEARER_NONE, NULL },
    { "tok\xc3\xa9n", SCIM_BEARER_NONE, NULL },

    { "Bearer mF_9.B5f-4.1JqM", SCIM_BEARER_TOKEN, "mF_9.B5f-4.1JqM" },
    { "bearer t", SCIM_BEARER_TOKEN, "t" },
    { "BEARER t", SCIM_BEARER_TOKEN, "t" },
    { "Bearer    t", SCIM_BEARER_TOKEN, "t" },
    { "Bearer azAZ09-._~+/", SCIM_BEARER_TOKEN, "azAZ09-._~+/" },
    { "Bearer t==", SCIM_BEARER_TOKEN, "t==" },
    { "Bearer Bearer", SCIM_BEARER_TOKEN, "Bearer" },

    { "Bearer", SCIM_BEARER_MALFORMED, NULL },
    { "bEARER", SCIM_BEARER_MALFORMED, NULL },
    { "Bearer ", SCIM_BEARER_MALFORMED, NULL },
    { "Bearer ==", SCIM_BEARER_MALFORMED, NULL },
    { "Bearer t=t", SCIM_BEARER_MALFORMED, NULL },
    { "Bearer t=t=", SCIM_BEARER_MALFORMED, NULL },
    { "Bearer t t", SCIM_BEARER_MALFORMED, NULL },
    { "Bearer t ", SCIM_BEARER_MALFORMED, NULL },
    { "Bearer t,", SCIM_BEARER_MALFORMED, NULL },
    { "Bearer \tt", SCIM_BEARER_MALFORMED, NULL },
    { "Bearer \"t\"", SCIM_BEARER_MALFORMED, NULL },
    { "Bearer t\x7f", SCIM_BEARER_MALFORMED, NULL },
    { "Bearer t\x80", SCIM_BEARER_MALFORMED, NULL },

    { "Beare", SCIM_BEARER_BARE, "Beare" },
    { "Bearer=", SCIM_BEARER_BARE, "Bearer=" },
    { "Bearert", SCIM_BEARER_BARE, "Bearert" },
    { "scim_dG9rZW4=", SCIM_BEARER_BARE, "scim_dG9rZW4=" }
};


/* the header ends where its memory does, as the sanitizers see */

static void
test_header(const char *text, size_t len, scim_bearer_e kind,
    const char *expected)
{
    char           *header;
    size_t          n;
    const char     *token;
    scim_bearer_e   got;

    header = malloc(len);
    if (header == NULL) {
        abort();
    }

    memcpy(header, text, len);
    got = scim_bearer_parse(header, len, &token, &n);

    ok(got == kind && (expected == NULL ? token == NULL && n == 0
                                        : n == strlen(expected)
                                          && memcmp(token, expected, n) == 0),
       "\"%s\"", text);

    free(header);
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < N(cases); i++) {
        test_header(cases[i].header, strlen(cases[i].header), cases[i].kind,
                    cases[i].token);
    }

    test_header("Bearer t\0t", 10, SCIM_BEARER_MALFORMED, NULL);
    test_header("t\0", 2, SCIM_BEARER_NONE, NULL);

    return done_testing();
}
