/*
 * scim_resource.c
 */

#include "fixture.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/json/scim_json_print.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_resource.h"
#include "scim/resource/scim_resource_diff.h"
#include "scim/resource/scim_resource_rules.h"


#define ENT   "\"" ENTERPRISE "\""
#define U     "\"schemas\":[\"" CORE "User\"]"
#define UE    "\"schemas\":[\"" CORE "User\"," ENT "]"


/* a request, parsed and finished with the id "1" */

static int
make(const scim_rtype_t *rt, const char *body, scim_resource_t *res)
{
    if (scim_resource_parse(&arena.alloc, rt, tree(body), NULL, res, &err)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return scim_resource_finish(&arena.alloc, rt, res->doc, "1", &err);
}


static void
test_parse(void)
{
    int               rc;
    size_t            i;
    scim_resource_t   res;

    static const struct {
        const char  *name;
        const char  *body;
        const char  *doc;
        int          unknown;
    } cases[] = {
        { "RFC 7644, section 3.3",
          "{\"schemas\":[\"" CORE "User\"],\"userName\":\"bjensen\","
          "\"externalId\":\"bjensen\",\"name\":{\"formatted\":\"Ms. Barbara J "
          "Jensen III\",\"familyName\":\"Jensen\",\"givenName\":\"Barbara\"}}",
          "{" U ",\"id\":\"1\",\"externalId\":\"bjensen\",\"userName\":"
          "\"bjensen\",\"name\":{\"formatted\":\"Ms. Barbara J Jensen III\","
          "\"familyName\":\"Jensen\",\"givenName\":\"Barbara\"}}", 0 },
        { "Entra's create",
          "{\"schemas\":[\"" CORE "User\"," ENT "],\"externalId\":\"kode\","
          "\"userName\":\"kim.ode@fabrikam.example\",\"active\":true,"
          "\"emails\":[{\"primary\":true,\"type\":\"work\",\"value\":"
          "\"kim.ode@fabrikam.example\"}],\"meta\":{\"resourceType\":\"User\"},"
          "\"name\":{\"formatted\":\"Kim Ode\",\"givenName\":\"Kim\"},"
          "\"timezone\":\"Europe/Helsinki\",\"roles\":[]}",
          "{" U ",\"id\":\"1\",\"externalId\":\"kode\",\"userName\":"
          "\"kim.ode@fabrikam.example\",\"name\":{\"formatted\":\"Kim Ode\","
          "\"givenName\":\"Kim\"},\"timezone\":\"Europe/Helsinki\",\"active\":"
          "true,\"emails\":[{\"value\":\"kim.ode@fabrikam.example\",\"type\":"
          "\"work\",\"primary\":true}]}", 0 },
        { "nulls and a URN that is none",
          "{\"schemas\":[\"" CORE "User\",\"urn:ietf:params:scim:schemas:"
          "extension:enterprise:2.0User\"],\"userName\":\"k\",\"addresses\":"
          "null,\"phoneNumbers\":null,\"title\":null,\"department\":null,"
          "\"manager\":null}", "{" U ",\"id\":\"1\",\"userName\":\"k\"}", 0 },
        { "an extension that \"schemas\" does not name",
          "{\"schemas\":[\"" CORE "User\"],\"userName\":\"k\"," ENT ":{"
          "\"DEPARTMENT\":\"D\",\"manager\":{\"value\":\"m\"},\"x\":1}}",
          "{" UE ",\"id\":\"1\",\"userName\":\"k\"," ENT ":{\"department\":"
          "\"D\",\"manager\":{\"value\":\"m\"}}}", 1 },
        { "an extension's attributes with its URN, or bare",
          "{\"userName\":\"k\",\"" ENTERPRISE ":division\":\"V\",\"department\""
          ":\"D\"}",
          "{" UE ",\"id\":\"1\",\"userName\":\"k\"," ENT ":{\"division\":\"V\","
          "\"department\":\"D\"}}", 0 },
        { "an empty extension", "{\"userName\":\"k\"," ENT ":{}}",
          "{" U ",\"id\":\"1\",\"userName\":\"k\"}", 0 },
        { "names in another case, booleans as strings",
          "{\"SCHEMAS\":[\"" CORE "user\"],\"UserName\":\"k\",\"Active\":"
          "\"True\",\"Emails\":[{\"Primary\":\"True\",\"Value\":\"a\"}]}",
          "{" U ",\"id\":\"1\",\"userName\":\"k\",\"active\":true,\"emails\":[{"
          "\"value\":\"a\",\"primary\":true}]}", 0 },
        { "Okta's create",
          "{\"schemas\":[\"" CORE "User\"],\"userName\":\"k\",\"name\":{"
          "\"givenName\":\"K\",\"middleName\":\"\"},\"groups\":[],\"password\":"
          "\"x9\",\"active\":true}",
          "{" U ",\"id\":\"1\",\"userName\":\"k\",\"name\":{\"givenName\":\"K\""
          "},\"active\":true}", 0 },
        { "what is readOnly is left out",
          "{\"id\":\"9\",\"meta\":{\"version\":\"v\"},\"userName\":\"k\","
          "\"groups\":[{\"value\":\"g\"}]," ENT ":{\"manager\":{\"value\":"
          "\"m\",\"displayName\":\"M\"}}}",
          "{" UE ",\"id\":\"1\",\"userName\":\"k\"," ENT ":{\"manager\":{"
          "\"value\":\"m\"}}}", 0 },
        { "what nobody knows is left out",
          "{\"userName\":\"k\",\"shoeSize\":1,\"urn:x:y\":{\"a\":1},\"name."
          "nope\":\"G\",\"" CORE "User:nickName\":\"N\"}",
          "{" U ",\"id\":\"1\",\"userName\":\"k\",\"nickName\":\"N\"}", 3 },
        { "what nobody knows inside of what is known",
          "{\"userName\":\"k\",\"name\":{\"nope\":1},\"emails\":[{\"value\":"
          "\"e\",\"nope\":{}}]," ENT ":{\"nope\":1,\"manager\":{\"value\":\"m\","
          "\"nope\":1}}}",
          "{" UE ",\"id\":\"1\",\"userName\":\"k\",\"emails\":[{\"value\":\"e\"}"
          "]," ENT ":{\"manager\":{\"value\":\"m\"}}}", 4 },
        { "dotted names",
          "{\"userName\":\"k\",\"name.givenName\":\"G\",\"Name.FamilyName\":"
          "\"F\",\"" ENTERPRISE ":manager.value\":\"m\",\"meta.created\":1,\""
          ENTERPRISE ":manager.displayName\":\"D\"}",
          "{" UE ",\"id\":\"1\",\"userName\":\"k\",\"name\":{\"familyName\":\"F\","
          "\"givenName\":\"G\"}," ENT ":{\"manager\":{\"value\":\"m\"}}}", 0 },
        { "an extension in a list, with dotted names",
          "{\"userName\":\"k\"," ENT ":[{\"manager.value\":\"m\"}]}",
          "{" UE ",\"id\":\"1\",\"userName\":\"k\"," ENT ":{\"manager\":{\"value\":"
          "\"m\"}}}", 0 },
        { "a dotted name that is cleared",
          "{\"userName\":\"k\",\"name\":{\"givenName\":\"G\"},\"name.givenName\":"
          "null}", "{" U ",\"id\":\"1\",\"userName\":\"k\"}", 0 },
        { "the base schema's URN as a key",
          "{\"" CORE "User\":{\"userName\":\"k\",\"x\":1}}",
          "{" U ",\"id\":\"1\",\"userName\":\"k\"}", 1 },
        { "no \"schemas\"", "{\"schemas\":[],\"userName\":\"k\"}",
          "{" U ",\"id\":\"1\",\"userName\":\"k\"}", 0 },
        { "\"schemas\" as a string", "{\"schemas\":\"" CORE "User\","
          "\"userName\":\"k\"}", "{" U ",\"id\":\"1\",\"userName\":\"k\"}", 0 }
    };

    static const struct {
        const char  *name;
        const char  *body;
        const char  *failure;
        const char  *words;
    } bad[] = {
        { "an array", "[]", "400 invalidSyntax", "not array" },
        { "null", "null", "400 invalidSyntax", "not null" },
        { "the wrong schema", "{\"schemas\":[\"" CORE "Group\",1],\"userName\":"
          "\"k\"}", "400 invalidValue", "\"schemas\"" },
        { "the wrong schema as a string", "{\"schemas\":\"x\"}",
          "400 invalidValue", "\"schemas\"" },
        { "\"schemas\" of another type", "{\"schemas\":{\"a\":1}}",
          "400 invalidValue", "\"schemas\"" },
        { "no userName", "{}", "400 invalidValue", "\"userName\" is required" },
        { "an empty userName", "{\"userName\":\"\"}", "400 invalidValue",
          "\"userName\" is required" },
        { "a wrong type", "{\"userName\":\"k\",\"title\":true}",
          "400 invalidValue", "\"title\"" },
        { "a path", "{\"userName\":\"k\",\"emails[type eq \\\"work\\\"]\":1}",
          "400 invalidSyntax", "by PATCH" },
        { "a part of values", "{\"userName\":\"k\",\"emails.value\":1}",
          "400 invalidSyntax", "by PATCH" },
        { "a wrong part", "{\"userName\":\"k\",\"name.givenName\":true}",
          "400 invalidValue", "\"name.givenName\"" },
        { "a name of blanks", "{\"userName\":\" \\u00a0\\u3000\\t\"}",
          "400 invalidValue", "\"userName\" is required" },
        { "a wrong type in an extension", "{\"userName\":\"k\"," ENT
          ":{\"department\":true}}", "400 invalidValue",
          "\"" ENTERPRISE ":department\"" },
        { "an extension that is no object", "{\"userName\":\"k\"," ENT ":1}",
          "400 invalidValue", "expected an object, not number" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        rc = make(user, cases[i].body, &res);

        if (!ok(rc == SCIM_OK, "%s", cases[i].name)) {
            printf("# %s\n", failure(&err));
            continue;
        }

        is(text(res.doc), cases[i].doc, cases[i].name);
        is_int(res.unknown.n, cases[i].unknown, "unknown attributes");

        /* A response that is sent back (Okta). */

        rc = make(user, text(res.doc), &res);
        ok(rc == SCIM_OK, "once more");
        is(text(res.doc), cases[i].doc, "the same becomes of it");
    }

    for (i = 0; i < N(bad); i++) {
        fixture_reset();

        is_failure(make(user, bad[i].body, &res), bad[i].failure,
                   bad[i].words, bad[i].name);
    }
}


static void
test_groups(void)
{
    scim_resource_t  res;

    fixture_reset();

    is_int(make(group, "{\"schemas\":[\"" CORE "Group\",\"http://schemas."
                "microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group\"],"
                "\"externalId\":\"e\",\"displayName\":\"Admins\",\"meta\":{"
                "\"resourceType\":\"Group\"}}", &res), SCIM_OK,
           "Entra's group");
    is(text(res.doc), "{\"schemas\":[\"" CORE "Group\"],\"id\":\"1\","
       "\"externalId\":\"e\",\"displayName\":\"Admins\"}", "without members");
    is_int(res.members_given, 0, "members are not given");

    is_int(make(group, "{\"displayName\":\"A\",\"members\":[{\"value\":\"u1\","
                "\"$ref\":null,\"display\":\"d\"},{\"value\":\"u2\",\"type\":"
                "\"User\"},\"u3\",{\"value\":\"u1\"}]}", &res), SCIM_OK,
           "members");
    is(text(res.doc), "{\"schemas\":[\"" CORE "Group\"],\"id\":\"1\","
       "\"displayName\":\"A\"}", "are not in the document");
    ok(res.members_given && res.members.clear && res.members.n == 3,
       "but beside it, each of them once");
    is(res.members.list[2].id, "u3", "in order");

    is_int(make(group, "{\"displayName\":\"A\",\"members\":[]}", &res),
           SCIM_OK, "no members");
    ok(res.members_given && res.members.clear && res.members.n == 0,
       "are given too");

    is_failure(make(group, "{\"members\":[]}", &res), "400 invalidValue",
               "\"displayName\" is required", "a group without a name");
    is_failure(make(group, "{\"displayName\":\"A\",\"members\":[{\"type\":"
                    "\"User\"}]}", &res), "400 invalidValue",
               "\"members\": a member needs its id", "a member without an id");
    is_failure(make(group, "{\"displayName\":\"A\",\"members\":[5]}", &res),
               "400 invalidValue", "\"members.value\"",
               "a member whose id is none");
}


/* a body on top of what there is: what it does not name stays */

static void
test_merge(void)
{
    int               rc;
    cJSON            *old;
    size_t            i;
    scim_resource_t   res;

    static const char  was[] =
        "{" UE ",\"id\":\"1\",\"userName\":\"k\",\"name\":{\"familyName\":"
        "\"F\"},\"title\":\"T\"," ENT ":{\"department\":\"D\"}}";

    static const struct {
        const char  *body;
        const char  *doc;
    } cases[] = {
        { "{}", was },
        { "{\"title\":\"\",\"active\":false}",
          "{" UE ",\"id\":\"1\",\"userName\":\"k\",\"name\":{\"familyName\":"
          "\"F\"},\"active\":false," ENT ":{\"department\":\"D\"}}" },
        { "{\"name\":null," ENT ":{\"department\":null}}",
          "{" U ",\"id\":\"1\",\"userName\":\"k\",\"title\":\"T\"}" },
        { "{\"name\":{},\"" CORE "User\":null," ENT ":null}",
          "{" U ",\"id\":\"1\",\"userName\":\"k\",\"title\":\"T\"}" },
        { "{" ENT ":{}}", was },
        { "{" ENT ":{\"division\":\"V\"}}",
          "{" UE ",\"id\":\"1\",\"userName\":\"k\",\"name\":{\"familyName\":"
          "\"F\"},\"title\":\"T\"," ENT ":{\"division\":\"V\",\"department\":"
          "\"D\"}}" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        old = tree(was);
        rc = scim_resource_parse(&arena.alloc, user, tree(cases[i].body), old,
                                 &res, &err);

        ok(rc == SCIM_OK
           && scim_resource_keep(&arena.alloc, user, res.doc, old, &err)
              == SCIM_OK
           && scim_resource_finish(&arena.alloc, user, res.doc, "1", &err)
              == SCIM_OK, "merge of %s", cases[i].body);

        is(text(res.doc), cases[i].doc, cases[i].body);
        is(text(old), was, "the old one is as it was");
    }
}


static void
test_required(void)
{
    size_t           i;
    scim_resource_t  res;

    static const struct {
        const char  *body;
        const char  *words;       /* NULL: success */
    } cases[] = {
        { "{\"serial\":\"s\"}", NULL },
        { "{\"serial\":\"s\",\"owner\":{\"since\":\"2026-01-01T00:00:00Z\"}}",
          "\"owner.value\" is required" },
        { "{\"serial\":\"s\",\"disks\":[{\"slot\":1},{\"size\":1}]}",
          "\"disks.slot\" is required" },
        { "{\"serial\":\"s\",\"disks\":[{\"slot\":1,\"code\":\"c\"}]}", NULL },
        { "{\"serial\":\"s\",\"room\":\"r\"}", "\"" RACK ":row\" is required" },
        { "{\"serial\":\"s\",\"room\":\"r\",\"row\":1}", NULL }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        if (cases[i].words == NULL) {
            is_int(make(device, cases[i].body, &res), SCIM_OK, cases[i].body);

        } else {
            is_failure(make(device, cases[i].body, &res), "400 invalidValue",
                       cases[i].words, cases[i].body);
        }
    }
}


static void
test_keep(void)
{
    int      rc;
    cJSON   *doc;
    size_t   i;

    static const struct {
        const char  *name;
        const char  *old;
        const char  *doc;
        const char  *expected;    /* NULL: 400 mutability */
    } cases[] = {
        { "readOnly attributes stay", "{\"serial\":\"s\",\"state\":\"on\",\""
          RACK "\":{\"label\":\"L\",\"room\":\"r\"}}", "{\"serial\":\"t\"}",
          "{\"serial\":\"t\",\"state\":\"on\",\"" RACK "\":{\"label\":\"L\"}}"
        },
        { "immutable attributes stay",
          "{\"born\":\"2026-01-01T00:00:00Z\",\"model\":\"m\"}",
          "{\"ports\":1}", "{\"born\":\"2026-01-01T00:00:00Z\",\"ports\":1}" },
        { "the same value may be given",
          "{\"born\":\"2026-01-01T00:00:00Z\"}",
          "{\"born\":\"2026-01-01T00:00:00Z\"}",
          "{\"born\":\"2026-01-01T00:00:00Z\"}" },
        { "a first value may be given", "{}",
          "{\"born\":\"2026-01-01T00:00:00Z\"}",
          "{\"born\":\"2026-01-01T00:00:00Z\"}" },
        { "another may not", "{\"born\":\"2026-01-01T00:00:00Z\"}",
          "{\"born\":\"2026-01-02T00:00:00Z\"}", NULL },
        { "immutable sub-attributes too",
          "{\"owner\":{\"value\":\"o\",\"since\":\"2026-01-01T00:00:00Z\"}}",
          "{\"owner\":{\"value\":\"o\",\"since\":\"2026-01-02T00:00:00Z\"}}",
          NULL },
        { "and stay", "{\"owner\":{\"value\":\"o\",\"since\":\"2026-01-01T00:00"
          ":00Z\"}}", "{\"owner\":{\"value\":\"p\"}}",
          "{\"owner\":{\"value\":\"p\",\"since\":\"2026-01-01T00:00:00Z\"}}"
        },
        { "but go with what they are a part of",
          "{\"owner\":{\"value\":\"o\",\"since\":\"2026-01-01T00:00:00Z\"}}",
          "{}", "{}" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        doc = tree(cases[i].doc);
        rc = scim_resource_keep(&arena.alloc, device, doc, tree(cases[i].old),
                                &err);

        if (cases[i].expected == NULL) {
            is_failure(rc, "400 mutability", "is immutable", cases[i].name);

        } else {
            is_int(rc, SCIM_OK, cases[i].name);
            is(text(doc), cases[i].expected, cases[i].name);
        }
    }
}


static void
test_values(void)
{
    size_t               i, j, n;
    const char         **values, *list;
    const scim_attr_t   *attr;

    static const struct {
        const char  *name;
        const char  *sub;
        int          folded;
        const char  *list;
    } cases[] = {
        { "userName", NULL, 1, "kim" },
        { "userName", NULL, 0, "KIM" },
        { "externalId", NULL, 1, "KIM" },
        { "title", NULL, 1, "" },
        { "active", NULL, 1, "true" },
        { "emails", "value", 1, "a@x,b@x" },
        { "emails", "value", 0, "A@x,a@x,b@x" },
        { "emails", "display", 1, "" },
        { "emails", NULL, 1, "" },
        { "department", NULL, 1, "ops" },
        { "manager", "value", 1, "m" },
        { "name", "givenName", 1, "\xc3\xa4" },
        { "photos", "value", 1, "" }
    };

    fixture_reset();

    for (i = 0; i < N(cases); i++) {
        attr = scim_rtype_attr(user, cases[i].name, strlen(cases[i].name));

        if (cases[i].sub != NULL) {
            attr = scim_attr_sub(attr, cases[i].sub, strlen(cases[i].sub));
        }

        values = scim_resource_values(&arena.alloc, user, tree(
                     "{\"externalId\":\"KIM\",\"userName\":\"KIM\",\"name\":{"
                     "\"givenName\":\"A\xcc\x88\"},\"active\":true,\"emails\":["
                     "{\"value\":\"A@x\"},{\"value\":\"a@x\"},{\"type\":\"t\"},"
                     "{\"value\":\"b@x\"}]," ENT ":{\"department\":\"Ops\","
                     "\"manager\":{\"value\":\"M\"}}}"),
                     attr, cases[i].folded, &n);

        list = "";

        for (j = 0; values != NULL && j < n; j++) {
            list = scim_sprintf(&arena.alloc, "%s%s%s", list, j ? "," : "",
                                values[j]);
        }

        is(list, cases[i].list, cases[i].name);
    }
}


static void
test_diff(void)
{
    size_t  i;

    static const struct {
        const char  *old;
        const char  *doc;
        const char  *diff;
    } cases[] = {
        { "{\"userName\":\"a\"}", "{\"userName\":\"a\"}", "" },
        { "{\"userName\":\"a\"}", "{\"userName\":\"b\"}", "userName" },
        { "{\"schemas\":[1],\"id\":\"1\"}", "{\"schemas\":[2],\"id\":\"2\"}",
          "" },
        { NULL, "{\"schemas\":[],\"id\":\"1\",\"externalId\":\"e\",\"userName\""
          ":\"a\",\"emails\":[]," ENT ":{\"department\":\"D\"}}",
          "externalId,userName,emails," ENTERPRISE ":department" },
        { "{" ENT ":{\"department\":\"D\",\"division\":\"V\"}}",
          "{" ENT ":{\"department\":\"D\"}}", ENTERPRISE ":division" },
        { "{\"name\":{\"givenName\":\"G\",\"familyName\":\"F\"}}",
          "{\"name\":{\"familyName\":\"F\",\"givenName\":\"G\"}}", "" },
        { "{\"emails\":[{\"value\":\"a\"},{\"value\":\"b\"}]}",
          "{\"emails\":[{\"value\":\"b\"},{\"value\":\"a\"}]}", "emails" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        is(scim_resource_diff(&arena.alloc, user,
                              cases[i].old ? tree(cases[i].old) : NULL,
                              tree(cases[i].doc)),
           cases[i].diff, cases[i].doc);
    }
}


/* everything that is done to a request, with failing allocations */

static int
exhaust(arena_t *local, void *arg)
{
    int               rc, clean;
    char             *diff;
    cJSON            *body, *old;
    size_t            len, n;
    const char      **values, *was;
    scim_error_t      e;
    scim_alloc_t     *before;
    scim_resource_t   res;

    was = "{\"born\":\"2026-01-01T00:00:00Z\",\"state\":\"on\"}";
    diff = NULL;
    values = NULL;

    memset(&e, 0, sizeof(e));
    before = scim_json_open(&local->alloc);

    rc = scim_json_parse(&local->alloc, arg, strlen(arg), &body, &e);

    if (rc == SCIM_OK) {
        rc = scim_json_parse(&local->alloc, was, strlen(was), &old, &e);
    }

    if (rc == SCIM_OK) {
        rc = scim_resource_parse(&local->alloc, device, body, NULL, &res, &e);
    }

    if (rc == SCIM_OK) {
        rc = scim_resource_keep(&local->alloc, device, res.doc, old, &e);
    }

    if (rc == SCIM_OK) {
        rc = scim_resource_finish(&local->alloc, device, res.doc, "1", &e);
    }

    if (rc == SCIM_OK) {
        values = scim_resource_values(&local->alloc, device, res.doc,
                                      scim_rtype_attr(device, "limits", 6), 1,
                                      &n);
        diff = scim_resource_diff(&local->alloc, device, old, res.doc);

        clean = !local->failed || values == NULL || diff == NULL
                || scim_json_print(&local->alloc, res.doc, &len) == NULL;

    } else {
        clean = e.status == (local->failed ? 500 : 400)
                && (e.detail[0] == '\0') == local->failed;
    }

    scim_json_close(before);

    if (!clean) {
        printf("# %d %s\n", e.status, e.detail);
    }

    return clean;
}


static void
test_exhaust(void)
{
    size_t  i;

    static const char  *bodies[] = {
        "{\"serial\":\"s\",\"disks\":[{\"slot\":\"1\"}],\"tags\":[\"a\"],"
        "\"limits\":[1,2,12345678901234567890],\"owner\":\"o\",\"row\":1}",
        "{\"serial\":\"s\",\"room\":\"r\"}",
        "{\"serial\":\"s\",\"disks\":[{\"size\":1}]}",
        "{\"serial\":\"s\",\"born\":\"2026-01-02T00:00:00Z\"}",
        "{}"
    };

    for (i = 0; i < N(bodies); i++) {
        ok(arena_exhaust(exhaust, (void *) bodies[i]),
           "out of memory at every allocation: %s", bodies[i]);
    }
}


int
main(void)
{
    fixture_init();

    test_parse();
    test_groups();
    test_merge();
    test_required();
    test_keep();
    test_values();
    test_diff();
    test_exhaust();

    return fixture_done();
}
