/*
 * The rules of every document before it is stored, and the parts that a PUT
 * keeps.
 */

#ifndef SCIM_RESOURCE_RULES_H
#define SCIM_RESOURCE_RULES_H

#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"


/*
 * Puts "id" and "schemas" in their place, and checks required attributes and
 * the amount of text. Must be called on every document before it is stored.
 */
int scim_resource_finish(scim_alloc_t *a, const scim_rtype_t *rt, cJSON *doc,
    const char *id, scim_error_t *err);

/*
 * Copies what a PUT keeps of the old document: readOnly attributes; immutable
 * ones, whose change is 400 mutability; and "active": false, until the client
 * says otherwise.
 */
int scim_resource_keep(scim_alloc_t *a, const scim_rtype_t *rt, cJSON *doc,
    const cJSON *old, scim_error_t *err);

#endif /* SCIM_RESOURCE_RULES_H */
