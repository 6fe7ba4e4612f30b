/*
 * How much work a PATCH may make.
 */

#ifndef SCIM_PATCH_WORK_H
#define SCIM_PATCH_WORK_H

#include "scim/patch/scim_patch_ctx.h"


/* adds what an operation costs to what the request has; 400 tooMany */
int scim_patch_work(scim_patch_ctx_t *ctx);

#endif /* SCIM_PATCH_WORK_H */
