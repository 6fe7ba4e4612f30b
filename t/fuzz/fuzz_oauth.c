/*
 * A token request names a client, with either a secret or a JWT, and what its
 * token may do, or gives an error. Up to the first line feed it is the Authorization header,
 * behind it the form.
 */

#include "fuzz.h"
#include "scim/json/scim_json.h"
#include "scim/token/scim_oauth.h"
#include "scim/token/scim_oauth_print.h"


static void
fuzz_request(arena_t *arena, const char *auth, size_t auth_len,
    const char *form, size_t form_len)
{
    int                        read_only;
    char                      *text;
    size_t                     len;
    scim_oauth_request_t       request;
    const scim_oauth_error_t  *err;

    err = scim_oauth_parse(&arena->alloc, auth, auth_len, form, form_len,
                           &request);

    if (err == NULL) {
        fuzz_must(*request.client_id != '\0');
        fuzz_must((*request.client_secret != '\0')
                  != (*request.jwt != '\0'));
        fuzz_must(request.refused != NULL);

        read_only = 0;
        fuzz_must(scim_oauth_grant(&request, &read_only) != NULL);
        read_only = 1;
        fuzz_must(scim_oauth_grant(&request, &read_only) == NULL || read_only);
        return;
    }

    text = scim_oauth_error_print(&arena->alloc, err, &len);

    if (text != NULL) {
        (void) fuzz_tree(arena, text);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t       len;
    arena_t      arena;
    const char  *text, *end;

    scim_json_init();

    text = (const char *) data;
    end = size ? memchr(text, '\n', size) : NULL;
    len = end ? (size_t) (end - text) : 0;

    arena_init(&arena);
    scim_json_open(&arena.alloc);
    fuzz_request(&arena, text, len, text + len, size - len);
    (void) scim_oauth_secret_check(&arena.alloc, text, size, 0);
    scim_json_close(NULL);
    arena_free(&arena);

    return 0;
}
