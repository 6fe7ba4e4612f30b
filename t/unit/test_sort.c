/*
 * scim_sort.c
 */

#include "fixture.h"
#include "scim/core/scim.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_sort.h"


/* resources in ascending order of an attribute */

static void
test_order(void)
{
    int                  order;
    size_t               i, len;
    scim_key_t           one, two;
    const scim_attr_t   *attr;
    const scim_rtype_t  *rt;

    static const struct {
        const char  *name;
        const char  *one;
        const char  *two;
        int          order;
    } cases[] = {
        { "userName", "{\"userName\":\"a\"}", "{\"userName\":\"B\"}", -1 },
        { "userName", "{\"userName\":\"a\"}", "{\"userName\":\"A\"}", 0 },
        { "externalId", "{\"externalId\":\"a\"}", "{\"externalId\":\"B\"}",
          1 },
        { "userName", "{\"userName\":\"z\"}", "{}", -1 },
        { "userName", "{}", "{}", 0 },
        { "active", "{\"active\":false}", "{\"active\":true}", -1 },
        { "name.givenName", "{\"name\":{\"givenName\":\"a\"}}",
          "{\"name\":{\"givenName\":\"b\"}}", -1 },
        { "name.givenName", "{\"name\":{\"familyName\":\"a\"}}",
          "{\"name\":{\"givenName\":\"b\"}}", 1 },
        { "emails.value", "{\"emails\":[{\"value\":\"a\"},{\"value\":\"z\","
          "\"primary\":true}]}", "{\"emails\":[{\"value\":\"b\"},{\"value\":"
          "\"c\",\"primary\":false}]}", 1 },
        { "department", "{\"" ENTERPRISE "\":{\"department\":\"a\"}}",
          "{\"" ENTERPRISE "\":{\"department\":\"b\"}}", -1 },
        { "meta.created", "{\"meta\":{\"created\":\"2026-01-01T09:00:00+02:00"
          "\"}}", "{\"meta\":{\"created\":\"2026-01-01T08:00:00Z\"}}", -1 },
        { "ports", "{\"ports\":9}", "{\"ports\":10}", -1 },
        { "ports", "{\"ports\":9}", "{\"ports\":12345678901234567890}", -1 },
        { "weight", "{\"weight\":-1.5}", "{\"weight\":-1.25}", -1 },
        { "tags", "{\"tags\":[\"b\",\"a\"]}", "{\"tags\":[\"a\",\"b\"]}", 1 },
        { "tags", "{\"tags\":[]}", "{\"tags\":[\"a\"]}", 1 },
        { "born", "{\"born\":\"never\"}", "{\"born\":\"yesterday\"}", -1 }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        len = strcspn(cases[i].name, ".");
        rt = scim_rtype_attr(user, cases[i].name, len) ? user : device;
        attr = scim_rtype_attr(rt, cases[i].name, len);

        if (cases[i].name[len] != '\0') {
            attr = scim_attr_sub(attr, cases[i].name + len + 1,
                                 strlen(cases[i].name + len + 1));
        }

        scim_sort_key(&arena.alloc, rt, tree(cases[i].one), attr, &one);
        scim_sort_key(&arena.alloc, rt, tree(cases[i].two), attr, &two);

        order = scim_sort_compare(&one, &two);
        is_int((order > 0) - (order < 0), cases[i].order, cases[i].one);

        order = scim_sort_compare(&two, &one);
        is_int((order > 0) - (order < 0), -cases[i].order, cases[i].two);
    }
}


static void
test_long(void)
{
    char         text[2 * SCIM_KEY_SIZE];
    cJSON       *doc;
    scim_key_t   one, two;

    fixture_reset();

    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';

    doc = cJSON_CreateObject();
    cJSON_AddStringToObject(doc, "title", text);

    is_int(scim_sort_key(&arena.alloc, user, doc,
                         scim_rtype_attr(user, "title", 5), &one),
           SCIM_OK, "a long text");
    is_int(strlen(one.text), SCIM_KEY_SIZE, "is cut");

    text[SCIM_KEY_SIZE] = 'b';
    cJSON_ReplaceItemInObject(doc, "title", cJSON_CreateString(text));
    (void) scim_sort_key(&arena.alloc, user, doc,
                         scim_rtype_attr(user, "title", 5), &two);
    is_int(scim_sort_compare(&one, &two), 0, "what differs later is equal");

    is_int(scim_sort_key(&arena.alloc, user, doc, group->members->value, &one),
           SCIM_OK, "an attribute of another type");
    is_int(one.kind, SCIM_KEY_ABSENT, "is absent");
}


int
main(void)
{
    scim_key_t  key;

    fixture_init();

    test_order();
    test_long();

    fixture_reset();
    arena.left = 8;
    is_int(scim_sort_key(&arena.alloc, user, tree("{\"userName\":\"a\"}"),
                         scim_rtype_attr(user, "userName", 8), &key),
           SCIM_OK, "enough memory");
    arena.left = 4;
    is_int(scim_sort_key(&arena.alloc, user, tree("{\"userName\":\"a\"}"),
                         scim_rtype_attr(user, "userName", 8), &key),
           SCIM_ERROR, "out of memory");

    return fixture_done();
}
