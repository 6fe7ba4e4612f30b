/*
 * The text of a JSON document as it is parsed: where the parser is.
 */

#ifndef SCIM_JSON_READER_H
#define SCIM_JSON_READER_H

#include <stddef.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"


typedef struct {
    scim_alloc_t  *a;
    const char    *start;
    const char    *p;
    const char    *end;
    int            depth;
    size_t         room;           /* for so many values more */
    scim_error_t  *err;
} scim_json_parser_t;


/* passes over blanks */
void scim_json_skip_space(scim_json_parser_t *ps);

/* Returns 1 if this is the next character. */
int scim_json_looking_at(const scim_json_parser_t *ps, char c);

/* fails with 400 invalidSyntax, and the byte where the parser is */
int scim_json_expected(scim_json_parser_t *ps, const char *what);

#endif /* SCIM_JSON_READER_H */
