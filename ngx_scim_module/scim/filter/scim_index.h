/*
 * Indexes, and which of them answers a filter without a scan.
 */

#ifndef SCIM_INDEX_H
#define SCIM_INDEX_H

#include <stddef.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"


typedef enum {
    SCIM_INDEX_UNIQUE,          /* one value, one resource */
    SCIM_INDEX_LEXICAL,         /* a value, any number of resources */
    SCIM_INDEX_FIELD            /* not for look-ups: shown to applications */
} scim_index_kind_e;

typedef struct {
    const scim_rtype_t  *rt;
    const scim_attr_t   *attr;
    const char          *name;      /* scim_attr_path(), and ":unique" or
                                       ":sorted" where the schema has the
                                       attribute otherwise */
    scim_index_kind_e    kind;
    int                  builtin;   /* there for every resource there is */
    const char          *field;     /* of a stored resource that tells what it
                                       has in the index: "uq:" or "by:" and
                                       the name, or just the name */
} scim_index_t;


/*
 * Makes the indexes that every type has: unique attributes, "externalId" and
 * "emails.value" where the schemas have them, "active" and a group's
 * "displayName" as fields. Array of *n; NULL when out of memory.
 */
scim_index_t *scim_index_builtin(scim_alloc_t *a, const scim_rtype_t *rt,
    size_t *n);

/*
 * Describes a configured index by an attribute's name. 400 invalidValue. A
 * unique attribute, which has an index for lookups, also gets a lexical one.
 */
int scim_index_describe(scim_alloc_t *a, const scim_rtype_t *rt,
    const char *name, scim_index_t *index, scim_error_t *err);

/*
 * Returns the names of the indexes that serve lookups, a line each, as the
 * store takes them. NULL when out of memory.
 */
char *scim_index_names(scim_alloc_t *a, const scim_index_t *indexes, size_t n);

#endif /* SCIM_INDEX_H */
