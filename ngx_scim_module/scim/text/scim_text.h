/*
 * Text: UTF-8, caseless comparison, and the grammars of the simple data types
 * (RFC 7643, section 2.3). Pure functions.
 */

#ifndef SCIM_TEXT_H
#define SCIM_TEXT_H

#include <stddef.h>


/* Returns 1 if the text is empty or has only white space of Unicode. */
int scim_text_is_blank(const char *s);

/* Compares names in ASCII without case: attributes, operators, URNs. */
int scim_name_eq(const char *a, const char *b);

/* Compares a with len bytes of b in the same way. */
int scim_name_neq(const char *a, const char *b, size_t len);

/* xsd:decimal or JSON number; integers have neither fraction nor exponent */
int scim_number_check(const char *s, int integer);

/* behind the digits that the text begins with */
const char *scim_skip_digits(const char *s);


static inline unsigned char
scim_lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? c | 0x20 : c;
}

#endif /* SCIM_TEXT_H */
