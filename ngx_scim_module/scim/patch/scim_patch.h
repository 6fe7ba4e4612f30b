/*
 * PATCH (RFC 7644, section 3.5.2), in the shapes that clients really send.
 */

#ifndef SCIM_PATCH_H
#define SCIM_PATCH_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_value.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/patch/scim_path.h"


typedef enum {
    SCIM_PATCH_ADD,
    SCIM_PATCH_REPLACE,
    SCIM_PATCH_REMOVE
} scim_patch_op_e;

typedef struct {
    scim_patch_op_e   op;
    scim_path_t       path;         /* all NULL: the resource itself */
    cJSON            *value;        /* NULL if there is none */
    size_t            index;        /* of the operation in the request */
    int               whole;        /* the whole extension goes */
} scim_patch_op_t;

typedef struct {
    scim_patch_op_t  *ops;
    size_t            n;
    size_t            nalloc;
    scim_unknown_t    unknown;      /* attributes that were ignored */
    int               reads_doc;    /* there is more than membership in it */
    int               reads_members;/* it matters who is a member */
} scim_patch_t;


/*
 * Parses the body of a PATCH. Path-less operations are taken apart: each key
 * of the value is a path of its own, dotted, URN-qualified or with a value
 * path. An operation on an attribute that no schema knows is left out and
 * counted. 400 invalidSyntax, invalidPath, invalidValue, mutability or noTarget,
 * with the index of the operation in the detail.
 */
int scim_patch_parse(scim_alloc_t *a, const scim_rtype_t *rt, cJSON *body,
    scim_patch_t *patch, scim_error_t *err);

/* Returns 1 if the filter of a members path names its members by id. */
int scim_patch_names_ids(const scim_filter_t *filter);

#endif /* SCIM_PATCH_H */
