/*
 * Strings of JSON: escaped and not.
 */

#ifndef SCIM_JSON_STRING_H
#define SCIM_JSON_STRING_H

#include <stddef.h>

#include "scim/core/scim_alloc.h"


/*
 * Parses the string whose opening quote *text stands on and moves *text behind
 * the closing one. If there is none up to end, or U+0000 or half a surrogate
 * pair in it, the answer is NULL, *text is where that shows, and *what is what
 * was expected there; when out of memory *what is NULL. UTF-8 is not checked.
 */
char *scim_json_parse_string(scim_alloc_t *a, const char **text,
    const char *end, const char **what);

/* The length of s as the inside of a JSON string, quotes not counted. */
size_t scim_json_escaped_len(const char *s, size_t len);

/* Writes s as the inside of a JSON string; returns the end of what it wrote. */
char *scim_json_escape(char *dst, const char *s, size_t len);

#endif /* SCIM_JSON_STRING_H */
