/*
 * The text of a filter as it is parsed.
 */

#ifndef SCIM_FILTER_READER_H
#define SCIM_FILTER_READER_H

#include <stdio.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"


/* the characters that end a word in a filter */
#define SCIM_FILTER_STOP      " \t()[]\""


typedef struct {
    scim_alloc_t           *a;
    const scim_registry_t  *reg;        /* NULL: names of rt alone */
    const scim_rtype_t     *rt;
    const scim_attr_t      *complex;    /* inside a value path: names are its
                                           sub-attributes */
    const char             *start;
    const char             *p;
    const char             *end;
    int                     depth;
    int                     terms;
    scim_type_e             type;       /* of errors */
    scim_error_t           *err;
} scim_filter_parser_t;


/* moves behind a word if it comes next */
int scim_filter_keyword(scim_filter_parser_t *ps, const char *word);

/* passes over blanks */
void scim_filter_skip_space(scim_filter_parser_t *ps);

/* fails: something else was expected where the parser is */
int scim_filter_expected(scim_filter_parser_t *ps, const char *what);

/* fills in the error, with the offset of at; returns SCIM_ERROR */
int scim_filter_fail(scim_filter_parser_t *ps, const char *at,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif /* SCIM_FILTER_READER_H */
