/*
 * Values: what clients send becomes what the schema says.
 */

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>

#include "scim/resource/scim_value.h"
#include "scim/json/scim_json.h"
#include "scim/text/scim_text.h"


/* FNV-1a */
#define SCIM_VALUE_HASH   14695981039346656037u
#define SCIM_VALUE_PRIME  1099511628211u


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
static void scim_value_absorb(const scim_rtype_t *rt, const scim_attr_t *attr,
    cJSON *object, cJSON *other);
static void scim_value_table_put(scim_value_table_t *table, cJSON *value);
static uint64_t scim_value_hash(const scim_value_table_t *table,
    const cJSON *value);
static uint64_t scim_value_hash_tree(const cJSON *json, uint64_t hash);
static int scim_value_one_primary(scim_reader_t *r, const scim_attr_t *attr,
    const cJSON *array);
static int scim_value_means(scim_alloc_t *a, const scim_attr_t *attr,
    const cJSON *one, const cJSON *two);
static int scim_value_expected(scim_reader_t *r, const scim_attr_t *attr,
    const cJSON *in);
static int scim_value_put(const scim_attr_t *attr, size_t rank, cJSON *object,
    cJSON *value, const scim_rtype_t *rt);
static size_t scim_value_rank(const scim_rtype_t *rt, const scim_attr_t *attr);
static size_t scim_value_member_rank(const scim_rtype_t *rt,
    const scim_attr_t *attr, const char *name);
static void scim_value_insert(cJSON *object, cJSON *before, cJSON *item);


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
 * The same; digits become the text that they are. The id of a member is never
 * one of those.
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


/* a member that nobody can tell who it is must not empty a group */

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


int
scim_value_unique(const scim_rtype_t *rt, const scim_attr_t *attr,
    cJSON *array)
{
    cJSON              *item, *next, **same;
    scim_value_table_t  table;

    scim_value_table_init(&table, attr);

    for (item = array->child; item; item = next) {
        next = item->next;
        same = scim_value_table_find(&table, item);

        if (same != NULL) {
            cJSON_DetachItemViaPointer(array, item);
            scim_value_absorb(rt, attr, *same, item);

        } else if (scim_value_table_add(&table, item) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


/* Adds to a value the parts that only an equal value has. */

static void
scim_value_absorb(const scim_rtype_t *rt, const scim_attr_t *attr,
    cJSON *object, cJSON *other)
{
    cJSON              *item, *next;
    const scim_attr_t  *sub;

    for (item = cJSON_IsObject(other) ? other->child : NULL; item; item = next)
    {
        next = item->next;
        sub = scim_attr_sub(attr, item->string, strlen(item->string));

        if (sub != NULL
            && (scim_json_member(object, sub->name) == NULL
                || (sub == attr->primary && cJSON_IsTrue(item))))
        {
            cJSON_DetachItemViaPointer(other, item);
            (void) scim_value_set(rt, object, sub, item);
        }
    }
}


void
scim_value_table_init(scim_value_table_t *table, const scim_attr_t *attr)
{
    size_t  i;

    table->attr = attr;
    table->n = 0;

    for (i = 0; i < SCIM_VALUE_FEW; i++) {
        table->slots[i] = NULL;
    }
}


cJSON **
scim_value_table_find(scim_value_table_t *table, const cJSON *value)
{
    size_t  i;

    for (i = 0; table->n <= SCIM_VALUE_FEW; i++) {
        if (i == table->n) {
            return NULL;
        }

        if (scim_value_same(table->attr, table->slots[i], value)) {
            return &table->slots[i];
        }
    }

    i = scim_value_hash(table, value) % SCIM_VALUE_SLOTS;

    while (table->slots[i] != NULL) {
        if (scim_value_same(table->attr, table->slots[i], value)) {
            return &table->slots[i];
        }

        i = (i + 1) % SCIM_VALUE_SLOTS;
    }

    return NULL;
}


int
scim_value_table_add(scim_value_table_t *table, cJSON *value)
{
    size_t   i;
    cJSON   *few[SCIM_VALUE_FEW];

    if (table->n == SCIM_VALUES_MAX) {
        return SCIM_ERROR;
    }

    if (table->n < SCIM_VALUE_FEW) {
        table->slots[table->n++] = value;
        return SCIM_OK;
    }

    if (table->n == SCIM_VALUE_FEW) {
        memcpy(few, table->slots, sizeof(few));
        memset(table->slots, 0, sizeof(table->slots));

        for (i = 0; i < SCIM_VALUE_FEW; i++) {
            scim_value_table_put(table, few[i]);
        }
    }

    scim_value_table_put(table, value);
    table->n++;

    return SCIM_OK;
}


static void
scim_value_table_put(scim_value_table_t *table, cJSON *value)
{
    size_t  i;

    i = scim_value_hash(table, value) % SCIM_VALUE_SLOTS;

    while (table->slots[i] != NULL) {
        i = (i + 1) % SCIM_VALUE_SLOTS;
    }

    table->slots[i] = value;
}


/* the same for values that scim_value_same() holds to be the same */

static uint64_t
scim_value_hash(const scim_value_table_t *table, const cJSON *value)
{
    uint64_t            hash;
    const cJSON        *part;
    const scim_attr_t  *attr;

    /* nobody outside can foresee it */

    hash = SCIM_VALUE_HASH ^ (uintptr_t) table >> 4;

    attr = table->attr;
    part = (attr->type == SCIM_COMPLEX && attr->value != NULL)
           ? cJSON_GetObjectItemCaseSensitive(value, attr->value->name) : NULL;

    if (part == NULL) {
        return scim_value_hash_tree(value, hash);
    }

    hash = scim_value_hash_tree(part, hash);

    part = (attr->kind != NULL && attr->role != SCIM_ROLE_MEMBERS)
           ? cJSON_GetObjectItemCaseSensitive(value, attr->kind->name) : NULL;

    return part ? scim_value_hash_tree(part, hash) : hash;
}


static uint64_t
scim_value_hash_tree(const cJSON *json, uint64_t hash)
{
    double        number;
    uint64_t      sum;
    const char   *p;
    const cJSON  *item;

    hash = (hash ^ (json->type & 0xff)) * SCIM_VALUE_PRIME;

    if (cJSON_IsNumber(json)) {
        number = json->valuedouble + 0.0;       /* no -0 */
        memcpy(&sum, &number, sizeof(sum));
        sum ^= sum >> 32;
        return (hash ^ sum) * SCIM_VALUE_PRIME;
    }

    if (cJSON_IsString(json) || cJSON_IsRaw(json)) {
        for (p = json->valuestring; *p != '\0'; p++) {
            hash = (hash ^ (unsigned char) *p) * SCIM_VALUE_PRIME;
        }

        return hash ^ hash >> 32;
    }

    /* the order of members does not count */

    sum = hash;

    cJSON_ArrayForEach(item, json) {
        sum += scim_value_hash_tree(item, hash);
    }

    return sum;
}


int
scim_value_same(const scim_attr_t *attr, const cJSON *a, const cJSON *b)
{
    const cJSON  *va, *vb;

    if (attr->type != SCIM_COMPLEX || attr->value == NULL) {
        return scim_json_equal(a, b);
    }

    va = cJSON_GetObjectItemCaseSensitive(a, attr->value->name);
    vb = cJSON_GetObjectItemCaseSensitive(b, attr->value->name);

    if (va == NULL || vb == NULL) {
        return scim_json_equal(a, b);
    }

    if (!scim_json_equal(va, vb)) {
        return 0;
    }

    if (attr->kind == NULL || attr->role == SCIM_ROLE_MEMBERS) {
        return 1;
    }

    va = cJSON_GetObjectItemCaseSensitive(a, attr->kind->name);
    vb = cJSON_GetObjectItemCaseSensitive(b, attr->kind->name);

    return (va == NULL && vb == NULL)
           || (va != NULL && vb != NULL && scim_json_equal(va, vb));
}


int
scim_value_names(scim_alloc_t *a, const scim_attr_t *attr,
    const cJSON *given, const cJSON *value)
{
    int           rc, by_value;
    const cJSON  *item, *other;

    if (!cJSON_IsObject(given)) {
        return scim_value_means(a, attr, given, value);
    }

    by_value = attr->value != NULL
               && cJSON_GetObjectItemCaseSensitive(given, attr->value->name);

    cJSON_ArrayForEach(item, given) {
        if (by_value && !scim_name_eq(item->string, "value")
            && !scim_name_eq(item->string, "type"))
        {
            continue;
        }

        other = cJSON_GetObjectItemCaseSensitive(value, item->string);
        if (other == NULL) {
            return 0;
        }

        rc = scim_value_means(a, scim_attr_sub(attr, item->string,
                                               strlen(item->string)),
                              item, other);
        if (rc != 1) {
            return rc;
        }
    }

    return 1;
}


static int
scim_value_means(scim_alloc_t *a, const scim_attr_t *attr, const cJSON *one,
    const cJSON *two)
{
    char       *left, *right;
    long long   usec1, usec2;

    if (!cJSON_IsString(one) || !cJSON_IsString(two)) {
        return scim_json_equal(one, two);
    }

    if (attr->type == SCIM_DATETIME
        && scim_datetime_parse(one->valuestring, &usec1) == SCIM_OK
        && scim_datetime_parse(two->valuestring, &usec2) == SCIM_OK)
    {
        return usec1 == usec2;
    }

    left = scim_fold(a, one->valuestring, attr->case_exact);
    right = scim_fold(a, two->valuestring, attr->case_exact);

    return (left && right) ? strcmp(left, right) == 0 : SCIM_ERROR;
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


int
scim_value_set(const scim_rtype_t *rt, cJSON *object, const scim_attr_t *attr,
    cJSON *value)
{
    cJSON       *ext;
    scim_attr_t  place;

    if (attr->parent != NULL || !scim_rtype_is_extension(rt, attr->schema)) {
        return scim_value_put(attr, scim_value_rank(rt, attr), object, value,
                              rt);
    }

    ext = scim_json_member(object, attr->schema->id);

    if (ext == NULL) {
        if (value == NULL) {
            return SCIM_OK;
        }

        /* the object behaves like an attribute named by the URN */

        memset(&place, 0, sizeof(scim_attr_t));
        place.name = attr->schema->id;

        ext = cJSON_CreateObject();
        if (ext == NULL
            || scim_value_put(&place,
                              scim_value_member_rank(rt, &place, place.name),
                              object, ext, rt)
               != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    if (scim_value_put(attr, attr - attr->schema->attrs, ext, value, rt)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (ext->child == NULL) {
        cJSON_DetachItemViaPointer(object, ext);
    }

    return SCIM_OK;
}


int
scim_value_set_sub(const scim_rtype_t *rt, cJSON *object,
    const scim_attr_t *sub, cJSON *value)
{
    size_t              i;
    const cJSON        *now;
    const scim_attr_t  *attr;

    attr = sub->parent;

    if (sub == attr->value) {
        if (value == NULL) {
            object->child = NULL;
            return SCIM_OK;
        }

        now = cJSON_GetObjectItemCaseSensitive(object, sub->name);

        for (i = 0; i < attr->nsubs && now && !scim_json_equal(now, value);
             i++)
        {
            if (attr->subs[i].type == SCIM_REFERENCE && &attr->subs[i] != sub) {
                (void) scim_value_set(rt, object, &attr->subs[i], NULL);
            }
        }
    }

    return scim_value_set(rt, object, sub, value);
}


static int
scim_value_put(const scim_attr_t *attr, size_t rank, cJSON *object,
    cJSON *value, const scim_rtype_t *rt)
{
    cJSON  *old, *last;

    old = scim_json_member(object, attr->name);

    if (old == NULL && value == NULL) {
        return SCIM_OK;
    }

    if (value == NULL) {
        cJSON_DetachItemViaPointer(object, old);
        return SCIM_OK;
    }

    value->string = (char *) attr->name;
    value->type |= cJSON_StringIsConst;

    if (old != NULL) {
        cJSON_ReplaceItemViaPointer(object, old, value);
        return SCIM_OK;
    }

    /*
     * Clients send attributes more or less in the order of the schema. What is
     * put there at last comes before all of them.
     */

    last = NULL;

    if (object->child != NULL
        && scim_value_member_rank(rt, attr, object->child->string) < rank)
    {
        last = object->child->prev;
    }

    while (last != NULL && last != object->child
           && scim_value_member_rank(rt, attr, last->string) > rank)
    {
        last = last->prev;
    }

    scim_value_insert(object, last ? last->next : object->child, value);

    return SCIM_OK;
}


/* where an attribute stands in its object: common, schema, extensions */

static size_t
scim_value_rank(const scim_rtype_t *rt, const scim_attr_t *attr)
{
    if (attr->parent != NULL) {
        return attr - attr->parent->subs;
    }

    if (attr->schema == rt->common) {
        return attr - rt->common->attrs;
    }

    if (attr->schema == rt->schema) {
        return rt->common->nattrs + (attr - rt->schema->attrs);
    }

    return attr - attr->schema->attrs;
}


/* the rank of a member that is there already, beside the attribute attr */

static size_t
scim_value_member_rank(const scim_rtype_t *rt, const scim_attr_t *attr,
    const char *name)
{
    size_t              i, len;
    const scim_attr_t  *other;

    len = strlen(name);

    if (attr->parent != NULL) {
        other = scim_attr_sub(attr->parent, name, len);
        return other ? scim_value_rank(rt, other) : attr->parent->nsubs;
    }

    if (attr->schema != NULL && scim_rtype_is_extension(rt, attr->schema)) {
        other = scim_attr_in(attr->schema->attrs, attr->schema->nattrs, name,
                             len);
        return other ? scim_value_rank(rt, other) : attr->schema->nattrs;
    }

    other = scim_attr_in(rt->common->attrs, rt->common->nattrs, name, len);

    if (other == NULL) {
        other = scim_attr_in(rt->schema->attrs, rt->schema->nattrs, name, len);
    }

    if (other != NULL) {
        return scim_value_rank(rt, other);
    }

    for (i = 0; i < rt->nextensions; i++) {
        if (scim_name_eq(rt->extensions[i].schema->id, name)) {
            break;
        }
    }

    return rt->common->nattrs + rt->schema->nattrs + i;
}


static void
scim_value_insert(cJSON *object, cJSON *before, cJSON *item)
{
    if (before == NULL) {
        cJSON_AddItemToArray(object, item);
        return;
    }

    item->next = before;
    item->prev = before->prev;

    if (before == object->child) {
        object->child = item;

    } else {
        before->prev->next = item;
    }

    before->prev = item;
}


cJSON *
scim_value_get(const scim_rtype_t *rt, const cJSON *resource,
    const scim_attr_t *attr)
{
    if (scim_rtype_is_extension(rt, attr->schema)) {
        resource = scim_json_member(resource, attr->schema->id);
    }

    return scim_json_member(resource, attr->name);
}
