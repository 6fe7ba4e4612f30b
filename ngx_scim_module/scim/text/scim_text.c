/*
 * Text: UTF-8, folding, and the grammars of the simple data types.
 */

#include <utf8proc.h>

#include "scim/text/scim_text.h"


int
scim_text_is_blank(const char *s)
{
    utf8proc_int32_t     code;
    utf8proc_ssize_t     len;
    utf8proc_category_t  category;

    for ( /* void */ ; *s != '\0'; s += len) {
        len = utf8proc_iterate((const utf8proc_uint8_t *) s, -1, &code);
        if (len <= 0) {
            return 0;
        }

        category = utf8proc_category(code);

        if ((code < '\t' || code > '\r') && category != UTF8PROC_CATEGORY_ZS
            && category != UTF8PROC_CATEGORY_ZL
            && category != UTF8PROC_CATEGORY_ZP)
        {
            return 0;
        }
    }

    return 1;
}


int
scim_name_eq(const char *a, const char *b)
{
    while (*a != '\0' && scim_lower(*a) == scim_lower(*b)) {
        a++;
        b++;
    }

    return *a == '\0' && *b == '\0';
}


int
scim_name_neq(const char *a, const char *b, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (a[i] == '\0' || scim_lower(a[i]) != scim_lower(b[i])) {
            return 0;
        }
    }

    return a[len] == '\0';
}


int
scim_number_check(const char *s, int integer)
{
    const char  *start, *end;

    s += (*s == '+' || *s == '-');
    start = s;
    s = end = scim_skip_digits(s);

    if (!integer && *s == '.') {
        start++;
        s = end = scim_skip_digits(s + 1);
    }

    if (end == start) {
        return 0;
    }

    if (!integer && (*s == 'e' || *s == 'E')) {
        s++;
        s += (*s == '+' || *s == '-');
        start = s;
        s = scim_skip_digits(s);

        if (s == start) {
            return 0;
        }
    }

    return *s == '\0';
}


const char *
scim_skip_digits(const char *s)
{
    while (*s >= '0' && *s <= '9') {
        s++;
    }

    return s;
}
