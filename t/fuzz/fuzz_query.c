/*
 * A query string, or the body of a search, is parsed, resolved and applied, or
 * gives a readable error. What is projected, projected again, is the same, and
 * no more than there was.
 */

#include <stdint.h>
#include <string.h>

#include "../unit/arena.h"
#include "scim_index.h"
#include "scim_json.h"
#include "scim_query.h"
#include "scim_sort.h"
#include "scim_text.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static arena_t              memory;
static const scim_rtype_t  *user;
static scim_index_t        *indexes;
static size_t               nindexes;

static const char  resource[] =
    "{\"schemas\":[\"s\"],\"id\":\"1\",\"externalId\":\"k\",\"userName\":"
    "\"kim\",\"name\":{\"formatted\":\"Kim Ode\",\"givenName\":\"Kim\"},"
    "\"title\":\"T\",\"active\":true,\"emails\":[{\"value\":\"kim@x\",\"type\":"
    "\"work\",\"primary\":true},{\"value\":\"k@z\"}],\"urn:ietf:params:scim:"
    "schemas:extension:enterprise:2.0:User\":{\"department\":\"\xc3\x84\","
    "\"manager\":{\"value\":\"m\"}},\"meta\":{\"created\":\"2026-01-31T08:00:"
    "00Z\"}}";


static void
fuzz_setup(void)
{
    scim_error_t      err;
    scim_registry_t  *registry;

    scim_json_init();
    arena_init(&memory);
    (void) scim_json_open(&memory.alloc);

    registry = scim_registry_create(&memory.alloc, &err);
    if (registry == NULL) {
        abort();
    }

    user = scim_registry_rtype(registry, "User");
    indexes = scim_index_builtin(&memory.alloc, user, &nindexes);
}


static int
fuzz_parse(arena_t *arena, const char *args, size_t len, scim_query_t *query)
{
    int           rc;
    cJSON        *body;
    size_t        n;
    scim_error_t  err;

    /* what looks like an object is the body of a POST to .search */

    if (len > 0 && args[0] == '{') {
        rc = scim_query_parse(&arena->alloc, "", 0, 100, 1000, query, &err);

        if (rc == SCIM_OK) {
            rc = scim_json_parse(&arena->alloc, args, len, &body, &err);
        }

        if (rc == SCIM_OK) {
            rc = scim_query_parse_body(&arena->alloc, body, 1000, query, &err);
        }

    } else {
        rc = scim_query_parse(&arena->alloc, args, len, 100, 1000, query,
                              &err);
    }

    if (rc == SCIM_OK
        && scim_query_resolve(&arena->alloc, user, query, &err) == SCIM_OK)
    {
        return SCIM_OK;
    }

    n = strlen(err.detail);

    if (err.status != (arena->failed ? 500 : 400)
        || scim_utf8_check(err.detail, n) != n)
    {
        abort();
    }

    return SCIM_ERROR;
}


static void
fuzz_query(arena_t *arena, const char *args, size_t len)
{
    int            all;
    char          *once, *twice;
    cJSON         *doc;
    size_t         n;
    scim_key_t     key;
    scim_plan_t    plan;
    scim_query_t   query;
    scim_error_t   err;

    if (fuzz_parse(arena, args, len, &query) != SCIM_OK) {
        return;
    }

    if (query.start_index < 1 || query.count < 0 || query.count > 1000
        || scim_json_parse(&arena->alloc, resource, sizeof(resource) - 1, &doc,
                           &err) != SCIM_OK)
    {
        abort();
    }

    if (query.sort_attr != NULL
        && (scim_sort_key(&arena->alloc, user, doc, query.sort_attr, &key)
            != SCIM_OK || scim_sort_compare(&key, &key) != 0))
    {
        abort();
    }

    /* a plan finds all that the filter matches */

    if (query.filter != NULL) {
        all = scim_filter_match(&arena->alloc, user, query.filter, doc);

        if (scim_plan(&arena->alloc, user, indexes, nindexes, query.filter,
                      &plan)
                != SCIM_OK
            || all < 0 || (all && !plan.scan && plan.nlookups == 0)
            || (!all && plan.scan && plan.exact))
        {
            abort();
        }
    }

    scim_projection_apply(&query.projection, doc);
    once = scim_json_print(&arena->alloc, doc, &n);

    if (n >= sizeof(resource)
        || cJSON_GetObjectItemCaseSensitive(doc, "id") == NULL)
    {
        abort();
    }

    scim_projection_apply(&query.projection, doc);
    twice = scim_json_print(&arena->alloc, doc, &n);

    if (strcmp(once, twice) != 0) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char          *args;
    arena_t        arena;
    scim_query_t   query;

    if (user == NULL) {
        fuzz_setup();
    }

    arena_init(&arena);
    (void) scim_json_open(&arena.alloc);

    /* not terminated, as in a request */

    args = scim_alloc(&arena.alloc, size);
    memcpy(args, data, size);

    fuzz_query(&arena, args, size);

    arena.left = size % 16;
    (void) fuzz_parse(&arena, args, size, &query);

    arena_free(&arena);
    (void) scim_json_open(&memory.alloc);

    return 0;
}
