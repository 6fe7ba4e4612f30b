/*
 * Errors, and the few functions on memory that every file needs.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "scim/core/scim_error.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_id.h"
#include "scim/core/scim_utf8.h"


#define SCIM_REDACTED    "***"
#define SCIM_SPEC_CHARS  ".*0123456789lz"


static void scim_error_format(scim_error_t *err, const char *fmt,
    va_list args) __attribute__((format(printf, 2, 0)));
static void scim_error_add_number(scim_error_t *err, const char *spec,
    size_t len, va_list *args);
static void scim_error_add_quote(scim_error_t *err, const char *text,
    size_t len);
static void scim_error_quote(scim_error_t *err, size_t at, size_t len);
static void scim_error_add(scim_error_t *err, const char *text, size_t len);


static const char  *scim_type_names[] = {
    NULL,
    "invalidFilter",
    "tooMany",
    "uniqueness",
    "mutability",
    "invalidSyntax",
    "invalidPath",
    "noTarget",
    "invalidValue",
    "invalidVers",
    "sensitive",
    "invalidCursor",
    "invalidCount"
};


int
scim_error(scim_error_t *err, int status, scim_type_e type, const char *fmt,
    ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) scim_verror(err, status, type, fmt, args);
    va_end(args);

    return SCIM_ERROR;
}


int
scim_verror(scim_error_t *err, int status, scim_type_e type, const char *fmt,
    va_list args)
{
    err->status = status;
    err->type = type;

    scim_error_format(err, fmt, args);

    return SCIM_ERROR;
}


int
scim_error_nomem(scim_error_t *err)
{
    err->status = 500;
    err->type = SCIM_TYPE_NONE;
    err->nquotes = 0;
    err->detail[0] = '\0';

    return SCIM_ERROR;
}


void
scim_error_prefix(scim_error_t *err, const char *fmt, ...)
{
    size_t        i;
    va_list       args;
    scim_error_t  behind;

    if (err->detail[0] == '\0') {
        return;
    }

    behind = *err;

    va_start(args, fmt);
    scim_error_format(err, fmt, args);
    va_end(args);

    for (i = 0; i < behind.nquotes; i++) {
        scim_error_quote(err, strlen(err->detail) + behind.quotes[i].at,
                         behind.quotes[i].len);
    }

    scim_error_add(err, behind.detail, strlen(behind.detail));
}


void
scim_error_request(scim_error_t *err, const char *id, size_t len)
{
    char    text[SCIM_DETAIL_SIZE / 4];
    int     n;
    size_t  room;

    n = snprintf(text, sizeof(text), err->detail[0] ? " (request %.*s)"
                                                    : "request %.*s",
                 (int) len, id);
    if (n < 0 || (size_t) n >= sizeof(text)) {
        return;
    }

    room = SCIM_DETAIL_SIZE - 1 - n;

    if (strlen(err->detail) > room) {
        err->detail[scim_utf8_check(err->detail, room)] = '\0';
    }

    scim_error_add(err, text, n);
}


char *
scim_error_redact(scim_alloc_t *a, const scim_error_t *err)
{
    char                *text, *p;
    size_t               i, len, done;
    const scim_quote_t  *q;

    len = strlen(err->detail);

    text = scim_alloc(a, len + SCIM_QUOTES * (sizeof(SCIM_REDACTED) - 1) + 1);
    if (text == NULL) {
        return NULL;
    }

    p = text;
    done = 0;

    for (i = 0; i < err->nquotes && err->quotes[i].at < len; i++) {
        q = &err->quotes[i];

        if (scim_is_own_id(err->detail + q->at, q->len)) {
            continue;
        }

        memcpy(p, err->detail + done, q->at - done);
        p += q->at - done;

        memcpy(p, SCIM_REDACTED, sizeof(SCIM_REDACTED) - 1);
        p += sizeof(SCIM_REDACTED) - 1;

        done = q->at + q->len;
    }

    if (done < len) {
        memcpy(p, err->detail + done, len - done);
        p += len - done;
    }

    *p = '\0';

    return text;
}


/* vsnprintf() that remembers where the client's text is */

static void
scim_error_format(scim_error_t *err, const char *fmt, va_list args)
{
    int          most;
    size_t       len;
    va_list      rest;
    const char  *p, *text;

    err->nquotes = 0;
    err->detail[0] = '\0';

    va_copy(rest, args);

    for (p = fmt; *p != '\0'; p += len) {
        len = strcspn(p, "%");

        if (len > 0) {
            scim_error_add(err, p, len);
            continue;
        }

        len = 1 + strspn(p + 1, SCIM_SPEC_CHARS) + 1;

        if (p[len - 1] != 's') {
            scim_error_add_number(err, p, len, &rest);

        } else if (p[1] == '.') {
            most = (p[2] == '*') ? va_arg(rest, int) : atoi(p + 2);
            text = va_arg(rest, const char *);
            scim_error_add_quote(err, text, strnlen(text, most));

        } else {
            text = va_arg(rest, const char *);
            scim_error_add(err, text, strlen(text));
        }
    }

    va_end(rest);
}


/* a conversion of an integer or of "%%" */

static void
scim_error_add_number(scim_error_t *err, const char *spec, size_t len,
    va_list *args)
{
    char       text[32];
    long long  n;

    switch (spec[len - 1]) {

    case 'd':
        n = (spec[len - 2] == 'z') ? va_arg(*args, ssize_t)
            : (spec[len - 2] != 'l') ? va_arg(*args, int)
            : (spec[len - 3] == 'l') ? va_arg(*args, long long)
            : va_arg(*args, long);
        len = sprintf(text, "%lld", n);
        scim_error_add(err, text, len);
        break;

    case 'u':
        n = (spec[len - 2] == 'z') ? (long long) va_arg(*args, size_t)
            : (spec[len - 2] != 'l') ? (long long) va_arg(*args, unsigned)
            : (spec[len - 3] == 'l') ? va_arg(*args, long long)
            : va_arg(*args, long);
        len = sprintf(text, "%llu", (unsigned long long) n);
        scim_error_add(err, text, len);
        break;

    default:
        scim_error_add(err, "%", 1);
    }
}


static void
scim_error_add_quote(scim_error_t *err, const char *text, size_t len)
{
    size_t  at;

    at = strlen(err->detail);

    scim_error_add(err, text, len);
    scim_error_quote(err, at, strlen(err->detail) - at);
}


/*
 * if there are more quotes than room for them, the last one includes the rest
 */

static void
scim_error_quote(scim_error_t *err, size_t at, size_t len)
{
    scim_quote_t  *q;

    if (at >= SCIM_DETAIL_SIZE) {
        return;
    }

    if (err->nquotes == SCIM_QUOTES) {
        q = &err->quotes[SCIM_QUOTES - 1];
        q->len = at + len - q->at;
        return;
    }

    err->quotes[err->nquotes++] = (scim_quote_t) { at, len };
}


/*
 * Returns the length of as many characters as fit, without bytes that are not
 * UTF-8, such as a character that was cut in two.
 */

static void
scim_error_add(scim_error_t *err, const char *text, size_t len)
{
    size_t       at, n;
    const char  *last;

    at = strlen(err->detail);
    last = text + len;

    while (text < last) {
        n = scim_utf8_check(text, last - text);

        if (n > SCIM_DETAIL_SIZE - 1 - at) {
            n = scim_utf8_check(text, SCIM_DETAIL_SIZE - 1 - at);
            last = text;
        }

        memcpy(err->detail + at, text, n);
        at += n;
        text += n + 1;
    }

    err->detail[at] = '\0';
}


const char *
scim_type_name(scim_type_e type)
{
    return scim_type_names[type];
}
