/*
 * scim_patch.c, scim_patch_apply.c
 */

#include "fixture.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/json/scim_json_print.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_members.h"
#include "scim/resource/scim_resource.h"
#include "scim/resource/scim_resource_rules.h"
#include "scim/patch/scim_patch.h"
#include "scim/patch/scim_patch_apply.h"


#define ENT      "\"" ENTERPRISE "\""
#define WORK     "\"emails\":[{\"value\":\"a@x\",\"type\":\"work\"}]"
#define EMAIL(v, t)  "{\"value\":\"" v "\",\"type\":\"" t "\"}"


/* the operations of a PATCH, what they are applied to, and what becomes of it:
   the document, or an error as "400 type" and words of its detail */

typedef struct {
    const char  *name;
    const char  *doc;
    const char  *ops;
    const char  *expected;
    const char  *words;
} patch_case_t;


/* the membership as "clear +id -id" */

static const char *
membership(const scim_members_t *members)
{
    size_t       i;
    const char  *s;

    s = members->clear ? "clear" : "";

    for (i = 0; i < members->n; i++) {
        s = scim_sprintf(&arena.alloc, "%s%s%s%s", s, *s ? " " : "",
                         members->list[i].member ? "+" : "-",
                         members->list[i].id);
    }

    return s;
}


static int
patch(const scim_rtype_t *rt, const char *ops, scim_resource_t *res,
    const char *current)
{
    cJSON         *body;
    scim_patch_t   parsed;

    body = tree(scim_sprintf(&arena.alloc, "{\"schemas\":[\"urn:ietf:params:"
                             "scim:api:messages:2.0:PatchOp\"],"
                             "\"Operations\":[%s]}", ops));

    if (scim_patch_parse(&arena.alloc, rt, body, &parsed, &err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    return scim_patch_apply(&arena.alloc, rt, &parsed, res,
                            current ? tree(current) : NULL, &err);
}


static void
prepare(scim_resource_t *res, const char *doc)
{
    memset(res, 0, sizeof(scim_resource_t));
    scim_members_init(&res->members, &arena.alloc);
    res->doc = doc ? tree(doc) : NULL;
}


static void
run(const scim_rtype_t *rt, const patch_case_t *cases, size_t n)
{
    int               rc;
    size_t            i;
    scim_resource_t   res;

    for (i = 0; i < n; i++) {
        fixture_reset();
        prepare(&res, cases[i].doc);

        rc = patch(rt, cases[i].ops, &res, NULL);

        if (cases[i].words != NULL) {
            is_failure(rc, cases[i].expected, cases[i].words, cases[i].name);
            continue;
        }

        if (!ok(rc == SCIM_OK, "%s: succeeds", cases[i].name)) {
            printf("# %s\n", failure(&err));
        }

        is(text(res.doc), cases[i].expected, cases[i].name);
    }
}


/* RFC 7644, section 3.5.2 */

static void
test_rfc(void)
{
    static const patch_case_t  cases[] = {
        { "add without a path (3.5.2.1)",
          "{\"userName\":\"babs\"}",
          "{\"op\":\"add\",\"value\":{\"emails\":[{\"value\":\"b@x\",\"type\":"
          "\"home\"}],\"nickname\":\"Babs\"}}",
          "{\"userName\":\"babs\",\"nickName\":\"Babs\",\"emails\":["
          EMAIL("b@x", "home") "]}", NULL },
        { "replace one value of an attribute (3.5.2.3)",
          "{\"addresses\":[{\"streetAddress\":\"1\",\"locality\":\"L\","
          "\"type\":\"work\"},{\"streetAddress\":\"2\",\"type\":\"home\"}]}",
          "{\"op\":\"replace\",\"path\":\"addresses[type eq \\\"work\\\"]\","
          "\"value\":{\"type\":\"work\",\"streetAddress\":\"911 Universal "
          "City Plaza\",\"primary\":true}}",
          "{\"addresses\":[{\"streetAddress\":\"911 Universal City Plaza\","
          "\"type\":\"work\",\"primary\":true},{\"streetAddress\":\"2\","
          "\"type\":\"home\"}]}", NULL },
        { "replace a sub-attribute of one value (3.5.2.3)",
          "{\"addresses\":[{\"streetAddress\":\"1\",\"type\":\"work\"},"
          "{\"streetAddress\":\"2\",\"type\":\"home\"}]}",
          "{\"op\":\"replace\",\"path\":\"addresses[type eq \\\"work\\\"]."
          "streetAddress\",\"value\":\"1010 Broadway Ave\"}",
          "{\"addresses\":[{\"streetAddress\":\"1010 Broadway Ave\",\"type\":"
          "\"work\"},{\"streetAddress\":\"2\",\"type\":\"home\"}]}", NULL },
        { "replace without a path (3.5.2.3)",
          "{\"nickName\":\"B\",\"emails\":[" EMAIL("o@x", "other") "]}",
          "{\"op\":\"replace\",\"value\":{\"emails\":[{\"value\":\"bjensen@"
          "example.com\",\"type\":\"work\",\"primary\":true},{\"value\":"
          "\"babs@jensen.org\",\"type\":\"home\"}],\"nickname\":\"Babs\"}}",
          "{\"nickName\":\"Babs\",\"emails\":[{\"value\":\"bjensen@example.com"
          "\",\"type\":\"work\",\"primary\":true},"
          EMAIL("babs@jensen.org", "home") "]}", NULL },
        { "remove a value (3.5.2.2)",
          "{\"userName\":\"u\",\"emails\":[" EMAIL("a@example.com", "work") ","
          EMAIL("a@example.org", "work") "]}",
          "{\"op\":\"remove\",\"path\":\"emails[type eq \\\"work\\\" and value "
          "ew \\\"example.com\\\"]\"}",
          "{\"userName\":\"u\",\"emails\":[" EMAIL("a@example.org", "work")
          "]}", NULL },
        { "remove a sub-attribute",
          "{\"name\":{\"familyName\":\"F\",\"givenName\":\"G\"}}",
          "{\"op\":\"remove\",\"path\":\"name.givenName\"}",
          "{\"name\":{\"familyName\":\"F\"}}", NULL },
        { "an attribute whose last sub-attribute goes is unassigned",
          "{\"userName\":\"u\",\"name\":{\"familyName\":\"F\"}}",
          "{\"op\":\"remove\",\"path\":\"name.familyName\"}",
          "{\"userName\":\"u\"}", NULL },
        { "remove an attribute",
          "{\"userName\":\"u\",\"name\":{\"familyName\":\"F\"}," WORK "}",
          "{\"op\":\"remove\",\"path\":\"name\"},{\"op\":\"remove\",\"path\":"
          "\"emails\"}", "{\"userName\":\"u\"}", NULL },
        { "removing what is not there is a success",
          "{\"userName\":\"u\"}",
          "{\"op\":\"remove\",\"path\":\"title\"},{\"op\":\"remove\",\"path\":"
          "\"name.givenName\"},{\"op\":\"remove\",\"path\":\"emails[type eq "
          "\\\"work\\\"]\"},{\"op\":\"remove\",\"path\":\"emails[type eq "
          "\\\"work\\\"].display\"},{\"op\":\"remove\",\"path\":\"" ENTERPRISE
          ":department\"}", "{\"userName\":\"u\"}", NULL },
        { "add appends to a multi-valued attribute",
          "{" WORK "}",
          "{\"op\":\"add\",\"path\":\"emails\",\"value\":[" EMAIL("b@x", "home")
          "]}",
          "{\"emails\":[" EMAIL("a@x", "work") "," EMAIL("b@x", "home") "]}",
          NULL },
        { "add of a value that is there changes nothing",
          "{" WORK "}",
          "{\"op\":\"add\",\"path\":\"emails\",\"value\":[" EMAIL("a@x", "work")
          "]}", "{" WORK "}", NULL },
        { "add of a value that is there with more to it",
          "{" WORK "}",
          "{\"op\":\"add\",\"path\":\"emails\",\"value\":{\"value\":\"a@x\","
          "\"type\":\"work\",\"display\":\"A\"}}",
          "{\"emails\":[{\"value\":\"a@x\",\"display\":\"A\",\"type\":\"work\"}"
          "]}", NULL },
        { "add of a value that is there with less keeps the rest",
          "{\"emails\":[{\"value\":\"a@x\",\"display\":\"A\",\"type\":\"work\","
          "\"primary\":true}]}",
          "{\"op\":\"add\",\"path\":\"emails\",\"value\":[" EMAIL("a@x", "work")
          "]}",
          "{\"emails\":[{\"value\":\"a@x\",\"display\":\"A\",\"type\":\"work\","
          "\"primary\":true}]}", NULL },
        { "values that become equal when another is primary are one",
          "{\"phoneNumbers\":[{\"type\":\"work\",\"primary\":true},{\"type\":"
          "\"work\",\"primary\":false}]}",
          "{\"op\":\"add\",\"path\":\"phoneNumbers\",\"value\":[{\"value\":"
          "\"1\",\"primary\":true}]}",
          "{\"phoneNumbers\":[{\"type\":\"work\",\"primary\":false},"
          "{\"value\":\"1\",\"primary\":true}]}", NULL },
        { "a new primary value ends the other's being one",
          "{\"emails\":[{\"value\":\"a@x\",\"primary\":true}]}",
          "{\"op\":\"add\",\"path\":\"emails\",\"value\":[{\"value\":\"b@x\","
          "\"primary\":true}]}",
          "{\"emails\":[{\"value\":\"a@x\",\"primary\":false},{\"value\":\"b@x"
          "\",\"primary\":true}]}", NULL },
        { "replace of a complex attribute leaves what is not given",
          "{\"name\":{\"familyName\":\"F\",\"givenName\":\"G\"}}",
          "{\"op\":\"replace\",\"path\":\"name\",\"value\":{\"givenName\":\"H\""
          ",\"nonsense\":1}}",
          "{\"name\":{\"familyName\":\"F\",\"givenName\":\"H\"}}", NULL },
        { "an object that gives no sub-attribute changes none",
          "{\"name\":{\"familyName\":\"F\"}," ENT ":{\"manager\":{\"value\":"
          "\"m\"}}}",
          "{\"op\":\"add\",\"path\":\"name\",\"value\":{}},{\"op\":\"replace\","
          "\"path\":\"name\",\"value\":{\"nonsense\":1}},{\"op\":\"add\","
          "\"path\":\"manager\",\"value\":[{\"displayName\":\"D\"}]}",
          "{\"name\":{\"familyName\":\"F\"}," ENT ":{\"manager\":{\"value\":"
          "\"m\"}}}", NULL },
        { "replace of what is not there adds it",
          "{\"userName\":\"u\"}",
          "{\"op\":\"replace\",\"path\":\"title\",\"value\":\"T\"},"
          "{\"op\":\"replace\",\"path\":\"name\",\"value\":{\"givenName\":"
          "\"G\"}}",
          "{\"userName\":\"u\",\"name\":{\"givenName\":\"G\"},\"title\":\"T\"}",
          NULL },
        { "a path below the base schema's URN",
          "{\"userName\":\"u\"}",
          "{\"op\":\"add\",\"path\":\"" CORE "User:name.familyName\",\"value\":"
          "\"F\"},{\"op\":\"add\",\"path\":\"" CORE "user:EMAILS[TYPE EQ "
          "\\\"work\\\"].Value\",\"value\":\"a@x\"}",
          "{\"userName\":\"u\",\"name\":{\"familyName\":\"F\"}," WORK "}",
          NULL },
        { "the base schema's URN alone is no path",
          "{\"userName\":\"u\"}",
          "{\"op\":\"add\",\"path\":\"" CORE "User\",\"value\":{\"title\":"
          "\"T\"}}", "{\"userName\":\"u\",\"title\":\"T\"}", NULL }
    };

    run(user, cases, N(cases));
}


/* Microsoft Entra ID, the default style and that of aadOptscim062020 */

static void
test_entra(void)
{
    static const patch_case_t  cases[] = {
        { "an operation for each attribute, capitalised",
          "{\"userName\":\"u\",\"name\":{\"formatted\":\"K\",\"givenName\":"
          "\"K\"},\"displayName\":\"Kim Ode\",\"emails\":["
          EMAIL("kim.ode@x", "work") "]}",
          "{\"op\":\"Replace\",\"path\":\"displayName\",\"value\":\"Kim "
          "Ode-Berg\"},{\"op\":\"Replace\",\"path\":\"emails[type eq \\\"work"
          "\\\"].value\",\"value\":\"kim.berg@x\"},{\"op\":\"Replace\","
          "\"path\":\"name.givenName\",\"value\":\"Kim\"},{\"op\":\"Replace\","
          "\"path\":\"name.formatted\",\"value\":\"Kim Ode-Berg\"},{\"op\":"
          "\"Replace\",\"path\":\"externalId\",\"value\":\"kberg\"},{\"op\":"
          "\"Add\",\"path\":\"timezone\",\"value\":\"Europe/Oslo\"},{\"op\":"
          "\"Replace\",\"path\":\"" ENTERPRISE ":employeeNumber\",\"value\":"
          "\"4711\"}",
          "{\"externalId\":\"kberg\",\"userName\":\"u\",\"name\":{\"formatted"
          "\":\"Kim Ode-Berg\",\"givenName\":\"Kim\"},\"displayName\":\"Kim "
          "Ode-Berg\",\"timezone\":\"Europe/Oslo\",\"emails\":["
          EMAIL("kim.berg@x", "work") "]," ENT ":{\"employeeNumber\":\"4711\"}"
          "}", NULL },
        { "add on a single value that is there replaces it",
          "{\"userName\":\"u\",\"title\":\"T\"}",
          "{\"op\":\"Add\",\"path\":\"title\",\"value\":\"U\"}",
          "{\"userName\":\"u\",\"title\":\"U\"}", NULL },
        { "dotted and URN keys without a path",
          "{\"displayName\":\"K\",\"emails\":[" EMAIL("k@x", "work") "]}",
          "{\"op\":\"replace\",\"path\":\"emails[type eq \\\"work\\\"].value\","
          "\"value\":\"kim.berg@x\"},{\"op\":\"replace\",\"value\":{"
          "\"displayName\":\"Kim Ode-Berg\",\"name.givenName\":\"Kim\","
          "\"name.formatted\":\"Kim Ode-Berg\",\"" ENTERPRISE
          ":employeeNumber\":\"4711\"}}",
          "{\"name\":{\"formatted\":\"Kim Ode-Berg\",\"givenName\":\"Kim\"},"
          "\"displayName\":\"Kim Ode-Berg\",\"emails\":["
          EMAIL("kim.berg@x", "work") "]," ENT ":{\"employeeNumber\":\"4711\"}"
          "}", NULL },
        { "a value path and a sub-attribute as a key",
          "{}",
          "{\"op\":\"add\",\"value\":{\"emails[type eq \\\"work\\\"].value\":"
          "\"a@x\",\"" ENTERPRISE ":manager.value\":\"8d1c\"}}",
          "{" WORK "," ENT ":{\"manager\":{\"value\":\"8d1c\"}}}", NULL },
        { "disable by a string",
          "{\"active\":true}",
          "{\"op\":\"Replace\",\"path\":\"active\",\"value\":\"False\"}",
          "{\"active\":false}", NULL },
        { "enable by a string",
          "{\"active\":false}",
          "{\"op\":\"Replace\",\"path\":\"active\",\"value\":\"True\"}",
          "{\"active\":true}", NULL },
        { "disable by a lower-case string",
          "{\"active\":true}",
          "{\"op\":\"Replace\",\"path\":\"active\",\"value\":\"false\"}",
          "{\"active\":false}", NULL },
        { "disable by a boolean",
          "{\"active\":true}",
          "{\"op\":\"replace\",\"path\":\"active\",\"value\":false}",
          "{\"active\":false}", NULL },
        { "disable without a path (Okta)",
          "{\"active\":true}",
          "{\"op\":\"replace\",\"value\":{\"active\":false}}",
          "{\"active\":false}", NULL },
        { "disable without a path by a string",
          "{\"active\":true}",
          "{\"op\":\"Replace\",\"value\":{\"active\":\"False\"}}",
          "{\"active\":false}", NULL },
        { "a filter that matches nothing makes the value, by add",
          "{\"userName\":\"u\"}",
          "{\"op\":\"Add\",\"path\":\"emails[type eq \\\"work\\\"].value\","
          "\"value\":\"a@x\"}", "{\"userName\":\"u\"," WORK "}", NULL },
        { "and by replace, beside others",
          "{\"emails\":[" EMAIL("h@x", "home") "]}",
          "{\"op\":\"Replace\",\"path\":\"emails[type eq \\\"work\\\"].value\","
          "\"value\":\"a@x\"}",
          "{\"emails\":[" EMAIL("h@x", "home") "," EMAIL("a@x", "work") "]}",
          NULL },
        { "and for other attributes and sub-attributes",
          "{}",
          "{\"op\":\"Add\",\"path\":\"phoneNumbers[type eq \\\"mobile\\\"]."
          "value\",\"value\":\"1\"},{\"op\":\"Add\",\"path\":\"addresses[type "
          "eq \\\"work\\\"].streetAddress\",\"value\":\"S\"},{\"op\":\"Add\","
          "\"path\":\"addresses[type eq \\\"work\\\"].locality\",\"value\":"
          "\"L\"}",
          "{\"phoneNumbers\":[" EMAIL("1", "mobile") "],\"addresses\":[{"
          "\"streetAddress\":\"S\",\"locality\":\"L\",\"type\":\"work\"}]}",
          NULL },
        { "and from more than one term",
          "{}",
          "{\"op\":\"add\",\"path\":\"emails[type eq \\\"work\\\" and primary "
          "eq true].value\",\"value\":\"a@x\"}",
          "{\"emails\":[{\"value\":\"a@x\",\"type\":\"work\",\"primary\":true}"
          "]}", NULL },
        { "a boolean as a string in a filter matches",
          "{\"roles\":[{\"value\":\"a\",\"primary\":true},{\"value\":\"b\"}]}",
          "{\"op\":\"Replace\",\"path\":\"roles[primary eq \\\"True\\\"].value"
          "\",\"value\":\"c\"}",
          "{\"roles\":[{\"value\":\"c\",\"primary\":true},{\"value\":\"b\"}]}",
          NULL },
        { "and makes a value",
          "{}",
          "{\"op\":\"Add\",\"path\":\"roles[primary eq \\\"True\\\"].value\","
          "\"value\":\"c\"}",
          "{\"roles\":[{\"value\":\"c\",\"primary\":true}]}", NULL },
        { "primary by a path leaves one primary value",
          "{\"emails\":[{\"value\":\"a@x\",\"type\":\"work\",\"primary\":true},"
          EMAIL("h@x", "home") "]}",
          "{\"op\":\"add\",\"path\":\"emails[type eq \\\"home\\\"].primary\","
          "\"value\":true}",
          "{\"emails\":[{\"value\":\"a@x\",\"type\":\"work\",\"primary\":false}"
          ",{\"value\":\"h@x\",\"type\":\"home\",\"primary\":true}]}", NULL },
        { "primary of all of them leaves one",
          "{\"emails\":[{\"value\":\"a@x\"},{\"value\":\"b@x\"}]}",
          "{\"op\":\"add\",\"path\":\"emails.primary\",\"value\":true}",
          "{\"emails\":[{\"value\":\"a@x\",\"primary\":false},{\"value\":\"b@x"
          "\",\"primary\":true}]}", NULL },
        { "an extension's attribute",
          "{\"userName\":\"u\"}",
          "{\"op\":\"Add\",\"path\":\"" ENTERPRISE ":department\",\"value\":"
          "\"Ops\"}",
          "{\"userName\":\"u\"," ENT ":{\"department\":\"Ops\"}}", NULL },
        { "a whole extension",
          "{" ENT ":{\"employeeNumber\":\"1\"}}",
          "{\"op\":\"replace\",\"path\":" ENT ",\"value\":{\"department\":"
          "\"Ops\",\"COSTCENTER\":\"c\",\"nonsense\":1}}",
          "{" ENT ":{\"employeeNumber\":\"1\",\"costCenter\":\"c\","
          "\"department\":\"Ops\"}}", NULL },
        { "a whole extension as a key",
          "{}",
          "{\"op\":\"add\",\"value\":{" ENT ":{\"department\":\"Ops\"}}}",
          "{" ENT ":{\"department\":\"Ops\"}}", NULL },
        { "a whole extension goes",
          "{\"userName\":\"u\"," ENT ":{\"department\":\"Ops\",\"manager\":{"
          "\"value\":\"m\"}}}",
          "{\"op\":\"remove\",\"path\":" ENT "}", "{\"userName\":\"u\"}",
          NULL },
        { "a part of an extension goes with a value",
          "{" ENT ":{\"costCenter\":\"c\",\"department\":\"Ops\"}}",
          "{\"op\":\"remove\",\"path\":" ENT ",\"value\":{\"department\":"
          "\"Ops\",\"costCenter\":\"d\"}}",
          "{" ENT ":{\"costCenter\":\"c\"}}", NULL },
        { "a null in a whole extension clears",
          "{" ENT ":{\"costCenter\":\"c\",\"department\":\"Ops\"}}",
          "{\"op\":\"replace\",\"path\":" ENT ",\"value\":{\"department\":null}"
          "}", "{" ENT ":{\"costCenter\":\"c\"}}", NULL },
        { "prefixes from before the RFC",
          "{}",
          "{\"op\":\"add\",\"path\":\"urn:scim:schemas:extension:enterprise:1.0"
          ".department\",\"value\":\"Ops\"},{\"op\":\"add\",\"path\":\"urn:scim"
          ":schemas:extension:enterprise:2.0.manager\",\"value\":\"m\"}",
          "{" ENT ":{\"department\":\"Ops\",\"manager\":{\"value\":\"m\"}}}",
          NULL },
        { "manager: a string",
          "{}",
          "{\"op\":\"Add\",\"path\":\"" ENTERPRISE ":manager\",\"value\":"
          "\"8d1c\"}", "{" ENT ":{\"manager\":{\"value\":\"8d1c\"}}}", NULL },
        { "manager: an object",
          "{}",
          "{\"op\":\"Add\",\"path\":\"" ENTERPRISE ":manager\",\"value\":{"
          "\"value\":\"8d1c\"}}",
          "{" ENT ":{\"manager\":{\"value\":\"8d1c\"}}}", NULL },
        { "manager: a bare path and an array",
          "{}",
          "{\"op\":\"Add\",\"path\":\"manager\",\"value\":[{\"$ref\":\"http://h"
          "/scim/Users/8d1c\",\"value\":\"8d1c\"}]}",
          "{" ENT ":{\"manager\":{\"value\":\"8d1c\",\"$ref\":\"http://h/scim/"
          "Users/8d1c\"}}}", NULL },
        { "manager: another, without the old one's reference",
          "{" ENT ":{\"manager\":{\"value\":\"8d1c\",\"$ref\":\"r\"}}}",
          "{\"op\":\"replace\",\"path\":\"" ENTERPRISE ":manager\",\"value\":"
          "\"77aa\"}", "{" ENT ":{\"manager\":{\"value\":\"77aa\"}}}", NULL },
        { "manager: another with a new reference",
          "{" ENT ":{\"manager\":{\"value\":\"8d1c\",\"$ref\":\"r\"}}}",
          "{\"op\":\"replace\",\"path\":\"" ENTERPRISE ":manager\",\"value\":{"
          "\"$ref\":\"s\",\"value\":\"77aa\"}}",
          "{" ENT ":{\"manager\":{\"value\":\"77aa\",\"$ref\":\"s\"}}}", NULL },
        { "manager: the same keeps its reference",
          "{" ENT ":{\"manager\":{\"value\":\"8d1c\",\"$ref\":\"r\"}}}",
          "{\"op\":\"replace\",\"path\":\"" ENTERPRISE ":manager\",\"value\":"
          "\"8d1c\"}",
          "{" ENT ":{\"manager\":{\"value\":\"8d1c\",\"$ref\":\"r\"}}}", NULL },
        { "manager: cleared by an empty string",
          "{\"userName\":\"u\"," ENT ":{\"manager\":{\"value\":\"8d1c\","
          "\"$ref\":\"r\"}}}",
          "{\"op\":\"replace\",\"path\":\"" ENTERPRISE ":manager\",\"value\":"
          "\"\"}", "{\"userName\":\"u\"}", NULL },
        { "manager: cleared by an empty value beside a reference",
          "{\"userName\":\"u\"," ENT ":{\"manager\":{\"value\":\"8d1c\","
          "\"$ref\":\"r\"}}}",
          "{\"op\":\"replace\",\"path\":\"" ENTERPRISE ":manager\",\"value\":{"
          "\"value\":null,\"$ref\":\"r\"}}", "{\"userName\":\"u\"}", NULL },
        { "manager: removed",
          "{\"userName\":\"u\"," ENT ":{\"manager\":{\"value\":\"8d1c\"}}}",
          "{\"op\":\"Remove\",\"path\":\"" ENTERPRISE ":manager\"}",
          "{\"userName\":\"u\"}", NULL },
        { "manager: removed by a filter",
          "{\"userName\":\"u\"," ENT ":{\"manager\":{\"value\":\"8d1c\"}}}",
          "{\"op\":\"remove\",\"path\":\"manager[value eq \\\"8d1c\\\"]\"}",
          "{\"userName\":\"u\"}", NULL },
        { "manager: kept by a filter on another",
          "{" ENT ":{\"manager\":{\"value\":\"8d1c\"}}}",
          "{\"op\":\"remove\",\"path\":\"manager[value eq \\\"77aa\\\"]\"}",
          "{" ENT ":{\"manager\":{\"value\":\"8d1c\"}}}", NULL },
        { "manager: set by a filter that matches nothing",
          "{" ENT ":{\"manager\":{\"value\":\"8d1c\",\"$ref\":\"r\"}}}",
          "{\"op\":\"add\",\"path\":\"manager[value eq \\\"77aa\\\"]\","
          "\"value\":{\"$ref\":\"s\"}}",
          "{" ENT ":{\"manager\":{\"value\":\"77aa\",\"$ref\":\"s\"}}}",
          NULL },
        { "manager: its value",
          "{}",
          "{\"op\":\"add\",\"path\":\"" ENTERPRISE ":manager.value\",\"value\":"
          "\"8d1c\"}", "{" ENT ":{\"manager\":{\"value\":\"8d1c\"}}}", NULL },
        { "manager: its value cleared",
          "{\"userName\":\"u\"," ENT ":{\"manager\":{\"value\":\"8d1c\","
          "\"$ref\":\"r\"}}}",
          "{\"op\":\"replace\",\"path\":\"manager.value\",\"value\":\"\"}",
          "{\"userName\":\"u\"}", NULL },
        { "manager: what a filter says of a readOnly part of it is left out",
          "{}",
          "{\"op\":\"add\",\"path\":\"manager[value eq \\\"m\\\" and "
          "displayName eq \\\"D\\\"]\",\"value\":{\"$ref\":\"r\"}}",
          "{" ENT ":{\"manager\":{\"value\":\"m\",\"$ref\":\"r\"}}}", NULL },
        { "manager: removed if equal but for case",
          "{\"userName\":\"u\"," ENT ":{\"manager\":{\"value\":\"8d1c\"}}}",
          "{\"op\":\"Remove\",\"path\":\"manager\",\"value\":\"8D1C\"}",
          "{\"userName\":\"u\"}", NULL },
        { "manager: removed if equal",
          "{" ENT ":{\"manager\":{\"value\":\"8d1c\"}}}",
          "{\"op\":\"Remove\",\"path\":\"manager\",\"value\":\"77aa\"}",
          "{" ENT ":{\"manager\":{\"value\":\"8d1c\"}}}", NULL },
        { "cleared by empty strings and nulls",
          "{\"userName\":\"u\",\"name\":{\"givenName\":\"G\"},\"title\":\"T\","
          "\"timezone\":\"Z\"," WORK "}",
          "{\"op\":\"replace\",\"path\":\"timezone\",\"value\":\"\"},{\"op\":"
          "\"replace\",\"path\":\"title\",\"value\":null},{\"op\":\"replace\","
          "\"path\":\"emails[type eq \\\"work\\\"].value\",\"value\":\"\"},{"
          "\"op\":\"replace\",\"path\":\"name.givenName\",\"value\":null}",
          "{\"userName\":\"u\"}", NULL },
        { "cleared without a path",
          "{\"userName\":\"u\",\"name\":{\"givenName\":\"G\"},\"title\":\"T\"}",
          "{\"op\":\"replace\",\"value\":{\"title\":\"\",\"name.givenName\":"
          "\"\"}}", "{\"userName\":\"u\"}", NULL },
        { "clearing what no value has makes none",
          "{\"userName\":\"u\"}",
          "{\"op\":\"replace\",\"path\":\"emails[type eq \\\"work\\\"].value\","
          "\"value\":\"\"},{\"op\":\"replace\",\"path\":\"emails[type eq "
          "\\\"work\\\"].value\",\"value\":null},{\"op\":\"add\",\"path\":"
          "\"name.givenName\",\"value\":\"\"},{\"op\":\"add\",\"path\":"
          "\"emails\",\"value\":[]}", "{\"userName\":\"u\"}", NULL },
        { "remove with a value that is equal",
          "{\"userName\":\"u\",\"title\":\"T\"}",
          "{\"op\":\"Remove\",\"path\":\"title\",\"value\":\"T\"}",
          "{\"userName\":\"u\"}", NULL },
        { "or equal but for case, where that does not count",
          "{\"userName\":\"u\",\"title\":\"T\"}",
          "{\"op\":\"Remove\",\"path\":\"title\",\"value\":\"t\"}",
          "{\"userName\":\"u\"}", NULL },
        { "or equal by Unicode's folding",
          "{\"userName\":\"u\",\"title\":\"Stra\xc3\x9f" "e\"}",
          "{\"op\":\"Remove\",\"path\":\"title\",\"value\":\"STRASSE\"}",
          "{\"userName\":\"u\"}", NULL },
        { "remove of a part with a value that it cannot have",
          "{\"emails\":[{\"value\":\"a@x\",\"primary\":true}]}",
          "{\"op\":\"Remove\",\"path\":\"emails.primary\",\"value\":"
          "\"perhaps\"}", "400 invalidValue", "expected true or false" },
        { "remove with another value",
          "{\"name\":{\"givenName\":\"G\"},\"title\":\"T\",\"active\":true}",
          "{\"op\":\"Remove\",\"path\":\"title\",\"value\":\"U\"},{\"op\":"
          "\"Remove\",\"path\":\"name.givenName\",\"value\":\"H\"},{\"op\":"
          "\"remove\",\"path\":\"active\",\"value\":false}",
          "{\"name\":{\"givenName\":\"G\"},\"title\":\"T\",\"active\":true}",
          NULL },
        { "remove with a value that is none",
          "{\"active\":true}",
          "{\"op\":\"remove\",\"path\":\"active\",\"value\":\"perhaps\"}",
          "400 invalidValue", "\"active\": expected true or false" },
        { "remove with a value that is null, or empty",
          "{\"userName\":\"u\",\"name\":{\"givenName\":\"G\",\"familyName\":\"F"
          "\"},\"title\":\"T\",\"timezone\":\"Z\"," WORK "," ENT ":{"
          "\"department\":\"D\",\"costCenter\":\"C\"}}",
          "{\"op\":\"remove\",\"path\":\"title\",\"value\":null},{\"op\":"
          "\"remove\",\"path\":\"timezone\",\"value\":\"\"},{\"op\":\"remove\","
          "\"path\":\"name.givenName\",\"value\":null},{\"op\":\"remove\","
          "\"path\":\"name.familyName\",\"value\":\"\"},{\"op\":\"remove\","
          "\"path\":\"emails\",\"value\":null},{\"op\":\"remove\",\"path\":" ENT
          ",\"value\":{\"department\":null}},{\"op\":\"remove\",\"path\":"
          "\"costCenter\",\"value\":null}",
          "{\"userName\":\"u\"}", NULL },
        { "an extension that is cleared",
          "{\"userName\":\"u\"," ENT ":{\"department\":\"D\"}}",
          "{\"op\":\"replace\",\"path\":" ENT ",\"value\":null},{\"op\":"
          "\"add\",\"path\":\"department\",\"value\":\"D\"},{\"op\":\"replace"
          "\",\"path\":" ENT ",\"value\":\"\"},{\"op\":\"add\",\"path\":"
          "\"department\",\"value\":\"D\"},{\"op\":\"replace\",\"path\":" ENT
          ",\"value\":[]},{\"op\":\"add\",\"path\":\"department\",\"value\":"
          "\"D\"},{\"op\":\"add\",\"value\":{" ENT ":null}}",
          "{\"userName\":\"u\"}", NULL },
        { "the base schema as a key",
          "{\"userName\":\"u\",\"active\":true}",
          "{\"op\":\"replace\",\"value\":{\"" CORE "User\":{\"active\":false,"
          "\"name.givenName\":\"G\"}}}",
          "{\"userName\":\"u\",\"name\":{\"givenName\":\"G\"},\"active\":false}",
          NULL },
        { "the base schema as a key, and no object",
          "{\"userName\":\"u\"}",
          "{\"op\":\"replace\",\"value\":{\"" CORE "User\":null}}",
          "400 invalidValue", "must be an object" },
        { "lists of one around objects, and values in their own names",
          "{" WORK "}",
          "{\"op\":\"replace\",\"value\":[{\"title\":{\"title\":\"T\"}}]},"
          "{\"op\":\"replace\",\"path\":" ENT ",\"value\":[{\"department\":[\"D"
          "\"],\"manager.value\":\"m\"}]},{\"op\":\"replace\",\"path\":"
          "\"emails\",\"value\":{\"emails\":[" EMAIL("b@x", "home") "]}},"
          "{\"op\":\"add\",\"path\":\"name\",\"value\":[{\"name\":{"
          "\"givenName\":\"G\"}}]},{\"op\":\"add\",\"path\":\"name\",\"value\":"
          "[{\"name\":{\"familyName\":\"F\"}}]}",
          "{\"name\":{\"familyName\":\"F\",\"givenName\":\"G\"},\"title\":\"T\","
          "\"emails\":[" EMAIL("b@x", "home") "]," ENT ":{\"department\":\"D\","
          "\"manager\":{\"value\":\"m\"}}}", NULL },
        { "apostrophes, and a dot behind the URN",
          "{" WORK "}",
          "{\"op\":\"replace\",\"path\":\"emails[type eq 'work'].value\","
          "\"value\":\"b@x\"},{\"op\":\"add\",\"path\":\"" ENTERPRISE
          ".department\",\"value\":7}",
          "{\"emails\":[" EMAIL("b@x", "work") "]," ENT ":{\"department\":\"7"
          "\"}}", NULL },
        { "equal values, of which the second is primary",
          "{\"userName\":\"u\"}",
          "{\"op\":\"add\",\"path\":\"emails\",\"value\":[" EMAIL("a@x", "work")
          ",{\"value\":\"a@x\",\"type\":\"work\",\"primary\":true}]}",
          "{\"userName\":\"u\",\"emails\":[{\"value\":\"a@x\",\"type\":\"work"
          "\",\"primary\":true}]}", NULL },
        { "values that become equal, of which the second is primary",
          "{\"emails\":[" EMAIL("a@x", "home") ",{\"value\":\"a@x\",\"display"
          "\":\"A\",\"type\":\"work\",\"primary\":true}]}",
          "{\"op\":\"replace\",\"path\":\"emails.type\",\"value\":\"other\"}",
          "{\"emails\":[{\"value\":\"a@x\",\"display\":\"A\",\"type\":\"other"
          "\",\"primary\":true}]}", NULL },
        { "who is not active is not cleared",
          "{\"active\":false}",
          "{\"op\":\"remove\",\"path\":\"active\"}", "400 mutability",
          "\"active\" is false" },
        { "nor by null",
          "{\"active\":false}",
          "{\"op\":\"replace\",\"value\":{\"active\":null}}", "400 mutability",
          "\"active\" is false" },
        { "who is active may be",
          "{\"userName\":\"u\",\"active\":true}",
          "{\"op\":\"remove\",\"path\":\"active\"}", "{\"userName\":\"u\"}",
          NULL },
        { "remove with a sub-attribute's value",
          "{\"userName\":\"u\",\"name\":{\"givenName\":\"G\"}}",
          "{\"op\":\"Remove\",\"path\":\"name.givenName\",\"value\":\"G\"}",
          "{\"userName\":\"u\"}", NULL },
        { "remove of listed values only",
          "{\"emails\":[" EMAIL("a@x", "work") "," EMAIL("b@x", "home") ","
          EMAIL("c@x", "work") "]}",
          "{\"op\":\"Remove\",\"path\":\"emails\",\"value\":[{\"value\":\"A@x\""
          "},{\"value\":\"c@x\",\"type\":\"home\"}]},{\"op\":\"Remove\","
          "\"path\":\"emails\",\"value\":[]}",
          "{\"emails\":[" EMAIL("b@x", "home") "," EMAIL("c@x", "work") "]}",
          NULL },
        { "remove of a value named by its type",
          "{\"emails\":[" EMAIL("a@x", "work") "," EMAIL("b@x", "home") "]}",
          "{\"op\":\"Remove\",\"path\":\"emails\",\"value\":{\"type\":\"work\"}"
          "}", "{\"emails\":[" EMAIL("b@x", "home") "]}", NULL },
        { "no operations", "{\"userName\":\"u\"}", "", "{\"userName\":\"u\"}",
          NULL },
        { "the last of several operations wins",
          "{\"displayName\":\"A\"}",
          "{\"op\":\"remove\",\"path\":\"displayName\"},{\"op\":\"add\",\"path"
          "\":\"displayName\",\"value\":\"B\"},{\"op\":\"replace\",\"path\":"
          "\"displayName\",\"value\":\"C\"}", "{\"displayName\":\"C\"}",
          NULL },
        { "unknown keys of an operation", "{}",
          "{\"name\":\"addMember\",\"op\":\"add\",\"path\":\"title\",\"value\":"
          "\"T\"}", "{\"title\":\"T\"}", NULL },
        { "JSON inside a string is opaque", "{}",
          "{\"op\":\"Add\",\"path\":\"roles\",\"value\":[{\"value\":\"{\\\"id"
          "\\\":\\\"3f1c\\\"}\"}]}",
          "{\"roles\":[{\"value\":\"{\\\"id\\\":\\\"3f1c\\\"}\"}]}", NULL },
        { "a role is replaced whole",
          "{\"roles\":[{\"value\":\"a\"},{\"value\":\"b\"}]}",
          "{\"op\":\"replace\",\"path\":\"roles\",\"value\":[{\"primary\":"
          "\"False\",\"type\":\"t\",\"display\":\"d\",\"value\":\"v\"}]}",
          "{\"roles\":[{\"value\":\"v\",\"display\":\"d\",\"type\":\"t\","
          "\"primary\":false}]}", NULL },
        { "userName changes",
          "{\"userName\":\"u\"}",
          "{\"op\":\"replace\",\"value\":{\"userName\":\"v\"}}",
          "{\"userName\":\"v\"}", NULL },
        { "names in another case",
          "{}",
          "{\"Op\":\"ADD\",\"Path\":\"DISPLAYNAME\",\"Value\":\"D\"},{\"OP\":"
          "\"add\",\"PATH\":\"Emails[Type eq \\\"work\\\"].VALUE\",\"value\":"
          "\"a@x\"}", "{\"displayName\":\"D\"," WORK "}", NULL },
        { "an attribute that no schema knows is left out",
          "{\"userName\":\"u\"}",
          "{\"op\":\"add\",\"path\":\"shoeSize\",\"value\":1},{\"op\":\"add\","
          "\"path\":\"name.shoeSize\",\"value\":1},{\"op\":\"add\",\"path\":"
          "\"urn:x:y:shoeSize\",\"value\":1},{\"op\":\"add\",\"path\":\"emails["
          "type eq \\\"work\\\"].shoeSize\",\"value\":1},{\"op\":\"add\","
          "\"value\":{\"shoeSize\":1,\"" CORE "User\":{}}}",
          "{\"userName\":\"u\"}", NULL },
        { "a password is dropped", "{\"userName\":\"u\"}",
          "{\"op\":\"replace\",\"path\":\"password\",\"value\":\"p\"},{\"op\":"
          "\"replace\",\"value\":{\"password\":\"p\"}}", "{\"userName\":\"u\"}",
          NULL },
        { "schemas are kept", "{\"schemas\":[\"s\"]}",
          "{\"op\":\"add\",\"path\":\"schemas\",\"value\":[\"t\"]},{\"op\":"
          "\"remove\",\"path\":\"schemas\"}", "{\"schemas\":[\"s\"]}", NULL },
        { "the id it has (Okta)", "{\"id\":\"g1\",\"userName\":\"u\"}",
          "{\"op\":\"replace\",\"value\":{\"id\":\"g1\",\"userName\":\"v\"}},"
          "{\"op\":\"replace\",\"path\":\"id\",\"value\":\"g1\"}",
          "{\"id\":\"g1\",\"userName\":\"v\"}", NULL },
        { "readOnly keys without a path",
          "{\"id\":\"g1\"}",
          "{\"op\":\"replace\",\"value\":{\"id\":\"g2\",\"meta\":{},\"groups\":"
          "[{\"value\":\"g\"}],\"" ENTERPRISE ":manager.displayName\":\"x\"}}",
          "{\"id\":\"g1\"}", NULL }
    };

    run(user, cases, N(cases));
}


/* values that are chosen by a filter */

static void
test_filters(void)
{
    static const patch_case_t  cases[] = {
        { "add to the matching values leaves the rest of them",
          "{\"emails\":[" EMAIL("a@x", "work") "," EMAIL("b@x", "home") "]}",
          "{\"op\":\"add\",\"path\":\"emails[type eq \\\"work\\\"]\",\"value\":"
          "{\"display\":\"D\"}}",
          "{\"emails\":[{\"value\":\"a@x\",\"display\":\"D\",\"type\":\"work\"}"
          "," EMAIL("b@x", "home") "]}", NULL },
        { "add of a simple value leaves the rest too",
          "{\"emails\":[{\"value\":\"a@x\",\"display\":\"D\",\"type\":\"work\"}"
          "]}",
          "{\"op\":\"add\",\"path\":\"emails[type eq \\\"work\\\"]\",\"value\":"
          "\"b@x\"}",
          "{\"emails\":[{\"value\":\"b@x\",\"display\":\"D\",\"type\":\"work\"}"
          "]}", NULL },
        { "the value may stand in an array",
          "{" WORK "}",
          "{\"op\":\"replace\",\"path\":\"emails[type eq \\\"work\\\"]\","
          "\"value\":[{\"value\":\"b@x\"}]}",
          "{\"emails\":[" EMAIL("b@x", "work") "]}", NULL },
        { "what matches is what matched before the operation",
          "{\"emails\":[{\"value\":\"a@x\",\"primary\":false},{\"value\":"
          "\"b@x\",\"primary\":true}]}",
          "{\"op\":\"add\",\"path\":\"emails[primary eq false].primary\","
          "\"value\":true}",
          "{\"emails\":[{\"value\":\"a@x\",\"primary\":true},{\"value\":"
          "\"b@x\",\"primary\":false}]}", NULL },
        { "several that become one are primary if they are to be",
          "{\"emails\":[{\"value\":\"a@x\"},{\"value\":\"b@x\"},{\"value\":"
          "\"c@x\",\"type\":\"work\",\"primary\":true}]}",
          "{\"op\":\"add\",\"path\":\"emails[type eq null]\",\"value\":{"
          "\"value\":\"z@x\",\"primary\":true}}",
          "{\"emails\":[{\"value\":\"z@x\",\"primary\":true},{\"value\":"
          "\"c@x\",\"type\":\"work\",\"primary\":false}]}", NULL },
        { "add to several that become equal merges them",
          "{\"emails\":[{\"value\":\"a@x\"},{\"value\":\"b@x\"},{\"value\":"
          "\"c@x\"},{\"value\":\"d@x\",\"type\":\"home\"}]}",
          "{\"op\":\"add\",\"path\":\"emails[value pr]\",\"value\":{\"value\":"
          "\"z@x\"}}",
          "{\"emails\":[{\"value\":\"z@x\"},{\"value\":\"z@x\",\"type\":"
          "\"home\"}]}", NULL },
        { "add to several, in the middle of which two are equal",
          "{\"emails\":[{\"value\":\"a@x\"},{\"value\":\"b@x\"},{\"value\":"
          "\"b@x\",\"type\":\"work\"},{\"value\":\"c@x\"}]}",
          "{\"op\":\"add\",\"path\":\"emails[value pr]\",\"value\":{\"type\":"
          "\"work\"}}",
          "{\"emails\":[" EMAIL("a@x", "work") "," EMAIL("b@x", "work") ","
          EMAIL("c@x", "work") "]}", NULL },
        { "add with a value that is cleared drops it",
          "{\"emails\":[" EMAIL("a@x", "work") "," EMAIL("b@x", "home") "]}",
          "{\"op\":\"add\",\"path\":\"emails[type eq \\\"work\\\"]\",\"value\":"
          "{\"value\":\"\",\"type\":\"work\"}}",
          "{\"emails\":[" EMAIL("b@x", "home") "]}", NULL },
        { "replace of matching values takes on the filter",
          "{\"emails\":[{\"value\":\"a@x\",\"type\":\"work\",\"display\":\"D\"}"
          "]}",
          "{\"op\":\"replace\",\"path\":\"emails[type eq \\\"work\\\"]\","
          "\"value\":{\"value\":\"b@x\"}}",
          "{\"emails\":[" EMAIL("b@x", "work") "]}", NULL },
        { "on its eq terms, wherever they stand",
          "{\"emails\":[{\"value\":\"a@x\",\"type\":\"work\",\"display\":\"D\"}"
          "]}",
          "{\"op\":\"replace\",\"path\":\"emails[display pr and type eq "
          "\\\"work\\\"]\",\"value\":{\"value\":\"b@x\"}}",
          "{\"emails\":[" EMAIL("b@x", "work") "]}", NULL },
        { "replace by a simple value",
          "{" WORK "}",
          "{\"op\":\"replace\",\"path\":\"emails[type eq \\\"work\\\"]\","
          "\"value\":\"b@x\"}", "{\"emails\":[" EMAIL("b@x", "work") "]}",
          NULL },
        { "replace by nothing removes",
          "{\"userName\":\"u\"," WORK "}",
          "{\"op\":\"replace\",\"path\":\"emails[type eq \\\"work\\\"]\","
          "\"value\":null}", "{\"userName\":\"u\"}", NULL },
        { "add makes the value whole",
          "{}",
          "{\"op\":\"add\",\"path\":\"emails[type eq \\\"work\\\"]\",\"value\":"
          "{\"value\":\"a@x\"}}", "{" WORK "}", NULL },
        { "a term that the value contradicts gives way",
          "{}",
          "{\"op\":\"add\",\"path\":\"emails[type eq \\\"work\\\"]\",\"value\":"
          EMAIL("a@x", "home") "}", "{\"emails\":[" EMAIL("a@x", "home") "]}",
          NULL },
        { "remove a sub-attribute of the matching values",
          "{\"emails\":[{\"value\":\"a@x\",\"display\":\"D\",\"type\":\"work\"}"
          ",{\"value\":\"b@x\",\"display\":\"D\"}]}",
          "{\"op\":\"remove\",\"path\":\"emails[type eq \\\"work\\\"].display"
          "\"}",
          "{\"emails\":[" EMAIL("a@x", "work") ",{\"value\":\"b@x\",\"display"
          "\":\"D\"}]}", NULL },
        { "remove all that match",
          "{\"emails\":[" EMAIL("a@x", "work") "," EMAIL("b@x", "home") ","
          EMAIL("c@x", "work") "]}",
          "{\"op\":\"remove\",\"path\":\"emails[not (type eq \\\"home\\\")]\"}",
          "{\"emails\":[" EMAIL("b@x", "home") "]}", NULL },
        { "remove the value of the matching one removes it",
          "{\"emails\":[" EMAIL("a@x", "work") "," EMAIL("b@x", "home") "]}",
          "{\"op\":\"remove\",\"path\":\"emails[type eq \\\"work\\\"].value\"}",
          "{\"emails\":[" EMAIL("b@x", "home") "]}", NULL },
        { "a sub-attribute of all values",
          "{\"emails\":[{\"value\":\"a@x\"},{\"value\":\"b@x\"}]}",
          "{\"op\":\"add\",\"path\":\"emails.type\",\"value\":\"work\"}",
          "{\"emails\":[" EMAIL("a@x", "work") "," EMAIL("b@x", "work") "]}",
          NULL },
        { "a sub-attribute where there is no value",
          "{}",
          "{\"op\":\"add\",\"path\":\"emails.value\",\"value\":\"a@x\"}",
          "{\"emails\":[{\"value\":\"a@x\"}]}", NULL },
        { "a filter that says nothing of the value: noTarget",
          "{" WORK "}",
          "{\"op\":\"replace\",\"path\":\"emails[type ne \\\"work\\\"].value\","
          "\"value\":\"b@x\"}", "400 noTarget", "emails" },
        { "nor does or", "{" WORK "}",
          "{\"op\":\"add\",\"path\":\"emails[type eq \\\"a\\\" or type eq "
          "\\\"b\\\"]\",\"value\":{\"value\":\"b@x\"}}", "400 noTarget",
          "operation 0: no value of \"emails\"" },
        { "nor does a comparison with null", "{" WORK "}",
          "{\"op\":\"add\",\"path\":\"emails[type eq null].value\",\"value\":"
          "\"b@x\"}", "400 noTarget", "emails" }
    };

    run(user, cases, N(cases));
}


static void
test_errors(void)
{
    static const patch_case_t  cases[] = {
        { "no op", "{}", "{\"path\":\"title\",\"value\":\"T\"}",
          "400 invalidSyntax", "operation 0: \"op\"" },
        { "an op that there is not", "{}", "{\"op\":\"move\"}",
          "400 invalidSyntax", "move" },
        { "an op that is no string", "{}", "{\"op\":1}", "400 invalidSyntax",
          "\"op\"" },
        { "an operation that is no object", "{}", "1", "400 invalidSyntax",
          "\"op\"" },
        { "the index of the operation", "{}",
          "{\"op\":\"add\",\"value\":{}},{\"op\":\"add\",\"path\":\"title\","
          "\"value\":{}},{\"op\":\"x\"}", "400 invalidSyntax",
          "operation 2: " },
        { "a path that is no string", "{}",
          "{\"op\":\"add\",\"path\":[1],\"value\":1}", "400 invalidPath",
          "\"path\"" },
        { "a path that is none", "{}",
          "{\"op\":\"add\",\"path\":\"emails[type eq\",\"value\":1}",
          "400 invalidPath", "offset" },
        { "a key that is no path", "{}",
          "{\"op\":\"add\",\"value\":{\"emails[type eq\":1}}",
          "400 invalidPath", "offset" },
        { "a filter on a simple attribute", "{}",
          "{\"op\":\"add\",\"path\":\"title[value eq 1]\",\"value\":1}",
          "400 invalidPath", "filter" },
        { "remove without a path", "{}", "{\"op\":\"remove\"}",
          "400 noTarget", "\"path\"" },
        { "remove without a path but with a value", "{}",
          "{\"op\":\"remove\",\"value\":{\"title\":\"T\"}}", "400 noTarget",
          "\"path\"" },
        { "an object of nothing that is known", "{" WORK "}",
          "{\"op\":\"replace\",\"path\":\"emails\",\"value\":[{\"nope\":1}]}",
          "400 invalidValue", "\"emails\": expected an object with \"value\", "
          "\"display\", \"type\", \"primary\", not with \"nope\"" },
        { "for values of a filter", "{" WORK "}",
          "{\"op\":\"replace\",\"path\":\"emails[type eq \\\"work\\\"]\","
          "\"value\":{\"nope\":1}}", "400 invalidValue", "expected an object" },
        { "for one with a value", "{" ENT ":{\"manager\":{\"value\":\"m\"}}}",
          "{\"op\":\"replace\",\"path\":\"manager\",\"value\":{\"id\":\"n\"}}",
          "400 invalidValue", "expected an object with \"value\", \"$ref\"" },
        { "to be removed", "{" WORK "}",
          "{\"op\":\"remove\",\"path\":\"emails\",\"value\":{\"id\":\"n\"}}",
          "400 invalidValue", "expected an object" },
        { "an empty object to be removed", "{" WORK "}",
          "{\"op\":\"remove\",\"path\":\"emails\",\"value\":{}}",
          "400 invalidValue", "expected the values to remove" },
        { "an empty object of an extension to be removed", "{}",
          "{\"op\":\"remove\",\"path\":" ENT ",\"value\":{}}",
          "400 invalidValue", "expected an object of its attributes" },
        { "a list in a list to be removed", "{" WORK "}",
          "{\"op\":\"remove\",\"path\":\"emails\",\"value\":[[1]]}",
          "400 invalidValue", "not an array" },
        { "an object for a string", "{}",
          "{\"op\":\"add\",\"path\":\"title\",\"value\":{}}",
          "400 invalidValue", "expected a string, not an object" },
        { "a name with a blank", "{}",
          "{\"op\":\"add\",\"path\":\"ti tle\",\"value\":1}",
          "400 invalidPath", "expected the end of the path" },
        { "a part with a blank", "{}",
          "{\"op\":\"add\",\"path\":\"name. givenName\",\"value\":1}",
          "400 invalidPath", "expected an attribute name" },
        { "a key with a blank", "{}",
          "{\"op\":\"add\",\"value\":{\"a b\":1}}",
          "400 invalidPath", "expected the end of the path" },
        { "something behind a filter", "{}",
          "{\"op\":\"add\",\"path\":\"nope[a eq 1] x\",\"value\":1}",
          "400 invalidPath", "expected the end of the path" },
        { "remove with the base schema as a path", "{}",
          "{\"op\":\"remove\",\"path\":\"" CORE "User\"}", "400 noTarget",
          "\"path\"" },
        { "no path and no object", "{}", "{\"op\":\"add\",\"value\":\"x\"}",
          "400 invalidValue", "object" },
        { "add without a value", "{}", "{\"op\":\"add\",\"path\":\"title\"}",
          "400 invalidValue", "\"add\" needs a \"value\"" },
        { "an extension without a value", "{}",
          "{\"op\":\"replace\",\"path\":" ENT "}", "400 invalidValue",
          "\"replace\" needs a \"value\"" },
        { "what is dropped without a value", "{}",
          "{\"op\":\"add\",\"path\":\"password\"}", "400 invalidValue",
          "\"add\" needs a \"value\"" },
        { "replace without a value", "{}",
          "{\"op\":\"replace\",\"path\":\"title\"}", "400 invalidValue",
          "\"replace\" needs a \"value\"" },
        { "a value of the wrong type", "{}",
          "{\"op\":\"add\",\"path\":\"active\",\"value\":\"perhaps\"}",
          "400 invalidValue", "operation 0: \"active\"" },
        { "of a sub-attribute", "{}",
          "{\"op\":\"add\",\"path\":\"name.givenName\",\"value\":true}",
          "400 invalidValue", "name.givenName" },
        { "of a sub-attribute that is there", "{\"name\":{\"givenName\":\"G\"}"
          "}", "{\"op\":\"add\",\"path\":\"name\",\"value\":{\"givenName\":[1,2]}}",
          "400 invalidValue", "name.givenName" },
        { "of the value itself, to be merged",
          "{" ENT ":{\"manager\":{\"value\":\"m\"}}}",
          "{\"op\":\"add\",\"path\":\"manager\",\"value\":{\"value\":true}}",
          "400 invalidValue", "manager.value" },
        { "of the values of a filter", "{" WORK "}",
          "{\"op\":\"add\",\"path\":\"emails[type eq \\\"work\\\"]\",\"value\":"
          "{\"value\":true}}", "400 invalidValue", "emails.value" },
        { "of the values of a filter, to be replaced", "{" WORK "}",
          "{\"op\":\"replace\",\"path\":\"emails[type eq \\\"work\\\"]\","
          "\"value\":{\"value\":true}}", "400 invalidValue", "emails.value" },
        { "of the values of a filter that matches nothing", "{}",
          "{\"op\":\"add\",\"path\":\"emails[type eq \\\"work\\\"]\",\"value\":"
          "{\"value\":true}}", "400 invalidValue", "emails.value" },
        { "of a sub-attribute of all", "{" WORK "}",
          "{\"op\":\"add\",\"path\":\"emails.value\",\"value\":true}",
          "400 invalidValue", "emails.value" },
        { "of a sub-attribute of matching ones", "{" WORK "}",
          "{\"op\":\"add\",\"path\":\"emails[type eq \\\"work\\\"].value\","
          "\"value\":true}", "400 invalidValue", "emails.value" },
        { "an extension that is no object", "{}",
          "{\"op\":\"add\",\"path\":" ENT ",\"value\":\"x\"}",
          "400 invalidValue", ENTERPRISE },
        { "a value in an extension", "{}",
          "{\"op\":\"add\",\"path\":" ENT ",\"value\":{\"manager\":[1,2]}}",
          "400 invalidValue", ENTERPRISE ":manager" },
        { "two primary values", "{}",
          "{\"op\":\"add\",\"path\":\"emails\",\"value\":[{\"value\":\"a\","
          "\"primary\":true},{\"value\":\"b\",\"primary\":true}]}",
          "400 invalidValue", "emails" },
        { "another id", "{\"id\":\"1\"}",
          "{\"op\":\"replace\",\"path\":\"id\",\"value\":\"2\"}",
          "400 mutability", "\"id\" is readOnly" },
        { "no id", "{\"id\":\"1\"}", "{\"op\":\"remove\",\"path\":\"id\"}",
          "400 mutability", "\"id\" is readOnly" },
        { "no id, named", "{\"id\":\"1\"}",
          "{\"op\":\"remove\",\"path\":\"id\",\"value\":\"1\"}",
          "400 mutability", "\"id\" is readOnly" },
        { "meta", "{}",
          "{\"op\":\"add\",\"path\":\"meta.created\",\"value\":\"2026-01-01T00:"
          "00:00Z\"}", "400 mutability", "meta.created" },
        { "groups of a user", "{}",
          "{\"op\":\"add\",\"path\":\"groups\",\"value\":[{\"value\":\"g\"}]}",
          "400 mutability", "groups" },
        { "groups of a user, by filter", "{}",
          "{\"op\":\"remove\",\"path\":\"groups[value eq \\\"g\\\"]\"}",
          "400 mutability", "groups" },
        { "a readOnly sub-attribute", "{}",
          "{\"op\":\"add\",\"path\":\"manager.displayName\",\"value\":\"x\"}",
          "400 mutability", ENTERPRISE ":manager.displayName" },
        { "a required attribute", "{\"userName\":\"u\"}",
          "{\"op\":\"remove\",\"path\":\"userName\"}", "400 mutability",
          "\"userName\" is required" },
        { "a required attribute that an operation before has cleared",
          "{\"userName\":\"u\"}",
          "{\"op\":\"replace\",\"path\":\"userName\",\"value\":\"\"},"
          "{\"op\":\"remove\",\"path\":\"userName\"}", "400 mutability",
          "\"userName\" is required" },
        { "a required attribute, by its value", "{\"userName\":\"u\"}",
          "{\"op\":\"remove\",\"path\":\"userName\",\"value\":\"U\"}",
          "400 mutability", "\"userName\" is required" },
        { "text that a filter's template cannot be", "{}",
          "{\"op\":\"add\",\"path\":\"x509Certificates[value eq \\\"?\\\"]."
          "display\",\"value\":\"D\"}", "400 invalidValue",
          "x509Certificates.value" }
    };

    run(user, cases, N(cases));
}


/* the body around the operations */

static void
test_body(void)
{
    size_t        i;
    scim_patch_t  p;

    static const struct {
        const char  *name;
        const char  *body;
        const char  *failure;     /* NULL: none */
        const char  *words;
    } cases[] = {
        { "operations first, an id, another case",
          "{\"Operations\":[],\"id\":\"x\",\"Schemas\":[\"URN:ietf:params:scim:"
          "api:messages:2.0:PatchOp\"]}", NULL, NULL },
        { "operations in another case", "{\"operations\":[]}", NULL, NULL },
        { "no schemas", "{\"schemas\":[],\"Operations\":[]}", NULL, NULL },
        { "other schemas", "{\"schemas\":[1,\"x\"],\"Operations\":[]}",
          "400 invalidValue", "\"schemas\"" },
        { "schemas of another type", "{\"schemas\":1,\"Operations\":[]}",
          "400 invalidValue", "\"schemas\"" },
        { "no operations", "{}", "400 invalidSyntax", "\"Operations\"" },
        { "operations that are no array", "{\"Operations\":{}}",
          "400 invalidSyntax", "\"Operations\"" },
        { "an array", "[]", "400 invalidSyntax", "not array" },
        { "null", "null", "400 invalidSyntax", "not null" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        if (cases[i].failure == NULL) {
            ok(scim_patch_parse(&arena.alloc, user, tree(cases[i].body), &p,
                                &err)
               == SCIM_OK && p.n == 0, "%s", cases[i].name);

        } else {
            is_failure(scim_patch_parse(&arena.alloc, user,
                                        tree(cases[i].body), &p, &err),
                       cases[i].failure, cases[i].words, cases[i].name);
        }
    }
}


/* attributes with the characteristics that the RFC's own ones do not have */

static void
test_device(void)
{
    static const patch_case_t  cases[] = {
        { "an immutable attribute is set once", "{}",
          "{\"op\":\"add\",\"path\":\"born\",\"value\":\"2026-01-01T00:00:00Z"
          "\"}", "{\"born\":\"2026-01-01T00:00:00Z\"}", NULL },
        { "and again with the same value",
          "{\"born\":\"2026-01-01T00:00:00Z\"}",
          "{\"op\":\"replace\",\"path\":\"born\",\"value\":\"2026-01-01T00:00:"
          "00Z\"}", "{\"born\":\"2026-01-01T00:00:00Z\"}", NULL },
        { "but not with another", "{\"born\":\"2026-01-01T00:00:00Z\"}",
          "{\"op\":\"replace\",\"path\":\"born\",\"value\":\"2026-01-01T00:00:"
          "01Z\"}", "400 mutability", "\"born\" is immutable" },
        { "nor cleared", "{\"born\":\"2026-01-01T00:00:00Z\"}",
          "{\"op\":\"replace\",\"path\":\"born\",\"value\":null}",
          "400 mutability", "\"born\" is immutable" },
        { "nor removed", "{\"born\":\"2026-01-01T00:00:00Z\"}",
          "{\"op\":\"remove\",\"path\":\"born\"}",
          "400 mutability", "\"born\" is immutable" },
        { "but another value removes nothing",
          "{\"born\":\"2026-01-01T00:00:00Z\"}",
          "{\"op\":\"remove\",\"path\":\"born\",\"value\":\"2025-01-01T00:00:"
          "00Z\"}", "{\"born\":\"2026-01-01T00:00:00Z\"}", NULL },
        { "an immutable sub-attribute",
          "{\"owner\":{\"value\":\"o\",\"since\":\"2026-01-01T00:00:00Z\"}}",
          "{\"op\":\"replace\",\"path\":\"owner.since\",\"value\":\"2026-01-01T"
          "00:00:01Z\"}", "400 mutability", "\"owner.since\" is immutable" },
        { "an immutable sub-attribute of an object",
          "{\"owner\":{\"value\":\"o\",\"since\":\"2026-01-01T00:00:00Z\"}}",
          "{\"op\":\"replace\",\"path\":\"owner\",\"value\":{\"since\":\"2026-"
          "01-01T00:00:01Z\"}}", "400 mutability",
          "\"owner.since\" is immutable" },
        { "the same immutable sub-attribute",
          "{\"owner\":{\"value\":\"o\",\"since\":\"2026-01-01T00:00:00Z\"}}",
          "{\"op\":\"replace\",\"path\":\"owner\",\"value\":{\"value\":\"p\","
          "\"since\":\"2026-01-01T00:00:00Z\"}}",
          "{\"owner\":{\"value\":\"p\",\"since\":\"2026-01-01T00:00:00Z\"}}",
          NULL },
        { "a required sub-attribute", "{\"disks\":[{\"slot\":1,\"size\":2}]}",
          "{\"op\":\"remove\",\"path\":\"disks[size eq 2].slot\"}",
          "400 mutability", "\"disks.slot\" is required" },
        { "a required sub-attribute, cleared",
          "{\"owner\":{\"value\":\"o\"}}",
          "{\"op\":\"replace\",\"path\":\"owner.value\",\"value\":\"\"}",
          "400 mutability", "\"owner.value\" is required" },
        { "a required sub-attribute, cleared in an object",
          "{\"disks\":[{\"slot\":1,\"size\":2}]}",
          "{\"op\":\"add\",\"path\":\"disks[size eq 2]\",\"value\":{\"slot\":"
          "null}}", "400 mutability", "\"disks.slot\" is required" },
        { "a required sub-attribute, cleared where there is no value",
          "{\"disks\":[{\"slot\":1,\"size\":2}]}",
          "{\"op\":\"replace\",\"path\":\"disks[size eq 3].slot\",\"value\":"
          "null}", "{\"disks\":[{\"slot\":1,\"size\":2}]}", NULL },
        { "a dateTime is removed by its instant",
          "{\"serial\":\"s\",\"checked\":\"2026-01-01T00:00:00Z\"}",
          "{\"op\":\"remove\",\"path\":\"checked\",\"value\":\"2026-01-01T01:"
          "00:00+01:00\"}", "{\"serial\":\"s\"}", NULL },
        { "numbers in strings, and as they are",
          "{}",
          "{\"op\":\"add\",\"value\":{\"weight\":\"1.50\",\"ports\":\"+48\","
          "\"sealed\":\"TRUE\",\"limits\":[\"1\",1,12345678901234567890]}}",
          "{\"weight\":1.5,\"ports\":48,\"sealed\":true,\"limits\":[1,"
          "12345678901234567890]}", NULL },
        { "a number in a filter", "{\"disks\":[{\"slot\":1},{\"slot\":2}]}",
          "{\"op\":\"add\",\"path\":\"disks[slot gt 1].size\",\"value\":7}",
          "{\"disks\":[{\"slot\":1},{\"slot\":2,\"size\":7}]}", NULL },
        { "a number from a filter", "{}",
          "{\"op\":\"add\",\"path\":\"disks[slot eq 2 and hot eq \\\"False\\\" "
          "and key eq \\\"AA==\\\" and since eq \\\"2026-01-01T00:00:00Z\\\"]."
          "size\",\"value\":7}",
          "{\"disks\":[{\"slot\":2,\"size\":7,\"key\":\"AA==\",\"hot\":false,"
          "\"since\":\"2026-01-01T00:00:00Z\"}]}", NULL },
        { "a number from a filter that is no integer", "{}",
          "{\"op\":\"add\",\"path\":\"disks[slot eq 2.5].size\",\"value\":7}",
          "400 invalidValue", "disks.slot" },
        { "strings without \"value\"", "{\"tags\":[\"a\",\"b\"]}",
          "{\"op\":\"add\",\"path\":\"tags\",\"value\":[\"b\",\"c\",\"c\"]},"
          "{\"op\":\"remove\",\"path\":\"tags\",\"value\":\"A\"}",
          "{\"tags\":[\"b\",\"c\"]}", NULL },
        { "the last string goes", "{\"serial\":\"s\",\"tags\":[\"a\"]}",
          "{\"op\":\"remove\",\"path\":\"tags\",\"value\":[\"a\"]}",
          "{\"serial\":\"s\"}", NULL },
        { "a value named by all its parts",
          "{\"disks\":[{\"slot\":1,\"size\":2},{\"slot\":2,\"size\":2}]}",
          "{\"op\":\"remove\",\"path\":\"disks\",\"value\":[{\"slot\":1,"
          "\"size\":2},{\"slot\":2,\"size\":3}]}",
          "{\"disks\":[{\"slot\":2,\"size\":2}]}", NULL },
        { "an extension with a multi-valued attribute", "{}",
          "{\"op\":\"add\",\"path\":\"" RACK ":doors[type eq \\\"front\\\"]."
          "value\",\"value\":\"d\"},{\"op\":\"add\",\"path\":\"" RACK ":row\","
          "\"value\":3},{\"op\":\"add\",\"path\":\"doors\",\"value\":[{\"value"
          "\":\"e\",\"primary\":true}]}",
          "{\"" RACK "\":{\"row\":3,\"doors\":[{\"value\":\"d\",\"type\":"
          "\"front\"},{\"value\":\"e\",\"primary\":true}]}}", NULL },
        { "a readOnly attribute of an extension", "{}",
          "{\"op\":\"add\",\"path\":\"" RACK "\",\"value\":{\"label\":\"x\","
          "\"row\":1}}", "{\"" RACK "\":{\"row\":1}}", NULL },
        { "a simple value where there is none", "{}",
          "{\"op\":\"add\",\"path\":\"disks\",\"value\":\"x\"}",
          "400 invalidValue", "disks" }
    };

    run(device, cases, N(cases));
}


/* membership: {name, operations, expected} */

static void
test_members(void)
{
    int               rc;
    size_t            i;
    scim_resource_t   res;

    static const struct {
        const char  *name;
        const char  *ops;
        const char  *expected;
    } cases[] = {
        { "add", "{\"op\":\"Add\",\"path\":\"members\",\"value\":[{\"$ref\":"
          "null,\"value\":\"8d1c\"},{\"$ref\":null,\"value\":\"77aa\"}]}",
          "+8d1c +77aa" },
        { "add with more to it",
          "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"77aa\","
          "\"display\":\"k\",\"displayName\":\"k\",\"type\":\"User\"}]}",
          "+77aa" },
        { "add a bare string",
          "{\"op\":\"Add\",\"path\":\"members\",\"value\":\"8d1c\"}",
          "+8d1c" },
        { "add an object",
          "{\"op\":\"Add\",\"path\":\"members\",\"value\":{\"value\":\"8d1c\"}"
          "}", "+8d1c" },
        { "add twice",
          "{\"op\":\"Add\",\"path\":\"members\",\"value\":[{\"value\":\"a\"},{"
          "\"value\":\"a\"}]}", "+a" },
        { "add nothing",
          "{\"op\":\"Add\",\"path\":\"members\",\"value\":[]}", "" },
        { "remove listed ones",
          "{\"op\":\"Remove\",\"path\":\"members\",\"value\":[{\"$ref\":null,"
          "\"value\":\"8d1c\"}]}", "-8d1c" },
        { "remove an object",
          "{\"op\":\"Remove\",\"path\":\"members\",\"value\":{\"value\":\"8d1c"
          "\"}}", "-8d1c" },
        { "remove a bare string",
          "{\"op\":\"Remove\",\"path\":\"members\",\"value\":\"8d1c\"}",
          "-8d1c" },
        { "remove by a filter",
          "{\"op\":\"remove\",\"path\":\"members[value eq \\\"8d1c\\\"]\"}",
          "-8d1c" },
        { "remove by a filter on several",
          "{\"op\":\"remove\",\"path\":\"members[value eq \\\"a\\\" or value eq"
          " \\\"b\\\"]\"}", "-a -b" },
        { "remove all", "{\"op\":\"remove\",\"path\":\"members\"}", "clear" },
        { "remove an empty list removes nobody",
          "{\"op\":\"remove\",\"path\":\"members\",\"value\":[]}", "" },
        { "remove with null removes all",
          "{\"op\":\"remove\",\"path\":\"members\",\"value\":null}", "clear" },
        { "remove in the attribute's own name",
          "{\"op\":\"remove\",\"path\":\"members\",\"value\":{\"members\":[{"
          "\"value\":\"a\"}]}}", "-a" },
        { "replace in the attribute's own name, in a list",
          "{\"op\":\"replace\",\"path\":\"members\",\"value\":[{\"members\":["
          "\"a\",\"b\"]}]}", "clear +a +b" },
        { "remove by a filter with apostrophes",
          "{\"op\":\"remove\",\"path\":\"members[value eq 'a']\"}", "-a" },
        { "replace",
          "{\"op\":\"replace\",\"path\":\"members\",\"value\":[{\"value\":\"a\""
          "}]}", "clear +a" },
        { "replace by none",
          "{\"op\":\"replace\",\"path\":\"members\",\"value\":[]}", "clear" },
        { "replace without a path (Okta)",
          "{\"op\":\"replace\",\"value\":{\"members\":[{\"value\":\"77aa\"}]}}",
          "clear +77aa" },
        { "remove and add at once (Okta)",
          "{\"op\":\"remove\",\"path\":\"members[value eq \\\"8d1c\\\"]\"},{"
          "\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"77aa\","
          "\"display\":\"kim.ode@fabrikam.example\"}]}", "-8d1c +77aa" },
        { "add, then remove all, then add",
          "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"a\"}]},"
          "{\"op\":\"remove\",\"path\":\"members\"},{\"op\":\"add\",\"path\":"
          "\"members\",\"value\":[{\"value\":\"b\"}]}", "clear +b" },
        { "add, then remove",
          "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"a\"}]},"
          "{\"op\":\"remove\",\"path\":\"members\",\"value\":[{\"value\":\"a\"}"
          "]}", "-a" },
        { "add by a filter",
          "{\"op\":\"add\",\"path\":\"members[value eq \\\"a\\\"]\",\"value\":{"
          "\"type\":\"User\"}}", "+a" },
        { "replace by a filter",
          "{\"op\":\"replace\",\"path\":\"members[value eq \\\"a\\\"]\","
          "\"value\":{\"value\":\"b\"}}", "-a +b" },
        { "replace by a filter, the id said once",
          "{\"op\":\"replace\",\"path\":\"members[value eq \\\"a\\\"]\","
          "\"value\":{\"type\":\"User\"}}", "+a" },
        { "replace by a filter, by nobody",
          "{\"op\":\"replace\",\"path\":\"members[value eq \\\"a\\\"]\","
          "\"value\":null}", "-a" },
        { "add by a filter, another id",
          "{\"op\":\"add\",\"path\":\"members[value eq \\\"a\\\"]\",\"value\":"
          "\"b\"}", "-a +b" },
        { "remove by another filter those who have just joined",
          "{\"op\":\"add\",\"path\":\"members\",\"value\":[\"u2\",\"x1\","
          "\"y1\"]},{\"op\":\"remove\",\"path\":\"members[value sw \\\"x\\\" "
          "or type eq \\\"User\\\"]\"}", "-u2 -x1 +y1 -u1" },
        { "remove by another filter",
          "{\"op\":\"remove\",\"path\":\"members[type eq \\\"User\\\"]\"}",
          "-u1 -u2" },
        { "and not those that are removed already",
          "{\"op\":\"remove\",\"path\":\"members[value eq \\\"u1\\\"]\"},{"
          "\"op\":\"remove\",\"path\":\"members[type ne \\\"Group\\\"]\"}",
          "-u1 -u2" },
        { "remove by a filter on both",
          "{\"op\":\"remove\",\"path\":\"members[value eq \\\"u2\\\" and type "
          "eq \\\"User\\\"]\"}", "-u2" }
    };

    static const struct {
        const char  *name;
        const char  *ops;
        const char  *failure;
        const char  *words;
    } bad[] = {
        { "a member without an id",
          "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"type\":\"User\"}]"
          "}", "400 invalidValue", "members" },
        { "a member by another name than value",
          "{\"op\":\"replace\",\"path\":\"members\",\"value\":[{\"id\":\"a\"}]"
          "}", "400 invalidValue", "expected an object with \"value\"" },
        { "nobody to be removed",
          "{\"op\":\"remove\",\"path\":\"members\",\"value\":{}}",
          "400 invalidValue", "needs its id" },
        { "a number to be removed",
          "{\"op\":\"remove\",\"path\":\"members\",\"value\":[123]}",
          "400 invalidValue", "members.value" },
        { "a reference to be removed",
          "{\"op\":\"remove\",\"path\":\"members\",\"value\":[{\"$ref\":\"a\"}"
          "]}", "400 invalidValue", "needs its id" },
        { "a list in a list to be removed",
          "{\"op\":\"remove\",\"path\":\"members\",\"value\":[[\"a\"]]}",
          "400 invalidValue", "not an array" },
        { "members by their references",
          "{\"op\":\"remove\",\"path\":\"members[$ref eq \\\"a\\\"]\"}",
          "400 invalidPath", "members are chosen by \"value\"" },
        { "and something else",
          "{\"op\":\"remove\",\"path\":\"members[not (value eq \\\"a\\\" and "
          "$ref pr)]\"}", "400 invalidPath", "members are chosen" },
        { "a member whose id is none",
          "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":1}]}",
          "400 invalidValue", "members.value" },
        { "a sub-attribute of a member",
          "{\"op\":\"replace\",\"path\":\"members[value eq \\\"a\\\"].type\","
          "\"value\":\"User\"}", "400 mutability", "members.type" },
        { "a sub-attribute of all members",
          "{\"op\":\"replace\",\"path\":\"members.value\",\"value\":\"a\"}",
          "400 mutability", "members.value" },
        { "add by a filter on several",
          "{\"op\":\"add\",\"path\":\"members[value eq \\\"a\\\" or value eq "
          "\\\"b\\\"]\",\"value\":{\"type\":\"User\"}}", "400 noTarget",
          "member" },
        { "add by another filter",
          "{\"op\":\"add\",\"path\":\"members[type eq \\\"User\\\"]\",\"value"
          "\":{\"value\":\"a\"}}", "400 noTarget", "member" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();
        prepare(&res, NULL);

        rc = patch(group, cases[i].ops, &res,
                   "[{\"value\":\"u1\",\"type\":\"User\"},"
                   "{\"value\":\"g1\",\"type\":\"Group\"},"
                   "{\"value\":\"u2\",\"type\":\"User\"},{\"type\":\"x\"}]");

        if (!ok(rc == SCIM_OK && res.members_given, "members: %s",
                cases[i].name))
        {
            printf("# %s\n", failure(&err));
        }

        is(membership(&res.members), cases[i].expected, cases[i].name);
    }

    for (i = 0; i < N(bad); i++) {
        fixture_reset();
        prepare(&res, NULL);

        rc = patch(group, bad[i].ops, &res, "[]");
        is_failure(rc, bad[i].failure, bad[i].words, bad[i].name);
    }
}


/* The attributes that a patch must read beforehand. */

static void
test_reads(void)
{
    size_t           i;
    scim_patch_t     p;
    scim_resource_t  res;

    static const struct {
        const char  *ops;
        int          doc;
        int          members;
        int          unknown;
    } cases[] = {
        { "{\"op\":\"add\",\"path\":\"members\",\"value\":\"a\"}", 0, 0, 0 },
        { "{\"op\":\"remove\",\"path\":\"members[value eq \\\"a\\\"]\"}", 0, 0,
          0 },
        { "{\"op\":\"remove\",\"path\":\"members[value eq \\\"a\\\" or value "
          "eq \\\"b\\\"]\"}", 0, 0, 0 },
        { "{\"op\":\"remove\",\"path\":\"members[value eq \\\"a\\\" and type "
          "eq \\\"User\\\"]\"}", 0, 1, 0 },
        { "{\"op\":\"remove\",\"path\":\"members[not (value eq \\\"a\\\")]\"}",
          0, 1, 0 },
        { "{\"op\":\"remove\",\"path\":\"members[value eq null]\"}", 0, 1, 0 },
        { "{\"op\":\"remove\",\"path\":\"members[value sw \\\"a\\\"]\"}", 0, 1,
          0 },
        { "{\"op\":\"replace\",\"value\":{\"id\":\"g1\",\"displayName\":\"x\"}"
          "}", 1, 0, 0 },
        { "{\"op\":\"replace\",\"value\":{\"id\":\"g1\"}}", 0, 0, 0 },
        { "{\"op\":\"add\",\"path\":\"shoeSize\",\"value\":1}", 0, 0, 1 },
        { "{\"op\":\"add\",\"path\":\"externalId\",\"value\":\"1\"},{\"op\":"
          "\"add\",\"value\":{\"members\":\"a\",\"shoe\":1,\"size\":2}}", 1, 0,
          2 }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        ok(scim_patch_parse(&arena.alloc, group,
                            tree(scim_sprintf(&arena.alloc,
                                              "{\"Operations\":[%s]}",
                                              cases[i].ops)), &p, &err)
           == SCIM_OK && p.reads_doc == cases[i].doc
           && p.reads_members == cases[i].members
           && (int) p.unknown.n == cases[i].unknown, "reads: %s", cases[i].ops);
    }

    /* a rename touches no members */

    prepare(&res, "{\"id\":\"g1\",\"displayName\":\"a\"}");
    ok(patch(group, "{\"op\":\"replace\",\"value\":{\"id\":\"g1\","
             "\"displayName\":\"b\",\"externalId\":\"e\"}}", &res, NULL)
       == SCIM_OK && !res.members_given && !res.members.clear
       && res.members.n == 0,
       "a rename is no change of the members");
    is(text(res.doc), "{\"id\":\"g1\",\"externalId\":\"e\",\"displayName\":"
       "\"b\"}", "rename");
}


/* a patch that raced is applied again, to another document */

static void
test_again(void)
{
    cJSON            *body;
    scim_patch_t      p;
    scim_resource_t   res;

    static const char  ops[] =
        "{\"Operations\":[{\"op\":\"add\",\"value\":{\"emails\":["
        EMAIL("a@x", "work") "],\"name\":{\"givenName\":\"G\"},\"manager\":"
        "\"m\"}},{\"op\":\"replace\",\"path\":\"emails[type eq \\\"home\\\"]\","
        "\"value\":{\"value\":\"h@x\"}}]}";

    static const char  expected[] =
        "{\"name\":{\"givenName\":\"G\"},\"emails\":[" EMAIL("a@x", "work") ","
        EMAIL("h@x", "home") "]," ENT ":{\"manager\":{\"value\":\"m\"}}}";

    fixture_reset();

    body = tree(ops);
    is_int(scim_patch_parse(&arena.alloc, user, body, &p, &err), SCIM_OK,
           "parse");

    prepare(&res, "{}");
    scim_patch_apply(&arena.alloc, user, &p, &res, NULL, &err);
    is(text(res.doc), expected, "a patch applied");

    scim_patch_apply(&arena.alloc, user, &p, &res, NULL, &err);
    is(text(res.doc), expected, "once more to the same document");

    prepare(&res, "{\"name\":{\"givenName\":\"H\"},\"emails\":["
            EMAIL("x@x", "home") "]}");
    scim_patch_apply(&arena.alloc, user, &p, &res, NULL, &err);
    is(text(res.doc), "{\"name\":{\"givenName\":\"G\"},\"emails\":["
       EMAIL("h@x", "home") "," EMAIL("a@x", "work") "]," ENT
       ":{\"manager\":{\"value\":\"m\"}}}", "and to another one");

    is(text(body), ops, "the request is as it was");
}


/* long lists of values and of operations */

static char *
repeated(const char *unit, size_t size)
{
    char    *text;
    size_t   i;

    text = scim_calloc(&arena.alloc, size + 1);

    for (i = 0; i + strlen(unit) <= size; i += strlen(unit)) {
        memcpy(text + i, unit, strlen(unit));
    }

    return text;
}


/* a document with so many values */

static char *
many(int n)
{
    int    i;
    char  *doc, *p;

    doc = scim_calloc(&arena.alloc, 32 * n + 32);
    p = doc + sprintf(doc, "{\"emails\":[");

    for (i = 0; i < n; i++) {
        p += sprintf(p, "%s{\"value\":\"%d\"}", i ? "," : "", i);
    }

    strcpy(p, "]}");

    return doc;
}


static void
test_limits(void)
{
    int               i;
    char             *doc, *ops;
    scim_resource_t   res;

    static const char  display[] =
        "{\"op\":\"add\",\"path\":\"emails.display\",\"value\":\"x\"},";

    fixture_reset();

    doc = many(1000);

    prepare(&res, doc);
    is_int(patch(user, "{\"op\":\"add\",\"path\":\"emails\",\"value\":[{"
                 "\"value\":\"7\",\"display\":\"x\"},\"8\"]}", &res, NULL),
           SCIM_OK, "values that are there may be added");
    is_int(cJSON_GetArraySize(res.doc->child), 1000, "and are no more");

    prepare(&res, doc);
    is_failure(patch(user, "{\"op\":\"add\",\"path\":\"emails\",\"value\":"
                     "\"x\"}", &res, NULL), "400 invalidValue",
               "\"emails\" would have more than 1000 values",
               "one more is too many");

    prepare(&res, doc);
    is_failure(patch(user, "{\"op\":\"add\",\"path\":\"emails[value eq "
                     "\\\"x\\\"].display\",\"value\":\"x\"}", &res, NULL),
               "400 invalidValue", "would have more than 1000 values",
               "so it is by a filter");

    ops = scim_calloc(&arena.alloc, sizeof(display) * 5000);

    for (i = 0; i < 5000; i++) {
        memcpy(ops + i * (sizeof(display) - 1), display, sizeof(display));
    }

    ops[strlen(ops) - 1] = '\0';

    prepare(&res, doc);
    is_failure(patch(user, ops, &res, NULL), "400 tooMany", "too many values",
               "many operations on many values");

    prepare(&res, "{\"emails\":[{\"value\":\"a\"},{\"value\":\"b\"}]}");
    is_int(patch(user, ops, &res, NULL), SCIM_OK,
           "as many operations on a few values");
}


/*
 * A given value counts for each value that it is put into, or compared with.
 */

static void
test_given(void)
{
    size_t            i;
    char             *doc, *ops, *text;
    scim_resource_t   res;

    static const struct {
        const char  *before;
        const char  *after;
        int          values;
        const char  *words;       /* NULL: success */
    } cases[] = {
        { "{\"op\":\"replace\",\"path\":\"emails[value pr].display\","
          "\"value\":\"", "\"}", 1000, "too many values" },
        { "{\"op\":\"add\",\"path\":\"emails.display\",\"value\":\"", "\"}",
          1000, "too many values" },
        { "{\"op\":\"remove\",\"path\":\"emails\",\"value\":[{\"value\":\"",
          "\"}]}", 1000, "too many values" },
        { "{\"op\":\"replace\",\"path\":\"emails[value pr].display\","
          "\"value\":\"", "\"}", 3, NULL },
        { "{\"op\":\"add\",\"path\":\"emails\",\"value\":\"", "\"}", 999,
          NULL },
        { "{\"op\":\"remove\",\"path\":\"emails[value eq \\\"\xc3\xa9",
          "\\\"]\"}", 3, "not ASCII" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        doc = many(cases[i].values);
        text = repeated("x", 200000);
        ops = scim_sprintf(&arena.alloc, "%s%s%s", cases[i].before, text,
                           cases[i].after);
        prepare(&res, doc);

        if (cases[i].words == NULL) {
            is_int(patch(user, ops, &res, NULL), SCIM_OK, cases[i].before);

        } else {
            is_failure(patch(user, ops, &res, NULL), "400 tooMany",
                       cases[i].words, cases[i].before);
        }
    }
}


/* parse, apply and print with failing allocations */

static int
exhaust(arena_t *local, void *arg)
{
    int               rc, clean;
    cJSON            *body, *doc;
    size_t            len;
    const char       *ops;
    scim_error_t      e;
    scim_patch_t      p;
    scim_alloc_t     *before;
    scim_resource_t   res;

    static const char  start[] =
        "{\"id\":\"1\",\"name\":{\"givenName\":\"G\"},\"emails\":["
        EMAIL("a@x", "work") ",{\"value\":\"b\xc3\xa4\",\"primary\":true}],"
        ENT ":{\"manager\":{\"value\":\"m\",\"$ref\":\"r\"}}}";

    ops = arg;
    memset(&e, 0, sizeof(e));
    memset(&res, 0, sizeof(res));
    scim_members_init(&res.members, &local->alloc);

    before = scim_json_open(&local->alloc);

    rc = scim_json_parse(&local->alloc, ops, strlen(ops), &body, &e);

    if (rc == SCIM_OK) {
        rc = scim_json_parse(&local->alloc, start, strlen(start), &doc, &e);
    }

    if (rc == SCIM_OK) {
        rc = scim_patch_parse(&local->alloc, user, body, &p, &e);
    }

    if (rc == SCIM_OK) {
        res.doc = doc;
        rc = scim_patch_apply(&local->alloc, user, &p, &res, NULL, &e);
    }

    if (rc == SCIM_OK) {
        rc = scim_resource_finish(&local->alloc, user, doc, "1", &e);
    }

    if (rc == SCIM_OK) {
        clean = !local->failed
                || scim_json_print(&local->alloc, doc, &len) == NULL;

    } else {
        clean = local->failed && e.status == 500 && e.detail[0] == '\0';
    }

    scim_json_close(before);

    if (!clean) {
        printf("# %d %s\n", e.status, e.detail);
    }

    return clean;
}


static int
exhaust_members(arena_t *local, void *arg)
{
    int               rc, clean;
    cJSON            *body, *now;
    const char       *ops, *members;
    scim_error_t      e;
    scim_patch_t      p;
    scim_alloc_t     *before;
    scim_resource_t   res;

    ops = arg;
    members = "[{\"value\":\"a\",\"type\":\"User\"},{\"value\":\"b\"}]";

    memset(&e, 0, sizeof(e));
    memset(&res, 0, sizeof(res));
    scim_members_init(&res.members, &local->alloc);

    before = scim_json_open(&local->alloc);

    rc = scim_json_parse(&local->alloc, ops, strlen(ops), &body, &e);

    if (rc == SCIM_OK) {
        rc = scim_json_parse(&local->alloc, members, strlen(members), &now,
                             &e);
    }

    if (rc == SCIM_OK) {
        rc = scim_patch_parse(&local->alloc, group, body, &p, &e);
    }

    if (rc == SCIM_OK) {
        rc = scim_patch_apply(&local->alloc, group, &p, &res, now, &e);
    }

    clean = (rc == SCIM_OK) ? !local->failed
                            : local->failed && e.status == 500
                              && e.detail[0] == '\0';
    scim_json_close(before);

    return clean;
}


static void
test_exhaust(void)
{
    ok(arena_exhaust(exhaust,
        "{\"Operations\":[{\"op\":\"replace\",\"value\":{\"userName\":\"u\","
        "\"emails[type eq \\\"work\\\"].value\":\"c@x\",\"name.familyName\":"
        "\"F\",\"active\":\"True\",\"manager\":{\"value\":\"n\",\"$ref\":\"s\"}"
        "}},{\"op\":\"add\",\"path\":\"emails\",\"value\":[{\"value\":\"d@x\","
        "\"primary\":true}]},{\"op\":\"add\",\"path\":\"phoneNumbers[type eq "
        "\\\"fax\\\" and primary eq true]\",\"value\":{\"value\":\"1\"}},"
        "{\"op\":\"replace\",\"path\":\"emails[value co \\\"\xc3\x84\\\"]\","
        "\"value\":{\"display\":\"x\"}},{\"op\":\"remove\",\"path\":\"emails\","
        "\"value\":\"c@x\"},{\"op\":\"add\",\"path\":\"emails[value pr]\","
        "\"value\":{\"type\":\"home\"}},{\"op\":\"remove\",\"path\":\"manager["
        "value eq \\\"n\\\"]\"},{\"op\":\"add\",\"path\":\"ims.value\","
        "\"value\":\"i\"},{\"op\":\"remove\",\"path\":\"ims\",\"value\":\"j\"},"
        "{\"op\":\"add\",\"path\":\"manager.value\",\"value\":\"i\"}]}"),
       "out of memory at every allocation of a PATCH");

    ok(arena_exhaust(exhaust_members,
        "{\"Operations\":[{\"op\":\"add\",\"path\":\"members\",\"value\":[{"
        "\"value\":\"1\"},{\"value\":\"2\"},{\"value\":\"3\"},{\"value\":\"4\"}"
        ",{\"value\":\"5\"},{\"value\":\"6\"},{\"value\":\"7\"},{\"value\":\"8"
        "\"},{\"value\":\"9\"}]},{\"op\":\"remove\",\"path\":\"members[type eq "
        "\\\"user\\\"]\"},{\"op\":\"remove\",\"path\":\"members[value eq "
        "\\\"x\\\" or value eq \\\"y\\\"]\"}]}"),
       "out of memory at every allocation of a change of members");
}


/* a multi-valued attribute that is required: its last value stays */

static void
test_required(void)
{
    static const patch_case_t  cases[] = {
        { "remove of the last required value",
          "{\"lamps\":[{\"value\":\"a\"}]}",
          "{\"op\":\"remove\",\"path\":\"lamps[value eq \\\"a\\\"]\"}",
          "400 mutability", "is required" },
        { "remove of another",
          "{\"lamps\":[{\"value\":\"a\"},{\"value\":\"b\"}]}",
          "{\"op\":\"remove\",\"path\":\"lamps[value eq \\\"a\\\"]\"}",
          "{\"lamps\":[{\"value\":\"b\"}]}", NULL },
        { "remove of all of them",
          "{\"lamps\":[{\"value\":\"a\"}]}",
          "{\"op\":\"remove\",\"path\":\"lamps\"}",
          "400 mutability", "is required" }
    };

    (void) scim_json_open(&fixture_config.alloc);
    fixture_add("{\"id\":\"urn:x:Room\",\"attributes\":[{\"name\":\"lamps\","
                "\"type\":\"complex\",\"multiValued\":true,\"required\":true,"
                "\"subAttributes\":[{\"name\":\"value\"}]}]}", 0);
    fixture_add("{\"name\":\"Room\",\"endpoint\":\"/Rooms\",\"schema\":"
                "\"urn:x:Room\"}", 1);

    run(scim_registry_rtype(registry, "Room"), cases, N(cases));
}


int
main(void)
{
    fixture_init();

    test_rfc();
    test_entra();
    test_filters();
    test_errors();
    test_body();
    test_device();
    test_members();
    test_reads();
    test_again();
    test_limits();
    test_given();
    test_required();
    test_exhaust();

    return fixture_done();
}
