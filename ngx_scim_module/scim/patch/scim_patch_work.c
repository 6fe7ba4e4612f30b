/*
 * Limits the work of a PATCH.
 */

#include <string.h>

#include "scim/patch/scim_patch_work.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_fold.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_document.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/patch/scim_patch.h"
#include "scim/patch/scim_patch_ctx.h"


/*
 * The work that a request may cost: the values that its operations look at,
 * each with its parts and as often as it is compared. Lists of the usual
 * length are far from it with any number of operations.
 */
#define SCIM_PATCH_WORK  200000

/* bytes of text that cost as much as a value; of text that is not ASCII it is
   one */
#define SCIM_PATCH_TEXT  16


static size_t scim_patch_terms(const scim_filter_t *filter);
static size_t scim_patch_cost(const cJSON *json);
static size_t scim_patch_given(const scim_patch_ctx_t *ctx,
    const cJSON *values);


int
scim_patch_work(scim_patch_ctx_t *ctx)
{
    size_t        times, joined;
    const cJSON  *values;

    times = 1;
    joined = 0;
    values = scim_value_get(ctx->rt, ctx->res->doc, ctx->attr);

    if (ctx->op->path.filter != NULL) {
        times = scim_patch_terms(ctx->op->path.filter);

    } else if (ctx->op->op == SCIM_PATCH_REMOVE
               && cJSON_IsArray(ctx->op->value))
    {
        times = cJSON_GetArraySize(ctx->op->value);
    }

    if (ctx->attr->role == SCIM_ROLE_MEMBERS) {
        values = NULL;

        if (ctx->op->path.filter != NULL
            && !scim_patch_names_ids(ctx->op->path.filter))
        {
            values = ctx->current;
            joined = ctx->res->members.n;
        }
    }

    /* there is no limit to members, so the first look at them is free */

    if (ctx->work == 0 && values == ctx->current) {
        ctx->work = 1;
        return SCIM_OK;
    }

    ctx->work += 1 + times * (scim_patch_cost(values) + joined)
                 + scim_patch_given(ctx, values);

    if (ctx->work > SCIM_PATCH_WORK) {
        return scim_error(ctx->err, 400, SCIM_TYPE_TOO_MANY,
                          "the operations look at too many values");
    }

    return SCIM_OK;
}


static size_t
scim_patch_terms(const scim_filter_t *filter)
{
    if (filter == NULL) {
        return 0;
    }

    return (filter->kind == SCIM_FILTER_TERM)
           + scim_patch_terms(filter->left) + scim_patch_terms(filter->right);
}


static size_t
scim_patch_cost(const cJSON *json)
{
    size_t        cost;
    const cJSON  *item;

    cost = (json != NULL);

    if (cJSON_IsString(json)) {
        cost += strlen(json->valuestring) / SCIM_PATCH_TEXT
                + scim_fold_cost(json->valuestring);
    }

    cJSON_ArrayForEach(item, json) {
        cost += scim_patch_cost(item);
    }

    return cost;
}


/*
 * Returns how often the value of the operation is copied or compared: once for
 * each value that is found.
 */

static size_t
scim_patch_given(const scim_patch_ctx_t *ctx, const cJSON *values)
{
    if (!cJSON_IsArray(values) || ctx->attr->role == SCIM_ROLE_MEMBERS
        || (ctx->op->path.filter == NULL && ctx->op->path.sub == NULL
            && ctx->op->op != SCIM_PATCH_REMOVE))
    {
        return 0;
    }

    return cJSON_GetArraySize(values) * scim_patch_cost(ctx->op->value);
}
