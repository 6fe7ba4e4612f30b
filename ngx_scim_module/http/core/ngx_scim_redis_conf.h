/*
 * The directive scim_redis: the Redis servers of the configuration.
 */

#ifndef NGX_SCIM_REDIS_CONF_H
#define NGX_SCIM_REDIS_CONF_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "base/ngx_scim_digest.h"
#include "store/call/ngx_scim_store.h"
#include "store/link/ngx_scim_server.h"


/* a Redis server; the link is this worker's */

typedef struct {
    ngx_scim_redis_conf_t       conf;
    u_char                      id[NGX_SCIM_DIGEST_LEN];   /* of its data */
    ngx_scim_link_t            *link;
} ngx_scim_server_t;


char *ngx_scim_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

#endif /* NGX_SCIM_REDIS_CONF_H */
