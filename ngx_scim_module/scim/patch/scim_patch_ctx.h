/*
 * The parts that the files that apply a PATCH share.
 */

#ifndef SCIM_PATCH_CTX_H
#define SCIM_PATCH_CTX_H

#include "scim/patch/scim_patch.h"


/* one operation being applied */

typedef struct {
    scim_alloc_t           *alloc;
    const scim_rtype_t     *rt;
    scim_resource_t        *res;
    const cJSON            *current;
    const scim_patch_op_t  *op;
    const scim_attr_t      *attr;
    size_t                  work;
    scim_error_t           *err;
    scim_reader_t           reader;
} scim_patch_ctx_t;


/* applies an operation on the members of a group to ctx->res->members */
int scim_patch_members(scim_patch_ctx_t *ctx);

/* applies an operation on attr[filter] or attr[filter].sub to ctx->res->doc */
int scim_patch_values(scim_patch_ctx_t *ctx);

/*
 * Makes the value that the path of the operation would find: from its filter,
 * where that says what the value would be, and from what is given. 400 noTarget
 * for another filter.
 */
int scim_patch_create(scim_patch_ctx_t *ctx);

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
 * If a value is primary, no other one of its array stays so; tells whether it
 * is.
 */
int scim_patch_primary(const scim_attr_t *attr, cJSON *array, cJSON *winner);

/* 400 mutability: the attribute "is readOnly", "is required" ... */
int scim_patch_mutability(scim_patch_ctx_t *ctx, const scim_attr_t *attr,
    const char *why);

#endif /* SCIM_PATCH_CTX_H */
