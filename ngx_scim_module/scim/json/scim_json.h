/*
 * JSON: a stricter front for cJSON, and its allocator.
 *
 * cJSON's allocation hooks are global to the process. scim_json_init()
 * installs them once; from then on cJSON allocates from the allocator that is
 * open and from malloc() when none is. A tree lives as long as its allocator,
 * nobody calls cJSON_Delete() on it.
 */

#ifndef SCIM_JSON_H
#define SCIM_JSON_H

#include "scim/core/scim.h"


#define SCIM_JSON_DEPTH  64


void scim_json_init(void);

/* opens a for cJSON; returns what was open before, for scim_json_close() */
scim_alloc_t *scim_json_open(scim_alloc_t *a);
void scim_json_close(scim_alloc_t *before);

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

/*
 * Parses the string whose opening quote *text stands on and moves *text behind
 * the closing one. If there is none up to end, or U+0000 or half a surrogate
 * pair in it, the answer is NULL, *text is where that shows, and *what is what
 * was expected there; when out of memory *what is NULL. UTF-8 is not checked.
 */
char *scim_json_parse_string(scim_alloc_t *a, const char **text,
    const char *end, const char **what);

/*
 * Unformatted text, its length in *len; NULL when out of memory. A name that is
 * marked as constant is one that a schema gives: nothing in it is escaped.
 */
char *scim_json_print(scim_alloc_t *a, const cJSON *json, size_t *len);

/* The length of s as the inside of a JSON string, quotes not counted. */
size_t scim_json_escaped_len(const char *s, size_t len);

/* Writes s as the inside of a JSON string; returns the end of what it wrote. */
char *scim_json_escape(char *dst, const char *s, size_t len);

/*
 * A tree of its own with the texts of this one, which must live as long; a is
 * the allocator that is open. NULL when out of memory.
 */
cJSON *scim_json_copy(scim_alloc_t *a, const cJSON *json);

/* a member by name, or NULL; what cJSON does by a call for each name */
cJSON *scim_json_member(const cJSON *object, const char *name);

/* a member by name, ASCII case ignored; NULL if there is none */
cJSON *scim_json_get(const cJSON *object, const char *name);

/* null, "", [], {} and arrays or objects of nothing but those */
int scim_json_is_empty(const cJSON *json);

/* "string", "number", "boolean", "array", "object" or "null", for details */
const char *scim_json_type_name(const cJSON *json);

/* equal by meaning: order counts in arrays and not in objects */
int scim_json_equal(const cJSON *a, const cJSON *b);

#endif /* SCIM_JSON_H */
