/*
 * The answers of Redis to gates, for all workers.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "base/ngx_scim_digest.h"
#include "http/gate/ngx_scim_gate_known.h"


#define NGX_SCIM_GATE_SHARE    4        /* of the zone's size */
#define NGX_SCIM_GATE_EVICTED  64       /* answers at a time, at most */


typedef struct {                        /* in shared memory */
    ngx_rbtree_t             tree;      /* of ngx_scim_gate_entry_t */
    ngx_rbtree_node_t        sentinel;
    ngx_queue_t              used;      /* the latest first */
    size_t                   size;      /* of all */
    size_t                   most;
    ngx_scim_gate_counters_t  counters;
} ngx_scim_gate_known_t;

typedef struct {
    ngx_rbtree_node_t        node;      /* its key: the first bytes of key */
    ngx_queue_t              used;
    u_char                   key[NGX_SCIM_DIGEST_LEN];
    size_t                   size;
    ngx_scim_gate_answer_t   answer;    /* its texts are in data */
    u_char                   data[];
} ngx_scim_gate_entry_t;


static ngx_scim_gate_known_t **ngx_scim_gate_known_part(
    ngx_scim_zone_t *zone);
static ngx_scim_gate_entry_t *ngx_scim_gate_known_find(
    ngx_scim_gate_known_t *known, const u_char *key);
static ngx_scim_gate_entry_t *ngx_scim_gate_known_room(
    ngx_scim_zone_t *zone, ngx_scim_gate_known_t *known, size_t size);
static void ngx_scim_gate_known_drop(ngx_scim_zone_t *zone,
    ngx_scim_gate_known_t *known, ngx_scim_gate_entry_t *entry);
static size_t ngx_scim_gate_known_size(const ngx_scim_gate_answer_t *answer);
static void ngx_scim_gate_known_fill(u_char *p, ngx_scim_gate_answer_t *to,
    const ngx_scim_gate_answer_t *from);


ngx_int_t
ngx_scim_gate_known_start(ngx_scim_zone_t *zone)
{
    ngx_scim_gate_known_t  *known, **part;

    part = ngx_scim_gate_known_part(zone);

    ngx_shmtx_lock(&zone->pool->mutex);

    if (*part == NULL) {
        known = ngx_slab_calloc_locked(zone->pool,
                                       sizeof(ngx_scim_gate_known_t));
        if (known != NULL) {
            ngx_rbtree_init(&known->tree, &known->sentinel,
                            ngx_rbtree_insert_value);
            ngx_queue_init(&known->used);
            known->most = zone->shm->shm.size / NGX_SCIM_GATE_SHARE;
        }

        *part = known;
    }

    ngx_shmtx_unlock(&zone->pool->mutex);

    return *part ? NGX_OK : NGX_ERROR;
}


static ngx_scim_gate_known_t **
ngx_scim_gate_known_part(ngx_scim_zone_t *zone)
{
    return ngx_scim_zone_part(zone, NGX_SCIM_ZONE_GATE);
}


ngx_scim_gate_counters_t *
ngx_scim_gate_known_counters(ngx_scim_zone_t *zone)
{
    ngx_scim_gate_known_t  *known;

    known = *ngx_scim_gate_known_part(zone);

    return known ? &known->counters : NULL;
}


ngx_int_t
ngx_scim_gate_known_get(ngx_scim_zone_t *zone, const u_char *key,
    ngx_pool_t *pool, ngx_scim_gate_answer_t *answer)
{
    ngx_int_t               rc;
    ngx_scim_gate_entry_t  *entry;
    ngx_scim_gate_known_t  *known;

    known = *ngx_scim_gate_known_part(zone);

    ngx_shmtx_lock(&zone->pool->mutex);

    entry = ngx_scim_gate_known_find(known, key);

    if (entry != NULL) {
        ngx_queue_remove(&entry->used);
        ngx_queue_insert_head(&known->used, &entry->used);
    }

    rc = entry ? ngx_scim_gate_known_copy(pool, answer, &entry->answer)
               : NGX_DECLINED;

    ngx_shmtx_unlock(&zone->pool->mutex);

    return rc;
}


void
ngx_scim_gate_known_put(ngx_scim_zone_t *zone, const u_char *key,
    const ngx_scim_gate_answer_t *answer)
{
    ngx_scim_gate_entry_t  *entry;
    ngx_scim_gate_known_t  *known;

    known = *ngx_scim_gate_known_part(zone);

    ngx_shmtx_lock(&zone->pool->mutex);

    entry = ngx_scim_gate_known_find(known, key);

    if (entry != NULL
        && entry->answer.basis.changes > answer->basis.changes)
    {
        ngx_shmtx_unlock(&zone->pool->mutex);
        return;
    }

    if (entry != NULL) {
        ngx_scim_gate_known_drop(zone, known, entry);
    }

    entry = ngx_scim_gate_known_room(zone, known,
                                     sizeof(ngx_scim_gate_entry_t)
                                     + ngx_scim_gate_known_size(answer));
    if (entry != NULL) {
        ngx_memcpy(&entry->node.key, key, sizeof(ngx_rbtree_key_t));
        ngx_memcpy(entry->key, key, NGX_SCIM_DIGEST_LEN);
        ngx_scim_gate_known_fill(entry->data, &entry->answer, answer);
        ngx_rbtree_insert(&known->tree, &entry->node);
        ngx_queue_insert_head(&known->used, &entry->used);
    }

    ngx_shmtx_unlock(&zone->pool->mutex);
}


ngx_int_t
ngx_scim_gate_known_copy(ngx_pool_t *pool, ngx_scim_gate_answer_t *to,
    const ngx_scim_gate_answer_t *from)
{
    u_char  *p;

    p = ngx_pnalloc(pool, ngx_scim_gate_known_size(from) + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_scim_gate_known_fill(p, to, from);

    return NGX_OK;
}


/* the key is a digest: two that begin alike take turns */

static ngx_scim_gate_entry_t *
ngx_scim_gate_known_find(ngx_scim_gate_known_t *known, const u_char *key)
{
    ngx_rbtree_key_t         hash;
    ngx_rbtree_node_t       *node;
    ngx_scim_gate_entry_t   *entry;

    ngx_memcpy(&hash, key, sizeof(ngx_rbtree_key_t));

    node = known->tree.root;

    while (node != known->tree.sentinel && node->key != hash) {
        node = hash < node->key ? node->left : node->right;
    }

    if (node == known->tree.sentinel) {
        return NULL;
    }

    entry = (ngx_scim_gate_entry_t *) node;

    return ngx_memcmp(entry->key, key, NGX_SCIM_DIGEST_LEN) == 0 ? entry
                                                                 : NULL;
}


/* those that were used least recently go */

static ngx_scim_gate_entry_t *
ngx_scim_gate_known_room(ngx_scim_zone_t *zone, ngx_scim_gate_known_t *known,
    size_t size)
{
    ngx_uint_t              i;
    ngx_queue_t            *last;
    ngx_scim_gate_entry_t  *entry;

    for (i = 0; i < NGX_SCIM_GATE_EVICTED; i++) {
        entry = known->size + size <= known->most
                ? ngx_slab_alloc_locked(zone->pool, size) : NULL;

        if (entry != NULL) {
            entry->size = size;
            known->size += size;
            return entry;
        }

        if (ngx_queue_empty(&known->used)) {
            return NULL;
        }

        last = ngx_queue_last(&known->used);
        ngx_scim_gate_known_drop(zone, known,
                                 ngx_queue_data(last, ngx_scim_gate_entry_t,
                                                used));
    }

    return NULL;
}


static void
ngx_scim_gate_known_drop(ngx_scim_zone_t *zone, ngx_scim_gate_known_t *known,
    ngx_scim_gate_entry_t *entry)
{
    ngx_rbtree_delete(&known->tree, &entry->node);
    ngx_queue_remove(&entry->used);
    known->size -= entry->size;
    ngx_slab_free_locked(zone->pool, entry);
}


static size_t
ngx_scim_gate_known_size(const ngx_scim_gate_answer_t *answer)
{
    size_t      size;
    ngx_uint_t  i;

    for (size = 0, i = 0; i < NGX_SCIM_PERMIT_TEXTS; i++) {
        size += answer->texts[i].len;
    }

    return size;
}


static void
ngx_scim_gate_known_fill(u_char *p, ngx_scim_gate_answer_t *to,
    const ngx_scim_gate_answer_t *from)
{
    ngx_uint_t  i;

    *to = *from;

    for (i = 0; i < NGX_SCIM_PERMIT_TEXTS; i++) {
        to->texts[i].data = p;

        if (from->texts[i].len > 0) {
            p = ngx_cpymem(p, from->texts[i].data, from->texts[i].len);
        }
    }
}
