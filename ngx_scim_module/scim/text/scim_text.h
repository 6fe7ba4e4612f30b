/*
 * Text: UTF-8, caseless comparison, and the grammars of the simple data types
 * (RFC 7643, section 2.3). Pure functions.
 */

#ifndef SCIM_TEXT_H
#define SCIM_TEXT_H

#include "scim/core/scim.h"


/*
 * The offset of the first byte that is not valid UTF-8 (RFC 3629: no
 * overlong forms, no surrogates, nothing above U+10FFFF), or len if all is.
 */
size_t scim_utf8_check(const char *s, size_t len);

/*
 * The key under which two strings are the same text: NFC when exact is set,
 * else NFC and full Unicode case folding. ASCII takes a short way; what is no
 * UTF-8, or heaps marks on a letter, is copied as it is. NULL when out of
 * memory.
 */
char *scim_fold(scim_alloc_t *a, const char *s, int exact);

/*
 * The length of a text if folding it takes a while, which is where it is not
 * ASCII; else 0.
 */
size_t scim_fold_cost(const char *s);

/* Returns 1 if the text is empty or has only white space of Unicode. */
int scim_text_is_blank(const char *s);

/* ASCII-only caseless comparison: attribute names, operators, URNs */
int scim_name_eq(const char *a, const char *b);

/* the same for b of that length */
int scim_name_neq(const char *a, const char *b, size_t len);

/*
 * An xsd:dateTime with a time zone, as microseconds since 1970 UTC. SCIM_ERROR
 * if it is none. A value without a zone is read as UTC; digits after the
 * microseconds are dropped.
 */
int scim_datetime_parse(const char *s, long long *usec);

/* RFC 4648 base64, standard or URL alphabet, padding optional in the latter */
int scim_base64_check(const char *s);

/*
 * The bytes of a base64 text, in either alphabet, padding optional; NULL: it is
 * none, or no memory.
 */
char *scim_base64_decode(scim_alloc_t *a, const char *s, size_t len,
    size_t *out_len);

/* xsd:decimal or JSON number; integers have neither fraction nor exponent */
int scim_number_check(const char *s, int integer);

#endif /* SCIM_TEXT_H */
