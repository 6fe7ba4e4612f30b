/*
 * Values: from what clients send to what the schema says (RFC 7643,
 * sections 2.3 to 2.5).
 */

#ifndef SCIM_VALUE_H
#define SCIM_VALUE_H

#include "scim/schema/scim_schema.h"


/* the most values of an attribute; members are kept elsewhere */
#define SCIM_VALUES_MAX  1000


/* attributes and parts of them that no schema has, and that were left out */

typedef struct {
    size_t                n;
    const char           *name;         /* the first of them */
} scim_unknown_t;


/* the input and the findings of reading a client's values */

typedef struct {
    scim_alloc_t         *alloc;
    const scim_rtype_t   *rt;
    scim_unknown_t        unknown;
    scim_error_t         *err;
} scim_reader_t;


/* counts one that is unknown */
void scim_unknown_add(scim_unknown_t *unknown, const char *name);

/*
 * Makes the canonical form of a client's value for an attribute, as a new or
 * reused node in *out; *out is NULL for an unassigned one: null, "", [], an
 * object whose "value" is one of those, and values of nothing but those.
 * Spelling and order of names become the schema's, readOnly sub-attributes are
 * dropped, unknown ones dropped and counted. "True" becomes true, digits in a
 * string a number, a number a string where one is expected, a lone value of a
 * multi-valued attribute an array, an array of one a single value, a simple
 * value of a complex attribute its "value", and {"emails": x} is x as the value
 * of "emails". Equal values (value and type) are merged.
 *
 * 400 invalidValue, naming the attribute and what it can be: for the wrong type;
 * for a second primary value; for an object in which the schema knows nothing,
 * where the attribute has values ("name" has parts only); for a member of a group
 * without an id.
 */
int scim_value_normalize(scim_reader_t *r, const scim_attr_t *attr, cJSON *in,
    cJSON **out);

/* the same for one value of a multi-valued attribute */
int scim_value_normalize_one(scim_reader_t *r, const scim_attr_t *attr,
    cJSON *in, cJSON **out);

/* null, "" and [], or nothing at all: how clients say "not assigned" */
int scim_value_is_nothing(const cJSON *in);

/* the only element of an array of one; any other value as it is */
cJSON *scim_value_alone(cJSON *in);

/*
 * x of {"emails": x} as a value of "emails", in an array of one or not, where
 * the object has no part of the attribute; any other value as it is.
 */
cJSON *scim_value_inside(const scim_attr_t *attr, cJSON *in);

/*
 * Are two canonical values of a multi-valued attribute the same one? By value
 * and type if it has those, else whole.
 */
int scim_value_same(const scim_attr_t *attr, const cJSON *a, const cJSON *b);

/*
 * Returns 1 if a client's canonical value means this one, to remove it. It
 * compares "value", and "type" if given; without a "value", all given parts.
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
 * Drops every value that stands in the array before already, which takes on the
 * parts that it has not, and to be primary. SCIM_ERROR if there are more than
 * SCIM_VALUES_MAX.
 */
int scim_value_unique(const scim_rtype_t *rt, const scim_attr_t *attr,
    cJSON *array);

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
