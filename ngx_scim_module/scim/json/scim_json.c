/*
 * JSON trees: cJSON's allocator, and functions that cJSON lacks.
 */

#include <stdlib.h>
#include <string.h>

#include "scim/json/scim_json.h"
#include "scim/core/scim_alloc.h"
#include "scim/text/scim_text.h"


static void *scim_json_malloc(size_t size);
static void scim_json_free(void *p);
static int scim_json_equal_arrays(const cJSON *a, const cJSON *b);
static int scim_json_equal_objects(const cJSON *a, const cJSON *b);


static scim_alloc_t  *scim_json_allocator;


void
scim_json_init(void)
{
    cJSON_Hooks  hooks;

    hooks.malloc_fn = scim_json_malloc;
    hooks.free_fn = scim_json_free;

    cJSON_InitHooks(&hooks);
}


static void *
scim_json_malloc(size_t size)
{
    if (scim_json_allocator != NULL) {
        return scim_alloc(scim_json_allocator, size);
    }

    return malloc(size);
}


static void
scim_json_free(void *p)
{
    if (scim_json_allocator == NULL) {
        free(p);
    }
}


scim_alloc_t *
scim_json_open(scim_alloc_t *a)
{
    scim_alloc_t  *before;

    before = scim_json_allocator;
    scim_json_allocator = a;

    return before;
}


void
scim_json_close(scim_alloc_t *before)
{
    scim_json_allocator = before;
}


cJSON *
scim_json_copy(scim_alloc_t *a, const cJSON *json)
{
    cJSON        *copy, *child, *last;
    const cJSON  *item;

    copy = scim_alloc(a, sizeof(cJSON));
    if (copy == NULL) {
        return NULL;
    }

    *copy = *json;
    copy->next = NULL;
    copy->prev = NULL;
    copy->child = NULL;
    last = NULL;

    cJSON_ArrayForEach(item, json) {
        child = scim_json_copy(a, item);
        if (child == NULL) {
            return NULL;
        }

        if (last == NULL) {
            copy->child = child;

        } else {
            last->next = child;
            child->prev = last;
        }

        last = child;
    }

    if (last != NULL) {
        copy->child->prev = last;
    }

    return copy;
}


cJSON *
scim_json_member(const cJSON *object, const char *name)
{
    cJSON  *item;

    for (item = object ? object->child : NULL; item; item = item->next) {
        if (item->string == name
            || (item->string != NULL && item->string[0] == name[0]
                && strcmp(item->string, name) == 0))
        {
            return item;
        }
    }

    return NULL;
}


cJSON *
scim_json_get(const cJSON *object, const char *name)
{
    cJSON  *item;

    if (!cJSON_IsObject(object)) {
        return NULL;
    }

    cJSON_ArrayForEach(item, object) {
        if (scim_name_eq(item->string, name)) {
            return item;
        }
    }

    return NULL;
}


int
scim_json_is_empty(const cJSON *json)
{
    const cJSON  *item;

    if (json == NULL || cJSON_IsNull(json)) {
        return 1;
    }

    if (cJSON_IsString(json)) {
        return json->valuestring[0] == '\0';
    }

    if (!cJSON_IsArray(json) && !cJSON_IsObject(json)) {
        return 0;
    }

    cJSON_ArrayForEach(item, json) {
        if (!scim_json_is_empty(item)) {
            return 0;
        }
    }

    return 1;
}


const char *
scim_json_type_name(const cJSON *json)
{
    switch (json->type & 0xff) {

    case cJSON_String:
        return "string";

    case cJSON_Number:
    case cJSON_Raw:
        return "number";

    case cJSON_True:
    case cJSON_False:
        return "boolean";

    case cJSON_Array:
        return "array";

    case cJSON_Object:
        return "object";

    default:
        return "null";
    }
}


int
scim_json_equal(const cJSON *a, const cJSON *b)
{
    if ((a->type & 0xff) != (b->type & 0xff)) {
        return 0;
    }

    switch (a->type & 0xff) {

    case cJSON_Number:
        return a->valuedouble == b->valuedouble;

    case cJSON_String:
    case cJSON_Raw:
        return strcmp(a->valuestring, b->valuestring) == 0;

    case cJSON_Array:
        return scim_json_equal_arrays(a, b);

    case cJSON_Object:
        return scim_json_equal_objects(a, b);

    default:
        return 1;
    }
}


static int
scim_json_equal_arrays(const cJSON *a, const cJSON *b)
{
    a = a->child;
    b = b->child;

    while (a != NULL && b != NULL && scim_json_equal(a, b)) {
        a = a->next;
        b = b->next;
    }

    return a == NULL && b == NULL;
}


/* names are unique, so as many members that are all found are the same ones */

static int
scim_json_equal_objects(const cJSON *a, const cJSON *b)
{
    const cJSON  *item, *guess, *other;

    if (cJSON_GetArraySize(a) != cJSON_GetArraySize(b)) {
        return 0;
    }

    guess = b->child;

    cJSON_ArrayForEach(item, a) {
        other = scim_name_eq(item->string, guess->string)
                ? guess : scim_json_get(b, item->string);

        if (other == NULL || !scim_json_equal(item, other)) {
            return 0;
        }

        guess = guess->next;
    }

    return 1;
}


const char *
scim_json_text(const cJSON *json, const char *name)
{
    return cJSON_GetStringValue(scim_json_get(json, name));
}
