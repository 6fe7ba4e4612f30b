/*
 * scim_discovery.c
 */

#include "fixture.h"
#include "scim/core/scim_alloc.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_print.h"
#include "scim/schema/scim_schema.h"
#include "scim/profile/scim_discovery.h"


#define BASE  "https://h/scim/v2"


static const cJSON *
at(const cJSON *json, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(json, name);
}


/* the resource of that id in a list */

static const cJSON *
resource(const cJSON *list, const char *id)
{
    const cJSON  *item;

    cJSON_ArrayForEach(item, at(list, "Resources")) {
        if (strcmp(at(item, "id")->valuestring, id) == 0) {
            return item;
        }
    }

    return NULL;
}


static void
test_config(void)
{
    cJSON   *config;
    size_t   i;

    static const struct {
        const char  *name;
        const char  *value;
    } cases[] = {
        { "schemas", "[\"" CORE "ServiceProviderConfig\"]" },
        { "patch", "{\"supported\":true}" },
        { "filter", "{\"supported\":true,\"maxResults\":1000}" },
        { "changePassword", "{\"supported\":false}" },
        { "etag", "{\"supported\":true}" },
        { "meta", "{\"resourceType\":\"ServiceProviderConfig\",\"location\":\""
          BASE "/ServiceProviderConfig\"}" }
    };

    fixture_reset();

    config = scim_discovery_config(&arena.alloc,
                                   &(scim_features_t) { .max_results = 1000 },
                                   BASE);

    for (i = 0; i < N(cases); i++) {
        is(text(at(config, cases[i].name)), cases[i].value, cases[i].name);
    }

    ok(at(at(config, "bulk"), "maxOperations") != NULL
       && at(at(config, "bulk"), "maxPayloadSize") != NULL
       && at(at(config, "sort"), "supported") != NULL,
       "what RFC 7643, section 5, requires");
    is(text(at(at(config, "authenticationSchemes")->child, "type")),
       "\"oauthbearertoken\"", "how to authenticate");
}


static void
test_lists(void)
{
    cJSON        *list;
    const cJSON  *item, *sub;

    fixture_reset();

    list = scim_discovery_schemas(&arena.alloc, registry, 0, BASE);

    is(text(at(list, "schemas")),
       "[\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"]", "a list");
    is(text(at(list, "totalResults")), "5", "of all schemas");
    is(text(at(list, "itemsPerPage")), "5", "on one page");
    is(text(at(list, "startIndex")), "1", "from the first");

    ok(resource(list, CORE "User") && resource(list, CORE "Group")
       && resource(list, ENTERPRISE) && resource(list, DEVICE)
       && resource(list, RACK), "and each is in it");

    item = resource(list, CORE "User");
    is(text(at(item, "schemas")), "[\"" CORE "Schema\"]", "a schema");
    is(text(at(item, "meta")), "{\"resourceType\":\"Schema\",\"location\":\""
       BASE "/Schemas/" CORE "User\"}", "and where it is");

    cJSON_ArrayForEach(sub, at(item, "attributes")) {
        if (strcmp(at(sub, "name")->valuestring, "emails") == 0) {
            ok(strstr(text(sub), "\"canonicalValues\":[\"work\"") != NULL,
               "with its canonical values");
        }
    }

    is(text(scim_discovery_schema(&arena.alloc,
                                  scim_registry_schema(registry, RACK), 0,
                                  BASE)),
       text(resource(list, RACK)), "one schema alone");

    is(text(scim_discovery_rtype(&arena.alloc, &(scim_rtype_t) {
                .id = "X", .json = tree("{\"name\":\"X\",\"Schemas\":1,"
                                        "\"META\":2}") }, BASE)),
       "{\"schemas\":[\"" CORE "ResourceType\"],\"name\":\"X\",\"meta\":{"
       "\"resourceType\":\"ResourceType\",\"location\":\"" BASE
       "/ResourceTypes/X\"}}", "what a file says of itself is left out");

    list = scim_discovery_rtypes(&arena.alloc, registry, BASE);

    is(text(at(list, "totalResults")), "3", "resource types");
    is(text(resource(list, "User")),
       "{\"schemas\":[\"" CORE "ResourceType\"],\"id\":\"User\",\"name\":"
       "\"User\",\"endpoint\":\"/Users\",\"description\":\"User account\","
       "\"schema\":\"" CORE "User\",\"schemaExtensions\":[{\"schema\":\""
       ENTERPRISE "\",\"required\":false}],\"meta\":{\"resourceType\":"
       "\"ResourceType\",\"location\":\"" BASE "/ResourceTypes/User\"}}",
       "a resource type");
    is(text(scim_discovery_rtype(&arena.alloc, device, BASE)),
       text(resource(list, "Device")), "one resource type alone");
}


static int
exhaust(arena_t *local, void *arg)
{
    int            clean;
    cJSON         *json;
    size_t         len;
    scim_alloc_t  *before;

    before = scim_json_open(&local->alloc);

    switch (*(int *) arg) {

    case 0:
        json = scim_discovery_config(&local->alloc,
                                     &(scim_features_t) { .max_results = 5 },
                                     BASE);
        break;

    case 1:
        json = scim_discovery_schemas(&local->alloc, registry, 0, BASE);
        break;

    default:
        json = scim_discovery_rtypes(&local->alloc, registry, BASE);
    }

    clean = (json == NULL) == local->failed;

    if (json != NULL) {
        clean &= (scim_json_print(&local->alloc, json, &len) == NULL)
                 == local->failed;
    }

    scim_json_close(before);

    return clean;
}


int
main(void)
{
    int  i;

    fixture_init();

    test_config();
    test_lists();

    for (i = 0; i < 3; i++) {
        ok(arena_exhaust(exhaust, &i), "out of memory at every allocation");
    }

    return fixture_done();
}
