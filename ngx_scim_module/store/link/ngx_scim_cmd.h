/*
 * A command on its way to Redis and back, for the file that makes calls of them.
 */

#ifndef NGX_SCIM_CMD_H
#define NGX_SCIM_CMD_H

#include "store/call/ngx_scim_args.h"
#include "store/link/ngx_scim_link.h"


typedef struct ngx_scim_cmd_s  ngx_scim_cmd_t;

/*
 * The command has ended: with a reply, or without (NULL) because Redis cannot be
 * reached or did not answer in time. A change without a reply has been carried
 * out by now, or never will be.
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


/*
 * Sends a command, together with all others of this pass of the event loop, or
 * lets it wait for a connection. done is called exactly once, and never from
 * inside this function; cmd and its args must live until then. The last argument
 * of args that are timed is the link's to write.
 */
void ngx_scim_link_send(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd);

/* Ends a command that was not sent: done is called later, without a reply. */
void ngx_scim_link_fail(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd);

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


#define ngx_scim_count(counters, what)                                        \
    (void) ngx_atomic_fetch_add(&(counters)->what, 1)

#endif /* NGX_SCIM_CMD_H */
