/*
 * The canonical values of attributes (RFC 7643, section 7), which /Schemas shows.
 */

#ifndef SCIM_CANONICAL_H
#define SCIM_CANONICAL_H

#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"


/*
 * Returns the array of an attribute, or NULL if it has none or an empty one.
 */
const cJSON *scim_canonical_values(const scim_attr_t *attr);

/*
 * Makes these the canonical values of an attribute of a type, in place of those
 * of its schema; a complex name means its "value". The cJSON allocator that is
 * open must live as long as the registry. 400 invalidValue for a name that is
 * none of the type, or one of a value that is no text.
 */
int scim_canonical_set(scim_registry_t *reg, const char *rtype,
    const char *name, const char **values, size_t n, scim_error_t *err);

#endif /* SCIM_CANONICAL_H */
