/*
 * The query of a list or a single resource.
 */

#include <math.h>
#include <string.h>
#include <stdlib.h>

#include "scim/filter/scim_query.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/core/scim_utf8.h"
#include "scim/text/scim_percent.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_name.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_projection.h"
#include "scim/filter/scim_filter.h"


#define SCIM_QUERY_INDEX_MAX  (1L << 53)


typedef struct {
    const char  *name;
    size_t       offset;        /* of a const char * in scim_query_t */
    int          list;          /* of names, by commas */
} scim_query_param_t;


static int scim_query_pair(scim_alloc_t *a, const char *pair, size_t len,
    scim_query_t *query, const char **numbers, scim_error_t *err);
static int scim_query_set(scim_alloc_t *a, const scim_query_param_t *p,
    const char *value, const char **to, scim_error_t *err);
static scim_type_e scim_query_type(const scim_query_param_t *p);
static int scim_query_start(scim_query_t *query, const char *text,
    scim_error_t *err);
static int scim_query_count(scim_query_t *query, const char *text, long max,
    scim_error_t *err);
static int scim_query_number(const char *name, const char *text, long min,
    long max, long *out, scim_error_t *err);

static int scim_query_text(scim_alloc_t *a, const char *name,
    const cJSON *item, char **text, scim_error_t *err);
static int scim_query_integer(scim_alloc_t *a, const cJSON *body,
    const char *name, char **text, scim_error_t *err);

static int scim_query_sort(const scim_registry_t *reg, const scim_rtype_t *rt,
    scim_query_t *query, scim_error_t *err);


static const scim_query_param_t  scim_query_params[] = {
    { "filter", offsetof(scim_query_t, filter_text), 0 },
    { "attributes", offsetof(scim_query_t, attributes), 1 },
    { "excludedAttributes", offsetof(scim_query_t, excluded), 1 },
    { "sortBy", offsetof(scim_query_t, sort_by), 0 },
    { "sortOrder", offsetof(scim_query_t, sort_order), 0 },
    { "cursor", offsetof(scim_query_t, cursor), 0 },
    { NULL, 0, 0 }
};

static const scim_query_param_t  scim_query_numbers[] = {
    { "startIndex", 0, 0 },
    { "count", 0, 0 }
};


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

    if (scim_query_start(query, numbers[0], err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    return scim_query_count(query, numbers[1], max_page_size, err);
}


static int
scim_query_pair(scim_alloc_t *a, const char *pair, size_t len,
    scim_query_t *query, const char **numbers, scim_error_t *err)
{
    char                      *name, *value;
    size_t                     i, n;
    const char                *eq;
    const scim_query_param_t  *p;

    /*
     * "cursor" alone is an empty cursor; other parameters without a value are
     * ignored
     */

    eq = memchr(pair, '=', len);

    if (eq == NULL) {
        if (scim_name_neq("cursor", pair, len)) {
            query->cursor = "";
        }

        return SCIM_OK;
    }

    name = scim_percent_decode(a, pair, eq - pair, &n, NULL);
    value = scim_percent_decode(a, eq + 1, pair + len - (eq + 1), &n,
                                NULL);
    if (name == NULL || value == NULL) {
        return scim_error_nomem(err);
    }

    for (p = scim_query_params; p->name != NULL; p++) {
        if (!scim_name_eq(p->name, name)) {
            continue;
        }

        if (strlen(value) != n || scim_utf8_check(value, n) != n) {
            return scim_error(err, 400, scim_query_type(p),
                              "\"%s\" is not UTF-8 text", p->name);
        }

        return scim_query_set(a, p, value,
                              (const char **) ((char *) query + p->offset),
                              err);
    }

    for (i = 0; i < 2; i++) {
        if (scim_name_eq(scim_query_numbers[i].name, name)) {
            return scim_query_set(a, &scim_query_numbers[i],
                                  (strlen(value) == n) ? value : "",
                                  &numbers[i], err);
        }
    }

    return SCIM_OK;
}


/* a parameter that has a value already says the same again, or more */

static int
scim_query_set(scim_alloc_t *a, const scim_query_param_t *p,
    const char *value, const char **to, scim_error_t *err)
{
    const char  *now;

    now = *to;

    if (now != NULL && p->list) {
        value = scim_sprintf(a, "%s,%s", now, value);
        if (value == NULL) {
            return scim_error_nomem(err);
        }

    } else if (now != NULL && strcmp(now, value) != 0) {
        return scim_error(err, 400, scim_query_type(p),
                          "\"%s\" is there twice, with different values",
                          p->name);
    }

    *to = value;

    return SCIM_OK;
}


static scim_type_e
scim_query_type(const scim_query_param_t *p)
{
    return p == scim_query_params ? SCIM_TYPE_INVALID_FILTER
                                  : SCIM_TYPE_INVALID_VALUE;
}


static int
scim_query_start(scim_query_t *query, const char *text, scim_error_t *err)
{
    if (query->cursor != NULL) {
        return SCIM_OK;
    }

    return scim_query_number(scim_query_numbers[0].name, text, 1,
                             SCIM_QUERY_INDEX_MAX, &query->start_index, err);
}


static int
scim_query_count(scim_query_t *query, const char *text, long max,
    scim_error_t *err)
{
    int  rc;

    rc = scim_query_number(scim_query_numbers[1].name, text, 0, max, &query->count,
                           err);

    if (query->cursor != NULL && rc != SCIM_OK) {
        err->type = SCIM_TYPE_INVALID_COUNT;
    }

    return rc;
}


/* clamps to [min, max]; keeps *out where the parameter is not given */

static int
scim_query_number(const char *name, const char *text, long min, long max,
    long *out, scim_error_t *err)
{
    long  n;

    if (text == NULL) {
        return SCIM_OK;
    }

    if (!scim_number_check(text, 1) || *text == '+') {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\" must be an integer, not \"%.32s\"", name,
                          text);
    }

    n = strtol(text, NULL, 10);
    *out = n < min ? min : (n > max ? max : n);

    return SCIM_OK;
}


int
scim_query_parse_body(scim_alloc_t *a, const cJSON *body, long max_page_size,
    scim_query_t *query, scim_error_t *err)
{
    int                        i;
    char                      *text, *numbers[2];
    const cJSON               *item;
    const scim_query_param_t  *p;

    if (!cJSON_IsObject(body)) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_SYNTAX,
                          "the body must be a JSON object, not %s",
                          scim_json_type_name(body));
    }

    for (p = scim_query_params; p->name != NULL; p++) {
        item = scim_json_get(body, p->name);

        if (scim_json_is_empty(item)
            && (p->offset != offsetof(scim_query_t, cursor)
                || !cJSON_IsString(item)))
        {
            continue;
        }

        text = NULL;

        if (scim_query_text(a, p->name, item, &text, err) != SCIM_OK) {
            return SCIM_ERROR;
        }

        *(const char **) ((char *) query + p->offset) = text;
    }

    for (i = 0; i < 2; i++) {
        if (scim_query_integer(a, body, scim_query_numbers[i].name,
                               &numbers[i], err)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    if (scim_query_start(query, numbers[0], err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    return scim_query_count(query, numbers[1], max_page_size, err);
}


/* a string, or an array of strings, which is joined by commas */

static int
scim_query_text(scim_alloc_t *a, const char *name, const cJSON *item,
    char **text, scim_error_t *err)
{
    char         *p;
    size_t        len;
    const cJSON  *value;

    len = 1;

    for (value = cJSON_IsArray(item) ? item->child : item; value;
         value = cJSON_IsArray(item) ? value->next : NULL)
    {
        if (!cJSON_IsString(value)) {
            return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                              "\"%s\" must be a string, not %s", name,
                              scim_json_type_name(value));
        }

        len += strlen(value->valuestring) + 1;
    }

    *text = p = scim_alloc(a, len);
    if (p == NULL) {
        return scim_error_nomem(err);
    }

    for (value = cJSON_IsArray(item) ? item->child : item; value;
         value = cJSON_IsArray(item) ? value->next : NULL)
    {
        if (p > *text) {
            *p++ = ',';
        }

        len = strlen(value->valuestring);
        memcpy(p, value->valuestring, len);
        p += len;
    }

    *p = '\0';

    return SCIM_OK;
}


/* Returns a number as text of a query string, or NULL if it is none. */

static int
scim_query_integer(scim_alloc_t *a, const cJSON *body, const char *name,
    char **text, scim_error_t *err)
{
    const cJSON  *item;

    *text = NULL;
    item = scim_json_get(body, name);

    if (item == NULL || cJSON_IsNull(item)) {
        return SCIM_OK;
    }

    if (cJSON_IsString(item) || cJSON_IsRaw(item)) {
        *text = item->valuestring;
        return SCIM_OK;
    }

    if (!cJSON_IsNumber(item)) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\" must be an integer, not %s", name,
                          scim_json_type_name(item));
    }

    *text = scim_sprintf(a, item->valuedouble == trunc(item->valuedouble)
                            ? "%.0f" : "%g", item->valuedouble);

    return *text ? SCIM_OK : scim_error_nomem(err);
}


int
scim_query_resolve(scim_alloc_t *a, const scim_rtype_t *rt,
    scim_query_t *query, scim_error_t *err)
{
    return scim_query_resolve_across(a, NULL, rt, query, err);
}


int
scim_query_resolve_across(scim_alloc_t *a, const scim_registry_t *reg,
    const scim_rtype_t *rt, scim_query_t *query, scim_error_t *err)
{
    if (query->filter_text != NULL
        && scim_filter_parse_across(a, reg, rt, query->filter_text,
                                    &query->filter, err)
           != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (scim_query_sort(reg, rt, query, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    return scim_projection_parse(a, rt, query->attributes, query->excluded,
                                 &query->projection, err);
}


static int
scim_query_sort(const scim_registry_t *reg, const scim_rtype_t *rt,
    scim_query_t *query, scim_error_t *err)
{
    const scim_attr_t  *attr;

    query->descending = 0;
    query->sort_attr = NULL;

    if (query->sort_order != NULL && query->sort_order[0] != '\0') {
        query->descending = scim_name_eq(query->sort_order, "descending");

        if (!query->descending
            && !scim_name_eq(query->sort_order, "ascending"))
        {
            return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                              "\"sortOrder\" must be \"ascending\" or "
                              "\"descending\", not \"%.32s\"",
                              query->sort_order);
        }
    }

    if (query->sort_by == NULL || query->sort_by[0] == '\0') {
        return SCIM_OK;
    }

    attr = scim_name_find(reg, rt, query->sort_by, strlen(query->sort_by));

    if (attr == NULL) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"sortBy\": \"%s\" has no attribute \"%.64s\"",
                          rt->id, query->sort_by);
    }

    if (scim_attr_hidden(attr)) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"sortBy\": \"%s\" is never shown, so nothing can "
                          "be sorted by it", attr->name);
    }

    attr = attr->type == SCIM_COMPLEX ? attr->value : attr;

    if (attr == NULL || scim_attr_hidden(attr)) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"sortBy\": \"%.64s\" is complex, one of its "
                          "sub-attributes is needed", query->sort_by);
    }

    query->sort_attr = attr;

    return SCIM_OK;
}
