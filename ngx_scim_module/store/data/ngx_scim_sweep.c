/*
 * Removes what changes of very many members leave behind, in the background.
 * Each slice follows the reply to the one before.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "base/ngx_scim_str.h"
#include "store/call/ngx_scim_call.h"
#include "store/call/ngx_scim_script.h"
#include "store/data/ngx_scim_sweep.h"


#define NGX_SCIM_SWEEP_SLICE    "100"
#define NGX_SCIM_SWEEP_POOL     1024
#define NGX_SCIM_SWEEP_SCRATCH  4096
#define NGX_SCIM_SWEEP_TICK     1000
#define NGX_SCIM_SWEEP_TENANTS  "50"


/* one sweep, in a pool of its own */

typedef struct {
    ngx_pool_t         *pool;
    ngx_scim_store_t    store;      /* with a pool for each slice */
    ngx_str_t           move;       /* empty: any that nobody is at */
    unsigned            any:1;      /* goes on to the next move */
    unsigned            more:1;     /* of this one */
} ngx_scim_sweep_t;


/* the worker that looks for work that others have left */

typedef struct {
    ngx_event_t         event;
    ngx_connection_t    timer;
    ngx_scim_link_t    *link;
    ngx_scim_store_t    store;
    ngx_array_t        *tenants;    /* of ngx_str_t */
} ngx_scim_sweep_watch_t;


static ngx_scim_sweep_t *ngx_scim_sweep_create(ngx_scim_store_t *store,
    ngx_str_t *move);
static ngx_int_t ngx_scim_sweep_name(ngx_pool_t *pool, ngx_str_t *to,
    ngx_str_t *from);
static void ngx_scim_sweep_destroy(ngx_scim_sweep_t *sweep);
static void ngx_scim_sweep_slice(ngx_scim_sweep_t *sweep);
static ngx_scim_result_e ngx_scim_sweep_have(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static void ngx_scim_sweep_done(void *data, ngx_scim_result_e result);
static void ngx_scim_sweep_tick(ngx_event_t *ev);
static ngx_int_t ngx_scim_sweep_ask(ngx_scim_sweep_watch_t *watch);
static void ngx_scim_sweep_tenants(void *data, ngx_scim_result_e result);
static ngx_uint_t ngx_scim_sweep_leaving(void);


void
ngx_scim_sweep(ngx_scim_store_t *store, ngx_str_t *move)
{
    ngx_scim_sweep_t  *sweep;

    if (ngx_scim_sweep_leaving()) {
        return;
    }

    sweep = ngx_scim_sweep_create(store, move);

    if (sweep != NULL) {
        ngx_scim_sweep_slice(sweep);
    }
}


static ngx_scim_sweep_t *
ngx_scim_sweep_create(ngx_scim_store_t *store, ngx_str_t *move)
{
    ngx_str_t          tenant;
    ngx_pool_t        *pool, *scratch;
    ngx_scim_sweep_t  *sweep;

    pool = ngx_create_pool(NGX_SCIM_SWEEP_POOL, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    scratch = ngx_create_pool(NGX_SCIM_SWEEP_SCRATCH, ngx_cycle->log);
    if (scratch == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    sweep = ngx_pcalloc(pool, sizeof(ngx_scim_sweep_t));

    if (sweep == NULL
        || ngx_scim_sweep_name(pool, &tenant, &store->tenant) != NGX_OK
        || ngx_scim_sweep_name(pool, &sweep->move, move) != NGX_OK)
    {
        ngx_destroy_pool(scratch);
        ngx_destroy_pool(pool);
        return NULL;
    }

    sweep->pool = pool;
    sweep->any = (move->len == 0);

    ngx_scim_store_init(&sweep->store, scratch, ngx_cycle->log, store->link,
                        &tenant);

    return sweep;
}


static ngx_int_t
ngx_scim_sweep_name(ngx_pool_t *pool, ngx_str_t *to, ngx_str_t *from)
{
    *to = ngx_scim_cstring(pool, from->data, from->len);

    return to->data != NULL ? NGX_OK : NGX_ERROR;
}


static void
ngx_scim_sweep_destroy(ngx_scim_sweep_t *sweep)
{
    ngx_destroy_pool(sweep->store.pool);
    ngx_destroy_pool(sweep->pool);
}


static void
ngx_scim_sweep_slice(ngx_scim_sweep_t *sweep)
{
    ngx_scim_args_t   *args;
    ngx_scim_store_t  *store;

    store = &sweep->store;
    sweep->more = 0;

    args = ngx_scim_script_args(store, NGX_SCIM_SCRIPT_SWEEP, 3);

    ngx_scim_args_add_str(args, &sweep->move);
    ngx_scim_args_add_text(args, NGX_SCIM_MOVE_LEASE);
    ngx_scim_args_add_text(args, NGX_SCIM_SWEEP_SLICE);

    ngx_scim_redis_begin(store, ngx_scim_sweep_done, sweep);

    if (ngx_scim_redis_send(store, args, ngx_scim_sweep_have, sweep)
        != NGX_OK)
    {
        ngx_scim_sweep_destroy(sweep);
    }
}


static ngx_scim_result_e
ngx_scim_sweep_have(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_scim_sweep_t *sweep = arg;

    ngx_str_t          move;
    ngx_scim_result_e  result;

    ngx_str_null(&move);
    result = ngx_scim_script_result(store, reply, &move);

    if (move.len > 0) {
        sweep->more = 1;

        if (sweep->move.len == 0
            && ngx_scim_sweep_name(sweep->pool, &sweep->move, &move) != NGX_OK)
        {
            return NGX_SCIM_STORE_FAILED;
        }
    }

    return result;
}


static void
ngx_scim_sweep_done(void *data, ngx_scim_result_e result)
{
    ngx_scim_sweep_t *sweep = data;

    if (result != NGX_SCIM_STORE_OK || ngx_scim_sweep_leaving()
        || (!sweep->more && !sweep->any))
    {
        ngx_scim_sweep_destroy(sweep);
        return;
    }

    if (!sweep->more) {
        sweep->move.len = 0;
    }

    ngx_reset_pool(sweep->store.pool);
    ngx_scim_sweep_slice(sweep);
}


ngx_int_t
ngx_scim_sweep_watch(ngx_cycle_t *cycle, ngx_scim_link_t *link)
{
    ngx_scim_sweep_watch_t  *watch;

    watch = ngx_pcalloc(cycle->pool, sizeof(ngx_scim_sweep_watch_t));
    if (watch == NULL) {
        return NGX_ERROR;
    }

    watch->link = link;
    watch->timer.fd = (ngx_socket_t) -1;
    watch->timer.data = watch;
    watch->event.data = &watch->timer;
    watch->event.handler = ngx_scim_sweep_tick;
    watch->event.log = cycle->log;
    watch->event.cancelable = 1;

    ngx_add_timer(&watch->event, NGX_SCIM_SWEEP_TICK);

    return NGX_OK;
}


static void
ngx_scim_sweep_tick(ngx_event_t *ev)
{
    ngx_connection_t        *c;
    ngx_scim_sweep_watch_t  *watch;

    c = ev->data;
    watch = c->data;

    if (ngx_scim_sweep_leaving()) {
        return;
    }

    if (ngx_scim_sweep_ask(watch) != NGX_OK) {
        ngx_add_timer(&watch->event, NGX_SCIM_SWEEP_TICK);
    }
}


static ngx_int_t
ngx_scim_sweep_ask(ngx_scim_sweep_watch_t *watch)
{
    ngx_pool_t  *pool;

    static ngx_str_t  none = ngx_string("");
    static ngx_str_t  srandmember = ngx_string("SRANDMEMBER");
    static ngx_str_t  key = ngx_string("scim:moving");
    static ngx_str_t  most = ngx_string(NGX_SCIM_SWEEP_TENANTS);

    pool = ngx_create_pool(NGX_SCIM_SWEEP_SCRATCH, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    watch->tenants = ngx_array_create(pool, 4, sizeof(ngx_str_t));
    if (watch->tenants == NULL) {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    ngx_scim_store_init(&watch->store, pool, ngx_cycle->log, watch->link,
                        &none);
    ngx_scim_redis_begin(&watch->store, ngx_scim_sweep_tenants, watch);

    if (ngx_scim_redis_command(&watch->store, ngx_scim_reply_list,
                               watch->tenants, &srandmember, &key, &most, NULL)
        != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_scim_sweep_tenants(void *data, ngx_scim_result_e result)
{
    ngx_scim_sweep_watch_t *watch = data;

    ngx_str_t   *name;
    ngx_uint_t   i;

    static ngx_str_t  any = ngx_string("");

    name = watch->tenants->elts;

    for (i = 0; result == NGX_SCIM_STORE_OK && i < watch->tenants->nelts; i++) {
        watch->store.tenant = name[i];
        ngx_scim_sweep(&watch->store, &any);
    }

    ngx_destroy_pool(watch->store.pool);

    if (!ngx_scim_sweep_leaving()) {
        ngx_add_timer(&watch->event, NGX_SCIM_SWEEP_TICK);
    }
}


static ngx_uint_t
ngx_scim_sweep_leaving(void)
{
    return ngx_exiting || ngx_quit || ngx_terminate;
}
