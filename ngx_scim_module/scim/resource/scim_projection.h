/*
 * Projection: which attributes an answer has (RFC 7644, section 3.9;
 * RFC 7643, section 7, "returned").
 */

#ifndef SCIM_PROJECTION_H
#define SCIM_PROJECTION_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_name.h"
#include "scim/schema/scim_schema.h"


typedef struct {
    const scim_rtype_t   *rt;
    scim_name_t          *names;        /* of either list */
    size_t                n;
    int                   only;         /* "attributes", else "excluded" */
} scim_projection_t;


/*
 * From the values of "attributes" and "excludedAttributes" (lists joined by
 * commas; NULL where not given). Unknown names are ignored. 400 invalidValue
 * for both at once.
 */
int scim_projection_parse(scim_alloc_t *a, const scim_rtype_t *rt,
    const char *attributes, const char *excluded, scim_projection_t *p,
    scim_error_t *err);

/* Returns 1 if the response has this top-level attribute or sub-attribute. */
int scim_projection_has(const scim_projection_t *p, const scim_attr_t *attr);

/*
 * Returns 1 if every stored document is shown as a whole. Computed attributes
 * (meta, members, groups) are not part of it and may still be left out.
 */
int scim_projection_whole(const scim_projection_t *p);

/* Removes from a document what the response does not have. */
void scim_projection_apply(const scim_projection_t *p, cJSON *doc);

#endif /* SCIM_PROJECTION_H */
