/*
 * UTF-8 (RFC 3629).
 */

#ifndef SCIM_UTF8_H
#define SCIM_UTF8_H

#include <stddef.h>


/*
 * The offset of the first byte that is not valid UTF-8 (RFC 3629: no
 * overlong forms, no surrogates, nothing above U+10FFFF), or len if all is.
 */
size_t scim_utf8_check(const char *s, size_t len);

/* Returns the number of ASCII bytes at the beginning. */
size_t scim_utf8_ascii(const char *s, size_t len);

#endif /* SCIM_UTF8_H */
