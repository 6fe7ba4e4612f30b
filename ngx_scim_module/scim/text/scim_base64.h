/*
 * Base64 (RFC 4648), in both alphabets.
 */

#ifndef SCIM_BASE64_H
#define SCIM_BASE64_H

#include <stddef.h>

#include "scim/core/scim_alloc.h"


/* RFC 4648 base64, standard or URL alphabet, padding optional in the latter */
int scim_base64_check(const char *s);

/*
 * The bytes of a base64 text, in either alphabet, padding optional; NULL: it is
 * none, or no memory.
 */
char *scim_base64_decode(scim_alloc_t *a, const char *s, size_t len,
    size_t *out_len);

#endif /* SCIM_BASE64_H */
