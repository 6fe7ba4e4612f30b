/*
 * Connections to Redis on nginx's event loop: one link for each worker and
 * Redis server, shared by all requests of the worker, pipelined, reconnected
 * with back-off.
 */

#ifndef NGX_SCIM_REDIS_H
#define NGX_SCIM_REDIS_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <hiredis/hiredis.h>
#include <hiredis/async.h>

#include "ngx_scim_store.h"


/* the server of a scim_redis directive; lives as long as the configuration */

typedef struct {
    ngx_str_t     name;               /* for messages, without secrets */
    ngx_str_t     host;               /* numeric address, or the socket's path */
    in_port_t     port;               /* 0: a unix socket */
    ngx_str_t     user;               /* empty: none */
    ngx_str_t     password;           /* empty: none */
    ngx_uint_t    db;
    ngx_msec_t    connect_timeout;
    ngx_msec_t    timeout;
} ngx_scim_redis_conf_t;


/*
 * Makes the link of this worker to a server and starts to connect. Requests
 * made meanwhile wait for the connection. NULL only when out of memory: a
 * server that is down is not an error.
 */
ngx_scim_link_t *ngx_scim_link_create(ngx_cycle_t *cycle,
    ngx_scim_redis_conf_t *conf);

/* At the end of the worker: pending calls end as UNAVAILABLE. */
void ngx_scim_link_close(ngx_scim_link_t *link);


/*
 * A command of a pending call. on_reply is called once, with the reply or,
 * with NULL, when the link failed (store->result is then UNAVAILABLE
 * already); it returns the result that the reply means, and may issue further
 * commands of the same call. When the last command of the call is answered,
 * the call's handler gets the first result that was not OK.
 */
typedef ngx_scim_result_e (*ngx_scim_reply_pt)(ngx_scim_store_t *store,
    redisReply *reply, void *arg);

typedef struct {
    ngx_uint_t     argc;
    ngx_uint_t     nalloc;
    const char   **argv;
    size_t        *argvlen;
} ngx_scim_args_t;

/* the arguments of one command, in the store's pool; room for n to begin with */
ngx_scim_args_t *ngx_scim_args_create(ngx_scim_store_t *store, ngx_uint_t n);
ngx_int_t ngx_scim_args_add(ngx_scim_store_t *store, ngx_scim_args_t *args,
    const void *data, size_t len);

/* begins a call; then one ngx_scim_redis_send() or more */
void ngx_scim_redis_begin(ngx_scim_store_t *store,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Sends a command of the call, together with all others of this pass of the
 * event loop. NGX_ERROR: out of memory, on_reply is not called.
 */
ngx_int_t ngx_scim_redis_send(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_scim_reply_pt on_reply, void *arg);

/*
 * What an error reply means: UNAVAILABLE for a state of the server (LOADING,
 * BUSY, READONLY, OOM, MASTERDOWN, NOAUTH ...), FAILED, and a line in the
 * log, for any other.
 */
ngx_scim_result_e ngx_scim_redis_error(ngx_scim_store_t *store,
    redisReply *reply);

#endif /* NGX_SCIM_REDIS_H */
