/*
 * Turns of a worker.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <time.h>

#include "op/core/ngx_scim_turn.h"
#include "store/call/ngx_scim_store.h"


#define NGX_SCIM_TURN_USEC   400    /* of one handler, at most by itself */
#define NGX_SCIM_TURN_SHARE  4      /* a fourth of the time, beside others */
#define NGX_SCIM_TURN_GUARD  10000  /* msec */
#define NGX_SCIM_TURN_BUSY   2000   /* usec that an operation counts for */


/* of the worker */

static struct {
    ngx_queue_t                 tenants;    /* of ngx_scim_turn_t, first */
    ngx_scim_turn_t            *holder;
    ngx_event_t                 event;
    ngx_connection_t            timer;      /* the event belongs to this */
    int64_t                     began;      /* usec; the latest handler */
    int64_t                     counted;    /* the credit, at this time */
    int64_t                     credit;     /* usec that may be used */
    int64_t                     others;     /* the latest operation began */
} ngx_scim_turns;


static void ngx_scim_turn_enqueue(ngx_scim_turn_t *turn);
static ngx_scim_turn_t *ngx_scim_turn_dequeue(void);
static void ngx_scim_turn_leave(ngx_scim_turn_t *turn, ngx_uint_t last);
static void ngx_scim_turn_post(void);
static void ngx_scim_turn_event(ngx_event_t *ev);
static ngx_uint_t ngx_scim_turn_due(void);
static int64_t ngx_scim_turn_clock(void);


void
ngx_scim_turn_wait(ngx_scim_turn_t *turn, ngx_str_t *tenant,
    ngx_scim_store_handler_pt handler, void *data)
{
    turn->tenant = tenant;
    turn->handler = handler;
    turn->data = data;

    if (turn == ngx_scim_turns.holder) {
        turn->state = NGX_SCIM_TURN_READY;

    } else {
        ngx_scim_turn_enqueue(turn);
    }

    ngx_scim_turn_post();
}


ngx_uint_t
ngx_scim_turn_over(void)
{
    return ngx_scim_turn_clock() - ngx_scim_turns.began >= NGX_SCIM_TURN_USEC;
}


void
ngx_scim_turn_end(ngx_scim_turn_t *turn)
{
    if (turn->state == NGX_SCIM_TURN_WAITING) {
        ngx_scim_turn_leave(turn, 0);
    }

    if (turn == ngx_scim_turns.holder) {
        ngx_scim_turns.holder = NULL;
        ngx_scim_turn_post();
    }

    turn->state = NGX_SCIM_TURN_NONE;
}


void
ngx_scim_turn_others(void)
{
    ngx_scim_turns.others = ngx_scim_turn_clock();
}


ngx_uint_t
ngx_scim_turn_busy(void)
{
    return ngx_scim_turn_clock() - ngx_scim_turns.others < NGX_SCIM_TURN_BUSY;
}


static void
ngx_scim_turn_enqueue(ngx_scim_turn_t *turn)
{
    ngx_queue_t      *q;
    ngx_scim_turn_t  *first;

    if (ngx_scim_turns.tenants.next == NULL) {
        ngx_queue_init(&ngx_scim_turns.tenants);
    }

    turn->state = NGX_SCIM_TURN_WAITING;
    ngx_queue_init(&turn->others);

    for (q = ngx_queue_head(&ngx_scim_turns.tenants);
         q != ngx_queue_sentinel(&ngx_scim_turns.tenants);
         q = ngx_queue_next(q))
    {
        first = ngx_queue_data(q, ngx_scim_turn_t, queue);

        if (first->tenant->len == turn->tenant->len
            && ngx_memcmp(first->tenant->data, turn->tenant->data,
                          turn->tenant->len)
               == 0)
        {
            turn->first = 0;
            ngx_queue_insert_tail(&first->others, &turn->queue);
            return;
        }
    }

    turn->first = 1;
    ngx_queue_insert_tail(&ngx_scim_turns.tenants, &turn->queue);
}


static ngx_scim_turn_t *
ngx_scim_turn_dequeue(void)
{
    ngx_queue_t      *q;
    ngx_scim_turn_t  *turn;

    if (ngx_scim_turns.tenants.next == NULL
        || ngx_queue_empty(&ngx_scim_turns.tenants))
    {
        return NULL;
    }

    q = ngx_queue_head(&ngx_scim_turns.tenants);
    turn = ngx_queue_data(q, ngx_scim_turn_t, queue);

    ngx_scim_turn_leave(turn, 1);

    return turn;
}


/* another of the tenant becomes its first: the last of all, or in its place */

static void
ngx_scim_turn_leave(ngx_scim_turn_t *turn, ngx_uint_t last)
{
    ngx_queue_t      *q, *before;
    ngx_scim_turn_t  *next;

    before = ngx_queue_prev(&turn->queue);
    ngx_queue_remove(&turn->queue);

    if (!turn->first || ngx_queue_empty(&turn->others)) {
        return;
    }

    q = ngx_queue_head(&turn->others);
    next = ngx_queue_data(q, ngx_scim_turn_t, queue);

    ngx_queue_remove(q);
    next->first = 1;

    if (!ngx_queue_empty(&turn->others)) {
        ngx_queue_add(&next->others, &turn->others);
    }

    if (last) {
        ngx_queue_insert_tail(&ngx_scim_turns.tenants, q);

    } else {
        ngx_queue_insert_after(before, q);
    }
}


/* for the next pass of the event loop, if there is anything to do then */

static void
ngx_scim_turn_post(void)
{
    ngx_scim_turn_t  *holder;

    holder = ngx_scim_turns.holder;

    if (ngx_scim_turns.event.posted || ngx_scim_turns.event.timer_set
        || (holder != NULL && holder->state != NGX_SCIM_TURN_READY)
        || (holder == NULL
            && (ngx_scim_turns.tenants.next == NULL
                || ngx_queue_empty(&ngx_scim_turns.tenants))))
    {
        return;
    }

    ngx_scim_turns.timer.fd = (ngx_socket_t) -1;

    ngx_scim_turns.event.handler = ngx_scim_turn_event;
    ngx_scim_turns.event.data = &ngx_scim_turns.timer;
    ngx_scim_turns.event.log = ngx_cycle->log;

    ngx_post_event(&ngx_scim_turns.event, &ngx_posted_next_events);

    /* a worker that is to exit waits for timers, not for posted events */

    ngx_add_timer(&ngx_scim_turns.event, NGX_SCIM_TURN_GUARD);
}


static void
ngx_scim_turn_event(ngx_event_t *ev)
{
    ngx_scim_turn_t  *turn;

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    turn = ngx_scim_turns.holder;

    if (turn != NULL && turn->state != NGX_SCIM_TURN_READY) {
        return;
    }

    if (!ngx_scim_turn_due()) {
        ngx_add_timer(ev, 1);
        return;
    }

    if (turn == NULL) {
        turn = ngx_scim_turn_dequeue();
        if (turn == NULL) {
            return;
        }

        ngx_scim_turns.holder = turn;
    }

    turn->state = NGX_SCIM_TURN_HELD;

    ngx_scim_turns.began = ngx_scim_turn_clock();

    turn->handler(turn->data, NGX_SCIM_STORE_OK);

    ngx_scim_turns.counted = ngx_scim_turn_clock();
    ngx_scim_turns.credit -= ngx_scim_turns.counted - ngx_scim_turns.began;
    ngx_scim_turns.credit = ngx_max(ngx_scim_turns.credit,
                                    -NGX_SCIM_TURN_USEC);
}


/* credit grows with time, and is asked for only while there are others */

static ngx_uint_t
ngx_scim_turn_due(void)
{
    int64_t  now;

    now = ngx_scim_turn_clock();

    ngx_scim_turns.credit += (now - ngx_scim_turns.counted)
                             / NGX_SCIM_TURN_SHARE;
    ngx_scim_turns.credit = ngx_min(ngx_scim_turns.credit, NGX_SCIM_TURN_USEC);
    ngx_scim_turns.counted = now;

    return ngx_scim_turns.credit > 0 || !ngx_scim_turn_busy();
}


static int64_t
ngx_scim_turn_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}
