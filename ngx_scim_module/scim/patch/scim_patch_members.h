/*
 * Operations on the members of a group.
 */

#ifndef SCIM_PATCH_MEMBERS_H
#define SCIM_PATCH_MEMBERS_H

#include "scim/patch/scim_patch_ctx.h"


/* applies an operation on the members of a group to ctx->res->members */
int scim_patch_members(scim_patch_ctx_t *ctx);

#endif /* SCIM_PATCH_MEMBERS_H */
