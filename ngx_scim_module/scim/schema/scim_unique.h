/*
 * The attributes that are unique in a tenant (RFC 7643, section 7): those that
 * their schemas call unique, or those of the configuration.
 */

#ifndef SCIM_UNIQUE_H
#define SCIM_UNIQUE_H

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"


/*
 * Makes these attributes the unique ones of a type, in place of those of its
 * schemas; a user's userName stays unique (RFC 7643, section 4.1.1). The
 * schemas are announced accordingly. 400 invalidValue for a name that is none
 * of the type, or one of a value that is no text.
 */
int scim_unique_set(scim_registry_t *reg, scim_alloc_t *a, const char *rtype,
    const char **names, size_t n, scim_error_t *err);

/* Returns 1 if its schema calls it unique, so that a hash can find it. */
int scim_unique_by_schema(const scim_attr_t *attr);

int scim_unique_is(const scim_rtype_t *rt, const scim_attr_t *attr);

#endif /* SCIM_UNIQUE_H */
