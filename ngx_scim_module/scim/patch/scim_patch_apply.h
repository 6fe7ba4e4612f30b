/*
 * Applying a PATCH to a document.
 */

#ifndef SCIM_PATCH_APPLY_H
#define SCIM_PATCH_APPLY_H

#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_resource.h"
#include "scim/patch/scim_patch.h"


/*
 * Applies all operations in order to a canonical document (res->doc; may be
 * NULL if !reads_doc) and to a membership. current holds the members
 * there are, [{"value": id, "type": ...}], if reads_members. Unknown parts of
 * values are left out and counted in res->unknown. On an error the
 * document is half changed and to be thrown away. 400 tooMany where operation
 * upon operation looks at long lists of values.
 */
int scim_patch_apply(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_patch_t *patch, scim_resource_t *res, const cJSON *current,
    scim_error_t *err);

#endif /* SCIM_PATCH_APPLY_H */
