/*
 * The store as the operations see it: asynchronous calls on the data of one
 * tenant. No Redis type leaves this layer.
 *
 * A call begins with a handler, which is called exactly once, on failure too,
 * and never from inside the function that begins the call. The functions that
 * begin a call return NGX_OK, or NGX_ERROR if out of memory: the handler is not
 * called then. One call is pending on a store at a time. It can have many
 * commands, which are sent together. The arguments and results of a call live
 * in store->pool.
 */

#ifndef NGX_SCIM_STORE_H
#define NGX_SCIM_STORE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_result.h"


typedef struct ngx_scim_link_s   ngx_scim_link_t;
typedef struct ngx_scim_queue_s  ngx_scim_queue_t;
typedef struct ngx_scim_store_s  ngx_scim_store_t;

typedef void (*ngx_scim_store_handler_pt)(void *data,
    ngx_scim_result_e result);


/*
 * The time in which at least one call was pending. Begins with zeros. Several
 * stores can share it.
 */

typedef struct {
    ngx_uint_t                  calls;       /* so far */
    ngx_uint_t                  pending;
    ngx_msec_t                  since;       /* if any is pending */
    ngx_msec_t                  spent;
} ngx_scim_clock_t;


struct ngx_scim_store_s {
    ngx_pool_t                 *pool;
    ngx_log_t                  *log;
    ngx_scim_link_t            *link;
    ngx_str_t                   tenant;
    ngx_scim_clock_t           *clock;       /* set by the caller; or NULL */

    /* the pending call */
    ngx_scim_store_handler_pt   handler;
    void                       *data;
    ngx_scim_result_e           result;
    ngx_uint_t                  pending;     /* commands not yet answered */
    size_t                      room;        /* bytes that it may still take */
    ngx_queue_t                 commands;    /* of ngx_scim_call_t */
};


/* Prepares a store for calls on the data of a tenant. */
void ngx_scim_store_init(ngx_scim_store_t *store, ngx_pool_t *pool,
    ngx_log_t *log, ngx_scim_link_t *link, ngx_str_t *tenant);

/*
 * Returns a store with a pool of its own and a copy of the name of the tenant, for
 * a call that nobody waits for. Returns NULL if out of memory.
 */
ngx_scim_store_t *ngx_scim_store_create(size_t size, ngx_log_t *log,
    ngx_scim_link_t *link, ngx_str_t *tenant);

/* Destroys such a store: the handler of its call, with the store as data. */
void ngx_scim_store_destroy(void *data, ngx_scim_result_e result);

/*
 * Gives up the pending call. Its handler is not called, and store->pool is not
 * used any more. Redis finishes the commands that were sent.
 */
void ngx_scim_store_detach(ngx_scim_store_t *store);

#endif /* NGX_SCIM_STORE_H */
