/*
 * A filter as a tree.
 */

#ifndef SCIM_FILTER_TREE_H
#define SCIM_FILTER_TREE_H

#include "scim/schema/scim_schema.h"


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

#endif /* SCIM_FILTER_TREE_H */
