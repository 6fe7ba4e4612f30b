/*
 * Values: what clients send becomes what the schema says.
 */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "scim/resource/scim_value.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_base64.h"
#include "scim/text/scim_datetime.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/json/scim_json_print.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_values.h"


static int scim_value_beside(scim_reader_t *r, const scim_attr_t *attr,
    const cJSON *object, const cJSON *inner);
static int scim_value_simple(scim_reader_t *r, const scim_attr_t *attr,
    cJSON *in, cJSON **out);
static int scim_value_boolean(const cJSON *in, cJSON **out);
static int scim_value_number(scim_reader_t *r, const cJSON *in, int integer,
    cJSON **out);
static int scim_value_text(scim_reader_t *r, const scim_attr_t *attr,
    const cJSON *in, cJSON **out);
static int scim_value_text_ok(const scim_attr_t *attr, const char *text);
static int scim_value_complex(scim_reader_t *r, const scim_attr_t *attr,
    cJSON *in, cJSON **out);
static int scim_value_object(scim_reader_t *r, const scim_attr_t *attr,
    cJSON *in, cJSON **slots, int *cleared);
static int scim_value_unknown(scim_reader_t *r, const scim_attr_t *attr,
    const char *name);
static int scim_value_strange(scim_reader_t *r, const scim_attr_t *attr,
    const cJSON *in);
static int scim_value_multi(scim_reader_t *r, const scim_attr_t *attr,
    cJSON *in, cJSON **out);
static int scim_value_element(scim_reader_t *r, const scim_attr_t *attr,
    cJSON *in, cJSON *array);
static int scim_value_one_primary(scim_reader_t *r, const scim_attr_t *attr,
    const cJSON *array);
static int scim_value_expected(scim_reader_t *r, const scim_attr_t *attr,
    const cJSON *in);


static const char  *scim_data_type_words[] = {
    "a string", "true or false", "a number", "an integer",
    "a dateTime such as 2026-01-31T08:00:00Z", "base64 text", "a reference",
    "an object"
};


void
scim_unknown_add(scim_unknown_t *unknown, const char *name)
{
    if (unknown->n++ == 0) {
        unknown->name = name;
    }
}


int
scim_value_is_nothing(const cJSON *in)
{
    return in == NULL || cJSON_IsNull(in)
           || (cJSON_IsString(in) && in->valuestring[0] == '\0')
           || (cJSON_IsArray(in) && in->child == NULL);
}


cJSON *
scim_value_alone(cJSON *in)
{
    return (cJSON_IsArray(in) && in->child != NULL && in->child->next == NULL)
           ? in->child : in;
}


cJSON *
scim_value_inside(const scim_attr_t *attr, cJSON *in)
{
    cJSON        *inner;
    const cJSON  *object, *item;

    object = scim_value_alone(in);
    inner = scim_json_get(object, attr->name);

    if (inner == NULL || (attr->type != SCIM_COMPLEX
                          && scim_json_get(object, "value") != NULL))
    {
        return in;
    }

    cJSON_ArrayForEach(item, object) {
        if (scim_attr_sub(attr, item->string, strlen(item->string)) != NULL) {
            return in;
        }
    }

    return inner;
}


int
scim_value_normalize(scim_reader_t *r, const scim_attr_t *attr, cJSON *in,
    cJSON **out)
{
    cJSON  *inner;

    *out = NULL;

    if (attr->mutability == SCIM_WRITE_ONLY) {
        return SCIM_OK;
    }

    inner = scim_value_inside(attr, in);

    if (inner != in) {
        if (scim_value_beside(r, attr, scim_value_alone(in), inner) != SCIM_OK)
        {
            return SCIM_ERROR;
        }

        in = inner;
    }

    return attr->multi_valued
           ? scim_value_multi(r, attr, in, out)
           : scim_value_normalize_one(r, attr, scim_value_alone(in), out);
}


/* Other members of an object such as {"emails": [...]} are unknown. */

static int
scim_value_beside(scim_reader_t *r, const scim_attr_t *attr,
    const cJSON *object, const cJSON *inner)
{
    const cJSON  *item;

    cJSON_ArrayForEach(item, object) {
        if (item != inner
            && scim_value_unknown(r, attr, item->string) != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


int
scim_value_normalize_one(scim_reader_t *r, const scim_attr_t *attr, cJSON *in,
    cJSON **out)
{
    *out = NULL;

    if (scim_value_is_nothing(in)) {
        return SCIM_OK;
    }

    return attr->type == SCIM_COMPLEX ? scim_value_complex(r, attr, in, out)
                                      : scim_value_simple(r, attr, in, out);
}


static int
scim_value_simple(scim_reader_t *r, const scim_attr_t *attr, cJSON *in,
    cJSON **out)
{
    int     rc;
    cJSON  *value;

    /* a simple attribute may be sent as {"value": ...} */

    value = scim_json_get(in, "value");

    if (value != NULL) {
        in = value;

        if (scim_value_is_nothing(in)) {
            return SCIM_OK;
        }
    }

    switch (attr->type) {

    case SCIM_BOOLEAN:
        rc = scim_value_boolean(in, out);
        break;

    case SCIM_DECIMAL:
    case SCIM_INTEGER:
        rc = scim_value_number(r, in, attr->type == SCIM_INTEGER, out);
        break;

    default:
        rc = scim_value_text(r, attr, in, out);
    }

    if (rc != SCIM_OK) {
        return scim_value_expected(r, attr, in);
    }

    return *out ? SCIM_OK : scim_error_nomem(r->err);
}


/* SCIM_ERROR if it is none; without memory *out is NULL */

static int
scim_value_boolean(const cJSON *in, cJSON **out)
{
    int  on;

    on = cJSON_IsTrue(in)
         || (cJSON_IsString(in) && scim_name_eq(in->valuestring, "true"));

    if (!on && !cJSON_IsFalse(in)
        && (!cJSON_IsString(in) || !scim_name_eq(in->valuestring, "false")))
    {
        return SCIM_ERROR;
    }

    *out = cJSON_CreateBool(on);

    return SCIM_OK;
}


/* the same; a number keeps its digits where a double would lose some */

static int
scim_value_number(scim_reader_t *r, const cJSON *in, int integer, cJSON **out)
{
    const char  *text;

    if (cJSON_IsNumber(in)) {
        if (integer && in->valuedouble != trunc(in->valuedouble)) {
            return SCIM_ERROR;
        }

        *out = cJSON_CreateNumber(in->valuedouble);
        return SCIM_OK;
    }

    if ((!cJSON_IsString(in) && !cJSON_IsRaw(in))
        || !scim_number_check(in->valuestring, integer))
    {
        return SCIM_ERROR;
    }

    text = in->valuestring;
    text += (*text == '+');

    if (scim_json_parse(r->alloc, text, strlen(text), out, r->err) != SCIM_OK) {
        *out = NULL;
        return r->err->status == 500 ? SCIM_OK : SCIM_ERROR;
    }

    return SCIM_OK;
}


/*
 * Reads a text; digits become text as they are. The id of a member is never a
 * number.
 */

static int
scim_value_text(scim_reader_t *r, const scim_attr_t *attr, const cJSON *in,
    cJSON **out)
{
    char    *text;
    size_t   len;

    if (cJSON_IsString(in) && scim_value_text_ok(attr, in->valuestring)) {
        *out = cJSON_CreateStringReference(in->valuestring);
        return SCIM_OK;
    }

    if ((!cJSON_IsNumber(in) && !cJSON_IsRaw(in)) || attr->type != SCIM_STRING
        || (attr->parent != NULL && attr->parent->role == SCIM_ROLE_MEMBERS))
    {
        return SCIM_ERROR;
    }

    text = scim_json_print(r->alloc, in, &len);
    *out = text ? cJSON_CreateStringReference(text) : NULL;

    return SCIM_OK;
}


static int
scim_value_text_ok(const scim_attr_t *attr, const char *text)
{
    long long  usec;

    if (attr->type == SCIM_DATETIME) {
        return scim_datetime_parse(text, &usec) == SCIM_OK;
    }

    return attr->type != SCIM_BINARY || scim_base64_check(text);
}


static int
scim_value_complex(scim_reader_t *r, const scim_attr_t *attr, cJSON *in,
    cJSON **out)
{
    int      cleared;
    size_t   i;
    cJSON  **slots, *object;

    slots = scim_calloc(r->alloc, attr->nsubs * sizeof(cJSON *));
    object = cJSON_CreateObject();
    if (slots == NULL || object == NULL) {
        return scim_error_nomem(r->err);
    }

    cleared = 0;

    if (cJSON_IsObject(in)) {
        if (scim_value_object(r, attr, in, slots, &cleared) != SCIM_OK) {
            return SCIM_ERROR;
        }

    } else if (attr->value == NULL || cJSON_IsArray(in)) {
        return scim_value_expected(r, attr, in);

    } else if (scim_value_normalize(r, attr->value, in,
                                    &slots[attr->value - attr->subs])
               != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    for (i = 0; i < attr->nsubs && !cleared; i++) {
        if (slots[i] != NULL) {
            cJSON_AddItemToObjectCS(object, attr->subs[i].name, slots[i]);
        }
    }

    if (object->child != NULL) {
        *out = object;
    }

    return SCIM_OK;
}


/*
 * The members of an object that the schema knows, each in its slot. A value that
 * is cleared goes away whole (RFC 7643, section 2.5).
 */

static int
scim_value_object(scim_reader_t *r, const scim_attr_t *attr, cJSON *in,
    cJSON **slots, int *cleared)
{
    int                 known;
    cJSON              *item;
    const scim_attr_t  *sub;

    known = 0;

    cJSON_ArrayForEach(item, in) {
        sub = scim_attr_sub(attr, item->string, strlen(item->string));

        if (sub == NULL) {
            if (scim_value_unknown(r, attr, item->string) != SCIM_OK) {
                return SCIM_ERROR;
            }

            continue;
        }

        if (sub->mutability == SCIM_READ_ONLY) {
            known |= !attr->multi_valued;
            continue;
        }

        known = 1;

        if (scim_value_normalize(r, sub, item, &slots[sub - attr->subs])
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }

        *cleared |= (sub == attr->value && slots[sub - attr->subs] == NULL);
    }

    return (known || in->child == NULL
            || (attr->value == NULL && !attr->multi_valued))
           ? SCIM_OK : scim_value_strange(r, attr, in);
}


static int
scim_value_unknown(scim_reader_t *r, const scim_attr_t *attr, const char *name)
{
    const char  *path;

    if (r->unknown.n == 0) {
        path = scim_attr_path(r->alloc, r->rt, attr);
        name = path ? scim_sprintf(r->alloc, "%s.%s", path, name) : NULL;

        if (name == NULL) {
            return scim_error_nomem(r->err);
        }
    }

    scim_unknown_add(&r->unknown, name);

    return SCIM_OK;
}


/* an object in which nothing is known */

static int
scim_value_strange(scim_reader_t *r, const scim_attr_t *attr, const cJSON *in)
{
    char         names[256];
    size_t       i, n;
    const char  *path;

    path = scim_attr_path(r->alloc, r->rt, attr);
    if (path == NULL) {
        return scim_error_nomem(r->err);
    }

    n = 0;
    names[0] = '\0';

    for (i = 0; i < attr->nsubs && n < sizeof(names); i++) {
        if (attr->subs[i].mutability != SCIM_READ_ONLY) {
            n += snprintf(names + n, sizeof(names) - n, "%s\"%s\"",
                          n ? ", " : "", attr->subs[i].name);
        }
    }

    return scim_error(r->err, 400, SCIM_TYPE_INVALID_VALUE,
                      "\"%s\": expected an object with %s, not with \"%.64s\"",
                      path, names, in->child->string);
}


static int
scim_value_multi(scim_reader_t *r, const scim_attr_t *attr, cJSON *in,
    cJSON **out)
{
    cJSON  *array, *item, *next;

    if (in == NULL || cJSON_IsNull(in)) {
        return SCIM_OK;
    }

    array = cJSON_CreateArray();
    if (array == NULL) {
        return scim_error_nomem(r->err);
    }

    for (item = cJSON_IsArray(in) ? in->child : in; item; item = next) {
        next = cJSON_IsArray(in) ? item->next : NULL;

        if (scim_value_element(r, attr, item, array) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    if (attr->role != SCIM_ROLE_MEMBERS
        && scim_value_unique(r->rt, attr, array) != SCIM_OK)
    {
        return scim_error(r->err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\" has more than %d values", attr->name,
                          SCIM_VALUES_MAX);
    }

    if (array->child != NULL) {
        *out = array;
    }

    return scim_value_one_primary(r, attr, array);
}


/* a member without an identity must not empty a group */

static int
scim_value_element(scim_reader_t *r, const scim_attr_t *attr, cJSON *in,
    cJSON *array)
{
    cJSON  *value;

    if (scim_value_normalize_one(r, attr, in, &value) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (attr->role == SCIM_ROLE_MEMBERS
        && cJSON_GetObjectItemCaseSensitive(value, attr->value->name) == NULL)
    {
        return scim_error(r->err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\": a member needs its id as \"value\"",
                          attr->name);
    }

    if (value != NULL) {
        cJSON_AddItemToArray(array, value);
    }

    return SCIM_OK;
}


static int
scim_value_one_primary(scim_reader_t *r, const scim_attr_t *attr,
    const cJSON *array)
{
    size_t        n;
    const char   *path;
    const cJSON  *item;

    n = 0;

    if (attr->primary != NULL) {
        cJSON_ArrayForEach(item, array) {
            n += cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item,
                                                        attr->primary->name));
        }
    }

    if (n < 2) {
        return SCIM_OK;
    }

    path = scim_attr_path(r->alloc, r->rt, attr);
    if (path == NULL) {
        return scim_error_nomem(r->err);
    }

    return scim_error(r->err, 400, SCIM_TYPE_INVALID_VALUE,
                      "\"%s\" has %d values with \"primary\": true, at most "
                      "one may be", path, (int) n);
}


static int
scim_value_expected(scim_reader_t *r, const scim_attr_t *attr, const cJSON *in)
{
    const char  *path;

    path = scim_attr_path(r->alloc, r->rt, attr);
    if (path == NULL) {
        return scim_error_nomem(r->err);
    }

    if (cJSON_IsString(in) || cJSON_IsRaw(in)) {
        return scim_error(r->err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\": expected %s, not \"%.64s\"", path,
                          scim_data_type_words[attr->type], in->valuestring);
    }

    return scim_error(r->err, 400, SCIM_TYPE_INVALID_VALUE,
                      "\"%s\": expected %s, not %s %s", path,
                      scim_data_type_words[attr->type],
                      (cJSON_IsArray(in) || cJSON_IsObject(in)) ? "an" : "a",
                      scim_json_type_name(in));
}
