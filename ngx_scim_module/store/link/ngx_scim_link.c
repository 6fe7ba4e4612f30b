/*
 * A link: the connection to a Redis server through all its states.
 *
 * One timer watches for progress: replies come in order, so that one that is
 * overdue means a dead link. A connection that the server has closed is
 * replaced at once, and what was not sent goes out on the new one. After a
 * pause nothing is sent before Redis has told the time: this shows whether the
 * connection still stands, and what the clock of Redis says.
 */

#include "store/link/ngx_scim_args.h"
#include "store/link/ngx_scim_cmd.h"
#include "store/link/ngx_scim_deadline.h"
#include "store/link/ngx_scim_handshake.h"
#include "store/link/ngx_scim_queue.h"
#include "store/link/ngx_scim_link.h"
#include "store/link/ngx_scim_question.h"
#include "store/link/ngx_scim_server.h"
#include "store/link/ngx_scim_settings.h"
#include "store/link/ngx_scim_wire.h"


#define NGX_SCIM_LINK_DELAY_MIN  100    /* msec between attempts */
#define NGX_SCIM_LINK_DELAY_MAX  1000
#define NGX_SCIM_LINK_PAUSE      1000   /* msec */
#define NGX_SCIM_LINK_HELD       100    /* msec that a timer may be late */
#define NGX_SCIM_LINK_SPARE      8      /* this part of a timeout is for the
                                           script that a change runs */
#define NGX_SCIM_LINK_REFUSED    60     /* sec */


typedef enum {
    NGX_SCIM_LINK_DOWN,         /* commands fail at once */
    NGX_SCIM_LINK_OPENING,      /* commands wait */
    NGX_SCIM_LINK_READY
} ngx_scim_link_state_e;


struct ngx_scim_link_s {
    ngx_scim_redis_conf_t   *conf;
    ngx_scim_counters_t     *counters;
    ngx_scim_known_t        *known;
    ngx_scim_queue_t        *line;          /* in front of it */
    ngx_log_t               *log;
    ngx_scim_link_state_e    state;
    ngx_scim_wire_t          wire;
    ngx_scim_handshake_t     shake;
    ngx_scim_deadline_t      deadline;
    ngx_scim_settings_t      settings;
    ngx_scim_cmd_t           hello;         /* a step of the handshake */
    ngx_scim_cmd_t           same;          /* that for the directory */
    ngx_scim_cmd_t           time;          /* the question for the time */
    ngx_scim_cmd_t           look[NGX_SCIM_SETTINGS_QUESTIONS];

    ngx_queue_t              waiting;       /* of ngx_scim_cmd_t, as are these */
    ngx_uint_t               nwaiting;
    ngx_queue_t              sent;          /* without a reply */
    ngx_uint_t               nsent;
    ngx_queue_t              lost;          /* Redis may still begin with them */
    ngx_queue_t              failed;        /* to be told so */

    ngx_msec_t               progress;      /* time of the latest reply */
    ngx_msec_t               due;           /* when the timer is to expire */
    ngx_msec_t               since;         /* when it became ready */
    ngx_uint_t               connection;    /* how many became ready */
    ngx_msec_t               delay;         /* until the next attempt */
    ngx_event_t              connect;
    ngx_event_t              lose;
    ngx_event_t              fail;
    ngx_connection_t         timer;         /* what these events belong to */

    u_char                   reason[192];   /* logged last; empty: none */
    u_char                   refusal[16];
    time_t                   refused;

    unsigned                 up:1;          /* the handshake is done */
    unsigned                 asking:1;      /* time is on its way */
    unsigned                 closed:1;      /* for good */
};


static void ngx_scim_link_event(ngx_scim_link_t *link, ngx_event_t *ev,
    ngx_event_handler_pt handler);
static void ngx_scim_link_own(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd,
    ngx_scim_cmd_done_pt done);
static void ngx_scim_link_connect(ngx_event_t *ev);
static void ngx_scim_link_greet(ngx_scim_link_t *link);
static void ngx_scim_link_greeted(ngx_scim_cmd_t *cmd, redisReply *reply);
static void ngx_scim_link_ask_time(ngx_scim_link_t *link);
static void ngx_scim_link_ask_same(ngx_scim_link_t *link);
static void ngx_scim_link_have_same(ngx_scim_cmd_t *cmd, redisReply *reply);
static void ngx_scim_link_have_time(ngx_scim_cmd_t *cmd, redisReply *reply);
static void ngx_scim_link_ready(ngx_scim_link_t *link);
static void ngx_scim_link_look(ngx_scim_link_t *link);
static void ngx_scim_link_looked(ngx_scim_cmd_t *cmd, redisReply *reply);
static ngx_uint_t ngx_scim_link_is_doubtful(ngx_scim_link_t *link);
static ngx_int_t ngx_scim_link_ask(ngx_scim_link_t *link,
    ngx_scim_cmd_t *cmd, ngx_scim_question_t *question);

static void ngx_scim_link_wait(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd);
static void ngx_scim_link_issue(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd);
static ngx_int_t ngx_scim_link_write(ngx_scim_link_t *link,
    ngx_scim_cmd_t *cmd, ngx_scim_args_t *args);
static ngx_int_t ngx_scim_link_reply(void *data, redisReply *reply);
static void ngx_scim_link_watch(ngx_scim_link_t *link);
static void ngx_scim_link_arm(ngx_scim_link_t *link, ngx_msec_t timer);
static ngx_msec_t ngx_scim_link_patience(ngx_scim_link_t *link);
static void ngx_scim_link_timeout(void *data);

static void ngx_scim_link_closed(void *data, const char *why);
static void ngx_scim_link_end(void *data);
static void ngx_scim_link_down(ngx_scim_link_t *link, const char *why);
static void ngx_scim_link_drop(ngx_scim_link_t *link, ngx_uint_t again);
static void ngx_scim_link_lose(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd);
static void ngx_scim_link_lost(ngx_event_t *ev);
static void ngx_scim_link_fail(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd);
static void ngx_scim_link_failed(ngx_event_t *ev);
static ngx_scim_cmd_t *ngx_scim_link_first(ngx_queue_t *queue);
static ngx_uint_t ngx_scim_link_idle(ngx_scim_link_t *link);
static void ngx_scim_link_report(ngx_scim_link_t *link, const char *why);


static const ngx_scim_wire_handlers_t  ngx_scim_link_handlers = {
    ngx_scim_link_reply,
    ngx_scim_link_closed,
    ngx_scim_link_timeout,
    ngx_scim_link_end
};

static const ngx_scim_queue_handlers_t  ngx_scim_link_line = {
    ngx_scim_link_send,
    ngx_scim_link_fail
};


ngx_scim_link_t *
ngx_scim_link_create(ngx_cycle_t *cycle, ngx_scim_redis_conf_t *conf,
    ngx_scim_counters_t *counters, ngx_scim_known_t *known)
{
    ngx_uint_t        i;
    ngx_scim_link_t  *link;

    static ngx_scim_counters_t  unseen;

    link = ngx_pcalloc(cycle->pool, sizeof(ngx_scim_link_t));
    if (link == NULL) {
        return NULL;
    }

    link->conf = conf;
    link->counters = counters ? counters : &unseen;
    link->known = known;
    link->log = cycle->log;
    link->delay = NGX_SCIM_LINK_DELAY_MIN;

    link->wire.handlers = &ngx_scim_link_handlers;
    link->wire.data = link;
    link->wire.log = cycle->log;

    link->line = ngx_scim_queue_create(cycle->pool, &ngx_scim_link_line, link,
                                       &conf->name, link->counters,
                                       cycle->log);
    if (link->line == NULL) {
        return NULL;
    }

    ngx_scim_link_own(link, &link->hello, ngx_scim_link_greeted);
    ngx_scim_link_own(link, &link->same, ngx_scim_link_have_same);
    ngx_scim_link_own(link, &link->time, ngx_scim_link_have_time);

    for (i = 0; i < NGX_SCIM_SETTINGS_QUESTIONS; i++) {
        ngx_scim_link_own(link, &link->look[i], ngx_scim_link_looked);
    }

    ngx_queue_init(&link->waiting);
    ngx_queue_init(&link->sent);
    ngx_queue_init(&link->lost);
    ngx_queue_init(&link->failed);

    link->timer.fd = (ngx_socket_t) -1;
    link->timer.data = link;

    ngx_scim_link_event(link, &link->connect, ngx_scim_link_connect);
    ngx_scim_link_event(link, &link->lose, ngx_scim_link_lost);
    ngx_scim_link_event(link, &link->fail, ngx_scim_link_failed);

    /* a worker that is to exit does not wait for it */

    link->connect.cancelable = 1;

    ngx_scim_link_connect(&link->connect);

    return link;
}


static void
ngx_scim_link_event(ngx_scim_link_t *link, ngx_event_t *ev,
    ngx_event_handler_pt handler)
{
    ev->data = &link->timer;
    ev->handler = handler;
    ev->log = link->log;
}


static void
ngx_scim_link_own(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd,
    ngx_scim_cmd_done_pt done)
{
    cmd->done = done;
    cmd->link = link;
    cmd->own = 1;
}


void
ngx_scim_link_close(ngx_scim_link_t *link)
{
    ngx_scim_link_end(link);
}


ngx_scim_known_t *
ngx_scim_link_known(ngx_scim_link_t *link)
{
    return link->known;
}


ngx_uint_t
ngx_scim_link_connection(ngx_scim_link_t *link)
{
    return link->connection;
}


ngx_scim_queue_t *
ngx_scim_link_queue(ngx_scim_link_t *link)
{
    return link->line;
}


ngx_scim_counters_t *
ngx_scim_link_counters(ngx_scim_link_t *link)
{
    return link->counters;
}


static void
ngx_scim_link_connect(ngx_event_t *ev)
{
    ngx_connection_t  *c;
    ngx_scim_link_t   *link;

    c = ev->data;
    link = c->data;

    if (ngx_scim_wire_open(&link->wire, &link->conf->peer, &link->conf->name)
        != NGX_OK) {
        ngx_scim_link_down(link, (char *) link->wire.why);
        return;
    }

    link->state = NGX_SCIM_LINK_OPENING;

    ngx_scim_handshake_begin(&link->shake, link->conf, link->known, link->log);

    /* given before the connection stands, so that the timer covers both */

    ngx_scim_link_greet(link);
}


/* nothing else is sent until the handshake has succeeded */

static void
ngx_scim_link_greet(ngx_scim_link_t *link)
{
    ngx_scim_question_t  question;

    if (ngx_scim_handshake_ask(&link->shake, &question) != NGX_OK) {
        ngx_scim_link_ask_time(link);
        return;
    }

    if (ngx_scim_link_ask(link, &link->hello, &question) != NGX_OK) {
        ngx_scim_link_down(link, "out of memory");
    }
}


static void
ngx_scim_link_greeted(ngx_scim_cmd_t *cmd, redisReply *reply)
{
    const char       *why;
    ngx_scim_link_t  *link;

    link = cmd->link;

    why = ngx_scim_handshake_answer(&link->shake, reply);

    if (why != NULL) {
        ngx_scim_link_down(link, why);
        return;
    }

    ngx_scim_link_greet(link);
}


static void
ngx_scim_link_ask_time(ngx_scim_link_t *link)
{
    ngx_scim_question_t  question;

    if (link->up) {
        ngx_scim_link_ask_same(link);
    }

    ngx_scim_deadline_ask(&link->deadline, &question);

    if (ngx_scim_link_ask(link, &link->time, &question) == NGX_OK) {
        link->asking = 1;

    } else if (link->state == NGX_SCIM_LINK_OPENING) {
        ngx_scim_link_down(link, "out of memory");
    }
}


/*
 * The data can be flushed, or swapped, under a connection that stands. Goes in
 * front of the question for the time, so that what waits for that waits for both.
 */

static void
ngx_scim_link_ask_same(ngx_scim_link_t *link)
{
    ngx_scim_question_t  question;

    if (ngx_scim_directory_again(&link->shake.directory, &question) == NGX_OK) {
        (void) ngx_scim_link_ask(link, &link->same, &question);
    }
}


/* an error is that of the commands behind it too, and is told there */

static void
ngx_scim_link_have_same(ngx_scim_cmd_t *cmd, redisReply *reply)
{
    const char       *why;
    ngx_scim_link_t  *link;

    link = cmd->link;

    if (reply->type == REDIS_REPLY_ERROR) {
        return;
    }

    why = ngx_scim_directory_answer(&link->shake.directory, reply);

    if (why != NULL) {
        ngx_scim_link_down(link, why);
    }
}


static void
ngx_scim_link_have_time(ngx_scim_cmd_t *cmd, redisReply *reply)
{
    const char       *why;
    ngx_scim_link_t  *link;

    link = cmd->link;
    link->asking = 0;

    if (ngx_scim_deadline_have(&link->deadline, reply) == NGX_OK) {
        if (link->state == NGX_SCIM_LINK_OPENING) {
            ngx_scim_link_ready(link);
        }

    } else if (link->state == NGX_SCIM_LINK_OPENING) {
        why = reply->type == REDIS_REPLY_ERROR ? ngx_scim_reply_error(reply)
                                               : "it does not tell the time";
        ngx_scim_link_down(link, why);
    }
}


static void
ngx_scim_link_ready(ngx_scim_link_t *link)
{
    ngx_uint_t       first;
    ngx_scim_cmd_t  *cmd;

    link->state = NGX_SCIM_LINK_READY;
    first = !link->up;

    if (first) {
        link->up = 1;
        link->since = ngx_current_msec;
        link->connection++;
        link->delay = NGX_SCIM_LINK_DELAY_MIN;
        ngx_scim_count(link->counters, connects);
    }

    if (link->reason[0] != '\0') {
        link->reason[0] = '\0';
        ngx_log_error(NGX_LOG_NOTICE, link->log, 0,
                      "scim: redis \"%V\" is available again",
                      &link->conf->name);
    }

    while (!ngx_queue_empty(&link->waiting)) {
        cmd = ngx_scim_link_first(&link->waiting);
        link->nwaiting--;
        ngx_scim_link_issue(link, cmd);
    }

    if (first) {
        ngx_scim_link_look(link);
    }
}


/* behind the requests that wait: none of them waits for the settings */

static void
ngx_scim_link_look(ngx_scim_link_t *link)
{
    ngx_uint_t           i;
    ngx_scim_question_t  question;

    if (!ngx_scim_settings_begin(&link->settings, &link->shake.directory,
                                 link->conf->configuration))
    {
        return;
    }

    for (i = 0; i < NGX_SCIM_SETTINGS_QUESTIONS; i++) {
        ngx_scim_settings_ask(i, &question);
        (void) ngx_scim_link_ask(link, &link->look[i], &question);
    }
}


static void
ngx_scim_link_looked(ngx_scim_cmd_t *cmd, redisReply *reply)
{
    ngx_scim_settings_answer(&cmd->link->settings, reply);
}


void
ngx_scim_link_send(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd)
{
    cmd->link = link;
    cmd->again = 0;
    cmd->timed = 0;

    if (ngx_scim_link_is_doubtful(link)) {
        ngx_scim_link_doubt(link);
    }

    if (link->state == NGX_SCIM_LINK_READY) {
        ngx_scim_link_issue(link, cmd);

    } else if (link->state == NGX_SCIM_LINK_OPENING) {
        ngx_scim_count(link->counters, parked);
        ngx_scim_link_wait(link, cmd);

    } else {
        ngx_scim_link_fail(link, cmd);
    }
}


/* after a pause, and once another worker has found the directory missing */

static ngx_uint_t
ngx_scim_link_is_doubtful(ngx_scim_link_t *link)
{
    return link->state == NGX_SCIM_LINK_READY
           && (link->known->missing
               || (link->nsent == 0
                   && ngx_current_msec - link->progress
                      >= NGX_SCIM_LINK_PAUSE));
}


void
ngx_scim_link_doubt(ngx_scim_link_t *link)
{
    if (link->state != NGX_SCIM_LINK_READY) {
        return;
    }

    link->state = NGX_SCIM_LINK_OPENING;

    if (!link->asking) {
        ngx_scim_link_ask_time(link);
    }
}


static void
ngx_scim_link_wait(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd)
{
    ngx_queue_insert_tail(&link->waiting, &cmd->queue);
    link->nwaiting++;

    /* now a worker that is to exit waits for the handshake */

    if (link->wire.c != NULL) {
        link->wire.c->read->cancelable = 0;
    }
}


static void
ngx_scim_link_issue(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd)
{
    ngx_msec_t        timeout;
    ngx_scim_args_t  *args;

    args = cmd->args;

    if (args == NULL) {
        ngx_scim_link_fail(link, cmd);
        return;
    }

    if (args->timed) {
        timeout = link->conf->timeout;

        cmd->timed = 1;
        cmd->until = (link->nsent ? link->progress : ngx_current_msec)
                     + timeout;

        ngx_scim_deadline_write(&link->deadline, args, cmd->until,
                                timeout / NGX_SCIM_LINK_SPARE);
    }

    if (ngx_scim_link_write(link, cmd, args) != NGX_OK) {
        ngx_scim_link_fail(link, cmd);
        return;
    }

    ngx_scim_count(link->counters, commands);

    if (!link->asking && ngx_scim_deadline_old(&link->deadline)) {
        ngx_scim_link_ask_time(link);
    }
}


static ngx_int_t
ngx_scim_link_write(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd,
    ngx_scim_args_t *args)
{
    u_char  *p;

    p = ngx_scim_wire_reserve(&link->wire, ngx_scim_args_size(args));
    if (p == NULL) {
        return NGX_ERROR;
    }

    cmd->end = ngx_scim_wire_give(&link->wire, ngx_scim_args_print(args, p));

    ngx_queue_insert_tail(&link->sent, &cmd->queue);

    if (link->nsent++ == 0) {
        ngx_scim_link_watch(link);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_link_ask(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd,
    ngx_scim_question_t *question)
{
    ngx_scim_args_t  args;

    ngx_memzero(&args, sizeof(ngx_scim_args_t));

    args.argc = question->argc;
    args.argv = question->argv;
    args.argvlen = question->len;

    return ngx_scim_link_write(link, cmd, &args);
}


/* replies come in the order of commands */

static ngx_int_t
ngx_scim_link_reply(void *data, redisReply *reply)
{
    ngx_scim_link_t *link = data;

    ngx_scim_cmd_t  *cmd;

    if (link->nsent == 0) {
        return NGX_ERROR;
    }

    cmd = ngx_scim_link_first(&link->sent);
    link->nsent--;
    ngx_scim_link_watch(link);

    cmd->done(cmd, reply);

    return NGX_OK;
}


/*
 * Nothing that waits is lost with a handshake that a worker does not wait for
 * when it is to exit.
 */

static void
ngx_scim_link_watch(ngx_scim_link_t *link)
{
    ngx_event_t  *rev;

    rev = link->wire.c->read;
    rev->cancelable = (link->state == NGX_SCIM_LINK_OPENING
                       && link->nwaiting == 0);
    link->progress = ngx_current_msec;

    if (link->nsent == 0) {
        if (rev->timer_set) {
            ngx_del_timer(rev);
        }

    } else if (!rev->timer_set) {
        ngx_scim_link_arm(link, ngx_scim_link_patience(link));
    }
}


static void
ngx_scim_link_arm(ngx_scim_link_t *link, ngx_msec_t timer)
{
    link->due = ngx_current_msec + timer;
    ngx_add_timer(link->wire.c->read, timer);
}


static ngx_msec_t
ngx_scim_link_patience(ngx_scim_link_t *link)
{
    return link->state == NGX_SCIM_LINK_READY ? link->conf->timeout
                                              : link->conf->connect_timeout;
}


/*
 * The timer is moved here and not with each reply: nginx moves it lazily.
 * Before Redis is given up, the socket is looked at, as a worker that was
 * itself held up may not have done so; and if the timer is late, so may be what
 * was to be sent.
 */

static void
ngx_scim_link_timeout(void *data)
{
    ngx_scim_link_t *link = data;

    ngx_msec_t  passed, due, patience;

    due = link->due;

    ngx_scim_wire_read(&link->wire);

    if (link->wire.c == NULL || link->nsent == 0
        || link->wire.c->read->timer_set)
    {
        return;
    }

    patience = ngx_scim_link_patience(link);

    if (ngx_current_msec - due > NGX_SCIM_LINK_HELD) {
        link->progress = ngx_current_msec;
    }

    passed = ngx_current_msec - link->progress;

    if (passed < patience) {
        ngx_scim_link_arm(link, patience - passed);
        return;
    }

    ngx_scim_link_down(link, ngx_scim_wire_overdue(&link->wire));
}


/*
 * A server that closes a connection, be it because nothing went over it or
 * because it starts anew, may take another at once. One that closes each does
 * not.
 */

static void
ngx_scim_link_closed(void *data, const char *why)
{
    ngx_scim_link_t *link = data;

    if (!link->up
        || ngx_current_msec - link->since < NGX_SCIM_LINK_DELAY_MIN)
    {
        ngx_scim_link_down(link, why);
        return;
    }

    if (ngx_scim_link_idle(link)) {
        ngx_log_error(NGX_LOG_INFO, link->log, 0,
                      "scim: redis \"%V\" closed an idle connection: %s",
                      &link->conf->name, why);

    } else {
        ngx_scim_link_report(link, why);
    }

    ngx_scim_link_drop(link, 1);

    link->state = NGX_SCIM_LINK_OPENING;
    ngx_post_event(&link->connect, &ngx_posted_events);
}


/* at the end of the worker: there may be no further pass of the event loop */

static void
ngx_scim_link_end(void *data)
{
    ngx_scim_link_t *link = data;

    link->closed = 1;

    ngx_scim_link_down(link, NULL);

    if (link->connect.timer_set) {
        ngx_del_timer(&link->connect);
    }

    if (link->connect.posted) {
        ngx_delete_posted_event(&link->connect);
    }

    if (link->lose.timer_set) {
        ngx_del_timer(&link->lose);
    }

    while (!ngx_queue_empty(&link->lost)) {
        ngx_scim_link_fail(link, ngx_scim_link_first(&link->lost));
    }

    if (link->fail.posted) {
        ngx_delete_posted_event(&link->fail);
    }

    ngx_scim_link_failed(&link->fail);
}


static void
ngx_scim_link_down(ngx_scim_link_t *link, const char *why)
{
    ngx_scim_cmd_t  *cmd;

    ngx_scim_link_report(link, why);
    ngx_scim_link_drop(link, 0);

    link->state = NGX_SCIM_LINK_DOWN;

    while (!ngx_queue_empty(&link->waiting)) {
        cmd = ngx_scim_link_first(&link->waiting);
        link->nwaiting--;
        ngx_scim_link_fail(link, cmd);
    }

    if (!link->closed && !link->connect.timer_set) {
        ngx_add_timer(&link->connect, link->delay);
        link->delay = ngx_min(link->delay * 2, NGX_SCIM_LINK_DELAY_MAX);
    }
}


/*
 * Closes the connection. With again, what Redis cannot have seen as a whole
 * waits for the next one; the second time it fails.
 */

static void
ngx_scim_link_drop(ngx_scim_link_t *link, ngx_uint_t again)
{
    uint64_t         sent;
    ngx_scim_cmd_t  *cmd;

    if (!link->closed) {
        ngx_scim_count(link->counters, disconnects);
    }

    sent = link->wire.sent;

    ngx_scim_wire_close(&link->wire);

    link->up = 0;
    link->asking = 0;
    link->nsent = 0;

    while (!ngx_queue_empty(&link->sent)) {
        cmd = ngx_scim_link_first(&link->sent);

        if (cmd->own) {
            continue;
        }

        if (cmd->end <= sent) {
            ngx_scim_link_lose(link, cmd);

        } else if (again && !cmd->again) {
            cmd->again = 1;
            cmd->timed = 0;
            ngx_scim_link_wait(link, cmd);

        } else {
            ngx_scim_link_fail(link, cmd);
        }
    }
}


/*
 * What was sent may still lie in front of Redis. A change fails when Redis
 * would no longer begin with it: what is answered 503 is not carried out
 * afterwards.
 */

static void
ngx_scim_link_lose(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd)
{
    ngx_msec_int_t  rest;

    rest = cmd->until - ngx_current_msec;

    if (!cmd->timed || cmd->args == NULL || rest <= 0 || link->closed) {
        ngx_scim_link_fail(link, cmd);
        return;
    }

    ngx_queue_insert_tail(&link->lost, &cmd->queue);

    if (!link->lose.timer_set) {
        ngx_add_timer(&link->lose, rest);
    }
}


static void
ngx_scim_link_lost(ngx_event_t *ev)
{
    ngx_queue_t       *q;
    ngx_scim_cmd_t    *cmd;
    ngx_msec_int_t     rest;
    ngx_scim_link_t   *link;
    ngx_connection_t  *c;

    c = ev->data;
    link = c->data;

    while (!ngx_queue_empty(&link->lost)) {
        q = ngx_queue_head(&link->lost);
        cmd = ngx_queue_data(q, ngx_scim_cmd_t, queue);
        rest = cmd->until - ngx_current_msec;

        if (rest > 0) {
            ngx_add_timer(ev, rest);
            return;
        }

        ngx_scim_link_fail(link, ngx_scim_link_first(&link->lost));
    }
}


static void
ngx_scim_link_fail(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd)
{
    ngx_queue_insert_tail(&link->failed, &cmd->queue);
    ngx_post_event(&link->fail, &ngx_posted_events);
}


static void
ngx_scim_link_failed(ngx_event_t *ev)
{
    ngx_scim_cmd_t    *cmd;
    ngx_scim_link_t   *link;
    ngx_connection_t  *c;

    c = ev->data;
    link = c->data;

    while (!ngx_queue_empty(&link->failed)) {
        cmd = ngx_scim_link_first(&link->failed);
        cmd->done(cmd, NULL);
    }
}


/* takes it out of the queue, which is not empty */

static ngx_scim_cmd_t *
ngx_scim_link_first(ngx_queue_t *queue)
{
    ngx_queue_t  *q;

    q = ngx_queue_head(queue);

    /* NOLINTNEXTLINE(clang-analyzer-*): a ring has no end */
    ngx_queue_remove(q);

    return ngx_queue_data(q, ngx_scim_cmd_t, queue);
}


/* the link's own commands are nobody's loss, nor is what was not yet sent */

static ngx_uint_t
ngx_scim_link_idle(ngx_scim_link_t *link)
{
    ngx_queue_t     *q;
    ngx_scim_cmd_t  *cmd;

    for (q = ngx_queue_head(&link->sent);
         q != ngx_queue_sentinel(&link->sent);
         q = ngx_queue_next(q))
    {
        cmd = ngx_queue_data(q, ngx_scim_cmd_t, queue);

        if (!cmd->own && cmd->end <= link->wire.sent) {
            return 0;
        }
    }

    return 1;
}


/* one line for each change, not for each attempt */

static void
ngx_scim_link_report(ngx_scim_link_t *link, const char *why)
{
    u_char  text[sizeof(link->reason)];

    if (why == NULL) {
        return;
    }

    ngx_cpystrn(text, (u_char *) why, sizeof(text));

    if (ngx_strcmp(text, link->reason) == 0) {
        return;
    }

    ngx_cpystrn(link->reason, text, sizeof(text));

    ngx_log_error(NGX_LOG_ERR, link->log, 0,
                  "scim: redis \"%V\" is not available: %s",
                  &link->conf->name, text);
}


void
ngx_scim_link_refused(ngx_scim_link_t *link, const char *code,
    const char *text)
{
    time_t  last;

    last = link->refused;
    link->refused = ngx_time();

    if (ngx_strcmp(link->refusal, code) == 0
        && link->refused - last < NGX_SCIM_LINK_REFUSED)
    {
        return;
    }

    ngx_cpystrn(link->refusal, (u_char *) code, sizeof(link->refusal));

    ngx_log_error(NGX_LOG_ERR, link->log, 0,
                  "scim: redis \"%V\" refuses commands: %s",
                  &link->conf->name, text);
}
