/*
 * UTF-8 (RFC 3629).
 */

#include <stdint.h>
#include <string.h>

#include "scim/core/scim_utf8.h"


static size_t scim_utf8_char(const unsigned char *s, size_t len);


size_t
scim_utf8_check(const char *s, size_t len)
{
    size_t  i, n;

    i = 0;

    for ( ;; ) {
        i += scim_utf8_ascii(s + i, len - i);

        if (i == len) {
            return len;
        }

        n = scim_utf8_char((const unsigned char *) s + i, len - i);

        if (n == 0) {
            return i;
        }

        i += n;
    }
}


size_t
scim_utf8_ascii(const char *s, size_t len)
{
    size_t    i;
    uint64_t  word;

    for (i = 0; i + 8 <= len; i += 8) {
        memcpy(&word, s + i, 8);

        if (word & 0x8080808080808080ULL) {
            break;
        }
    }

    while (i < len && (s[i] & 0x80) == 0) {
        i++;
    }

    return i;
}


/* the length of the character of several bytes at s, 0 if it is invalid */

static size_t
scim_utf8_char(const unsigned char *s, size_t len)
{
    size_t    i, n;
    uint32_t  code;

    static const uint32_t  least[] = { 0, 0, 0x80, 0x800, 0x10000 };

    n = (s[0] < 0xc2) ? 0 : (s[0] < 0xe0) ? 2 : (s[0] < 0xf0) ? 3
        : (s[0] < 0xf5) ? 4 : 0;

    if (n == 0 || n > len) {
        return 0;
    }

    code = s[0] & (0x7f >> n);

    for (i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }

        code = code << 6 | (s[i] & 0x3f);
    }

    if (code < least[n] || code > 0x10ffff
        || (code >= 0xd800 && code <= 0xdfff))
    {
        return 0;
    }

    return n;
}
