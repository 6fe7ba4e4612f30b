/*
 * Names of attributes, with and without a URN, as in attribute lists (RFC 7644,
 * section 3.10).
 */

#ifndef SCIM_NAME_H
#define SCIM_NAME_H

#include <stddef.h>

#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"


/* a name of an attribute, or of a part of it, or of an extension */

typedef struct {
    const scim_schema_t  *schema;   /* set alone: a whole extension */
    const scim_attr_t    *attr;     /* the top-level attribute */
    const scim_attr_t    *sub;      /* attr.sub */
} scim_name_t;


/*
 * An attribute name as in "attributes=": [urn:]attr[.sub], no filter (one is
 * skipped: Microsoft's tests send emails[type eq "work"]). SCIM_ERROR if there
 * is no such attribute. attr NULL and schema set means a whole extension.
 */
int scim_name_parse(const scim_rtype_t *rt, const char *text, size_t len,
    scim_name_t *name);

/*
 * The attribute, or sub-attribute, of such a name; NULL if there is none. With
 * a registry, one of another type where the type has it not.
 */
const scim_attr_t *scim_name_find(const scim_registry_t *reg,
    const scim_rtype_t *rt, const char *text, size_t len);

/*
 * Finds an attribute whose values are text that clients give and see; a complex
 * name means its "value". If the attribute is another, the error is 400
 * invalidValue and says that it cannot be what the caller wants ("indexed",
 * "unique").
 */
int scim_name_find_text(const scim_rtype_t *rt, const char *name,
    const char *wanted, const scim_attr_t **attr, scim_error_t *err);

/* Returns 1 if its type can be indexed and stored in documents. */
int scim_attr_is_text(const scim_attr_t *attr);

/* [urn:]attr[.sub], or a URN alone */
int scim_name_read(const scim_rtype_t *rt, const char *text, size_t len,
    scim_name_t *path);

#endif /* SCIM_NAME_H */
