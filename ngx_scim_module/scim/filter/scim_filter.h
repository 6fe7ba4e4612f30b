/*
 * Filters (RFC 7644, section 3.4.2.2, figure 1): parse, evaluate.
 */

#ifndef SCIM_FILTER_H
#define SCIM_FILTER_H

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_filter_tree.h"


#define SCIM_FILTER_LENGTH  8192
#define SCIM_FILTER_DEPTH   32
#define SCIM_FILTER_TERMS   128


/*
 * Parses a filter on a resource type. The error is 400 invalidFilter, with the
 * offset and the expected text, for a syntax error, an attribute that no schema of
 * the type has, one that is returned "never", an operator that its type does
 * not have (gt, ge, lt, le on boolean and binary; co, sw, ew on boolean,
 * number and dateTime; all but pr on a complex one without "value"), a literal
 * of the wrong type, and what exceeds the bounds above.
 *
 * Beyond the grammar: names and operators in any case; a bare word beside a
 * string attribute is a string, and so is text between apostrophes (other marks
 * around a word are an error); "True" beside a boolean is a boolean;
 * emails[type eq "work"].value eq "x" is emails[type eq "work" and
 * value eq "x"]; in a URN the attribute follows the last colon that leaves a
 * known schema in front.
 */
int scim_filter_parse(scim_alloc_t *a, const scim_rtype_t *rt,
    const char *text, scim_filter_t **out, scim_error_t *err);

/*
 * Parses a filter of a query over several types (RFC 7644, section 3.4.2.1):
 * an attribute that only another type of the registry has is one without a
 * value.
 */
int scim_filter_parse_across(scim_alloc_t *a, const scim_registry_t *reg,
    const scim_rtype_t *rt, const char *text, scim_filter_t **out,
    scim_error_t *err);

/*
 * The inside of a value path, for PATCH paths: parses up to the closing
 * bracket, which it leaves to the caller. *text is advanced; offsets in details
 * count from start. Names are sub-attributes of attr. 400 invalidPath.
 */
int scim_filter_parse_inner(scim_alloc_t *a, const scim_attr_t *attr,
    const char *start, const char **text, scim_filter_t **out,
    scim_error_t *err);

#endif /* SCIM_FILTER_H */
