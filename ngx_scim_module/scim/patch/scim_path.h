/*
 * Paths of PATCH operations (RFC 7644, section 3.5.2, figure 7).
 */

#ifndef SCIM_PATH_H
#define SCIM_PATH_H

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_filter_tree.h"


typedef struct {
    const scim_schema_t  *schema;   /* set alone: a whole extension */
    const scim_attr_t    *attr;     /* the top-level attribute */
    scim_filter_t        *filter;   /* attr[filter]; NULL if there is none */
    const scim_attr_t    *sub;      /* attr.sub or attr[filter].sub */
} scim_path_t;


/*
 * Parses the path of a PATCH operation: attribute, sub-attribute, value path,
 * value path and sub-attribute, each with or without a URN, or the URN of an
 * extension alone. The schema and the attribute in a URN part at the last
 * colon, or dot, that leaves a schema of the type in front; the base schema's URN
 * alone gives all NULL. A name that no schema knows is 400 invalidPath with
 * *unknown set to 1 (the caller may ignore it); what is no name, or goes on behind
 * it, is one with *unknown 0.
 */
int scim_path_parse(scim_alloc_t *a, const scim_rtype_t *rt,
    const char *text, scim_path_t *path, int *unknown, scim_error_t *err);

#endif /* SCIM_PATH_H */
