/*
 * Folding: the key under which two strings are the same text.
 */

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "scim/text/scim_fold.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_utf8.h"
#include "scim/text/scim_text.h"


/* marks on one letter: more are no text in any language */
#define SCIM_FOLD_MARKS  30

/* characters for each byte; no text has more, decomposed or folded */
#define SCIM_FOLD_GROWTH  2


static char *scim_fold_ascii(scim_alloc_t *a, const char *s, size_t len,
    int exact);
static int scim_fold_is_safe(const char *s);
static char *scim_fold_unicode(scim_alloc_t *a, const char *s, size_t len,
    int exact, utf8proc_int32_t *codes);
static utf8proc_ssize_t scim_fold_case(const utf8proc_int32_t *codes,
    utf8proc_ssize_t n, utf8proc_int32_t *out, utf8proc_ssize_t size);


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
