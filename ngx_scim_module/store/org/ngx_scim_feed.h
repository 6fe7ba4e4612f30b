/*
 * The feed: a connection of its own on which Redis tells a worker of each change of a
 * user or group, of all organizations.
 */

#ifndef NGX_SCIM_FEED_H
#define NGX_SCIM_FEED_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/link/ngx_scim_server.h"


typedef struct ngx_scim_feed_s  ngx_scim_feed_t;

/* something was heard: a change, or that changes may have been missed */
typedef void (*ngx_scim_feed_pt)(void *data);


/*
 * Makes the feed of this worker and starts to connect. What it hears goes into
 * known->heard, which is there, and then handler is called. NULL: out of memory.
 */
ngx_scim_feed_t *ngx_scim_feed_create(ngx_cycle_t *cycle,
    ngx_scim_redis_conf_t *conf, ngx_scim_known_t *known,
    ngx_scim_feed_pt handler, void *data);

/*
 * Returns 1 if each change was heard of that Redis carried out until a second ago;
 * *proved is set to the time until which that is certain.
 */
ngx_uint_t ngx_scim_feed_alive(ngx_scim_feed_t *feed, ngx_msec_t *proved);

/* At the end of the worker. */
void ngx_scim_feed_close(ngx_scim_feed_t *feed);

#endif /* NGX_SCIM_FEED_H */
