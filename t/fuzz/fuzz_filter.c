/*
 * A filter is evaluated, or gives a readable error; both also when memory ends
 * somewhere.
 */

#include "fuzz.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_filter.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/filter/scim_match.h"


#define ENTERPRISE                                                            \
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


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
    user = scim_registry_rtype(fuzz_registry(&memory), "User");
    resource = fuzz_tree(&memory, resource_json);
}


static int
fuzz_filter(arena_t *arena, const char *text)
{
    scim_error_t    err;
    scim_filter_t  *filter;

    if (scim_filter_parse(&arena->alloc, user, text, &filter, &err)
        == SCIM_OK)
    {
        return scim_filter_match(&arena->alloc, user, filter, resource);
    }

    fuzz_check_error(arena, &err);

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

    fuzz_must(result >= 0 && result == fuzz_filter(&arena, text));

    arena.left = size % 16;
    (void) fuzz_filter(&arena, text);

    arena_free(&arena);

    return 0;
}
