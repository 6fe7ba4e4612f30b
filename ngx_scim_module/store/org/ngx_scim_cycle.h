/*
 * Cycles of provisioning in the store.
 */

#ifndef NGX_SCIM_CYCLE_H
#define NGX_SCIM_CYCLE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_store.h"


/* the results of a tenant's requests of some time */

typedef struct {
    time_t                      began;
    time_t                      last;        /* request */
    ngx_uint_t                  requests;
    ngx_uint_t                  events;      /* operations; a bulk has many */
    ngx_uint_t                  created;
    ngx_uint_t                  updated;
    ngx_uint_t                  disabled;
    ngx_uint_t                  deleted;
    ngx_uint_t                  failed;      /* of the events */
} ngx_scim_cycle_t;

typedef struct {
    ngx_str_t                   source;      /* the name of this nginx, which no
                                                other has */
    time_t                      pause;       /* that ends a cycle */
    ngx_uint_t                  ended;
} ngx_scim_cycle_save_t;


/* a cycle as it was written down */

typedef struct {
    ngx_scim_cycle_t            count;       /* last is 0: there is none */
    unsigned                    running:1;
    unsigned                    quarantine:1;
} ngx_scim_cycle_record_t;


/*
 * Saves what this nginx has counted of the cycle of the tenant, for good if it
 * has ended. May be called again with the same counts. The arguments must live
 * until the handler is called. Returns as the functions of ngx_scim_store.h do.
 */
ngx_int_t ngx_scim_cycle_save(ngx_scim_store_t *store,
    ngx_scim_cycle_t *cycle, ngx_scim_cycle_save_t *save,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Sends the commands of a call that read the cycle of the tenant and add at
 * most n cycles that have ended to ended (of ngx_scim_cycle_record_t), the
 * newest first. Returns NGX_ERROR if out of memory; the call is then given up.
 */
ngx_int_t ngx_scim_cycle_send_read(ngx_scim_store_t *store,
    ngx_scim_cycle_record_t *cycle, ngx_array_t *ended, ngx_uint_t n);

#endif /* NGX_SCIM_CYCLE_H */
