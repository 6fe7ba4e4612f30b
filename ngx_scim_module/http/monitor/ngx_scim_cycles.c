/*
 * Cycles of provisioning in the shared memory.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <sys/random.h>

#include "http/monitor/ngx_scim_cycles.h"
#include "base/ngx_scim_digest.h"
#include "base/ngx_scim_str.h"
#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_cycle.h"
#include "op/core/ngx_scim_op.h"
#include "http/core/ngx_scim_conf.h"
#include "http/core/ngx_scim_request.h"
#include "http/core/ngx_scim_zone.h"
#include "http/auth/ngx_scim_access.h"
#include "http/auth/ngx_scim_token_file.h"


#define NGX_SCIM_CYCLES_SHARE   8       /* of the zone, for tenants */
#define NGX_SCIM_CYCLES_PROBE   5       /* of the pause, in front of a test */


static ngx_scim_tenant_t *ngx_scim_cycles_tenant(ngx_scim_zone_t *zone,
    ngx_str_t *key);
static ngx_scim_tenant_t *ngx_scim_cycles_add(ngx_scim_zone_t *zone,
    ngx_str_t *key);
static ngx_int_t ngx_scim_cycles_drop(ngx_scim_zone_t *zone);
static ngx_int_t ngx_scim_cycles_name(ngx_scim_tenant_t *t,
    ngx_array_t *names);
static void ngx_scim_cycles_count(ngx_scim_tenant_t *t,
    ngx_scim_tally_t *tally);


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


ngx_scim_tenant_t *
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


void
ngx_scim_cycles_end(ngx_scim_tenant_t *t)
{
    t->ended = t->now;
    t->changed = 0;

    ngx_memzero(&t->now, sizeof(ngx_scim_cycle_t));
}
