/*
 * scim_interop.c, scim_canonical.c
 */

#include "fixture.h"
#include "scim/core/scim.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_canonical.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_filter.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/profile/scim_interop.h"


#define OPS(text)  "{\"Operations\":[" text "]}"


/* expected: the error; NULL: the body as it is then */

static const struct {
    const char  *name;
    const char  *body;
    const char  *expected;
    const char  *words;
} patches[] = {
    { "no path", OPS("{\"op\":\"add\",\"value\":{\"title\":\"x\"}}"),
      "400 invalidSyntax", "operation 0: the interoperability profile of this "
      "server needs a \"path\"" },
    { "the second has none", OPS("{\"op\":\"remove\",\"path\":\"title\"},"
      "{\"op\":\"add\",\"value\":{}}"), "400 invalidSyntax", "operation 1: " },
    { "a path that is no text", OPS("{\"op\":\"add\",\"path\":1}"),
      "400 invalidSyntax", "needs a \"path\"" },
    { "the base schema", OPS("{\"op\":\"add\",\"path\":\"" CORE "User\"}"),
      "400 invalidPath", "not a schema" },
    { "and to remove it", OPS("{\"op\":\"remove\",\"path\":\"" CORE "User\"}"),
      "400 invalidPath", "not a schema" },
    { "an extension", OPS("{\"op\":\"add\",\"path\":\"" ENTERPRISE "\"}"),
      "400 invalidPath", "not a schema" },
    { "and to remove it", OPS("{\"op\":\"remove\",\"path\":\"" ENTERPRISE
      "\"}"), NULL, OPS("{\"op\":\"remove\",\"path\":\"" ENTERPRISE "\"}") },
    { "a password", OPS("{\"op\":\"add\",\"path\":\"password\",\"value\":1}"),
      "400 invalidSyntax", "has no \"password\"" },
    { "another operator", OPS("{\"op\":\"add\",\"path\":"
      "\"emails[value sw \\\"x\\\"].type\",\"value\":\"work\"}"),
      "400 invalidSyntax", "no operators but \"eq\" and \"and\"" },
    { "or", OPS("{\"op\":\"remove\",\"path\":"
      "\"emails[type eq \\\"a\\\" or type eq \\\"b\\\"].value\"}"),
      "400 invalidSyntax", "no operators" },
    { "an element", OPS("{\"op\":\"replace\",\"path\":"
      "\"emails[type eq \\\"work\\\"]\",\"value\":{}}"), "400 invalidPath",
      "sub-attribute behind a filter" },
    { "no array", OPS("{\"op\":\"add\",\"path\":\"emails\",\"value\":{}}"),
      "400 invalidValue", "needs an array as the value of \"emails\"" },
    { "a type that is not canonical", OPS("{\"op\":\"add\",\"path\":\"emails\","
      "\"value\":[{\"type\":\"work\"},{\"type\":\"office\"}]}"),
      "400 invalidValue", "\"emails.type\": \"office\" is none of" },
    { "in a filter", OPS("{\"op\":\"add\",\"path\":\"emails[value eq \\\"x\\\" "
      "and type eq \\\"office\\\"].value\",\"value\":\"x\"}"),
      "400 invalidValue", "\"office\"" },
    { "as the value", OPS("{\"op\":\"replace\",\"path\":\"emails[value eq "
      "\\\"x\\\"].type\",\"value\":\"office\"}"), "400 invalidValue",
      "\"office\"" },
    { "where RFC 7643 has none", OPS("{\"op\":\"add\",\"path\":\"roles\","
      "\"value\":[{\"value\":\"r\",\"type\":\"Other\"}]}"), NULL,
      OPS("{\"op\":\"add\",\"path\":\"roles\",\"value\":[{\"value\":\"r\","
          "\"type\":\"Other\"}]}") },
    { "and another there", OPS("{\"op\":\"add\",\"path\":\"roles\","
      "\"value\":[{\"type\":\"boss\"}]}"), "400 invalidValue", "\"boss\"" },
    { "replace of a complex one", OPS("{\"op\":\"Replace\",\"path\":\"name\","
      "\"value\":{\"givenName\":\"G\",\"FamilyName\":\"F\"}}"), NULL,
      OPS("{\"op\":\"Replace\",\"path\":\"name\",\"value\":{\"givenName\":"
          "\"G\",\"FamilyName\":\"F\",\"formatted\":null,\"middleName\":null,"
          "\"honorificPrefix\":null,\"honorificSuffix\":null}}") },
    { "add to it", OPS("{\"op\":\"add\",\"path\":\"name\",\"value\":"
      "{\"givenName\":\"G\"}}"), NULL, OPS("{\"op\":\"add\",\"path\":\"name\","
      "\"value\":{\"givenName\":\"G\"}}") },
    { "what is readOnly is not cleared", OPS("{\"op\":\"replace\",\"path\":\""
      ENTERPRISE ":manager\",\"value\":{\"value\":\"m\",\"$ref\":\"r\"}}"),
      NULL, OPS("{\"op\":\"replace\",\"path\":\"" ENTERPRISE ":manager\","
      "\"value\":{\"value\":\"m\",\"$ref\":\"r\"}}") },
    { "a name that is not known is left to others",
      OPS("{\"op\":\"add\",\"path\":\"shoeSize\"}"), NULL,
      OPS("{\"op\":\"add\",\"path\":\"shoeSize\"}") },
    { "and no operation", OPS("{\"path\":\"title\"}"), NULL,
      OPS("{\"path\":\"title\"}") },
    { "and no list", "{\"Operations\":{\"a\":1}}", NULL,
      "{\"Operations\":{\"a\":1}}" },
    { "and nothing", "[]", NULL, "[]" }
};


static void
test_patches(void)
{
    int     rc;
    size_t  i;
    cJSON  *body;

    for (i = 0; i < N(patches); i++) {
        fixture_reset();
        body = tree(patches[i].body);
        rc = scim_interop_patch(&arena.alloc, user, body, &err);

        if (patches[i].expected != NULL) {
            is_failure(rc, patches[i].expected, patches[i].words,
                       patches[i].name);
        } else {
            is_int(rc, SCIM_OK, patches[i].name);
            is(text(body), patches[i].words, "the body");
        }
    }
}


static void
test_resources(void)
{
    size_t  i;
    cJSON  *body;

    static const struct {
        const char  *body;
        const char  *expected;
        const char  *words;
    } cases[] = {
        { "{\"schemas\":[\"" CORE "User\",\"" ENTERPRISE "\"]}", "success", "" },
        { "{\"schemas\":[\"urn:x\"]}", "400 invalidSyntax",
          "\"urn:x\" is no schema of \"User\"" },
        { "{\"schemas\":[1],\"emails\":1,\"photos\":[1,{\"type\":2}]}",
          "success", "" },
        { "{\"Password\":null}", "400 invalidSyntax", "has no \"password\"" },
        { "{\"EMAILS\":[{\"TYPE\":\"Home\"}]}", "success", "" },
        { "{\"emails\":{\"type\":\"office\"}}", "400 invalidValue",
          "\"office\"" },
        { "{\"ims\":[{\"type\":\"xmpp\"},{\"type\":\"smoke\"}]}",
          "400 invalidValue", "\"ims.type\"" },
        { "[]", "success", "" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();
        body = tree(cases[i].body);
        is_failure(scim_interop_resource(user, body, &err), cases[i].expected,
                   cases[i].words, cases[i].body);
    }
}


static void
test_filters(void)
{
    size_t          i;
    scim_filter_t  *filter;

    static const struct {
        const char  *text;
        int          rc;
    } cases[] = {
        { "userName eq \"a\"", SCIM_OK },
        { "userName eq \"a\" and active eq true", SCIM_OK },
        { "emails[type eq \"work\" and value eq \"a\"]", SCIM_OK },
        { "title eq null", SCIM_OK },
        { "userName ne \"a\"", SCIM_ERROR },
        { "title pr", SCIM_ERROR },
        { "userName eq \"a\" or userName eq \"b\"", SCIM_ERROR },
        { "not (userName eq \"a\")", SCIM_ERROR },
        { "userName eq \"a\" and title co \"b\"", SCIM_ERROR },
        { "emails[type sw \"w\"]", SCIM_ERROR }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();
        is_int(scim_filter_parse(&arena.alloc, user, cases[i].text, &filter,
                                 &err), SCIM_OK, "a filter");
        is_int(scim_interop_filter(filter, &err), cases[i].rc, cases[i].text);
    }
}


static void
test_schemas(void)
{
    cJSON       *json;
    const char  *shown;

    static const char  *values[] = { "admin", "viewer" };

    fixture_reset();
    shown = text(scim_interop_schema(user->schema));
    ok(strstr(shown, "\"password\"") == NULL, "no password");
    ok(strstr(shown, "\"userName\"") != NULL && strstr(shown, "\"emails\"")
       && strstr(shown, "\"x509Certificates\""), "all else");
    ok(strstr(text(user->schema->json), "\"password\"") != NULL,
       "the schema itself has it still");

    shown = text(scim_interop_schema(scim_registry_schema(registry, RACK)));
    ok(strstr(shown, "\"canonicalValues\":[\"work\",\"home\",\"other\"]")
       != NULL, "a type without canonical values has some");

    (void) scim_json_open(&fixture_config.alloc);
    is_int(scim_canonical_set(registry, "User", "roles", values, 2, &err),
           SCIM_OK, "canonical values are set");
    is_failure(scim_canonical_set(registry, "User", "active", values, 2, &err),
               "400 invalidValue", "cannot be given canonical values",
               "not of a boolean");
    is_failure(scim_canonical_set(registry, "Robot", "x", values, 2, &err),
               "400 invalidValue", "no resource type", "nor of no type");
    is_failure(scim_canonical_set(registry, "User", "x", values, 2, &err),
               "400 invalidValue", "has no attribute", "nor of no attribute");

    fixture_reset();
    json = (cJSON *) scim_canonical_values(scim_attr_sub(
               scim_rtype_attr(user, "roles", 5), "value", 5));
    is(text(json), "[\"admin\",\"viewer\"]", "and are found");
    ok(scim_canonical_values(scim_rtype_attr(user, "title", 5)) == NULL,
       "others have none");
}


/* each allocation fails once: an error, or what there would be with it */

static void
test_memory(void)
{
    int      rc, done;
    long     left;
    size_t   i;
    cJSON   *body;
    arena_t  local;

    for (i = 0; i < N(patches); i++) {
        done = 0;

        for (left = 0; !done && left < 200; left++) {
            fixture_reset();
            body = tree(patches[i].body);

            arena_init_failing(&local, left);
            (void) scim_json_open(&local.alloc);
            rc = scim_interop_patch(&local.alloc, user, body, &err);
            done = !local.failed;

            if (local.failed && (rc != SCIM_ERROR || err.status != 500)) {
                ok(0, "memory runs out after %ld: %s", left, patches[i].name);
                done = 1;
            }

            (void) scim_json_open(&arena.alloc);
            arena_free(&local);
        }

        ok(done, "memory runs out: %s", patches[i].name);
    }
}


int
main(void)
{
    fixture_init();

    test_patches();
    test_resources();
    test_filters();
    test_memory();
    test_schemas();

    return fixture_done();
}
