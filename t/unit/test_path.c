/*
 * scim_path.c
 */

#include "tap.h"
#include "arena.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/schema/scim_name.h"
#include "scim/schema/scim_registry.h"
#include "scim/schema/scim_schema.h"
#include "scim/schema/scim_schema_read.h"
#include "scim/patch/scim_path.h"


#define N(table)    (sizeof(table) / sizeof((table)[0]))

#define CORE        "urn:ietf:params:scim:schemas:core:2.0:User"
#define ENTERPRISE                                                            \
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


static arena_t              arena;
static const scim_rtype_t  *user, *group;


static const char *
name(const scim_rtype_t *rt, const scim_attr_t *attr)
{
    return attr ? scim_attr_path(&arena.alloc, rt, attr) : "-";
}


/* schema, attribute, filter or not, sub-attribute */

static const char *
dump(const scim_rtype_t *rt, const scim_path_t *path)
{
    return scim_sprintf(&arena.alloc, "%s %s%s %s",
                        path->schema ? path->schema->id : "-",
                        name(rt, path->attr), path->filter ? "[]" : "",
                        name(rt, path->sub));
}


static void
test_parse(void)
{
    int            unknown;
    size_t         i;
    scim_path_t    path;
    scim_error_t   err;

    static const struct {
        const char  *text;
        const char  *result;
    } cases[] = {
        { "userName", "- userName -" },
        { "USERNAME", "- userName -" },
        { "  userName \t", "- userName -" },
        { "id", "- id -" },
        { "meta.version", "- meta meta.version" },
        { "schemas", "- schemas -" },
        { "emails", "- emails -" },
        { "emails.value", "- emails emails.value" },
        { "name.familyName", "- name name.familyName" },
        { "groups.$ref", "- groups groups.$ref" },
        { "emails[type eq \"work\"]", "- emails[] -" },
        { "emails[type eq \"work\"].value", "- emails[] emails.value" },
        { "emails[type eq \"work\" and value ew \"example.com\"]",
          "- emails[] -" },
        { "addresses[type eq \"work\"].streetAddress",
          "- addresses[] addresses.streetAddress" },
        { " emails[ not (type eq \"]\") ].display ",
          "- emails[] emails.display" },
        { "roles[primary eq \"True\"].value", "- roles[] roles.value" },
        { "name[givenName eq \"x\"].familyName", "- name[] name.familyName" },
        { "manager", "- " ENTERPRISE ":manager -" },
        { "manager[value eq \"8d1c\"]", "- " ENTERPRISE ":manager[] -" },

        { CORE, "- - -" },
        { CORE ":userName", "- userName -" },
        { CORE ".userName", "- userName -" },
        { ENTERPRISE ".manager.value", "- " ENTERPRISE ":manager " ENTERPRISE
          ":manager.value" },
        { CORE ":name.givenName", "- name name.givenName" },
        { CORE ":emails[type eq \"work\"].value", "- emails[] emails.value" },
        { CORE ":externalId", "- externalId -" },
        { CORE ":meta.created", "- meta meta.created" },
        { ENTERPRISE, ENTERPRISE " - -" },
        { "urn:IETF:params:scim:schemas:extension:Enterprise:2.0:user",
          ENTERPRISE " - -" },
        { ENTERPRISE ":department", "- " ENTERPRISE ":department -" },
        { ENTERPRISE ":manager",  "- " ENTERPRISE ":manager -" },
        { ENTERPRISE ":manager.value",
          "- " ENTERPRISE ":manager " ENTERPRISE ":manager.value" },
        { ENTERPRISE ":manager[value eq \"x\"].displayName",
          "- " ENTERPRISE ":manager[] " ENTERPRISE ":manager.displayName" },
        { "urn:scim:schemas:extension:enterprise:1.0.department",
          "- " ENTERPRISE ":department -" },
        { "urn:scim:schemas:extension:enterprise:1.0:department",
          "- " ENTERPRISE ":department -" },
        { "urn:scim:schemas:extension:enterprise:2.0.manager.value",
          "- " ENTERPRISE ":manager " ENTERPRISE ":manager.value" }
    };

    for (i = 0; i < N(cases); i++) {
        unknown = 42;

        if (scim_path_parse(&arena.alloc, user, cases[i].text, &path, &unknown,
                            &err)
            == SCIM_OK)
        {
            is(dump(user, &path), cases[i].result, cases[i].text);
            is_int(unknown, 0, "known");

        } else {
            is(err.detail, cases[i].result, cases[i].text);
        }
    }

    is_int(scim_path_parse(&arena.alloc, group,
                           "members[value eq \"2819c223\"]", &path, &unknown,
                           &err), SCIM_OK, "members[value eq \"2819c223\"]");
    is(dump(group, &path), "- members[] -", "is a filter on members");
    is(path.filter->value.text, "2819c223", "for this value");
}


static void
test_errors(void)
{
    int            unknown;
    size_t         i;
    scim_path_t    path;
    scim_error_t   err;

    static const struct {
        const char  *text;
        int          unknown;
        const char  *detail;
    } cases[] = {
        { "", 0, "invalid path at offset 0: expected an attribute name, but "
          "there it ends" },
        { "  ", 0, "invalid path at offset 2: expected an attribute name, but "
          "there it ends" },
        { "a.b.c", 0, "invalid path at offset 0: expected an attribute name, "
          "not \"a.b.c\"" },
        { "name.givenName.x", 0, "invalid path at offset 0: expected an "
          "attribute name, not \"name.givenName.x\"" },
        { "name.", 0, "invalid path at offset 0: expected an attribute name, "
          "not \"name.\"" },
        { ".name", 0, "invalid path at offset 0: expected an attribute name, "
          "not \".name\"" },
        { "[type eq \"x\"]", 0, "invalid path at offset 0: expected an "
          "attribute name, not \"[type eq \"x\"]\"" },
        { "user/name", 0, "invalid path at offset 0: expected an attribute "
          "name, not \"user/name\"" },
        { "userName x", 0, "invalid path at offset 9: expected the end, not "
          "\"x\"" },
        { "userName]", 0, "invalid path at offset 8: expected the end, not "
          "\"]\"" },
        { "\"userName\"", 0, "invalid path at offset 0: expected an attribute "
          "name, not \"\"userName\"\"" },
        { "userName[value eq \"x\"]", 0, "invalid path at offset 8: expected a "
          "filter only behind a complex attribute, not \"[value eq \"x\"]\"" },
        { "emails.type[value eq \"x\"]", 0, "invalid path at offset 11: "
          "expected a filter only behind a complex attribute, not "
          "\"[value eq \"x\"]\"" },
        { ENTERPRISE "[value eq \"x\"]", 0, "invalid path at offset 58: "
          "expected a filter only behind a complex attribute, not "
          "\"[value eq \"x\"]\"" },
        { "emails[type eq \"work\"", 0, "invalid path at offset 21: expected "
          "\"and\", \"or\" or \"]\", but there it ends" },
        { "emails[]", 0, "invalid path at offset 7: expected an attribute "
          "name, not \"]\"" },
        { "emails[foo eq \"x\"]", 0, "invalid path at offset 7: emails has no "
          "attribute \"foo\"" },
        { "emails[type eq \"x\"].", 0, "invalid path at offset 20: expected an "
          "attribute name, but there it ends" },
        { "emails[type eq \"x\"]value", 0, "invalid path at offset 19: "
          "expected the end, not \"value\"" },
        { "emails[type eq \"x\"].value.x", 0, "invalid path at offset 25: "
          "expected the end, not \".x\"" },
        { "emails[type eq \"x\"].value[type pr]", 0, "invalid path at offset "
          "25: expected the end, not \"[type pr]\"" },
        { "emails[type xx \"x\"]", 0, "invalid path at offset 12: expected an "
          "operator (eq, ne, co, sw, ew, gt, ge, lt, le or pr), not \"xx "
          "\"x\"]\"" },

        { "ti tle", 0, "invalid path at offset 2: expected the end of the "
          "path, not \" tle\"" },
        { "name. givenName", 0, "invalid path at offset 0: expected an "
          "attribute name, not \"name. givenName\"" },
        { "foo[type eq \"x\"] y", 0, "invalid path at offset 3: expected the end "
          "of the path, not \"[type eq \"x\"] y\"" },
        { "foo[type eq \"x\"", 0, "invalid path at offset 3: expected the end "
          "of the path, not \"[type eq \"x\"\"" },
        { "foo[type eq \"x\"].a.b", 0, "invalid path at offset 3: expected the "
          "end of the path, not \"[type eq \"x\"].a.b\"" },
        { "foo[type eq \"x\"].", 0, "invalid path at offset 3: expected the end "
          "of the path, not \"[type eq \"x\"].\"" },

        { "foo ", 1, "there is no attribute \"foo\"" },
        { "foo[type eq \"]x\"] ", 1, "there is no attribute \"foo\"" },
        { "foo", 1, "there is no attribute \"foo\"" },
        { "foo[type eq \"x\"].value", 1, "there is no attribute \"foo\"" },
        { "name.foo", 1, "there is no attribute \"name.foo\"" },
        { "userName.value", 1, "there is no attribute \"userName.value\"" },
        { "emails[type eq \"x\"].foo", 1, "there is no attribute \"foo\"" },
        { "urn:example:2.0:User:foo", 1,
          "there is no attribute \"urn:example:2.0:User:foo\"" },
        { ENTERPRISE ":userName", 1,
          "there is no attribute \"" ENTERPRISE ":userName\"" },
        { ENTERPRISE ":id", 1,
          "there is no attribute \"" ENTERPRISE ":id\"" },
        { CORE ":department", 1,
          "there is no attribute \"" CORE ":department\"" },
        { ENTERPRISE ":", 0, "invalid path at offset 0: expected an attribute "
          "name, not \""
          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:\"" }
    };

    for (i = 0; i < N(cases); i++) {
        ok(scim_path_parse(&arena.alloc, user, cases[i].text, &path, &unknown,
                           &err) == SCIM_ERROR && err.status == 400
           && err.type == SCIM_TYPE_INVALID_PATH, "refused: %s",
           cases[i].text);
        is_int(unknown, cases[i].unknown, "unknown or wrong");
        is(err.detail, cases[i].detail, cases[i].detail);
    }

    is_int(scim_path_parse(&arena.alloc, group, "urn:scim:schemas:extension:"
                           "enterprise:1.0.department", &path, &unknown, &err),
           SCIM_ERROR, "a group has no enterprise extension");
}


static void
test_names(void)
{
    char         *copy;
    size_t        i, len;
    scim_name_t   name;
    scim_path_t   path;

    static const struct {
        const char  *text;
        const char  *result;
    } cases[] = {
        { "userName", "- userName -" },
        { "emails.VALUE", "- emails emails.value" },
        { "emails[type eq \"work\"]", "- emails -" },
        { "emails[type eq \"work\"].value", "- emails emails.value" },
        { "emails[]", "- emails -" },
        { ENTERPRISE, ENTERPRISE " - -" },
        { ENTERPRISE ":manager.displayName",
          "- " ENTERPRISE ":manager " ENTERPRISE ":manager.displayName" },
        { ENTERPRISE ":manager[value eq \"x\"].displayName",
          "- " ENTERPRISE ":manager " ENTERPRISE ":manager.displayName" },
        { CORE ":id", "- id -" },
        { CORE, "- - -" },
        { "", NULL }, { ".", NULL }, { "foo", NULL }, { "name.foo", NULL },
        { "name.givenName.x", NULL }, { "foo[x]", NULL }, { "[x]", NULL },
        { "emails[", NULL }, { "emails[type eq \"x\"", NULL },
        { "emails[x].foo", NULL }, { "emails[x]value", NULL },
        { "emails[x].", NULL }, { "emails.type[x]", NULL },
        { ENTERPRISE "[x]", NULL }, { " userName", NULL }
    };

    for (i = 0; i < N(cases); i++) {
        len = strlen(cases[i].text);
        copy = scim_alloc(&arena.alloc, len);
        memcpy(copy, cases[i].text, len);

        if (scim_name_parse(user, copy, len, &name) != SCIM_OK) {
            is(NULL, cases[i].result, cases[i].text);
            continue;
        }

        path = (scim_path_t) { name.schema, name.attr, NULL, name.sub };
        is(dump(user, &path), cases[i].result, cases[i].text);
    }
}


/* a URN that goes on where another one ends */

static void
test_nested_urns(scim_registry_t *registry)
{
    int                  unknown;
    cJSON               *json;
    size_t               i;
    scim_path_t          path;
    scim_error_t         err;
    const scim_rtype_t  *rt;

    static const char  *schemas[] = {
        "{\"id\":\"urn:x:A\",\"attributes\":[{\"name\":\"d\"}]}",
        "{\"id\":\"urn:x:A:B\",\"attributes\":[{\"name\":\"c\"}]}"
    };

    static const char  rtype[] =
        "{\"name\":\"A\",\"endpoint\":\"/As\",\"schema\":\"urn:x:A\","
        "\"schemaExtensions\":[{\"schema\":\"urn:x:A:B\"}]}";

    static const struct {
        const char  *text;
        const char  *result;
    } cases[] = {
        { "urn:x:A", "- - -" },
        { "urn:x:A:B", "urn:x:A:B - -" },
        { "urn:x:A:B:c", "- urn:x:A:B:c -" },
        { "urn:x:A:b", "urn:x:A:B - -" },
        { "urn:x:A:id", "- id -" },
        { "urn:x:A:c", "there is no attribute \"urn:x:A:c\"" },
        { "urn:x:A:B:b", "there is no attribute \"urn:x:A:B:b\"" },
        { "urn:x:A:d", "- d -" },
        { "d", "- d -" }
    };

    for (i = 0; i < N(schemas); i++) {
        scim_json_parse(&arena.alloc, schemas[i], strlen(schemas[i]), &json,
                        &err);
        scim_registry_add_schema(registry, &arena.alloc, json, &err);
    }

    scim_json_parse(&arena.alloc, rtype, strlen(rtype), &json, &err);
    scim_registry_add_rtype(registry, &arena.alloc, json, &err);
    rt = scim_registry_rtype(registry, "A");

    for (i = 0; i < N(cases); i++) {
        is(scim_path_parse(&arena.alloc, rt, cases[i].text, &path, &unknown,
                           &err) == SCIM_OK ? dump(rt, &path) : err.detail,
           cases[i].result, cases[i].text);
    }
}


static int
exhaust(arena_t *local, void *arg)
{
    int           unknown;
    scim_path_t   path;
    scim_error_t  err;

    if (scim_path_parse(&local->alloc, user, arg, &path, &unknown, &err)
        == SCIM_OK)
    {
        return !local->failed;
    }

    return local->failed && err.status == 500 && unknown == 0;
}


int
main(void)
{
    scim_error_t      err;
    scim_alloc_t     *before;
    scim_registry_t  *registry;

    arena_init(&arena);

    scim_json_init();
    before = scim_json_open(&arena.alloc);

    registry = scim_registry_create(&arena.alloc, &err);
    if (registry == NULL) {
        printf("Bail out! %s\n", err.detail);
        return 1;
    }

    user = scim_registry_rtype(registry, "User");
    group = scim_registry_rtype(registry, "Group");

    test_parse();
    test_errors();
    test_names();
    test_nested_urns(registry);

    ok(arena_exhaust(exhaust, "emails[type eq \"work\" and not (value co x)]"),
       "parsing without memory");

    scim_json_close(before);
    arena_free(&arena);

    return done_testing();
}
