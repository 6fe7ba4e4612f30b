/*
 * Sorting (RFC 7644, section 3.4.2.3).
 */

#ifndef SCIM_SORT_H
#define SCIM_SORT_H

#include "scim/core/scim_alloc.h"
#include "scim/schema/scim_schema.h"


typedef enum {
    SCIM_KEY_ABSENT,
    SCIM_KEY_NUMBER,
    SCIM_KEY_TEXT
} scim_key_e;

#define SCIM_KEY_SIZE  512

typedef struct {
    scim_key_e    kind;
    double        number;
    const char   *text;         /* folded by the caseExact of the attribute,
                                   the first SCIM_KEY_SIZE bytes of it */
} scim_key_t;


/*
 * The key of a resource by an attribute: of a multi-valued one its primary or
 * first value. An attribute of another type is absent. SCIM_ERROR when out of
 * memory.
 */
int scim_sort_key(scim_alloc_t *a, const scim_rtype_t *rt,
    const cJSON *resource, const scim_attr_t *attr, scim_key_t *key);

/* Less, equal or greater; what is absent is greater than all else. */
int scim_sort_compare(const scim_key_t *a, const scim_key_t *b);

#endif /* SCIM_SORT_H */
