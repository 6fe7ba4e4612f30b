/*
 * scim_unique.c
 */

#include "fixture.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/schema/scim_schema.h"
#include "scim/schema/scim_unique.h"
#include "scim/filter/scim_index.h"


/* names and kinds of the indexes of a type, with what is unique in it */

static const char *
indexes(const char *type)
{
    size_t               i, n;
    const char          *s;
    scim_index_t        *list;
    const scim_rtype_t  *rt;

    static const char  *kinds[] = { "unique", "lexical", "field" };

    s = "";
    rt = scim_registry_rtype(registry, type);
    list = scim_index_builtin(&arena.alloc, rt, &n);

    for (i = 0; i < n; i++) {
        s = scim_sprintf(&arena.alloc, "%s%s%s:%s%s", s, i ? " " : "",
                         list[i].name, kinds[list[i].kind],
                         list[i].builtin ? "" : ":configured");
    }

    return s;
}


/* The characteristics of an attribute in /Schemas. */

static const char *
announced(const scim_rtype_t *rt, const char *name, const char *sub)
{
    cJSON       *item, *list;
    const char  *wanted;

    item = NULL;
    list = cJSON_GetObjectItem(rt->schema->json, "attributes");

    for (wanted = name; wanted != NULL; wanted = (wanted == name) ? sub : NULL)
    {
        cJSON_ArrayForEach(item, list) {
            if (strcmp(cJSON_GetObjectItem(item, "name")->valuestring, wanted)
                == 0)
            {
                break;
            }
        }

        list = cJSON_GetObjectItem(item, "subAttributes");
    }

    return cJSON_GetStringValue(cJSON_GetObjectItem(item, "uniqueness"));
}


static void
set(const char *type, const char *one, const char *two)
{
    int          rc;
    const char  *names[2] = { one, two };

    rc = scim_unique_set(registry, &arena.alloc, type, names,
                         two ? 2 : one ? 1 : 0, &err);
    is(rc == SCIM_OK ? "set" : failure(&err), "set", "it can be unique");
}


static void
test_set(void)
{
    is(indexes("Group"), "displayName:unique displayName:field "
       "externalId:lexical", "by the schema");

    set("Group", NULL, NULL);
    is(indexes("Group"), "displayName:sorted:lexical:configured "
       "displayName:field externalId:lexical", "nothing");
    is(announced(group, "displayName", NULL), "none", "that is announced");

    set("Group", "externalId", NULL);
    is(indexes("Group"), "displayName:sorted:lexical:configured "
       "displayName:field externalId:lexical "
       "externalId:unique:unique:configured", "another attribute");

    set("Group", "DISPLAYNAME", "displayName");
    is(indexes("Group"), "displayName:unique displayName:field "
       "externalId:lexical", "as before");

    set("User", "emails", "title");
    is(indexes("User"), "userName:unique externalId:lexical "
       "emails.value:lexical active:field "
       "emails.value:unique:unique:configured title:unique:unique:configured",
       "userName stays");
    is(announced(user, "emails", "value"), "server", "a sub-attribute");
    is(announced(user, "emails", "type"), "none", "but not its neighbour");
    is(announced(user, "userName", NULL), "server", "userName is announced");
    is(announced(user, "title", NULL), "server", "and title");
    is(indexes("Group"), "displayName:unique displayName:field "
       "externalId:lexical", "another type is not touched");
}


static void
test_mistakes(void)
{
    size_t  i;

    static const struct {
        const char  *type;
        const char  *name;
        const char  *words;
    } cases[] = {
        { "Robot", "serial", "there is no resource type \"Robot\"" },
        { "User", "shoeSize", "has no attribute \"shoeSize\"" },
        { "User", "active", "cannot be unique" },
        { "User", "name", "cannot be unique" },
        { "User", "password", "cannot be unique" },
        { "User", "groups.value", "cannot be unique" },
        { "User", "id", "cannot be unique" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();
        is_failure(scim_unique_set(registry, &arena.alloc, cases[i].type,
                                   (const char **) &cases[i].name, 1, &err),
                   "400 invalidValue", cases[i].words, cases[i].name);
    }
}


int
main(void)
{
    fixture_init();

    test_set();
    test_mistakes();

    return fixture_done();
}
