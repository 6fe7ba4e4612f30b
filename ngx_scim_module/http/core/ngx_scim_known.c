/*
 * The list of Redis servers in the shared memory, with what workers know of the
 * data of each. The key is the address as the configuration has it: if the name
 * leads to another server after a reload, that must hold the same directory.
 */

#include "http/core/ngx_scim_known.h"
#include "http/core/ngx_scim_zone.h"
#include "store/link/ngx_scim_server.h"


typedef struct {
    ngx_queue_t          queue;
    ngx_scim_known_t     known;
    size_t               len;
    u_char               key[];      /* address and database */
} ngx_scim_known_entry_t;


static ngx_scim_known_entry_t *ngx_scim_known_find(ngx_queue_t *list,
    ngx_str_t *key);
static ngx_scim_known_entry_t *ngx_scim_known_add(ngx_scim_zone_t *zone,
    ngx_queue_t *list, ngx_str_t *key);


ngx_int_t
ngx_scim_known_init(ngx_scim_zone_t *zone, void *part)
{
    (void) zone;
    ngx_queue_init((ngx_queue_t *) part);

    return NGX_OK;
}


ngx_scim_known_t *
ngx_scim_known(ngx_cycle_t *cycle, ngx_scim_zone_t *zone,
    ngx_scim_redis_conf_t *conf)
{
    ngx_str_t                key;
    ngx_queue_t             *list;
    ngx_scim_known_entry_t  *entry;

    key.data = ngx_pnalloc(cycle->pool, conf->name.len + 1 + NGX_INT_T_LEN);
    if (key.data == NULL) {
        return NULL;
    }

    key.len = ngx_sprintf(key.data, "%V %ui", &conf->name, conf->db)
              - key.data;

    list = ngx_scim_zone_part(zone, NGX_SCIM_ZONE_KNOWN);

    ngx_shmtx_lock(&zone->pool->mutex);

    entry = ngx_scim_known_find(list, &key);
    if (entry == NULL) {
        entry = ngx_scim_known_add(zone, list, &key);
    }

    ngx_shmtx_unlock(&zone->pool->mutex);

    if (entry != NULL) {
        return &entry->known;
    }

    ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                  "scim: the zone is too small to remember the directory of "
                  "redis \"%V\": set a larger \"scim_zone\"", &conf->name);

    return ngx_pcalloc(cycle->pool, sizeof(ngx_scim_known_t));
}


static ngx_scim_known_entry_t *
ngx_scim_known_find(ngx_queue_t *list, ngx_str_t *key)
{
    ngx_queue_t             *q;
    ngx_scim_known_entry_t  *entry;

    for (q = ngx_queue_head(list); q != ngx_queue_sentinel(list);
         q = ngx_queue_next(q))
    {
        entry = ngx_queue_data(q, ngx_scim_known_entry_t, queue);

        if (entry->len == key->len
            && ngx_memcmp(entry->key, key->data, key->len) == 0)
        {
            return entry;
        }
    }

    return NULL;
}


static ngx_scim_known_entry_t *
ngx_scim_known_add(ngx_scim_zone_t *zone, ngx_queue_t *list, ngx_str_t *key)
{
    ngx_scim_known_entry_t  *entry;

    entry = ngx_slab_calloc_locked(zone->pool,
                                   sizeof(ngx_scim_known_entry_t) + key->len);
    if (entry == NULL) {
        return NULL;
    }

    entry->known.mutex = &zone->pool->mutex;
    entry->len = key->len;
    ngx_memcpy(entry->key, key->data, key->len);

    ngx_queue_insert_tail(list, &entry->queue);

    return entry;
}
