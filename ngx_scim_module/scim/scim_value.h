/*
 * Values: from what clients send to what the schema says (RFC 7643,
 * sections 2.3 to 2.5).
 */

#ifndef SCIM_VALUE_H
#define SCIM_VALUE_H

#include "scim_schema.h"


/* how many values an attribute can have; members are kept elsewhere */
#define SCIM_VALUES_MAX  1000


/*
 * Makes the canonical form of a client's value for an attribute, as a new or
 * reused node in *out; *out is NULL for an unassigned one (null, "", [], {}
 * and values of nothing but those). Spelling and order of names become the
 * schema's, unknown and readOnly sub-attributes are dropped, "True" becomes
 * true, digits in a string a number, a lone value of a multi-valued attribute
 * an array, an array of one a single value, a simple value of a complex
 * attribute its "value". Equal values (value and type) are merged. 400
 * invalidValue, naming the attribute, for the wrong type and for a second
 * primary value.
 */
int scim_value_normalize(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, cJSON *in, cJSON **out, scim_error_t *err);

/* the same for one value of a multi-valued attribute */
int scim_value_normalize_one(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, cJSON *in, cJSON **out, scim_error_t *err);

/*
 * Are two canonical values of a multi-valued attribute the same one? By value
 * and type if it has those, else whole.
 */
int scim_value_same(const scim_attr_t *attr, const cJSON *a, const cJSON *b);

/*
 * Does a client's canonical value mean this one, to remove it? By "value",
 * and by "type" where that is given; without a "value" by all that is given.
 * Text compares as in a filter. SCIM_ERROR when out of memory.
 */
int scim_value_names(scim_alloc_t *a, const scim_attr_t *attr,
    const cJSON *given, const cJSON *value);

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

void scim_value_table_init(scim_value_table_t *table, const scim_attr_t *attr);

/* where the value that is the same stands, NULL if none is; to be replaced
   only by one that is the same too */
cJSON **scim_value_table_find(scim_value_table_t *table, const cJSON *value);

/* SCIM_ERROR if there are SCIM_VALUES_MAX already */
int scim_value_table_add(scim_value_table_t *table, cJSON *value);

/*
 * Drops every value that stands in the array before already. SCIM_ERROR if
 * there are more than SCIM_VALUES_MAX.
 */
int scim_value_unique(const scim_attr_t *attr, cJSON *array);

/*
 * Sets, replaces or (value NULL) removes a top-level attribute of a resource
 * (below its URN for an extension's, whose object comes and goes with its
 * attributes) or, with attr->parent, a sub-attribute of a complex value.
 * Members stand in the order of the schemas and stay so. SCIM_ERROR when out
 * of memory.
 */
int scim_value_set(const scim_rtype_t *rt, cJSON *object,
    const scim_attr_t *attr, cJSON *value);

/*
 * Sets a sub-attribute of a complex value. Where "value" changes, references
 * to the old one ("$ref") go; where it is cleared, the object is emptied.
 */
int scim_value_set_sub(const scim_rtype_t *rt, cJSON *object,
    const scim_attr_t *sub, cJSON *value);

/* the value of a top-level attribute of a canonical resource, or NULL */
cJSON *scim_value_get(const scim_rtype_t *rt, const cJSON *resource,
    const scim_attr_t *attr);

#endif /* SCIM_VALUE_H */
