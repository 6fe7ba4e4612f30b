/*
 * Discovery: what the server can do (RFC 7643, sections 5 to 7).
 */

#ifndef SCIM_DISCOVERY_H
#define SCIM_DISCOVERY_H

#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/schema/scim_schema.h"


/* the features that the configuration has enabled */

typedef struct {
    long  page_size;            /* where none is asked for */
    long  max_results;          /* the largest page */
    long  bulk_operations;      /* 0: no bulk */
    long  bulk_size;            /* bytes */
    int   interop;              /* scim_interop.h: 1 conforms to it */
} scim_features_t;


/*
 * Each returns a tree, or NULL when out of memory. base is the URL of the SCIM
 * root, without a slash at its end. interop: schemas are as scim_interop_schema()
 * shows them.
 */
cJSON *scim_discovery_config(scim_alloc_t *a, const scim_features_t *features,
    const char *base);
cJSON *scim_discovery_schema(scim_alloc_t *a, const scim_schema_t *schema,
    int interop, const char *base);
cJSON *scim_discovery_rtype(scim_alloc_t *a, const scim_rtype_t *rt,
    const char *base);

/* ListResponses of all of them */
cJSON *scim_discovery_schemas(scim_alloc_t *a, const scim_registry_t *reg,
    int interop, const char *base);
cJSON *scim_discovery_rtypes(scim_alloc_t *a, const scim_registry_t *reg,
    const char *base);

#endif /* SCIM_DISCOVERY_H */
