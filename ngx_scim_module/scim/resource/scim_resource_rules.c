/*
 * The rules of every document before it is stored, and the parts that a PUT
 * keeps.
 */

#include "scim/resource/scim_resource_rules.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_fold.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_document.h"
#include "scim/resource/scim_resource.h"


static size_t scim_resource_fold_cost(const cJSON *json);
static int scim_resource_set_schemas(const scim_rtype_t *rt, cJSON *doc);
static int scim_resource_required(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, const cJSON *doc, scim_error_t *err);
static int scim_resource_required_subs(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, const cJSON *value, scim_error_t *err);
static int scim_resource_is_blank(const cJSON *value);
static int scim_resource_keep_schema(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, cJSON *doc, const cJSON *old,
    scim_error_t *err);
static int scim_resource_keep_one(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, cJSON *object, const cJSON *was,
    const cJSON *now, scim_error_t *err);
static int scim_resource_wrong(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, scim_type_e type, const char *why,
    scim_error_t *err);


int
scim_resource_finish(scim_alloc_t *a, const scim_rtype_t *rt, cJSON *doc,
    const char *id, scim_error_t *err)
{
    size_t              i;
    cJSON              *value;
    const scim_attr_t  *attr;

    if (scim_resource_required(a, rt, rt->schema, doc, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    for (i = 0; i < rt->nextensions; i++) {
        if ((rt->extensions[i].required
             || cJSON_GetObjectItemCaseSensitive(doc,
                                             rt->extensions[i].schema->id))
            && scim_resource_required(a, rt, rt->extensions[i].schema, doc,
                                      err)
               != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    if (scim_resource_fold_cost(doc) > SCIM_RESOURCE_TEXT) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "the values that are not ASCII have more than %d "
                          "bytes together", SCIM_RESOURCE_TEXT);
    }

    for (i = 0; i < rt->common->nattrs; i++) {
        attr = &rt->common->attrs[i];

        if (attr->role == SCIM_ROLE_ID) {
            value = cJSON_CreateString(id);

            if (value == NULL || scim_value_set(rt, doc, attr, value)
                != SCIM_OK)
            {
                return scim_error_nomem(err);
            }
        }
    }

    if (scim_resource_set_schemas(rt, doc) != SCIM_OK) {
        return scim_error_nomem(err);
    }

    return SCIM_OK;
}


static size_t
scim_resource_fold_cost(const cJSON *json)
{
    size_t        cost;
    const cJSON  *item;

    cost = cJSON_IsString(json) ? scim_fold_cost(json->valuestring) : 0;

    cJSON_ArrayForEach(item, json) {
        cost += scim_resource_fold_cost(item);
    }

    return cost;
}


static int
scim_resource_set_schemas(const scim_rtype_t *rt, cJSON *doc)
{
    size_t       i;
    cJSON       *list;
    const char  *urn;

    list = cJSON_CreateArray();
    if (list == NULL
        || !cJSON_AddItemToArray(list, cJSON_CreateString(rt->schema->id)))
    {
        return SCIM_ERROR;
    }

    for (i = 0; i < rt->nextensions; i++) {
        urn = rt->extensions[i].schema->id;

        if (cJSON_GetObjectItemCaseSensitive(doc, urn) != NULL
            && !cJSON_AddItemToArray(list, cJSON_CreateString(urn)))
        {
            return SCIM_ERROR;
        }
    }

    for (i = 0; i < rt->common->nattrs; i++) {
        if (rt->common->attrs[i].role == SCIM_ROLE_SCHEMAS) {
            return scim_value_set(rt, doc, &rt->common->attrs[i], list);
        }
    }

    return SCIM_OK;
}


static int
scim_resource_required(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, const cJSON *doc, scim_error_t *err)
{
    size_t              i;
    const cJSON        *value, *item;
    const scim_attr_t  *attr;

    for (i = 0; i < schema->nattrs; i++) {
        attr = &schema->attrs[i];

        if (!attr->needed) {
            continue;
        }

        value = scim_value_get(rt, doc, attr);

        if (scim_resource_is_blank(value)) {
            if (attr->required && attr->mutability != SCIM_READ_ONLY
                && attr->mutability != SCIM_WRITE_ONLY
                && attr->role != SCIM_ROLE_MEMBERS)
            {
                return scim_resource_wrong(a, rt, attr,
                                           SCIM_TYPE_INVALID_VALUE,
                                           "is required", err);
            }

        } else if (attr->multi_valued && attr->nsubs > 0) {
            cJSON_ArrayForEach(item, value) {
                if (scim_resource_required_subs(a, rt, attr, item, err)
                    != SCIM_OK)
                {
                    return SCIM_ERROR;
                }
            }

        } else if (scim_resource_required_subs(a, rt, attr, value, err)
                   != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_resource_required_subs(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, const cJSON *value, scim_error_t *err)
{
    size_t              i;
    const scim_attr_t  *sub;

    for (i = 0; i < attr->nsubs; i++) {
        sub = &attr->subs[i];

        if (sub->required && sub->mutability != SCIM_READ_ONLY
            && sub->mutability != SCIM_WRITE_ONLY
            && scim_resource_is_blank(
                   cJSON_GetObjectItemCaseSensitive(value, sub->name)))
        {
            return scim_resource_wrong(a, rt, sub, SCIM_TYPE_INVALID_VALUE,
                                       "is required", err);
        }
    }

    return SCIM_OK;
}


/* nothing, or text that is nothing but white space */

static int
scim_resource_is_blank(const cJSON *value)
{
    return value == NULL
           || (cJSON_IsString(value) && scim_text_is_blank(value->valuestring));
}


int
scim_resource_keep(scim_alloc_t *a, const scim_rtype_t *rt, cJSON *doc,
    const cJSON *old, scim_error_t *err)
{
    size_t  i;

    if (scim_resource_keep_schema(a, rt, rt->schema, doc, old, err)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    for (i = 0; i < rt->nextensions; i++) {
        if (scim_resource_keep_schema(a, rt, rt->extensions[i].schema, doc,
                                      old, err)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_resource_keep_schema(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, cJSON *doc, const cJSON *old,
    scim_error_t *err)
{
    size_t              i, j;
    cJSON              *was, *now;
    const scim_attr_t  *attr;

    for (i = 0; i < schema->nattrs; i++) {
        attr = &schema->attrs[i];
        was = scim_value_get(rt, old, attr);
        now = scim_value_get(rt, doc, attr);

        if (scim_resource_keep_one(a, rt, attr, doc, was, now, err)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }

        /* of what stays, the immutable parts stay too */

        for (j = 0; j < attr->nsubs && cJSON_IsObject(now); j++) {
            if (attr->subs[j].mutability == SCIM_IMMUTABLE
                && scim_resource_keep_one(a, rt, &attr->subs[j], now,
                       cJSON_GetObjectItemCaseSensitive(was,
                                                        attr->subs[j].name),
                       cJSON_GetObjectItemCaseSensitive(now,
                                                        attr->subs[j].name),
                       err)
                   != SCIM_OK)
            {
                return SCIM_ERROR;
            }
        }
    }

    return SCIM_OK;
}


static int
scim_resource_keep_one(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, cJSON *object, const cJSON *was,
    const cJSON *now, scim_error_t *err)
{
    cJSON  *copy;

    if (was == NULL
        || (attr->mutability != SCIM_IMMUTABLE
            && attr->mutability != SCIM_READ_ONLY
            && (attr->role != SCIM_ROLE_ACTIVE || now != NULL
                || !cJSON_IsFalse(was))))
    {
        return SCIM_OK;
    }

    if (now != NULL && attr->mutability == SCIM_IMMUTABLE
        && !scim_json_equal(was, now))
    {
        return scim_resource_wrong(a, rt, attr, SCIM_TYPE_MUTABILITY,
                                   "is immutable and has a value already",
                                   err);
    }

    copy = scim_json_copy(a, was);

    if (copy == NULL || scim_value_set(rt, object, attr, copy) != SCIM_OK) {
        return scim_error_nomem(err);
    }

    return SCIM_OK;
}


static int
scim_resource_wrong(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, scim_type_e type, const char *why,
    scim_error_t *err)
{
    const char  *path;

    path = scim_attr_path(a, rt, attr);
    if (path == NULL) {
        return scim_error_nomem(err);
    }

    return scim_error(err, 400, type, "\"%s\" %s", path, why);
}
