/*
 * scim_query.c
 */

#include "fixture.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json_parse.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_query.h"


static int
parse(const char *args, scim_query_t *query)
{
    char  *copy;

    /* not terminated, so that reading too far shows */

    copy = scim_alloc(&arena.alloc, strlen(args));
    memcpy(copy, args, strlen(args));

    return scim_query_parse(&arena.alloc, copy, strlen(args), 100, 1000,
                            query, &err);
}


static void
test_parse(void)
{
    int            rc;
    size_t         i;
    scim_query_t   q;

    static const struct {
        const char  *args;
        const char  *filter;
        const char  *attributes;
        const char  *excluded;
        long         start;
        long         count;
    } cases[] = {
        { "", NULL, NULL, NULL, 1, 100 },
        { "filter=userName+eq+%22kim.ode%40fabrikam.example%22",
          "userName eq \"kim.ode@fabrikam.example\"", NULL, NULL, 1, 100 },
        { "filter=userName%20eq%20%22kim%22&startIndex=1&count=100",
          "userName eq \"kim\"", NULL, NULL, 1, 100 },
        { "filter=a%2Bb%2bc", "a+b+c", NULL, NULL, 1, 100 },
        { "filter=O'Brian%5c", "O'Brian\\", NULL, NULL, 1, 100 },
        { "excludedAttributes=members&filter=displayName+eq+%22A+B%22",
          "displayName eq \"A B\"", NULL, "members", 1, 100 },
        { "attributes=userName,emails", NULL, "userName,emails", NULL, 1,
          100 },
        { "ATTRIBUTES=a&FILTER=b&STARTINDEX=2&COUNT=3&EXCLUDEDATTRIBUTES=c",
          "b", "a", "c", 2, 3 },
        { "aadOptscim062020", NULL, NULL, NULL, 1, 100 },
        { "aadOptscim062020&count=5&x=y&&=&", NULL, NULL, NULL, 1, 5 },
        { "%66ilter=x", "x", NULL, NULL, 1, 100 },
        { "filter=", "", NULL, NULL, 1, 100 },
        { "filter=a=b", "a=b", NULL, NULL, 1, 100 },
        { "filter=100%", "100%", NULL, NULL, 1, 100 },
        { "filter=100%4", "100%4", NULL, NULL, 1, 100 },
        { "filter=%zz%4g", "%zz%4g", NULL, NULL, 1, 100 },
        { "attributes=a&attributes=b", NULL, "a,b", NULL, 1, 100 },
        { "filter=%c3%a4", "\xc3\xa4", NULL, NULL, 1, 100 },
        { "startIndex=6&count=5", NULL, NULL, NULL, 6, 5 },
        { "startIndex=0&count=0", NULL, NULL, NULL, 1, 0 },
        { "startIndex=-5&count=-5", NULL, NULL, NULL, 1, 0 },
        { "startIndex=007&count=1001", NULL, NULL, NULL, 7, 1000 },
        { "startIndex=99999999999999999999&count=99999999999999999999", NULL,
          NULL, NULL, 1L << 53, 1000 },
        { "startIndex=-99999999999999999999", NULL, NULL, NULL, 1, 100 }
    };

    static const struct {
        const char  *args;
        const char  *failure;
        const char  *words;
    } bad[] = {
        { "startIndex=", "400 invalidValue", "\"startIndex\" must be an "
          "integer, not \"\"" },
        { "startIndex=1.5", "400 invalidValue", "\"1.5\"" },
        { "count=ten", "400 invalidValue", "\"count\" must be an integer, not "
          "\"ten\"" },
        { "count=1x", "400 invalidValue", "\"1x\"" },
        { "count=+1", "400 invalidValue", "\"count\"" },
        { "count=%2B1", "400 invalidValue", "\"count\"" },
        { "count=%0a1", "400 invalidValue", "\"count\"" },
        { "count=1+", "400 invalidValue", "\"count\"" },
        { "count=0x10", "400 invalidValue", "\"count\"" },
        { "count=1%00", "400 invalidValue", "\"count\"" },
        { "count=-", "400 invalidValue", "\"count\"" },
        { "count=%ff", "400 invalidValue", "\"count\"" },
        { "filter=a%00b", "400 invalidFilter", "\"filter\"" },
        { "filter=%ff", "400 invalidFilter", "\"filter\"" },
        { "attributes=%c3", "400 invalidValue", "\"attributes\"" },
        { "excludedAttributes=a%00", "400 invalidValue",
          "\"excludedAttributes\"" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        rc = parse(cases[i].args, &q);

        if (!ok(rc == SCIM_OK, "query %s", cases[i].args)) {
            printf("# %s\n", failure(&err));
            continue;
        }

        is(q.filter_text, cases[i].filter, "filter");
        is(q.attributes, cases[i].attributes, "attributes");
        is(q.excluded, cases[i].excluded, "excludedAttributes");
        is_int(q.start_index, cases[i].start, "startIndex");
        is_int(q.count, cases[i].count, "count");
    }

    for (i = 0; i < N(bad); i++) {
        fixture_reset();

        is_failure(parse(bad[i].args, &q), bad[i].failure, bad[i].words,
                   bad[i].args);
    }
}


/* RFC 9865, section 2 */

static void
test_cursor(void)
{
    int            rc;
    size_t         i;
    cJSON         *body;
    scim_query_t   q;

    static const struct {
        const char  *args;        /* of a query string, or a body */
        const char  *cursor;
        long         start;
        long         count;
        const char  *failure;     /* NULL: success */
    } cases[] = {
        { "count=5", NULL, 1, 5, NULL },
        { "cursor", "", 1, 100, NULL },
        { "cursor&count=5", "", 1, 5, NULL },
        { "count=5&CURSOR=", "", 1, 5, NULL },
        { "cursor=a%2Db&startIndex=7", "a-b", 1, 100, NULL },
        { "cursor=a&startIndex=x", "a", 1, 100, NULL },
        { "cursor=a&count=9999", "a", 1, 1000, NULL },
        { "cursors&cursorx=1", NULL, 1, 100, NULL },
        { "cursor=a&count=0", "a", 1, 0, NULL },
        { "cursor=a&count=-3", "a", 1, 0, NULL },
        { "cursor=a&count=ten", NULL, 0, 0, "400 invalidCount" },
        { "cursor=a%00b", NULL, 0, 0, "400 invalidValue" },
        { "cursor=a&cursor=b", NULL, 0, 0, "400 invalidValue" },
        { "cursor=a&cursor=a&count=2&COUNT=2", "a", 1, 2, NULL },
        { "count=1&count=2", NULL, 0, 0, "400 invalidValue" },
        { "filter=a&filter=b", NULL, 0, 0, "400 invalidFilter" },

        { "{}", NULL, 1, 100, NULL },
        { "{\"cursor\":\"\"}", "", 1, 100, NULL },
        { "{\"cursor\":null,\"startIndex\":3}", NULL, 3, 100, NULL },
        { "{\"Cursor\":\"a\",\"count\":3,\"startIndex\":3}", "a", 1, 3, NULL },
        { "{\"cursor\":\"a\",\"count\":0}", "a", 1, 0, NULL },
        { "{\"cursor\":\"a\",\"count\":1.5}", NULL, 0, 0,
          "400 invalidCount" },
        { "{\"cursor\":3}", NULL, 0, 0, "400 invalidValue" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        if (cases[i].args[0] == '{') {
            body = tree(cases[i].args);
            rc = parse("", &q);
            rc = rc == SCIM_OK ? scim_query_parse_body(&arena.alloc, body,
                                                       1000, &q, &err) : rc;

        } else {
            rc = parse(cases[i].args, &q);
        }

        if (cases[i].failure != NULL) {
            is_failure(rc, cases[i].failure, "", cases[i].args);
            continue;
        }

        is_int(rc, SCIM_OK, cases[i].args);
        is(q.cursor, cases[i].cursor, "cursor");
        is_int(q.start_index, cases[i].start, "startIndex");
        is_int(q.count, cases[i].count, "count");
    }
}


static void
test_across(void)
{
    scim_query_t  q;

    fixture_reset();

    (void) parse("filter=userName+pr&sortBy=members.value"
                 "&attributes=userName,members", &q);

    is_int(scim_query_resolve_across(&arena.alloc, registry, group, &q, &err),
           SCIM_OK, "attributes of another type");
    is(q.filter->attr->name, "userName", "in the filter");
    is(q.sort_attr->name, "value", "in the order");
    is_int(q.projection.n, 1, "not in the projection");

    is_failure(scim_query_resolve(&arena.alloc, group, &q, &err),
               "400 invalidFilter", "userName", "for one type they are none");

    (void) parse("filter=shoeSize+pr", &q);
    is_failure(scim_query_resolve_across(&arena.alloc, registry, group, &q,
                                         &err),
               "400 invalidFilter", "no type has an attribute \"shoeSize\"",
               "an attribute of no type");
}


static void
test_resolve(void)
{
    scim_query_t  q;

    fixture_reset();

    ok(parse("", &q) == SCIM_OK
       && scim_query_resolve(&arena.alloc, user, &q, &err) == SCIM_OK
       && q.filter == NULL && q.projection.n == 0, "no filter, no names");

    ok(parse("filter=active+eq+true&attributes=userName,emails.value", &q)
       == SCIM_OK
       && scim_query_resolve(&arena.alloc, user, &q, &err) == SCIM_OK
       && q.filter != NULL && q.projection.n == 2 && q.projection.only,
       "a filter and names");

    (void) parse("filter=", &q);
    is_failure(scim_query_resolve(&arena.alloc, user, &q, &err),
               "400 invalidFilter", "an attribute name", "an empty filter");

    (void) parse("filter=shoeSize+eq+1", &q);
    is_failure(scim_query_resolve(&arena.alloc, user, &q, &err),
               "400 invalidFilter", "shoeSize", "a filter that is none");

    (void) parse("attributes=a&excludedAttributes=b", &q);
    is_failure(scim_query_resolve(&arena.alloc, user, &q, &err),
               "400 invalidValue", "\"excludedAttributes\"", "both lists");
}


/* RFC 7644, section 3.4.2.3 */

static void
test_sort(void)
{
    int            rc;
    size_t         i;
    scim_query_t   q;

    static const struct {
        const char  *args;
        const char  *attr;        /* NULL: none */
        int          descending;
        const char  *words;       /* NULL: success */
    } cases[] = {
        { "sortBy=userName", "userName", 0, NULL },
        { "sortBy=NAME.familyName&sortOrder=Descending", "name.familyName", 1,
          NULL },
        { "sortBy=emails&sortOrder=ascending", "emails.value", 0, NULL },
        { "sortBy=manager", ENTERPRISE ":manager.value", 0, NULL },
        { "sortBy=meta.lastModified", "meta.lastModified", 0, NULL },
        { "sortOrder=descending", NULL, 1, NULL },
        { "sortBy=&sortOrder=", NULL, 0, NULL },
        { "sortBy=userName&sortOrder=up", NULL, 0, "\"sortOrder\"" },
        { "sortBy=shoeSize", NULL, 0, "\"shoeSize\"" },
        { "sortBy=" ENTERPRISE, NULL, 0, "\"sortBy\"" },
        { "sortBy=name", NULL, 0, "sub-attributes" },
        { "sortBy=password", NULL, 0, "\"sortBy\"" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();

        rc = parse(cases[i].args, &q);

        if (rc == SCIM_OK) {
            rc = scim_query_resolve(&arena.alloc, user, &q, &err);
        }

        if (cases[i].words != NULL) {
            is_failure(rc, "400 invalidValue", cases[i].words, cases[i].args);
            continue;
        }

        is_int(rc, SCIM_OK, cases[i].args);
        is(q.sort_attr ? scim_attr_path(&arena.alloc, user, q.sort_attr)
                       : NULL, cases[i].attr, "attribute");
        is_int(q.descending, cases[i].descending, "order");
    }
}


/* RFC 7644, section 3.4.3 */

static void
test_body(void)
{
    int            rc;
    char          *many;
    cJSON         *body;
    size_t         i;
    scim_query_t   q;

    static const struct {
        const char  *body;
        const char  *filter;
        const char  *attributes;
        long         start;
        long         count;
        const char  *failure;     /* NULL: success */
        const char  *words;
    } cases[] = {
        { "{\"attributes\":[\"displayName\",\"userName\"],\"filter\":"
          "\"displayName sw \\\"smith\\\"\",\"startIndex\":1,\"count\":10}",
          "displayName sw \"smith\"", "displayName,userName", 1, 10, NULL,
          NULL },
        { "{}", NULL, NULL, 1, 100, NULL, NULL },
        { "{\"FILTER\":\"a\",\"x\":1,\"count\":null}", "a", NULL, 1, 100, NULL,
          NULL },
        { "{\"attributes\":\"a,b\",\"filter\":\"\"}", NULL, "a,b", 1, 100, NULL,
          NULL },
        { "{\"attributes\":[],\"startIndex\":\"3\",\"count\":5.0}", NULL, NULL,
          3, 5, NULL, NULL },
        { "{\"startIndex\":-3,\"count\":-5}", NULL, NULL, 1, 0, NULL, NULL },
        { "{\"startIndex\":1e20,\"count\":99999999999999999999}", NULL, NULL,
          1L << 53, 1000, NULL, NULL },
        { "[]", NULL, NULL, 0, 0, "400 invalidSyntax", "not array" },
        { "{\"filter\":1}", NULL, NULL, 0, 0, "400 invalidValue",
          "\"filter\" must be a string, not number" },
        { "{\"attributes\":[\"a\",{\"b\":1}]}", NULL, NULL, 0, 0,
          "400 invalidValue", "\"attributes\" must be a string, not object" },
        { "{\"count\":1.5}", NULL, NULL, 0, 0, "400 invalidValue",
          "\"count\"" },
        { "{\"count\":true}", NULL, NULL, 0, 0, "400 invalidValue",
          "\"count\"" },
        { "{\"startIndex\":\"x\"}", NULL, NULL, 0, 0, "400 invalidValue",
          "\"startIndex\"" }
    };

    for (i = 0; i < N(cases); i++) {
        fixture_reset();
        (void) parse("", &q);

        rc = scim_query_parse_body(&arena.alloc, tree(cases[i].body), 1000, &q,
                                   &err);

        if (cases[i].failure != NULL) {
            is_failure(rc, cases[i].failure, cases[i].words, cases[i].body);
            continue;
        }

        is_int(rc, SCIM_OK, cases[i].body);
        is(q.filter_text, cases[i].filter, "filter");
        is(q.attributes, cases[i].attributes, "attributes");
        is_int(q.start_index, cases[i].start, "startIndex");
        is_int(q.count, cases[i].count, "count");
    }

    /* a long list must not be joined again for each of its names */

    fixture_reset();
    (void) parse("", &q);

    many = scim_calloc(&arena.alloc, 4 * 50000 + 32);
    strcpy(many, "{\"attributes\":[");

    for (i = strlen(many); i < 4 * 50000; i += 4) {
        memcpy(many + i, "\"a\",", 4);
    }

    strcpy(many + i - 1, "]}");
    body = tree(many);
    arena.left = 1;

    is_int(scim_query_parse_body(&arena.alloc, body, 1000, &q, &err), SCIM_OK,
           "many names take one allocation");
}


static int
exhaust_body(arena_t *local, void *arg)
{
    int            rc;
    cJSON         *body;
    scim_error_t   e;
    scim_query_t   q;

    memset(&q, 0, sizeof(q));

    rc = scim_json_parse(&local->alloc, arg, strlen(arg), &body, &e);

    if (rc == SCIM_OK) {
        rc = scim_query_parse_body(&local->alloc, body, 1000, &q, &e);
    }

    return (rc == SCIM_OK) ? !local->failed : local->failed && e.status == 500;
}


static int
exhaust(arena_t *local, void *arg)
{
    int            rc;
    scim_error_t   e;
    scim_query_t   q;

    rc = scim_query_parse(&local->alloc, arg, strlen(arg), 100, 1000, &q, &e);

    if (rc == SCIM_OK) {
        rc = scim_query_resolve(&local->alloc, user, &q, &e);
    }

    return (rc == SCIM_OK) ? !local->failed : local->failed && e.status == 500;
}


int
main(void)
{
    fixture_init();

    test_parse();
    test_cursor();
    test_across();
    test_resolve();
    test_sort();
    test_body();

    ok(arena_exhaust(exhaust_body, "{\"attributes\":[\"a\",\"b\"],\"filter\":"
                     "\"x\"}"),
       "out of memory at every allocation of a body");
    ok(arena_exhaust(exhaust, "filter=userName+eq+%22k%22&attributes=userName,"
                     "emails&count=1"),
       "out of memory at every allocation");

    return fixture_done();
}
