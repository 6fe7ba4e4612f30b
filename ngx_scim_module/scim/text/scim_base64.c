/*
 * Base64 (RFC 4648), in both alphabets.
 */

#include <string.h>

#include "scim/text/scim_base64.h"
#include "scim/core/scim_alloc.h"
#include "scim/text/scim_text.h"


static int scim_base64_digit(char ch);


int
scim_base64_check(const char *s)
{
    int     standard, url;
    size_t  len, pad;

    standard = 0;
    url = 0;

    for (len = 0; s[len] != '\0' && s[len] != '='; len++) {
        if (s[len] == '+' || s[len] == '/') {
            standard = 1;

        } else if (s[len] == '-' || s[len] == '_') {
            url = 1;

        } else if (!(scim_lower(s[len]) >= 'a' && scim_lower(s[len]) <= 'z')
                   && !(s[len] >= '0' && s[len] <= '9'))
        {
            return 0;
        }
    }

    pad = strlen(s + len);

    if ((standard && url) || len % 4 == 1 || strncmp(s + len, "==", pad) != 0) {
        return 0;
    }

    return (len + pad) % 4 == 0 || (pad == 0 && !standard);
}


char *
scim_base64_decode(scim_alloc_t *a, const char *s, size_t len, size_t *out_len)
{
    int        digit;
    char      *text;
    size_t     i, n, padding;
    unsigned   bits;

    padding = 0;

    while (padding < 2 && padding < len && s[len - padding - 1] == '=') {
        padding++;
    }

    text = scim_alloc(a, len + 1);
    if (text == NULL || (padding && len % 4 != 0)) {
        return NULL;
    }

    bits = 0;
    n = 0;

    for (i = 0; i < len - padding; i++) {
        digit = scim_base64_digit(s[i]);
        if (digit < 0) {
            return NULL;
        }

        bits = (bits << 6 | digit) & 0xffff;

        if (i % 4 != 0) {
            text[n++] = (char) (bits >> (6 - i % 4 * 2));
        }
    }

    *out_len = n;

    return text;
}


static int
scim_base64_digit(char ch)
{
    return (ch >= 'A' && ch <= 'Z') ? ch - 'A'
           : (ch >= 'a' && ch <= 'z') ? ch - 'a' + 26
           : (ch >= '0' && ch <= '9') ? ch - '0' + 52
           : (ch == '+' || ch == '-') ? 62
           : (ch == '/' || ch == '_') ? 63 : -1;
}
