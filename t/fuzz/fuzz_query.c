/*
 * A query string, or the body of a search, is parsed, resolved and applied, or
 * gives a readable error. What is projected, projected again, is the same, and
 * no more than there was.
 */

#include "fuzz.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/json/scim_json_print.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_projection.h"
#include "scim/filter/scim_index.h"
#include "scim/filter/scim_match.h"
#include "scim/filter/scim_plan.h"
#include "scim/filter/scim_query.h"
#include "scim/filter/scim_sort.h"


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
    user = scim_registry_rtype(fuzz_registry(&memory), "User");
    indexes = scim_index_builtin(&memory.alloc, user, &nindexes);
}


static int
fuzz_parse(arena_t *arena, const char *args, size_t len, scim_query_t *query)
{
    int           rc;
    cJSON        *body;
    scim_error_t  err;

    /* an input that looks like an object is the body of a POST to .search */

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

    fuzz_check_error(arena, &err);

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

    if (fuzz_parse(arena, args, len, &query) != SCIM_OK) {
        return;
    }

    fuzz_must(query.start_index >= 1 && query.count >= 0
              && query.count <= 1000);

    doc = fuzz_tree(arena, resource);

    if (query.sort_attr != NULL) {
        fuzz_must(scim_sort_key(&arena->alloc, user, doc, query.sort_attr,
                                &key) == SCIM_OK
                  && scim_sort_compare(&key, &key) == 0);
    }

    /* a plan finds all that the filter matches */

    if (query.filter != NULL) {
        all = scim_filter_match(&arena->alloc, user, query.filter, doc);

        fuzz_must(scim_plan(&arena->alloc, user, indexes, nindexes,
                            query.filter, &plan) == SCIM_OK);
        fuzz_must(all >= 0 && (!all || plan.scan || plan.nlookups > 0)
                  && (all || !plan.scan || !plan.exact));
    }

    scim_projection_apply(&query.projection, doc);
    once = scim_json_print(&arena->alloc, doc, &n);

    fuzz_must(n < sizeof(resource)
              && cJSON_GetObjectItemCaseSensitive(doc, "id") != NULL);

    scim_projection_apply(&query.projection, doc);
    twice = scim_json_print(&arena->alloc, doc, &n);

    fuzz_must(strcmp(once, twice) == 0);
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
