/*
 * A schema from its JSON representation (RFC 7643, sections 7 and 8.7).
 */

#ifndef SCIM_SCHEMA_READ_H
#define SCIM_SCHEMA_READ_H

#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"


/*
 * Adds a schema in the representation of RFC 7643, section 8.7. The detail of
 * an error names the attribute and what is wrong with it.
 */
int scim_registry_add_schema(scim_registry_t *reg, scim_alloc_t *a,
    cJSON *json, scim_error_t *err);

#endif /* SCIM_SCHEMA_READ_H */
