/*
 * Operations on values that a filter selects.
 */

#ifndef SCIM_PATCH_VALUES_H
#define SCIM_PATCH_VALUES_H

#include "scim/patch/scim_patch_ctx.h"


/* applies an operation on attr[filter] or attr[filter].sub to ctx->res->doc */
int scim_patch_values(scim_patch_ctx_t *ctx);

/*
 * Makes the value that the path of the operation would find, from its filter
 * if that describes the value, and from the given parts. 400 noTarget for
 * another filter.
 */
int scim_patch_create(scim_patch_ctx_t *ctx);

#endif /* SCIM_PATCH_VALUES_H */
