/*
 * JSON strings: out of their quotes and into them.
 */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "scim/json/scim_json_string.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"


static size_t scim_json_string_span(const char *p, const char *end);
static size_t scim_json_plain_span(const char *p, const char *end);
static const char *scim_json_unescape(char **dst, const char **text,
    const char *end);
static const char *scim_json_unescape_unicode(char **dst, const char **text,
    const char *end);
static int scim_json_hex4(const char *p, const char *end, uint32_t *code);
static char *scim_json_put_utf8(char *dst, uint32_t code);


static const char  scim_json_escape_names[] = "\"\\/bfnrt";
static const char  scim_json_escape_chars[] = "\"\\/\b\f\n\r\t";


static inline int
scim_json_is_plain(char c)
{
    return (unsigned char) c >= 0x20 && c != '"' && c != '\\';
}


/* of eight bytes at once: not 0 if any of them is below n, at most 128 */

#define SCIM_JSON_EACH(n)   (0x0101010101010101u * (n))
#define SCIM_JSON_BELOW(w, n)                                                 \
    (((w) - SCIM_JSON_EACH(n)) & ~(w) & SCIM_JSON_EACH(0x80))


/* not 0 if any is not plain; the lowest bit then belongs to the first of them */

static inline uint64_t
scim_json_not_plain(const char *p)
{
    uint64_t  w;

    memcpy(&w, p, sizeof(w));

#if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
    w = __builtin_bswap64(w);
#endif

    return SCIM_JSON_BELOW(w, 0x20)
           | SCIM_JSON_BELOW(w ^ SCIM_JSON_EACH('"'), 1)
           | SCIM_JSON_BELOW(w ^ SCIM_JSON_EACH('\\'), 1);
}


char *
scim_json_parse_string(scim_alloc_t *a, const char **text, const char *end,
    const char **what)
{
    char    *string, *dst;
    size_t   n, size;

    (*text)++;
    *what = NULL;

    /* without escapes the length is known at once */

    n = scim_json_plain_span(*text, end);
    size = (*text + n < end && (*text)[n] == '"')
           ? n : scim_json_string_span(*text, end);

    string = dst = scim_alloc(a, size + 1);
    if (string == NULL) {
        return NULL;
    }

    for ( ;; ) {
        memcpy(dst, *text, n);
        *text += n;
        dst += n;

        if (*text == end) {
            *what = "expected a closing quote";

        } else if (**text == '"') {
            (*text)++;
            *dst = '\0';
            return string;

        } else {
            *what = scim_json_unescape(&dst, text, end);
        }

        if (*what != NULL) {
            return NULL;
        }

        n = scim_json_plain_span(*text, end);
    }
}


/*
 * Returns the distance to the closing quote, which is no less than the length
 * of the string.
 */

static size_t
scim_json_string_span(const char *p, const char *end)
{
    const char  *start;

    for (start = p; p < end && *p != '"'; p++) {
        p += (*p == '\\' && p + 1 < end);
    }

    return p - start;
}


static size_t
scim_json_plain_span(const char *p, const char *end)
{
    uint64_t     found;
    const char  *start;

    start = p;

    while (end - p >= 8) {
        found = scim_json_not_plain(p);

        if (found != 0) {
            return p - start + __builtin_ctzll(found) / 8;
        }

        p += 8;
    }

    /* the last eight, some of which have been seen */

    if (p < end && end - start >= 8 && scim_json_not_plain(end - 8) == 0) {
        return end - start;
    }

    while (p < end && scim_json_is_plain(*p)) {
        p++;
    }

    return p - start;
}


static const char *
scim_json_unescape(char **dst, const char **text, const char *end)
{
    const char  *name;

    if (**text != '\\') {
        return "expected no control character, or an escaped one";
    }

    if (end - *text > 1 && (*text)[1] == 'u') {
        return scim_json_unescape_unicode(dst, text, end);
    }

    name = (end - *text > 1) ? memchr(scim_json_escape_names, (*text)[1],
                                      sizeof(scim_json_escape_names) - 1)
                             : NULL;
    if (name == NULL) {
        return "expected an escape that JSON has";
    }

    *(*dst)++ = scim_json_escape_chars[name - scim_json_escape_names];
    *text += 2;

    return NULL;
}


static const char *
scim_json_unescape_unicode(char **dst, const char **text, const char *end)
{
    size_t      n;
    uint32_t    code, low;
    const char  *p;

    p = *text;
    n = 6;

    if (scim_json_hex4(p, end, &code) != SCIM_OK) {
        return "expected four hexadecimal digits";
    }

    if (code == 0) {
        return "expected no U+0000";
    }

    if (code >= 0xd800 && code <= 0xdfff) {
        if (code > 0xdbff
            || scim_json_hex4(p + n, end, &low) != SCIM_OK
            || low < 0xdc00 || low > 0xdfff)
        {
            return "expected a whole surrogate pair";
        }

        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        n = 12;
    }

    *dst = scim_json_put_utf8(*dst, code);
    *text += n;

    return NULL;
}


/* \uXXXX at p */

static int
scim_json_hex4(const char *p, const char *end, uint32_t *code)
{
    int   i;
    char  c;

    if (end - p < 6 || p[0] != '\\' || p[1] != 'u') {
        return SCIM_ERROR;
    }

    *code = 0;

    for (i = 2; i < 6; i++) {
        c = p[i] | 0x20;

        if (p[i] >= '0' && p[i] <= '9') {
            *code = *code << 4 | (uint32_t) (p[i] - '0');

        } else if (c >= 'a' && c <= 'f') {
            *code = *code << 4 | (uint32_t) (c - 'a' + 10);

        } else {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static char *
scim_json_put_utf8(char *dst, uint32_t code)
{
    unsigned  more;             /* bytes behind the first, of 6 bits */

    if (code < 0x80) {
        *dst++ = code;
        return dst;
    }

    if (code < 0x800) {
        more = 1;
        *dst++ = 0xc0 | code >> 6;

    } else if (code < 0x10000) {
        more = 2;
        *dst++ = 0xe0 | code >> 12;

    } else {
        more = 3;
        *dst++ = 0xf0 | code >> 18;
    }

    while (more-- > 0) {
        *dst++ = 0x80 | (code >> 6 * more & 0x3f);
    }

    return dst;
}


size_t
scim_json_escaped_len(const char *s, size_t len)
{
    size_t  i, n;

    n = len;

    for (i = scim_json_plain_span(s, s + len); i < len; i++) {
        if (!scim_json_is_plain(s[i])) {
            n += (s[i] != '\0' && strchr("\"\\\b\f\n\r\t", s[i])) ? 1 : 5;
        }
    }

    return n;
}


char *
scim_json_escape(char *dst, const char *s, size_t len)
{
    size_t       n;
    const char  *end, *known;

    end = s + len;

    for ( ;; ) {
        n = scim_json_plain_span(s, end);
        memcpy(dst, s, n);
        s += n;
        dst += n;

        if (s == end) {
            return dst;
        }

        known = memchr(scim_json_escape_chars, *s,
                       sizeof(scim_json_escape_chars) - 1);

        if (known != NULL) {
            *dst++ = '\\';
            *dst++ = scim_json_escape_names[known - scim_json_escape_chars];

        } else {
            dst += sprintf(dst, "\\u%04x", *s);
        }

        s++;
    }
}
