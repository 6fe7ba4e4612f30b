/*
 * Documents: attributes in the order of the schemas, each in its place.
 */

#ifndef SCIM_DOCUMENT_H
#define SCIM_DOCUMENT_H

#include <cjson/cJSON.h>

#include "scim/schema/scim_schema.h"


/*
 * Sets, replaces or (value NULL) removes a top-level attribute of a resource
 * (below its URN for an extension's, whose object comes and goes with its
 * attributes) or, with attr->parent, a sub-attribute of a complex value.
 * Members stand in the order of the schemas and stay so. SCIM_ERROR when out
 * of memory.
 */
int scim_value_set(const scim_rtype_t *rt, cJSON *object,
    const scim_attr_t *attr, cJSON *value);

/*
 * Sets a sub-attribute of a complex value. Where "value" changes, references
 * to the old one ("$ref") go; where it is cleared, the object is emptied.
 */
int scim_value_set_sub(const scim_rtype_t *rt, cJSON *object,
    const scim_attr_t *sub, cJSON *value);

/* the value of a top-level attribute of a canonical resource, or NULL */
cJSON *scim_value_get(const scim_rtype_t *rt, const cJSON *resource,
    const scim_attr_t *attr);

#endif /* SCIM_DOCUMENT_H */
