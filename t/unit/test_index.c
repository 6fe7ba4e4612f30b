/*
 * scim_index.c
 */

#include "fixture.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_filter.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/filter/scim_index.h"
#include "scim/filter/scim_plan.h"
#include "scim/filter/scim_query.h"


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


static const char *
describe_plan(const scim_plan_t *plan)
{
    size_t                i;
    const char           *text;
    const scim_lookup_t  *lookup;

    static const char  *ops[] = {
        "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"
    };

    if (plan->scan) {
        return "scan";
    }

    text = plan->nlookups ? "" : "none";

    for (i = 0; i < plan->nlookups; i++) {
        lookup = &plan->lookups[i];
        text = scim_sprintf(&arena.alloc, "%s%s%s %s %s", text, i ? ", " : "",
                            lookup->kind == SCIM_LOOKUP_ID ? "id"
                            : lookup->kind == SCIM_LOOKUP_HOLDERS ? "holders"
                            : lookup->index->name,
                            ops[lookup->op], lookup->value);
    }

    return text;
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

    static const struct {
        const char  *type;
        const char  *filter;
        const char  *plan;
    } cases[] = {
        { "User", NULL, "scan exact" },
        { "User", "id eq \"1\"", "id eq 1" },
        { "User", "ID eq 5b1f", "id eq 5b1f" },
        { "User", "userName eq \"Kim\"", "userName eq kim exact" },
        { "User", "externalId eq \"Kim\"", "externalId eq Kim exact" },
        { "User", "emails eq \"Kim@X\"", "emails.value eq kim@x exact" },
        { "User", "emails.value eq \"a\"", "emails.value eq a exact" },
        { "User", "emails[type eq \"work\"].value eq \"a\"",
          "emails.value eq a" },
        { "User", "emails[type eq \"work\" and value eq \"a\"]",
          "emails.value eq a" },
        { "User", "emails[type eq \"work\"]", "scan" },
        { "User", "title eq \"T\"", "scan" },
        { "User", "userName ne \"Kim\"", "scan" },
        { "User", "userName eq null", "scan" },
        { "User", "id eq null", "scan" },
        { "User", "userName pr", "scan" },
        { "User", "not (userName eq \"Kim\")", "scan" },
        { "User", "title eq \"T\" and emails eq \"a\" and userName eq \"u\"",
          "userName eq u" },
        { "User", "emails eq \"a\" and externalId eq \"e\"",
          "emails.value eq a" },
        { "User", "manager eq \"8d1c\" and id eq \"5b1f\"", "id eq 5b1f" },
        { "User", "active eq true", "scan" },

        { "User", "userName eq \"a\" or userName eq \"b\"",
          "userName eq a, userName eq b exact" },
        { "User", "id eq \"1\" or emails sw \"A\"",
          "id eq 1, emails.value sw a" },
        { "User", "userName eq \"a\" or title eq \"b\"", "scan" },
        { "User", "userName eq \"a\" or emails[type eq \"work\"]", "scan" },
        { "User", "(userName eq \"a\" or emails eq \"b\") and title eq \"T\"",
          "userName eq a, emails.value eq b" },
        { "User", "(userName eq \"a\" or externalId eq \"b\") and id eq \"1\"",
          "id eq 1" },
        { "User", "emails[value eq \"a\" or value eq \"b\"]",
          "emails.value eq a, emails.value eq b" },

        { "User", "userName sw \"Kim\"", "scan" },
        { "User", "externalId sw \"Kim\"", "externalId sw Kim exact" },
        { "User", "externalId gt \"K\"", "externalId gt K exact" },
        { "User", "externalId ge \"K\"", "externalId ge K exact" },
        { "User", "emails.value lt \"K\"", "emails.value lt k exact" },
        { "User", "emails.value le \"K\"", "emails.value le k exact" },
        { "User", "externalId co \"K\"", "scan" },
        { "User", "externalId ew \"K\"", "scan" },
        { "User", "externalId sw \"a\" and emails eq \"b\"",
          "emails.value eq b" },

        { "User", "meta.resourceType eq \"User\"", "scan exact" },
        { "User", "meta.resourceType eq \"Group\"", "none exact" },
        { "User", "meta.resourceType ne \"Group\"", "scan" },
        { "User", "meta.resourceType eq \"User\" and userName eq \"a\"",
          "userName eq a exact" },
        { "User", "meta.resourceType eq \"Group\" and title pr",
          "none exact" },
        { "User", "meta.resourceType eq \"Group\" or userName eq \"a\"",
          "userName eq a exact" },
        { "User", "meta.resourceType eq \"User\" or title pr", "scan exact" },

        { "User", "members eq \"u\"", "none exact" },
        { "User", "members pr", "none exact" },
        { "User", "members ne \"u\"", "scan" },
        { "User", "members eq null", "scan" },
        { "User", "members[value eq \"u\"] or userName eq \"a\"",
          "userName eq a" },
        { "User", "not (members pr)", "scan" },

        { "Group", "members eq \"u\"", "holders eq u exact" },
        { "Group", "members[value eq \"u\"]", "holders eq u" },
        { "Group", "members eq \"u\" and displayName eq \"D\"",
          "displayName eq d" },
        { "Group", "id eq \"g1\" and members eq \"8d1c\"", "id eq g1" },
        { "Group", "members eq \"u\" and externalId pr", "holders eq u" },
        { "Group", "members eq \"u\" or userName eq \"a\"",
          "holders eq u exact" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        filter = NULL;
        rt = scim_registry_rtype(registry, cases[i].type);
        list = scim_index_builtin(&arena.alloc, rt, &n);

        if (cases[i].filter != NULL
            && scim_filter_parse_across(&arena.alloc, registry, rt,
                                        cases[i].filter, &filter, &err)
               != SCIM_OK)
        {
            is(failure(&err), NULL, cases[i].filter);
            continue;
        }

        if (scim_plan(&arena.alloc, rt, list, n, filter, &p) != SCIM_OK) {
            ok(0, cases[i].filter);
            continue;
        }

        plan = scim_sprintf(&arena.alloc, "%s%s", describe_plan(&p),
                            p.exact ? " exact" : "");

        is(plan, cases[i].plan, cases[i].filter ? cases[i].filter : "none");
    }
}


/* which index has the order, and of what one would help */

static void
test_order(void)
{
    int                  there;
    size_t               i, n;
    scim_plan_t          plan;
    scim_error_t         err;
    scim_query_t         query;
    scim_index_t        *list, more[16];
    const scim_attr_t   *wanted;
    const scim_index_t  *index;

    static const struct {
        const char  *query;
        const char  *index;
        const char  *wanted;
    } cases[] = {
        { "sortBy=title", "title", "title there" },
        { "sortBy=externalId", "externalId", "externalId there" },
        { "sortBy=userName", NULL, "userName" },
        { "sortBy=name.familyName", NULL, "name.familyName" },
        { "sortBy=emails.value", NULL, NULL },
        { "sortBy=active", NULL, NULL },
        { "sortBy=meta.created", NULL, NULL },
        { "sortBy=title&filter=title%20sw%20%22a%22", "title", "title there" },
        { "sortBy=title&filter=title%20eq%20%22a%22", "title", "title there" },
        { "sortBy=title&filter=title%20pr", NULL, NULL },
        { "sortBy=title&filter=externalId%20eq%20%22a%22", NULL,
          "externalId there" },
        { "sortBy=title&filter=title%20eq%20%22a%22%20or%20title%20eq%20%22b%22",
          NULL, "title there" },
        { "sortBy=externalId&filter=title%20co%20%22a%22", NULL, NULL },
        { "sortBy=title&filter=nickName%20co%20%22a%22%20and%20title%20gt%20%22b%22",
          NULL, "title there" },
        { "sortBy=title&filter=nickName%20co%20%22a%22%20or%20title%20gt%20%22b%22",
          NULL, NULL },
        { "sortBy=title&filter=emails%5Btype%20eq%20%22a%22%5D", NULL,
          "emails.type" },
        { "sortBy=title&filter=externalId%20eq%20%22a%22%20or%20userType%20eq%20%22b%22",
          NULL, "userType" },
        { "sortBy=title&filter=userType%20eq%20%22a%22%20or%20externalId%20eq%20%22b%22",
          NULL, "userType" },
        { "sortBy=title&filter=not%20(title%20eq%20%22a%22)", NULL, NULL },
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        list = scim_index_builtin(&arena.alloc, user, &n);
        memcpy(more, list, n * sizeof(scim_index_t));

        if (scim_index_describe(&arena.alloc, user, "title", &more[n++], &err)
                != SCIM_OK
            || scim_query_parse(&arena.alloc, cases[i].query,
                                strlen(cases[i].query), 10, 10, &query, &err)
               != SCIM_OK
            || scim_query_resolve(&arena.alloc, user, &query, &err) != SCIM_OK
            || scim_plan(&arena.alloc, user, more, n, query.filter, &plan)
               != SCIM_OK)
        {
            ok(0, cases[i].query);
            continue;
        }

        index = scim_index_order(more, n, query.sort_attr, &plan);
        is(index ? index->name : NULL, cases[i].index, cases[i].query);

        wanted = scim_index_wanted(more, n, query.filter, query.sort_attr,
                                   &there);
        is(wanted ? scim_sprintf(&arena.alloc, "%s%s",
                                 scim_attr_path(&arena.alloc, user, wanted),
                                 there ? " there" : "") : NULL,
           cases[i].wanted, "what would help");
    }
}


static int
exhaust(arena_t *local, void *arg)
{
    int             rc;
    size_t          n;
    scim_plan_t     plan;
    scim_error_t    e;
    scim_index_t    index, *list;
    scim_filter_t  *filter;

    list = scim_index_builtin(&local->alloc, user, &n);
    rc = scim_index_describe(&local->alloc, user, arg, &index, &e);

    if (list == NULL || rc != SCIM_OK) {
        return local->failed && (rc == SCIM_OK || e.status == 500);
    }

    rc = scim_filter_parse(&local->alloc, user,
                           "userName eq \"a\" or emails sw \"b\"", &filter,
                           &e);

    if (rc == SCIM_OK) {
        rc = scim_plan(&local->alloc, user, list, n, filter, &plan);
    }

    return (rc != SCIM_OK) == local->failed;
}


int
main(void)
{
    fixture_init();

    test_builtin();
    test_describe();
    test_plan();
    test_order();

    ok(arena_exhaust(exhaust, "title"), "out of memory at every allocation");
    ok(arena_exhaust(exhaust, "userName"), "the same of a unique attribute");

    return fixture_done();
}
