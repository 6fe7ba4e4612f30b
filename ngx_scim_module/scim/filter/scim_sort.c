/*
 * Sorting.
 */

#include <stdlib.h>
#include <string.h>

#include "scim/filter/scim_sort.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/text/scim_datetime.h"
#include "scim/text/scim_fold.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_document.h"


static const cJSON *scim_sort_value(const scim_rtype_t *rt,
    const cJSON *resource, const scim_attr_t *attr);
static const cJSON *scim_sort_first(const scim_attr_t *attr,
    const cJSON *array);


int
scim_sort_key(scim_alloc_t *a, const scim_rtype_t *rt, const cJSON *resource,
    const scim_attr_t *attr, scim_key_t *key)
{
    char         *text;
    long long     usec;
    const cJSON  *value;

    memset(key, 0, sizeof(scim_key_t));
    value = scim_rtype_has(rt, attr) ? scim_sort_value(rt, resource, attr)
                                     : NULL;

    if (cJSON_IsBool(value)) {
        key->kind = SCIM_KEY_NUMBER;
        key->number = cJSON_IsTrue(value);
        return SCIM_OK;
    }

    if (cJSON_IsNumber(value)) {
        key->kind = SCIM_KEY_NUMBER;
        key->number = value->valuedouble;
        return SCIM_OK;
    }

    if (cJSON_IsRaw(value)) {
        key->kind = SCIM_KEY_NUMBER;
        key->number = strtod(value->valuestring, NULL);
        return SCIM_OK;
    }

    if (!cJSON_IsString(value)) {
        return SCIM_OK;
    }

    if (attr->type == SCIM_DATETIME
        && scim_datetime_parse(value->valuestring, &usec) == SCIM_OK)
    {
        key->kind = SCIM_KEY_NUMBER;
        key->number = (double) usec;
        return SCIM_OK;
    }

    key->kind = SCIM_KEY_TEXT;
    key->text = text = scim_fold(a, value->valuestring, attr->case_exact);

    if (text != NULL && strlen(text) > SCIM_KEY_SIZE) {
        text[SCIM_KEY_SIZE] = '\0';
    }

    return text ? SCIM_OK : SCIM_ERROR;
}


static const cJSON *
scim_sort_value(const scim_rtype_t *rt, const cJSON *resource,
    const scim_attr_t *attr)
{
    const cJSON        *value;
    const scim_attr_t  *top;

    top = attr->parent ? attr->parent : attr;
    value = scim_value_get(rt, resource, top);

    if (cJSON_IsArray(value)) {
        value = scim_sort_first(top, value);
    }

    return attr->parent ? cJSON_GetObjectItemCaseSensitive(value, attr->name)
                        : value;
}


static const cJSON *
scim_sort_first(const scim_attr_t *attr, const cJSON *array)
{
    const cJSON  *item;

    if (attr->primary != NULL) {
        for (item = array->child; item; item = item->next) {
            if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item,
                                                      attr->primary->name)))
            {
                return item;
            }
        }
    }

    return array->child;
}


int
scim_sort_compare(const scim_key_t *a, const scim_key_t *b)
{
    if (a->kind != b->kind || a->kind == SCIM_KEY_ABSENT) {
        return (a->kind == SCIM_KEY_ABSENT) - (b->kind == SCIM_KEY_ABSENT);
    }

    if (a->kind == SCIM_KEY_TEXT) {
        return strcmp(a->text, b->text);
    }

    return (a->number > b->number) - (a->number < b->number);
}
