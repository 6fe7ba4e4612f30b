/*
 * The cache of what Redis replied about tokens, for all workers.
 */

#include "http/auth/ngx_scim_cache.h"
#include "base/ngx_scim_digest.h"
#include "http/core/ngx_scim_zone.h"
#include "http/auth/ngx_scim_token_file.h"


/* of the zone's size, in entries: half for tokens, an eighth for no tokens */

#define NGX_SCIM_CACHE_SHARE          2
#define NGX_SCIM_CACHE_UNKNOWN_SHARE  8


typedef struct {
    ngx_rbtree_node_t       node;       /* its key: the first bytes of key */
    ngx_queue_t             used;       /* in the list of its kind */
    u_char                  key[NGX_SCIM_DIGEST_LEN];
    ngx_msec_t              asked;
    time_t                  expiry;
    time_t                  last_use;   /* as far as it was written down */
    unsigned                known:1;
    unsigned                read_only:1;
    u_char                  list;       /* of those that are known */
    u_char                  tenant_len;
    u_char                  name_len;
    u_char                  tenant[NGX_SCIM_NAME_MAX];
    u_char                  name[NGX_SCIM_NAME_MAX];
} ngx_scim_cache_entry_t;


static ngx_scim_cache_entry_t *ngx_scim_cache_find(ngx_scim_cache_t *cache,
    const u_char *key);
static void ngx_scim_cache_insert(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);
static ngx_rbtree_node_t **ngx_scim_cache_side(ngx_rbtree_node_t *at,
    ngx_rbtree_key_t hash, const u_char *key);
static ngx_rbtree_key_t ngx_scim_cache_hash(const u_char *key);
static ngx_scim_cache_list_t *ngx_scim_cache_list(ngx_scim_cache_t *cache,
    ngx_scim_cache_entry_t *entry);
static ngx_scim_cache_list_t *ngx_scim_cache_longest(ngx_scim_cache_t *cache);
static ngx_scim_cache_entry_t *ngx_scim_cache_alloc(ngx_scim_zone_t *zone,
    ngx_scim_cache_t *cache, ngx_uint_t known);
static ngx_scim_cache_entry_t *ngx_scim_cache_oldest(
    ngx_scim_cache_list_t *list);
static void ngx_scim_cache_remove(ngx_scim_zone_t *zone,
    ngx_scim_cache_t *cache, ngx_scim_cache_entry_t *entry);
static void ngx_scim_cache_set(ngx_scim_cache_entry_t *entry,
    const ngx_scim_token_t *token);
static void ngx_scim_cache_enlist(ngx_scim_cache_t *cache,
    ngx_scim_cache_entry_t *entry);
static ngx_int_t ngx_scim_cache_copy(ngx_pool_t *pool,
    ngx_scim_cache_entry_t *entry, ngx_scim_token_t *token);


ngx_int_t
ngx_scim_cache_init(ngx_scim_zone_t *zone, void *part)
{
    ngx_scim_cache_t *cache = part;

    ngx_uint_t  i, n;

    ngx_rbtree_init(&cache->tree, &cache->sentinel, ngx_scim_cache_insert);
    ngx_queue_init(&cache->unknown.used);

    for (i = 0; i < NGX_SCIM_CACHE_LISTS; i++) {
        ngx_queue_init(&cache->known[i].used);
    }

    n = zone->shm->shm.size / sizeof(ngx_scim_cache_entry_t);
    cache->max_known = n / NGX_SCIM_CACHE_SHARE;
    cache->max_unknown = n / NGX_SCIM_CACHE_UNKNOWN_SHARE;

    return NGX_OK;
}


ngx_int_t
ngx_scim_cache_get(ngx_scim_zone_t *zone, const u_char *key, ngx_msec_t valid,
    ngx_pool_t *pool, ngx_scim_token_t *token)
{
    ngx_int_t                rc;
    ngx_scim_cache_t        *cache;
    ngx_scim_cache_list_t   *list;
    ngx_scim_cache_entry_t  *entry;

    rc = NGX_AGAIN;
    cache = ngx_scim_zone_part(zone, NGX_SCIM_ZONE_CACHE);

    ngx_shmtx_lock(&zone->pool->mutex);

    entry = ngx_scim_cache_find(cache, key);

    if (entry != NULL
        && (ngx_msec_int_t) (ngx_current_msec - entry->asked)
           < (ngx_msec_int_t) valid)
    {
        list = ngx_scim_cache_list(cache, entry);
        ngx_queue_remove(&entry->used);
        ngx_queue_insert_head(&list->used, &entry->used);

        rc = entry->known ? ngx_scim_cache_copy(pool, entry, token)
                          : NGX_DECLINED;
    }

    ngx_shmtx_unlock(&zone->pool->mutex);

    return rc;
}


void
ngx_scim_cache_put(ngx_scim_zone_t *zone, const u_char *key, ngx_msec_t asked,
    const ngx_scim_token_t *token)
{
    time_t                   last_use;
    ngx_scim_cache_t        *cache;
    ngx_scim_cache_entry_t  *entry;

    last_use = 0;
    cache = ngx_scim_zone_part(zone, NGX_SCIM_ZONE_CACHE);

    ngx_shmtx_lock(&zone->pool->mutex);

    entry = ngx_scim_cache_find(cache, key);

    if (entry != NULL && (ngx_msec_int_t) (asked - entry->asked) < 0) {
        ngx_shmtx_unlock(&zone->pool->mutex);
        return;
    }

    if (entry != NULL) {
        last_use = entry->last_use;
        ngx_scim_cache_remove(zone, cache, entry);
    }

    entry = ngx_scim_cache_alloc(zone, cache, token != NULL);

    if (entry != NULL) {
        ngx_memcpy(entry->key, key, NGX_SCIM_DIGEST_LEN);
        entry->node.key = ngx_scim_cache_hash(key);
        entry->asked = asked;
        ngx_scim_cache_set(entry, token);
        entry->last_use = ngx_max(entry->last_use, last_use);
        ngx_scim_cache_enlist(cache, entry);
        ngx_rbtree_insert(&cache->tree, &entry->node);
    }

    ngx_shmtx_unlock(&zone->pool->mutex);
}


ngx_int_t
ngx_scim_cache_use(ngx_scim_zone_t *zone, const u_char *key, time_t now,
    time_t interval)
{
    ngx_int_t                due;
    ngx_scim_cache_entry_t  *entry;

    due = 1;

    ngx_shmtx_lock(&zone->pool->mutex);

    entry = ngx_scim_cache_find(ngx_scim_zone_part(zone, NGX_SCIM_ZONE_CACHE),
                                key);

    if (entry != NULL) {
        due = (now - entry->last_use >= interval);
        entry->last_use = due ? now : entry->last_use;
    }

    ngx_shmtx_unlock(&zone->pool->mutex);

    return due;
}


static ngx_scim_cache_entry_t *
ngx_scim_cache_find(ngx_scim_cache_t *cache, const u_char *key)
{
    ngx_rbtree_key_t         hash;
    ngx_rbtree_node_t       *node;
    ngx_scim_cache_entry_t  *entry;

    node = cache->tree.root;
    hash = ngx_scim_cache_hash(key);

    while (node != cache->tree.sentinel) {
        entry = (ngx_scim_cache_entry_t *) node;

        if (node->key == hash
            && ngx_memcmp(key, entry->key, NGX_SCIM_DIGEST_LEN) == 0)
        {
            return entry;
        }

        node = *ngx_scim_cache_side(node, hash, key);
    }

    return NULL;
}


static void
ngx_scim_cache_insert(ngx_rbtree_node_t *temp, ngx_rbtree_node_t *node,
    ngx_rbtree_node_t *sentinel)
{
    ngx_rbtree_node_t  **p;

    for ( ;; ) {
        p = ngx_scim_cache_side(temp, node->key,
                                ((ngx_scim_cache_entry_t *) node)->key);

        if (*p == sentinel) {
            break;
        }

        temp = *p;
    }

    *p = node;
    node->parent = temp;
    node->left = sentinel;
    node->right = sentinel;
    ngx_rbt_red(node);
}


/* the place in the tree where a search for a key continues */

static ngx_rbtree_node_t **
ngx_scim_cache_side(ngx_rbtree_node_t *at, ngx_rbtree_key_t hash,
    const u_char *key)
{
    ngx_int_t                less;
    ngx_scim_cache_entry_t  *entry;

    entry = (ngx_scim_cache_entry_t *) at;

    less = hash != at->key
           ? hash < at->key
           : ngx_memcmp(key, entry->key, NGX_SCIM_DIGEST_LEN) < 0;

    return less ? &at->left : &at->right;
}


/* the key is a digest: any of its bytes are as good */

static ngx_rbtree_key_t
ngx_scim_cache_hash(const u_char *key)
{
    ngx_rbtree_key_t  hash;

    ngx_memcpy(&hash, key, sizeof(ngx_rbtree_key_t));

    return hash;
}


static ngx_scim_cache_list_t *
ngx_scim_cache_list(ngx_scim_cache_t *cache, ngx_scim_cache_entry_t *entry)
{
    return entry->known ? &cache->known[entry->list] : &cache->unknown;
}


/* Returns the longest list of known tokens, which is evicted first. */

static ngx_scim_cache_list_t *
ngx_scim_cache_longest(ngx_scim_cache_t *cache)
{
    ngx_uint_t  i, longest;

    longest = 0;

    for (i = 1; i < NGX_SCIM_CACHE_LISTS; i++) {
        if (cache->known[i].n > cache->known[longest].n) {
            longest = i;
        }
    }

    return &cache->known[longest];
}


/* Returns NULL if there is no room and none can be made. */

static ngx_scim_cache_entry_t *
ngx_scim_cache_alloc(ngx_scim_zone_t *zone, ngx_scim_cache_t *cache,
    ngx_uint_t known)
{
    ngx_scim_cache_entry_t  *entry, *oldest;

    if (known ? cache->nknown >= cache->max_known
              : cache->unknown.n >= cache->max_unknown)
    {
        oldest = ngx_scim_cache_oldest(known ? ngx_scim_cache_longest(cache)
                                             : &cache->unknown);
        if (oldest == NULL) {
            return NULL;
        }

        ngx_scim_cache_remove(zone, cache, oldest);
    }

    entry = ngx_slab_alloc_locked(zone->pool, sizeof(ngx_scim_cache_entry_t));

    /*
     * the zone is full: evict unknown tokens first, then the least recently
     * used known one
     */

    while (entry == NULL) {
        oldest = ngx_scim_cache_oldest(&cache->unknown);

        if (oldest == NULL && known) {
            oldest = ngx_scim_cache_oldest(ngx_scim_cache_longest(cache));
        }

        if (oldest == NULL) {
            return NULL;
        }

        ngx_scim_cache_remove(zone, cache, oldest);
        entry = ngx_slab_alloc_locked(zone->pool,
                                      sizeof(ngx_scim_cache_entry_t));
    }

    return entry;
}


/* as the latest of its list */

static void
ngx_scim_cache_enlist(ngx_scim_cache_t *cache, ngx_scim_cache_entry_t *entry)
{
    ngx_scim_cache_list_t  *list;

    entry->list = entry->known
                  ? ngx_crc32_short(entry->tenant, entry->tenant_len)
                    % NGX_SCIM_CACHE_LISTS
                  : 0;

    list = ngx_scim_cache_list(cache, entry);
    ngx_queue_insert_head(&list->used, &entry->used);
    list->n++;
    cache->nknown += entry->known;
}


static ngx_scim_cache_entry_t *
ngx_scim_cache_oldest(ngx_scim_cache_list_t *list)
{
    if (ngx_queue_empty(&list->used)) {
        return NULL;
    }

    return ngx_queue_data(ngx_queue_last(&list->used), ngx_scim_cache_entry_t,
                          used);
}


static void
ngx_scim_cache_remove(ngx_scim_zone_t *zone, ngx_scim_cache_t *cache,
    ngx_scim_cache_entry_t *entry)
{
    ngx_scim_cache_list(cache, entry)->n--;
    cache->nknown -= entry->known;
    ngx_queue_remove(&entry->used);
    ngx_rbtree_delete(&cache->tree, &entry->node);
    ngx_slab_free_locked(zone->pool, entry);
}


static void
ngx_scim_cache_set(ngx_scim_cache_entry_t *entry,
    const ngx_scim_token_t *token)
{
    entry->known = (token != NULL);
    entry->last_use = 0;

    if (token == NULL) {
        return;
    }

    entry->expiry = token->expiry;
    entry->last_use = token->last_use;
    entry->read_only = token->read_only;
    entry->tenant_len = token->tenant.len;
    entry->name_len = token->name.len;
    ngx_memcpy(entry->tenant, token->tenant.data, token->tenant.len);
    ngx_memcpy(entry->name, token->name.data, token->name.len);
}


static ngx_int_t
ngx_scim_cache_copy(ngx_pool_t *pool, ngx_scim_cache_entry_t *entry,
    ngx_scim_token_t *token)
{
    u_char  *p;

    p = ngx_pnalloc(pool, entry->tenant_len + entry->name_len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    token->tenant.data = p;
    token->tenant.len = entry->tenant_len;
    token->name.data = ngx_cpymem(p, entry->tenant, entry->tenant_len);
    token->name.len = entry->name_len;
    ngx_memcpy(token->name.data, entry->name, entry->name_len);

    token->expiry = entry->expiry;
    token->last_use = entry->last_use;
    token->read_only = entry->read_only;

    return NGX_OK;
}
