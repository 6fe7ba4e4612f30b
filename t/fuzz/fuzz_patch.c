/*
 * A PATCH is applied, or gives a readable error. What comes out of it is
 * canonical: a client that sends it back changes nothing. The same patch makes
 * the same of the same document; a lone operation without a filter, applied
 * once more, changes nothing.
 */

#include "fuzz.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_members.h"
#include "scim/resource/scim_resource.h"
#include "scim/resource/scim_resource_rules.h"
#include "scim/patch/scim_patch.h"
#include "scim/patch/scim_patch_apply.h"


typedef struct {
    const char  *type;
    const char  *doc;
} fuzz_start_t;


static arena_t           memory;
static scim_registry_t  *registry;

/* the first byte of the input chooses one of them */

static const fuzz_start_t  starts[] = {
    { "User", "{\"userName\":\"kim\"}" },
    { "User", "{\"externalId\":\"k\",\"userName\":\"kim\",\"name\":{"
      "\"formatted\":\"Kim Ode\",\"givenName\":\"Kim\"},\"title\":\"T\","
      "\"active\":true,\"emails\":[{\"value\":\"kim@x\",\"type\":\"work\","
      "\"primary\":true},{\"value\":\"kim@y\",\"type\":\"home\"},{\"value\":"
      "\"k@z\"}],\"addresses\":[{\"locality\":\"L\",\"type\":\"work\"}],"
      "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\":{"
      "\"department\":\"Ops\",\"manager\":{\"value\":\"m\",\"$ref\":\"r\"}}}" },
    { "Group", "{\"externalId\":\"g\",\"displayName\":\"Admins\"}" }
};

static const char  members[] =
    "[{\"value\":\"u1\",\"type\":\"User\"},{\"value\":\"g1\",\"type\":"
    "\"Group\"}]";


static int
fuzz_finish(arena_t *arena, const scim_rtype_t *rt, cJSON *doc)
{
    scim_error_t  err;

    if (scim_resource_finish(&arena->alloc, rt, doc, "1", &err) != SCIM_OK) {
        fuzz_check_error(arena, &err);
        return SCIM_ERROR;
    }

    return SCIM_OK;
}


static cJSON *
fuzz_apply(arena_t *arena, const scim_rtype_t *rt, const scim_patch_t *patch,
    cJSON *doc)
{
    cJSON            *current;
    arena_t           other;
    scim_error_t      err;
    scim_resource_t   res;

    arena_init(&other);
    current = fuzz_tree(&other, members);

    memset(&res, 0, sizeof(res));
    scim_members_init(&res.members, &arena->alloc);
    res.doc = doc;

    if (scim_patch_apply(&arena->alloc, rt, patch, &res, current, &err)
        != SCIM_OK)
    {
        fuzz_check_error(arena, &err);
        doc = NULL;
    }

    arena_free(&other);

    return doc;
}


static void
fuzz_patch(arena_t *arena, const fuzz_start_t *start, const char *text,
    size_t len)
{
    cJSON               *body, *doc, *again;
    scim_error_t         err;
    scim_patch_t         patch;
    scim_resource_t      res;
    const scim_rtype_t  *rt;

    rt = scim_registry_rtype(registry, start->type);

    if (scim_json_parse(&arena->alloc, text, len, &body, &err) != SCIM_OK
        || scim_patch_parse(&arena->alloc, rt, body, &patch, &err) != SCIM_OK)
    {
        fuzz_check_error(arena, &err);
        return;
    }

    doc = fuzz_apply(arena, rt, &patch, fuzz_tree(arena, start->doc));

    if (doc == NULL || fuzz_finish(arena, rt, doc) != SCIM_OK) {
        return;
    }

    again = fuzz_apply(arena, rt, &patch, fuzz_tree(arena, start->doc));

    fuzz_must(again != NULL && fuzz_finish(arena, rt, again) == SCIM_OK);

    fuzz_same(arena, doc, again);

    fuzz_must(scim_resource_parse(&arena->alloc, rt, doc, NULL, &res, &err)
              == SCIM_OK && fuzz_finish(arena, rt, res.doc) == SCIM_OK);

    fuzz_same(arena, doc, res.doc);

    if (patch.n == 1 && patch.ops[0].path.filter == NULL) {
        again = fuzz_apply(arena, rt, &patch, again);

        fuzz_must(again != NULL && fuzz_finish(arena, rt, again) == SCIM_OK);

        fuzz_same(arena, doc, again);
    }
}


/* the same with an arena that fails; where that shows it is an error */

static void
fuzz_exhaust(arena_t *arena, const fuzz_start_t *start, const char *text,
    size_t len)
{
    cJSON               *body, *doc;
    scim_error_t         err;
    scim_patch_t         patch;
    const scim_rtype_t  *rt;

    rt = scim_registry_rtype(registry, start->type);
    doc = fuzz_tree(arena, start->doc);
    arena->left = len % 64;

    if (scim_json_parse(&arena->alloc, text, len, &body, &err) != SCIM_OK
        || scim_patch_parse(&arena->alloc, rt, body, &patch, &err) != SCIM_OK)
    {
        fuzz_check_error(arena, &err);

    } else {
        fuzz_must(fuzz_apply(arena, rt, &patch, doc) == NULL
                  || !arena->failed);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena_t              arena;
    const fuzz_start_t  *start;

    if (registry == NULL) {
        registry = fuzz_registry(&memory);
    }

    if (size == 0) {
        return 0;
    }

    start = &starts[data[0] % (sizeof(starts) / sizeof(starts[0]))];

    arena_init(&arena);
    (void) scim_json_open(&arena.alloc);
    fuzz_patch(&arena, start, (const char *) data + 1, size - 1);
    arena_free(&arena);

    arena_init(&arena);
    fuzz_exhaust(&arena, start, (const char *) data + 1, size - 1);
    arena_free(&arena);

    (void) scim_json_open(&memory.alloc);

    return 0;
}
