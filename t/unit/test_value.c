/*
 * scim_value.c
 */

#include "fixture.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_document.h"
#include "scim/resource/scim_value.h"
#include "scim/resource/scim_values.h"


static const scim_attr_t *
attribute(const scim_rtype_t *rt, const char *name)
{
    size_t              len;
    const scim_attr_t  *attr;

    len = strcspn(name, ".");
    attr = scim_rtype_attr(rt, name, len);

    return name[len] ? scim_attr_sub(attr, name + len + 1,
                                     strlen(name + len + 1)) : attr;
}


/* the type that has an attribute of that name */

static const scim_rtype_t *
type_of(const char *name)
{
    size_t  len;

    len = strcspn(name, ".");

    return scim_rtype_attr(user, name, len) ? user
           : scim_rtype_attr(device, name, len) ? device : group;
}


static int
normalize(scim_alloc_t *a, const scim_rtype_t *rt, const char *name, cJSON *in,
    cJSON **out, scim_error_t *error)
{
    scim_reader_t  r;

    r = (scim_reader_t) { a, rt, { 0, NULL }, error };

    return scim_value_normalize(&r, attribute(rt, name), in, out);
}


/* Values as clients send them, and the result. */

static void
test_normalize(void)
{
    int                  rc;
    cJSON               *in, *out;
    size_t               i;
    const scim_rtype_t  *rt;

    static const struct {
        const char  *name;        /* of an attribute of a user, or a device */
        const char  *in;
        const char  *out;         /* NULL: unassigned */
    } cases[] = {
        /* strings */
        { "title", "\"T\"", "\"T\"" },
        { "title", "\" \"", "\" \"" },
        { "title", "[\"T\"]", "\"T\"" },
        { "title", "{\"value\":\"T\"}", "\"T\"" },
        { "title", "[{\"Value\":\"T\"}]", "\"T\"" },
        { "profileUrl", "\"no url\"", "\"no url\"" },

        /* unassigned, RFC 7643, section 2.5 */
        { "title", "null", NULL },
        { "title", "\"\"", NULL },
        { "title", "[]", NULL },
        { "title", "[null]", NULL },
        { "title", "7", "\"7\"" },
        { "title", "-1.50e3", "\"-1500\"" },
        { "title", "12345678901234567890123", "\"12345678901234567890123\"" },
        { "title", "{\"title\":\"T\"}", "\"T\"" },
        { "title", "[{\"TITLE\":[\"T\"]}]", "\"T\"" },
        { "title", "{\"value\":null}", NULL },
        { "emails", "[]", NULL },
        { "emails", "[{}]", NULL },
        { "emails", "[null,\"\"]", NULL },
        { "emails", "[{\"value\":\"\",\"type\":\"work\"}]", NULL },
        { "emails", "[{\"value\":null,\"type\":\"work\"},{\"value\":\"a\"}]",
          "[{\"value\":\"a\"}]" },
        { "emails", "{\"emails\":[\"a\"]}", "[{\"value\":\"a\"}]" },
        { "emails", "[{\"Emails\":\"a\"}]", "[{\"value\":\"a\"}]" },
        { "emails", "{\"emails\":[]}", NULL },
        { "emails", "[{\"value\":7,\"nonsense\":1}]", "[{\"value\":\"7\"}]" },
        { "manager", "{\"manager\":{\"value\":\"m\"}}", "{\"value\":\"m\"}" },
        { "name", "{\"givenName\":\"\",\"familyName\":null}", NULL },
        { "name", "{\"nonsense\":1}", NULL },
        { "manager", "\"\"", NULL },
        { "manager", "{\"value\":\"\"}", NULL },
        { "manager", "{\"displayName\":\"D\"}", NULL },
        { "password", "\"secret\"", NULL },

        /* booleans */
        { "active", "true", "true" },
        { "active", "false", "false" },
        { "active", "\"True\"", "true" },
        { "active", "\"FALSE\"", "false" },
        { "active", "[false]", "false" },

        /* numbers */
        { "weight", "1.5", "1.5" },
        { "weight", "\"1.5\"", "1.5" },
        { "weight", "\"-1.5e2\"", "-150" },
        { "weight", "12345678901234567890.5", "12345678901234567890.5" },
        { "weight", "1e400", "1e400" },
        { "ports", "48", "48" },
        { "ports", "48.0", "48" },
        { "ports", "4.8e1", "48" },
        { "ports", "\"+48\"", "48" },
        { "ports", "\"-0\"", "0" },
        { "ports", "12345678901234567890", "12345678901234567890" },
        { "ports", "\"12345678901234567890\"", "12345678901234567890" },

        /* other simple types */
        { "born", "\"2026-01-31T08:00:00Z\"", "\"2026-01-31T08:00:00Z\"" },
        { "firmware", "\"AAEC\"", "\"AAEC\"" },

        /* complex ones: the order and the spelling of the schema */
        { "name", "{\"GIVENNAME\":\"G\",\"familyName\":\"F\",\"x\":1}",
          "{\"familyName\":\"F\",\"givenName\":\"G\"}" },
        { "name", "[{\"givenName\":\"G\"}]", "{\"givenName\":\"G\"}" },
        { "manager", "\"8d1c\"", "{\"value\":\"8d1c\"}" },
        { "manager", "[{\"$ref\":\"r\",\"value\":\"8d1c\",\"displayName\":"
          "\"D\"}]", "{\"value\":\"8d1c\",\"$ref\":\"r\"}" },
        { "emails", "\"a@x\"", "[{\"value\":\"a@x\"}]" },
        { "emails", "{\"value\":\"a@x\"}", "[{\"value\":\"a@x\"}]" },
        { "emails", "[{\"Primary\":\"True\",\"TYPE\":\"work\",\"value\":\"a\"}"
          "]", "[{\"value\":\"a\",\"type\":\"work\",\"primary\":true}]" },
        { "emails", "[\"a\",\"b\"]", "[{\"value\":\"a\"},{\"value\":\"b\"}]" },

        /* the same value and type are merged, RFC 7643, section 2.4 */
        { "emails", "[{\"value\":\"a\",\"type\":\"work\",\"display\":\"A\"},{"
          "\"type\":\"work\",\"value\":\"a\"},{\"value\":\"a\"},{\"value\":\"a"
          "\",\"type\":\"home\"}]",
          "[{\"value\":\"a\",\"display\":\"A\",\"type\":\"work\"},{\"value\":"
          "\"a\"},{\"value\":\"a\",\"type\":\"home\"}]" },
        { "addresses", "[{\"locality\":\"L\",\"type\":\"t\"},{\"type\":\"t\","
          "\"locality\":\"L\"},{\"locality\":\"M\",\"type\":\"t\"}]",
          "[{\"locality\":\"L\",\"type\":\"t\"},{\"locality\":\"M\",\"type\":"
          "\"t\"}]" },
        { "tags", "[\"a\",\"b\",\"a\"]", "[\"a\",\"b\"]" },
        { "tags", "\"a\"", "[\"a\"]" },
        { "limits", "[0,-0,1.0,1,\"1\",12345678901234567890,"
          "12345678901234567890]", "[0,1,12345678901234567890]" },
        { "disks", "[{\"slot\":1,\"hot\":true},{\"hot\":true,\"slot\":1.0},{"
          "\"slot\":1,\"hot\":false}]",
          "[{\"slot\":1,\"hot\":true},{\"slot\":1,\"hot\":false}]" }
    };

    static const struct {
        const char  *name;
        const char  *in;
        const char  *words;
    } bad[] = {
        { "title", "true", "\"title\": expected a string, not a boolean" },
        { "title", "[\"a\",\"b\"]", "\"title\": expected a string, not an "
          "array" },
        { "title", "{\"a\":1}", "\"title\": expected a string, not an object" },
        { "title", "{\"value\":[1]}", "\"title\": expected a string, not an "
          "array" },
        { "active", "\"yes\"", "\"active\": expected true or false, not "
          "\"yes\"" },
        { "active", "1", "\"active\": expected true or false, not a number" },
        { "weight", "\"heavy\"", "\"weight\": expected a number, not "
          "\"heavy\"" },
        { "weight", "true", "\"weight\"" },
        { "weight", "\"1.\"", "\"weight\"" },
        { "ports", "1.5", "\"ports\": expected an integer" },
        { "ports", "1e300000", "\"ports\": expected an integer, not "
          "\"1e300000\"" },
        { "ports", "\"1.0\"", "\"ports\"" },
        { "ports", "\"007\"", "\"ports\"" },
        { "born", "\"yesterday\"", "\"born\": expected a dateTime" },
        { "born", "1", "\"born\"" },
        { "firmware", "\"?\"", "\"firmware\": expected base64" },
        { "name", "\"Kim\"", "\"name\": expected an object, not \"Kim\"" },
        { "name", "{\"givenName\":true}", "\"name.givenName\"" },
        { "manager", "[\"a\",\"b\"]", "\"" ENTERPRISE ":manager\"" },
        { "manager", "{\"value\":true}", "\"" ENTERPRISE ":manager.value\"" },
        { "emails", "true", "\"emails.value\"" },
        { "emails", "[[1]]", "\"emails\": expected an object, not an array" },
        { "emails", "[{\"nonsense\":1}]", "\"emails\": expected an object with "
          "\"value\", \"display\", \"type\", \"primary\", not with \"nonsense\"" },
        { "emails", "{\"nonsense\":null}", "not with \"nonsense\"" },
        { "emails", "[\"a\",{\"x\":1}]", "not with \"x\"" },
        { "manager", "{\"id\":\"m\"}", "with \"value\", \"$ref\", not with" },
        { "title", "{}", "\"title\": expected a string, not an object" },
        { "title", "{\"x\":null}", "expected a string, not an object" },
        { "title", "[\"\",null]", "expected a string, not an array" },
        { "title", "true", "expected a string, not a boolean" },
        { "born", "7", "expected a dateTime" },
        { "members", "[{}]", "a member needs its id as \"value\"" },
        { "members", "[null]", "a member needs its id as \"value\"" },
        { "members", "\"\"", "a member needs its id as \"value\"" },
        { "members", "{}", "a member needs its id as \"value\"" },
        { "members", "[{\"$ref\":\"r\"}]", "a member needs its id" },
        { "members", "[{\"value\":null}]", "a member needs its id" },
        { "members", "[7]", "\"members.value\": expected a string" },
        { "members", "[{\"id\":\"m\"}]", "\"members\": expected an object with" },
        { "emails", "[{\"value\":\"a\",\"primary\":true},{\"value\":\"b\","
          "\"primary\":true}]", "\"emails\" has 2 values with \"primary\"" },
        { "disks", "true", "\"disks\": expected an object, not a boolean" },
        { "limits", "[1,\"x\"]", "\"limits\"" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        in = tree(cases[i].in);

        rt = type_of(cases[i].name);

        rc = normalize(&arena.alloc, rt, cases[i].name, in, &out, &err);

        if (!ok(rc == SCIM_OK, "%s: %s", cases[i].name, cases[i].in)) {
            printf("# %s\n", failure(&err));
            continue;
        }

        is(text(out), cases[i].out, cases[i].in);
        ok(scim_json_equal(in, tree(cases[i].in)),
           "and the request is as it was");
    }

    for (i = 0; i < N(bad); i++) {
        fixture_reset();

        rt = type_of(bad[i].name);

        is_failure(normalize(&arena.alloc, rt, bad[i].name, tree(bad[i].in),
                             &out, &err),
                   "400 invalidValue", bad[i].words, bad[i].in);
    }
}


static void
test_limit(void)
{
    int      n;
    cJSON   *array, *out;

    fixture_reset();

    array = cJSON_CreateArray();

    for (n = 0; n < SCIM_VALUES_MAX; n++) {
        cJSON_AddItemToArray(array, cJSON_CreateString(
                               scim_sprintf(&arena.alloc, "%d", n)));
    }

    for (n = 0; n < 10; n++) {
        cJSON_AddItemToArray(array, cJSON_CreateString("7"));
    }

    ok(normalize(&arena.alloc, user, "emails", array, &out, &err) == SCIM_OK
       && cJSON_GetArraySize(out) == SCIM_VALUES_MAX,
       "as many values as there may be, and some of them twice");

    cJSON_AddItemToArray(array, cJSON_CreateString("x"));

    is_failure(normalize(&arena.alloc, user, "emails", array, &out, &err),
               "400 invalidValue", "\"emails\" has more than 1000 values",
               "one more");

    ok(normalize(&arena.alloc, group, "members", array, &out, &err) == SCIM_OK
       && cJSON_GetArraySize(out) == SCIM_VALUES_MAX + 11,
       "members are not counted");
}


/* few values are looked for in another way than many */

static void
test_twice(void)
{
    int     i, n, wrong;
    cJSON  *array, *out;

    fixture_reset();
    wrong = 0;

    for (n = 1; n <= 3 * SCIM_VALUE_FEW; n++) {
        array = cJSON_CreateArray();

        for (i = 0; i < 2 * n; i++) {
            cJSON_AddItemToArray(array, cJSON_CreateString(
                                   scim_sprintf(&arena.alloc, "%d", i % n)));
        }

        wrong += normalize(&arena.alloc, user, "emails", array, &out, &err)
                 != SCIM_OK
                 || cJSON_GetArraySize(out) != n;
    }

    is_int(wrong, 0, "each value once, however many there are");
}


static void
test_same(void)
{
    size_t               i;
    const scim_attr_t   *attr;
    scim_value_table_t   table;

    /* same: one value of an attribute; names: the first means the second */

    static const struct {
        const char  *attr;
        const char  *one;
        const char  *two;
        int          same;
        int          names;
    } cases[] = {
        { "emails", "{\"value\":\"a\"}", "{\"value\":\"a\"}", 1, 1 },
        { "emails", "{\"value\":\"a\"}", "{\"value\":\"A\"}", 0, 1 },
        { "emails", "{\"value\":\"a\"}", "{\"value\":\"b\"}", 0, 0 },
        { "emails", "{\"value\":\"a\",\"display\":\"x\"}",
          "{\"value\":\"a\",\"display\":\"y\"}", 1, 1 },
        { "emails", "{\"value\":\"a\",\"type\":\"work\"}",
          "{\"value\":\"a\",\"type\":\"work\"}", 1, 1 },
        { "emails", "{\"value\":\"a\",\"type\":\"work\"}",
          "{\"value\":\"a\",\"type\":\"home\"}", 0, 0 },
        { "emails", "{\"value\":\"a\"}", "{\"value\":\"a\",\"type\":\"home\"}",
          0, 1 },
        { "emails", "{\"value\":\"a\",\"type\":\"home\"}", "{\"value\":\"a\"}",
          0, 0 },
        { "emails", "{\"type\":\"work\"}", "{\"value\":\"a\",\"type\":\"work\"}"
          , 0, 1 },
        { "emails", "{\"type\":\"work\"}", "{\"type\":\"work\"}", 1, 1 },
        { "emails", "{\"value\":\"a\"}", "{\"type\":\"work\"}", 0, 0 },
        { "addresses", "{\"locality\":\"L\",\"type\":\"t\"}",
          "{\"type\":\"t\",\"locality\":\"L\"}", 1, 1 },
        { "addresses", "{\"locality\":\"L\"}",
          "{\"type\":\"t\",\"locality\":\"L\"}", 0, 1 },
        { "tags", "\"a\"", "\"a\"", 1, 1 },
        { "tags", "\"a\"", "\"A\"", 0, 1 },
        { "tags", "\"a\"", "\"b\"", 0, 0 },
        { "tags", "\"STRASSE\"", "\"Stra\xc3\x9f" "e\"", 0, 1 },
        { "checked", "\"2026-01-01T00:00:00Z\"",
          "\"2026-01-01T01:00:00+01:00\"", 0, 1 },
        { "checked", "\"2026-01-01T00:00:00Z\"",
          "\"2026-01-01T00:00:00+01:00\"", 0, 0 },
        { "limits", "1", "1.0", 1, 1 },
        { "limits", "0", "-0.0", 1, 1 },
        { "limits", "12345678901234567890", "12345678901234567890", 1, 1 },
        { "limits", "12345678901234567890", "12345678901234567891", 0, 0 },
        { "disks", "{\"slot\":1}", "{\"slot\":1}", 1, 1 },
        { "disks", "{\"slot\":1,\"hot\":true}", "{\"hot\":true,\"slot\":1}", 1,
          1 },
        { "disks", "{\"slot\":1}", "{\"slot\":2}", 0, 0 },
        { "members", "{\"value\":\"a\",\"type\":\"User\"}",
          "{\"value\":\"a\",\"type\":\"Group\"}", 1, 0 }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        attr = attribute(type_of(cases[i].attr), cases[i].attr);

        is_int(scim_value_same(attr, tree(cases[i].one), tree(cases[i].two)),
               cases[i].same, cases[i].one);
        is_int(scim_value_same(attr, tree(cases[i].two), tree(cases[i].one)),
               cases[i].same, "the other way round");
        is_int(scim_value_names(&arena.alloc, attr, tree(cases[i].one),
                                tree(cases[i].two)),
               cases[i].names, cases[i].two);

        scim_value_table_init(&table, attr);
        scim_value_table_add(&table, tree(cases[i].one));
        is_int(scim_value_table_find(&table, tree(cases[i].two)) != NULL,
               cases[i].same, "in a table");
    }
}


static void
test_set(void)
{
    int      rc;
    cJSON   *doc;
    size_t   i;

    static const struct {
        const char  *doc;
        const char  *name;
        const char  *value;       /* NULL: remove */
        const char  *expected;
    } cases[] = {
        { "{}", "title", "\"T\"", "{\"title\":\"T\"}" },
        { "{\"title\":\"T\"}", "title", "\"U\"", "{\"title\":\"U\"}" },
        { "{\"title\":\"T\"}", "title", NULL, "{}" },
        { "{}", "title", NULL, "{}" },
        { "{\"title\":\"T\"}", "userName", "\"u\"",
          "{\"userName\":\"u\",\"title\":\"T\"}" },
        { "{\"id\":\"1\",\"title\":\"T\"}", "externalId", "\"e\"",
          "{\"id\":\"1\",\"externalId\":\"e\",\"title\":\"T\"}" },
        { "{\"id\":\"1\"}", "schemas", "[]", "{\"schemas\":[],\"id\":\"1\"}" },
        { "{\"userName\":\"u\",\"roles\":[]}", "emails", "[]",
          "{\"userName\":\"u\",\"emails\":[],\"roles\":[]}" },
        { "{\"userName\":\"u\"}", "department", "\"D\"",
          "{\"userName\":\"u\",\"" ENTERPRISE "\":{\"department\":\"D\"}}" },
        { "{\"" ENTERPRISE "\":{\"department\":\"D\"}}", "userName", "\"u\"",
          "{\"userName\":\"u\",\"" ENTERPRISE "\":{\"department\":\"D\"}}" },
        { "{\"" ENTERPRISE "\":{\"manager\":1,\"other\":2}}", "division",
          "\"V\"",
          "{\"" ENTERPRISE "\":{\"division\":\"V\",\"manager\":1,\"other\":2}}"
        },
        { "{\"x\":1,\"" ENTERPRISE "\":{\"department\":\"D\"}}", "department",
          NULL, "{\"x\":1}" },
        { "{\"x\":1}", "department", NULL, "{\"x\":1}" }
    };

    static const struct {
        const char  *value;
        const char  *name;
        const char  *sub;
        const char  *expected;
    } subs[] = {
        { "{\"givenName\":\"G\"}", "name.familyName", "\"F\"",
          "{\"familyName\":\"F\",\"givenName\":\"G\"}" },
        { "{\"familyName\":\"F\"}", "name.givenName", "\"G\"",
          "{\"familyName\":\"F\",\"givenName\":\"G\"}" },
        { "{\"familyName\":\"F\",\"x\":1}", "name.givenName", "\"G\"",
          "{\"familyName\":\"F\",\"givenName\":\"G\",\"x\":1}" },
        { "{\"familyName\":\"F\"}", "name.familyName", NULL, "{}" },
        { "{\"value\":\"a\",\"$ref\":\"r\"}", "manager.value", "\"b\"",
          "{\"value\":\"b\"}" },
        { "{\"value\":\"a\",\"$ref\":\"r\"}", "manager.value", "\"a\"",
          "{\"value\":\"a\",\"$ref\":\"r\"}" },
        { "{\"$ref\":\"r\"}", "manager.value", "\"a\"",
          "{\"value\":\"a\",\"$ref\":\"r\"}" },
        { "{\"value\":\"a\",\"$ref\":\"r\"}", "manager.value", NULL, "{}" },
        { "{\"value\":\"a\",\"$ref\":\"r\"}", "manager.$ref", "\"s\"",
          "{\"value\":\"a\",\"$ref\":\"s\"}" },
        { "{\"value\":\"u\",\"display\":\"d\"}", "photos.value", "\"v\"",
          "{\"value\":\"v\",\"display\":\"d\"}" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        doc = tree(cases[i].doc);
        rc = scim_value_set(user, doc, attribute(user, cases[i].name),
                            cases[i].value ? tree(cases[i].value) : NULL);

        is_int(rc, SCIM_OK, cases[i].name);
        is(text(doc), cases[i].expected, cases[i].doc);
        is(text(scim_value_get(user, doc, attribute(user, cases[i].name))),
           cases[i].value, "and it is there");
    }

    for (i = 0; i < N(subs); i++) {
        fixture_reset();

        doc = tree(subs[i].value);
        rc = scim_value_set_sub(user, doc, attribute(user, subs[i].name),
                                subs[i].sub ? tree(subs[i].sub) : NULL);

        is_int(rc, SCIM_OK, subs[i].name);
        is(text(doc), subs[i].expected, subs[i].value);
    }

    fixture_reset();
    is(text(scim_value_get(user, NULL, attribute(user, "title"))), NULL,
       "nothing in no resource");
}


static int
exhaust(arena_t *local, void *arg)
{
    int            rc, clean;
    cJSON         *in, *out;
    const char   **pair = arg;
    scim_error_t   e;
    scim_alloc_t  *before;

    out = NULL;
    memset(&e, 0, sizeof(e));
    before = scim_json_open(&local->alloc);

    rc = scim_json_parse(&local->alloc, pair[1], strlen(pair[1]), &in, &e);

    if (rc == SCIM_OK) {
        rc = normalize(&local->alloc, device, pair[0], in, &out, &e);
    }

    clean = (rc == SCIM_OK) ? !local->failed && out != NULL
                            : (e.status == (local->failed ? 500 : 400));

    scim_json_close(before);

    return clean;
}


static void
test_exhaust(void)
{
    size_t  i;

    static const char  *cases[][2] = {
        { "serial", "\"s\"" },
        { "sealed", "\"True\"" },
        { "weight", "\"1.5\"" },
        { "ports", "12345678901234567890" },
        { "ports", "5" },
        { "ports", "\"x\"" },
        { "owner", "\"o\"" },
        { "disks", "[{\"slot\":1,\"size\":\"2\",\"hot\":false},{\"slot\":2}]" },
        { "disks", "[{\"slot\":\"x\"}]" },
        { "disks", "[{\"slot\":1,\"primary\":true},{\"slot\":2,\"primary\":true"
          "}]" },
        { "tags", "[\"a\",\"b\"]" }
    };

    for (i = 0; i < N(cases); i++) {
        ok(arena_exhaust(exhaust, (void *) cases[i]),
           "out of memory at every allocation: %s %s", cases[i][0],
           cases[i][1]);
    }

    /* setting the first attribute of an extension makes its object */

    fixture_reset();
    arena.left = 0;
    is_int(scim_value_set(user, cJSON_CreateNull(),
                          attribute(user, "department"),
                          (cJSON *) &(cJSON) { 0 }),
           SCIM_ERROR, "out of memory for an extension");
}


int
main(void)
{
    fixture_init();

    test_normalize();
    test_limit();
    test_twice();
    test_same();
    test_set();
    test_exhaust();

    return fixture_done();
}
