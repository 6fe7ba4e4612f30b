/*
 * The part that the files that apply a PATCH share: one operation being
 * applied.
 */

#ifndef SCIM_PATCH_CTX_H
#define SCIM_PATCH_CTX_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_resource.h"
#include "scim/resource/scim_value.h"
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

#endif /* SCIM_PATCH_CTX_H */
