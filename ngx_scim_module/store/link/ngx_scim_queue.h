/*
 * The queue of commands in front of a link. Each organization has a window: as much
 * work as Redis has of it at a time. Commands over it wait, and organizations take
 * turns, so that the commands of one never wait for very many of another. A queue
 * that is too long takes no more commands.
 */

#ifndef NGX_SCIM_QUEUE_H
#define NGX_SCIM_QUEUE_H

#include "store/link/ngx_scim_cmd.h"
#include "store/link/ngx_scim_server.h"


typedef struct ngx_scim_queue_s  ngx_scim_queue_t;
typedef struct ngx_scim_share_s  ngx_scim_share_t;


/* the place of a command; begins with zeros, and lives as long as the command */

typedef struct {
    ngx_scim_cmd_t      *cmd;
    ngx_scim_share_t    *share;      /* of its organization; NULL: none */
    ngx_queue_t          queue;
    ngx_uint_t           cost;
} ngx_scim_place_t;


/* what a link does with a command: sends it, or ends it later without a reply */

typedef struct {
    void (*send)(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd);
    void (*fail)(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd);
} ngx_scim_queue_handlers_t;


/* Returns the queue of a link, or NULL if there is no memory. */
ngx_scim_queue_t *ngx_scim_queue_create(ngx_pool_t *pool,
    const ngx_scim_queue_handlers_t *handlers, ngx_scim_link_t *link,
    ngx_str_t *name, ngx_scim_counters_t *counters, ngx_log_t *log);

/*
 * Sends a command of an organization when it is its turn, as ngx_scim_link_send()
 * does. If the queue is too long, done is called later, without a reply.
 */
void ngx_scim_queue_send(ngx_scim_queue_t *queue, ngx_str_t *tenant,
    ngx_scim_place_t *place);

/* The command has ended, and will not be sent again; others have their turn. */
void ngx_scim_queue_done(ngx_scim_queue_t *queue, ngx_scim_place_t *place);

#endif /* NGX_SCIM_QUEUE_H */
