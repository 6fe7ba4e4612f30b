/*
 * Resources: from a request's body to the document that is stored
 * (RFC 7643, section 3; RFC 7644, sections 3.3 and 3.5.1).
 *
 * A canonical resource has its members in the order of the schemas, "schemas"
 * and "id" first, extensions last, each below its URN. It has no "meta", and
 * neither Group.members nor User.groups.
 */

#ifndef SCIM_RESOURCE_H
#define SCIM_RESOURCE_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_members.h"
#include "scim/resource/scim_value.h"


/*
 * The bytes of text outside ASCII that a resource can have. Normalization, for
 * an index or a search, takes 30 ms for each mebibyte.
 */
#define SCIM_RESOURCE_TEXT  131072


typedef struct {
    cJSON           *doc;
    scim_members_t   members;
    int              members_given;   /* the body has the attribute */
    int              merges;          /* attributes without a mention stay */
    scim_unknown_t   unknown;         /* the ignored attributes */
} scim_resource_t;


/*
 * Makes a resource from the body of a POST or PUT: a new one, or (old not
 * NULL) a copy of old in which what the body names takes the place of what was
 * there, of an object its parts. Names may be dotted ("name.givenName") and have
 * a URN in front. Attributes that are readOnly or that no schema knows are left
 * out, what is unassigned is absent, a missing "schemas" follows from the type.
 * 400 invalidValue or invalidSyntax.
 */
int scim_resource_parse(scim_alloc_t *a, const scim_rtype_t *rt, cJSON *body,
    const cJSON *old, scim_resource_t *res, scim_error_t *err);

/* Adds the members that canonical values of the attribute name (NULL: none). */
int scim_resource_join(scim_resource_t *res, const scim_attr_t *attr,
    const cJSON *values, scim_error_t *err);

/*
 * The values of an attribute as keys of an index, folded: an array of *n
 * strings, without duplicates; NULL when out of memory. With folded 0 they are
 * as they stand.
 */
const char **scim_resource_values(scim_alloc_t *a, const scim_rtype_t *rt,
    const cJSON *doc, const scim_attr_t *attr, int folded, size_t *n);

#endif /* SCIM_RESOURCE_H */
