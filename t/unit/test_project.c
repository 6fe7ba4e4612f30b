/*
 * scim_projection.c
 */

#include "fixture.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_projection.h"


#define ENT  "\"" ENTERPRISE "\""
#define USER_DOC                                                              \
    "{\"schemas\":[\"s\"],\"id\":\"1\",\"externalId\":\"e\",\"userName\":"    \
    "\"u\",\"name\":{\"familyName\":\"F\",\"givenName\":\"G\"},\"active\":"   \
    "true,\"emails\":[{\"value\":\"a@x\",\"type\":\"work\"},{\"value\":"      \
    "\"b@x\"}],\"groups\":[{\"value\":\"g\"}]," ENT ":{\"department\":\"D\"," \
    "\"manager\":{\"value\":\"m\"}},\"meta\":{\"resourceType\":\"User\"}}"
#define DEVICE_DOC                                                            \
    "{\"schemas\":[\"s\"],\"id\":\"1\",\"serial\":\"s\",\"vault\":\"v\","     \
    "\"notes\":\"n\",\"model\":\"m\",\"tags\":[\"a\"],\"" RACK "\":{\"row\""  \
    ":1}}"


static void
test_apply(void)
{
    cJSON               *doc;
    size_t               i;
    scim_projection_t    p;
    const scim_rtype_t  *rt;

    static const struct {
        const char  *type;
        const char  *attributes;
        const char  *excluded;
        int          whole;
        const char  *expected;
    } cases[] = {
        { "User", NULL, NULL, 1, USER_DOC },
        { "User", "", "", 1, USER_DOC },
        { "User", "userName", NULL, 0,
          "{\"schemas\":[\"s\"],\"id\":\"1\",\"userName\":\"u\"}" },
        { "User", " USERNAME , shoeSize,, active ", NULL, 0,
          "{\"schemas\":[\"s\"],\"id\":\"1\",\"userName\":\"u\",\"active\":"
          "true}" },
        { "User", "shoeSize", NULL, 0, "{\"schemas\":[\"s\"],\"id\":\"1\"}" },
        { "User", CORE "User:userName", NULL, 0,
          "{\"schemas\":[\"s\"],\"id\":\"1\",\"userName\":\"u\"}" },
        { "User", "emails.value,name.givenName", NULL, 0,
          "{\"schemas\":[\"s\"],\"id\":\"1\",\"name\":{\"givenName\":\"G\"},"
          "\"emails\":[{\"value\":\"a@x\"},{\"value\":\"b@x\"}]}" },
        { "User", "emails.type", NULL, 0,
          "{\"schemas\":[\"s\"],\"id\":\"1\",\"emails\":[{\"type\":\"work\"}]}"
        },
        { "User", "emails.display,name.middleName", NULL, 0,
          "{\"schemas\":[\"s\"],\"id\":\"1\"}" },
        { "User", "emails[type eq \"work\"]", NULL, 0,
          "{\"schemas\":[\"s\"],\"id\":\"1\",\"emails\":[{\"value\":\"a@x\","
          "\"type\":\"work\"},{\"value\":\"b@x\"}]}" },
        { "User", "emails,emails.value,emails", NULL, 0,
          "{\"schemas\":[\"s\"],\"id\":\"1\",\"emails\":[{\"value\":\"a@x\","
          "\"type\":\"work\"},{\"value\":\"b@x\"}]}" },
        { "User", ENTERPRISE, NULL, 0,
          "{\"schemas\":[\"s\"],\"id\":\"1\"," ENT ":{\"department\":\"D\","
          "\"manager\":{\"value\":\"m\"}}}" },
        { "User", ENTERPRISE ":department", NULL, 0,
          "{\"schemas\":[\"s\"],\"id\":\"1\"," ENT ":{\"department\":\"D\"}}"
        },
        { "User", "manager.value,meta.resourceType", NULL, 0,
          "{\"schemas\":[\"s\"],\"id\":\"1\"," ENT ":{\"manager\":{\"value\":"
          "\"m\"}},\"meta\":{\"resourceType\":\"User\"}}" },
        { "User", NULL, "id,schemas", 0, USER_DOC },
        { "User", NULL, "groups,meta", 1,
          "{\"schemas\":[\"s\"],\"id\":\"1\",\"externalId\":\"e\",\"userName\""
          ":\"u\",\"name\":{\"familyName\":\"F\",\"givenName\":\"G\"},"
          "\"active\":true,\"emails\":[{\"value\":\"a@x\",\"type\":\"work\"},{"
          "\"value\":\"b@x\"}]," ENT ":{\"department\":\"D\",\"manager\":{"
          "\"value\":\"m\"}}}" },
        { "User", NULL, "emails.value,name,groups,meta,active,externalId,"
          ENTERPRISE, 0,
          "{\"schemas\":[\"s\"],\"id\":\"1\",\"userName\":\"u\",\"emails\":[{"
          "\"type\":\"work\"}]}" },
        { "User", NULL, "name.familyName,name.givenName,groups,meta,active,"
          "emails,department,manager,externalId", 0,
          "{\"schemas\":[\"s\"],\"id\":\"1\",\"userName\":\"u\"}" },
        { "Group", NULL, "members", 1, "{\"id\":\"1\"}" },

        /* "returned" of RFC 7643, section 7 */
        { "Device", NULL, NULL, 0,
          "{\"schemas\":[\"s\"],\"id\":\"1\",\"serial\":\"s\",\"model\":\"m\","
          "\"tags\":[\"a\"],\"" RACK "\":{\"row\":1}}" },
        { "Device", "notes,vault", NULL, 0,
          "{\"schemas\":[\"s\"],\"id\":\"1\",\"notes\":\"n\",\"model\":\"m\"}"
        },
        { "Device", NULL, "model,tags," RACK ":row", 0,
          "{\"schemas\":[\"s\"],\"id\":\"1\",\"serial\":\"s\",\"model\":\"m\"}"
        }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        rt = scim_registry_rtype(registry, cases[i].type);

        is_int(scim_projection_parse(&arena.alloc, rt, cases[i].attributes,
                                     cases[i].excluded, &p, &err),
               SCIM_OK, cases[i].type);
        is_int(scim_projection_whole(&p), cases[i].whole, "whole?");

        doc = tree(rt == user ? USER_DOC : rt == device ? DEVICE_DOC
                                                        : "{\"id\":\"1\"}");
        scim_projection_apply(&p, doc);

        is(text(doc), cases[i].expected, scim_sprintf(&arena.alloc,
           "attributes=%s excludedAttributes=%s",
           cases[i].attributes ? cases[i].attributes : "-",
           cases[i].excluded ? cases[i].excluded : "-"));
    }

    fixture_reset();
    is_failure(scim_projection_parse(&arena.alloc, user, "a", "b", &p, &err),
               "400 invalidValue", "together", "both lists");
}


static void
test_has(void)
{
    size_t             i;
    scim_projection_t  p;

    static const struct {
        const char  *attributes;
        const char  *excluded;
        int          members;
    } cases[] = {
        { NULL, NULL, 1 },
        { NULL, "members", 0 },
        { NULL, "Members,meta", 0 },
        { NULL, "members.value", 1 },
        { "displayName", NULL, 0 },
        { "members", NULL, 1 },
        { "members.value", NULL, 1 }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();
        scim_projection_parse(&arena.alloc, group, cases[i].attributes,
                              cases[i].excluded, &p, &err);
        is_int(scim_projection_has(&p, group->members), cases[i].members,
               "are members in the answer?");
    }
}


/* a long list of one name is as cheap as the name */

static void
test_long(void)
{
    char               *list;
    scim_projection_t   p;

    fixture_reset();

    list = scim_calloc(&arena.alloc, 3 * 2000 + 1);

    while (strlen(list) < 3 * 2000) {
        memcpy(list + strlen(list), "id,", 3);
    }

    scim_projection_parse(&arena.alloc, user, list, NULL, &p, &err);
    is_int(p.n, 1, "a name counts once");
}


static int
exhaust(arena_t *local, void *arg)
{
    int                rc;
    scim_error_t       e;
    scim_projection_t  p;

    rc = scim_projection_parse(&local->alloc, user, arg, NULL, &p, &e);

    return (rc == SCIM_OK) ? !local->failed : local->failed && e.status == 500;
}


int
main(void)
{
    fixture_init();

    test_apply();
    test_has();
    test_long();

    ok(arena_exhaust(exhaust, "userName,emails"),
       "out of memory at every allocation");

    return fixture_done();
}
