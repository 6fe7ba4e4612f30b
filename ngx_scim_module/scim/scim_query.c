/*
 * The query of a list or a single resource.
 */

#include <string.h>
#include <stdlib.h>

#include "scim_query.h"
#include "scim_text.h"


typedef struct {
    const char  *name;
    size_t       offset;        /* of a const char * in scim_query_t */
} scim_query_param_t;


static int scim_query_pair(scim_alloc_t *a, const char *pair, size_t len,
    scim_query_t *query, const char **numbers, scim_error_t *err);
static char *scim_query_decode(scim_alloc_t *a, const char *s, size_t len,
    size_t *out);
static int scim_query_hex(char c);
static int scim_query_number(const char *name, const char *text, long min,
    long max, long *out, scim_error_t *err);


static const scim_query_param_t  scim_query_params[] = {
    { "filter", offsetof(scim_query_t, filter_text) },
    { "attributes", offsetof(scim_query_t, attributes) },
    { "excludedAttributes", offsetof(scim_query_t, excluded) },
    { NULL, 0 }
};

static const char  *scim_query_numbers[] = { "startIndex", "count" };


int
scim_query_parse(scim_alloc_t *a, const char *args, size_t len,
    long page_size, long max_page_size, scim_query_t *query,
    scim_error_t *err)
{
    size_t       n;
    const char  *end, *amp, *numbers[2];

    memset(query, 0, sizeof(scim_query_t));
    query->start_index = 1;
    query->count = page_size;
    numbers[0] = NULL;
    numbers[1] = NULL;

    for (end = args + len; args < end; args += n + 1) {
        amp = memchr(args, '&', end - args);
        n = (amp ? amp : end) - args;

        if (scim_query_pair(a, args, n, query, numbers, err) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    if (scim_query_number(scim_query_numbers[0], numbers[0], 1, 1L << 53,
                          &query->start_index, err)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return scim_query_number(scim_query_numbers[1], numbers[1], 0,
                             max_page_size, &query->count, err);
}


static int
scim_query_pair(scim_alloc_t *a, const char *pair, size_t len,
    scim_query_t *query, const char **numbers, scim_error_t *err)
{
    char                      *name, *value;
    size_t                     i, n;
    const char                *eq;
    const scim_query_param_t  *p;

    eq = memchr(pair, '=', len);
    if (eq == NULL) {
        return SCIM_OK;
    }

    name = scim_query_decode(a, pair, eq - pair, &n);
    value = scim_query_decode(a, eq + 1, pair + len - (eq + 1), &n);
    if (name == NULL || value == NULL) {
        return scim_error_nomem(err);
    }

    for (p = scim_query_params; p->name != NULL; p++) {
        if (!scim_name_eq(p->name, name)) {
            continue;
        }

        if (strlen(value) != n || scim_utf8_check(value, n) != n) {
            return scim_error(err, 400, p->offset
                              == offsetof(scim_query_t, filter_text)
                              ? SCIM_TYPE_INVALID_FILTER
                              : SCIM_TYPE_INVALID_VALUE,
                              "\"%s\" is not UTF-8 text", p->name);
        }

        *(const char **) ((char *) query + p->offset) = value;
        return SCIM_OK;
    }

    for (i = 0; i < 2; i++) {
        if (scim_name_eq(scim_query_numbers[i], name)) {
            numbers[i] = value;
        }
    }

    return SCIM_OK;
}


static char *
scim_query_decode(scim_alloc_t *a, const char *s, size_t len, size_t *out)
{
    char    *text;
    size_t   i, n;

    text = scim_alloc(a, len + 1);
    if (text == NULL) {
        return NULL;
    }

    n = 0;

    for (i = 0; i < len; i++) {
        if (s[i] == '+') {
            text[n++] = ' ';

        } else if (s[i] == '%' && i + 2 < len
                   && scim_query_hex(s[i + 1]) >= 0
                   && scim_query_hex(s[i + 2]) >= 0)
        {
            text[n++] = (char) (scim_query_hex(s[i + 1]) * 16
                                + scim_query_hex(s[i + 2]));
            i += 2;

        } else {
            text[n++] = s[i];
        }
    }

    text[n] = '\0';
    *out = n;

    return text;
}


static int
scim_query_hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


/* clamps to [min, max]; keeps *out where the parameter is not given */

static int
scim_query_number(const char *name, const char *text, long min, long max,
    long *out, scim_error_t *err)
{
    long   n;
    char  *end;

    if (text == NULL) {
        return SCIM_OK;
    }

    n = strtol(text, &end, 10);

    if (end == text || *end != '\0' || *text == ' ') {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\" must be an integer, not \"%.32s\"", name,
                          text);
    }

    *out = n < min ? min : (n > max ? max : n);

    return SCIM_OK;
}


int
scim_query_resolve(scim_alloc_t *a, const scim_rtype_t *rt,
    scim_query_t *query, scim_error_t *err)
{
    if (query->filter_text != NULL
        && scim_filter_parse(a, rt, query->filter_text, &query->filter, err)
           != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return scim_projection_parse(a, rt, query->attributes, query->excluded,
                                 &query->projection, err);
}
