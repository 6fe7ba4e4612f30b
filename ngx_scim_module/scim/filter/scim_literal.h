/*
 * The value that a filter compares with, by the type of the attribute.
 */

#ifndef SCIM_LITERAL_H
#define SCIM_LITERAL_H

#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_filter_reader.h"
#include "scim/filter/scim_filter_tree.h"


/* Returns 1 if the type of an attribute has the operator. */
int scim_literal_allows(scim_data_type_e type, scim_op_e op);

/* reads the value that a term compares its attribute with */
int scim_literal_parse(scim_filter_parser_t *ps, scim_filter_t *term);

#endif /* SCIM_LITERAL_H */
