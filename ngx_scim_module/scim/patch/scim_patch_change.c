/*
 * Makes the changes of one attribute by a PATCH.
 */

#include <string.h>

#include "scim/patch/scim_patch_change.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_document.h"
#include "scim/resource/scim_value.h"
#include "scim/resource/scim_values.h"
#include "scim/patch/scim_patch.h"
#include "scim/patch/scim_patch_ctx.h"


static int scim_patch_too_many(scim_patch_ctx_t *ctx);
static int scim_patch_sub_named(scim_patch_ctx_t *ctx, const scim_attr_t *sub,
    const cJSON *now, cJSON *given, int *named);


int
scim_patch_append(scim_patch_ctx_t *ctx, cJSON *now, cJSON *values)
{
    int                  primary;
    cJSON               *item, *next, **old;
    scim_value_table_t   table;

    primary = 0;
    scim_value_table_init(&table, ctx->attr);

    cJSON_ArrayForEach(item, now) {
        if (scim_value_table_add(&table, item) != SCIM_OK) {
            return scim_patch_too_many(ctx);
        }
    }

    for (item = values->child; item; item = next) {
        next = item->next;

        cJSON_DetachItemViaPointer(values, item);
        old = scim_value_table_find(&table, item);

        if (old == NULL) {
            if (scim_value_table_add(&table, item) != SCIM_OK) {
                return scim_patch_too_many(ctx);
            }

            cJSON_AddItemToArray(now, item);

        } else if (!scim_json_equal(*old, item)) {
            if (scim_patch_merge(ctx, *old, item) != SCIM_OK) {
                return SCIM_ERROR;
            }

            item = *old;

        } else {
            continue;
        }

        primary |= scim_patch_primary(ctx->attr, now, item);
    }

    /* values without "value" may be equal now that neither is primary */

    return primary ? scim_patch_tidy(ctx) : SCIM_OK;
}


static int
scim_patch_too_many(scim_patch_ctx_t *ctx)
{
    return scim_error(ctx->err, 400, SCIM_TYPE_INVALID_VALUE,
                      "\"%s\" would have more than %d values",
                      ctx->attr->name, SCIM_VALUES_MAX);
}


/* The given sub-attributes replace those that exist. */

int
scim_patch_merge(scim_patch_ctx_t *ctx, cJSON *object, cJSON *given)
{
    cJSON              *item;
    const scim_attr_t  *sub, *value;

    value = ctx->attr->value;
    item = value ? scim_json_get(given, value->name) : NULL;

    /* "value" first: a reference to the old one goes with it, or all parts */

    if (item != NULL
        && scim_patch_sub_value(ctx, object, value, item) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (object->child == NULL) {
        return SCIM_OK;
    }

    cJSON_ArrayForEach(item, given) {
        sub = scim_attr_sub(ctx->attr, item->string, strlen(item->string));

        if (sub != NULL && sub != value && sub->mutability != SCIM_READ_ONLY
            && scim_patch_sub_value(ctx, object, sub, item) != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


/* one sub-attribute of one value */

int
scim_patch_sub_value(scim_patch_ctx_t *ctx, cJSON *object,
    const scim_attr_t *sub, cJSON *given)
{
    int     named;
    cJSON  *now, *value;

    now = cJSON_GetObjectItemCaseSensitive(object, sub->name);
    value = NULL;

    if (ctx->op->op == SCIM_PATCH_REMOVE) {
        if (scim_patch_sub_named(ctx, sub, now, given, &named) != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (now == NULL || !named) {
            return SCIM_OK;
        }

    } else if (given != NULL
               && scim_value_normalize(&ctx->reader, sub, given, &value)
                  != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (sub->required && value == NULL && now != NULL) {
        return scim_patch_mutability(ctx, sub, "is required");
    }

    if (sub->mutability == SCIM_IMMUTABLE && now != NULL
        && (value == NULL || !scim_json_equal(now, value)))
    {
        return scim_patch_mutability(ctx, sub,
                                     "is immutable and has a value already");
    }

    if (scim_value_set_sub(ctx->rt, object, sub, value) != SCIM_OK) {
        return scim_error_nomem(ctx->err);
    }

    return SCIM_OK;
}


/* Sets *named if the value to be removed, or no value at all, means this one. */

static int
scim_patch_sub_named(scim_patch_ctx_t *ctx, const scim_attr_t *sub,
    const cJSON *now, cJSON *given, int *named)
{
    cJSON  *value;

    if (scim_value_normalize(&ctx->reader, sub, given, &value) != SCIM_OK) {
        return SCIM_ERROR;
    }

    *named = 1;

    if (value != NULL && now != NULL) {
        *named = scim_value_names(ctx->alloc, sub, value, now);
    }

    return (*named == SCIM_ERROR) ? scim_error_nomem(ctx->err) : SCIM_OK;
}


/* drops values that have become empty or equal, and the attribute with them */

int
scim_patch_tidy(scim_patch_ctx_t *ctx)
{
    cJSON              *now, *item, *next;
    const scim_attr_t  *attr;

    attr = ctx->attr;
    now = scim_value_get(ctx->rt, ctx->res->doc, attr);

    if (now == NULL) {
        return SCIM_OK;
    }

    if (attr->multi_valued) {
        for (item = now->child; item; item = next) {
            next = item->next;

            if (cJSON_IsObject(item) && item->child == NULL) {
                cJSON_DetachItemViaPointer(now, item);
            }
        }

        if (scim_value_unique(ctx->rt, attr, now) != SCIM_OK) {
            return scim_patch_too_many(ctx);
        }
    }

    if (now->child != NULL) {
        return SCIM_OK;
    }

    if (attr->required && ctx->op->op == SCIM_PATCH_REMOVE) {
        return scim_patch_mutability(ctx, attr, "is required");
    }

    return scim_patch_set(ctx, NULL);
}


/* Makes the winner, if it is primary, the only primary value; returns 1 then. */

int
scim_patch_primary(const scim_attr_t *attr, cJSON *array, cJSON *winner)
{
    cJSON  *item, *flag;

    if (attr->primary == NULL
        || !cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(winner,
                                                      attr->primary->name)))
    {
        return 0;
    }

    cJSON_ArrayForEach(item, array) {
        flag = cJSON_GetObjectItemCaseSensitive(item, attr->primary->name);

        /* one that is the same will be merged with it */

        if (cJSON_IsTrue(flag) && !scim_value_same(attr, item, winner)) {
            flag->type = (flag->type & ~cJSON_True) | cJSON_False;
        }
    }

    return 1;
}


int
scim_patch_set(scim_patch_ctx_t *ctx, cJSON *value)
{
    if (value == NULL && ctx->attr->role == SCIM_ROLE_ACTIVE
        && cJSON_IsFalse(scim_value_get(ctx->rt, ctx->res->doc,
                                        ctx->attr)))
    {
        return scim_patch_mutability(ctx, ctx->attr,
                                     "is false: expected true or false, as who "
                                     "has none may count as active");
    }

    if (scim_value_set(ctx->rt, ctx->res->doc, ctx->attr, value) != SCIM_OK) {
        return scim_error_nomem(ctx->err);
    }

    return SCIM_OK;
}


int
scim_patch_mutability(scim_patch_ctx_t *ctx, const scim_attr_t *attr,
    const char *why)
{
    const char  *path;

    path = scim_attr_path(ctx->alloc, ctx->rt, attr);
    if (path == NULL) {
        return scim_error_nomem(ctx->err);
    }

    return scim_error(ctx->err, 400, SCIM_TYPE_MUTABILITY, "\"%s\" %s", path,
                      why);
}
