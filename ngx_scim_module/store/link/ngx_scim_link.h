/*
 * Connections to Redis on nginx's event loop: one link for each worker and
 * Redis server, shared by all requests of the worker, pipelined, reconnected
 * with back-off.
 */

#ifndef NGX_SCIM_LINK_H
#define NGX_SCIM_LINK_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/link/ngx_scim_server.h"


typedef struct ngx_scim_link_s   ngx_scim_link_t;
typedef struct ngx_scim_cmd_s    ngx_scim_cmd_t;
typedef struct ngx_scim_queue_s  ngx_scim_queue_t;


/*
 * Makes the link of this worker to a server and starts to connect. Requests
 * made meanwhile wait for the connection. counters may be NULL. A server that
 * does not hold the directory that known names is not used. Returns NULL only
 * when out of memory: a server that is down is not an error.
 */
ngx_scim_link_t *ngx_scim_link_create(ngx_cycle_t *cycle,
    ngx_scim_redis_conf_t *conf, ngx_scim_counters_t *counters,
    ngx_scim_known_t *known);

/* At the end of the worker: pending calls end as UNAVAILABLE. */
void ngx_scim_link_close(ngx_scim_link_t *link);

/*
 * Returns what is known of the server's data: "heard" of it is NULL unless somebody
 * listens.
 */
ngx_scim_known_t *ngx_scim_link_known(ngx_scim_link_t *link);

/*
 * Returns a number of the latest connection that was ready. No earlier
 * connection had it.
 */
ngx_uint_t ngx_scim_link_connection(ngx_scim_link_t *link);

/*
 * Sends a command, together with all others of this pass of the event loop, or
 * lets it wait for a connection. done is called exactly once, and never from
 * inside this function; cmd and its args must live until then. The last
 * argument of args that are timed is the link's to write.
 */
void ngx_scim_link_send(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd);

/* Returns the queue in front of the link. */
ngx_scim_queue_t *ngx_scim_link_queue(ngx_scim_link_t *link);

/*
 * The clock of Redis has changed: commands wait until the link has asked for
 * it.
 */
void ngx_scim_link_doubt(ngx_scim_link_t *link);

/* Returns the counters of the link, for its user. */
ngx_scim_counters_t *ngx_scim_link_counters(ngx_scim_link_t *link);

/*
 * Redis refuses commands for a reason of its own. Logged when it begins, and
 * again after a code was not seen for a minute.
 */
void ngx_scim_link_refused(ngx_scim_link_t *link, const char *code,
    const char *text);

#endif /* NGX_SCIM_LINK_H */
