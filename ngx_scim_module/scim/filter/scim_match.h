/*
 * Compares a resource, or a value, with a filter.
 */

#ifndef SCIM_MATCH_H
#define SCIM_MATCH_H

#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_filter_tree.h"


/*
 * Compares a resource with a filter. The resource is a tree as a client would
 * see it: extensions below their URN, "meta" and other computed attributes put
 * in beforehand if the filter needs them. Returns 1 for a match and 0 for
 * none; it allocates for folding, and SCIM_ERROR means out of memory. A value
 * of a type that the schema does not have there matches nothing.
 */
int scim_filter_match(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_filter_t *filter, const cJSON *resource);

/*
 * Compares one value of a multi-valued attribute with a filter of
 * scim_filter_parse_inner().
 */
int scim_filter_match_value(scim_alloc_t *a, const scim_filter_t *filter,
    const cJSON *value);

/*
 * Returns 1 if the filter has a term on this attribute, or on a sub-attribute
 * of it.
 */
int scim_filter_uses(const scim_filter_t *filter, const scim_attr_t *attr);

#endif /* SCIM_MATCH_H */
