/*
 * Writing the cycles of provisioning down in the store.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <sys/random.h>

#include "http/monitor/ngx_scim_cycles_save.h"
#include "base/ngx_scim_digest.h"
#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_cycle.h"
#include "http/core/ngx_scim_conf.h"
#include "http/core/ngx_scim_redis_conf.h"
#include "http/core/ngx_scim_zone.h"
#include "http/monitor/ngx_scim_cycles.h"


#define NGX_SCIM_CYCLES_TICK    1000
#define NGX_SCIM_CYCLES_RETRY   60      /* of a save that was given up */
#define NGX_SCIM_CYCLES_POOL    2048


/* a save, in a pool of its own */

typedef struct {
    ngx_pool_t             *pool;
    ngx_scim_main_conf_t   *mcf;
    ngx_scim_store_t        store;
    ngx_str_t               key;
    ngx_scim_cycle_t        cycle;
    ngx_scim_cycle_save_t   what;
    u_char                  source[2 * NGX_SCIM_CYCLES_SOURCE];
} ngx_scim_save_t;


static void ngx_scim_cycles_tick(ngx_event_t *ev);
static ngx_scim_save_t *ngx_scim_cycles_next(ngx_scim_main_conf_t *mcf);
static ngx_scim_save_t *ngx_scim_cycles_begin_save(ngx_scim_main_conf_t *mcf,
    ngx_scim_tenant_t *t);
static void ngx_scim_cycles_save(ngx_scim_save_t *save);
static ngx_scim_server_t *ngx_scim_cycles_server(ngx_scim_main_conf_t *mcf,
    u_char *id);
static void ngx_scim_cycles_saved(void *data, ngx_scim_result_e result);


static ngx_connection_t  ngx_scim_cycles_timer;
static ngx_event_t       ngx_scim_cycles_event;


/* one worker writes for all */

void
ngx_scim_cycles_start(ngx_scim_main_conf_t *mcf, ngx_log_t *log)
{
    if (mcf->zone.shm == NULL || ngx_worker != 0) {
        return;
    }

    ngx_scim_cycles_timer.fd = (ngx_socket_t) -1;
    ngx_scim_cycles_timer.data = mcf;

    ngx_scim_cycles_event.data = &ngx_scim_cycles_timer;
    ngx_scim_cycles_event.handler = ngx_scim_cycles_tick;
    ngx_scim_cycles_event.log = log;
    ngx_scim_cycles_event.cancelable = 1;

    ngx_add_timer(&ngx_scim_cycles_event, NGX_SCIM_CYCLES_TICK);
}


static void
ngx_scim_cycles_tick(ngx_event_t *ev)
{
    ngx_connection_t      *c;
    ngx_scim_save_t       *save;
    ngx_scim_main_conf_t  *mcf;

    c = ev->data;
    mcf = c->data;

    while ((save = ngx_scim_cycles_next(mcf)) != NULL) {
        ngx_scim_cycles_save(save);
    }

    if (!ngx_exiting) {
        ngx_add_timer(ev, NGX_SCIM_CYCLES_TICK);
    }
}


/* Returns the next tenant whose numbers must be saved. */

static ngx_scim_save_t *
ngx_scim_cycles_next(ngx_scim_main_conf_t *mcf)
{
    ngx_queue_t        *q;
    ngx_scim_save_t    *save;
    ngx_scim_cycles_t  *cycles;
    ngx_scim_tenant_t  *t;

    save = NULL;
    cycles = ngx_scim_zone_part(&mcf->zone, NGX_SCIM_ZONE_CYCLES);

    ngx_shmtx_lock(&mcf->zone.pool->mutex);

    for (q = ngx_queue_head(&cycles->used);
         q != ngx_queue_sentinel(&cycles->used) && save == NULL;
         q = ngx_queue_next(q))
    {
        t = ngx_queue_data(q, ngx_scim_tenant_t, used);

        if (t->ended.requests == 0 && t->now.requests > 0
            && ngx_time() - t->now.last >= t->pause)
        {
            ngx_scim_cycles_end(t);
        }

        /* the worker that began to save it may have exited */

        if ((t->ended.requests > 0 || t->changed)
            && (t->asked == 0
                || ngx_time() - t->asked > NGX_SCIM_CYCLES_RETRY))
        {
            save = ngx_scim_cycles_begin_save(mcf, t);
        }
    }

    ngx_shmtx_unlock(&mcf->zone.pool->mutex);

    return save;
}


static ngx_scim_save_t *
ngx_scim_cycles_begin_save(ngx_scim_main_conf_t *mcf, ngx_scim_tenant_t *t)
{
    ngx_pool_t         *pool;
    ngx_scim_save_t    *save;
    ngx_scim_cycles_t  *cycles;

    pool = ngx_create_pool(NGX_SCIM_CYCLES_POOL, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    save = ngx_pcalloc(pool, sizeof(ngx_scim_save_t));

    if (save == NULL
        || (save->key.data = ngx_pstrdup(pool, &t->node.str)) == NULL)
    {
        ngx_destroy_pool(pool);
        return NULL;
    }

    save->pool = pool;
    save->mcf = mcf;
    save->key.len = t->node.str.len;
    save->what.ended = (t->ended.requests > 0);
    save->what.pause = t->pause;
    save->cycle = save->what.ended ? t->ended : t->now;

    cycles = ngx_scim_zone_part(&mcf->zone, NGX_SCIM_ZONE_CYCLES);
    ngx_memcpy(save->source, cycles->source, sizeof(save->source));
    save->what.source.data = save->source;
    save->what.source.len = sizeof(save->source);

    t->asked = ngx_time();

    t->changed &= save->what.ended;

    return save;
}


static void
ngx_scim_cycles_save(ngx_scim_save_t *save)
{
    ngx_str_t           tenant;
    ngx_scim_server_t  *server;

    server = ngx_scim_cycles_server(save->mcf, save->key.data);

    /* the configuration has it no more */

    if (server == NULL) {
        ngx_scim_cycles_saved(save, NGX_SCIM_STORE_OK);
        return;
    }

    tenant.data = save->key.data + NGX_SCIM_DIGEST_LEN;
    tenant.len = save->key.len - NGX_SCIM_DIGEST_LEN;

    ngx_scim_store_init(&save->store, save->pool, ngx_cycle->log, server->link,
                        &tenant);

    if (ngx_scim_cycle_save(&save->store, &save->cycle, &save->what,
                            ngx_scim_cycles_saved, save)
        != NGX_OK)
    {
        ngx_destroy_pool(save->pool);
    }
}


static ngx_scim_server_t *
ngx_scim_cycles_server(ngx_scim_main_conf_t *mcf, u_char *id)
{
    ngx_uint_t           i;
    ngx_scim_server_t  **server;

    server = mcf->servers.elts;

    for (i = 0; i < mcf->servers.nelts; i++) {
        if (ngx_memcmp(server[i]->id, id, NGX_SCIM_DIGEST_LEN) == 0) {
            return server[i];
        }
    }

    return NULL;
}


static void
ngx_scim_cycles_saved(void *data, ngx_scim_result_e result)
{
    ngx_scim_save_t *save = data;

    ngx_scim_zone_t    *zone;
    ngx_scim_tenant_t  *t;

    zone = &save->mcf->zone;

    ngx_shmtx_lock(&zone->pool->mutex);

    t = ngx_scim_cycles_find(zone, &save->key);

    if (t != NULL) {
        t->asked = 0;

        if (result != NGX_SCIM_STORE_OK) {
            t->changed |= !save->what.ended;

        } else if (save->what.ended && t->ended.began == save->cycle.began) {
            t->ended.requests = 0;
        }
    }

    ngx_shmtx_unlock(&zone->pool->mutex);

    ngx_destroy_pool(save->pool);
}
