/*
 * Attribute paths: of PATCH operations (RFC 7644, figure 7) and of attribute
 * lists (section 3.10).
 */

#ifndef SCIM_PATH_H
#define SCIM_PATH_H

#include "scim/filter/scim_filter.h"


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

/*
 * An attribute name as in "attributes=": [urn:]attr[.sub], no filter (one is
 * skipped: Microsoft's tests send emails[type eq "work"]). SCIM_ERROR if there
 * is no such attribute. attr NULL and schema set means a whole extension.
 */
int scim_path_parse_name(const scim_rtype_t *rt, const char *text, size_t len,
    scim_path_t *path);

/*
 * The attribute, or sub-attribute, of such a name; NULL if there is none. With
 * a registry, one of another type where the type has it not.
 */
const scim_attr_t *scim_path_find(const scim_registry_t *reg,
    const scim_rtype_t *rt, const char *text, size_t len);

/*
 * The same for an attribute whose values are text that clients give and see;
 * a complex name means its "value". Others cannot be what the caller wants
 * ("indexed", "unique"): 400 invalidValue.
 */
int scim_path_find_text(const scim_rtype_t *rt, const char *name,
    const char *wanted, const scim_attr_t **attr, scim_error_t *err);

/* Is it of a type that can be indexed, and stored in documents? */
int scim_path_is_text(const scim_attr_t *attr);

#endif /* SCIM_PATH_H */
