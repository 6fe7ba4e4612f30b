/*
 * Text: UTF-8, folding, and the grammars of the simple data types.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "scim/text/scim_text.h"


#define SCIM_DAY_USEC    86400000000LL

/* marks on one letter: more are no text in any language */
#define SCIM_FOLD_MARKS  30

/* characters for each byte; no text has more, decomposed or folded */
#define SCIM_FOLD_GROWTH  2


static size_t scim_utf8_ascii(const char *s, size_t len);
static size_t scim_utf8_char(const unsigned char *s, size_t len);
static char *scim_fold_ascii(scim_alloc_t *a, const char *s, size_t len,
    int exact);
static int scim_fold_is_safe(const char *s);
static char *scim_fold_unicode(scim_alloc_t *a, const char *s, size_t len,
    int exact, utf8proc_int32_t *codes);
static utf8proc_ssize_t scim_fold_case(const utf8proc_int32_t *codes,
    utf8proc_ssize_t n, utf8proc_int32_t *out, utf8proc_ssize_t size);
static int scim_date_parse(const char **s, long long *days);
static int scim_time_parse(const char **s, long long *usec);
static int scim_zone_parse(const char **s, long long *usec);
static int scim_digits(const char **s, int min, int max, int *value);
static int scim_month_days(int year, int month);
static long long scim_days(int year, int month, int day);
static const char *scim_skip_digits(const char *s);
static int scim_base64_digit(char ch);


static inline unsigned char
scim_lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? c | 0x20 : c;
}


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


/* Returns the number of ASCII bytes at the beginning. */

static size_t
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


char *
scim_fold(scim_alloc_t *a, const char *s, int exact)
{
    char              *key;
    size_t             len;
    utf8proc_int32_t  *codes;

    len = strlen(s);

    if (scim_utf8_ascii(s, len) == len) {
        return scim_fold_ascii(a, s, len, exact);
    }

    if (!scim_fold_is_safe(s)) {
        return scim_strndup(a, s, len);
    }

    codes = malloc(2 * len * SCIM_FOLD_GROWTH * sizeof(utf8proc_int32_t));
    if (codes == NULL) {
        return NULL;
    }

    key = scim_fold_unicode(a, s, len, exact, codes);
    free(codes);

    return key;
}


size_t
scim_fold_cost(const char *s)
{
    size_t  len;

    len = strlen(s);

    return (scim_utf8_ascii(s, len) == len) ? 0 : len;
}


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


static char *
scim_fold_ascii(scim_alloc_t *a, const char *s, size_t len, int exact)
{
    char    *key;
    size_t   i;

    key = scim_strndup(a, s, len);

    if (key != NULL && !exact) {
        for (i = 0; i < len; i++) {
            key[i] = scim_lower(key[i]);
        }
    }

    return key;
}


/* utf8proc sorts the marks behind a letter, in quadratic time; the bound is
   that of UAX #15, section 13 */

static int
scim_fold_is_safe(const char *s)
{
    int                n;
    utf8proc_int32_t   code;
    utf8proc_ssize_t   len;

    for (n = 0; *s != '\0' && n <= SCIM_FOLD_MARKS; s += len) {
        len = utf8proc_iterate((const utf8proc_uint8_t *) s, -1, &code);

        if (len <= 0) {
            return 0;
        }

        n = utf8proc_get_property(code)->combining_class ? n + 1 : 0;
    }

    return n <= SCIM_FOLD_MARKS;
}


/*
 * Folding comes after decomposition (Unicode, D145): U+0345 folds to a letter,
 * and where it stands must not depend on how the text was composed. In the
 * steps of utf8proc_map(), which would decompose four times.
 */

static char *
scim_fold_unicode(scim_alloc_t *a, const char *s, size_t len, int exact,
    utf8proc_int32_t *codes)
{
    char              *key, *p;
    utf8proc_ssize_t   i, n, size;

    size = len * SCIM_FOLD_GROWTH;

    n = utf8proc_decompose((const utf8proc_uint8_t *) s, len, codes, size,
                           UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);

    if (!exact && n >= 0 && n <= size) {
        n = scim_fold_case(codes, n, codes + size, size);
        codes += size;
    }

    if (n < 0 || n > size) {
        return scim_strndup(a, s, len);
    }

    n = utf8proc_normalize_utf32(codes, n, UTF8PROC_STABLE | UTF8PROC_COMPOSE);

    key = p = scim_alloc(a, 4 * n + 1);
    if (key == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        p += utf8proc_encode_char(codes[i], (utf8proc_uint8_t *) p);
    }

    *p = '\0';

    return key;
}


/* from what is decomposed to what is, in out; how many there would be */

static utf8proc_ssize_t
scim_fold_case(const utf8proc_int32_t *codes, utf8proc_ssize_t n,
    utf8proc_int32_t *out, utf8proc_ssize_t size)
{
    int               class;
    utf8proc_ssize_t  i, count;

    count = 0;

    for (i = 0; i < n && count < size; i++) {
        if (utf8proc_get_property(codes[i])->casefold_seqindex == UINT16_MAX) {
            out[count++] = codes[i];
            continue;
        }

        class = UTF8PROC_BOUNDCLASS_START;
        count += utf8proc_decompose_char(codes[i], out + count, size - count,
                                         UTF8PROC_STABLE | UTF8PROC_DECOMPOSE
                                         | UTF8PROC_CASEFOLD, &class);
    }

    return (i < n) ? size + 1 : count;
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
scim_datetime_parse(const char *s, long long *usec)
{
    long long  days, time, zone;

    if (scim_date_parse(&s, &days) != SCIM_OK
        || *s++ != 'T'
        || scim_time_parse(&s, &time) != SCIM_OK
        || scim_zone_parse(&s, &zone) != SCIM_OK
        || *s != '\0')
    {
        return SCIM_ERROR;
    }

    *usec = days * SCIM_DAY_USEC + time - zone;

    return SCIM_OK;
}


static int
scim_date_parse(const char **s, long long *days)
{
    int  negative, year, month, day;

    negative = (**s == '-');
    *s += negative;

    if (scim_digits(s, 4, 5, &year) != SCIM_OK
        || *(*s)++ != '-'
        || scim_digits(s, 2, 2, &month) != SCIM_OK
        || *(*s)++ != '-'
        || scim_digits(s, 2, 2, &day) != SCIM_OK
        || month < 1 || month > 12)
    {
        return SCIM_ERROR;
    }

    year = negative ? -year : year;

    if (day < 1 || day > scim_month_days(year, month)) {
        return SCIM_ERROR;
    }

    *days = scim_days(year, month, day);

    return SCIM_OK;
}


/* up to microseconds; 24:00:00 is midnight at the end of the day */

static int
scim_time_parse(const char **s, long long *usec)
{
    int         hour, min, sec;
    const char  *end;
    long long   unit;

    if (scim_digits(s, 2, 2, &hour) != SCIM_OK
        || *(*s)++ != ':'
        || scim_digits(s, 2, 2, &min) != SCIM_OK
        || *(*s)++ != ':'
        || scim_digits(s, 2, 2, &sec) != SCIM_OK
        || min > 59 || sec > 59)
    {
        return SCIM_ERROR;
    }

    *usec = ((hour * 60 + min) * 60 + sec) * 1000000LL;

    if (**s == '.') {
        end = scim_skip_digits(++(*s));

        if (end == *s) {
            return SCIM_ERROR;
        }

        for (unit = 100000; *s < end; (*s)++, unit /= 10) {
            *usec += (**s - '0') * unit;
        }
    }

    return (*usec <= SCIM_DAY_USEC) ? SCIM_OK : SCIM_ERROR;
}


static int
scim_zone_parse(const char **s, long long *usec)
{
    int  sign, hour, min;

    *usec = 0;

    if (**s == 'Z') {
        (*s)++;
        return SCIM_OK;
    }

    if (**s != '+' && **s != '-') {
        return SCIM_OK;
    }

    sign = (*(*s)++ == '-') ? -1 : 1;

    if (scim_digits(s, 2, 2, &hour) != SCIM_OK
        || *(*s)++ != ':'
        || scim_digits(s, 2, 2, &min) != SCIM_OK
        || min > 59 || hour * 60 + min > 14 * 60)
    {
        return SCIM_ERROR;
    }

    *usec = sign * (hour * 60 + min) * 60000000LL;

    return SCIM_OK;
}


static int
scim_digits(const char **s, int min, int max, int *value)
{
    int  n;

    *value = 0;

    for (n = 0; n < max && **s >= '0' && **s <= '9'; n++) {
        *value = *value * 10 + (*(*s)++ - '0');
    }

    return (n >= min) ? SCIM_OK : SCIM_ERROR;
}


static int
scim_month_days(int year, int month)
{
    static const int  days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) {
        return 29;
    }

    return days[month - 1];
}


/* days since 1970-01-01 in the Gregorian calendar, whose years start in March
   here so that the leap day comes last */

static long long
scim_days(int year, int month, int day)
{
    int  era, year_of_era, day_of_year;

    year -= (month <= 2);
    era = (year >= 0 ? year : year - 399) / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097LL + year_of_era * 365 + year_of_era / 4
           - year_of_era / 100 + day_of_year - 719468;
}


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


static const char *
scim_skip_digits(const char *s)
{
    while (*s >= '0' && *s <= '9') {
        s++;
    }

    return s;
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
