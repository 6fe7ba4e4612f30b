/*
 * Errors: the status, the scimType and the detail of an answer.
 */

#ifndef SCIM_ERROR_H
#define SCIM_ERROR_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "scim/core/scim_alloc.h"


/* RFC 7644, table 9; the last two are RFC 9865, section 2.1 */

typedef enum {
    SCIM_TYPE_NONE = 0,
    SCIM_TYPE_INVALID_FILTER,
    SCIM_TYPE_TOO_MANY,
    SCIM_TYPE_UNIQUENESS,
    SCIM_TYPE_MUTABILITY,
    SCIM_TYPE_INVALID_SYNTAX,
    SCIM_TYPE_INVALID_PATH,
    SCIM_TYPE_NO_TARGET,
    SCIM_TYPE_INVALID_VALUE,
    SCIM_TYPE_INVALID_VERS,
    SCIM_TYPE_SENSITIVE,
    SCIM_TYPE_INVALID_CURSOR,
    SCIM_TYPE_INVALID_COUNT
} scim_type_e;


#define SCIM_DETAIL_SIZE  512
#define SCIM_QUOTES       4


/* a part of a detail that is the client's own text */

typedef struct {
    unsigned short   at;
    unsigned short   len;
} scim_quote_t;

typedef struct {
    int              status;                     /* HTTP status */
    scim_type_e      type;
    size_t           nquotes;
    scim_quote_t     quotes[SCIM_QUOTES];
    char             detail[SCIM_DETAIL_SIZE];   /* valid UTF-8, for a person */
} scim_error_t;


/*
 * Fills err and returns SCIM_ERROR, so that "return scim_error(...)" reads
 * well. A detail that is too long is cut between two characters.
 *
 * The conversions are %s, %d and %u with or without l, ll and z, and %%; there
 * are no flags and widths. A string with a precision ("%.64s",
 * "%.*s") is text of the client: scim_error_redact() leaves it out. What is
 * known by itself, such as the name of an attribute in a schema, has none.
 */
int scim_error(scim_error_t *err, int status, scim_type_e type,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
int scim_verror(scim_error_t *err, int status, scim_type_e type,
    const char *fmt, va_list args) __attribute__((format(printf, 4, 0)));

/* 500 without details; returns SCIM_ERROR */
int scim_error_nomem(scim_error_t *err);

/* puts words in front of a detail that is already there */
void scim_error_prefix(scim_error_t *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* puts the id of a request behind the detail, which is cut if need be */
void scim_error_request(scim_error_t *err, const char *id, size_t len);

/*
 * Returns the detail without text of the client, for a log: "***" replaces it,
 * except for ids in the form that this server gives them. NULL when out of
 * memory.
 */
char *scim_error_redact(scim_alloc_t *a, const scim_error_t *err);

/* the scimType as RFC 7644 spells it, NULL for SCIM_TYPE_NONE */
const char *scim_type_name(scim_type_e type);

#endif /* SCIM_ERROR_H */
