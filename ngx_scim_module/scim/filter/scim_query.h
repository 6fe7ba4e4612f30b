/*
 * The query of a list or a single resource (RFC 7644, sections 3.4.2, 3.9;
 * RFC 9865).
 */

#ifndef SCIM_QUERY_H
#define SCIM_QUERY_H

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_projection.h"
#include "scim/filter/scim_filter_tree.h"


typedef struct {
    const char         *filter_text;    /* decoded; NULL: none */
    const char         *attributes;
    const char         *excluded;
    const char         *sort_by;
    const char         *sort_order;
    const char         *cursor;         /* NULL: pages by start_index; empty:
                                           the first page */
    scim_filter_t      *filter;
    scim_projection_t   projection;
    const scim_attr_t  *sort_attr;      /* NULL: the order of creation */
    int                 descending;
    long                start_index;    /* 1 or more */
    long                count;          /* 0 or more, at most the maximum */
} scim_query_t;


/*
 * Takes the query string apart: "+" is a space, then percent-decoding; unknown
 * parameters, with or without "=", are ignored. Lists of attributes that are
 * there twice are one list; another parameter can be repeated only with the value
 * that it has. 400 invalidValue for that, for numbers that are none (400
 * invalidCount beside a cursor), and for text that is not UTF-8 or holds NUL.
 */
int scim_query_parse(scim_alloc_t *a, const char *args, size_t len,
    long page_size, long max_page_size, scim_query_t *query,
    scim_error_t *err);

/*
 * Reads a query from the body of a POST to .search (RFC 7644, section 3.4.3).
 * Parameters that the body lacks stay as they are. The errors are 400
 * invalidSyntax and invalidValue.
 */
int scim_query_parse_body(scim_alloc_t *a, const cJSON *body,
    long max_page_size, scim_query_t *query, scim_error_t *err);

/*
 * Reads filter, projection and sort attribute for one resource type. 400
 * invalidFilter, or invalidValue for an unknown sort attribute.
 */
int scim_query_resolve(scim_alloc_t *a, const scim_rtype_t *rt,
    scim_query_t *query, scim_error_t *err);

/*
 * Reads the same for one of several types: attributes may be those of others.
 */
int scim_query_resolve_across(scim_alloc_t *a, const scim_registry_t *reg,
    const scim_rtype_t *rt, scim_query_t *query, scim_error_t *err);

#endif /* SCIM_QUERY_H */
