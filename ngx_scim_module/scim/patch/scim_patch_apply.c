/*
 * PATCH: applies a list of operations to a document.
 */

#include "scim/patch/scim_patch_apply.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_document.h"
#include "scim/resource/scim_resource.h"
#include "scim/resource/scim_value.h"
#include "scim/resource/scim_values.h"
#include "scim/patch/scim_patch.h"
#include "scim/patch/scim_patch_change.h"
#include "scim/patch/scim_patch_ctx.h"
#include "scim/patch/scim_patch_members.h"
#include "scim/patch/scim_patch_values.h"
#include "scim/patch/scim_patch_work.h"


static int scim_patch_one(scim_patch_ctx_t *ctx);
static int scim_patch_writable(scim_patch_ctx_t *ctx, int *skip);
static int scim_patch_whole(scim_patch_ctx_t *ctx);
static int scim_patch_whole_remove(scim_patch_ctx_t *ctx, cJSON *now);
static int scim_patch_remove_values(scim_patch_ctx_t *ctx, cJSON *now,
    cJSON *values);
static int scim_patch_clear(scim_patch_ctx_t *ctx);
static int scim_patch_sub(scim_patch_ctx_t *ctx);


int
scim_patch_apply(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_patch_t *patch, scim_resource_t *res, const cJSON *current,
    scim_error_t *err)
{
    size_t            i;
    scim_patch_ctx_t  ctx;

    ctx = (scim_patch_ctx_t) { a, rt, res, current, NULL, NULL, 0, err,
                               { a, rt, { 0, NULL }, err } };

    for (i = 0; i < patch->n; i++) {
        ctx.op = &patch->ops[i];
        ctx.attr = ctx.op->path.attr;

        if (scim_patch_one(&ctx) != SCIM_OK) {
            scim_error_prefix(err, "operation %d: ", (int) ctx.op->index);
            return SCIM_ERROR;
        }
    }

    res->unknown = ctx.reader.unknown;

    return SCIM_OK;
}


static int
scim_patch_one(scim_patch_ctx_t *ctx)
{
    int     skip;
    cJSON  *ignored;

    if (scim_patch_writable(ctx, &skip) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (skip) {
        return SCIM_OK;
    }

    if (scim_patch_work(ctx) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (ctx->attr->role == SCIM_ROLE_MEMBERS) {
        return scim_patch_members(ctx);
    }

    /* a value to be removed must be valid, even if there is none like it */

    if (ctx->op->op == SCIM_PATCH_REMOVE && ctx->op->path.sub != NULL
        && scim_value_normalize(&ctx->reader, ctx->op->path.sub,
                                ctx->op->value, &ignored)
           != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (ctx->op->path.filter != NULL) {
        return scim_patch_values(ctx);
    }

    if (ctx->op->path.sub != NULL) {
        return scim_patch_sub(ctx);
    }

    return scim_patch_whole(ctx);
}


/* a readOnly attribute may be given with the value that it has */

static int
scim_patch_writable(scim_patch_ctx_t *ctx, int *skip)
{
    cJSON              *now;
    const scim_attr_t  *sub;

    sub = ctx->op->path.sub;
    *skip = 0;

    if (ctx->attr->mutability != SCIM_READ_ONLY
        && (sub == NULL || sub->mutability != SCIM_READ_ONLY))
    {
        return SCIM_OK;
    }

    now = scim_value_get(ctx->rt, ctx->res->doc, ctx->attr);

    if (sub != NULL && ctx->op->path.filter == NULL) {
        now = cJSON_GetObjectItemCaseSensitive(now, sub->name);
    }

    if (now != NULL && ctx->op->value != NULL
        && ctx->op->op != SCIM_PATCH_REMOVE
        && scim_json_equal(now, ctx->op->value))
    {
        *skip = 1;
        return SCIM_OK;
    }

    return scim_patch_mutability(ctx, sub ? sub : ctx->attr, "is readOnly");
}


static int
scim_patch_whole(scim_patch_ctx_t *ctx)
{
    cJSON              *now, *given, *value;
    const scim_attr_t  *attr;

    attr = ctx->attr;
    given = ctx->op->value;
    now = scim_value_get(ctx->rt, ctx->res->doc, attr);

    if (ctx->op->op == SCIM_PATCH_REMOVE) {
        return scim_patch_whole_remove(ctx, now);
    }

    if (scim_value_normalize(&ctx->reader, attr, given, &value)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (attr->mutability == SCIM_IMMUTABLE && now != NULL
        && (value == NULL || !scim_json_equal(now, value)))
    {
        return scim_patch_mutability(ctx, attr,
                                     "is immutable and has a value already");
    }

    if (attr->multi_valued && ctx->op->op == SCIM_PATCH_ADD && now != NULL) {
        return value ? scim_patch_append(ctx, now, value) : SCIM_OK;
    }

    if (now != NULL && attr->type == SCIM_COMPLEX && !attr->multi_valued) {

        given = scim_value_alone(scim_value_inside(attr, given));
        given = cJSON_IsObject(given) ? given : value;

        if (given != NULL) {
            return scim_patch_merge(ctx, now, given) == SCIM_OK
                   ? scim_patch_tidy(ctx) : SCIM_ERROR;
        }
    }

    return scim_patch_set(ctx, value);
}


static int
scim_patch_whole_remove(scim_patch_ctx_t *ctx, cJSON *now)
{
    int     rc;
    cJSON  *given, *values;

    given = ctx->op->value;

    if (given == NULL && ctx->attr->required && !ctx->op->whole) {
        return scim_patch_mutability(ctx, ctx->attr, "is required");
    }

    if (scim_value_normalize(&ctx->reader, ctx->attr, given, &values)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    /* of several values only the named ones go */

    if (values == NULL && given != NULL && ctx->attr->multi_valued
        && !(cJSON_IsArray(given) && given->child == NULL))
    {
        return scim_error(ctx->err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\": expected the values to remove, or no "
                          "\"value\" to remove all", ctx->attr->name);
    }

    if (now == NULL || (values == NULL && given != NULL
                        && ctx->attr->multi_valued))
    {
        return SCIM_OK;
    }

    if (values == NULL) {
        return scim_patch_clear(ctx);
    }

    if (ctx->attr->multi_valued) {
        return scim_patch_remove_values(ctx, now, values);
    }

    /* equal is what names each other */

    rc = scim_value_names(ctx->alloc, ctx->attr, values, now);

    if (rc == 1) {
        rc = scim_value_names(ctx->alloc, ctx->attr, now, values);
    }

    if (rc == SCIM_ERROR) {
        return scim_error_nomem(ctx->err);
    }

    return rc ? scim_patch_clear(ctx) : SCIM_OK;
}


static int
scim_patch_remove_values(scim_patch_ctx_t *ctx, cJSON *now, cJSON *values)
{
    int     rc;
    cJSON  *item, *next, *v;

    for (item = now->child; item; item = next) {
        next = item->next;
        rc = 0;

        for (v = values->child; v != NULL && rc == 0; v = v->next) {
            rc = scim_value_names(ctx->alloc, ctx->attr, v, item);
        }

        if (rc == SCIM_ERROR) {
            return scim_error_nomem(ctx->err);
        }

        if (rc && ctx->attr->mutability == SCIM_IMMUTABLE) {
            return scim_patch_mutability(ctx, ctx->attr, "is immutable");
        }

        if (rc) {
            cJSON_DetachItemViaPointer(now, item);
        }
    }

    return scim_patch_tidy(ctx);
}


/* removes an attribute that has a value, if that may be */

static int
scim_patch_clear(scim_patch_ctx_t *ctx)
{
    if (ctx->attr->mutability == SCIM_IMMUTABLE) {
        return scim_patch_mutability(ctx, ctx->attr,
                                     "is immutable and has a value already");
    }

    if (ctx->attr->required && !ctx->op->whole) {
        return scim_patch_mutability(ctx, ctx->attr, "is required");
    }

    return scim_patch_set(ctx, NULL);
}


static int
scim_patch_sub(scim_patch_ctx_t *ctx)
{
    cJSON  *now, *object, *last;

    last = NULL;
    now = scim_value_get(ctx->rt, ctx->res->doc, ctx->attr);

    if (now == NULL) {
        if (ctx->op->op == SCIM_PATCH_REMOVE) {
            return SCIM_OK;
        }

        return scim_patch_create(ctx);
    }

    if (!ctx->attr->multi_valued) {
        if (scim_patch_sub_value(ctx, now, ctx->op->path.sub, ctx->op->value)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }

    } else {
        cJSON_ArrayForEach(object, now) {
            if (scim_patch_sub_value(ctx, object, ctx->op->path.sub,
                                     ctx->op->value)
                != SCIM_OK)
            {
                return SCIM_ERROR;
            }

            last = object;
        }

        scim_patch_primary(ctx->attr, now, last);
    }

    return scim_patch_tidy(ctx);
}
