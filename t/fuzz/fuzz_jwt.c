/*
 * Nothing in a token or a set of keys does harm before a signature was looked
 * at, and a key that is found is one for the algorithm.
 */

#include "fuzz.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/token/scim_jwk.h"
#include "scim/token/scim_jwt.h"


static void
fuzz_token(arena_t *arena, const char *text, size_t size)
{
    size_t              n;
    scim_jwk_t         *keys, *key;
    scim_error_t        err;
    scim_jwt_header_t   header;

    (void) scim_jwt_check(text, size);
    (void) scim_jwt_unverified(&arena->alloc, text, size);

    if (scim_jwt_header(&arena->alloc, text, size, &header) == SCIM_OK) {
        fuzz_must(strchr("RPE", header.alg[0]) != NULL);

    } else {
        header.alg = size % 2 ? "RS256" : "ES256";
        header.kid = size % 3 ? "a" : NULL;
    }

    if (scim_jwks_parse(&arena->alloc, text, size, &keys, &n, &err)
        != SCIM_OK)
    {
        return;
    }

    key = scim_jwks_find(keys, n, &header);

    if (key != NULL) {
        fuzz_must(key->kty[0] == (header.alg[0] == 'E' ? 'E' : 'R'));
        (void) fuzz_tree(arena, key->json);
    }
}


static void
fuzz_claims(arena_t *arena, const char *text, size_t size)
{
    cJSON       *claims;
    long long    expiry;
    const char  *id;

    claims = scim_jwt_claims(&arena->alloc, text, size);

    if (claims != NULL
        && scim_jwt_assertion(claims, "a", "b", 1000, &expiry, &id) == NULL)
    {
        fuzz_must(expiry > 1000 && expiry <= 1000 + SCIM_JWT_ASSERTION);
        fuzz_must(*id != '\0');
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena_t  arena;

    scim_json_init();

    arena_init(&arena);
    scim_json_open(&arena.alloc);
    fuzz_token(&arena, (const char *) data, size);
    fuzz_claims(&arena, (const char *) data, size);
    scim_json_close(NULL);
    arena_free(&arena);

    return 0;
}
