/*
 * The queue in front of a link: a share for each organization that has commands.
 * Those shares that wait and have room in their window are in a ring.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/link/ngx_scim_queue.h"


#define NGX_SCIM_QUEUE_WINDOW  256      /* the cost of an organization */
#define NGX_SCIM_QUEUE_TOTAL   1024     /* of all organizations */
#define NGX_SCIM_QUEUE_SCRIPT  8        /* of a script; other commands cost 1 */
#define NGX_SCIM_QUEUE_MOST    65536    /* commands that wait */
#define NGX_SCIM_QUEUE_SILENT  60       /* sec between lines of the log */


/* of an organization that has commands */

struct ngx_scim_share_s {
    ngx_str_node_t           node;
    ngx_queue_t              turn;          /* in queue->turns */
    ngx_queue_t              waiting;       /* of ngx_scim_place_t */
    ngx_uint_t               nwaiting;
    ngx_uint_t               cost;          /* of commands that Redis has */
    unsigned                 turning:1;     /* it is in queue->turns */
};

struct ngx_scim_queue_s {
    const ngx_scim_queue_handlers_t  *handlers;
    ngx_scim_link_t         *link;
    ngx_str_t               *name;          /* of the server, for the log */
    ngx_scim_counters_t     *counters;
    ngx_log_t               *log;
    ngx_rbtree_t             shares;
    ngx_rbtree_node_t        sentinel;
    ngx_queue_t              turns;         /* those that wait and have room */
    ngx_uint_t               cost;          /* of commands that Redis has */
    time_t                   logged;
};


static ngx_scim_share_t *ngx_scim_queue_share(ngx_scim_queue_t *queue,
    ngx_str_t *tenant);
static void ngx_scim_queue_turn(ngx_scim_queue_t *queue,
    ngx_scim_share_t *share);
static void ngx_scim_queue_run(ngx_scim_queue_t *queue,
    ngx_scim_place_t *place);
static void ngx_scim_queue_refuse(ngx_scim_queue_t *queue,
    ngx_scim_place_t *place, ngx_str_t *tenant);
static void ngx_scim_queue_leave(ngx_scim_queue_t *queue,
    ngx_scim_share_t *share);


ngx_scim_queue_t *
ngx_scim_queue_create(ngx_pool_t *pool,
    const ngx_scim_queue_handlers_t *handlers, ngx_scim_link_t *link,
    ngx_str_t *name, ngx_scim_counters_t *counters, ngx_log_t *log)
{
    ngx_scim_queue_t  *queue;

    queue = ngx_pcalloc(pool, sizeof(ngx_scim_queue_t));
    if (queue == NULL) {
        return NULL;
    }

    queue->handlers = handlers;
    queue->link = link;
    queue->name = name;
    queue->counters = counters;
    queue->log = log;

    ngx_rbtree_init(&queue->shares, &queue->sentinel,
                    ngx_str_rbtree_insert_value);
    ngx_queue_init(&queue->turns);

    return queue;
}


void
ngx_scim_queue_send(ngx_scim_queue_t *queue, ngx_str_t *tenant,
    ngx_scim_place_t *place)
{
    ngx_scim_share_t  *share;

    share = ngx_scim_queue_share(queue, tenant);

    if (share == NULL || share->nwaiting >= NGX_SCIM_QUEUE_MOST) {
        ngx_scim_queue_refuse(queue, place, tenant);
        return;
    }

    place->share = share;
    place->cost = place->cmd->args->script ? NGX_SCIM_QUEUE_SCRIPT : 1;

    if (share->nwaiting == 0 && queue->cost < NGX_SCIM_QUEUE_TOTAL
        && share->cost < NGX_SCIM_QUEUE_WINDOW)
    {
        ngx_scim_queue_run(queue, place);
        return;
    }

    ngx_scim_count(queue->counters, queued);

    ngx_queue_insert_tail(&share->waiting, &place->queue);
    share->nwaiting++;

    ngx_scim_queue_turn(queue, share);
}


void
ngx_scim_queue_done(ngx_scim_queue_t *queue, ngx_scim_place_t *place)
{
    ngx_queue_t       *q;
    ngx_scim_share_t  *share;

    share = place->share;

    if (share == NULL) {
        return;
    }

    place->share = NULL;
    share->cost -= place->cost;
    queue->cost -= place->cost;

    ngx_scim_queue_turn(queue, share);
    ngx_scim_queue_leave(queue, share);

    while (queue->cost < NGX_SCIM_QUEUE_TOTAL
           && !ngx_queue_empty(&queue->turns))
    {
        q = ngx_queue_head(&queue->turns);

        /* NOLINTNEXTLINE(clang-analyzer-*): a ring has no end */
        ngx_queue_remove(q);

        share = ngx_queue_data(q, ngx_scim_share_t, turn);
        share->turning = 0;

        q = ngx_queue_head(&share->waiting);
        /* NOLINTNEXTLINE(clang-analyzer-*): a ring has no end */
        ngx_queue_remove(q);
        share->nwaiting--;

        ngx_scim_queue_run(queue, ngx_queue_data(q, ngx_scim_place_t, queue));
        ngx_scim_queue_turn(queue, share);
    }
}


static ngx_scim_share_t *
ngx_scim_queue_share(ngx_scim_queue_t *queue, ngx_str_t *tenant)
{
    uint32_t           hash;
    ngx_scim_share_t  *share;

    hash = ngx_crc32_short(tenant->data, tenant->len);

    share = (ngx_scim_share_t *) ngx_str_rbtree_lookup(&queue->shares, tenant,
                                                       hash);
    if (share != NULL) {
        return share;
    }

    share = ngx_calloc(sizeof(ngx_scim_share_t) + tenant->len, queue->log);
    if (share == NULL) {
        return NULL;
    }

    share->node.node.key = hash;
    share->node.str.len = tenant->len;
    share->node.str.data = (u_char *) share + sizeof(ngx_scim_share_t);

    if (tenant->len > 0) {
        ngx_memcpy(share->node.str.data, tenant->data, tenant->len);
    }

    ngx_queue_init(&share->waiting);
    ngx_rbtree_insert(&queue->shares, &share->node.node);

    return share;
}


static void
ngx_scim_queue_turn(ngx_scim_queue_t *queue, ngx_scim_share_t *share)
{
    if (!share->turning && share->nwaiting > 0
        && share->cost < NGX_SCIM_QUEUE_WINDOW)
    {
        share->turning = 1;
        ngx_queue_insert_tail(&queue->turns, &share->turn);
    }
}


static void
ngx_scim_queue_run(ngx_scim_queue_t *queue, ngx_scim_place_t *place)
{
    place->share->cost += place->cost;
    queue->cost += place->cost;

    queue->handlers->send(queue->link, place->cmd);
}


static void
ngx_scim_queue_refuse(ngx_scim_queue_t *queue, ngx_scim_place_t *place,
    ngx_str_t *tenant)
{
    ngx_scim_count(queue->counters, overflows);

    if (ngx_time() - queue->logged >= NGX_SCIM_QUEUE_SILENT) {
        queue->logged = ngx_time();

        ngx_log_error(NGX_LOG_ERR, queue->log, 0,
                      "scim: the queue of \"%V\" for redis \"%V\" is full: "
                      "%d commands wait", tenant, queue->name,
                      NGX_SCIM_QUEUE_MOST);
    }

    queue->handlers->fail(queue->link, place->cmd);
}


static void
ngx_scim_queue_leave(ngx_scim_queue_t *queue, ngx_scim_share_t *share)
{
    if (share->cost == 0 && share->nwaiting == 0) {
        ngx_rbtree_delete(&queue->shares, &share->node.node);
        ngx_free(share);
    }
}
