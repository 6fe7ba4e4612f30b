/*
 * The feed: SUBSCRIBE on a connection of its own, and a PING four times a second.
 * What was published before a PING has come when its answer comes.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/link/ngx_scim_args.h"
#include "store/link/ngx_scim_handshake.h"
#include "store/link/ngx_scim_question.h"
#include "store/link/ngx_scim_wire.h"
#include "store/org/ngx_scim_feed.h"


#define NGX_SCIM_FEED_CHANNEL    "scim:changed"
#define NGX_SCIM_FEED_TICK       250    /* msec between proofs */
#define NGX_SCIM_FEED_ALIVE      1000   /* msec that a proof is good for */
#define NGX_SCIM_FEED_DELAY_MIN  100    /* msec between attempts */
#define NGX_SCIM_FEED_DELAY_MAX  1000


typedef enum {
    NGX_SCIM_FEED_DOWN,
    NGX_SCIM_FEED_GREETING,         /* the handshake is under way */
    NGX_SCIM_FEED_SUBSCRIBING,
    NGX_SCIM_FEED_READY
} ngx_scim_feed_state_e;


struct ngx_scim_feed_s {
    ngx_scim_redis_conf_t   *conf;
    ngx_scim_known_t        *known;
    ngx_scim_feed_pt         handler;
    void                    *data;
    ngx_log_t               *log;
    ngx_scim_feed_state_e    state;
    ngx_scim_wire_t          wire;
    ngx_scim_handshake_t     shake;
    ngx_msec_t               asked;      /* time of what is waited for */
    ngx_msec_t               proved;     /* time of the latest proof */
    ngx_msec_t               delay;      /* until the next attempt */
    ngx_event_t              tick;
    ngx_connection_t         timer;      /* what it belongs to */
    u_char                   reason[128];    /* logged last; or empty */
    unsigned                 waiting:1;  /* for an answer */
    unsigned                 proof:1;    /* proved is set */
    unsigned                 closed:1;   /* for good */
};


static void ngx_scim_feed_connect(ngx_scim_feed_t *feed);
static void ngx_scim_feed_greet(ngx_scim_feed_t *feed);
static void ngx_scim_feed_ask(ngx_scim_feed_t *feed,
    ngx_scim_question_t *question);
static void ngx_scim_feed_subscribe(ngx_scim_feed_t *feed);
static void ngx_scim_feed_ping(ngx_scim_feed_t *feed);
static void ngx_scim_feed_tick(ngx_event_t *ev);
static ngx_int_t ngx_scim_feed_reply(void *data, redisReply *reply);
static void ngx_scim_feed_greeted(ngx_scim_feed_t *feed, redisReply *reply);
static ngx_int_t ngx_scim_feed_pushed(ngx_scim_feed_t *feed,
    redisReply *reply);
static void ngx_scim_feed_subscribed(ngx_scim_feed_t *feed);
static void ngx_scim_feed_pong(ngx_scim_feed_t *feed);
static void ngx_scim_feed_message(ngx_scim_feed_t *feed, redisReply *message);
static ngx_int_t ngx_scim_feed_word(u_char **p, u_char *last,
    const char *end, ngx_str_t *word);
static void ngx_scim_feed_closed(void *data, const char *why);
static void ngx_scim_feed_timeout(void *data);
static void ngx_scim_feed_end(void *data);
static void ngx_scim_feed_down(ngx_scim_feed_t *feed, const char *why);
static void ngx_scim_feed_report(ngx_scim_feed_t *feed, const char *why);


static const ngx_scim_wire_handlers_t  ngx_scim_feed_wire = {
    ngx_scim_feed_reply,
    ngx_scim_feed_closed,
    ngx_scim_feed_timeout,
    ngx_scim_feed_end
};


ngx_scim_feed_t *
ngx_scim_feed_create(ngx_cycle_t *cycle, ngx_scim_redis_conf_t *conf,
    ngx_scim_known_t *known, ngx_scim_feed_pt handler, void *data)
{
    ngx_scim_feed_t  *feed;

    feed = ngx_pcalloc(cycle->pool, sizeof(ngx_scim_feed_t));
    if (feed == NULL) {
        return NULL;
    }

    feed->conf = conf;
    feed->known = known;
    feed->handler = handler;
    feed->data = data;
    feed->log = cycle->log;
    feed->delay = NGX_SCIM_FEED_DELAY_MIN;

    feed->wire.handlers = &ngx_scim_feed_wire;
    feed->wire.data = feed;
    feed->wire.log = cycle->log;

    feed->timer.fd = (ngx_socket_t) -1;
    feed->timer.data = feed;

    /* a worker that is to exit does not wait for it */

    feed->tick.data = &feed->timer;
    feed->tick.handler = ngx_scim_feed_tick;
    feed->tick.log = cycle->log;
    feed->tick.cancelable = 1;

    ngx_scim_feed_connect(feed);

    return feed;
}


void
ngx_scim_feed_close(ngx_scim_feed_t *feed)
{
    feed->closed = 1;

    ngx_scim_feed_down(feed, NULL);

    if (feed->tick.timer_set) {
        ngx_del_timer(&feed->tick);
    }
}


ngx_uint_t
ngx_scim_feed_alive(ngx_scim_feed_t *feed, ngx_msec_t *proved)
{
    *proved = feed->proved;

    return feed->proof
           && ngx_current_msec - feed->proved <= NGX_SCIM_FEED_ALIVE;
}


static void
ngx_scim_feed_connect(ngx_scim_feed_t *feed)
{
    if (ngx_scim_wire_open(&feed->wire, &feed->conf->peer, &feed->conf->name)
        != NGX_OK)
    {
        ngx_scim_feed_down(feed, (char *) feed->wire.why);
        return;
    }

    feed->state = NGX_SCIM_FEED_GREETING;
    ngx_add_timer(&feed->tick, NGX_SCIM_FEED_TICK);

    ngx_scim_handshake_begin(&feed->shake, feed->conf, feed->known, feed->log);
    ngx_scim_feed_greet(feed);
}


static void
ngx_scim_feed_greet(ngx_scim_feed_t *feed)
{
    ngx_scim_question_t  question;

    if (ngx_scim_handshake_ask(&feed->shake, &question) == NGX_OK) {
        ngx_scim_feed_ask(feed, &question);

    } else {
        ngx_scim_feed_subscribe(feed);
    }
}


static void
ngx_scim_feed_ask(ngx_scim_feed_t *feed, ngx_scim_question_t *question)
{
    u_char           *p;
    ngx_scim_args_t   args;

    ngx_memzero(&args, sizeof(ngx_scim_args_t));

    args.argc = question->argc;
    args.argv = question->argv;
    args.argvlen = question->len;

    p = ngx_scim_wire_reserve(&feed->wire, ngx_scim_args_size(&args));
    if (p == NULL) {
        ngx_scim_feed_down(feed, "out of memory");
        return;
    }

    feed->waiting = 1;
    feed->asked = ngx_current_msec;

    (void) ngx_scim_wire_give(&feed->wire, ngx_scim_args_print(&args, p));
}


static void
ngx_scim_feed_subscribe(ngx_scim_feed_t *feed)
{
    ngx_scim_question_t  question;

    feed->state = NGX_SCIM_FEED_SUBSCRIBING;

    question.argc = 0;
    ngx_scim_question_add(&question, "SUBSCRIBE", 9);
    ngx_scim_question_add(&question, NGX_SCIM_FEED_CHANNEL,
                          sizeof(NGX_SCIM_FEED_CHANNEL) - 1);

    ngx_scim_feed_ask(feed, &question);
}


static void
ngx_scim_feed_ping(ngx_scim_feed_t *feed)
{
    ngx_scim_question_t  question;

    question.argc = 0;
    ngx_scim_question_add(&question, "PING", 4);

    ngx_scim_feed_ask(feed, &question);
}


static void
ngx_scim_feed_tick(ngx_event_t *ev)
{
    ngx_connection_t  *c;
    ngx_scim_feed_t   *feed;

    c = ev->data;
    feed = c->data;

    if (feed->state == NGX_SCIM_FEED_DOWN) {
        ngx_scim_feed_connect(feed);
        return;
    }

    if (feed->waiting
        && ngx_current_msec - feed->asked
           >= (feed->wire.connecting ? feed->conf->connect_timeout
                                     : feed->conf->timeout))
    {
        ngx_scim_feed_down(feed, ngx_scim_wire_overdue(&feed->wire));
        return;
    }

    ngx_add_timer(ev, NGX_SCIM_FEED_TICK);

    if (feed->state == NGX_SCIM_FEED_READY && !feed->waiting) {
        ngx_scim_feed_ping(feed);
    }
}


static ngx_int_t
ngx_scim_feed_reply(void *data, redisReply *reply)
{
    ngx_scim_feed_t *feed = data;

    if (feed->state == NGX_SCIM_FEED_GREETING) {
        ngx_scim_feed_greeted(feed, reply);
        return NGX_OK;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_scim_feed_down(feed, ngx_scim_reply_error(reply));
        return NGX_OK;
    }

    return ngx_scim_feed_pushed(feed, reply);
}


static void
ngx_scim_feed_greeted(ngx_scim_feed_t *feed, redisReply *reply)
{
    const char  *why;

    why = ngx_scim_handshake_answer(&feed->shake, reply);

    if (why != NULL) {
        ngx_scim_feed_down(feed, why);

    } else {
        ngx_scim_feed_greet(feed);
    }
}


/* NGX_ERROR: nobody has asked for such a reply */

static ngx_int_t
ngx_scim_feed_pushed(ngx_scim_feed_t *feed, redisReply *reply)
{
    redisReply  **e;

    e = reply->element;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2
        || e[0]->type != REDIS_REPLY_STRING)
    {
        return NGX_ERROR;
    }

    if (ngx_strcmp(e[0]->str, "message") == 0 && reply->elements == 3
        && e[2]->type == REDIS_REPLY_STRING)
    {
        ngx_scim_feed_message(feed, e[2]);
        return NGX_OK;
    }

    if (ngx_strcmp(e[0]->str, "subscribe") == 0) {
        ngx_scim_feed_subscribed(feed);
        return NGX_OK;
    }

    if (ngx_strcmp(e[0]->str, "pong") == 0) {
        ngx_scim_feed_pong(feed);
        return NGX_OK;
    }

    return NGX_ERROR;
}


/* what was known before may be wrong by now */

static void
ngx_scim_feed_subscribed(ngx_scim_feed_t *feed)
{
    feed->state = NGX_SCIM_FEED_READY;
    feed->delay = NGX_SCIM_FEED_DELAY_MIN;

    ngx_scim_heard_gap(feed->known->heard);
    feed->handler(feed->data);

    ngx_scim_feed_ping(feed);
}


static void
ngx_scim_feed_pong(ngx_scim_feed_t *feed)
{
    feed->waiting = 0;
    feed->proved = feed->asked;
    feed->proof = 1;

    if (feed->reason[0] != '\0') {
        feed->reason[0] = '\0';
        ngx_log_error(NGX_LOG_NOTICE, feed->log, 0,
                      "scim: redis \"%V\" tells of changes again",
                      &feed->conf->name);
    }
}


/* "scim:{acme}:user:ysjx4qbik4u352nb2w453ddina"; without type and id: of all */

static void
ngx_scim_feed_message(ngx_scim_feed_t *feed, redisReply *message)
{
    u_char     *p, *last;
    ngx_str_t   scim, tenant, type, id;

    p = (u_char *) message->str;
    last = p + message->len;

    if (ngx_scim_feed_word(&p, last, ":{", &scim) != NGX_OK
        || ngx_scim_feed_word(&p, last, "}:", &tenant) != NGX_OK)
    {
        ngx_scim_heard_gap(feed->known->heard);

    } else {
        if (ngx_scim_feed_word(&p, last, ":", &type) != NGX_OK) {
            ngx_str_null(&type);
        }

        id.data = p;
        id.len = last - p;

        ngx_scim_heard_change(feed->known->heard, &tenant, &type, &id);
    }

    feed->handler(feed->data);
}


static ngx_int_t
ngx_scim_feed_word(u_char **p, u_char *last, const char *end,
    ngx_str_t *word)
{
    u_char  *at;

    at = ngx_strnstr(*p, (char *) end, last - *p);
    if (at == NULL) {
        return NGX_DECLINED;
    }

    word->data = *p;
    word->len = at - *p;
    *p = at + ngx_strlen(end);

    return NGX_OK;
}


static void
ngx_scim_feed_closed(void *data, const char *why)
{
    ngx_scim_feed_down(data, why);
}


/* no event of the connection has a timer */

static void
ngx_scim_feed_timeout(void *data)
{
    ngx_scim_feed_t *feed = data;

    ngx_scim_feed_down(feed, ngx_scim_wire_overdue(&feed->wire));
}


static void
ngx_scim_feed_end(void *data)
{
    ngx_scim_feed_close(data);
}


static void
ngx_scim_feed_down(ngx_scim_feed_t *feed, const char *why)
{
    if (why != NULL) {
        ngx_scim_feed_report(feed, why);
    }

    ngx_scim_wire_close(&feed->wire);

    feed->state = NGX_SCIM_FEED_DOWN;
    feed->waiting = 0;
    feed->proof = 0;

    if (!feed->closed) {
        ngx_add_timer(&feed->tick, feed->delay);
        feed->delay = ngx_min(feed->delay * 2, NGX_SCIM_FEED_DELAY_MAX);
    }
}


/* one line for each reason, not for each attempt */

static void
ngx_scim_feed_report(ngx_scim_feed_t *feed, const char *why)
{
    u_char  text[sizeof(feed->reason)];

    ngx_cpystrn(text, (u_char *) why, sizeof(text));

    if (ngx_strcmp(text, feed->reason) == 0) {
        return;
    }

    ngx_memcpy(feed->reason, text, sizeof(text));

    ngx_log_error(NGX_LOG_ERR, feed->log, 0,
                  "scim: redis \"%V\" does not tell of changes: %s",
                  &feed->conf->name, text);
}
