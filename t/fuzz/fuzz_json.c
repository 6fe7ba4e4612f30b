/*
 * Valid JSON comes out of the printer as the same JSON. Invalid JSON gives a
 * readable error.
 */

#include "fuzz.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/json/scim_json_print.h"


static void
fuzz_again(scim_alloc_t *a, const cJSON *json)
{
    char          *one, *two;
    cJSON         *again;
    size_t         n1, n2;
    scim_error_t   err;

    (void) scim_json_is_empty(json);

    one = scim_json_print(a, json, &n1);

    fuzz_must(scim_json_parse(a, one, n1, &again, &err) == SCIM_OK
              && scim_json_equal(json, again));

    two = scim_json_print(a, again, &n2);

    fuzz_must(n1 == strlen(one) && strcmp(one, two) == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cJSON         *json;
    arena_t        arena;
    scim_error_t   err;

    arena_init(&arena);

    if (scim_json_parse(&arena.alloc, (const char *) data, size, &json, &err)
        == SCIM_OK)
    {
        fuzz_again(&arena.alloc, json);

    } else {
        fuzz_check_error(&arena, &err);
    }

    arena_free(&arena);

    return 0;
}
