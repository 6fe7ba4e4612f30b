/*
 * Several values of one attribute: which are equal, and which one a client
 * means.
 */

#ifndef SCIM_VALUES_H
#define SCIM_VALUES_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/schema/scim_schema.h"


/* the most values of an attribute; members are kept elsewhere */
#define SCIM_VALUES_MAX  1000

/*
 * Canonical values of a multi-valued attribute, to find whether one of them is
 * the same as another. It fits the stack. A few, as most attributes have, are a
 * list; what is behind them has no value then.
 */

#define SCIM_VALUE_FEW    8
#define SCIM_VALUE_SLOTS  (2 * 1024)


typedef struct {
    const scim_attr_t  *attr;
    size_t              n;
    cJSON              *slots[SCIM_VALUE_SLOTS];
} scim_value_table_t;


/*
 * Returns 1 if two canonical values of a multi-valued attribute are the same:
 * by value and type if the attribute has those, else as a whole.
 */
int scim_value_same(const scim_attr_t *attr, const cJSON *a, const cJSON *b);

/*
 * Returns 1 if a client's canonical value means this one, to remove it. It
 * compares "value", and "type" if given; without a "value", all given parts.
 * Text compares as in a filter. SCIM_ERROR when out of memory.
 */
int scim_value_names(scim_alloc_t *a, const scim_attr_t *attr,
    const cJSON *given, const cJSON *value);

void scim_value_table_init(scim_value_table_t *table, const scim_attr_t *attr);

/*
 * Returns the place of the equal value, or NULL; only an equal value may
 * replace it.
 */
cJSON **scim_value_table_find(scim_value_table_t *table, const cJSON *value);

/* SCIM_ERROR if there are SCIM_VALUES_MAX already */
int scim_value_table_add(scim_value_table_t *table, cJSON *value);

/*
 * Drops every value that is in the array already. The first one takes on parts
 * that it lacks, and "primary". SCIM_ERROR if there are more than
 * SCIM_VALUES_MAX.
 */
int scim_value_unique(const scim_rtype_t *rt, const scim_attr_t *attr,
    cJSON *array);

#endif /* SCIM_VALUES_H */
