/*
 * The SCIM 2.0 Interoperability Profile (draft-zollner-scim-interop-profile):
 * requests that it forbids although the RFCs allow them, and its rules for
 * /Schemas.
 */

#ifndef SCIM_INTEROP_H
#define SCIM_INTEROP_H

#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_filter_tree.h"


#define SCIM_INTEROP_COUNT  100     /* results that a page must be able to hold */


/*
 * Checks the body of a POST or PUT: each URN of "schemas" is one of the type, no
 * attribute is one that the server would drop (writeOnly), and each "type" of a
 * multi-valued attribute is a canonical one. 400 invalidSyntax or invalidValue.
 */
int scim_interop_resource(const scim_rtype_t *rt, const cJSON *body,
    scim_error_t *err);

/*
 * Checks the body of a PATCH: each operation has a path, which names an attribute
 * and not an element, with a filter of nothing but "eq" and "and"; values are
 * arrays where the attribute has several. Changes it so that a "replace" of a
 * complex attribute replaces all of it: what the value does not name is null
 * there. What scim_patch_parse() refuses is left to it. 400 invalidSyntax,
 * invalidPath or invalidValue, with the index of the operation in the detail.
 */
int scim_interop_patch(scim_alloc_t *a, const scim_rtype_t *rt, cJSON *body,
    scim_error_t *err);

/* 400 invalidFilter for an operator that is neither "eq" nor "and" */
int scim_interop_filter(const scim_filter_t *filter, scim_error_t *err);

/*
 * A schema as /Schemas shows it: without attributes that the server drops, and
 * with canonicalValues for each "type" of a multi-valued attribute. A new tree;
 * NULL when out of memory.
 */
cJSON *scim_interop_schema(const scim_schema_t *schema);

#endif /* SCIM_INTEROP_H */
