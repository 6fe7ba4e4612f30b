/*
 * Percent-encoding.
 */

#include "scim/text/scim_percent.h"
#include "scim/core/scim_alloc.h"


static int scim_percent_digit(char c);


char *
scim_percent_decode(scim_alloc_t *a, const char *s, size_t len,
    size_t *out_len, size_t *bad)
{
    int      high, low;
    char    *text;
    size_t   i, n, wrong;

    text = scim_alloc(a, len + 1);
    if (text == NULL) {
        return NULL;
    }

    n = 0;
    wrong = 0;

    for (i = 0; i < len; i++) {
        if (s[i] != '%') {
            text[n++] = s[i] == '+' ? ' ' : s[i];
            continue;
        }

        high = i + 2 < len ? scim_percent_digit(s[i + 1]) : -1;
        low = i + 2 < len ? scim_percent_digit(s[i + 2]) : -1;

        if (high < 0 || low < 0) {
            text[n++] = s[i];
            wrong++;

        } else {
            text[n++] = (char) (high * 16 + low);
            i += 2;
        }
    }

    text[n] = '\0';
    *out_len = n;

    if (bad != NULL) {
        *bad = wrong;
    }

    return text;
}


static int
scim_percent_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}
