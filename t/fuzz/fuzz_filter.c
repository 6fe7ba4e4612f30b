/*
 * A filter is evaluated, or gives a readable error; both also when memory ends
 * somewhere.
 */

#include <stdint.h>
#include <string.h>

#include "../unit/arena.h"
#include "scim_filter.h"
#include "scim_json.h"
#include "scim_text.h"


#define ENTERPRISE                                                            \
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static arena_t              memory;
static const scim_rtype_t  *user;
static cJSON               *resource;

static const char  resource_json[] =
    "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],"
    "\"id\":\"5b1f\",\"meta\":{\"created\":\"2011-08-01T18:29:49.793Z\"},"
    "\"userName\":\"Kim\",\"active\":true,"
    "\"name\":{\"givenName\":\"\xc3\x89\"},"
    "\"emails\":[{\"value\":\"k@x\",\"type\":\"work\",\"primary\":true},"
    "{\"value\":5},\"x\"],\"" ENTERPRISE "\":{\"manager\":{\"value\":\"x\"}}}";


static void
fuzz_setup(void)
{
    scim_error_t      err;
    scim_registry_t  *registry;

    arena_init(&memory);
    scim_json_init();
    scim_json_open(&memory.alloc);

    registry = scim_registry_create(&memory.alloc, &err);

    if (registry == NULL
        || scim_json_parse(&memory.alloc, resource_json,
                           sizeof(resource_json) - 1, &resource, &err)
           != SCIM_OK)
    {
        abort();
    }

    user = scim_registry_rtype(registry, "User");
}


static int
fuzz_filter(arena_t *arena, const char *text)
{
    size_t          len;
    scim_error_t    err;
    scim_filter_t  *filter;

    if (scim_filter_parse(&arena->alloc, user, text, &filter, &err)
        == SCIM_OK)
    {
        return scim_filter_match(&arena->alloc, user, filter, resource);
    }

    len = strlen(err.detail);

    if (err.status != (arena->failed ? 500 : 400)
        || scim_utf8_check(err.detail, len) != len)
    {
        abort();
    }

    return 2;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int       result;
    char     *text;
    arena_t   arena;

    if (user == NULL) {
        fuzz_setup();
    }

    arena_init(&arena);
    text = scim_strndup(&arena.alloc, (const char *) data, size);

    result = fuzz_filter(&arena, text);

    if (result < 0 || result != fuzz_filter(&arena, text)) {
        abort();
    }

    arena.left = size % 16;
    (void) fuzz_filter(&arena, text);

    arena_free(&arena);

    return 0;
}
