/*
 * Errors, and the few functions on memory that every file needs.
 */

#include <stdio.h>
#include <string.h>

#include "scim.h"
#include "scim_json.h"
#include "scim_text.h"


#define SCIM_ERROR_HEAD                                                       \
    "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"]"


static void scim_error_clean(char *detail);


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

    err->status = status;
    err->type = type;

    va_start(args, fmt);
    (void) vsnprintf(err->detail, SCIM_DETAIL_SIZE, fmt, args);
    va_end(args);

    scim_error_clean(err->detail);

    return SCIM_ERROR;
}


int
scim_error_nomem(scim_error_t *err)
{
    err->status = 500;
    err->type = SCIM_TYPE_NONE;
    err->detail[0] = '\0';

    return SCIM_ERROR;
}


void
scim_error_prefix(scim_error_t *err, const char *fmt, ...)
{
    char     words[SCIM_DETAIL_SIZE];
    size_t   len;
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(words, SCIM_DETAIL_SIZE, fmt, args);
    va_end(args);

    len = err->detail[0] ? strlen(words) : 0;

    memmove(err->detail + len, err->detail, SCIM_DETAIL_SIZE - len);
    memcpy(err->detail, words, len);
    err->detail[SCIM_DETAIL_SIZE - 1] = '\0';

    scim_error_clean(err->detail);
}


/* drops what is no UTF-8: above all characters that were cut in two */

static void
scim_error_clean(char *detail)
{
    char    *dst;
    size_t   len, n;

    dst = detail;
    len = strlen(detail);

    for ( ;; ) {
        n = scim_utf8_check(detail, len);

        memmove(dst, detail, n);
        dst += n;

        if (n == len) {
            break;
        }

        detail += n + 1;
        len -= n + 1;
    }

    *dst = '\0';
}


const char *
scim_type_name(scim_type_e type)
{
    return scim_type_names[type];
}


char *
scim_error_print(scim_alloc_t *a, const scim_error_t *err, size_t *len)
{
    char        *buf, *p;
    size_t       n;
    const char  *name;

    name = scim_type_name(err->type);
    n = strlen(err->detail);

    buf = scim_alloc(a, scim_json_escaped_len(err->detail, n) + 256);
    if (buf == NULL) {
        return NULL;
    }

    p = buf + sprintf(buf, SCIM_ERROR_HEAD);

    if (name != NULL) {
        p += sprintf(p, ",\"scimType\":\"%s\"", name);
    }

    if (n > 0) {
        p += sprintf(p, ",\"detail\":\"");
        p = scim_json_escape(p, err->detail, n);
        *p++ = '"';
    }

    p += sprintf(p, ",\"status\":\"%d\"}", err->status);

    *len = p - buf;

    return buf;
}


void *
scim_alloc(scim_alloc_t *a, size_t size)
{
    return a->alloc(a->arg, size);
}


void *
scim_calloc(scim_alloc_t *a, size_t size)
{
    void  *p;

    p = a->alloc(a->arg, size);

    if (p != NULL) {
        memset(p, 0, size);
    }

    return p;
}


char *
scim_strndup(scim_alloc_t *a, const char *s, size_t len)
{
    char  *copy;

    copy = a->alloc(a->arg, len + 1);

    if (copy != NULL) {
        memcpy(copy, s, len);
        copy[len] = '\0';
    }

    return copy;
}


char *
scim_sprintf(scim_alloc_t *a, const char *fmt, ...)
{
    int      n;
    char    *text;
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);

    if (n < 0) {
        return NULL;
    }

    text = a->alloc(a->arg, (size_t) n + 1);

    if (text != NULL) {
        va_start(args, fmt);
        (void) vsnprintf(text, (size_t) n + 1, fmt, args);
        va_end(args);
    }

    return text;
}
