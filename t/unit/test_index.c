/*
 * scim_index.c
 */

#include "fixture.h"
#include "scim_index.h"


static const char *
describe(const scim_index_t *list, size_t n)
{
    size_t       i;
    const char  *s;

    static const char  *kinds[] = { "unique", "lexical", "field" };

    s = "";

    for (i = 0; i < n; i++) {
        s = scim_sprintf(&arena.alloc, "%s%s%s:%s%s", s, i ? " " : "",
                         list[i].name, kinds[list[i].kind],
                         list[i].builtin ? "" : ":configured");
    }

    return s;
}


static void
test_builtin(void)
{
    size_t         n;
    scim_index_t  *list;

    fixture_reset();

    list = scim_index_builtin(&arena.alloc, user, &n);
    is(describe(list, n), "userName:unique externalId:lexical "
       "emails.value:lexical active:field", "indexes of users");

    list = scim_index_builtin(&arena.alloc, group, &n);
    is(describe(list, n), "displayName:unique displayName:field "
       "externalId:lexical", "indexes of groups");

    list = scim_index_builtin(&arena.alloc, device, &n);
    is(describe(list, n), "serial:unique externalId:lexical",
       "indexes of another type");
}


static void
test_describe(void)
{
    int            rc;
    size_t         i;
    scim_index_t   index;

    static const struct {
        const char  *name;
        const char  *path;
    } cases[] = {
        { "title", "title" },
        { "NAME.FAMILYNAME", "name.familyName" },
        { "phoneNumbers", "phoneNumbers.value" },
        { CORE "User:title", "title" },
        { "department", ENTERPRISE ":department" },
        { ENTERPRISE ":manager", ENTERPRISE ":manager.value" }
    };

    static const struct {
        const char  *name;
        const char  *words;
    } bad[] = {
        { "shoeSize", "no attribute \"shoeSize\"" },
        { "", "no attribute" },
        { ENTERPRISE, "no attribute" },
        { "name", "cannot be indexed" },
        { "password", "cannot be indexed" },
        { "groups", "cannot be indexed" },
        { "meta.created", "cannot be indexed" },
        { "id", "cannot be indexed" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();
        rc = scim_index_describe(&arena.alloc, user, cases[i].name, &index,
                                 &err);

        is_int(rc, SCIM_OK, cases[i].name);
        is(describe(&index, 1), scim_sprintf(&arena.alloc,
           "%s:lexical:configured", cases[i].path), cases[i].name);
    }

    for (i = 0; i < N(bad); i++) {
        fixture_reset();
        is_failure(scim_index_describe(&arena.alloc, user, bad[i].name, &index,
                                       &err),
                   "400 invalidValue", bad[i].words, bad[i].name);
    }
}


static void
test_plan(void)
{
    size_t               i, n;
    const char          *plan;
    scim_plan_t          p;
    scim_index_t        *list;
    scim_filter_t       *filter;
    const scim_rtype_t  *rt;

    static const char  *kinds[] = { "scan", "id", "index", "holders" };

    static const struct {
        const char  *type;
        const char  *filter;
        const char  *plan;
    } cases[] = {
        { "User", NULL, "scan exact" },
        { "User", "id eq \"1\"", "id 1 exact" },
        { "User", "ID eq 5b1f", "id 5b1f exact" },
        { "User", "userName eq \"Kim\"", "index userName kim exact" },
        { "User", "externalId eq \"Kim\"", "index externalId Kim exact" },
        { "User", "emails eq \"Kim@X\"", "index emails.value kim@x exact" },
        { "User", "emails.value eq \"a\"", "index emails.value a exact" },
        { "User", "emails[type eq \"work\"].value eq \"a\"",
          "index emails.value a" },
        { "User", "emails[type eq \"work\" and value eq \"a\"]",
          "index emails.value a" },
        { "User", "emails[type eq \"work\"]", "scan" },
        { "User", "title eq \"T\"", "scan" },
        { "User", "userName ne \"Kim\"", "scan" },
        { "User", "userName eq null", "scan" },
        { "User", "id eq null", "scan" },
        { "User", "userName pr", "scan" },
        { "User", "not (userName eq \"Kim\")", "scan" },
        { "User", "userName eq \"a\" or userName eq \"b\"", "scan" },
        { "User", "title eq \"T\" and emails eq \"a\" and userName eq \"u\"",
          "index userName u" },
        { "User", "emails eq \"a\" and externalId eq \"e\"",
          "index emails.value a" },
        { "User", "manager eq \"8d1c\" and id eq \"5b1f\"", "id 5b1f" },
        { "User", "active eq true", "scan" },
        { "Group", "members eq \"u\"", "holders u exact" },
        { "Group", "members[value eq \"u\"]", "holders u" },
        { "Group", "members eq \"u\" and displayName eq \"D\"",
          "index displayName d" },
        { "Group", "id eq \"g1\" and members eq \"8d1c\"", "id g1" },
        { "Group", "members eq \"u\" and externalId pr", "holders u" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        filter = NULL;
        rt = scim_registry_rtype(registry, cases[i].type);
        list = scim_index_builtin(&arena.alloc, rt, &n);

        if (cases[i].filter != NULL
            && scim_filter_parse(&arena.alloc, rt, cases[i].filter, &filter,
                                 &err)
               != SCIM_OK)
        {
            is(failure(&err), NULL, cases[i].filter);
            continue;
        }

        scim_plan(rt, list, n, filter, &p);

        plan = scim_sprintf(&arena.alloc, "%s%s%s%s%s%s", kinds[p.kind],
                            p.index ? " " : "", p.index ? p.index->name : "",
                            p.value ? " " : "", p.value ? p.value : "",
                            p.exact ? " exact" : "");

        is(plan, cases[i].plan, cases[i].filter ? cases[i].filter : "none");
    }
}


static int
exhaust(arena_t *local, void *arg)
{
    int            rc;
    size_t         n;
    scim_error_t   e;
    scim_index_t   index, *list;

    list = scim_index_builtin(&local->alloc, user, &n);
    rc = scim_index_describe(&local->alloc, user, arg, &index, &e);

    return (list == NULL || rc != SCIM_OK) == local->failed
           && (rc == SCIM_OK || e.status == 500);
}


int
main(void)
{
    fixture_init();

    test_builtin();
    test_describe();
    test_plan();

    ok(arena_exhaust(exhaust, "title"), "out of memory at every allocation");

    return fixture_done();
}
