/*
 * scim_text.c
 */

#include <utf8proc.h>

#include "tap.h"
#include "arena.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_utf8.h"
#include "scim/text/scim_base64.h"
#include "scim/text/scim_datetime.h"
#include "scim/text/scim_fold.h"
#include "scim/text/scim_text.h"


#define N(table)  (sizeof(table) / sizeof((table)[0]))


static arena_t  arena;


static void
test_utf8(void)
{
    char    text[64];
    size_t  i;

    static const struct {
        const char  *text;
        size_t       valid;
    } cases[] = {
        { "", 0 },
        { "plain", 5 },
        { "\xc2\x80\xdf\xbf", 4 },
        { "\xe0\xa0\x80\xef\xbf\xbf", 6 },
        { "\xed\x9f\xbf\xee\x80\x80", 6 },
        { "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8 },
        { "a\x80", 1 },                         /* a tail alone */
        { "a\xc0\xaf", 1 },                     /* overlong */
        { "a\xc1\xbf", 1 },
        { "a\xe0\x9f\xbf", 1 },
        { "a\xf0\x8f\xbf\xbf", 1 },
        { "a\xed\xa0\x80", 1 },                 /* surrogates */
        { "a\xed\xbf\xbf", 1 },
        { "a\xf4\x90\x80\x80", 1 },             /* above U+10FFFF */
        { "a\xf5\x80\x80\x80", 1 },
        { "a\xff", 1 },
        { "ab\xc3", 2 },                        /* cut */
        { "ab\xe2\x82", 2 },
        { "ab\xf0\x9f\x98", 2 },
        { "ab\xc3(", 2 },
        { "ab\xe2(\xac", 2 },
        { "ab\xf0\x9f\x98(", 2 },
        { "12345678\xc3\xa9", 10 },
        { "1234567\xc3\xa9" "8", 10 },
        { "12345678123456\xff", 14 },
        { "\xc3\xa9" "12345678\xff", 10 }
    };

    for (i = 0; i < N(cases); i++) {
        snprintf(text, sizeof(text), "UTF-8 %zu", i);
        is_int(scim_utf8_check(cases[i].text, strlen(cases[i].text)),
               cases[i].valid, text);
    }

    is_int(scim_utf8_check("a\0b", 3), 3, "U+0000 is UTF-8");
}


static void
test_fold(void)
{
    size_t  i;

    static const struct {
        const char  *name;
        const char  *one;
        const char  *two;
        int          exact;         /* 1: they are also equal if case counts */
    } same[] = {
        { "ASCII", "Kim.Ode@Fabrikam.EXAMPLE", "kim.ode@fabrikam.example", 0 },
        { "empty", "", "", 1 },
        { "composed and not", "\xc3\xa9", "e\xcc\x81", 1 },
        { "composed and not, other case", "\xc3\x89", "e\xcc\x81", 0 },
        { "sharp s", "STRASSE", "stra\xc3\x9f" "e", 0 },
        { "capital sharp s", "STRA\xe1\xba\x9e" "E", "strasse", 0 },
        { "final sigma", "\xce\xa3", "\xcf\x82", 0 },
        { "Cyrillic", "\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd",
          "\xd0\xb8\xd0\x92\xd0\x90\xd0\x9d", 0 },
        { "ligature", "\xef\xac\x81n", "FIN", 0 },
        { "Kelvin sign", "\xe2\x84\xaa", "k", 0 },
        { "Angstrom sign", "\xe2\x84\xab", "\xc3\xa5", 0 },
        { "dotted capital I", "\xc4\xb0", "i\xcc\x87", 0 },
        { "order of marks", "a\xcc\x81\xcc\xa3", "a\xcc\xa3\xcc\x81", 1 },
        { "iota subscript", "\xe1\xbe\xb4", "\xce\xb1\xcd\x85\xcc\x81", 1 },
        { "iota subscript and its capital", "\xce\xb1\xcd\x85\xcc\x81",
          "\xce\x86\xce\x99", 0 },
        { "Hangul", "\xea\xb0\x80", "\xe1\x84\x80\xe1\x85\xa1", 1 },
        { "Deseret", "\xf0\x90\x90\x80", "\xf0\x90\x90\xa8", 0 },
        { "no UTF-8", "A\xff", "A\xff", 1 }
    };

    for (i = 0; i < N(same); i++) {
        is(scim_fold(&arena.alloc, same[i].one, 0),
           scim_fold(&arena.alloc, same[i].two, 0), same[i].name);
        ok((strcmp(scim_fold(&arena.alloc, same[i].one, 1),
                   scim_fold(&arena.alloc, same[i].two, 1)) == 0)
           == same[i].exact, "%s, exact", same[i].name);
    }

    is(scim_fold(&arena.alloc, "ABC", 1), "ABC", "exact ASCII stays");
    is(scim_fold(&arena.alloc, "\xc4\xb1", 0), "\xc4\xb1", "dotless i stays");
    is(scim_fold(&arena.alloc, "A\xff", 0), "A\xff",
       "what is no UTF-8 is copied");
}


/* as utf8proc does it by itself, also of nothing but this character */

static int
fold_is_unicode(int32_t code)
{
    int                good;
    arena_t            local;
    utf8proc_uint8_t   text[128], *nfd, *key, *nfc;
    utf8proc_ssize_t   i, n;

    const utf8proc_option_t  options = UTF8PROC_NULLTERM | UTF8PROC_STABLE
                                       | UTF8PROC_COMPOSE;

    n = utf8proc_encode_char(code, text);

    for (i = n; i < 20 * n; i++) {
        text[i] = text[i - n];
    }

    text[20 * n] = '\0';
    nfd = utf8proc_NFD(text);
    utf8proc_map(text, 0, &nfc, options);
    utf8proc_map(nfd, 0, &key, options | UTF8PROC_CASEFOLD);

    arena_init(&local);

    good = strcmp(scim_fold(&local.alloc, (char *) text, 0), (char *) key) == 0
           && strcmp(scim_fold(&local.alloc, (char *) text, 1), (char *) nfc)
              == 0;

    arena_free(&local);
    free(key);
    free(nfc);
    free(nfd);

    return good;
}


/* keys of keys are themselves, and do not depend on normalization */

static int
fold_is_stable(int32_t code)
{
    char               *key;
    int                 good;
    arena_t             local;
    utf8proc_uint8_t    text[32], *nfd;
    utf8proc_ssize_t    n;

    n = utf8proc_encode_char(code, text);
    memcpy(text + n, "\xcd\x85\xcc\x81\xcc\xa3", 7);
    nfd = utf8proc_NFD(text);

    arena_init(&local);

    key = scim_fold(&local.alloc, (char *) text, 0);
    good = strcmp(key, scim_fold(&local.alloc, key, 0)) == 0
           && strcmp(key, scim_fold(&local.alloc, (char *) nfd, 0)) == 0;

    text[n] = '\0';
    key = scim_fold(&local.alloc, (char *) text, 0);
    good &= strcmp(key, scim_fold(&local.alloc, key, 0)) == 0;

    arena_free(&local);
    free(nfd);

    return good;
}


static void
test_fold_all(void)
{
    int      bad;
    int32_t  code;

    bad = 0;

    for (code = 0x20; code < 0x1fa00; code++) {
        if (utf8proc_codepoint_valid(code)
            && (!fold_is_stable(code) || !fold_is_unicode(code)))
        {
            printf("# U+%04X\n", (unsigned) code);
            bad++;
        }
    }

    is_int(bad, 0, "folding is stable over all of Unicode, and what Unicode says");
}


static void
test_names(void)
{
    ok(scim_name_eq("userName", "USERname"), "names: case");
    ok(scim_name_eq("", ""), "names: empty");
    ok(!scim_name_eq("userName", "userNam"), "names: shorter");
    ok(!scim_name_eq("userNam", "userName"), "names: longer");
    ok(!scim_name_eq("@", "`"), "names: only letters have case");
    ok(!scim_name_eq("[", "{"), "names: only letters have case, after Z");
    ok(!scim_name_eq("\xc3\x89", "\xc3\xa9"), "names: ASCII only");

    ok(scim_name_neq("ab", "ABc", 2), "names with a length");
    ok(!scim_name_neq("abc", "ab", 2), "names with a length: longer");
    ok(!scim_name_neq("a", "ab", 2), "names with a length: shorter");
    ok(!scim_name_neq("ac", "ab", 2), "names with a length: other");
    ok(scim_name_neq("", "ab", 0), "names with a length: empty");
}


static void
test_datetime(void)
{
    size_t     i;
    long long  usec;

    static const struct {
        const char  *text;
        long long    usec;
    } good[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "1970-01-01T00:00:00", 0 },
        { "2008-01-23T04:56:22Z", 1201064182000000 },   /* RFC 7643, 2.3.5 */
        { "2011-08-01T18:29:49.793Z", 1312223389793000 },
        { "2015-10-10T14:38:21.8617979-07:00", 1444513101861797 },
        { "2000-02-29T12:00:00+05:30", 951805800000000 },
        { "1969-12-31T23:59:59.999999Z", -1 },
        { "2000-01-01T24:00:00Z", 946771200000000 },
        { "2000-01-01T00:00:00+14:00", 946634400000000 },
        { "2000-01-01T00:00:00-14:00", 946735200000000 },
        { "0000-03-01T00:00:00Z", -62162035200000000 },
        { "-0001-12-31T00:00:00Z", -62167305600000000 },
        { "12000-01-01T00:00:00Z", 316516204800000000 },
        { "2000-01-01T00:00:00.1Z", 946684800100000 },
        { "2100-02-28T00:00:00Z", 4107456000000000 }
    };

    static const char  *bad[] = {
        "", "2008", "2008-01-23", "2008-01-23T", "2008-01-23 04:56:22Z",
        "2008-01-23t04:56:22Z", "2008-01-23T04:56:22z", "08-01-23T04:56:22Z",
        "2008-1-23T04:56:22Z", "2008-01-23T4:56:22Z", "2008-01-23T04:56Z",
        "2008-01-23T04:56:22.Z", "2008-01-23T04:56:60Z",
        "2008-01-23T04:60:22Z", "2008-01-23T25:00:00Z",
        "2008-01-23T24:00:01Z", "2008-01-23T24:00:00.1Z",
        "2008-00-23T04:56:22Z", "2008-13-23T04:56:22Z",
        "2008-01-00T04:56:22Z", "2008-01-32T04:56:22Z",
        "2007-02-29T04:56:22Z", "1900-02-29T04:56:22Z",
        "2008-04-31T04:56:22Z", "2008-01-23T04:56:22ZZ",
        "2008-01-23T04:56:22+1:00", "2008-01-23T04:56:22+01",
        "2008-01-23T04:56:22+0100", "2008-01-23T04:56:22+14:01",
        "2008-01-23T04:56:22+01:60", "2008-01-23T04:56:22+",
        "2008-01-23T04:56:22+01:00x", "2008-01-23T04-56:22Z",
        "2008-01-23T04:56-22Z", "2008/01-23T04:56:22Z",
        "2008-01/23T04:56:22Z", "999999-01-01T00:00:00Z", "x", "-", "--",
        "2008-01-23T04:56:", "2008-01-23T04:56:22.5.5Z"
    };

    for (i = 0; i < N(good); i++) {
        usec = 42;
        ok(scim_datetime_parse(good[i].text, &usec) == SCIM_OK
           && usec == good[i].usec, "dateTime %s", good[i].text);
    }

    for (i = 0; i < N(bad); i++) {
        ok(scim_datetime_parse(bad[i], &usec) == SCIM_ERROR,
           "no dateTime: %s", bad[i]);
    }
}


static void
test_base64(void)
{
    size_t  i;

    static const char  *good[] = {
        "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
        "+/+/", "-_-_", "Zg", "Zm8", "-_A", "-w==", "/w=="
    };

    static const char  *bad[] = {
        "Z", "Zm9vY", "Zg=", "Zg===", "Zm9v=", "====", "=", "==", "+w", "+-AA",
        "Zm 9v", "Zm9v\n", "Z===", "Zg=x", "Zm8=Zm8=", "Zm9\xc3\xa9", "@@@@"
    };

    for (i = 0; i < N(good); i++) {
        ok(scim_base64_check(good[i]), "base64: \"%s\"", good[i]);
    }

    for (i = 0; i < N(bad); i++) {
        ok(!scim_base64_check(bad[i]), "no base64: \"%s\"", bad[i]);
    }
}


static void
test_numbers(void)
{
    size_t  i;

    static const struct {
        const char  *text;
        int          decimal;
        int          integer;
    } cases[] = {
        { "0", 1, 1 }, { "-1", 1, 1 }, { "+1", 1, 1 }, { "007", 1, 1 },
        { "12345678901234567890", 1, 1 },
        { "1.5", 1, 0 }, { ".5", 1, 0 }, { "1.", 1, 0 }, { "-1.5e+3", 1, 0 },
        { "1e5", 1, 0 }, { "1E-5", 1, 0 },
        { "", 0, 0 }, { "-", 0, 0 }, { ".", 0, 0 }, { "+.", 0, 0 },
        { "1e", 0, 0 }, { "1e+", 0, 0 }, { "e5", 0, 0 }, { "1x", 0, 0 },
        { " 1", 0, 0 }, { "1 ", 0, 0 }, { "0x10", 0, 0 }, { "inf", 0, 0 },
        { "nan", 0, 0 }, { "--1", 0, 0 }, { "1.5.5", 0, 0 }
    };

    for (i = 0; i < N(cases); i++) {
        ok(scim_number_check(cases[i].text, 0) == cases[i].decimal,
           "decimal: \"%s\"", cases[i].text);
        ok(scim_number_check(cases[i].text, 1) == cases[i].integer,
           "integer: \"%s\"", cases[i].text);
    }
}


/* marks on a letter are sorted, which must not take for ever */

static void
test_fold_marks(void)
{
    char    *text;
    size_t   i;

    /* U+0301 belongs behind U+0323 */

    is(scim_fold(&arena.alloc, "A\xcc\x81\xcc\xa3", 0),
       scim_fold(&arena.alloc, "a\xcc\xa3\xcc\x81", 0), "marks in any order");

    text = scim_calloc(&arena.alloc, 1024 * 1024);
    text[0] = 'A';

    for (i = 0; i < 15; i++) {
        memcpy(text + 1 + 4 * i, "\xcc\x81\xcc\xa3", 4);
    }

    ok(scim_fold(&arena.alloc, text, 0)[0] != 'A', "thirty marks are folded");

    for (i = 0; i < 250000; i++) {
        memcpy(text + 1 + 4 * i, "\xcc\x81\xcc\xa3", 4);
    }

    ok(strcmp(scim_fold(&arena.alloc, text, 0), text) == 0,
       "a heap of marks is copied");
}


int
main(void)
{
    arena_t  none;

    arena_init(&arena);

    test_utf8();
    test_fold();
    test_fold_all();
    test_fold_marks();
    test_names();
    test_datetime();
    test_base64();
    test_numbers();

    arena_init_failing(&none, 0);
    ok(scim_fold(&none.alloc, "a", 0) == NULL, "ASCII without memory");
    ok(scim_fold(&none.alloc, "\xc3\xa9", 0) == NULL, "folding without memory");
    ok(scim_fold(&none.alloc, "\xff", 0) == NULL, "copying without memory");

    arena_free(&arena);

    return done_testing();
}
