/*
 * The parts that most tests need: the resource types, one of them with every
 * kind of attribute, and JSON trees in an arena that is open for cJSON.
 */

#ifndef FIXTURE_H
#define FIXTURE_H

#include <string.h>

#include "tap.h"
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


#define N(table)  (sizeof(table) / sizeof((table)[0]))

#define CORE        "urn:ietf:params:scim:schemas:core:2.0:"
#define ENTERPRISE  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
#define DEVICE      "urn:example:params:scim:schemas:2.0:Device"
#define RACK        "urn:example:params:scim:schemas:extension:2.0:Rack"


static arena_t             fixture_config;     /* lives as long as the test */
static arena_t             arena;              /* reset as often as one likes */
static scim_registry_t    *registry;
static const scim_rtype_t *user, *group, *device;
static scim_error_t        err;


static const char  fixture_device[] =
    "{\"id\":\"" DEVICE "\",\"name\":\"Device\",\"attributes\":["
    "{\"name\":\"serial\",\"type\":\"string\",\"required\":true,"
        "\"caseExact\":true,\"uniqueness\":\"server\"},"
    "{\"name\":\"born\",\"type\":\"dateTime\",\"mutability\":\"immutable\"},"
    "{\"name\":\"checked\",\"type\":\"dateTime\"},"
    "{\"name\":\"weight\",\"type\":\"decimal\"},"
    "{\"name\":\"ports\",\"type\":\"integer\"},"
    "{\"name\":\"sealed\",\"type\":\"boolean\"},"
    "{\"name\":\"firmware\",\"type\":\"binary\"},"
    "{\"name\":\"manual\",\"type\":\"reference\",\"caseExact\":true,"
        "\"referenceTypes\":[\"external\"]},"
    "{\"name\":\"pin\",\"type\":\"string\",\"mutability\":\"writeOnly\","
        "\"returned\":\"never\"},"
    "{\"name\":\"vault\",\"type\":\"string\",\"returned\":\"never\"},"
    "{\"name\":\"notes\",\"type\":\"string\",\"returned\":\"request\"},"
    "{\"name\":\"model\",\"type\":\"string\",\"returned\":\"always\"},"
    "{\"name\":\"state\",\"type\":\"string\",\"mutability\":\"readOnly\"},"
    "{\"name\":\"tags\",\"type\":\"string\",\"multiValued\":true},"
    "{\"name\":\"limits\",\"type\":\"integer\",\"multiValued\":true},"
    "{\"name\":\"owner\",\"type\":\"complex\",\"subAttributes\":["
        "{\"name\":\"value\",\"type\":\"string\",\"required\":true,"
            "\"caseExact\":true},"
        "{\"name\":\"$ref\",\"type\":\"reference\"},"
        "{\"name\":\"since\",\"type\":\"dateTime\","
            "\"mutability\":\"immutable\"},"
        "{\"name\":\"seen\",\"type\":\"string\","
            "\"mutability\":\"readOnly\"}]},"
    "{\"name\":\"disks\",\"type\":\"complex\",\"multiValued\":true,"
        "\"required\":false,\"subAttributes\":["
        "{\"name\":\"slot\",\"type\":\"integer\",\"required\":true},"
        "{\"name\":\"size\",\"type\":\"decimal\"},"
        "{\"name\":\"key\",\"type\":\"binary\"},"
        "{\"name\":\"hot\",\"type\":\"boolean\"},"
        "{\"name\":\"primary\",\"type\":\"boolean\"},"
        "{\"name\":\"since\",\"type\":\"dateTime\"},"
        "{\"name\":\"code\",\"type\":\"string\",\"required\":true,"
            "\"mutability\":\"writeOnly\"}]}]}";

static const char  fixture_rack[] =
    "{\"id\":\"" RACK "\",\"name\":\"Rack\",\"attributes\":["
    "{\"name\":\"row\",\"type\":\"integer\",\"required\":true},"
    "{\"name\":\"room\",\"type\":\"string\"},"
    "{\"name\":\"label\",\"type\":\"string\",\"mutability\":\"readOnly\"},"
    "{\"name\":\"doors\",\"type\":\"complex\",\"multiValued\":true,"
        "\"subAttributes\":[{\"name\":\"value\",\"type\":\"string\"},"
        "{\"name\":\"type\",\"type\":\"string\"},"
        "{\"name\":\"primary\",\"type\":\"boolean\"}]}]}";

static const char  fixture_rtype[] =
    "{\"id\":\"Device\",\"name\":\"Device\",\"endpoint\":\"/Devices\","
    "\"schema\":\"" DEVICE "\",\"schemaExtensions\":["
    "{\"schema\":\"" RACK "\",\"required\":false}]}";


/* a tree in the arena; NULL, and a line in the output, if it is no JSON */

__attribute__((unused)) static cJSON *
tree(const char *text)
{
    cJSON  *json;

    if (scim_json_parse(&arena.alloc, text, strlen(text), &json, &err)
        != SCIM_OK)
    {
        printf("# %s in: %s\n", err.detail, text);
        return NULL;
    }

    return json;
}


__attribute__((unused)) static const char *
text(const cJSON *json)
{
    size_t  len;

    return json ? scim_json_print(&arena.alloc, json, &len) : NULL;
}


/* an error as one string: "400 invalidValue: detail" */

__attribute__((unused)) static const char *
failure(const scim_error_t *e)
{
    const char  *type;

    type = scim_type_name(e->type);

    return scim_sprintf(&arena.alloc, "%d %s: %s", e->status,
                        type ? type : "-", e->detail);
}


/* Returns 1 if this is the error and its detail contains those words. */

__attribute__((unused)) static int
is_failure(int rc, const char *expected, const char *words, const char *name)
{
    int          same;
    const char  *got;

    got = (rc == SCIM_ERROR) ? failure(&err) : "success";

    same = strncmp(got, expected, strlen(expected)) == 0
           && strstr(got, words) != NULL;

    if (!ok(same, "%s", name)) {
        printf("#      got: %s\n# expected: %s: ... %s ...\n", got, expected,
               words);
    }

    return same;
}


/* a fresh arena, open for cJSON */

static void
fixture_reset(void)
{
    (void) scim_json_open(NULL);
    arena_free(&arena);
    arena_init(&arena);
    (void) scim_json_open(&arena.alloc);
}


static void
fixture_add(const char *json, int rtype)
{
    int     rc;
    cJSON  *item;

    rc = scim_json_parse(&fixture_config.alloc, json, strlen(json), &item,
                         &err);

    if (rc == SCIM_OK) {
        rc = rtype ? scim_registry_add_rtype(registry, &fixture_config.alloc,
                                             item, &err)
                   : scim_registry_add_schema(registry, &fixture_config.alloc,
                                              item, &err);
    }

    if (rc != SCIM_OK) {
        printf("Bail out! %s\n", err.detail);
        exit(1);
    }
}


static void
fixture_init(void)
{
    scim_json_init();

    arena_init(&fixture_config);
    (void) scim_json_open(&fixture_config.alloc);

    registry = scim_registry_create(&fixture_config.alloc, &err);
    if (registry == NULL) {
        printf("Bail out! %s\n", err.detail);
        exit(1);
    }

    fixture_add(fixture_device, 0);
    fixture_add(fixture_rack, 0);
    fixture_add(fixture_rtype, 1);

    user = scim_registry_rtype(registry, "User");
    group = scim_registry_rtype(registry, "Group");
    device = scim_registry_rtype(registry, "Device");

    fixture_reset();
}


static int
fixture_done(void)
{
    (void) scim_json_open(NULL);
    arena_free(&arena);
    arena_free(&fixture_config);

    return done_testing();
}


#endif /* FIXTURE_H */
