/*
 * The answers of the token endpoint, and the metadata (RFC 8414).
 */

#ifndef SCIM_OAUTH_PRINT_H
#define SCIM_OAUTH_PRINT_H

#include <stddef.h>

#include "scim/core/scim_alloc.h"
#include "scim/token/scim_oauth.h"


/*
 * The answers, in JSON; NULL when out of memory. exchange: it is one of RFC 8693.
 */
char *scim_oauth_error_print(scim_alloc_t *a, const scim_oauth_error_t *err,
    size_t *len);
char *scim_oauth_token_print(scim_alloc_t *a, const char *token,
    unsigned expires_in, const char *scope, int exchange, size_t *len);

/*
 * RFC 8414 of these URLs. assertions: clients may sign; federation: identity
 * providers may sign for them.
 */
char *scim_oauth_metadata_print(scim_alloc_t *a, const char *issuer,
    const char *token_endpoint, int assertions, int federation, size_t *len);

#endif /* SCIM_OAUTH_PRINT_H */
