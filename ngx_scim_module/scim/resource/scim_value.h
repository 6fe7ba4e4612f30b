/*
 * Values: from what clients send to what the schema says (RFC 7643,
 * sections 2.3 to 2.5).
 */

#ifndef SCIM_VALUE_H
#define SCIM_VALUE_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"


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


/* Counts an attribute or a part that is unknown. */
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

/* Makes the canonical form of one value of a multi-valued attribute, likewise. */
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

#endif /* SCIM_VALUE_H */
