/*
 * PATCH: applies a list of operations to a document.
 */

#include <string.h>

#include "scim/patch/scim_patch_ctx.h"
#include "scim/json/scim_json.h"
#include "scim/text/scim_text.h"
#include "scim/resource/scim_value.h"


/*
 * The work that a request may cost: the values that its operations look at,
 * each with its parts and as often as it is compared. Lists of the usual
 * length are far from it with any number of operations.
 */
#define SCIM_PATCH_WORK  200000

/* bytes of text that cost as much as a value; of text that is not ASCII it is
   one */
#define SCIM_PATCH_TEXT  16


static int scim_patch_one(scim_patch_ctx_t *ctx);
static int scim_patch_writable(scim_patch_ctx_t *ctx, int *skip);

static int scim_patch_work(scim_patch_ctx_t *ctx);
static size_t scim_patch_terms(const scim_filter_t *filter);
static size_t scim_patch_cost(const cJSON *json);
static size_t scim_patch_given(const scim_patch_ctx_t *ctx,
    const cJSON *values);

static int scim_patch_whole(scim_patch_ctx_t *ctx);
static int scim_patch_whole_remove(scim_patch_ctx_t *ctx, cJSON *now);
static int scim_patch_remove_values(scim_patch_ctx_t *ctx, cJSON *now,
    cJSON *values);
static int scim_patch_clear(scim_patch_ctx_t *ctx);
static int scim_patch_too_many(scim_patch_ctx_t *ctx);

static int scim_patch_sub(scim_patch_ctx_t *ctx);
static int scim_patch_sub_named(scim_patch_ctx_t *ctx, const scim_attr_t *sub,
    const cJSON *now, cJSON *given, int *named);


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

    /* of several values only what is named goes, of no names none */

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


/* the sub-attributes that are given take the place of those that are there */

int
scim_patch_merge(scim_patch_ctx_t *ctx, cJSON *object, cJSON *given)
{
    cJSON              *item;
    const scim_attr_t  *sub, *value;

    value = ctx->attr->value;
    item = value ? scim_json_get(given, value->name) : NULL;

    /* "value" first: with it goes the reference to the old one, or all */

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
