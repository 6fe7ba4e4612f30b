/*
 * Documents: attributes in the order of the schemas, each in its place.
 */

#include <string.h>

#include "scim/resource/scim_document.h"
#include "scim/core/scim.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_schema.h"


static int scim_value_put(const scim_attr_t *attr, size_t rank, cJSON *object,
    cJSON *value, const scim_rtype_t *rt);
static size_t scim_value_rank(const scim_rtype_t *rt, const scim_attr_t *attr);
static size_t scim_value_member_rank(const scim_rtype_t *rt,
    const scim_attr_t *attr, const char *name);
static void scim_value_insert(cJSON *object, cJSON *before, cJSON *item);


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


/* the place of an attribute in its object: common, schema, extensions */

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
