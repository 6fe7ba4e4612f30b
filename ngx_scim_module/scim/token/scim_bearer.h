/*
 * Bearer tokens in an Authorization header (RFC 6750, section 2.1).
 */

#ifndef SCIM_BEARER_H
#define SCIM_BEARER_H

#include <stddef.h>



typedef enum {
    SCIM_BEARER_NONE,           /* another scheme, or nothing at all */
    SCIM_BEARER_BARE,           /* one word without a scheme: the token itself,
                                   as an administrator may have typed it */
    SCIM_BEARER_TOKEN,
    SCIM_BEARER_MALFORMED       /* the scheme without one token behind it */
} scim_bearer_e;


/*
 * Parses the value of the header, which need not be terminated. With BARE and
 * TOKEN *token points into it and *token_len is at least 1; else they are NULL
 * and 0. A token is a "b64token": letters, digits and -._~+/ and then any
 * number of "=".
 */
scim_bearer_e scim_bearer_parse(const char *header, size_t len,
    const char **token, size_t *token_len);

#endif /* SCIM_BEARER_H */
