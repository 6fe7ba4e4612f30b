/*
 * Percent-encoding, as in the query of a URL and in a form (RFC 3986,
 * section 2.1; application/x-www-form-urlencoded).
 */

#ifndef SCIM_PERCENT_H
#define SCIM_PERCENT_H

#include "scim/core/scim_alloc.h"


/*
 * The bytes of an encoded text, "+" being a space, with a NUL behind them;
 * *out_len does not count it. A "%" without two hexadecimal digits stays as it is,
 * and is counted in *bad (may be NULL). NULL when out of memory.
 */
char *scim_percent_decode(scim_alloc_t *a, const char *s, size_t len,
    size_t *out_len, size_t *bad);

#endif /* SCIM_PERCENT_H */
