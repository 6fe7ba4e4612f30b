/*
 * scim_token.c
 */

#include "tap.h"
#include "scim/core/scim.h"
#include "scim/token/scim_token.h"


#define N(table)  (sizeof(table) / sizeof((table)[0]))


/* computed by others: the checksum is zlib's crc32() */

static void
test_print(void)
{
    char    token[SCIM_TOKEN_LEN + 1];
    size_t  i, k;

    unsigned char  random[SCIM_TOKEN_RANDOM];

    static const struct {
        unsigned char  first;
        unsigned char  step;
        const char    *token;
    } cases[] = {
        { 0x00, 0,
          "scim_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3oLhmX" },
        { 0x00, 1,
          "scim_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh80wePdq" },
        { 0xff, 0,
          "scim___________________________________________83g5jaY" }
    };

    for (i = 0; i < N(cases); i++) {
        for (k = 0; k < sizeof(random); k++) {
            random[k] = cases[i].first + k * cases[i].step;
        }

        scim_token_print(random, token);
        is(token, cases[i].token, "a token");
        is_int(scim_token_check(token, strlen(token)), SCIM_OK, "is one");
    }
}


/* a character is another, or two are exchanged */

static void
test_mistyped(void)
{
    char    token[SCIM_TOKEN_LEN + 1], text[SCIM_TOKEN_LEN + 1], swap;
    size_t  i;

    unsigned char  random[SCIM_TOKEN_RANDOM] = "0123456789abcdefABCDEF-_+*/.,;:";

    scim_token_print(random, token);

    for (i = 5; i < SCIM_TOKEN_LEN; i++) {
        memcpy(text, token, sizeof(text));
        text[i] = text[i] == 'x' ? 'y' : 'x';
        ok(scim_token_check(text, SCIM_TOKEN_LEN) == SCIM_ERROR,
           "mistyped: %s", text);
    }

    for (i = 5; i + 1 < SCIM_TOKEN_LEN; i++) {
        if (token[i] == token[i + 1]) {
            continue;
        }

        memcpy(text, token, sizeof(text));
        swap = text[i];
        text[i] = text[i + 1];
        text[i + 1] = swap;
        ok(scim_token_check(text, SCIM_TOKEN_LEN) == SCIM_ERROR,
           "exchanged: %s", text);
    }
}


static void
test_others(void)
{
    size_t  i;

    static const char  *others[] = {
        "", "scim_", "token",
        "scim_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "scim_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3oLhm",
        "scim_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3oLhmXX",
        "SCIM_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3oLhmX",
        "scim-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3oLhmX"
    };

    for (i = 0; i < N(others); i++) {
        is_int(scim_token_check(others[i], strlen(others[i])), SCIM_OK,
               "of another shape");
    }
}


int
main(void)
{
    test_print();
    test_mistyped();
    test_others();

    return done_testing();
}
