/*
 * What this nginx has heard of changes: how many there were so far, and which was
 * the latest of a user, of any user and of any group of an organization. It is in
 * shared memory, one for each Redis server whose changes are of interest.
 *
 * Who asks Redis notes the number of changes before the question, and knows from
 * then on whether the answer can still be true.
 */

#ifndef NGX_SCIM_HEARD_H
#define NGX_SCIM_HEARD_H

#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_SCIM_HEARD_SLOTS  4096


/* begins with zeros; what shares a slot is taken for the same */

struct ngx_scim_heard_s {
    ngx_atomic_t    changes;
    ngx_atomic_t    latest[NGX_SCIM_HEARD_SLOTS];
};

typedef struct ngx_scim_heard_s  ngx_scim_heard_t;


/* what an answer rests on */

typedef struct {
    ngx_atomic_uint_t   changes;    /* when it was asked for */
    uint16_t            users;      /* slot of the user, or of all users */
    uint16_t            groups;     /* of all groups of the organization */
} ngx_scim_heard_basis_t;


/*
 * A user or group has changed, or with an empty type anything of the organization.
 */
void ngx_scim_heard_change(ngx_scim_heard_t *heard, ngx_str_t *tenant,
    ngx_str_t *type, ngx_str_t *id);

/* Some changes may not have been heard of. */
void ngx_scim_heard_gap(ngx_scim_heard_t *heard);

/*
 * Sets the slots of an answer about a user; empty: about a name that no user has, or
 * several have.
 */
void ngx_scim_heard_rest(ngx_scim_heard_basis_t *basis, ngx_str_t *tenant,
    ngx_str_t *id);

/*
 * Each returns 1 if something was heard since an answer was asked for: of the user, of
 * a group, or that changes may have been missed.
 */
ngx_uint_t ngx_scim_heard_user(ngx_scim_heard_t *heard,
    const ngx_scim_heard_basis_t *basis);
ngx_uint_t ngx_scim_heard_group(ngx_scim_heard_t *heard,
    const ngx_scim_heard_basis_t *basis);
ngx_uint_t ngx_scim_heard_missed(ngx_scim_heard_t *heard,
    const ngx_scim_heard_basis_t *basis);

#endif /* NGX_SCIM_HEARD_H */
