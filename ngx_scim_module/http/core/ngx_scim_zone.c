/*
 * The shared memory of all workers.
 */

#include "http/core/ngx_scim_zone.h"
#include "http/core/ngx_scim_conf.h"
#include "http/core/ngx_scim_known.h"
#include "http/auth/ngx_scim_cache.h"
#include "http/monitor/ngx_scim_cycles.h"
#include "http/monitor/ngx_scim_metrics.h"


#define NGX_SCIM_ZONE_NAME  "ngx_scim"
#define NGX_SCIM_ZONE_SIZE  (1024 * 1024)


typedef struct {
    size_t       size;
    ngx_int_t  (*init)(ngx_scim_zone_t *zone, void *part);
} ngx_scim_zone_user_t;


static ngx_int_t ngx_scim_zone_add(ngx_conf_t *cf, ngx_scim_zone_t *zone,
    ngx_str_t *name, size_t size);
static ngx_int_t ngx_scim_zone_ready(ngx_shm_zone_t *shm, void *data);
static ngx_int_t ngx_scim_zone_create(ngx_scim_zone_t *zone);


static const ngx_scim_zone_user_t  ngx_scim_zone_users[NGX_SCIM_ZONE_USERS] = {
    [NGX_SCIM_ZONE_CACHE] = { sizeof(ngx_scim_cache_t), ngx_scim_cache_init },
    [NGX_SCIM_ZONE_CYCLES] = { sizeof(ngx_scim_cycles_t),
                               ngx_scim_cycles_init },
    [NGX_SCIM_ZONE_METRICS] = { sizeof(ngx_scim_metrics_t), NULL },
    [NGX_SCIM_ZONE_KNOWN] = { sizeof(ngx_queue_t), ngx_scim_known_init },
    [NGX_SCIM_ZONE_GATE] = { sizeof(void *), NULL }
};


char *
ngx_scim_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_main_conf_t *mcf = conf;

    ssize_t     size;
    ngx_str_t  *value;

    (void) cmd;

    if (mcf->zone.shm != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;
    size = ngx_parse_size(&value[2]);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid zone size \"%V\"",
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    if (size < (ssize_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "zone \"%V\" is too small",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_scim_zone_add(cf, &mcf->zone, &value[1], size) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_scim_zone_init(ngx_conf_t *cf, ngx_scim_zone_t *zone)
{
    ngx_str_t  name = ngx_string(NGX_SCIM_ZONE_NAME);

    if (zone->shm != NULL || !zone->needed) {
        return NGX_OK;
    }

    return ngx_scim_zone_add(cf, zone, &name, NGX_SCIM_ZONE_SIZE);
}


static ngx_int_t
ngx_scim_zone_add(ngx_conf_t *cf, ngx_scim_zone_t *zone, ngx_str_t *name,
    size_t size)
{
    zone->shm = ngx_shared_memory_add(cf, name, size, &ngx_scim_module);
    if (zone->shm == NULL) {
        return NGX_ERROR;
    }

    zone->shm->init = ngx_scim_zone_ready;
    zone->shm->data = zone;

    return NGX_OK;
}


/* data is the zone of the configuration before, whose memory this one has */

static ngx_int_t
ngx_scim_zone_ready(ngx_shm_zone_t *shm, void *data)
{
    ngx_scim_zone_t  *zone, *before;

    zone = shm->data;
    before = data;

    zone->pool = (ngx_slab_pool_t *) shm->shm.addr;

    if (before != NULL) {
        zone->header = before->header;
        return NGX_OK;
    }

    if (shm->shm.exists) {
        zone->header = zone->pool->data;
        return NGX_OK;
    }

    return ngx_scim_zone_create(zone);
}


static ngx_int_t
ngx_scim_zone_create(ngx_scim_zone_t *zone)
{
    void        *part;
    ngx_uint_t   i;

    /* a user that finds no room evicts entries of its own, or does without */

    zone->pool->log_nomem = 0;

    zone->header = ngx_slab_calloc(zone->pool, sizeof(ngx_scim_zone_header_t));
    if (zone->header == NULL) {
        return NGX_ERROR;
    }

    zone->pool->data = zone->header;

    for (i = 0; i < NGX_SCIM_ZONE_USERS; i++) {
        part = ngx_slab_calloc(zone->pool, ngx_scim_zone_users[i].size);
        if (part == NULL) {
            return NGX_ERROR;
        }

        zone->header->parts[i] = part;

        if (ngx_scim_zone_users[i].init != NULL
            && ngx_scim_zone_users[i].init(zone, part) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void *
ngx_scim_zone_part(ngx_scim_zone_t *zone, ngx_scim_zone_user_e user)
{
    return zone->header->parts[user];
}
