/*
 * The attributes in which two documents differ.
 */

#ifndef SCIM_RESOURCE_DIFF_H
#define SCIM_RESOURCE_DIFF_H

#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/schema/scim_schema.h"


/*
 * The names of the top-level attributes in which two documents differ (old
 * may be NULL), joined by commas, an extension's with its URN in front. NULL
 * when out of memory.
 */
char *scim_resource_diff(scim_alloc_t *a, const scim_rtype_t *rt,
    const cJSON *old, const cJSON *doc);

#endif /* SCIM_RESOURCE_DIFF_H */
