/*
 * Whom a name means, and what is known of that user. Who asks, and why, is not known
 * here.
 */

#ifndef NGX_SCIM_PERMIT_H
#define NGX_SCIM_PERMIT_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "scim/core/scim_alloc.h"
#include "scim/schema/scim_schema.h"
#include "store/org/ngx_scim_person.h"


#define NGX_SCIM_PERMIT_NAME    4096    /* bytes of a name, at most */
#define NGX_SCIM_PERMIT_TEXT    4096    /* bytes of what is told of a user */
#define NGX_SCIM_PERMIT_GROUPS  4096    /* bytes of the list of groups */


/* what is told of a user */

enum {
    NGX_SCIM_PERMIT_ID,
    NGX_SCIM_PERMIT_USER_NAME,
    NGX_SCIM_PERMIT_DISPLAY_NAME,
    NGX_SCIM_PERMIT_EMAIL,              /* the primary one, or the first */
    NGX_SCIM_PERMIT_EXTERNAL_ID,
    NGX_SCIM_PERMIT_GROUP_NAMES,        /* a JSON array; empty: too long */
    NGX_SCIM_PERMIT_TEXTS
};


/*
 * Sets how users are looked for by "userName", "externalId", "emails" or "id", and
 * whether upper and lower case differ. NGX_DECLINED: by none of that name; NGX_ERROR:
 * no memory.
 */
ngx_int_t ngx_scim_permit_by(scim_alloc_t *alloc, const scim_rtype_t *users,
    ngx_str_t *name, ngx_scim_person_wanted_t *wanted, ngx_uint_t *exact);

/*
 * Folds a name as the index has it. NGX_DECLINED: nobody can have it, as it is no
 * UTF-8 or too long; NGX_ERROR: no memory.
 */
ngx_int_t ngx_scim_permit_fold(scim_alloc_t *alloc, ngx_uint_t exact,
    ngx_str_t *name, ngx_str_t *folded);

/*
 * Takes from a person's document what is told of the user, NGX_SCIM_PERMIT_TEXTS
 * texts. NGX_ERROR: no memory, or the document is no JSON, which is logged.
 */
ngx_int_t ngx_scim_permit_texts(ngx_pool_t *pool, ngx_log_t *log,
    ngx_scim_person_t *person, ngx_str_t *texts);

#endif /* NGX_SCIM_PERMIT_H */
