/*
 * Makes the changes of one attribute by a PATCH.
 */

#ifndef SCIM_PATCH_CHANGE_H
#define SCIM_PATCH_CHANGE_H

#include <cjson/cJSON.h>

#include "scim/schema/scim_schema.h"
#include "scim/patch/scim_patch_ctx.h"


/* makes a value, or NULL for none, the value of ctx->attr */
int scim_patch_set(scim_patch_ctx_t *ctx, cJSON *value);

/* adds an array of values to those of ctx->attr, which are now */
int scim_patch_append(scim_patch_ctx_t *ctx, cJSON *now, cJSON *values);

/* gives a complex value the sub-attributes of another */
int scim_patch_merge(scim_patch_ctx_t *ctx, cJSON *object, cJSON *given);

/* applies ctx->op to one sub-attribute of a complex value */
int scim_patch_sub_value(scim_patch_ctx_t *ctx, cJSON *object,
    const scim_attr_t *sub, cJSON *given);

/* drops values that have become empty or equal, and ctx->attr with them */
int scim_patch_tidy(scim_patch_ctx_t *ctx);

/*
 * If a value is primary, no other one of its array stays primary; returns 1
 * then.
 */
int scim_patch_primary(const scim_attr_t *attr, cJSON *array, cJSON *winner);

/* 400 mutability: the attribute "is readOnly", "is required" ... */
int scim_patch_mutability(scim_patch_ctx_t *ctx, const scim_attr_t *attr,
    const char *why);

#endif /* SCIM_PATCH_CHANGE_H */
