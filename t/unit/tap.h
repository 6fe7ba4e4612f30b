/*
 * Test Anything Protocol: a line for each check, the plan at the end.
 */

#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>


static int  tap_count;
static int  tap_failed;


__attribute__((format(printf, 2, 3), unused)) static int
ok(int passed, const char *fmt, ...)
{
    char     name[2048], *p;
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(name, sizeof(name), fmt, args);
    va_end(args);

    for (p = name; *p != '\0'; p++) {
        if ((unsigned char) *p < 0x20 || *p == '#') {
            *p = '?';
        }
    }

    tap_failed += !passed;
    printf("%sok %d - %s\n", passed ? "" : "not ", ++tap_count, name);

    return passed;
}


__attribute__((unused)) static int
is(const char *got, const char *expected, const char *name)
{
    int  same;

    same = (got == NULL || expected == NULL) ? got == expected
                                             : strcmp(got, expected) == 0;

    if (!ok(same, "%s", name)) {
        printf("#      got: %s\n# expected: %s\n", got ? got : "(none)",
               expected ? expected : "(none)");
    }

    return same;
}


__attribute__((unused)) static int
is_int(long long got, long long expected, const char *name)
{
    if (!ok(got == expected, "%s", name)) {
        printf("#      got: %lld\n# expected: %lld\n", got, expected);
    }

    return got == expected;
}


__attribute__((unused)) static int
done_testing(void)
{
    printf("1..%d\n", tap_count);

    return tap_failed != 0;
}


#endif /* TAP_H */
