/*
 * PATCH: operations whose path has a filter.
 */

#include <string.h>

#include "scim/patch/scim_patch_values.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_document.h"
#include "scim/resource/scim_value.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/filter/scim_match.h"
#include "scim/patch/scim_patch.h"
#include "scim/patch/scim_patch_change.h"
#include "scim/patch/scim_patch_ctx.h"


#define SCIM_NO_TEMPLATE  1     /* beside SCIM_OK and SCIM_ERROR */


static int scim_patch_matched(scim_patch_ctx_t *ctx, cJSON *object);
static int scim_patch_template(scim_patch_ctx_t *ctx,
    const scim_filter_t *filter, cJSON *object);


/* attr[filter] and attr[filter].sub */

int
scim_patch_values(scim_patch_ctx_t *ctx)
{
    int      rc, one;
    cJSON   *now, *object, **matched;
    size_t   i, n;

    n = 0;
    one = !ctx->attr->multi_valued;
    now = scim_value_get(ctx->rt, ctx->res->doc, ctx->attr);

    matched = scim_alloc(ctx->alloc, sizeof(cJSON *)
                                     * (one ? 1 : cJSON_GetArraySize(now) + 1));
    if (matched == NULL) {
        return scim_error_nomem(ctx->err);
    }

    /*
     * all values are prepared before the first one changes, which may change
     * "primary" of others
     */

    for (object = one ? now : (now ? now->child : NULL); object;
         object = one ? NULL : object->next)
    {
        rc = scim_filter_match_value(ctx->alloc, ctx->op->path.filter, object);

        if (rc == SCIM_ERROR) {
            return scim_error_nomem(ctx->err);
        }

        if (rc) {
            matched[n++] = object;
        }
    }

    if (n == 0) {
        return ctx->op->op == SCIM_PATCH_REMOVE ? SCIM_OK
                                                : scim_patch_create(ctx);
    }

    for (i = 0; i < n; i++) {
        if (scim_patch_matched(ctx, matched[i]) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    /* the last one that is primary stays so */

    while (!one && n > 0 && !scim_patch_primary(ctx->attr, now, matched[n - 1]))
    {
        n--;
    }

    return scim_patch_tidy(ctx);
}


static int
scim_patch_matched(scim_patch_ctx_t *ctx, cJSON *object)
{
    cJSON  *value, *given;

    given = ctx->op->value;

    if (ctx->op->path.sub != NULL) {
        if (scim_patch_sub_value(ctx, object, ctx->op->path.sub,
                                 ctx->op->value)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }

    } else if (ctx->op->op == SCIM_PATCH_REMOVE) {
        object->child = NULL;
        return SCIM_OK;

    } else {
        if (scim_value_normalize_one(&ctx->reader, ctx->attr, given, &value)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }

        given = cJSON_IsObject(given) ? given : value;

        /* of several values one takes the place of another, whole */

        if ((ctx->op->op == SCIM_PATCH_ADD || !ctx->attr->multi_valued)
            && given != NULL)
        {
            if (scim_patch_merge(ctx, object, given) != SCIM_OK) {
                return SCIM_ERROR;
            }

        } else {
            object->child = value ? value->child : NULL;

            if (value != NULL
                && scim_patch_template(ctx, ctx->op->path.filter, object)
                   == SCIM_ERROR)
            {
                return SCIM_ERROR;
            }
        }
    }

    return SCIM_OK;
}


/*
 * No value exists to change. Clients rely on its creation, from the filter if
 * that describes the value, and from the given parts.
 */

int
scim_patch_create(scim_patch_ctx_t *ctx)
{
    cJSON              *object, *value, *now;
    const scim_attr_t  *attr;

    attr = ctx->attr;
    object = cJSON_CreateObject();
    if (object == NULL) {
        return scim_error_nomem(ctx->err);
    }

    if (ctx->op->path.sub == NULL) {
        if (scim_value_normalize_one(&ctx->reader, attr, ctx->op->value,
                                     &value)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }

        object = value;

    } else if (scim_patch_sub_value(ctx, object, ctx->op->path.sub,
                                    ctx->op->value)
               != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (object == NULL || object->child == NULL) {
        return SCIM_OK;
    }

    switch (scim_patch_template(ctx, ctx->op->path.filter, object)) {

    case SCIM_OK:
        break;

    case SCIM_ERROR:
        return SCIM_ERROR;

    default:
        return scim_error(ctx->err, 400, SCIM_TYPE_NO_TARGET,
                          "no value of \"%s\" matches the filter of the path",
                          attr->name);
    }

    if (!attr->multi_valued) {
        now = scim_value_get(ctx->rt, ctx->res->doc, attr);
        return now ? scim_patch_merge(ctx, now, object)
                   : scim_patch_set(ctx, object);
    }

    value = cJSON_CreateArray();
    if (value == NULL) {
        return scim_error_nomem(ctx->err);
    }

    cJSON_AddItemToArray(value, object);
    now = scim_value_get(ctx->rt, ctx->res->doc, attr);

    return now ? scim_patch_append(ctx, now, value)
               : scim_patch_set(ctx, value);
}


/*
 * Gives a value the sub-attributes that its filter fixes, unless it has them:
 * only "eq" terms joined by "and" fix any. SCIM_NO_TEMPLATE for other filters.
 */

static int
scim_patch_template(scim_patch_ctx_t *ctx, const scim_filter_t *filter,
    cJSON *object)
{
    int     rc, rest;
    cJSON  *value;

    if (filter == NULL) {
        return SCIM_OK;
    }

    if (filter->kind == SCIM_FILTER_AND) {
        rc = scim_patch_template(ctx, filter->left, object);

        if (rc == SCIM_ERROR) {
            return SCIM_ERROR;
        }

        rest = scim_patch_template(ctx, filter->right, object);

        return rest == SCIM_OK ? rc : rest;
    }

    if (filter->kind != SCIM_FILTER_TERM || filter->op != SCIM_EQ
        || filter->value.kind == SCIM_LITERAL_NULL)
    {
        return SCIM_NO_TEMPLATE;
    }

    if (filter->attr->mutability == SCIM_READ_ONLY
        || cJSON_GetObjectItemCaseSensitive(object, filter->attr->name))
    {
        return SCIM_OK;
    }

    value = cJSON_CreateString(filter->value.text);
    if (value == NULL) {
        return scim_error_nomem(ctx->err);
    }

    if (scim_value_normalize(&ctx->reader, filter->attr, value, &value)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    if (scim_value_set(ctx->rt, object, filter->attr, value) != SCIM_OK) {
        return scim_error_nomem(ctx->err);
    }

    return SCIM_OK;
}
