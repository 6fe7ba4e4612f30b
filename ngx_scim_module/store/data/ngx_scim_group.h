/*
 * The cached groups of a tenant in a worker: their names, and the groups that
 * hold them. The cache belongs to one number of the tenant ("holding" of its
 * meta), which grows with each change of these. A caller that reads the number
 * together with the groups of a user can tell whether the cache is right.
 */

#ifndef NGX_SCIM_GROUP_H
#define NGX_SCIM_GROUP_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_store.h"


#define NGX_SCIM_GROUP_MOST  1000         /* indirect groups of a user */


typedef struct ngx_scim_group_s   ngx_scim_group_t;
typedef struct ngx_scim_groups_s  ngx_scim_groups_t;

struct ngx_scim_group_s {
    ngx_str_node_t      node;            /* by its id */
    ngx_str_t           display;
    ngx_array_t         holders;         /* of ngx_scim_group_t *, by their
                                            ids */
    ngx_uint_t          visit;           /* that came here last */
    ngx_uint_t          copied;          /* the visit that has copies: */
    u_char             *id_copy;
    u_char             *display_copy;
    unsigned            there:1;
};


/*
 * Returns the cache of the store's tenant, or NULL. It is valid until the next
 * pass of the event loop.
 */
ngx_scim_groups_t *ngx_scim_groups_find(ngx_scim_store_t *store);

/* Returns the number that it belongs to, which is even. */
int64_t ngx_scim_groups_number(ngx_scim_groups_t *groups);

/* Returns 1 if the cache belongs to this number; it then counts as used. */
ngx_uint_t ngx_scim_groups_are(ngx_scim_groups_t *groups, int64_t number);

/* The group of this id, with all those that are found through it, or NULL. */
ngx_scim_group_t *ngx_scim_groups_get(ngx_scim_groups_t *groups,
    ngx_str_t *id);

/*
 * Copies groups (a tree of ngx_scim_group_t), which were read after the number
 * was. Each holder of one of them is one of them. Nothing is remembered if
 * there is too little memory.
 */
void ngx_scim_groups_keep(ngx_scim_store_t *store, int64_t number,
    ngx_rbtree_t *tree);

/*
 * Adds groups to found (of ngx_scim_group_t *) that this visit has not met, up
 * to most of them all.
 */
ngx_int_t ngx_scim_group_visit(ngx_array_t *groups, ngx_array_t *found,
    ngx_uint_t visit, ngx_uint_t most);

/*
 * To found, in which the direct groups of a user are, adds those that hold
 * them, and so on: the nearest first, at most NGX_SCIM_GROUP_MOST.
 */
ngx_int_t ngx_scim_group_climb(ngx_array_t *found, ngx_uint_t visit);

/* Returns a number that no earlier visit has. */
ngx_uint_t ngx_scim_group_visit_next(void);

/* Compares groups, given by pointers, by their ids. */
int ngx_libc_cdecl ngx_scim_group_cmp(const void *a, const void *b);

#endif /* NGX_SCIM_GROUP_H */
