/*
 * The cache of what Redis replied about tokens, for all workers: a user of the
 * shared memory.
 *
 * Entries have a key that stands for server and token. The caller decides
 * whether an entry is fresh. Known and unknown tokens have limits and lists of
 * their own, so that a flood of wrong tokens evicts no right one. Known tokens
 * are in many lists, by tenant, and the longest list is evicted first: a
 * tenant with very many tokens evicts its own.
 */

#ifndef NGX_SCIM_CACHE_H
#define NGX_SCIM_CACHE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/core/ngx_scim_zone.h"
#include "http/auth/ngx_scim_token_file.h"


#define NGX_SCIM_CACHE_LISTS  64


typedef struct {
    ngx_queue_t             used;       /* of entries, the latest first */
    ngx_uint_t              n;
} ngx_scim_cache_list_t;

typedef struct {                        /* in shared memory */
    ngx_rbtree_t            tree;
    ngx_rbtree_node_t       sentinel;
    ngx_scim_cache_list_t   known[NGX_SCIM_CACHE_LISTS];
    ngx_scim_cache_list_t   unknown;
    ngx_uint_t              nknown;
    ngx_uint_t              max_known;
    ngx_uint_t              max_unknown;
} ngx_scim_cache_t;


/* of the zone's table of users */
ngx_int_t ngx_scim_cache_init(ngx_scim_zone_t *zone, void *part);

/*
 * Looks for an entry that is not older than valid. NGX_OK: token is filled in,
 * its texts in the pool; NGX_DECLINED: there is no such token; NGX_AGAIN: Redis
 * is to be asked; NGX_ERROR: no memory.
 */
ngx_int_t ngx_scim_cache_get(ngx_scim_zone_t *zone, const u_char *key,
    ngx_msec_t valid, ngx_pool_t *pool, ngx_scim_token_t *token);

/*
 * Keeps the reply to a question of that time (ngx_current_msec); NULL: there
 * is no such token. The reply to a later question stays.
 */
void ngx_scim_cache_put(ngx_scim_zone_t *zone, const u_char *key,
    ngx_msec_t asked, const ngx_scim_token_t *token);

/*
 * Returns 1 if the time of the token's use must be saved, once for each
 * interval, to one worker.
 */
ngx_int_t ngx_scim_cache_use(ngx_scim_zone_t *zone, const u_char *key,
    time_t now, time_t interval);

#endif /* NGX_SCIM_CACHE_H */
