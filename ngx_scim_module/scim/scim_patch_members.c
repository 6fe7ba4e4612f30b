/*
 * PATCH of a group's members: comes to a change of membership, mostly without
 * knowledge of who is a member.
 */

#include "scim_patch_ctx.h"
#include "scim_json.h"
#include "scim_value.h"


static int scim_patch_members_given(scim_patch_ctx_t *ctx);
static int scim_patch_members_removed(scim_patch_ctx_t *ctx);
static int scim_patch_members_filtered(scim_patch_ctx_t *ctx);
static int scim_patch_members_by_id(scim_patch_ctx_t *ctx,
    const scim_filter_t *filter, int member);
static int scim_patch_members_matching(scim_patch_ctx_t *ctx);
static int scim_patch_member(scim_patch_ctx_t *ctx, const char *id,
    int member);


int
scim_patch_members(scim_patch_ctx_t *ctx)
{
    if (ctx->op->path.sub != NULL) {
        return scim_patch_mutability(ctx, ctx->op->path.sub,
                                     "of a member cannot be changed");
    }

    ctx->res->members_given = 1;

    if (ctx->op->path.filter != NULL) {
        return scim_patch_members_filtered(ctx);
    }

    if (ctx->op->op == SCIM_PATCH_REMOVE) {
        return scim_patch_members_removed(ctx);
    }

    if (ctx->op->op == SCIM_PATCH_REPLACE) {
        scim_members_clear(&ctx->res->members);
    }

    return scim_patch_members_given(ctx);
}


static int
scim_patch_members_given(scim_patch_ctx_t *ctx)
{
    cJSON  *values;

    if (scim_value_normalize(ctx->alloc, ctx->rt, ctx->attr, ctx->op->value,
                             &values, ctx->err)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return scim_resource_join(ctx->res, ctx->attr, values, ctx->err);
}


/* without a value all go; a value that names nobody removes nobody */

static int
scim_patch_members_removed(scim_patch_ctx_t *ctx)
{
    const char   *id;
    const cJSON  *item, *value;

    value = ctx->op->value;

    if (value == NULL) {
        scim_members_clear(&ctx->res->members);
        return SCIM_OK;
    }

    for (item = cJSON_IsArray(value) ? value->child : value; item;
         item = cJSON_IsArray(value) ? item->next : NULL)
    {
        id = cJSON_GetStringValue(cJSON_IsObject(item)
                                  ? scim_json_get(item, "value") : item);

        if (id != NULL && scim_patch_member(ctx, id, 0) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_patch_members_filtered(scim_patch_ctx_t *ctx)
{
    int                   by_id;
    const scim_filter_t  *filter;

    filter = ctx->op->path.filter;
    by_id = scim_patch_names_ids(filter);

    if (ctx->op->op == SCIM_PATCH_REMOVE) {
        return by_id ? scim_patch_members_by_id(ctx, filter, 0)
                     : scim_patch_members_matching(ctx);
    }

    if (!by_id) {
        return scim_error(ctx->err, 400, SCIM_TYPE_NO_TARGET,
                          "a member can be added or replaced only by "
                          "\"value\"");
    }

    if (ctx->op->op == SCIM_PATCH_ADD) {
        return scim_patch_members_by_id(ctx, filter, 1);
    }

    if (scim_patch_members_by_id(ctx, filter, 0) != SCIM_OK) {
        return SCIM_ERROR;
    }

    return scim_patch_members_given(ctx);
}


static int
scim_patch_members_by_id(scim_patch_ctx_t *ctx, const scim_filter_t *filter,
    int member)
{
    if (filter->kind == SCIM_FILTER_OR) {
        return scim_patch_members_by_id(ctx, filter->left, member) == SCIM_OK
               ? scim_patch_members_by_id(ctx, filter->right, member)
               : SCIM_ERROR;
    }

    return scim_patch_member(ctx, filter->value.text, member);
}


static int
scim_patch_members_matching(scim_patch_ctx_t *ctx)
{
    int           rc;
    const char   *id;
    const cJSON  *item;

    cJSON_ArrayForEach(item, ctx->current) {
        id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item,
                                                   ctx->attr->value->name));

        if (id == NULL || scim_members_state(&ctx->res->members, id) == 0) {
            continue;
        }

        rc = scim_filter_match_value(ctx->alloc, ctx->op->path.filter, item);

        if (rc == SCIM_ERROR) {
            return scim_error_nomem(ctx->err);
        }

        if (rc && scim_patch_member(ctx, id, 0) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_patch_member(scim_patch_ctx_t *ctx, const char *id, int member)
{
    if (scim_members_set(&ctx->res->members, id, member) != SCIM_OK) {
        return scim_error_nomem(ctx->err);
    }

    return SCIM_OK;
}
