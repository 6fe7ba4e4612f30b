/*
 * scim_jwt.c
 */

#include "tap.h"
#include "arena.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/token/scim_jwk.h"
#include "scim/token/scim_jwt.h"


#define N(table)  (sizeof(table) / sizeof((table)[0]))

#define NOW     1893456000LL
#define N2048   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define RSA     "\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" N2048 "\""
#define EC      "\"kty\":\"EC\",\"x\":\"AQAB\",\"y\":\"AQAB\",\"crv\":"


static arena_t  arena;


/* the first part in base64url */

static void
test_headers(void)
{
    int                rc;
    size_t             i;
    scim_jwt_header_t  header;

    static const struct {
        const char  *token;
        const char  *alg;               /* NULL: refused */
        const char  *kid;
        const char  *name;
    } cases[] = {
        { "eyJhbGciOiJSUzI1NiJ9.e30.x", "RS256", NULL, "RS256" },
        { "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIn0.e30.x", "ES256", "k1",
          "ES256 with a name" },
        { "eyJhbGciOiJSUzI1NiIsImtpZCI6MX0.e30.x", "RS256", NULL,
          "a name that is no text" },
        { "eyJhbGciOiJub25lIn0.e30.", NULL, NULL, "none" },
        { "eyJhbGciOiJIUzI1NiJ9.e30.x", NULL, NULL, "HS256" },
        { "eyJhbGciOiJyczI1NiJ9.e30.x", NULL, NULL, "lower case" },
        { "eyJhbGciOlsiUlMyNTYiXX0.e30.x", NULL, NULL, "an array" },
        { "eyJhbGciOiJSUzI1NiIsImNyaXQiOlsieCJdfQ.e30.x", NULL, NULL, "crit" },
        { "eyJhbGciOiJSUzI1NiIsImI2NCI6ZmFsc2V9.e30.x", NULL, NULL, "b64" },
        { "eyJhbGciOiJSUzI1NiIsImFsZyI6Im5vbmUifQ.e30.x", NULL, NULL,
          "two algorithms" },
        { "eyJhbGciOiJSUzI1NiIsIkFMRyI6Im5vbmUifQ.e30.x", NULL, NULL,
          "two, in another case" },
        { "e30.e30.x", NULL, NULL, "no algorithm" },
        { "W10.e30.x", NULL, NULL, "no object" },
        { "eyJhbGciOiJSUzI1NiJ9", NULL, NULL, "no dot" },
        { "eyJhbGci*iJSUzI1NiJ9.e30.x", NULL, NULL, "no base64" },
        { ".e30.x", NULL, NULL, "nothing" }
    };

    for (i = 0; i < N(cases); i++) {
        rc = scim_jwt_header(&arena.alloc, cases[i].token,
                             strlen(cases[i].token), &header);
        is_int(rc, cases[i].alg ? SCIM_OK : SCIM_ERROR, cases[i].name);

        if (rc == SCIM_OK) {
            is(header.alg, cases[i].alg, "its algorithm");
            is(header.kid, cases[i].kid, "its key");
        }
    }
}


static void
test_shape(void)
{
    size_t  i;

    static const struct {
        const char  *token;
        int          rc;
    } cases[] = {
        { "eyJ.e30.x", SCIM_OK }, { "ey..", SCIM_OK },
        { "", SCIM_ERROR }, { "..", SCIM_ERROR }, { "eyJ", SCIM_ERROR },
        { "eyJ.e30", SCIM_ERROR }, { "eyJ.e30.x.y", SCIM_ERROR },
        { "token.with.dots", SCIM_ERROR }
    };

    for (i = 0; i < N(cases); i++) {
        is_int(scim_jwt_check(cases[i].token, strlen(cases[i].token)),
               cases[i].rc, cases[i].token);
    }
}


static void
test_sets(void)
{
    int           rc;
    size_t        i, n;
    scim_jwk_t   *keys;
    scim_error_t  err;

    static const struct {
        const char  *text;
        size_t       n;
        const char  *detail;
        const char  *name;
    } cases[] = {
        { "{\"keys\":[{" RSA "}]}", 1, NULL, "one key" },
        { "{\"keys\":[{" RSA ",\"use\":\"enc\"},{" RSA ",\"use\":\"sig\"}]}",
          1, NULL, "one for encryption" },
        { "{\"keys\":[{" RSA ",\"alg\":\"HS256\"},{" RSA "}]}", 1, NULL,
          "one for HMAC" },
        { "{\"keys\":[{\"kty\":\"OKP\",\"x\":\"x\"},{" EC "\"P-256\"},1,{}]}",
          1, NULL, "other types" },
        { "{\"keys\":[{\"kty\":\"oct\",\"k\":\"x\"},{" RSA "}]}", 1, NULL,
          "a symmetric key" },
        { "{\"keys\":[]}", 0, "it has no RSA or EC key for signatures",
          "no key" },
        { "[]", 0, "it is no JSON object with \"keys\"", "an array" },
        { "{\"keys\":{}}", 0, "it is no JSON object with \"keys\"",
          "an object of keys" },
        { "keys", 0, "it is no JSON object with \"keys\"", "no JSON" },
        { "{\"keys\":[{" RSA "},{" RSA ",\"d\":\"x\"}]}", 0,
          "key 2 is a private one", "a private key" },
        { "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\"}]}", 0,
          "key 1 has less than 2048 bits", "a weak key" },
        { "{\"keys\":[{\"kty\":\"EC\"}]}", 0, "key 1 has no \"crv\"",
          "no curve" },
        { "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQAB\"}]}", 0,
          "key 1 has no \"x\" or no \"y\"", "half a point" },
        { "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"" N2048 "\"}]}", 0,
          "key 1 has no \"e\"", "no exponent" }
    };

    for (i = 0; i < N(cases); i++) {
        rc = scim_jwks_parse(&arena.alloc, cases[i].text,
                             strlen(cases[i].text), &keys, &n, &err);
        is_int(rc, cases[i].detail ? SCIM_ERROR : SCIM_OK, cases[i].name);
        is(rc == SCIM_OK ? NULL : err.detail, cases[i].detail, "and why");

        if (rc == SCIM_OK) {
            is_int(n, cases[i].n, "how many");
        }
    }
}


static void
test_public(void)
{
    size_t        i;
    scim_error_t  err;

    static const struct {
        const char  *text;
        const char  *detail;
        const char  *name;
    } cases[] = {
        { "{\"keys\":[{" RSA "},{\"kty\":\"OKP\",\"x\":\"x\"},1]}", NULL,
          "public keys" },
        { "{\"keys\":[{" RSA "},{\"kty\":\"oct\",\"k\":\"x\"}]}",
          "key 2 is a private one", "a symmetric key" },
        { "{\"keys\":[1,{" RSA ",\"use\":\"enc\",\"d\":\"x\"},{" RSA "}]}",
          "key 2 is a private one", "a private key for encryption" },
        { "{\"keys\":[{\"kty\":\"OKP\",\"x\":\"x\",\"d\":\"x\"}]}",
          "key 1 is a private one", "a private key of another kind" }
    };

    for (i = 0; i < N(cases); i++) {
        is_int(scim_jwks_public(&arena.alloc, cases[i].text,
                                strlen(cases[i].text), &err),
               cases[i].detail ? SCIM_ERROR : SCIM_OK, cases[i].name);

        if (cases[i].detail) {
            is(err.detail, cases[i].detail, "and why");
        }
    }
}


static void
test_find(void)
{
    size_t             i, n;
    scim_jwk_t        *keys, *found;
    scim_error_t       err;
    scim_jwt_header_t  header;

    static const char  set[] = "{\"keys\":["
        "{" RSA ",\"kid\":\"a\"},{" RSA ",\"kid\":\"b\",\"alg\":\"PS256\"},"
        "{" EC "\"P-256\",\"kid\":\"c\"},"
        "{" EC "\"P-384\",\"kid\":\"a\"}]}";

    static const struct {
        const char  *alg;
        const char  *kid;
        int          found;             /* -1: none */
    } cases[] = {
        { "RS256", "a", 0 }, { "PS256", "a", 0 }, { "PS256", "b", 1 },
        { "RS256", "b", -1 }, { "ES256", "c", 2 }, { "ES384", "c", -1 },
        { "ES384", "a", 3 }, { "ES256", "a", -1 }, { "RS256", "x", -1 },
        { "ES256", NULL, 2 }, { "RS512", NULL, 0 }, { "PS256", NULL, -1 },
        { "ES512", NULL, -1 }
    };

    ok(scim_jwks_parse(&arena.alloc, set, strlen(set), &keys, &n, &err)
       == SCIM_OK, "a set");

    for (i = 0; i < N(cases); i++) {
        header.alg = cases[i].alg;
        header.kid = cases[i].kid;
        found = scim_jwks_find(keys, n, &header);

        ok(cases[i].found < 0 ? found == NULL
           : found == &keys[cases[i].found],
           "%s by the key %s", header.alg, header.kid ? header.kid : "(none)");
    }
}


static void
test_claims(void)
{
    cJSON      *claims;
    size_t      i;
    long long   expiry;

    static const struct {
        const char  *claims;
        const char  *why;
    } cases[] = {
        { "{\"exp\":1893456001,\"aud\":\"us\"}", NULL },
        { "{\"exp\":1893456001,\"aud\":[\"x\",\"us\"]}", NULL },
        { "{\"exp\":1893456001,\"aud\":\"us\",\"nbf\":1893456060}", NULL },
        { "{\"exp\":1893456000,\"aud\":\"us\"}", "it has expired" },
        { "{\"aud\":\"us\"}", "it has no \"exp\"" },
        { "{\"exp\":\"1893456001\",\"aud\":\"us\"}", "it has no \"exp\"" },
        { "{\"exp\":-1,\"aud\":\"us\"}", "it has no \"exp\"" },
        { "{\"exp\":1e15,\"aud\":\"us\"}", "it has no \"exp\"" },
        { "{\"exp\":1893456001,\"aud\":\"us\",\"nbf\":1893456061}",
          "it is not valid yet" },
        { "{\"exp\":1893456001,\"aud\":\"us\",\"nbf\":\"x\"}",
          "it is not valid yet" },
        { "{\"exp\":1893456001}", "it is for another audience" },
        { "{\"exp\":1893456001,\"aud\":\"US\"}", "it is for another audience" },
        { "{\"exp\":1893456001,\"aud\":[[\"us\"],1]}",
          "it is for another audience" },
        { "{\"exp\":1893456001,\"AUD\":\"us\"}", "it is for another audience" }
    };

    for (i = 0; i < N(cases); i++) {
        claims = scim_jwt_claims(&arena.alloc, cases[i].claims,
                                 strlen(cases[i].claims));
        is(scim_jwt_valid(claims, "us", NOW, &expiry), cases[i].why,
           cases[i].claims);
    }

    ok(scim_jwt_claims(&arena.alloc, "[]", 2) == NULL, "no object");
}


int
main(void)
{
    scim_json_init();
    arena_init(&arena);

    test_shape();
    test_headers();
    test_sets();
    test_public();
    test_find();
    test_claims();

    arena_free(&arena);

    return done_testing();
}
