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

#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"


#define SCIM_JSON_DEPTH  64


void scim_json_init(void);

/* opens a for cJSON; returns what was open before, for scim_json_close() */
scim_alloc_t *scim_json_open(scim_alloc_t *a);
void scim_json_close(scim_alloc_t *before);

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

/* the string of that name in an object; NULL if there is none */
const char *scim_json_text(const cJSON *json, const char *name);

#endif /* SCIM_JSON_H */
