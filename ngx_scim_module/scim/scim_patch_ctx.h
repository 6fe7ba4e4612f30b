/*
 * What the files that apply a PATCH share.
 */

#ifndef SCIM_PATCH_CTX_H
#define SCIM_PATCH_CTX_H

#include "scim_patch.h"


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
} scim_patch_ctx_t;


/* applies an operation on the members of a group to ctx->res->members */
int scim_patch_members(scim_patch_ctx_t *ctx);

/* 400 mutability: the attribute "is readOnly", "is required" ... */
int scim_patch_mutability(scim_patch_ctx_t *ctx, const scim_attr_t *attr,
    const char *why);

#endif /* SCIM_PATCH_CTX_H */
