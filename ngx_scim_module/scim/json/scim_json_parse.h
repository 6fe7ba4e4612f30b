/*
 * JSON text to trees of cJSON.
 */

#ifndef SCIM_JSON_PARSE_H
#define SCIM_JSON_PARSE_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"


/*
 * Parses a whole document (RFC 8259) into a tree as cJSON's own parser would
 * make it. 400 invalidSyntax, with the byte offset in the detail, for: anything
 * that is no JSON, invalid UTF-8, an unpaired surrogate, U+0000 in a string,
 * nesting over SCIM_JSON_DEPTH, more values than 100,000 and an eighth of the
 * bytes, and trailing text; and, with the name, for
 * members whose names are the same but for ASCII case. A number that a double
 * need not give back digit for digit, or that is far from 1, becomes a
 * cJSON_Raw item.
 */
int scim_json_parse(scim_alloc_t *a, const char *text, size_t len,
    cJSON **out, scim_error_t *err);

#endif /* SCIM_JSON_PARSE_H */
