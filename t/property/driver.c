/*
 * Answers cases of the property test by the protocol library. A case is a line
 * of JSON on the standard input,
 *
 *     {"type": "User", "resource": {...}, "filter": "..."}
 *     {"type": "User", "resource": {...}, "patch": {...}, "members": [...]}
 *
 * and its answer one on the standard output: {"match": true}, {"doc": {...},
 * "members": [...]} with the ids of the members, or {"error": "invalidFilter"}.
 *
 * The arguments are files of schemas and, after those that they name, of
 * resource types.
 */

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/json/scim_json_print.h"
#include "scim/schema/scim_registry.h"
#include "scim/schema/scim_schema.h"
#include "scim/schema/scim_schema_read.h"
#include "scim/resource/scim_members.h"
#include "scim/resource/scim_resource.h"
#include "scim/resource/scim_resource_rules.h"
#include "scim/filter/scim_filter.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/filter/scim_match.h"
#include "scim/patch/scim_patch.h"
#include "scim/patch/scim_patch_apply.h"


static scim_registry_t  *registry;


static void
driver_die(const char *what, const char *why)
{
    fprintf(stderr, "driver: %s: %s\n", what, why);
    exit(2);
}


static cJSON *
driver_parse(scim_alloc_t *a, const char *what, const char *text, size_t len)
{
    cJSON         *json;
    scim_error_t   err;

    if (scim_json_parse(a, text, len, &json, &err) != SCIM_OK) {
        driver_die(what, err.detail);
    }

    return json;
}


static void
driver_load(scim_alloc_t *a, const char *name)
{
    int            rc;
    FILE          *file;
    cJSON         *json;
    size_t         len;
    scim_error_t   err;

    static char  text[65536];

    file = fopen(name, "r");
    if (file == NULL) {
        driver_die(name, "cannot be opened");
    }

    len = fread(text, 1, sizeof(text), file);
    (void) fclose(file);

    json = driver_parse(a, name, text, len);

    if (scim_json_get(json, "attributes") == NULL) {
        rc = scim_registry_add_rtype(registry, a, json, &err);

    } else {
        rc = scim_registry_add_schema(registry, a, json, &err);

        if (rc == SCIM_OK) {
            rc = scim_registry_extend(registry, a, NULL, &err);
        }
    }

    if (rc != SCIM_OK) {
        driver_die(name, err.detail);
    }
}


static cJSON *
driver_error(const scim_error_t *err)
{
    cJSON       *answer;
    const char  *type;

    type = scim_type_name(err->type);

    answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "error", type ? type : "none");
    cJSON_AddStringToObject(answer, "detail", err->detail);

    return answer;
}


static cJSON *
driver_filter(scim_alloc_t *a, const scim_rtype_t *rt, const cJSON *resource,
    const char *text)
{
    int             rc;
    cJSON          *answer;
    scim_error_t    err;
    scim_filter_t  *filter;

    if (scim_filter_parse(a, rt, text, &filter, &err) != SCIM_OK) {
        return driver_error(&err);
    }

    rc = scim_filter_match(a, rt, filter, resource);
    if (rc == SCIM_ERROR) {
        driver_die(text, "out of memory");
    }

    answer = cJSON_CreateObject();
    cJSON_AddBoolToObject(answer, "match", rc);

    return answer;
}


/*
 * The members afterwards: those before, unless the patch decides otherwise,
 * and those who join.
 */

static cJSON *
driver_membership(const scim_members_t *members, const cJSON *current)
{
    size_t        i;
    cJSON        *ids;
    const char   *id;
    const cJSON  *member;

    ids = cJSON_CreateArray();

    cJSON_ArrayForEach(member, current) {
        id = cJSON_GetStringValue(scim_json_get(member, "value"));

        if (!members->clear && scim_members_find(members, id) == NULL) {
            cJSON_AddItemToArray(ids, cJSON_CreateString(id));
        }
    }

    for (i = 0; i < members->n; i++) {
        if (members->list[i].member) {
            cJSON_AddItemToArray(ids, cJSON_CreateString(members->list[i].id));
        }
    }

    return ids;
}


static cJSON *
driver_patch(scim_alloc_t *a, const scim_rtype_t *rt, cJSON *resource,
    cJSON *body, const cJSON *current)
{
    cJSON            *answer, *id;
    scim_error_t      err;
    scim_patch_t      patch;
    scim_resource_t   res;

    memset(&res, 0, sizeof(scim_resource_t));
    scim_members_init(&res.members, a);
    res.doc = resource;

    id = scim_json_get(resource, "id");

    if (scim_patch_parse(a, rt, body, &patch, &err) != SCIM_OK
        || scim_patch_apply(a, rt, &patch, &res, current, &err) != SCIM_OK
        || scim_resource_finish(a, rt, res.doc, cJSON_GetStringValue(id), &err)
           != SCIM_OK)
    {
        return driver_error(&err);
    }

    answer = cJSON_CreateObject();
    cJSON_AddItemToObject(answer, "doc", res.doc);
    cJSON_AddItemToObject(answer, "members",
                          driver_membership(&res.members, current));

    return answer;
}


static void
driver_case(const char *line, size_t len)
{
    cJSON               *json, *resource, *answer;
    size_t               size;
    arena_t              arena;
    const char          *type, *filter;
    scim_alloc_t        *before;
    const scim_rtype_t  *rt;

    arena_init(&arena);
    before = scim_json_open(&arena.alloc);

    json = driver_parse(&arena.alloc, line, line, len);
    type = cJSON_GetStringValue(scim_json_get(json, "type"));
    rt = type ? scim_registry_rtype(registry, type) : NULL;

    if (rt == NULL) {
        driver_die(line, "no such type");
    }

    resource = scim_json_get(json, "resource");
    filter = cJSON_GetStringValue(scim_json_get(json, "filter"));

    answer = filter ? driver_filter(&arena.alloc, rt, resource, filter)
                    : driver_patch(&arena.alloc, rt, resource,
                                   scim_json_get(json, "patch"),
                                   scim_json_get(json, "members"));

    puts(scim_json_print(&arena.alloc, answer, &size));

    scim_json_close(before);
    arena_free(&arena);
}


int
main(int argc, char **argv)
{
    int             i;
    char           *line;
    size_t          size;
    ssize_t         len;
    arena_t         config;
    scim_error_t    err;
    scim_alloc_t   *before;

    scim_json_init();
    arena_init(&config);
    before = scim_json_open(&config.alloc);

    registry = scim_registry_create(&config.alloc, &err);
    if (registry == NULL) {
        driver_die("the schemas of the RFC", err.detail);
    }

    for (i = 1; i < argc; i++) {
        driver_load(&config.alloc, argv[i]);
    }

    scim_json_close(before);

    line = NULL;
    size = 0;

    while ((len = getline(&line, &size, stdin)) > 0) {
        driver_case(line, len);
    }

    free(line);
    arena_free(&config);

    return 0;
}
