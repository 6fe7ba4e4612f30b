/*
 * A PATCH path is parsed, or gives a readable error; a path without a filter
 * is a name too, and leads to the same attribute.
 */

#include "fuzz.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_name.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_match.h"
#include "scim/patch/scim_path.h"


static arena_t              memory;
static const scim_rtype_t  *user;
static cJSON               *value;

static const char  value_json[] =
    "{\"value\":\"kim@fabrikam.example\",\"type\":\"work\",\"primary\":true}";


static void
fuzz_setup(void)
{
    user = scim_registry_rtype(fuzz_registry(&memory), "User");
    value = fuzz_tree(&memory, value_json);
}


static void
fuzz_path(arena_t *arena, const char *text)
{
    int           unknown;
    size_t        len;
    scim_name_t   name;
    scim_path_t   path;
    scim_error_t  err;

    if (scim_path_parse(&arena->alloc, user, text, &path, &unknown, &err)
        != SCIM_OK)
    {
        fuzz_check_error(arena, &err);
        return;
    }

    if (path.filter != NULL) {
        (void) scim_filter_match_value(&arena->alloc, path.filter, value);
    }

    text += strspn(text, " \t\r\n");
    len = path.filter ? strlen(text) : strcspn(text, " \t\r\n");

    while (strchr(" \t\r\n", text[len - 1]) != NULL) {
        len--;
    }

    fuzz_must(scim_name_parse(user, text, len, &name) == SCIM_OK
              && name.schema == path.schema && name.attr == path.attr
              && name.sub == path.sub);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char         *text;
    arena_t       arena;
    scim_name_t   name;

    if (user == NULL) {
        fuzz_setup();
    }

    (void) scim_name_parse(user, (const char *) data, size, &name);

    arena_init(&arena);
    text = scim_strndup(&arena.alloc, (const char *) data, size);

    fuzz_path(&arena, text);

    arena.left = size % 8;
    fuzz_path(&arena, text);

    arena_free(&arena);

    return 0;
}
