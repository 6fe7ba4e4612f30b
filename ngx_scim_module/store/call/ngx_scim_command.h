/*
 * A command of a call.
 */

#ifndef NGX_SCIM_COMMAND_H
#define NGX_SCIM_COMMAND_H

#include "store/call/ngx_scim_result.h"
#include "store/link/ngx_scim_queue.h"


typedef struct ngx_scim_store_s  ngx_scim_store_t;


/*
 * Takes the reply to a command, if it is no error. Returns the result, and may
 * send further commands of the same call. When the last command of the call is
 * answered, or the link has failed, the handler of the call gets the first
 * result that was not OK.
 */
typedef ngx_scim_result_e (*ngx_scim_reply_pt)(ngx_scim_store_t *store,
    redisReply *reply, void *arg);


/* is on the heap, and freed when the command ends */

typedef struct {
    ngx_scim_cmd_t           cmd;           /* the first: it is found by it */
    ngx_scim_place_t         place;
    ngx_queue_t              queue;         /* in store->commands */
    ngx_scim_store_t        *store;         /* NULL: nobody waits for it */
    ngx_scim_reply_pt        on_reply;
    void                    *arg;
    unsigned                 whole:1;       /* sent with its script */
    unsigned                 late:1;        /* sent with a later time */
} ngx_scim_call_t;

#endif /* NGX_SCIM_COMMAND_H */
