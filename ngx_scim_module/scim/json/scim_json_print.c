/*
 * The JSON printer: measures a tree, allocates once, writes.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scim/json/scim_json_print.h"
#include "scim/core/scim_alloc.h"
#include "scim/json/scim_json_number.h"
#include "scim/json/scim_json_string.h"


/* a double in 17 digits with sign, point and exponent, and the NUL */
#define SCIM_JSON_NUMBER_SIZE  32



static size_t scim_json_print_size(const cJSON *json);
static size_t scim_json_print_name_size(const cJSON *item);
static char *scim_json_print_value(char *p, const cJSON *json);
static char *scim_json_print_children(char *p, const cJSON *json, char open,
    char close);
static char *scim_json_print_name(char *p, const cJSON *item);
static char *scim_json_print_number(char *p, double value);
static char *scim_json_print_text(char *p, const char *text);
static char *scim_json_print_string(char *p, const char *text);


char *
scim_json_print(scim_alloc_t *a, const cJSON *json, size_t *len)
{
    char  *text, *end;

    text = scim_alloc(a, scim_json_print_size(json) + 1);
    if (text == NULL) {
        return NULL;
    }

    end = scim_json_print_value(text, json);
    *end = '\0';
    *len = end - text;

    return text;
}


/* no less than what the value will need, with a comma and a colon */

static size_t
scim_json_print_size(const cJSON *json)
{
    size_t        size;
    const char   *text;
    const cJSON  *item;

    size = 8;

    if (cJSON_IsNumber(json)) {
        return SCIM_JSON_NUMBER_SIZE;
    }

    if (cJSON_IsString(json) || cJSON_IsRaw(json)) {
        text = json->valuestring;
        return size + scim_json_escaped_len(text, strlen(text));
    }

    cJSON_ArrayForEach(item, json) {
        size += scim_json_print_size(item);

        if (item->string != NULL) {
            size += scim_json_print_name_size(item) + 3;
        }
    }

    return size;
}


/* in the names that schemas give, nothing has to be escaped */

static size_t
scim_json_print_name_size(const cJSON *item)
{
    size_t  len;

    len = strlen(item->string);

    return (item->type & cJSON_StringIsConst)
           ? len : scim_json_escaped_len(item->string, len);
}


static char *
scim_json_print_value(char *p, const cJSON *json)
{
    switch (json->type & 0xff) {

    case cJSON_String:
        return scim_json_print_string(p, json->valuestring);

    case cJSON_Object:
        return scim_json_print_children(p, json, '{', '}');

    case cJSON_Array:
        return scim_json_print_children(p, json, '[', ']');

    case cJSON_Number:
        return scim_json_print_number(p, json->valuedouble);

    case cJSON_True:
        return scim_json_print_text(p, "true");

    case cJSON_False:
        return scim_json_print_text(p, "false");

    case cJSON_Raw:
        return scim_json_print_text(p, json->valuestring);

    default:
        return scim_json_print_text(p, "null");
    }
}


static char *
scim_json_print_children(char *p, const cJSON *json, char open, char close)
{
    const cJSON  *item;

    *p++ = open;

    cJSON_ArrayForEach(item, json) {
        if (item != json->child) {
            *p++ = ',';
        }

        if (open == '{') {
            p = scim_json_print_name(p, item);
        }

        p = scim_json_print_value(p, item);
    }

    *p++ = close;

    return p;
}


static char *
scim_json_print_name(char *p, const cJSON *item)
{
    if (item->type & cJSON_StringIsConst) {
        *p++ = '"';
        p = scim_json_print_text(p, item->string);
        *p++ = '"';

    } else {
        p = scim_json_print_string(p, item->string);
    }

    *p++ = ':';

    return p;
}


/* the fewest digits that a reader makes the same double of */

static char *
scim_json_print_number(char *p, double value)
{
    int  n, digits;

    if (!isfinite(value)) {
        return scim_json_print_text(p, "null");
    }

    if (fabs(value) <= SCIM_JSON_INTEGER
        && value == (double) (long long) value)
    {
        return p + sprintf(p, "%lld", (long long) value);
    }

    digits = 15;

    do {
        n = snprintf(p, SCIM_JSON_NUMBER_SIZE, "%.*g", digits, value);
    } while (digits++ < 17 && strtod(p, NULL) != value);

    return p + n;
}


static char *
scim_json_print_text(char *p, const char *text)
{
    size_t  len;

    len = strlen(text);
    memcpy(p, text, len);

    return p + len;
}


static char *
scim_json_print_string(char *p, const char *text)
{
    *p++ = '"';
    p = scim_json_escape(p, text, strlen(text));
    *p++ = '"';

    return p;
}
