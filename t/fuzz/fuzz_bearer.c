/*
 * An Authorization header is a token, the token alone, or none. A token is
 * made of what RFC 6750 lets it be made of, ends where the header ends, and is
 * the same token behind any spelling of the scheme.
 */

#include "fuzz.h"
#include "scim/core/scim_alloc.h"
#include "scim/text/scim_text.h"
#include "scim/token/scim_bearer.h"


static const char  letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/";


/* b64token as a grammar would read it */

static int
fuzz_is_token(const char *s, size_t len)
{
    size_t  i;

    for (i = 0; i < len && s[i] && strchr(letters, s[i]); i++) { /* void */ }

    if (i == 0) {
        return 0;
    }

    while (i < len && s[i] == '=') {
        i++;
    }

    return i == len;
}


static void
fuzz_again(arena_t *arena, const char *scheme, const char *token, size_t len)
{
    char        *header;
    size_t       n, again_len;
    const char  *again;

    n = strlen(scheme);
    header = scim_alloc(&arena->alloc, n + len);
    memcpy(header, scheme, n);
    memcpy(header + n, token, len);

    fuzz_must(scim_bearer_parse(header, n + len, &again, &again_len)
              == SCIM_BEARER_TOKEN);
    fuzz_must(again == header + n && again_len == len);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char           *header;
    size_t          len, scheme;
    arena_t         arena;
    const char     *token;
    scim_bearer_e   kind;

    arena_init(&arena);

    /* not terminated, as in a request */

    header = scim_alloc(&arena.alloc, size);
    memcpy(header, data, size);

    kind = scim_bearer_parse(header, size, &token, &len);

    scheme = size >= 6 && scim_name_neq("Bearer", header, 6)
             && (size == 6 || header[6] == ' ');

    if (kind == SCIM_BEARER_TOKEN || kind == SCIM_BEARER_BARE) {
        fuzz_must(token + len == header + size && fuzz_is_token(token, len));
        fuzz_must(scheme ? kind == SCIM_BEARER_TOKEN && token > header + 6
                         : kind == SCIM_BEARER_BARE && token == header);

        fuzz_again(&arena, "Bearer ", token, len);
        fuzz_again(&arena, "bEARER  ", token, len);

    } else {
        fuzz_must(token == NULL && len == 0);
        fuzz_must(kind == (scheme ? SCIM_BEARER_MALFORMED : SCIM_BEARER_NONE));
        fuzz_must(!fuzz_is_token(header, size) || scheme);
    }

    arena_free(&arena);

    return 0;
}
