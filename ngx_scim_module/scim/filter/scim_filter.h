/*
 * Filters (RFC 7644, section 3.4.2.2, figure 1): parse, evaluate.
 */

#ifndef SCIM_FILTER_H
#define SCIM_FILTER_H

#include "scim/schema/scim_schema.h"


#define SCIM_FILTER_LENGTH  8192
#define SCIM_FILTER_DEPTH   32
#define SCIM_FILTER_TERMS   128

typedef enum {
    SCIM_FILTER_AND,
    SCIM_FILTER_OR,
    SCIM_FILTER_NOT,            /* left only */
    SCIM_FILTER_TERM,           /* attr op value */
    SCIM_FILTER_VALUE_PATH      /* attr[left]: the same value must match */
} scim_filter_kind_e;

typedef enum {
    SCIM_EQ,
    SCIM_NE,
    SCIM_CO,
    SCIM_SW,
    SCIM_EW,
    SCIM_GT,
    SCIM_GE,
    SCIM_LT,
    SCIM_LE,
    SCIM_PR
} scim_op_e;

typedef enum {
    SCIM_LITERAL_NULL,          /* "eq null": absent */
    SCIM_LITERAL_BOOLEAN,
    SCIM_LITERAL_NUMBER,
    SCIM_LITERAL_DATETIME,
    SCIM_LITERAL_STRING
} scim_literal_e;

typedef struct {
    scim_literal_e        kind;
    const char           *text;     /* the value as given, unescaped */
    const char           *folded;   /* STRING: scim_fold() by the caseExact of
                                       the attribute */
    double                number;   /* NUMBER; 0 or 1 for BOOLEAN */
    long long             usec;     /* DATETIME */
} scim_literal_t;

typedef struct scim_filter_s  scim_filter_t;

struct scim_filter_s {
    scim_filter_kind_e    kind;
    scim_op_e             op;       /* TERM */
    const scim_attr_t    *attr;     /* TERM: the attribute whose values are
                                       compared, a sub-attribute where one is
                                       meant ("emails" means emails.value, see
                                       attr->parent); VALUE_PATH: the complex
                                       attribute */
    scim_literal_t        value;
    scim_filter_t        *left;
    scim_filter_t        *right;
};


/*
 * Parses a filter on a resource type. 400 invalidFilter, with the offset and
 * what was expected there, for a syntax error, an attribute that no schema of
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
 * The same for a query over several types (RFC 7644, section 3.4.2.1): an
 * attribute that only another type of the registry has is one without a value.
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

/*
 * Does the resource match? It is a tree as a client would see it: extensions
 * below their URN, "meta" and other computed attributes put in beforehand if
 * the filter needs them. 1 match, 0 no match; it allocates for folding, and
 * SCIM_ERROR means out of memory. A value of a type that the schema does not
 * have there matches nothing.
 */
int scim_filter_match(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_filter_t *filter, const cJSON *resource);

/*
 * The same for one value of a multi-valued attribute and a filter from
 * scim_filter_parse_inner().
 */
int scim_filter_match_value(scim_alloc_t *a, const scim_filter_t *filter,
    const cJSON *value);

/* is there a term on this attribute, or on a sub-attribute of it? */
int scim_filter_uses(const scim_filter_t *filter, const scim_attr_t *attr);

#endif /* SCIM_FILTER_H */
