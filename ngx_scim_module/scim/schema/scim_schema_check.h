/*
 * Checks that all parts of a schema or resource type of a configuration can be
 * used. Each check gives 400 invalidValue.
 */

#ifndef SCIM_SCHEMA_CHECK_H
#define SCIM_SCHEMA_CHECK_H

#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"


/*
 * An id (NULL: none given) that paths, query strings and URLs can hold, and
 * that no schema of the registry has.
 */
int scim_schema_check_id(const scim_registry_t *reg, const char *id,
    scim_error_t *err);

/* a name that paths and filters can hold */
int scim_schema_check_name(const char *name, scim_error_t *err);

/*
 * The id and endpoint of a type are its own: no other type, no other endpoint
 * of the protocol (RFC 7644, section 3.2) and no key in the store goes by
 * them. What is common to all types is not defined again, and the schema is
 * not one that belongs to a type alone (User, Group).
 */
int scim_schema_check_rtype(const scim_registry_t *reg, const scim_rtype_t *rt,
    scim_error_t *err);

/*
 * A schema that is to become an extension of a type: not there already, none
 * of those that belong to a type, and no name means it and an attribute.
 */
int scim_schema_check_extension(const scim_rtype_t *rt,
    const scim_schema_t *schema, scim_error_t *err);

#endif /* SCIM_SCHEMA_CHECK_H */
