/*
 * The part that the fuzz targets share.
 */

#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <string.h>

#include "../unit/arena.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/core/scim_utf8.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/json/scim_json_print.h"
#include "scim/schema/scim_registry.h"
#include "scim/schema/scim_schema.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* Aborts unless the condition holds, so that the fuzzer reports the input. */

#define fuzz_must(condition)                                                  \
    do {                                                                      \
        if (!(condition)) {                                                   \
            abort();                                                          \
        }                                                                     \
    } while (0)


/* an error is the client's and readable, or a lack of memory */

__attribute__((unused)) static void
fuzz_check_error(const arena_t *arena, const scim_error_t *err)
{
    size_t  len;

    len = strlen(err->detail);

    fuzz_must(err->status == (arena->failed ? 500 : 400));
    fuzz_must((len == 0) == (arena->failed != 0));
    fuzz_must(scim_utf8_check(err->detail, len) == len);
}


__attribute__((unused)) static cJSON *
fuzz_tree(arena_t *arena, const char *text)
{
    cJSON         *json;
    scim_error_t   err;

    fuzz_must(scim_json_parse(&arena->alloc, text, strlen(text), &json, &err)
              == SCIM_OK);

    return json;
}


/* equal in meaning and in bytes */

__attribute__((unused)) static void
fuzz_same(arena_t *arena, const cJSON *one, const cJSON *two)
{
    size_t  n1, n2;

    fuzz_must(scim_json_equal(one, two));
    fuzz_must(strcmp(scim_json_print(&arena->alloc, one, &n1),
                     scim_json_print(&arena->alloc, two, &n2)) == 0);
}


/* a registry that stays, and the allocator that is open while it is made */

__attribute__((unused)) static scim_registry_t *
fuzz_registry(arena_t *memory)
{
    scim_error_t      err;
    scim_registry_t  *registry;

    scim_json_init();
    arena_init(memory);
    (void) scim_json_open(&memory->alloc);

    registry = scim_registry_create(&memory->alloc, &err);
    fuzz_must(registry != NULL);

    return registry;
}


#endif /* FUZZ_H */
