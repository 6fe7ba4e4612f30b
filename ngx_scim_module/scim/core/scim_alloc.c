/*
 * Memory from the allocator of the caller, and text that is made in it.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim.h"


/* longer ones are formatted twice */
#define SCIM_SPRINTF_SIZE  256


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
    char    *text, buf[SCIM_SPRINTF_SIZE];
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(buf, sizeof(buf), fmt, args);
    va_end(args);

    if (n < 0) {
        return NULL;
    }

    if ((size_t) n < sizeof(buf)) {
        return scim_strndup(a, buf, n);
    }

    text = a->alloc(a->arg, (size_t) n + 1);

    if (text != NULL) {
        va_start(args, fmt);
        (void) vsnprintf(text, (size_t) n + 1, fmt, args);
        va_end(args);
    }

    return text;
}


int
scim_list_add(scim_alloc_t *a, void ***list, size_t *n, void *item)
{
    void  **bigger;

    bigger = scim_alloc(a, (*n + 1) * sizeof(void *));
    if (bigger == NULL) {
        return SCIM_ERROR;
    }

    if (*n > 0) {
        memcpy(bigger, *list, *n * sizeof(void *));
    }

    bigger[*n] = item;
    *list = bigger;
    (*n)++;

    return SCIM_OK;
}
