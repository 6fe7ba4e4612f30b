/*
 * The registry: schemas and resource types, built once at configuration time
 * from the JSON representation of the RFC.
 */

#ifndef SCIM_REGISTRY_H
#define SCIM_REGISTRY_H

#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"


/*
 * The registry with the RFC's own schemas (User, Group, EnterpriseUser) and
 * resource types, from the JSON that is compiled in. NULL when out of memory.
 * The cJSON allocator that is open must live as long as the registry.
 */
scim_registry_t *scim_registry_create(scim_alloc_t *a, scim_error_t *err);

/*
 * Makes the schema that was added last an extension of a resource type: of the
 * one given by id, or (NULL) of the one that the last part of its URN names.
 * A schema whose URN names no type is left for resource types to come.
 */
int scim_registry_extend(scim_registry_t *reg, scim_alloc_t *a,
    const char *rtype, scim_error_t *err);

/* Adds a resource type (RFC 7643, section 8.6); its schemas must be there. */
int scim_registry_add_rtype(scim_registry_t *reg, scim_alloc_t *a,
    cJSON *json, scim_error_t *err);

#endif /* SCIM_REGISTRY_H */
