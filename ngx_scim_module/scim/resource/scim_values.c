/*
 * Several values of one attribute: which are equal, and which one a client
 * means.
 */

#include <stdint.h>
#include <string.h>

#include "scim/resource/scim_values.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/text/scim_datetime.h"
#include "scim/text/scim_fold.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_document.h"


/* FNV-1a */
#define SCIM_VALUE_HASH   14695981039346656037u
#define SCIM_VALUE_PRIME  1099511628211u


static void scim_value_absorb(const scim_rtype_t *rt, const scim_attr_t *attr,
    cJSON *object, cJSON *other);
static void scim_value_table_put(scim_value_table_t *table, cJSON *value);
static uint64_t scim_value_hash(const scim_value_table_t *table,
    const cJSON *value);
static uint64_t scim_value_hash_tree(const cJSON *json, uint64_t hash);
static int scim_value_means(scim_alloc_t *a, const scim_attr_t *attr,
    const cJSON *one, const cJSON *two);


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
