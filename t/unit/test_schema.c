/*
 * scim_schema.c
 */

#include "fixture.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/schema/scim_registry.h"
#include "scim/schema/scim_schema.h"
#include "scim/schema/scim_schema_read.h"


#define X  "urn:example:x"


static void
test_lookup(void)
{
    size_t              i;
    const char         *path;
    const scim_attr_t  *attr;

    static const struct {
        const char  *name;
        const char  *path;        /* NULL: there is none */
    } cases[] = {
        { "userName", "userName" },
        { "USERNAME", "userName" },
        { "id", "id" },
        { "meta", "meta" },
        { "department", ENTERPRISE ":department" },
        { "manager", ENTERPRISE ":manager" },
        { "userNam", NULL },
        { "userNames", NULL },
        { "members", NULL },
        { "", NULL }
    };

    for (i = 0; i < N(cases); i++) {
        attr = scim_rtype_attr(user, cases[i].name, strlen(cases[i].name));
        path = attr ? scim_attr_path(&arena.alloc, user, attr) : NULL;
        is(path, cases[i].path, cases[i].name);
    }

    attr = scim_rtype_attr(user, "emails", 6);
    is(scim_attr_path(&arena.alloc, user, scim_attr_sub(attr, "Value", 5)),
       "emails.value", "the path of a sub-attribute");
    ok(scim_attr_sub(attr, "valu", 4) == NULL
       && scim_attr_sub(scim_rtype_attr(user, "title", 5), "value", 5) == NULL,
       "sub-attributes that there are not");

    attr = scim_rtype_attr(user, "manager", 7);
    is(scim_attr_path(&arena.alloc, user, attr->value),
       ENTERPRISE ":manager.value", "the path of an extension's");

    ok(scim_registry_endpoint(registry, "/Users", 6) == user
       && scim_registry_endpoint(registry, "Users", 5) == user
       && scim_registry_endpoint(registry, "UsersX", 5) == user, "/Users");
    ok(scim_registry_endpoint(registry, "users", 5) == NULL
       && scim_registry_endpoint(registry, "Use", 3) == NULL
       && scim_registry_endpoint(registry, "/", 1) == NULL
       && scim_registry_endpoint(registry, "", 0) == NULL, "and no others");

    ok(scim_registry_rtype(registry, "user") == NULL, "types by their id");

    ok(scim_registry_schema(registry, "URN:IETF:params:scim:schemas:core:2.0:"
                            "user") == user->schema
       && scim_registry_schema(registry, X) == NULL, "schemas by URN");

    ok(scim_rtype_schema(user, CORE "User", strlen(CORE "User"))
       == user->schema
       && scim_rtype_schema(user, ENTERPRISE, strlen(ENTERPRISE))
          == user->extensions[0].schema
       && scim_rtype_schema(user, CORE "Group", strlen(CORE "Group")) == NULL,
       "schemas of a type");

    ok(!scim_rtype_is_extension(user, user->schema)
       && !scim_rtype_is_extension(user, user->common)
       && scim_rtype_is_extension(user, user->extensions[0].schema),
       "what is an extension");
}


/* RFC 7643, section 8.7.1, where much depends on it */

static void
test_characteristics(void)
{
    size_t              i;
    const scim_attr_t  *attr, *sub;

    static const struct {
        const char         *type;
        const char         *name;
        const char         *sub;
        scim_data_type_e    data;
        scim_mutability_e   mutability;
        scim_returned_e     returned;
        scim_uniqueness_e   uniqueness;
        int                 multi;
        int                 required;
    } cases[] = {
        { "User", "id", NULL, SCIM_STRING, SCIM_READ_ONLY,
          SCIM_RETURNED_ALWAYS, SCIM_UNIQUE_SERVER, 0, 0 },
        { "User", "userName", NULL, SCIM_STRING, SCIM_READ_WRITE,
          SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_SERVER, 0, 1 },
        { "User", "password", NULL, SCIM_STRING, SCIM_WRITE_ONLY,
          SCIM_RETURNED_NEVER, SCIM_UNIQUE_NONE, 0, 0 },
        { "User", "active", NULL, SCIM_BOOLEAN, SCIM_READ_WRITE,
          SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, 0, 0 },
        { "User", "name", NULL, SCIM_COMPLEX, SCIM_READ_WRITE,
          SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, 0, 0 },
        { "User", "emails", NULL, SCIM_COMPLEX, SCIM_READ_WRITE,
          SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, 1, 0 },
        { "User", "emails", "primary", SCIM_BOOLEAN, SCIM_READ_WRITE,
          SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, 0, 0 },
        { "User", "groups", NULL, SCIM_COMPLEX, SCIM_READ_ONLY,
          SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, 1, 0 },
        { "User", "x509Certificates", "value", SCIM_BINARY, SCIM_READ_WRITE,
          SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, 0, 0 },
        { "User", "profileUrl", NULL, SCIM_REFERENCE, SCIM_READ_WRITE,
          SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, 0, 0 },
        { "User", "meta", "created", SCIM_DATETIME, SCIM_READ_ONLY,
          SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, 0, 0 },
        { "User", "manager", "displayName", SCIM_STRING, SCIM_READ_ONLY,
          SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, 0, 0 },
        { "Group", "displayName", NULL, SCIM_STRING, SCIM_READ_WRITE,
          SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_SERVER, 0, 1 },
        { "Group", "members", NULL, SCIM_COMPLEX, SCIM_READ_WRITE,
          SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, 1, 0 },
        { "Group", "members", "value", SCIM_STRING, SCIM_IMMUTABLE,
          SCIM_RETURNED_DEFAULT, SCIM_UNIQUE_NONE, 0, 0 }
    };

    for (i = 0; i < N(cases); i++) {
        attr = scim_rtype_attr(scim_registry_rtype(registry, cases[i].type),
                               cases[i].name, strlen(cases[i].name));
        sub = cases[i].sub ? scim_attr_sub(attr, cases[i].sub,
                                           strlen(cases[i].sub)) : attr;

        ok(sub != NULL && sub->type == cases[i].data
           && sub->mutability == cases[i].mutability
           && sub->returned == cases[i].returned
           && sub->uniqueness == cases[i].uniqueness
           && sub->multi_valued == cases[i].multi
           && sub->required == cases[i].required, "%s %s %s", cases[i].type,
           cases[i].name, cases[i].sub ? cases[i].sub : "");
    }

    attr = scim_rtype_attr(user, "emails", 6);
    ok(attr->value == scim_attr_sub(attr, "value", 5)
       && attr->primary == scim_attr_sub(attr, "primary", 7)
       && attr->kind == scim_attr_sub(attr, "type", 4), "parts of a value");

    ok(scim_rtype_attr(user, "externalId", 10)->case_exact
       && !scim_rtype_attr(user, "userName", 8)->case_exact
       && scim_rtype_attr(device, "firmware", 8)->case_exact, "caseExact");
    ok(scim_attr_sub(scim_rtype_attr(device, "owner", 5), "$ref", 4)
           ->case_exact
       && !scim_rtype_attr(device, "schemas", 7)->case_exact,
       "a reference is caseExact (RFC 7643, 2.3.7) unless the schema says no");

    ok(user->members == NULL && user->groups != NULL && group->members != NULL
       && group->groups == NULL, "roles");
    ok(!user->hidden && !group->hidden && device->hidden,
       "types that hide something that they store");
    is(user->key, "user", "the name in keys");
}


static int
add(const char *json, int rtype)
{
    cJSON  *item;

    item = tree(json);

    return rtype ? scim_registry_add_rtype(registry, &arena.alloc, item, &err)
                 : scim_registry_add_schema(registry, &arena.alloc, item,
                                            &err);
}


#define TEN(text)      text text text text text text text text text text
#define SCHEMA(attrs)  "{\"id\":\"" X "\",\"attributes\":" attrs "}"
#define ATTR(text)     SCHEMA("[{\"name\":\"a\"," text "}]")
#define RTYPE(more)    "{\"name\":\"X\",\"endpoint\":\"/Xs\"," more "}"
#define TYPE(id, endpoint)                                                    \
    "{\"name\":\"" id "\",\"endpoint\":\"" endpoint "\","                     \
    "\"schema\":\"" DEVICE "\"}"
#define EXTENDED(list)                                                        \
    RTYPE("\"schema\":\"" DEVICE "\",\"schemaExtensions\":" list)


static void
test_bad_schemas(void)
{
    size_t  i;

    static const struct {
        const char  *json;
        const char  *words;
    } cases[] = {
        { "[]", "needs an \"id\"" },
        { "{}", "needs an \"id\"" },
        { "{\"id\":\"\"}", "needs an \"id\"" },
        { "{\"id\":1}", "needs an \"id\"" },
        { "{\"id\":\"nameless\"}", "needs an \"id\"" },
        { "{\"id\":\"urn:" TEN(TEN("abcdef")) "\"}", "at most 512" },
        { "{\"id\":\"urn:a b\"}", "needs an \"id\"" },
        { "{\"id\":\"urn:a[b\"}", "needs an \"id\"" },
        { "{\"id\":\"urn:a,b\"}", "needs an \"id\"" },
        { "{\"id\":\"urn:\xc3\xa9\"}", "needs an \"id\"" },
        { "{\"id\":\"" CORE "common\"}", "is defined twice" },
        { "{\"id\":\"" CORE "user\"}", "is defined twice" },
        { "{\"id\":\"" X "\"}", "schema \"" X "\": \"attributes\" must be" },
        { SCHEMA("[]"), "\"attributes\" must be" },
        { SCHEMA("{}"), "\"attributes\" must be" },
        { SCHEMA("[1]"), "needs a \"name\"" },
        { SCHEMA("[{}]"), "needs a \"name\"" },
        { SCHEMA("[{\"name\":\"\"}]"), "needs a \"name\"" },
        { SCHEMA("[{\"name\":\"a.b\"}]"), "needs a \"name\"" },
        { SCHEMA("[{\"name\":\"a b\"}]"), "needs a \"name\"" },
        { SCHEMA("[{\"name\":\"" TEN("abcdefghijklm") "\"}]"), "at most 128" },
        { SCHEMA("[{\"name\":\"a)\"}]"), "needs a \"name\"" },
        { SCHEMA("[{\"name\":\"a,b\"}]"), "needs a \"name\"" },
        { SCHEMA("[{\"name\":\"a\xc3\xa9\"}]"), "needs a \"name\"" },
        { SCHEMA("[{\"name\":\"a\"},{\"name\":\"A\"}]"),
          "attribute \"A\" is defined twice" },
        { ATTR("\"type\":\"text\""),
          "attribute \"a\": \"type\" has the unknown value \"text\"" },
        { ATTR("\"type\":1"), "\"type\" has the unknown value" },
        { ATTR("\"mutability\":\"never\""), "\"mutability\" has" },
        { ATTR("\"returned\":\"maybe\""), "\"returned\" has" },
        { ATTR("\"uniqueness\":\"yes\""), "\"uniqueness\" has" },
        { ATTR("\"multiValued\":\"true\""), "\"multiValued\" must be true" },
        { ATTR("\"required\":1"), "\"required\" must be true" },
        { ATTR("\"caseExact\":null"), "\"caseExact\" must be true" },
        { ATTR("\"type\":\"complex\""),
          "attribute \"a\": \"subAttributes\" must be" },
        { ATTR("\"type\":\"complex\",\"subAttributes\":[{\"name\":\"b\","
               "\"type\":\"complex\"}]"),
          "attribute \"a\": attribute \"b\": a sub-attribute cannot be" },
        { ATTR("\"type\":\"complex\",\"subAttributes\":[{\"name\":\"b\"},{"
               "\"name\":\"b\"}]"), "attribute \"b\" is defined twice" }
    };

    static const struct {
        const char  *json;
        const char  *words;
    } types[] = {
        { "{}", "needs \"name\"" },
        { RTYPE("\"x\":1"), "needs \"name\"" },
        { "{\"endpoint\":\"/Xs\",\"schema\":\"" X "\"}", "needs \"name\"" },
        { TYPE("X", "Xs"), "\"X\" needs an \"endpoint\"" },
        { TYPE("X", "/"), "needs an \"endpoint\"" },
        { TYPE("X", "/X/s"), "needs an \"endpoint\"" },
        { TYPE("X", "/X s"), "needs an \"endpoint\"" },
        { TYPE("X", "/.search"), "needs an \"endpoint\"" },
        { TYPE("X", "/Schemas"), "\"/Schemas\" is taken" },
        { TYPE("X", "/Bulk"), "\"/Bulk\" is taken" },
        { TYPE("X", "/Users"), "\"/Users\" is taken" },
        { TYPE("X:y", "/Xs"), "letters and digits" },
        { TYPE("", "/Xs"), "letters and digits" },
        { TYPE(TEN("abcdefghijklm"), "/Xs"), "at most 128" },
        { TYPE("change", "/Xs"), "cannot be called \"change\"" },
        { TYPE("Token", "/Xs"), "cannot be called \"Token\"" },
        { TYPE("User", "/Xs"), "\"User\" is defined twice" },
        { TYPE("uSER", "/Xs"), "\"uSER\" is defined twice" },
        { RTYPE("\"schema\":\"" X "\""), "no schema \"" X "\"" },
        { RTYPE("\"schema\":\"" CORE "Group\""),
          "only \"Group\" can have the schema" },
        { EXTENDED("[{\"schema\":\"" X "\"}]"),
          "no extension schema \"" X "\"" },
        { EXTENDED("[{}]"), "no extension schema" },
        { EXTENDED("{\"schema\":\"" RACK "\"}"), "must be an array" },
        { EXTENDED("[{\"schema\":\"" DEVICE "\"}]"),
          "\"" DEVICE "\" cannot be an extension" },
        { EXTENDED("[{\"schema\":\"" RACK "\"},{\"schema\":\"" RACK "\"}]"),
          "\"" RACK "\" cannot be an extension" },
        { EXTENDED("[{\"schema\":\"" CORE "Group\"}]"),
          "\"" CORE "Group\" cannot be an extension" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();
        is_failure(add(cases[i].json, 0), "400 invalidValue", cases[i].words,
                   cases[i].json);
    }

    for (i = 0; i < N(types); i++) {
        fixture_reset();
        is_failure(add(types[i].json, 1), "400 invalidValue", types[i].words,
                   types[i].json);
    }
}


static void
test_good_schemas(void)
{
    const scim_attr_t   *attr;
    const scim_rtype_t  *rt;

    fixture_reset();

    is_int(add(SCHEMA("[{\"name\":\"a\",\"type\":\"complex\",\"subAttributes\":"
                      "[{\"name\":\"primary\"},{\"name\":\"b\",\"returned\":"
                      "\"never\"}]}]"), 0), SCIM_OK, "a schema without a name");
    is(registry->schemas[registry->nschemas - 1]->name, X,
       "is named by its URN");

    is_int(add(RTYPE("\"id\":\"Ex\",\"schema\":\"" X "\""), 1), SCIM_OK,
           "a type without extensions");

    rt = scim_registry_rtype(registry, "Ex");
    ok(rt != NULL && rt->nextensions == 0 && strcmp(rt->key, "ex") == 0
       && rt->hidden, "is there");

    attr = rt ? scim_rtype_attr(rt, "a", 1) : NULL;
    ok(attr != NULL && attr->primary == NULL && attr->value == NULL,
       "\"primary\" is special only where it is a boolean");
}


/* Attributes that every resource has cannot be defined again for one type. */

static void
test_common_names(void)
{
    is_int(add("{\"id\":\"" X ":c\",\"attributes\":[{\"name\":\"a\"},{"
               "\"name\":\"Meta\"}]}", 0), SCIM_OK, "a schema with \"meta\"");
    is_failure(add("{\"name\":\"Y\",\"endpoint\":\"/Ys\",\"schema\":\"" X
                   ":c\"}", 1), "400 invalidValue",
               "defines \"meta\", which every resource has",
               "is none for a type");
}


/* a schema of its own, made an extension of a type */

static void
test_extend(void)
{
    cJSON              *json;
    arena_t             local;
    scim_registry_t    *reg;
    const scim_rtype_t *rt;

    static const char  *texts[] = {
        "{\"id\":\"" X ":User\",\"attributes\":[{\"name\":\"a\",\"returned\":"
            "\"request\"}]}",
        "{\"id\":\"" X ":Thing\",\"attributes\":[{\"name\":\"b\"}]}",
        "{\"id\":\"" X ":User:a\",\"attributes\":[{\"name\":\"c\"}]}",
        "{\"id\":\"" CORE "Group:members.value\",\"attributes\":[{\"name\":"
            "\"d\"}]}",
        "{\"id\":\"" CORE "Group:mail\",\"attributes\":[{\"name\":\"e\"}]}"
    };

    fixture_reset();
    arena_init(&local);
    (void) scim_json_open(&local.alloc);

    reg = scim_registry_create(&local.alloc, &err);
    rt = scim_registry_rtype(reg, "User");

    json = cJSON_Parse(texts[0]);
    scim_registry_add_schema(reg, &local.alloc, json, &err);
    ok(!rt->hidden
       && scim_registry_extend(reg, &local.alloc, NULL, &err) == SCIM_OK
       && scim_rtype_attr(rt, "a", 1) != NULL && rt->nextensions == 2,
       "an extension of the type that its URN names");
    ok(rt->hidden, "which now hides something");
    is(text(cJSON_GetObjectItem(rt->json, "schemaExtensions")->child->next),
       "{\"schema\":\"" X ":User\",\"required\":false}", "and says so");

    json = cJSON_Parse(texts[1]);
    scim_registry_add_schema(reg, &local.alloc, json, &err);
    ok(scim_registry_extend(reg, &local.alloc, NULL, &err) == SCIM_OK
       && rt->nextensions == 2, "a URN that names no type is left");
    is_failure(scim_registry_extend(reg, &local.alloc, "Things", &err),
               "400 invalidValue", "no resource type \"Things\"",
               "a type that there is not");
    ok(scim_registry_extend(reg, &local.alloc, "Group", &err) == SCIM_OK
       && scim_rtype_attr(scim_registry_rtype(reg, "Group"), "b", 1) != NULL,
       "an extension of another type");

    json = cJSON_Parse(texts[2]);
    scim_registry_add_schema(reg, &local.alloc, json, &err);
    is_failure(scim_registry_extend(reg, &local.alloc, "User", &err),
               "400 invalidValue", "cannot be told apart",
               "a URN that is the path of an attribute of an extension");

    json = cJSON_Parse(texts[3]);
    scim_registry_add_schema(reg, &local.alloc, json, &err);
    is_failure(scim_registry_extend(reg, &local.alloc, "Group", &err),
               "400 invalidValue", "cannot be told apart",
               "a URN that is the path of a sub-attribute of the schema");

    json = cJSON_Parse(texts[4]);
    scim_registry_add_schema(reg, &local.alloc, json, &err);
    is_int(scim_registry_extend(reg, &local.alloc, "Group", &err), SCIM_OK,
           "but not one that only begins like that");

    (void) scim_json_open(&arena.alloc);
    arena_free(&local);
}


static int
exhaust(arena_t *local, void *arg)
{
    cJSON             *json;
    scim_error_t       e;
    scim_alloc_t      *before;
    scim_registry_t   *reg;
    const char       **texts = arg;

    before = scim_json_open(&local->alloc);

    reg = scim_registry_create(&local->alloc, &e);

    if (reg != NULL) {
        if (scim_json_parse(&local->alloc, texts[0], strlen(texts[0]), &json,
                            &e) != SCIM_OK
            || scim_registry_add_schema(reg, &local->alloc, json, &e)
               != SCIM_OK
            || scim_json_parse(&local->alloc, texts[1], strlen(texts[1]),
                               &json, &e) != SCIM_OK
            || scim_registry_add_rtype(reg, &local->alloc, json, &e)
               != SCIM_OK
            || scim_registry_extend(reg, &local->alloc, "Group", &e)
               != SCIM_OK)
        {
            reg = NULL;
        }
    }

    scim_json_close(before);

    return (reg == NULL) == local->failed && (reg != NULL || e.status == 500);
}


int
main(void)
{
    static const char  *texts[] = {
        SCHEMA("[{\"name\":\"a\"}]"),
        RTYPE("\"schema\":\"" X "\",\"schemaExtensions\":[{\"schema\":\""
              ENTERPRISE "\"}]")
    };

    fixture_init();

    test_lookup();
    test_characteristics();
    test_bad_schemas();
    test_good_schemas();
    test_common_names();
    test_extend();

    ok(arena_exhaust(exhaust, texts), "out of memory at every allocation");

    return fixture_done();
}
