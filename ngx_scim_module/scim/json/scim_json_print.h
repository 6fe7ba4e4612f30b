/*
 * Trees of cJSON to JSON text.
 */

#ifndef SCIM_JSON_PRINT_H
#define SCIM_JSON_PRINT_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"


/*
 * Unformatted text, its length in *len; NULL when out of memory. A name that is
 * marked as constant is one that a schema gives: nothing in it is escaped.
 */
char *scim_json_print(scim_alloc_t *a, const cJSON *json, size_t *len);

#endif /* SCIM_JSON_PRINT_H */
