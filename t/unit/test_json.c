/*
 * scim_json.c, scim_json_parse.c, scim_json_string.c, scim_json_print.c
 */

#include <math.h>

#include "tap.h"
#include "arena.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/json/scim_json_print.h"
#include "scim/json/scim_json_string.h"


#define N(table)  (sizeof(table) / sizeof((table)[0]))


static arena_t  arena;


/* without a NUL behind it, so that a sanitizer sees what reads too far */

static cJSON *
parse(const char *text, size_t len, scim_error_t *err)
{
    char   *copy;
    cJSON  *json;

    copy = scim_alloc(&arena.alloc, len);
    memcpy(copy, text, len);

    if (scim_json_parse(&arena.alloc, copy, len, &json, err) != SCIM_OK) {
        return NULL;
    }

    return json;
}


static const char *
reprint(const char *text)
{
    cJSON         *json;
    size_t         len;
    scim_error_t   err;

    json = parse(text, strlen(text), &err);

    return json ? scim_json_print(&arena.alloc, json, &len) : err.detail[0]
           ? scim_strndup(&arena.alloc, err.detail, strlen(err.detail)) : NULL;
}


static void
test_good(void)
{
    size_t  i;

    static const char  *same[] = {
        "{}", "[]", "\"\"", "null", "true", "false", "0", "-1", "1.5",
        "[1,2,3]", "{\"a\":1,\"b\":[{}]}", "[[],{},\"\",null,true,false]",
        "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\"", "\"/\"", "\"\x7f\"",
        "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
        "9007199254740992", "-9007199254740992", "9007199254740991",
        "9007199254740993", "-9007199254740993", "10000000000000000000",
        "123456789012345678901234567890", "1e400", "-1e400", "1e-400",
        "0.1", "123456.789012345", "0.12345678901234567",
        "0.1234567890123456789", "1e300", "5e-324", "1e+20", "1e-22",
        "1e23", "10e22", "100e21", "1E-23", "1.23456789012345e+22",
        "-1.7976931348623157e308", "2.2e-308",
        "1e99999999999999999999", "1e-99999999999999999999",
        "{\"\":1}", "{\"a\":{\"a\":{\"A\":1}}}",
        "{\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,"
        "\"9\":0,\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,"
        "\"h\":0}"
    };

    static const struct {
        const char  *text;
        const char  *printed;
    } other[] = {
        { " \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \t\r\n",
          "{\"a\":[1,2],\"b\":{}}" },
        { "[ ]", "[]" },
        { "-0", "0" }, { "0.0", "0" }, { "0e0", "0" }, { "1.50", "1.5" },
        { "1.0", "1" }, { "1e2", "100" }, { "1E+2", "100" }, { "1e-2", "0.01" },
        { "1.25e-3", "0.00125" }, { "-123.456e1", "-1234.56" },
        { "1e22", "1e+22" }, { "0.000001e10", "10000" },
        { "0e22", "0" }, { "0e23", "0e23" }, { "0e-23", "0e-23" },
        { "\"\\/\"", "\"/\"" },
        { "\"\\u0041\\u00e9\\u20AC\\ud83d\\uDe00\"",
          "\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
        { "\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"",
          "\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\"" },
        { "\"\\ud800\\udc00\\udbff\\udfff\"",
          "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"" },
        { "\"a\\\\\\\"b\"", "\"a\\\\\\\"b\"" }
    };

    for (i = 0; i < N(same); i++) {
        is(reprint(same[i]), same[i], same[i]);
    }

    for (i = 0; i < N(other); i++) {
        is(reprint(other[i].text), other[i].printed, other[i].text);
    }
}


static void
test_bad(void)
{
    size_t        i;
    char          detail[256];
    scim_error_t  err;

    static const struct {
        const char  *text;
        int          at;
        const char  *what;
    } cases[] = {
        { "", 0, "expected a value" },
        { "  ", 2, "expected a value" },
        { "\xef\xbb\xbf{}", 0, "expected a value" },
        { "nul", 0, "expected a value" },
        { "nulL", 0, "expected a value" },
        { "True", 0, "expected a value" },
        { "trux", 0, "expected a value" },
        { "falsx", 0, "expected a value" },
        { "NaN", 0, "expected a value" },
        { "Infinity", 0, "expected a value" },
        { "'a'", 0, "expected a value" },
        { "+1", 0, "expected a value" },
        { ".5", 0, "expected a value" },
        { "01", 1, "a number has no leading zeros" },
        { "-01", 2, "a number has no leading zeros" },
        { "00", 1, "a number has no leading zeros" },
        { "-", 1, "expected a digit" },
        { "-a", 1, "expected a digit" },
        { "1.", 2, "expected a digit" },
        { "1.e5", 2, "expected a digit" },
        { "1e", 2, "expected a digit" },
        { "1e+", 3, "expected a digit" },
        { "1e-x", 3, "expected a digit" },
        { "0x10", 1, "expected the end of the text" },
        { "1 2", 2, "expected the end of the text" },
        { "{}x", 2, "expected the end of the text" },
        { "truex", 4, "expected the end of the text" },
        { "[1,]", 3, "expected a value" },
        { "[,1]", 1, "expected a value" },
        { "[1 2]", 3, "expected \",\" or \"]\"" },
        { "[1", 2, "expected \",\" or \"]\"" },
        { "[", 1, "expected a value" },
        { "[1}", 2, "expected \",\" or \"]\"" },
        { "{", 1, "expected a member name in quotes" },
        { "{a:1}", 1, "expected a member name in quotes" },
        { "{1:1}", 1, "expected a member name in quotes" },
        { "{\"a\"}", 4, "expected \":\"" },
        { "{\"a\" 1}", 5, "expected \":\"" },
        { "{\"a\"", 4, "expected \":\"" },
        { "{\"a\":}", 5, "expected a value" },
        { "{\"a\":1,}", 7, "expected a member name in quotes" },
        { "{\"a\":1 \"b\":2}", 7, "expected \",\" or \"}\"" },
        { "{\"a\":1", 6, "expected \",\" or \"}\"" },
        { "{\"a\":1]", 6, "expected \",\" or \"}\"" },
        { "{\"a:1}", 6, "expected a closing quote" },
        { "/* */ 1", 0, "expected a value" },
        { "\"abc", 4, "expected a closing quote" },
        { "\"abc\\\"", 6, "expected a closing quote" },
        { "\"ab\ncd\"", 3,
          "expected no control character, or an escaped one" },
        { "\"\x01\"", 1, "expected no control character, or an escaped one" },
        { "\"\\", 1, "expected an escape that JSON has" },
        { "\"\\a\"", 1, "expected an escape that JSON has" },
        { "\"\\x41\"", 1, "expected an escape that JSON has" },
        { "\"\\'\"", 1, "expected an escape that JSON has" },
        { "\"\\U0041\"", 1, "expected an escape that JSON has" },
        { "\"\\u\"", 1, "expected four hexadecimal digits" },
        { "\"\\u12\"", 1, "expected four hexadecimal digits" },
        { "\"\\u123", 1, "expected four hexadecimal digits" },
        { "\"\\u12g4\"", 1, "expected four hexadecimal digits" },
        { "\"\\u+123\"", 1, "expected four hexadecimal digits" },
        { "\"a\\u0000b\"", 2, "expected no U+0000" },
        { "\"\\ud800\"", 1, "expected a whole surrogate pair" },
        { "\"\\ud800x\"", 1, "expected a whole surrogate pair" },
        { "\"\\ud800\\n1234\"", 1, "expected a whole surrogate pair" },
        { "\"\\ud800\\ud800\"", 1, "expected a whole surrogate pair" },
        { "\"\\ud800\\u0041\"", 1, "expected a whole surrogate pair" },
        { "\"\\udc00\"", 1, "expected a whole surrogate pair" },
        { "\"\\udc00\\ud800\"", 1, "expected a whole surrogate pair" },
        { "\"\\ud83d\\ude0\"", 1, "expected a whole surrogate pair" },
        { "[\"a\xff\"]", 3, "invalid UTF-8" },
        { "\"\xed\xa0\x80\"", 1, "invalid UTF-8" }
    };

    for (i = 0; i < N(cases); i++) {
        ok(parse(cases[i].text, strlen(cases[i].text), &err) == NULL
           && err.status == 400 && err.type == SCIM_TYPE_INVALID_SYNTAX,
           "refused: %s", cases[i].text);

        snprintf(detail, sizeof(detail), "invalid JSON at byte %d: %s",
                 cases[i].at, cases[i].what);
        is(err.detail, detail, detail);
    }

    ok(parse("\"a\0b\"", 5, &err) == NULL, "a NUL in a string");
    ok(parse("1\0", 2, &err) == NULL, "a NUL behind");
    ok(parse("12", 1, &err) != NULL, "nothing behind the length is read");
}


static void
test_twice(void)
{
    size_t        i;
    scim_error_t  err;

    static const struct {
        const char  *text;
        const char  *name;
    } cases[] = {
        { "{\"a\":1,\"a\":2}", "a" },
        { "{\"userName\":1,\"x\":0,\"USERNAME\":2}", "USERNAME" },
        { "[{\"a\":{\"b\":1,\"\\u0062\":1}}]", "b" },
        { "{\"\":1,\"\":2}", "" },
        { "{\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,"
          "\"9\":0,\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,"
          "\"9\":0}", "9" },
        { "{\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,"
          "\"9\":0,\"@\":0,\"`\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,"
          "\"C\":0}", NULL }
    };

    for (i = 0; i < N(cases); i++) {
        ok(parse(cases[i].text, strlen(cases[i].text), &err) == NULL
           && err.status == 400 && err.type == SCIM_TYPE_INVALID_SYNTAX,
           "twice: %s", cases[i].text);

        if (cases[i].name != NULL) {
            is(err.detail, scim_sprintf(&arena.alloc, "the object that ends "
               "at byte %d has the member \"%s\" twice (case does not count)",
               (int) (strchr(cases[i].text, '}') - cases[i].text),
               cases[i].name), "the name and the place are told");
        }
    }

    ok(parse("{\"@\":1,\"`\":2}", 13, &err) != NULL, "only letters have case");
    ok(parse("{\"\xc3\x89\":1,\"\xc3\xa9\":2}", 15, &err) != NULL,
       "only ASCII has case");
}


static void
test_depth(void)
{
    char          text[2 * SCIM_JSON_DEPTH + 2];
    scim_error_t  err;
    const int     n = SCIM_JSON_DEPTH;

    memset(text, '[', n + 1);
    memset(text + n + 1, ']', n + 1);

    ok(parse(text + 1, 2 * n, &err) != NULL, "as deep as may be");
    ok(parse(text, 2 * n + 2, &err) == NULL, "deeper");
    is(err.detail, "invalid JSON at byte 64: expected less nesting",
       "the place is told");
}


static void
test_large(void)
{
    int           i, n;
    char         *text, *p;
    cJSON        *json;
    size_t        len;
    scim_error_t  err;

    n = 100000;
    p = text = scim_alloc(&arena.alloc, 16 * n + 16);

    *p++ = '{';
    for (i = 0; i < n; i++) {
        p += sprintf(p, "%s\"m%d\":%d", i ? "," : "", i, i);
    }
    *p++ = '}';

    json = parse(text, p - text, &err);
    is_int(cJSON_GetArraySize(json), n, "an object with 100,000 members");

    p = scim_json_print(&arena.alloc, json, &len);
    ok(len == strlen(p) && strncmp(p, text, len) == 0, "is printed again");
    ok(scim_json_equal(json, parse(text, len, &err)), "is equal to itself");

    p = text + len - 1;
    p += sprintf(p, ",\"M500\":0}");
    ok(parse(text, p - text, &err) == NULL, "a name twice is found in it");
}


static void
test_too_many(void)
{
    int           n;
    char         *text;
    size_t        len;
    scim_error_t  err;

    for (n = 60000; n <= 60001; n++) {
        len = 2 * n + 1;
        text = scim_alloc(&arena.alloc, len);
        memset(text, '1', len);

        for (size_t i = 2; i < len; i += 2) {
            text[i] = ',';
        }

        text[0] = '[';
        text[len - 1] = ']';

        is_int(parse(text, len, &err) != NULL, n == 60000,
               "an array of 60,000 short values, and one more");
    }

    ok(strstr(err.detail, "expected fewer values") != NULL, "which is said");
}


/* more values than the limit is for short texts, and as many bytes for each as
   in the bodies of clients */

static void
test_many_members(void)
{
    int           i;
    char         *text, *p;
    size_t        k;
    scim_error_t  err;

    static const char  *forms[] = {
        "{\"value\":\"%026d\"}",
        "{\"$ref\":null,\"value\":\"%026d\"}",
        "{\"value\":\"%026d\",\"display\":\"a@b.c\"}",
        "{\"value\":\"%026d\",\"type\":\"User\",\"display\":\"K\",\"$ref\":\"\"}"
    };

    for (k = 0; k < N(forms); k++) {
        p = text = scim_alloc(&arena.alloc, 100 * 100000 + 16);
        *p++ = '[';

        for (i = 0; i < 100000; i++) {
            *p = ',';
            p += (i > 0);
            p += sprintf(p, forms[k], i);
        }

        *p++ = ']';

        is_int(cJSON_GetArraySize(parse(text, p - text, &err)), 100000,
               forms[k]);
    }
}


static void
test_nodes(void)
{
    cJSON         *json, *item;
    scim_error_t   err;
    const char    *text;

    text = "{\"a\":[1,true,\"x\"],\"b\":3e9,\"c\":-3e9,\"d\":-7}";

    json = parse(text, strlen(text), &err);
    item = scim_json_get(json, "A");
    ok(cJSON_IsArray(item), "scim_json_get() ignores case");
    ok(scim_json_get(json, "e") == NULL, "no such member");
    ok(scim_json_get(item, "a") == NULL, "an array has no members");
    ok(scim_json_get(NULL, "a") == NULL, "neither has nothing");

    ok(item->child->prev->next == NULL
       && strcmp(item->child->prev->valuestring, "x") == 0,
       "the first child's prev is the last");
    ok(item->child->next->prev == item->child, "the others' is the one before");
    is_int(item->child->next->valueint, 1, "true has 1 as valueint");
    is_int(scim_json_get(json, "b")->valueint, 2147483647, "INT_MAX at most");
    is_int(scim_json_get(json, "c")->valueint, -2147483647 - 1,
           "INT_MIN at least");
    is_int(scim_json_get(json, "d")->valueint, -7, "a small valueint");

    cJSON_AddItemToArray(item, cJSON_CreateNumber(2));
    is_int(cJSON_GetArraySize(item), 4, "cJSON can append");
    cJSON_DeleteItemFromArray(item, 3);
}


static void
test_print(void)
{
    size_t  i, len;
    cJSON   node;

    static const struct {
        double       value;
        const char  *text;
    } numbers[] = {
        { 0.1 + 0.2, "0.30000000000000004" },
        { 1.0 / 3, "0.3333333333333333" },
        { 1e15, "1000000000000000" },
        { 9007199254740992.0, "9007199254740992" },
        { 9007199254740994.0, "9007199254740994" },
        { -1.7976931348623157e308, "-1.7976931348623157e+308" },
        { 2.2250738585072014e-308, "2.2250738585072014e-308" },
        { INFINITY, "null" }, { -INFINITY, "null" }, { NAN, "null" }
    };

    for (i = 0; i < N(numbers); i++) {
        memset(&node, 0, sizeof(cJSON));
        node.type = cJSON_Number;
        node.valuedouble = numbers[i].value;
        is(scim_json_print(&arena.alloc, &node, &len), numbers[i].text,
           numbers[i].text);
        is_int(len, strlen(numbers[i].text), "its length");
    }

    memset(&node, 0, sizeof(cJSON));
    is(scim_json_print(&arena.alloc, &node, &len), "null",
       "an invalid node is null");
}


static void
test_escape(void)
{
    char    text[64];
    size_t  i;

    static const struct {
        const char  *plain;
        const char  *escaped;
    } cases[] = {
        { "", "" }, { "abc", "abc" }, { "a/b", "a/b" },
        { "\"\\", "\\\"\\\\" }, { "\b\f\n\r\t", "\\b\\f\\n\\r\\t" },
        { "\x01\x1f\x7f", "\\u0001\\u001f\x7f" },
        { "\xc3\xa9\n", "\xc3\xa9\\n" }
    };

    for (i = 0; i < N(cases); i++) {
        *scim_json_escape(text, cases[i].plain, strlen(cases[i].plain)) = '\0';
        is(text, cases[i].escaped, cases[i].escaped);
        is_int(scim_json_escaped_len(cases[i].plain, strlen(cases[i].plain)),
               strlen(cases[i].escaped), "its length");
    }

    *scim_json_escape(text, "a\0b", 3) = '\0';
    is(text, "a\\u0000b", "U+0000");
    is_int(scim_json_escaped_len("a\0b", 3), 8, "its length");
}


/*
 * Each special character is found at each place of a string, and no other is.
 */

static void
test_places(void)
{
    int          c, wrong;
    char         text[32], quoted[128], *end, *back;
    size_t       at, len;
    const char  *p, *what;

    wrong = 0;

    for (len = 1; len < 24; len++) {
        for (at = 0; at < len; at++) {
            for (c = 1; c < 256; c++) {
                memset(text, c & 1 ? 'a' : 0xe9, len);
                text[len] = '\0';
                text[at] = c;

                quoted[0] = '"';
                end = scim_json_escape(quoted + 1, text, len);
                *end++ = '"';
                *end = '\0';

                wrong += (size_t) (end - quoted - 2)
                         != scim_json_escaped_len(text, len)
                         || (end - quoted - 2 > (long) len)
                            != (c < 0x20 || c == '"' || c == '\\');

                p = quoted;
                back = scim_json_parse_string(&arena.alloc, &p, end, &what);

                wrong += back == NULL || p != end || strcmp(back, text) != 0;
            }
        }

        arena_free(&arena);
        arena_init(&arena);
    }

    is_int(wrong, 0, "every byte at every place, out and in again");
}


static void
test_empty(void)
{
    size_t        i;
    scim_error_t  err;

    static const char  *empty[] = {
        "null", "\"\"", "[]", "{}", "[null,\"\",[],{}]",
        "{\"a\":[{\"b\":null}]}"
    };

    static const char  *full[] = {
        "0", "false", "true", "\" \"", "[0]", "[null,false]", "{\"a\":[[1]]}",
        "12345678901234567890"
    };

    for (i = 0; i < N(empty); i++) {
        ok(scim_json_is_empty(parse(empty[i], strlen(empty[i]), &err)),
           "empty: %s", empty[i]);
    }

    for (i = 0; i < N(full); i++) {
        ok(!scim_json_is_empty(parse(full[i], strlen(full[i]), &err)),
           "not empty: %s", full[i]);
    }

    ok(scim_json_is_empty(NULL), "nothing is empty");
}


static void
test_type_names(void)
{
    size_t        i;
    scim_error_t  err;

    static const char  *cases[][2] = {
        { "\"\"", "string" }, { "1", "number" }, { "1e400", "number" },
        { "true", "boolean" }, { "false", "boolean" }, { "[]", "array" },
        { "{}", "object" }, { "null", "null" }
    };

    for (i = 0; i < N(cases); i++) {
        is(scim_json_type_name(parse(cases[i][0], strlen(cases[i][0]), &err)),
           cases[i][1], cases[i][0]);
    }
}


static void
test_equal(void)
{
    size_t        i;
    cJSON        *a, *b;
    scim_error_t  err;

    static const struct {
        const char  *a;
        const char  *b;
        int          equal;
    } cases[] = {
        { "null", "null", 1 }, { "true", "true", 1 }, { "true", "false", 0 },
        { "1", "1.0", 1 }, { "1", "2", 0 }, { "1", "\"1\"", 0 },
        { "1e400", "1e400", 1 }, { "9007199254740993", "9007199254740992", 0 },
        { "9007199254740993", "9007199254740995", 0 },
        { "\"a\"", "\"\\u0061\"", 1 }, { "\"a\"", "\"A\"", 0 },
        { "[1,2]", "[1,2]", 1 }, { "[1,2]", "[2,1]", 0 },
        { "[1,2]", "[1]", 0 }, { "[]", "[1]", 0 }, { "[]", "{}", 0 },
        { "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}", 1 },
        { "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", 1 },
        { "{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":3,\"A\":1,\"B\":2}", 1 },
        { "{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", 0 },
        { "{\"a\":1}", "{\"a\":1,\"b\":2}", 0 },
        { "{\"a\":1}", "{\"a\":2}", 0 }, { "{}", "{}", 1 },
        { "{\"a\":[{\"b\":[null]}]}", "{\"a\":[{\"b\":[null]}]}", 1 }
    };

    for (i = 0; i < N(cases); i++) {
        a = parse(cases[i].a, strlen(cases[i].a), &err);
        b = parse(cases[i].b, strlen(cases[i].b), &err);
        ok(scim_json_equal(a, b) == cases[i].equal
           && scim_json_equal(b, a) == cases[i].equal, "%s %s %s", cases[i].a,
           cases[i].equal ? "=" : "!=", cases[i].b);
    }
}


static void
test_hooks(void)
{
    cJSON         *json;
    arena_t        other;
    scim_alloc_t  *before;

    json = cJSON_CreateString("from malloc");
    cJSON_Delete(json);

    arena_init(&other);
    before = scim_json_open(&other.alloc);
    ok(before == NULL, "no allocator was open");

    json = cJSON_Parse("{\"a\":[1,2,\"x\"]}");
    ok(json != NULL && other.blocks != NULL, "cJSON uses the open allocator");
    ok(scim_json_open(&arena.alloc) == &other.alloc, "they can be nested");
    scim_json_close(&other.alloc);

    cJSON_Delete(json);
    ok(cJSON_PrintUnformatted(json->child) != NULL, "and frees nothing there");

    scim_json_close(before);
    arena_free(&other);
}


static int
exhaust(arena_t *local, void *arg)
{
    char          *text;
    cJSON         *json;
    size_t         len;
    scim_error_t   err;

    err.status = 0;

    if (scim_json_parse(&local->alloc, arg, strlen(arg), &json, &err)
        != SCIM_OK)
    {
        return local->failed && err.status == 500 && err.detail[0] == '\0';
    }

    text = scim_json_print(&local->alloc, json, &len);

    return (text == NULL) == local->failed;
}


int
main(void)
{
    scim_json_init();

    arena_init(&arena);

    test_good();
    test_bad();
    test_twice();
    test_depth();
    test_large();
    test_too_many();
    test_many_members();
    test_nodes();
    test_print();
    test_escape();
    test_places();
    test_empty();
    test_type_names();
    test_equal();
    test_hooks();

    ok(arena_exhaust(exhaust, "{\"a\":[1,1.5,1e400,\"x\\n\",{\"b\":null}],"
       "\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,"
       "\"9\":0,\"10\":0,\"11\":0,\"12\":0,\"13\":0,\"14\":0,\"15\":0,"
       "\"16\":0}"), "out of memory at every allocation");

    arena_free(&arena);

    return done_testing();
}
