/*
 * Limits the work of a PATCH.
 */

#ifndef SCIM_PATCH_WORK_H
#define SCIM_PATCH_WORK_H

#include "scim/patch/scim_patch_ctx.h"


/* adds the cost of an operation to that of the request; 400 tooMany */
int scim_patch_work(scim_patch_ctx_t *ctx);

#endif /* SCIM_PATCH_WORK_H */
