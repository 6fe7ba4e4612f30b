/*
 * scim_filter.c, scim_match.c
 */

#include "tap.h"
#include "arena.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/schema/scim_registry.h"
#include "scim/schema/scim_schema.h"
#include "scim/schema/scim_schema_read.h"
#include "scim/filter/scim_filter.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/filter/scim_match.h"


#define N(table)    (sizeof(table) / sizeof((table)[0]))

#define CORE        "urn:ietf:params:scim:schemas:core:2.0:"
#define ENTERPRISE                                                            \
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
#define CUSTOM      "urn:example:1.0:Things"

#define OPS                                                                   \
    "expected an operator (eq, ne, co, sw, ew, gt, ge, lt, le or pr)"


typedef struct {
    const scim_rtype_t   *rt;
    const scim_filter_t  *filter;
    const cJSON          *resource;
    const char           *text;
} exhaust_t;


static arena_t              arena;
static scim_registry_t     *registry;
static const scim_rtype_t  *user, *group, *thing;
static cJSON               *kim, *tour, *empty, *things, *wrong;


/* an attribute of each type, and one that is never shown */

static const char  custom_schema[] =
    "{\"id\":\"" CUSTOM "\",\"name\":\"Things\",\"attributes\":["
    "{\"name\":\"number\",\"type\":\"integer\"},"
    "{\"name\":\"weight\",\"type\":\"decimal\"},"
    "{\"name\":\"since\",\"type\":\"dateTime\"},"
    "{\"name\":\"data\",\"type\":\"binary\"},"
    "{\"name\":\"flag\",\"type\":\"boolean\"},"
    "{\"name\":\"link\",\"type\":\"reference\"},"
    "{\"name\":\"tags\",\"type\":\"string\",\"multiValued\":true},"
    "{\"name\":\"code\",\"type\":\"string\",\"caseExact\":true},"
    "{\"name\":\"secret\",\"type\":\"string\",\"returned\":\"never\"},"
    "{\"name\":\"vault\",\"type\":\"complex\",\"returned\":\"never\","
    "\"subAttributes\":[{\"name\":\"value\",\"type\":\"string\"},"
    "{\"name\":\"door\",\"type\":\"string\"}]},"
    "{\"name\":\"logins\",\"type\":\"complex\",\"multiValued\":true,"
    "\"subAttributes\":[{\"name\":\"at\",\"type\":\"dateTime\"},"
    "{\"name\":\"from\",\"type\":\"string\",\"multiValued\":true},"
    "{\"name\":\"count\",\"type\":\"integer\"}]}"
    "]}";

static const char  custom_rtype[] =
    "{\"id\":\"Thing\",\"name\":\"Thing\",\"endpoint\":\"/Things\","
    "\"schema\":\"" CUSTOM "\"}";

static const char  kim_json[] =
    "{\"schemas\":[\"" CORE "User\",\"" ENTERPRISE "\"],"
    "\"id\":\"5b1f\",\"externalId\":\"Kode\","
    "\"meta\":{\"resourceType\":\"User\","
    "\"created\":\"2011-08-01T18:29:49.793Z\","
    "\"lastModified\":\"2015-10-10T21:38:21Z\",\"version\":\"W/\\\"3\\\"\"},"
    "\"userName\":\"Kim.Ode@fabrikam.example\","
    "\"name\":{\"familyName\":\"O'Brion\",\"givenName\":\"Kim\"},"
    "\"displayName\":\"K\xc3\x89NIG \\\"x\\\"\","
    "\"title\":\"\",\"active\":true,"
    "\"emails\":["
    "{\"value\":\"kim@fabrikam.example\",\"type\":\"work\",\"primary\":true},"
    "{\"value\":\"kim@home.example\",\"type\":\"home\"}],"
    "\"addresses\":[{\"locality\":\"Hollywood\",\"type\":\"work\"}],"
    "\"groups\":[{\"value\":\"g1\",\"display\":\"Tour Guides\"}],"
    "\"" ENTERPRISE "\":{\"department\":\"Ops\",\"employeeNumber\":\"007\","
    "\"manager\":{\"value\":\"8d1c\",\"displayName\":\"Alex\"}}}";

static const char  tour_json[] =
    "{\"schemas\":[\"" CORE "Group\"],\"id\":\"g1\","
    "\"displayName\":\"Tour Guides\","
    "\"members\":[{\"value\":\"5b1f\",\"type\":\"User\"},"
    "{\"value\":\"77aa\",\"type\":\"User\"}]}";

static const char  thing_json[] =
    "{\"number\":9007199254740993,\"weight\":1.5,"
    "\"since\":\"2011-05-13T04:42:34+02:00\",\"data\":\"Zm9v\",\"flag\":false,"
    "\"link\":\"https://h/x\",\"tags\":[\"Red\",\"blue\"],\"code\":\"AbC\","
    "\"logins\":[{\"at\":\"2020-01-01T00:00:00Z\",\"from\":[\"a\",\"b\"],"
    "\"count\":3},{\"at\":\"2021-01-01T00:00:00Z\",\"from\":[\"c\"],"
    "\"count\":-9007199254740995}]}";

/* nothing here is of the type that the schema has */

static const char  wrong_json[] =
    "{\"userName\":7,\"active\":\"true\",\"name\":\"x\",\"emails\":"
    "[\"x\",[1],{\"value\":{}},null,{\"value\":true}],"
    "\"displayName\":[[\"x\"]],"
    "\"meta\":[{\"created\":\"yesterday\",\"lastModified\":5}],"
    "\"" ENTERPRISE "\":\"x\",\"roles\":{\"value\":[\"a\",3]}}";


static cJSON *
json(const char *text)
{
    cJSON         *tree;
    scim_error_t   err;

    if (scim_json_parse(&arena.alloc, text, strlen(text), &tree, &err)
        != SCIM_OK)
    {
        printf("Bail out! %s\n", err.detail);
        exit(1);
    }

    return tree;
}


static void
setup(void)
{
    scim_error_t  err;

    registry = scim_registry_create(&arena.alloc, &err);

    if (registry == NULL
        || scim_registry_add_schema(registry, &arena.alloc,
                                    json(custom_schema), &err) != SCIM_OK
        || scim_registry_add_rtype(registry, &arena.alloc, json(custom_rtype),
                                   &err) != SCIM_OK)
    {
        printf("Bail out! %s\n", err.detail);
        exit(1);
    }

    user = scim_registry_rtype(registry, "User");
    group = scim_registry_rtype(registry, "Group");
    thing = scim_registry_rtype(registry, "Thing");

    kim = json(kim_json);
    tour = json(tour_json);
    things = json(thing_json);
    empty = json("{}");
    wrong = json(wrong_json);
}


/* a parsed filter as text, with all brackets and full names */

static const char *
dump(const scim_rtype_t *rt, const scim_filter_t *f)
{
    const char  *path;

    static const char  *ops[] = {
        "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"
    };
    static const char   kinds[] = "0bndt";

    path = f->attr ? scim_attr_path(&arena.alloc, rt, f->attr) : NULL;

    switch (f->kind) {

    case SCIM_FILTER_AND:
        return scim_sprintf(&arena.alloc, "(%s & %s)", dump(rt, f->left),
                            dump(rt, f->right));

    case SCIM_FILTER_OR:
        return scim_sprintf(&arena.alloc, "(%s | %s)", dump(rt, f->left),
                            dump(rt, f->right));

    case SCIM_FILTER_NOT:
        return scim_sprintf(&arena.alloc, "!%s", dump(rt, f->left));

    case SCIM_FILTER_VALUE_PATH:
        return scim_sprintf(&arena.alloc, "%s[%s]", path, dump(rt, f->left));

    default:
        return (f->op == SCIM_PR)
               ? scim_sprintf(&arena.alloc, "%s pr", path)
               : scim_sprintf(&arena.alloc, "%s %s %c:%s", path, ops[f->op],
                              kinds[f->value.kind], f->value.text);
    }
}


static void
test_parse(void)
{
    size_t          i;
    scim_error_t    err;
    scim_filter_t  *filter;

    static const struct {
        const char  *text;
        const char  *tree;
    } cases[] = {
        { "userName pr", "userName pr" },
        { "userName pr or title pr and active pr",
          "(userName pr | (title pr & active pr))" },
        { "userName pr and title pr or active pr",
          "((userName pr & title pr) | active pr)" },
        { "userName pr and (title pr or active pr)",
          "(userName pr & (title pr | active pr))" },
        { "userName pr and title pr and active pr",
          "((userName pr & title pr) & active pr)" },
        { "userName pr or title pr or active pr",
          "((userName pr | title pr) | active pr)" },
        { "not (userName pr) and title pr", "(!userName pr & title pr)" },
        { "not (userName pr and title pr)", "!(userName pr & title pr)" },
        { "NOT(userName pr)AND(title PR)", "(!userName pr & title pr)" },
        { "not (not (userName pr))", "!!userName pr" },
        { " \t( ( userName  Pr ) )\t", "userName pr" },
        { "(userName pr)or(title pr)", "(userName pr | title pr)" },
        { "userName eq \"x\"and title pr", "(userName eq t:x & title pr)" },
        { "userName eq\"x\"", "userName eq t:x" },

        { "DisplayName eq \"Kim\"", "displayName eq t:Kim" },
        { "ID eq 5", "id eq t:5" },
        { "externalId eq kode", "externalId eq t:kode" },
        { "(externalId eq kode)", "externalId eq t:kode" },
        { "userName eq kim@x.example and title pr",
          "(userName eq t:kim@x.example & title pr)" },
        { "title eq true", "title eq t:true" },
        { "title eq \"null\"", "title eq t:null" },
        { "title eq null", "title eq 0:null" },
        { "title ne null", "title ne 0:null" },
        { "active eq null", "active eq 0:null" },
        { "emails eq null", "emails.value eq 0:null" },
        { "title eq Null", "title eq t:Null" },
        { "title eq \"\"", "title eq t:" },
        { "title eq \"a\\\"b\\u00e9\\ud83d\\ude00\"",
          "title eq t:a\"b\xc3\xa9\xf0\x9f\x98\x80" },
        { "active eq true", "active eq b:true" },
        { "active eq \"True\"", "active eq b:True" },
        { "active eq FALSE", "active eq b:FALSE" },
        { "meta.Created gt 2015-10-10T14:38:21.8617979-07:00",
          "meta.created gt d:2015-10-10T14:38:21.8617979-07:00" },

        { "manager eq \"x\"", ENTERPRISE ":manager.value eq t:x" },
        { "emails co \"x\"", "emails.value co t:x" },
        { "emails pr", "emails pr" },
        { "emails.type eq \"work\"", "emails.type eq t:work" },
        { "schemas eq \"" CORE "User\"", "schemas eq t:" CORE "User" },
        { "emails[type eq \"work\" and value co \"@x\"]",
          "emails[(emails.type eq t:work & emails.value co t:@x)]" },
        { "emails[type eq \"work\"].value eq \"x\"",
          "emails[(emails.type eq t:work & emails.value eq t:x)]" },
        { "emails[type eq work].value pr",
          "emails[(emails.type eq t:work & emails.value pr)]" },
        { "emails[ not (type pr) or primary eq true ] and userName pr",
          "(emails[(!emails.type pr | emails.primary eq b:true)] & "
          "userName pr)" },
        { "not (emails[type pr])", "!emails[emails.type pr]" },
        { "name[givenName eq \"x\"]", "name[name.givenName eq t:x]" },
        { "userType eq \"E\" and (emails co \"e\" or emails.value co \"f\")",
          "(userType eq t:E & (emails.value co t:e | emails.value co t:f))" },

        { CORE "User:userName sw \"J\"", "userName sw t:J" },
        { "URN:ietf:params:scim:schemas:CORE:2.0:user:name.familyName pr",
          "name.familyName pr" },
        { CORE "User:id eq \"x\"", "id eq t:x" },
        { CORE "User:meta.created pr", "meta.created pr" },
        { ENTERPRISE ":manager.value eq \"x\"",
          ENTERPRISE ":manager.value eq t:x" },
        { ENTERPRISE ":manager.displayName eq \"x\"",
          ENTERPRISE ":manager.displayName eq t:x" },
        { ENTERPRISE ":manager[value eq \"x\"]",
          ENTERPRISE ":manager[" ENTERPRISE ":manager.value eq t:x]" },
        { "department eq \"x\"", ENTERPRISE ":department eq t:x" },
        { "urn:scim:schemas:extension:enterprise:1.0.department eq x",
          ENTERPRISE ":department eq t:x" }
    };

    for (i = 0; i < N(cases); i++) {
        if (scim_filter_parse(&arena.alloc, user, cases[i].text, &filter, &err)
            == SCIM_OK)
        {
            is(dump(user, filter), cases[i].tree, cases[i].text);

        } else {
            is(err.detail, cases[i].tree, cases[i].text);
        }
    }
}


static void
test_errors(void)
{
    size_t          i;
    char            detail[SCIM_DETAIL_SIZE];
    scim_error_t    err;
    scim_filter_t  *filter;

    static const struct {
        const char  *text;
        int          at;
        const char  *what;
    } cases[] = {
        { "", 0, "expected an attribute name, but there it ends" },
        { "  ", 2, "expected an attribute name, but there it ends" },
        { "userName", 8, OPS ", but there it ends" },
        { "userName eq", 11,
          "expected a value, text in quotes, but there it ends" },
        { "userName xx \"a\"", 9, OPS ", not \"xx \"a\"\"" },
        { "userName eqq \"a\"", 9, OPS ", not \"eqq \"a\"\"" },
        { "userName (", 9, OPS ", not \"(\"" },
        { "userName eq )", 12, "expected a value, text in quotes, not \")\"" },
        { "userName eq (", 12, "expected a value, text in quotes, not \"(\"" },
        { "userName eq [", 12, "expected a value, text in quotes, not \"[\"" },
        { "userName eq a\"b", 12,
          "expected a value, text in quotes, not \"a\"b\"" },
        { "userName eq 'a", 14, "expected \"'\", but there it ends" },
        { "userName eq 'a\\'", 16, "expected \"'\", but there it ends" },
        { "userName eq 'a'b'", 15, "expected \"and\", \"or\" or the end: in text "
          "between apostrophes one is \"\\'\", not \"b'\"" },
        { "userName eq 'a\\x'", 12, "expected an escape that JSON has" },
        { "userName eq a'", 12, "expected a value, text in quotes, not \"a'\"" },
        { "userName eq `a`", 12,
          "expected a value, text in quotes, not \"`a`\"" },
        { "userName eq \xe2\x80\x9c" "a\xe2\x80\x9d", 12,
          "expected a value, text in quotes, not \"\xe2\x80\x9c" "a\xe2\x80\x9d\""
        },
        { "userName eq \"a", 14, "expected a closing quote" },
        { "userName eq \"\\u0000\"", 13, "expected no U+0000" },
        { "userName eq \"\\ud800\"", 13, "expected a whole surrogate pair" },
        { "userName eq \"a\" title pr", 16,
          "expected \"and\", \"or\" or the end, not \"title pr\"" },
        { "userName pr)", 11,
          "expected \"and\", \"or\" or the end, not \")\"" },
        { "userName pr]", 11,
          "expected \"and\", \"or\" or the end, not \"]\"" },
        { "(userName pr", 12,
          "expected \"and\", \"or\" or \")\", but there it ends" },
        { "(userName pr]", 12, "expected \"and\", \"or\" or \")\", not \"]\"" },
        { "()", 1, "expected an attribute name, not \")\"" },
        { "userName pr and", 15,
          "expected an attribute name, but there it ends" },
        { "userName pr or or", 15, "User has no attribute \"or\"" },
        { "and userName pr", 0, "User has no attribute \"and\"" },
        { "not userName pr", 4,
          "expected \"(\" after \"not\", not \"userName pr\"" },
        { "not", 3, "expected \"(\" after \"not\", but there it ends" },
        { "\"userName\" eq \"a\"", 0,
          "expected an attribute name, not \"\"userName\" eq \"a\"\"" },

        { "usrName eq \"a\"", 0, "User has no attribute \"usrName\"" },
        { "title pr and name.foo pr", 13,
          "User has no attribute \"name.foo\"" },
        { "a.b.c pr", 0, "User has no attribute \"a.b.c\"" },
        { "name. pr", 0, "User has no attribute \"name.\"" },
        { "urn:x:userName pr", 0, "User has no attribute \"urn:x:userName\"" },
        { CORE "User pr", 0, "User has no attribute \"" CORE "User\"" },
        { ENTERPRISE " pr", 0, "User has no attribute \"" ENTERPRISE "\"" },
        { ENTERPRISE ":userName pr", 0, "User has no attribute \""
          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:userN\""
        },
        { "emails[foo pr]", 7, "emails has no attribute \"foo\"" },
        { "emails[emails.type pr]", 7,
          "emails has no attribute \"emails.type\"" },
        { "emails[type pr].foo pr", 16, "emails has no attribute \"foo\"" },
        { "emails[type pr]. pr", 16,
          "expected an attribute name, not \" pr\"" },
        { "emails[type pr].value", 21, OPS ", but there it ends" },
        { "emails[type pr", 14,
          "expected \"and\", \"or\" or \"]\", but there it ends" },
        { "emails[type pr)", 14,
          "expected \"and\", \"or\" or \"]\", not \")\"" },
        { "emails[]", 7, "expected an attribute name, not \"]\"" },
        { "emails[type[value pr]]", 7, "\"type\" has no sub-attributes" },
        { "emails.type[value pr]", 0, "\"type\" has no sub-attributes" },
        { "userName[value pr]", 0, "\"userName\" has no sub-attributes" },
        { "emails[type pr] pr", 16,
          "expected \"and\", \"or\" or the end, not \"pr\"" },

        { "name eq \"x\"", 0, "\"name\" needs a sub-attribute: formatted, "
          "familyName, givenName, middleName, honorificPrefix, "
          "honorificSuffix" },
        { "title pr and addresses co \"x\"", 13, "\"addresses\" needs a "
          "sub-attribute: formatted, streetAddress, locality, region, "
          "postalCode, country, type, primary" },
        { "password eq \"x\"", 0, "\"password\" is never shown, so nothing can "
          "be filtered by it" },
        { "password pr", 0, "\"password\" is never shown, so nothing can be "
          "filtered by it" },

        { "active gt true", 7, "\"active\" does not have the operator \"gt\"" },
        { "active co \"t\"", 7,
          "\"active\" does not have the operator \"co\"" },
        { "meta.created sw \"2\"", 13,
          "\"created\" does not have the operator \"sw\"" },
        { "x509Certificates GE \"x\"", 17,
          "\"value\" does not have the operator \"ge\"" },
        { "active eq \"yes\"", 10,
          "\"active\" is compared with true or false, not \"yes\"" },
        { "active eq 1", 10,
          "\"active\" is compared with true or false, not \"1\"" },
        { "meta.created gt \"today\"", 16, "\"created\" is compared with a "
          "dateTime such as \"2026-01-31T08:00:00Z\", not \"today\"" },
        { "title gt null", 9, "null goes only with eq and ne" },
        { "active co null", 7,
          "\"active\" does not have the operator \"co\"" },
        { "title eq \"\xff\"", 10, "invalid UTF-8" },
        { "title eq \xc3", 9, "invalid UTF-8" }
    };

    for (i = 0; i < N(cases); i++) {
        ok(scim_filter_parse(&arena.alloc, user, cases[i].text, &filter, &err)
           == SCIM_ERROR && err.status == 400
           && err.type == SCIM_TYPE_INVALID_FILTER, "refused: %s",
           cases[i].text);

        snprintf(detail, sizeof(detail), "invalid filter at offset %d: %s",
                 cases[i].at, cases[i].what);
        is(err.detail, detail, cases[i].what);
    }

    ok(scim_filter_parse(&arena.alloc, group, "userName pr", &filter, &err)
       == SCIM_ERROR, "a group has no userName");
    is(err.detail, "invalid filter at offset 0: Group has no attribute "
       "\"userName\"", "and this is told");
}


static void
test_custom_errors(void)
{
    size_t          i;
    scim_error_t    err;
    scim_filter_t  *filter;

    static const char  *bad[] = {
        "number eq \"x\"", "number eq 1x", "number sw 1", "weight ew 1",
        "since eq 2011", "data gt \"Zg==\"", "flag lt true", "secret pr",
        "vault eq \"x\"", "vault pr", "vault.door pr", "vault[door pr]",
        "logins eq \"x\""
    };

    for (i = 0; i < N(bad); i++) {
        ok(scim_filter_parse(&arena.alloc, thing, bad[i], &filter, &err)
           == SCIM_ERROR && err.type == SCIM_TYPE_INVALID_FILTER,
           "refused: %s", bad[i]);
    }
}


static const char *
repeat(const char *head, const char *unit, size_t n, const char *tail)
{
    char   *text, *p;
    size_t  i;

    text = p = scim_alloc(&arena.alloc, strlen(head) + n * strlen(unit)
                                        + strlen(tail) + 1);

    p += sprintf(p, "%s", head);

    for (i = 0; i < n; i++) {
        p += sprintf(p, "%s", unit);
    }

    sprintf(p, "%s", tail);

    return text;
}


static void
test_bounds(void)
{
    const char     *text;
    scim_error_t    err;
    scim_filter_t  *filter;

    text = repeat("title pr", " or title pr", SCIM_FILTER_TERMS - 1, "");
    is_int(scim_filter_parse(&arena.alloc, user, text, &filter, &err), SCIM_OK,
           "as many comparisons as may be");
    is_int(scim_filter_match(&arena.alloc, user, filter, empty), 0,
           "are evaluated");

    text = repeat("title pr", " or title pr", SCIM_FILTER_TERMS, "");
    is_int(scim_filter_parse(&arena.alloc, user, text, &filter, &err),
           SCIM_ERROR, "one more");
    is(err.detail, "invalid filter at offset 1536: more than 128 comparisons",
       "is told");

    text = repeat("", "(", SCIM_FILTER_DEPTH,
                  repeat("title pr", ")", SCIM_FILTER_DEPTH, ""));
    is_int(scim_filter_parse(&arena.alloc, user, text, &filter, &err), SCIM_OK,
           "as deep as may be");

    text = repeat("", "not (", SCIM_FILTER_DEPTH + 1, "title pr");
    is_int(scim_filter_parse(&arena.alloc, user, text, &filter, &err),
           SCIM_ERROR, "one deeper");
    is(err.detail, "invalid filter at offset 164: nested deeper than 32",
       "is told");

    text = repeat("", "(", SCIM_FILTER_DEPTH, "emails[type pr]");
    is_int(scim_filter_parse(&arena.alloc, user, text, &filter, &err),
           SCIM_ERROR, "a value path counts too");

    text = repeat("title eq \"", "x", SCIM_FILTER_LENGTH - 11, "\"");
    is_int(scim_filter_parse(&arena.alloc, user, text, &filter, &err), SCIM_OK,
           "as long as may be");

    text = repeat("title eq \"", "x", SCIM_FILTER_LENGTH - 10, "\"");
    is_int(scim_filter_parse(&arena.alloc, user, text, &filter, &err),
           SCIM_ERROR, "one byte more");
    is(err.detail, "invalid filter at offset 8192: a filter has at most 8192 "
       "bytes", "is told");

    text = repeat("title xx ", "\xe2\x82\xac", 100, "");
    scim_filter_parse(&arena.alloc, user, text, &filter, &err);
    is(err.detail, repeat("invalid filter at offset 6: " OPS ", not \"xx ",
                          "\xe2\x82\xac", 20, "\""),
       "what is quoted is cut between two characters");
}


static void
check_match(const scim_rtype_t *rt, const char *text, const cJSON *resource,
    int expected)
{
    scim_error_t    err;
    scim_filter_t  *filter;

    if (scim_filter_parse(&arena.alloc, rt, text, &filter, &err) != SCIM_OK) {
        ok(0, "%s: %s", text, err.detail);
        return;
    }

    is_int(scim_filter_match(&arena.alloc, rt, filter, resource), expected,
           text);
}


static void
test_match_user(void)
{
    size_t  i;

    static const struct {
        const char  *text;
        int          kim;
        int          empty;
    } cases[] = {
        { "userName eq \"kim.ode@FABRIKAM.example\"", 1, 0 },
        { "userName eq \"kim\"", 0, 0 },
        { "userName ne \"kim\"", 1, 1 },
        { "userName ne \"kim.ode@fabrikam.example\"", 0, 1 },
        { "userName sw \"KIM\"", 1, 0 },
        { "userName sw \"kim.ode@fabrikam.example.\"", 0, 0 },
        { "userName ew \".EXAMPLE\"", 1, 0 },
        { "userName ew \"xkim.ode@fabrikam.example\"", 0, 0 },
        { "userName ew \"fabrikam\"", 0, 0 },
        { "userName co \"@Fab\"", 1, 0 },
        { "userName co \"@@\"", 0, 0 },
        { "userName co \"\"", 1, 0 },
        { "userName gt \"kim.ode@a\"", 1, 0 },
        { "userName gt \"kim.ode@fabrikam.example\"", 0, 0 },
        { "userName ge \"kim.ode@fabrikam.example\"", 1, 0 },
        { "userName lt \"kim.ode@fabrikam.example\"", 0, 0 },
        { "userName lt \"L\"", 1, 0 },
        { "userName le \"kim.ode@fabrikam.example\"", 1, 0 },
        { "userName pr", 1, 0 },
        { "externalId eq kode", 0, 0 },
        { "externalId eq Kode", 1, 0 },
        { "id eq \"5B1F\"", 0, 0 },
        { "title pr", 0, 0 },
        { "title eq null", 1, 1 },
        { "title ne null", 0, 0 },
        { "userName eq null", 0, 1 },
        { "userName ne null", 1, 0 },
        { "title ne \"x\"", 1, 1 },
        { "active eq true", 1, 0 },
        { "active eq \"True\"", 1, 0 },
        { "active eq false", 0, 0 },
        { "active ne false", 1, 1 },
        { "active pr", 1, 0 },
        { "name.familyName eq \"o'brion\"", 1, 0 },
        { "name.familyName eq 'o\\'brion'", 1, 0 },
        { "(name.familyName eq 'O\\u0027Brion')", 1, 0 },
        { "name[familyName eq 'o\\'brion']", 1, 0 },
        { "name.familyName eq O'Brion", 1, 0 },
        { "name.familyName eq ''", 0, 0 },
        { "active eq 'True'", 1, 0 },
        { "displayName eq 'k\xc3\xa9nig \"X\"'", 1, 0 },
        { "displayName eq 'k\xc3\xa9nig \\\"X\\\"'", 1, 0 },
        { "name pr", 1, 0 },
        { "name[givenName eq \"kim\" and familyName sw \"o\"]", 1, 0 },
        { "displayName eq \"k\xc3\xb6nig \\\"X\\\"\"", 0, 0 },
        { "displayName eq \"k\xc3\xa9nig \\\"X\\\"\"", 1, 0 },
        { "displayName sw \"KE\xcc\x81\"", 1, 0 },
        { "schemas eq \"urn:ietf:params:scim:schemas:core:2.0:USER\"", 1, 0 },
        { "schemas eq \"" ENTERPRISE "\"", 1, 0 },
        { "schemas eq \"urn:x\"", 0, 0 },
        { "meta.resourceType eq \"User\"", 1, 0 },
        { "meta.created lt \"2011-08-01T20:29:49.794+02:00\"", 1, 0 },
        { "meta.created eq \"2011-08-01T20:29:49.793+02:00\"", 1, 0 },
        { "meta.lastModified gt \"2011-05-13T04:42:34Z\"", 1, 0 },
        { "meta.lastModified gt 2015-10-10T14:38:21.8617979-07:00", 0, 0 },
        { "meta.lastModified ge 2015-10-10T14:38:21-07:00", 1, 0 },
        { "meta.lastModified ne 2015-10-10T14:38:21-07:00", 0, 1 },
        { "emails pr", 1, 0 },
        { "emails.type eq \"home\"", 1, 0 },
        { "emails ne \"kim@home.example\"", 1, 1 },
        { "emails co \"@HOME\"", 1, 0 },
        { "emails[type eq \"work\" and value co \"@home\"]", 0, 0 },
        { "emails[type eq \"work\" and value co \"@fab\"]", 1, 0 },
        { "emails.type eq \"work\" and emails.value co \"@home\"", 1, 0 },
        { "emails[type eq \"home\"].value eq \"kim@home.example\"", 1, 0 },
        { "emails[type eq \"work\"].value eq \"kim@home.example\"", 0, 0 },
        { "emails[type eq \"other\"]", 0, 0 },
        { "not (emails[type eq \"other\"])", 1, 1 },
        { "emails[primary eq true]", 1, 0 },
        { "emails[primary eq null].value sw \"kim\"", 1, 0 },
        { "emails[not (type eq \"work\")]", 1, 0 },
        { "emails.primary eq \"TRUE\"", 1, 0 },
        { "addresses.locality eq \"hollywood\"", 1, 0 },
        { "addresses[type eq \"home\" or locality sw \"Holly\"]", 1, 0 },
        { "groups eq \"g1\"", 1, 0 },
        { "groups.display eq \"tour guides\"", 1, 0 },
        { "manager eq \"8d1c\"", 1, 0 },
        { "id eq \"5b1f\" and manager eq \"8d1c\"", 1, 0 },
        { ENTERPRISE ":manager.displayName eq \"alex\"", 1, 0 },
        { ENTERPRISE ":department eq \"ops\"", 1, 0 },
        { "employeeNumber eq 007", 1, 0 },
        { "employeeNumber eq 7", 0, 0 },
        { "userName pr or title pr", 1, 0 },
        { "title pr or userName pr", 1, 0 },
        { "userName pr and title pr", 0, 0 },
        { "not (userName pr)", 0, 1 },
        { "roles pr", 0, 0 },
        { "x509Certificates pr", 0, 0 }
    };

    for (i = 0; i < N(cases); i++) {
        check_match(user, cases[i].text, kim, cases[i].kim);
        check_match(user, cases[i].text, empty, cases[i].empty);
    }
}


static void
test_match_other(void)
{
    size_t  i;

    static const struct {
        const char  *text;
        int          match;
    } groups[] = {
        { "displayName eq \"TOUR guides\"", 1 },
        { "id eq \"g1\" and members eq \"77aa\"", 1 },
        { "members eq \"77ab\"", 0 },
        { "members[value eq \"5b1f\" and type eq \"user\"]", 1 },
        { "members.type ne \"User\"", 0 },
        { CORE "Group:displayName pr", 1 }

    }, customs[] = {
        { "number eq 9007199254740993", 1 },
        { "number eq \"9007199254740993\"", 1 },
        { "number eq +09007199254740993", 1 },
        { "number eq 9007199254740992", 0 },
        { "number gt 9007199254740992", 1 },
        { "number lt 9007199254740994", 1 },
        { "number lt 10000000000000000", 1 },
        { "number lt 9007199254740992.0", 0 },
        { "number gt 1", 1 }, { "number lt 1", 0 }, { "number ne 1", 1 },
        { "weight eq 1.50", 1 }, { "weight le 1.5", 1 }, { "weight ge 2", 0 },
        { "weight eq 15e-1", 1 },
        { "logins.count lt -9007199254740994", 1 },
        { "logins.count eq -9007199254740995", 1 },
        { "logins.count eq -9007199254740996", 0 },
        { "logins.count gt -9007199254740996", 1 },
        { "logins[count eq 3 and from eq \"b\"]", 1 },
        { "logins[count eq 3 and from eq \"c\"]", 0 },
        { "logins.from eq \"c\"", 1 },
        { "logins[at gt 2020-06-01T00:00:00Z].count lt 0", 1 },
        { "logins pr", 1 },
        { "since eq 2011-05-13T02:42:34Z", 1 },
        { "since gt 2011-05-13T02:42:34Z", 0 },
        { "data eq \"Zm9v\"", 1 }, { "data eq \"zm9v\"", 0 },
        { "data sw \"Zm\"", 1 },
        { "flag eq false", 1 }, { "flag pr", 1 }, { "flag ne true", 1 },
        { "link sw \"https:\"", 1 }, { "link sw \"HTTPS:\"", 0 },
        { "tags eq \"red\"", 1 }, { "tags co \"LU\"", 1 },
        { "tags ne \"red\"", 1 }, { "tags eq \"green\"", 0 },
        { "code eq \"AbC\"", 1 }, { "code eq \"abc\"", 0 },
        { CUSTOM ":code eq \"AbC\"", 1 },
        { "code eq null or tags pr", 1 }

    }, wrongs[] = {
        { "userName eq \"7\"", 0 }, { "userName ne \"7\"", 0 },
        { "userName pr", 1 },
        { "active eq true", 0 }, { "active ne true", 0 },
        { "name.givenName eq \"x\"", 0 }, { "name[givenName ne \"x\"]", 0 },
        { "name.givenName ne \"x\"", 1 },
        { "emails eq \"x\"", 0 }, { "emails[value eq \"x\"]", 0 },
        { "emails[not (value eq \"y\")]", 1 },
        { "displayName eq \"x\"", 0 },
        { "meta.created gt 2000-01-01T00:00:00Z", 0 },
        { "meta.lastModified gt 2000-01-01T00:00:00Z", 0 },
        { "department eq \"x\"", 0 }, { "manager eq \"x\"", 0 },
        { "roles eq \"a\"", 1 }, { "roles eq \"3\"", 0 }
    };

    for (i = 0; i < N(groups); i++) {
        check_match(group, groups[i].text, tour, groups[i].match);
    }

    for (i = 0; i < N(customs); i++) {
        check_match(thing, customs[i].text, things, customs[i].match);
    }

    for (i = 0; i < N(wrongs); i++) {
        check_match(user, wrongs[i].text, wrong, wrongs[i].match);
    }

    check_match(thing, "number eq 1", json("{\"number\":true}"), 0);
    check_match(user, "userName pr", json("[]"), 0);

    /* a number that a double holds, beside one that none does */

    check_match(thing, "number eq 9007199254740993",
                json("{\"number\":9007199254740992}"), 0);
    check_match(thing, "number lt 9007199254740993",
                json("{\"number\":9007199254740992}"), 1);
    check_match(thing, "number gt -9007199254740993",
                json("{\"number\":-9007199254740992}"), 1);
    check_match(thing, "number eq 9007199254740992",
                json("{\"number\":9007199254740992}"), 1);
    check_match(thing, "number eq 1e22", json("{\"number\":1e22}"), 1);

    check_match(thing, "logins[not (count eq 1)]", json("{\"logins\":[{}]}"),
                0);
    check_match(user, "userName pr", json("[1,2]"), 0);
}


static void
test_inner(void)
{
    size_t              i;
    const char         *p;
    scim_error_t        err;
    scim_filter_t      *filter;
    const scim_attr_t  *emails;

    static const struct {
        const char  *text;
        const char  *result;
    } cases[] = {
        { "type eq \"work\"]", "emails.type eq t:work" },
        { "type eq \"work\"].value", "emails.type eq t:work" },
        { " primary eq \"True\" and value pr ] rest",
          "(emails.primary eq b:True & emails.value pr)" },
        { "type eq work]", "emails.type eq t:work" },
        { "type eq \"]\"]", "emails.type eq t:]" },
        { "type eq \"work\"", "invalid path at offset 21: expected \"and\", "
          "\"or\" or \"]\", but there it ends" },
        { "type eq \"work\" x]", "invalid path at offset 22: expected \"and\", "
          "\"or\" or \"]\", not \"x]\"" },
        { "", "invalid path at offset 7: expected an attribute name, but there "
          "it ends" },
        { "foo pr]", "invalid path at offset 7: emails has no attribute "
          "\"foo\"" },
        { "id pr]", "invalid path at offset 7: emails has no attribute "
          "\"id\"" }
    };

    emails = scim_rtype_attr(user, "emails", 6);

    for (i = 0; i < N(cases); i++) {
        p = scim_sprintf(&arena.alloc, "emails[%s", cases[i].text);

        if (scim_filter_parse_inner(&arena.alloc, emails, p,
                                    &(const char *) { p + 7 }, &filter, &err)
            == SCIM_OK)
        {
            is(dump(user, filter), cases[i].result, cases[i].text);

        } else {
            is(err.detail, cases[i].result, cases[i].text);
            ok(err.type == SCIM_TYPE_INVALID_PATH, "is an invalidPath");
        }
    }

    p = "type eq \"work\"].value";
    scim_filter_parse_inner(&arena.alloc, emails, p, &p, &filter, &err);
    is(p, "].value", "it stops at the closing bracket");

    is_int(scim_filter_match_value(&arena.alloc, filter,
                                   json("{\"type\":\"WORK\"}")), 1,
           "a value matches");
    is_int(scim_filter_match_value(&arena.alloc, filter,
                                   json("{\"type\":\"home\"}")), 0,
           "a value does not");
    is_int(scim_filter_match_value(&arena.alloc, filter, json("\"work\"")), 0,
           "no object, no match");
}


static void
test_uses(void)
{
    size_t              i;
    scim_error_t        err;
    scim_filter_t      *filter;
    const scim_attr_t  *groups;

    static const struct {
        const char  *text;
        int          uses;
    } cases[] = {
        { "groups eq \"x\"", 1 }, { "groups pr", 1 },
        { "groups.display eq \"x\"", 1 }, { "groups[type pr]", 1 },
        { "userName pr", 0 }, { "emails[type pr]", 0 },
        { "userName pr and not (title pr or groups.value eq \"x\")", 1 },
        { "userName pr and not (title pr or roles.value eq \"x\")", 0 }
    };

    groups = scim_rtype_attr(user, "groups", 6);

    for (i = 0; i < N(cases); i++) {
        scim_filter_parse(&arena.alloc, user, cases[i].text, &filter, &err);
        is_int(scim_filter_uses(filter, groups), cases[i].uses, cases[i].text);
    }

    is_int(scim_filter_uses(NULL, groups), 0, "no filter uses nothing");

    scim_filter_parse(&arena.alloc, user, "groups.type pr", &filter, &err);
    is_int(scim_filter_uses(filter, scim_attr_sub(groups, "type", 4)), 1,
           "a sub-attribute itself");
    is_int(scim_filter_uses(filter, scim_attr_sub(groups, "value", 5)), 0,
           "another sub-attribute");
}


static int
exhaust_parse(arena_t *local, void *arg)
{
    exhaust_t      *x = arg;
    scim_error_t    err;
    scim_filter_t  *filter;

    if (scim_filter_parse(&local->alloc, x->rt, x->text, &filter, &err)
        == SCIM_OK)
    {
        return !local->failed;
    }

    return local->failed && err.status == 500 && err.detail[0] == '\0';
}


static int
exhaust_match(arena_t *local, void *arg)
{
    int         rc;
    exhaust_t  *x = arg;

    rc = scim_filter_match(&local->alloc, x->rt, x->filter, x->resource);

    return rc == (local->failed ? SCIM_ERROR : 0);
}


static void
test_exhaust(void)
{
    exhaust_t       x;
    scim_error_t    err;
    scim_filter_t  *filter;

    x.rt = user;
    x.text = "not (userName eq \"k\" or emails[type eq work].value co \"x\") "
             "and not (displayName ew \"\xc3\xa9\" and active eq true)";
    ok(arena_exhaust(exhaust_parse, &x), "parsing without memory");

    scim_filter_parse(&arena.alloc, user, "not (userName eq \"k\") and not "
                      "(displayName eq \"\xc3\xa9\") and emails[not (type eq "
                      "\"x\")] and title pr", &filter, &err);
    x.filter = filter;
    x.resource = kim;
    ok(arena_exhaust(exhaust_match, &x), "matching without memory");
}


/* however many terms there are, a value is folded once */

static void
test_many_terms(void)
{
    int             i, rc;
    char            text[8192], list[8192];
    cJSON          *doc;
    arena_t         local;
    exhaust_t       x;
    scim_error_t    err;
    scim_filter_t  *filter;

    strcpy(list, "{\"emails\":[");

    for (i = 0; i < 200; i++) {
        sprintf(list + strlen(list), "%s{\"value\":\"\xc3\x84%d\"}",
                i ? "," : "", i);
    }

    strcat(list, "]}");

    strcpy(text, "emails co \"x\"");

    for (i = 0; i < 60; i++) {
        sprintf(text + strlen(text), " or emails[value eq \"x%d\"]", i);
    }

    strcat(text, " or emails[value eq \"\xc3\xa4" "199\" and not (value co "
           "\"\xc3\x84" "198\")]");

    scim_json_parse(&arena.alloc, list, strlen(list), &doc, &err);
    rc = scim_filter_parse(&arena.alloc, user, text, &filter, &err);
    is(rc == SCIM_OK ? "" : err.detail, "", "a filter of many terms");

    arena_init_failing(&local, 200 + 8);
    is_int(scim_filter_match(&local.alloc, user, filter, doc), 1,
           "matches, and folds each value once");
    arena_free(&local);

    rc = scim_filter_parse(&arena.alloc, user, "emails eq \"a\" or emails eq "
                           "\"b\" or emails eq \"c\" or emails eq \"d\" or "
                           "emails eq \"e\"", &filter, &err);
    x.rt = user;
    x.filter = filter;
    x.resource = doc;
    ok(rc == SCIM_OK && arena_exhaust(exhaust_match, &x),
       "matching many terms without memory");
}


int
main(void)
{
    scim_alloc_t  *before;

    arena_init(&arena);

    scim_json_init();
    before = scim_json_open(&arena.alloc);
    setup();

    test_parse();
    test_errors();
    test_custom_errors();
    test_bounds();
    test_match_user();
    test_match_other();
    test_inner();
    test_uses();
    test_exhaust();
    test_many_terms();

    scim_json_close(before);
    arena_free(&arena);

    return done_testing();
}
