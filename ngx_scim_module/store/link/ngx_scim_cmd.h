/*
 * A command on its way to Redis and back, for the file that makes calls of
 * them.
 */

#ifndef NGX_SCIM_CMD_H
#define NGX_SCIM_CMD_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <hiredis/hiredis.h>

#include "store/link/ngx_scim_args.h"


typedef struct ngx_scim_link_s  ngx_scim_link_t;
typedef struct ngx_scim_cmd_s   ngx_scim_cmd_t;

/*
 * The command has ended: with a reply, or without (NULL) because Redis cannot
 * be reached or did not answer in time. A change without a reply has been
 * carried out by now, or never will be.
 */
typedef void (*ngx_scim_cmd_done_pt)(ngx_scim_cmd_t *cmd, redisReply *reply);

struct ngx_scim_cmd_s {
    ngx_scim_cmd_done_pt     done;      /* set by the caller, with what follows */
    ngx_scim_args_t         *args;      /* NULL: not waited for, not sent */

    /* the link's */
    ngx_scim_link_t         *link;
    ngx_queue_t              queue;     /* of those that wait, are sent, or end */
    uint64_t                 end;       /* the place of its last byte */
    ngx_msec_t               until;     /* a change: when it is given up */
    unsigned                 timed:1;   /* a change, which has been sent */
    unsigned                 again:1;   /* sent on a second connection */
    unsigned                 own:1;     /* a question of the link itself */
};

#endif /* NGX_SCIM_CMD_H */
