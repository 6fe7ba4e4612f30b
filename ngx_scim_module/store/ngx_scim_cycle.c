/*
 * Cycles of provisioning in the store: the running or latest one as a hash,
 * those that have ended in a stream.
 */

#include "ngx_scim_redis.h"


#define NGX_SCIM_CYCLES_MAX     1000
#define NGX_SCIM_CYCLE_FIELDS   10

/* Entra ID's published limits, from which it puts a job into quarantine */

#define NGX_SCIM_ENTRA_FAILED         40000
#define NGX_SCIM_ENTRA_SHARE_FROM     5000
#define NGX_SCIM_ENTRA_SHARE_PERCENT  40


static ngx_int_t ngx_scim_cycle_send(ngx_scim_store_t *store,
    ngx_scim_args_t *args, ngx_scim_cycle_t *cycle);
static ngx_int_t ngx_scim_cycle_time(ngx_scim_store_t *store,
    ngx_scim_args_t *args, const char *name, time_t sec);
static ngx_int_t ngx_scim_cycle_quarantine(ngx_scim_cycle_t *cycle);
static ngx_scim_result_e ngx_scim_cycle_reply(ngx_scim_store_t *store,
    redisReply *reply, void *arg);


static const struct {
    const char   *name;
    ngx_uint_t    offset;
} ngx_scim_cycle_numbers[] = {
    { "requests", offsetof(ngx_scim_cycle_t, requests) },
    { "events", offsetof(ngx_scim_cycle_t, events) },
    { "created", offsetof(ngx_scim_cycle_t, created) },
    { "updated", offsetof(ngx_scim_cycle_t, updated) },
    { "disabled", offsetof(ngx_scim_cycle_t, disabled) },
    { "deleted", offsetof(ngx_scim_cycle_t, deleted) },
    { "failed", offsetof(ngx_scim_cycle_t, failed) },
    { NULL, 0 }
};


ngx_int_t
ngx_scim_cycle_save(ngx_scim_store_t *store, ngx_scim_cycle_t *cycle,
    ngx_uint_t ended, ngx_scim_store_handler_pt handler, void *data)
{
    ngx_str_t         key, log;
    ngx_scim_args_t  *args;

    key = ngx_scim_key(store, "cycle");
    log = ngx_scim_key(store, "cycles");
    args = ngx_scim_args_create(store, 2 + 2 * NGX_SCIM_CYCLE_FIELDS);

    if (key.len == 0 || log.len == 0 || args == NULL) {
        return NGX_ERROR;
    }

    ngx_scim_redis_begin(store, handler, data);

    if (ngx_scim_args_add_text(store, args, "HSET") != NGX_OK
        || ngx_scim_args_add_str(store, args, &key) != NGX_OK
        || ngx_scim_args_add_text(store, args, "state") != NGX_OK
        || ngx_scim_args_add_text(store, args, ended ? "ended" : "running")
           != NGX_OK
        || ngx_scim_cycle_send(store, args, cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!ended) {
        return NGX_OK;
    }

    args = ngx_scim_args_create(store, 6 + 2 * NGX_SCIM_CYCLE_FIELDS);

    if (args == NULL
        || ngx_scim_args_add_text(store, args, "XADD") != NGX_OK
        || ngx_scim_args_add_str(store, args, &log) != NGX_OK
        || ngx_scim_args_add_text(store, args, "MAXLEN") != NGX_OK
        || ngx_scim_args_add_text(store, args, "~") != NGX_OK
        || ngx_scim_args_add_uint(store, args, NGX_SCIM_CYCLES_MAX) != NGX_OK
        || ngx_scim_args_add_text(store, args, "*") != NGX_OK
        || ngx_scim_cycle_send(store, args, cycle) != NGX_OK)
    {
        ngx_scim_store_detach(store);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_cycle_send(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_scim_cycle_t *cycle)
{
    ngx_uint_t   i, *number;

    if (ngx_scim_cycle_time(store, args, "began", cycle->began) != NGX_OK
        || ngx_scim_cycle_time(store, args, "last", cycle->last) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; ngx_scim_cycle_numbers[i].name; i++) {
        number = (ngx_uint_t *) ((u_char *) cycle
                                 + ngx_scim_cycle_numbers[i].offset);

        if (ngx_scim_args_add_text(store, args, ngx_scim_cycle_numbers[i].name)
                != NGX_OK
            || ngx_scim_args_add_uint(store, args, *number) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ngx_scim_args_add_text(store, args, "quarantine") != NGX_OK
        || ngx_scim_args_add_uint(store, args,
                                  ngx_scim_cycle_quarantine(cycle))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_scim_redis_send(store, args, ngx_scim_cycle_reply, NULL);
}


static ngx_int_t
ngx_scim_cycle_time(ngx_scim_store_t *store, ngx_scim_args_t *args,
    const char *name, time_t sec)
{
    u_char    *p;
    size_t     len;
    ngx_tm_t   tm;

    p = ngx_pnalloc(store->pool, sizeof("1970-01-01T00:00:00Z"));
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_gmtime(sec, &tm);

    len = ngx_sprintf(p, "%4d-%02d-%02dT%02d:%02d:%02dZ", tm.ngx_tm_year,
                      tm.ngx_tm_mon, tm.ngx_tm_mday, tm.ngx_tm_hour,
                      tm.ngx_tm_min, tm.ngx_tm_sec)
          - p;

    if (ngx_scim_args_add_text(store, args, name) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_scim_args_add(store, args, p, len);
}


static ngx_int_t
ngx_scim_cycle_quarantine(ngx_scim_cycle_t *cycle)
{
    return cycle->failed > NGX_SCIM_ENTRA_FAILED
           || (cycle->failed >= NGX_SCIM_ENTRA_SHARE_FROM
               && cycle->failed * 100
                  > cycle->events * NGX_SCIM_ENTRA_SHARE_PERCENT);
}


static ngx_scim_result_e
ngx_scim_cycle_reply(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    (void) store;
    (void) reply;
    (void) arg;

    return NGX_SCIM_STORE_OK;
}
