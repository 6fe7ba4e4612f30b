/*
 * scim_error.c
 */

#include "tap.h"
#include "arena.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/core/scim_id.h"
#include "scim/json/scim_json_error.h"


#define HEAD  "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"],"


static arena_t  arena;


static void
test_types(void)
{
    size_t  i;

    /* RFC 7644, table 9, and RFC 9865, section 2.1 */

    static const struct {
        scim_type_e   type;
        const char   *name;
    } types[] = {
        { SCIM_TYPE_NONE, NULL },
        { SCIM_TYPE_INVALID_FILTER, "invalidFilter" },
        { SCIM_TYPE_TOO_MANY, "tooMany" },
        { SCIM_TYPE_UNIQUENESS, "uniqueness" },
        { SCIM_TYPE_MUTABILITY, "mutability" },
        { SCIM_TYPE_INVALID_SYNTAX, "invalidSyntax" },
        { SCIM_TYPE_INVALID_PATH, "invalidPath" },
        { SCIM_TYPE_NO_TARGET, "noTarget" },
        { SCIM_TYPE_INVALID_VALUE, "invalidValue" },
        { SCIM_TYPE_INVALID_VERS, "invalidVers" },
        { SCIM_TYPE_SENSITIVE, "sensitive" },
        { SCIM_TYPE_INVALID_CURSOR, "invalidCursor" },
        { SCIM_TYPE_INVALID_COUNT, "invalidCount" }
    };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        is(scim_type_name(types[i].type), types[i].name,
           types[i].name ? types[i].name : "no type");
    }
}


static void
test_error(void)
{
    size_t        i;
    char          big[2 * SCIM_DETAIL_SIZE + 1];
    scim_error_t  err;

    is_int(scim_error(&err, 400, SCIM_TYPE_INVALID_VALUE, "no %s", "way"),
           SCIM_ERROR, "scim_error() returns SCIM_ERROR");
    is_int(err.status, 400, "status");
    is_int(err.type, SCIM_TYPE_INVALID_VALUE, "type");
    is(err.detail, "no way", "detail");

    scim_error_prefix(&err, "attribute %d: ", 7);
    is(err.detail, "attribute 7: no way", "prefix");

    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    scim_error(&err, 400, SCIM_TYPE_NONE, "%s", big);
    is_int(strlen(err.detail), SCIM_DETAIL_SIZE - 1, "a long detail is cut");

    scim_error_prefix(&err, "ab");
    is_int(strlen(err.detail), SCIM_DETAIL_SIZE - 1, "and stays so");
    ok(memcmp(err.detail, "abxx", 4) == 0, "with the prefix in front");

    scim_error_prefix(&err, "%s", big);
    is_int(strlen(err.detail), SCIM_DETAIL_SIZE - 1, "a long prefix");

    for (i = 0; i + 1 < sizeof(big); i += 2) {
        memcpy(big + i, "\xc3\xa9", 2);
    }

    scim_error(&err, 400, SCIM_TYPE_NONE, "%s", big);
    is_int(strlen(err.detail), SCIM_DETAIL_SIZE - 2,
           "a long detail is cut between two characters");

    scim_error_prefix(&err, "a");
    is_int(strlen(err.detail), SCIM_DETAIL_SIZE - 1, "with a prefix too");

    scim_error(&err, 400, SCIM_TYPE_NONE, "<%.2s> <%.3s>", "\xe2\x82\xac",
               "\xe2\x82\xac");
    is(err.detail, "<> <\xe2\x82\xac>",
       "half a character in the middle is dropped");

    scim_error(&err, 400, SCIM_TYPE_NONE, "a\xff" "b\xc3");
    is(err.detail, "ab", "what is no UTF-8 is dropped");

    is_int(scim_error_nomem(&err), SCIM_ERROR, "scim_error_nomem()");
    is_int(err.status, 500, "is a 500");
    is(err.detail, "", "without a detail");

    scim_error_prefix(&err, "a: ");
    is(err.detail, "", "which gets no prefix");
}


static void
test_print(void)
{
    size_t        len;
    char         *text;
    scim_error_t  err;

    scim_error(&err, 400, SCIM_TYPE_MUTABILITY, "Attribute 'id' is readOnly");
    text = scim_error_print(&arena.alloc, &err, &len);
    is(text, HEAD "\"scimType\":\"mutability\",\"detail\":\"Attribute 'id' is "
       "readOnly\",\"status\":\"400\"}", "an error response (3.12)");
    is_int(len, strlen(text), "its length");

    scim_error(&err, 404, SCIM_TYPE_NONE, "\"\\\n\x01\xc3\xa9");
    is(scim_error_print(&arena.alloc, &err, &len), HEAD
       "\"detail\":\"\\\"\\\\\\n\\u0001\xc3\xa9\",\"status\":\"404\"}",
       "without a type; the detail is escaped");

    scim_error_nomem(&err);
    is(scim_error_print(&arena.alloc, &err, &len), HEAD "\"status\":\"500\"}",
       "without a detail");

    memset(err.detail, 1, SCIM_DETAIL_SIZE - 1);
    err.detail[SCIM_DETAIL_SIZE - 1] = '\0';
    err.status = 500;
    err.type = SCIM_TYPE_INVALID_FILTER;
    text = scim_error_print(&arena.alloc, &err, &len);
    is_int(len, strlen(text), "the longest detail that there is");
}


static void
test_redact(void)
{
    size_t        i;
    char          big[SCIM_DETAIL_SIZE + 1];
    scim_error_t  err;

    static const char  own[] = "abcdefghijklmnopqrstuvwxy7";

    scim_error(&err, 409, SCIM_TYPE_UNIQUENESS, "\"%s\": not \"%.64s\", %d%%",
               "userName", "kim\" or so", -5);
    is(err.detail, "\"userName\": not \"kim\" or so\", -5%",
       "text of the client is in the detail");
    is(scim_error_redact(&arena.alloc, &err), "\"userName\": not \"***\", -5%",
       "and not in the redacted one");

    scim_error_prefix(&err, "\"%.8s\" at %zu: ", "ada", (size_t) 7);
    is(err.detail, "\"ada\" at 7: \"userName\": not \"kim\" or so\", -5%",
       "a prefix with text of the client");
    is(scim_error_redact(&arena.alloc, &err),
       "\"***\" at 7: \"userName\": not \"***\", -5%", "is redacted as well");

    scim_error_request(&err, "r1x", 2);
    is(err.detail, "\"ada\" at 7: \"userName\": not \"kim\" or so\", -5% "
       "(request r1)", "the id of a request");
    is(scim_error_redact(&arena.alloc, &err),
       "\"***\" at 7: \"userName\": not \"***\", -5% (request r1)",
       "leaves quotes where they are");

    scim_error(&err, 400, SCIM_TYPE_NONE, "<%.*s> <%.3s>", 2, "abc",
               "\xffkim\xc3");
    is(err.detail, "<ab> <ki>", "a precision by argument; bytes, not UTF-8");
    is(scim_error_redact(&arena.alloc, &err), "<***> <***>",
       "nothing of either is left");

    scim_error(&err, 400, SCIM_TYPE_NONE, "%.1s-%.1s-%.1s-%.1s-%.1s-%.1s.",
               "a", "b", "c", "d", "e", "f");
    is(err.detail, "a-b-c-d-e-f.", "more text than is kept track of");
    is(scim_error_redact(&arena.alloc, &err), "***-***-***-***.",
       "is redacted in one piece");

    scim_error(&err, 400, SCIM_TYPE_NONE, "%d %ld %lld %zd %u %lu %llu %zu %s",
               -1, -2L, -3LL, (ssize_t) -4, 4294967295U, 6UL,
               18446744073709551615ULL, (size_t) 8, "end");
    is(err.detail, "-1 -2 -3 -4 4294967295 6 18446744073709551615 8 end",
       "numbers of each size");

    scim_error(&err, 404, SCIM_TYPE_NONE, "<%.128s> <%.128s>", own, "abc");
    ok(scim_is_own_id(own, 26), "an id of this server");
    ok(!scim_is_own_id(own, 25) && !scim_is_own_id("ABCDEFGHIJKLMNOPQRSTUVWXY7",
                                                   26),
       "no id of this server");
    is(scim_error_redact(&arena.alloc, &err),
       "<abcdefghijklmnopqrstuvwxy7> <***>", "ids of this server are kept");

    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';

    scim_error(&err, 400, SCIM_TYPE_NONE, "%s <%.512s>", "a", big);
    is(scim_error_redact(&arena.alloc, &err), "a <***", "a quote that was cut");

    scim_error_prefix(&err, "%s", big + 16);
    ok(strstr(scim_error_redact(&arena.alloc, &err), "xa <***") != NULL,
       "and cut again by a prefix");

    scim_error_prefix(&err, "%s", big);
    is_int(strlen(scim_error_redact(&arena.alloc, &err)), SCIM_DETAIL_SIZE - 1,
           "or pushed out by one");

    for (i = 0; i + 1 < sizeof(big); i += 2) {
        memcpy(big + i, "\xc3\xa9", 2);
    }

    scim_error(&err, 400, SCIM_TYPE_NONE, "a%s", big);
    scim_error_request(&err, "0123456789", 10);
    ok(strlen(err.detail) >= SCIM_DETAIL_SIZE - 3
       && strstr(err.detail, "\xc3\xa9 (request 0123456789)") != NULL,
       "a long detail is cut between characters in favour of the request");

    scim_error_nomem(&err);
    scim_error_request(&err, "r1", 2);
    is(err.detail, "request r1", "the request alone");
    is(scim_error_redact(&arena.alloc, &err), "request r1", "redacted");
}


static void
test_memory(void)
{
    char     *text;
    size_t    len;
    arena_t   none;

    is(scim_sprintf(&arena.alloc, "%s-%d", "a", 5), "a-5", "scim_sprintf()");
    is(scim_strndup(&arena.alloc, "abc", 2), "ab", "scim_strndup()");

    text = scim_calloc(&arena.alloc, 3);
    ok(memcmp(text, "\0\0\0", 3) == 0, "scim_calloc()");

    arena_init_failing(&none, 0);
    ok(scim_alloc(&none.alloc, 1) == NULL, "scim_alloc() without memory");
    ok(scim_calloc(&none.alloc, 1) == NULL, "scim_calloc() without memory");
    ok(scim_strndup(&none.alloc, "a", 1) == NULL,
       "scim_strndup() without memory");
    ok(scim_sprintf(&none.alloc, "a") == NULL, "scim_sprintf() without memory");
    ok(scim_error_print(&none.alloc, &(scim_error_t) { 0 }, &len) == NULL,
       "scim_error_print() without memory");
}


int
main(void)
{
    arena_init(&arena);

    test_types();
    test_error();
    test_print();
    test_redact();
    test_memory();

    arena_free(&arena);

    return done_testing();
}
