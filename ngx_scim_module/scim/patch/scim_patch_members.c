/*
 * PATCH of a group's members: it becomes a change of membership, mostly
 * without knowing who is a member.
 */

#include "scim/patch/scim_patch_members.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/resource/scim_members.h"
#include "scim/resource/scim_resource.h"
#include "scim/resource/scim_value.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/filter/scim_match.h"
#include "scim/patch/scim_patch.h"
#include "scim/patch/scim_patch_change.h"
#include "scim/patch/scim_patch_ctx.h"


static int scim_patch_members_given(scim_patch_ctx_t *ctx);
static int scim_patch_members_removed(scim_patch_ctx_t *ctx);
static const char *scim_patch_member_id(scim_patch_ctx_t *ctx,
    const cJSON *value);
static int scim_patch_members_filtered(scim_patch_ctx_t *ctx);
static int scim_patch_members_named(scim_patch_ctx_t *ctx, const char *id);
static int scim_patch_members_by_id(scim_patch_ctx_t *ctx,
    const scim_filter_t *filter);
static int scim_patch_members_matching(scim_patch_ctx_t *ctx);
static int scim_patch_members_match(scim_patch_ctx_t *ctx, const char *id,
    const cJSON *item);
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

    if (scim_value_normalize(&ctx->reader, ctx->attr, ctx->op->value, &values)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return scim_resource_join(ctx->res, ctx->attr, values, ctx->err);
}


/* without a value all go; an empty list removes nobody */

static int
scim_patch_members_removed(scim_patch_ctx_t *ctx)
{
    cJSON        *values;
    const cJSON  *item;

    if (ctx->op->value == NULL) {
        scim_members_clear(&ctx->res->members);
        return SCIM_OK;
    }

    if (scim_value_normalize(&ctx->reader, ctx->attr, ctx->op->value, &values)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    cJSON_ArrayForEach(item, values) {
        if (scim_patch_member(ctx, scim_patch_member_id(ctx, item), 0)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


/* NULL if it has none */

static const char *
scim_patch_member_id(scim_patch_ctx_t *ctx, const cJSON *value)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(value,
                                                    ctx->attr->value->name));
}


static int
scim_patch_members_filtered(scim_patch_ctx_t *ctx)
{
    int                   by_id;
    const scim_filter_t  *filter;

    filter = ctx->op->path.filter;
    by_id = scim_patch_names_ids(filter);

    if (ctx->op->op == SCIM_PATCH_REMOVE) {
        return by_id ? scim_patch_members_by_id(ctx, filter)
                     : scim_patch_members_matching(ctx);
    }

    if (!by_id || filter->kind != SCIM_FILTER_TERM) {
        return scim_error(ctx->err, 400, SCIM_TYPE_NO_TARGET,
                          "a member can be added or replaced only by "
                          "\"value\"");
    }

    return scim_patch_members_named(ctx, filter->value.text);
}


/* Adds or replaces one member; the value may have the id of another. */

static int
scim_patch_members_named(scim_patch_ctx_t *ctx, const char *id)
{
    cJSON       *value;
    const char  *given;

    if (scim_value_normalize_one(&ctx->reader, ctx->attr, ctx->op->value,
                                 &value)
        != SCIM_OK || scim_patch_member(ctx, id, 0) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (value == NULL && ctx->op->op == SCIM_PATCH_REPLACE) {
        return SCIM_OK;
    }

    given = scim_patch_member_id(ctx, value);

    return scim_patch_member(ctx, given ? given : id, 1);
}


static int
scim_patch_members_by_id(scim_patch_ctx_t *ctx, const scim_filter_t *filter)
{
    if (filter->kind == SCIM_FILTER_OR) {
        return scim_patch_members_by_id(ctx, filter->left) == SCIM_OK
               ? scim_patch_members_by_id(ctx, filter->right) : SCIM_ERROR;
    }

    return scim_patch_member(ctx, filter->value.text, 0);
}


static int
scim_patch_members_matching(scim_patch_ctx_t *ctx)
{
    size_t           i;
    cJSON           *item;
    const char      *id;
    scim_member_t   *member;
    scim_members_t  *members;

    members = &ctx->res->members;

    cJSON_ArrayForEach(item, ctx->current) {
        id = scim_patch_member_id(ctx, item);

        if (id == NULL) {
            continue;
        }

        member = scim_members_find(members, id);

        if (member != NULL ? !member->member : members->clear) {
            continue;
        }

        if (member != NULL) {
            member->known = 1;
        }

        if (scim_patch_members_match(ctx, id, item) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    /* only the id of members that join by this request is known */

    for (i = 0; i < members->n; i++) {
        id = members->list[i].id;

        if (!members->list[i].member || members->list[i].known) {
            continue;
        }

        item = cJSON_CreateObject();

        if (cJSON_AddStringToObject(item, ctx->attr->value->name, id) == NULL) {
            return scim_error_nomem(ctx->err);
        }

        if (scim_patch_members_match(ctx, id, item) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


/* removes a member if it matches */

static int
scim_patch_members_match(scim_patch_ctx_t *ctx, const char *id,
    const cJSON *item)
{
    int  rc;

    rc = scim_filter_match_value(ctx->alloc, ctx->op->path.filter, item);

    if (rc == SCIM_ERROR) {
        return scim_error_nomem(ctx->err);
    }

    return rc ? scim_patch_member(ctx, id, 0) : SCIM_OK;
}


static int
scim_patch_member(scim_patch_ctx_t *ctx, const char *id, int member)
{
    if (scim_members_set(&ctx->res->members, id, member) != SCIM_OK) {
        return scim_error_nomem(ctx->err);
    }

    return SCIM_OK;
}
