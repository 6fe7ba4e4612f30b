/*
 * Cycles of provisioning in the shared memory.
 */

#include <ngx_config.h>
#include <sys/random.h>

#include "http/core/ngx_scim.h"


#define NGX_SCIM_CYCLES_SHARE   8       /* of the zone, for tenants */
#define NGX_SCIM_CYCLES_TICK    1000
#define NGX_SCIM_CYCLES_PROBE   5       /* of the pause, in front of a test */
#define NGX_SCIM_CYCLES_RETRY   60      /* of a save that was given up */
#define NGX_SCIM_CYCLES_POOL    2048
#define NGX_SCIM_CYCLES_KEY     (NGX_SCIM_DIGEST_LEN + NGX_SCIM_NAME_MAX)


typedef struct {
    ngx_str_node_t          node;       /* server and tenant */
    ngx_queue_t             used;
    time_t                  pause;      /* that ends a cycle */
    ngx_scim_cycle_t        now;
    ngx_scim_cycle_t        ended;      /* requests 0: none, or written down */
    time_t                  asked;      /* a save is under way since */
    unsigned                changed:1;
    u_char                  key[NGX_SCIM_CYCLES_KEY];
} ngx_scim_tenant_t;


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


static ngx_scim_tenant_t *ngx_scim_cycles_tenant(ngx_scim_zone_t *zone,
    ngx_str_t *key);
static ngx_scim_tenant_t *ngx_scim_cycles_find(ngx_scim_zone_t *zone,
    ngx_str_t *key);
static ngx_scim_tenant_t *ngx_scim_cycles_add(ngx_scim_zone_t *zone,
    ngx_str_t *key);
static ngx_int_t ngx_scim_cycles_drop(ngx_scim_zone_t *zone);
static ngx_int_t ngx_scim_cycles_name(ngx_scim_tenant_t *t,
    ngx_array_t *names);
static void ngx_scim_cycles_count(ngx_scim_tenant_t *t,
    ngx_scim_tally_t *tally);
static void ngx_scim_cycles_end(ngx_scim_tenant_t *t);
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


ngx_int_t
ngx_scim_cycles_init(ngx_scim_zone_t *zone, void *part)
{
    ngx_scim_cycles_t *cycles = part;

    u_char  random[NGX_SCIM_CYCLES_SOURCE];

    if (getrandom(random, sizeof(random), 0) != sizeof(random)) {
        return NGX_ERROR;
    }

    (void) ngx_hex_dump(cycles->source, random, sizeof(random));

    ngx_rbtree_init(&cycles->tree, &cycles->sentinel,
                    ngx_str_rbtree_insert_value);
    ngx_queue_init(&cycles->used);

    cycles->max = zone->shm->shm.size / sizeof(ngx_scim_tenant_t)
                  / NGX_SCIM_CYCLES_SHARE;

    return NGX_OK;
}


ngx_int_t
ngx_scim_cycles_handler(ngx_http_request_t *r)
{
    u_char                 data[NGX_SCIM_CYCLES_KEY];
    ngx_str_t              key;
    ngx_scim_ctx_t        *ctx;
    ngx_scim_token_t      *token;
    ngx_scim_tenant_t     *t;
    ngx_scim_loc_conf_t   *lcf;
    ngx_scim_main_conf_t  *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);
    ctx = ngx_http_get_module_ctx(r, ngx_scim_module);

    if (!lcf->enable || lcf->log_length == 0 || ctx == NULL) {
        return NGX_OK;
    }

    token = ctx->tally.events ? ngx_scim_identify(r, ctx) : ctx->token;
    if (token == NULL) {
        return NGX_OK;
    }

    key.data = data;
    key.len = ngx_cpymem(ngx_cpymem(data, lcf->server->id,
                                    NGX_SCIM_DIGEST_LEN),
                         token->tenant.data, token->tenant.len)
              - data;

    mcf = ngx_http_get_module_main_conf(r, ngx_scim_module);

    ngx_shmtx_lock(&mcf->zone.pool->mutex);

    t = ngx_scim_cycles_tenant(&mcf->zone, &key);

    if (t != NULL) {
        t->pause = lcf->log_cycle;
        ngx_scim_cycles_count(t, &ctx->tally);
    }

    ngx_shmtx_unlock(&mcf->zone.pool->mutex);

    return NGX_OK;
}


/*
 * Finds or makes the entry. Returns NULL if there is no room and none can be
 * made.
 */

static ngx_scim_tenant_t *
ngx_scim_cycles_tenant(ngx_scim_zone_t *zone, ngx_str_t *key)
{
    ngx_scim_cycles_t  *cycles;
    ngx_scim_tenant_t  *t;

    cycles = ngx_scim_zone_part(zone, NGX_SCIM_ZONE_CYCLES);
    t = ngx_scim_cycles_find(zone, key);

    if (t == NULL) {
        t = ngx_scim_cycles_add(zone, key);

    } else {
        ngx_queue_remove(&t->used);
    }

    if (t != NULL) {
        ngx_queue_insert_head(&cycles->used, &t->used);
    }

    return t;
}


static ngx_scim_tenant_t *
ngx_scim_cycles_find(ngx_scim_zone_t *zone, ngx_str_t *key)
{
    ngx_scim_cycles_t  *cycles;

    cycles = ngx_scim_zone_part(zone, NGX_SCIM_ZONE_CYCLES);

    return (ngx_scim_tenant_t *) ngx_str_rbtree_lookup(&cycles->tree, key,
                                         ngx_crc32_long(key->data, key->len));
}


static ngx_scim_tenant_t *
ngx_scim_cycles_add(ngx_scim_zone_t *zone, ngx_str_t *key)
{
    ngx_scim_cycles_t  *cycles;
    ngx_scim_tenant_t  *t;

    cycles = ngx_scim_zone_part(zone, NGX_SCIM_ZONE_CYCLES);

    if (cycles->n >= cycles->max && ngx_scim_cycles_drop(zone) != NGX_OK) {
        return NULL;
    }

    t = ngx_slab_calloc_locked(zone->pool, sizeof(ngx_scim_tenant_t));

    if (t == NULL && ngx_scim_cycles_drop(zone) == NGX_OK) {
        t = ngx_slab_calloc_locked(zone->pool, sizeof(ngx_scim_tenant_t));
    }

    if (t == NULL) {
        return NULL;
    }

    ngx_memcpy(t->key, key->data, key->len);
    t->node.str.data = t->key;
    t->node.str.len = key->len;
    t->node.node.key = ngx_crc32_long(key->data, key->len);

    ngx_rbtree_insert(&cycles->tree, &t->node.node);
    cycles->n++;

    return t;
}


/* evict the cycle without requests for the longest time */

static ngx_int_t
ngx_scim_cycles_drop(ngx_scim_zone_t *zone)
{
    ngx_scim_cycles_t  *cycles;
    ngx_scim_tenant_t  *t;

    cycles = ngx_scim_zone_part(zone, NGX_SCIM_ZONE_CYCLES);

    if (ngx_queue_empty(&cycles->used)) {
        return NGX_DECLINED;
    }

    t = ngx_queue_data(ngx_queue_last(&cycles->used), ngx_scim_tenant_t, used);

    ngx_queue_remove(&t->used);
    ngx_rbtree_delete(&cycles->tree, &t->node.node);
    ngx_slab_free_locked(zone->pool, t);
    cycles->n--;

    return NGX_OK;
}


ngx_int_t
ngx_scim_cycles_tenants(ngx_scim_zone_t *zone, u_char *server,
    ngx_array_t *names)
{
    ngx_int_t           rc;
    ngx_queue_t        *q;
    ngx_scim_cycles_t  *cycles;
    ngx_scim_tenant_t  *t;

    if (zone->shm == NULL) {
        return NGX_OK;
    }

    rc = NGX_OK;
    cycles = ngx_scim_zone_part(zone, NGX_SCIM_ZONE_CYCLES);

    ngx_shmtx_lock(&zone->pool->mutex);

    for (q = ngx_queue_head(&cycles->used);
         q != ngx_queue_sentinel(&cycles->used) && rc == NGX_OK;
         q = ngx_queue_next(q))
    {
        t = ngx_queue_data(q, ngx_scim_tenant_t, used);

        if (ngx_memcmp(t->key, server, NGX_SCIM_DIGEST_LEN) == 0) {
            rc = ngx_scim_cycles_name(t, names);
        }
    }

    ngx_shmtx_unlock(&zone->pool->mutex);

    return rc;
}


static ngx_int_t
ngx_scim_cycles_name(ngx_scim_tenant_t *t, ngx_array_t *names)
{
    ngx_str_t  *name;

    name = ngx_array_push(names);
    if (name == NULL) {
        return NGX_ERROR;
    }

    *name = ngx_scim_cstring(names->pool, t->key + NGX_SCIM_DIGEST_LEN,
                             t->node.str.len - NGX_SCIM_DIGEST_LEN);

    return name->data ? NGX_OK : NGX_ERROR;
}


static void
ngx_scim_cycles_count(ngx_scim_tenant_t *t, ngx_scim_tally_t *tally)
{
    time_t             pause;
    ngx_scim_cycle_t  *c;

    c = &t->now;
    pause = tally->probe ? t->pause / NGX_SCIM_CYCLES_PROBE : t->pause;

    if (c->requests > 0 && ngx_time() - c->last >= pause) {
        ngx_scim_cycles_end(t);
    }

    if (c->requests == 0) {
        c->began = ngx_time();
    }

    c->last = ngx_time();
    c->requests++;
    c->events += tally->events;
    c->created += tally->created;
    c->updated += tally->updated;
    c->disabled += tally->disabled;
    c->deleted += tally->deleted;
    c->failed += tally->failed;

    t->changed = 1;
}


static void
ngx_scim_cycles_end(ngx_scim_tenant_t *t)
{
    t->ended = t->now;
    t->changed = 0;

    ngx_memzero(&t->now, sizeof(ngx_scim_cycle_t));
}


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
