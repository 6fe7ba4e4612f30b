/*
 * An error as the body of an answer (RFC 7644, section 3.12).
 */

#ifndef SCIM_JSON_ERROR_H
#define SCIM_JSON_ERROR_H

#include <stddef.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"


/*
 * The error response of RFC 7644, section 3.12, as JSON text; NULL when out of
 * memory. An empty detail is left out.
 */
char *scim_error_print(scim_alloc_t *a, const scim_error_t *err, size_t *len);

#endif /* SCIM_JSON_ERROR_H */
