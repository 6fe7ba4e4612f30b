/*
 * Connections to Redis on nginx's event loop.
 *
 * hiredis is level-triggered and closes its own descriptor; both is arranged
 * in the six hooks at the end. One timer on the connection watches for
 * progress: replies come in order, so that one that is overdue means a dead
 * link. A change says until when the link would wait for it, by the clock of
 * Redis, so that Redis does not carry it out after it was given up.
 */

#include "ngx_scim_script.h"
#include "ngx_scim_settings.h"


#define NGX_SCIM_DELAY_MIN       100
#define NGX_SCIM_DELAY_MAX       1000
#define NGX_SCIM_IN_FLIGHT_MAX   16384
#define NGX_SCIM_PARKED_MAX      16384
#define NGX_SCIM_CLOCK_VALID     1000
#define NGX_SCIM_SEND_EARLY      2048
#define NGX_SCIM_HANDSHAKE_DATA  2
#define NGX_SCIM_HANDSHAKE_TIME  3


typedef enum {
    NGX_SCIM_LINK_DOWN,         /* commands fail at once */
    NGX_SCIM_LINK_CONNECTING,   /* and shaking hands: commands wait */
    NGX_SCIM_LINK_READY
} ngx_scim_link_state_e;


struct ngx_scim_link_s {
    ngx_scim_redis_conf_t   *conf;
    ngx_scim_counters_t     *counters;
    ngx_log_t               *log;
    ngx_scim_link_state_e    state;
    redisAsyncContext       *ac;            /* NULL while down */
    ngx_connection_t        *c;
    ngx_uint_t               handshake;     /* steps done */
    ngx_scim_known_t        *known;
    ngx_scim_directory_t     directory;
    ngx_scim_settings_t      settings;
    ngx_uint_t               in_flight;     /* commands without a reply */
    size_t                   unsent;        /* bytes given to hiredis */
    ngx_msec_t               progress;      /* time of the latest reply */
    int64_t                  clock;         /* of Redis, ahead of ours; ms */
    ngx_msec_t               clock_asked;

    ngx_queue_t              parked;        /* of ngx_scim_cmd_t */
    ngx_uint_t               nparked;
    ngx_queue_t              failed;        /* of ngx_scim_cmd_t */
    ngx_event_t              fail;

    ngx_event_t              reconnect;
    ngx_connection_t         timer;         /* what its events belong to */
    ngx_msec_t               delay;

    u_char                   reason[128];   /* logged last; empty: none */
    u_char                   refusal[16];
    time_t                   refused;

    unsigned                 closed:1;
};


#define ngx_scim_count(link, what)                                            \
    (void) ngx_atomic_fetch_add(&(link)->counters->what, 1)


/* on the heap; freed when answered, by whomever it was sent for */

typedef struct {
    ngx_queue_t              queue;         /* in store->commands */
    ngx_queue_t              wait;          /* in parked or failed */
    ngx_scim_store_t        *store;         /* NULL: nobody waits for it */
    ngx_scim_link_t         *link;
    ngx_scim_args_t         *args;          /* in the store's pool */
    ngx_scim_reply_pt        on_reply;
    void                    *arg;
    unsigned                 retried:1;
} ngx_scim_cmd_t;


static void ngx_scim_link_connect(ngx_scim_link_t *link);
static ngx_int_t ngx_scim_link_attach(ngx_scim_link_t *link,
    redisAsyncContext *ac);
static void ngx_scim_link_connected(const redisAsyncContext *ac, int status);
static void ngx_scim_link_disconnected(const redisAsyncContext *ac,
    int status);
static void ngx_scim_link_handshake(ngx_scim_link_t *link);
static int ngx_scim_link_handshake_send(ngx_scim_link_t *link, int argc,
    const char **argv, const size_t *len);
static void ngx_scim_link_handshake_reply(redisAsyncContext *ac, void *data,
    void *privdata);
static const char *ngx_scim_link_handshake_error(ngx_scim_link_t *link,
    redisReply *reply);
static void ngx_scim_link_clock(ngx_scim_link_t *link, redisReply *reply);
static void ngx_scim_link_clock_ask(ngx_scim_link_t *link);
static void ngx_scim_link_clock_reply(redisAsyncContext *ac, void *data,
    void *privdata);
static void ngx_scim_link_look(ngx_scim_link_t *link);
static void ngx_scim_link_look_reply(redisAsyncContext *ac, void *data,
    void *privdata);
static void ngx_scim_link_ready(ngx_scim_link_t *link);
static void ngx_scim_link_down(ngx_scim_link_t *link, const char *why);
static void ngx_scim_link_reconnect(ngx_event_t *ev);
static void ngx_scim_link_report(ngx_scim_link_t *link, const char *why);
static void ngx_scim_link_watch(ngx_scim_link_t *link);
static void ngx_scim_link_timeout(ngx_scim_link_t *link);

static void ngx_scim_cmd_issue(ngx_scim_cmd_t *cmd);
static ngx_int_t ngx_scim_cmd_last(ngx_scim_cmd_t *cmd);
static void ngx_scim_link_begin(ngx_scim_link_t *link, size_t len);
static void ngx_scim_cmd_fail(ngx_scim_cmd_t *cmd);
static void ngx_scim_cmd_failed(ngx_event_t *ev);
static void ngx_scim_cmd_reply(redisAsyncContext *ac, void *data,
    void *privdata);
static ngx_int_t ngx_scim_cmd_retry(ngx_scim_cmd_t *cmd, redisReply *reply);
static void ngx_scim_cmd_finish(ngx_scim_cmd_t *cmd, redisReply *reply);
static ngx_scim_result_e ngx_scim_redis_error(ngx_scim_store_t *store,
    redisReply *reply);
static void ngx_scim_redis_refused(ngx_scim_store_t *store, const char *code,
    const char *text);
static const char *ngx_scim_redis_text(redisReply *reply);

static void ngx_scim_read_handler(ngx_event_t *rev);
static void ngx_scim_write_handler(ngx_event_t *wev);
static void ngx_scim_add_read(void *data);
static void ngx_scim_del_read(void *data);
static void ngx_scim_add_write(void *data);
static void ngx_scim_del_write(void *data);
static void ngx_scim_cleanup(void *data);


/* states of the server, not mistakes of ours */

static const char  *ngx_scim_unavailable[] = {
    "LOADING", "BUSY", "READONLY", "OOM", "MASTERDOWN", "NOAUTH", "MISCONF",
    "NOREPLICAS", "CLUSTERDOWN", "TRYAGAIN", NULL
};


ngx_scim_link_t *
ngx_scim_link_create(ngx_cycle_t *cycle, ngx_scim_redis_conf_t *conf,
    ngx_scim_counters_t *counters, ngx_scim_known_t *known)
{
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
    link->delay = NGX_SCIM_DELAY_MIN;

    ngx_queue_init(&link->parked);
    ngx_queue_init(&link->failed);

    link->timer.fd = (ngx_socket_t) -1;
    link->timer.data = link;

    link->reconnect.data = &link->timer;
    link->reconnect.handler = ngx_scim_link_reconnect;
    link->reconnect.log = cycle->log;
    link->reconnect.cancelable = 1;

    link->fail.data = &link->timer;
    link->fail.handler = ngx_scim_cmd_failed;
    link->fail.log = cycle->log;

    ngx_scim_link_connect(link);

    return link;
}


void
ngx_scim_link_close(ngx_scim_link_t *link)
{
    link->closed = 1;
    ngx_scim_link_down(link, NULL);

    if (link->reconnect.timer_set) {
        ngx_del_timer(&link->reconnect);
    }

    /* there will be no further pass of the event loop */

    if (link->fail.posted) {
        ngx_delete_posted_event(&link->fail);
    }

    ngx_scim_cmd_failed(&link->fail);
}


static void
ngx_scim_link_connect(ngx_scim_link_t *link)
{
    redisAsyncContext  *ac;

    ac = link->conf->port
         ? redisAsyncConnect((char *) link->conf->host.data, link->conf->port)
         : redisAsyncConnectUnix((char *) link->conf->host.data);

    if (ac == NULL) {
        ngx_scim_link_down(link, "out of memory");
        return;
    }

    if (ac->err) {
        ngx_scim_link_down(link, ac->errstr);
        redisAsyncFree(ac);
        return;
    }

    if (ngx_scim_link_attach(link, ac) != NGX_OK) {
        ngx_scim_link_down(link, "no connection is free");
        redisAsyncFree(ac);
        return;
    }

    link->ac = ac;
    link->state = NGX_SCIM_LINK_CONNECTING;
    link->handshake = 0;

    ngx_scim_directory_begin(&link->directory, link->known, &link->conf->name,
                             link->log);

    (void) redisAsyncSetConnectCallback(ac, ngx_scim_link_connected);
    (void) redisAsyncSetDisconnectCallback(ac, ngx_scim_link_disconnected);

    /* queued before the connection stands, so that the timer covers both */

    ngx_scim_link_handshake(link);
}


static ngx_int_t
ngx_scim_link_attach(ngx_scim_link_t *link, redisAsyncContext *ac)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(ac->c.fd, link->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->data = ac;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->log = link->log;
    c->read->log = link->log;
    c->write->log = link->log;
    c->read->handler = ngx_scim_read_handler;
    c->write->handler = ngx_scim_write_handler;

    ac->data = link;
    ac->ev.data = c;
    ac->ev.addRead = ngx_scim_add_read;
    ac->ev.delRead = ngx_scim_del_read;
    ac->ev.addWrite = ngx_scim_add_write;
    ac->ev.delWrite = ngx_scim_del_write;
    ac->ev.cleanup = ngx_scim_cleanup;

    link->c = c;

    return NGX_OK;
}


/* in these two callbacks hiredis frees ac by itself */

static void
ngx_scim_link_connected(const redisAsyncContext *ac, int status)
{
    ngx_scim_link_t  *link;

    link = ac->data;

    if (status != REDIS_OK && link->ac == ac) {
        link->ac = NULL;
        ngx_scim_link_down(link, ac->c.errstr);
    }
}


static void
ngx_scim_link_disconnected(const redisAsyncContext *ac, int status)
{
    ngx_scim_link_t  *link;

    (void) status;
    link = ac->data;

    if (link->ac == ac) {
        link->ac = NULL;
        ngx_scim_link_down(link, ac->errstr ? ac->errstr : "closed");
    }
}


/* one step: nothing else is sent until all of them have succeeded */

static void
ngx_scim_link_handshake(ngx_scim_link_t *link)
{
    int                     rc;
    char                    db[NGX_INT_T_LEN + 1];
    ngx_scim_question_t     question;
    ngx_scim_redis_conf_t  *conf;

    conf = link->conf;

    switch (link->handshake) {

    case 0:
        if (conf->password.len) {
            rc = conf->user.len
                 ? ngx_scim_link_handshake_send(link, 3,
                       (const char *[]) { "AUTH", (char *) conf->user.data,
                                          (char *) conf->password.data },
                       (const size_t []) { 4, conf->user.len,
                                           conf->password.len })
                 : ngx_scim_link_handshake_send(link, 2,
                       (const char *[]) { "AUTH",
                                          (char *) conf->password.data },
                       (const size_t []) { 4, conf->password.len });
            break;
        }

        link->handshake++;
        /* fall through */

    case 1:
        if (conf->db) {
            *ngx_sprintf((u_char *) db, "%ui", conf->db) = '\0';
            rc = ngx_scim_link_handshake_send(link, 2,
                       (const char *[]) { "SELECT", db },
                       (const size_t []) { 6, ngx_strlen(db) });
            break;
        }

        link->handshake++;
        /* fall through */

    case NGX_SCIM_HANDSHAKE_DATA:
        if (ngx_scim_directory_ask(&link->directory, &question) == NGX_OK) {
            rc = ngx_scim_link_handshake_send(link, question.argc,
                                              question.argv, question.len);
            break;
        }

        link->handshake++;
        /* fall through */

    case NGX_SCIM_HANDSHAKE_TIME:
        rc = ngx_scim_link_handshake_send(link, 1, (const char *[]) { "TIME" },
                                          (const size_t []) { 4 });
        break;

    default:
        ngx_scim_link_ready(link);
        return;
    }

    if (rc != REDIS_OK) {
        ngx_scim_link_down(link, "the handshake could not be sent");
    }
}


static int
ngx_scim_link_handshake_send(ngx_scim_link_t *link, int argc,
    const char **argv, const size_t *len)
{
    link->in_flight++;
    ngx_scim_link_watch(link);

    return redisAsyncCommandArgv(link->ac, ngx_scim_link_handshake_reply, NULL,
                                 argc, argv, len);
}


static void
ngx_scim_link_handshake_reply(redisAsyncContext *ac, void *data,
    void *privdata)
{
    redisReply *reply = data;

    const char       *why;
    ngx_scim_link_t  *link;

    (void) privdata;
    link = ac->data;

    if (reply == NULL || link->ac != ac) {
        return;
    }

    link->in_flight--;
    ngx_scim_link_watch(link);

    why = ngx_scim_link_handshake_error(link, reply);
    if (why != NULL) {
        ngx_scim_link_down(link, why);
        return;
    }

    if (link->handshake == NGX_SCIM_HANDSHAKE_TIME) {
        ngx_scim_link_clock(link, reply);
    }

    if (link->handshake != NGX_SCIM_HANDSHAKE_DATA) {
        link->handshake++;
    }

    ngx_scim_link_handshake(link);
}


static const char *
ngx_scim_link_handshake_error(ngx_scim_link_t *link, redisReply *reply)
{
    if (link->handshake == NGX_SCIM_HANDSHAKE_DATA) {
        return ngx_scim_directory_answer(&link->directory, reply);
    }

    return reply->type == REDIS_REPLY_ERROR ? ngx_scim_redis_text(reply) : NULL;
}


/* rather behind than ahead: the reply was on its way for some time */

static void
ngx_scim_link_clock(ngx_scim_link_t *link, redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
        return;
    }

    link->clock = (int64_t) strtoll(reply->element[0]->str, NULL, 10) * 1000
                  + strtol(reply->element[1]->str, NULL, 10) / 1000
                  - (int64_t) ngx_current_msec - 1;
    link->clock_asked = ngx_current_msec;
}


/* clocks are set, and do not run at the same rate */

static void
ngx_scim_link_clock_ask(ngx_scim_link_t *link)
{
    if (ngx_current_msec - link->clock_asked < NGX_SCIM_CLOCK_VALID) {
        return;
    }

    link->clock_asked = ngx_current_msec;

    if (redisAsyncCommandArgv(link->ac, ngx_scim_link_clock_reply, NULL, 1,
                              (const char *[]) { "TIME" },
                              (const size_t []) { 4 })
        == REDIS_OK)
    {
        link->in_flight++;
    }
}


static void
ngx_scim_link_clock_reply(redisAsyncContext *ac, void *data, void *privdata)
{
    ngx_scim_link_t  *link;

    (void) privdata;
    link = ac->data;

    if (data == NULL || link->ac != ac) {
        return;
    }

    link->in_flight--;
    ngx_scim_link_watch(link);
    ngx_scim_link_clock(link, data);
}


/* behind the requests that wait: none of them waits for the settings */

static void
ngx_scim_link_look(ngx_scim_link_t *link)
{
    ngx_uint_t           i;
    ngx_scim_question_t  question;

    if (link->ac == NULL
        || !ngx_scim_settings_begin(&link->settings, &link->directory,
                                    link->conf->configuration))
    {
        return;
    }

    for (i = 0; i < NGX_SCIM_SETTINGS_QUESTIONS; i++) {
        ngx_scim_settings_ask(i, &question);

        if (redisAsyncCommandArgv(link->ac, ngx_scim_link_look_reply, NULL,
                                  question.argc, question.argv, question.len)
            == REDIS_OK
            && link->in_flight++ == 0)
        {
            ngx_scim_link_watch(link);
        }
    }
}


static void
ngx_scim_link_look_reply(redisAsyncContext *ac, void *data, void *privdata)
{
    ngx_scim_link_t  *link;

    (void) privdata;
    link = ac->data;

    if (data == NULL || link->ac != ac) {
        return;
    }

    link->in_flight--;
    ngx_scim_link_watch(link);
    ngx_scim_settings_answer(&link->settings, data);
}


static void
ngx_scim_link_ready(ngx_scim_link_t *link)
{
    ngx_queue_t     *q;
    ngx_scim_cmd_t  *cmd;

    ngx_scim_count(link, connects);

    link->state = NGX_SCIM_LINK_READY;
    link->delay = NGX_SCIM_DELAY_MIN;

    if (link->reason[0] != '\0') {
        link->reason[0] = '\0';
        ngx_log_error(NGX_LOG_NOTICE, link->log, 0,
                      "scim: redis \"%V\" is available again",
                      &link->conf->name);
    }

    while (!ngx_queue_empty(&link->parked)) {
        q = ngx_queue_head(&link->parked);

        /* NOLINTNEXTLINE(clang-analyzer-*): a ring has no end */
        ngx_queue_remove(q);
        link->nparked--;

        cmd = ngx_queue_data(q, ngx_scim_cmd_t, wait);

        if (cmd->store == NULL) {
            ngx_free(cmd);

        } else {
            ngx_scim_cmd_issue(cmd);
        }
    }

    ngx_scim_link_look(link);
}


/* forgets the connection before freeing it: pending commands fail meanwhile */

static void
ngx_scim_link_down(ngx_scim_link_t *link, const char *why)
{
    ngx_queue_t        *q;
    redisAsyncContext  *ac;

    ac = link->ac;
    link->ac = NULL;
    link->state = NGX_SCIM_LINK_DOWN;
    link->in_flight = 0;

    if (!link->closed) {
        ngx_scim_count(link, disconnects);
    }

    ngx_scim_link_report(link, why);

    while (!ngx_queue_empty(&link->parked)) {
        q = ngx_queue_head(&link->parked);
        ngx_queue_remove(q);
        link->nparked--;
        ngx_scim_cmd_fail(ngx_queue_data(q, ngx_scim_cmd_t, wait));
    }

    if (!link->closed && !ngx_exiting && !ngx_terminate && !ngx_quit
        && !link->reconnect.timer_set)
    {
        ngx_add_timer(&link->reconnect, link->delay);
        link->delay = ngx_min(link->delay * 2, NGX_SCIM_DELAY_MAX);
    }

    if (ac != NULL) {
        redisAsyncFree(ac);
    }
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


static void
ngx_scim_link_reconnect(ngx_event_t *ev)
{
    ngx_connection_t  *c;

    c = ev->data;

    ngx_scim_link_connect(c->data);
}


static void
ngx_scim_link_watch(ngx_scim_link_t *link)
{
    if (link->c == NULL) {
        return;
    }

    link->progress = ngx_current_msec;

    if (link->in_flight == 0) {
        if (link->c->read->timer_set) {
            ngx_del_timer(link->c->read);
        }

        return;
    }

    if (!link->c->read->timer_set) {
        ngx_add_timer(link->c->read, link->state == NGX_SCIM_LINK_READY
                                     ? link->conf->timeout
                                     : link->conf->connect_timeout);
    }
}


/* the timer is moved here and not with each reply: nginx moves it lazily */

static void
ngx_scim_link_timeout(ngx_scim_link_t *link)
{
    ngx_msec_t  timeout, passed;

    timeout = link->state == NGX_SCIM_LINK_READY ? link->conf->timeout
                                                 : link->conf->connect_timeout;
    passed = ngx_current_msec - link->progress;

    if (passed < timeout) {
        ngx_add_timer(link->c->read, timeout - passed);
        return;
    }

    ngx_scim_link_down(link, "no answer in time");
}


void
ngx_scim_store_init(ngx_scim_store_t *store, ngx_pool_t *pool, ngx_log_t *log,
    ngx_scim_link_t *link, ngx_str_t *tenant)
{
    ngx_memzero(store, sizeof(ngx_scim_store_t));

    store->pool = pool;
    store->log = log;
    store->link = link;
    store->tenant = *tenant;

    ngx_queue_init(&store->commands);
}


void
ngx_scim_store_detach(ngx_scim_store_t *store)
{
    ngx_queue_t     *q;
    ngx_scim_cmd_t  *cmd;

    while (!ngx_queue_empty(&store->commands)) {
        q = ngx_queue_head(&store->commands);

        /* NOLINTNEXTLINE(clang-analyzer-*): a ring has no end */
        ngx_queue_remove(q);

        cmd = ngx_queue_data(q, ngx_scim_cmd_t, queue);
        cmd->store = NULL;
    }

    store->pending = 0;
}


void
ngx_scim_redis_begin(ngx_scim_store_t *store,
    ngx_scim_store_handler_pt handler, void *data)
{
    store->handler = handler;
    store->data = data;
    store->result = NGX_SCIM_STORE_OK;
    store->pending = 0;

    ngx_scim_count(store->link, round_trips);

    if (store->clock != NULL) {
        store->clock->calls++;

        if (store->clock->pending++ == 0) {
            store->clock->since = ngx_current_msec;
        }
    }
}


ngx_int_t
ngx_scim_redis_send(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_scim_reply_pt on_reply, void *arg)
{
    ngx_scim_cmd_t   *cmd;
    ngx_scim_link_t  *link;

    link = store->link;

    cmd = ngx_calloc(sizeof(ngx_scim_cmd_t), store->log);
    if (cmd == NULL) {
        ngx_scim_store_detach(store);
        return NGX_ERROR;
    }

    cmd->store = store;
    cmd->link = link;
    cmd->args = args;
    cmd->on_reply = on_reply;
    cmd->arg = arg;

    ngx_queue_insert_tail(&store->commands, &cmd->queue);
    store->pending++;

    if (link->state == NGX_SCIM_LINK_READY) {
        ngx_scim_cmd_issue(cmd);

    } else if (link->state == NGX_SCIM_LINK_CONNECTING
               && link->nparked < NGX_SCIM_PARKED_MAX)
    {
        ngx_scim_count(link, parked);
        ngx_queue_insert_tail(&link->parked, &cmd->wait);
        link->nparked++;

    } else {
        ngx_scim_cmd_fail(cmd);
    }

    return NGX_OK;
}


static void
ngx_scim_cmd_issue(ngx_scim_cmd_t *cmd)
{
    ngx_str_t         text;
    ngx_scim_link_t  *link;

    link = cmd->link;

    if (link->ac == NULL || link->in_flight >= NGX_SCIM_IN_FLIGHT_MAX
        || (cmd->args->timed && ngx_scim_cmd_last(cmd) != NGX_OK)
        || ngx_scim_args_text(cmd->store, cmd->args, &text) != NGX_OK
        || redisAsyncFormattedCommand(link->ac, ngx_scim_cmd_reply, cmd,
                                      (char *) text.data, text.len)
           != REDIS_OK)
    {
        ngx_scim_cmd_fail(cmd);
        return;
    }

    ngx_scim_count(link, commands);

    if (link->in_flight++ == 0) {
        ngx_scim_link_watch(link);
    }

    if (cmd->args->timed) {
        ngx_scim_link_clock_ask(link);
    }

    ngx_scim_link_begin(link, text.len);
}


/*
 * Commands go out together at the end of a pass of the event loop. Where that
 * is much, Redis begins with the first of them meanwhile. What goes wrong shows
 * again at the end of the pass.
 */

static void
ngx_scim_link_begin(ngx_scim_link_t *link, size_t len)
{
    int  done;

    link->unsent += len;

    if (link->unsent >= NGX_SCIM_SEND_EARLY && link->c->write->ready) {
        link->unsent = 0;
        (void) redisBufferWrite(&link->ac->c, &done);
    }
}


/* the last argument: when the link is given up, if no reply comes until then */

static ngx_int_t
ngx_scim_cmd_last(ngx_scim_cmd_t *cmd)
{
    ngx_msec_t        since;
    ngx_scim_args_t  *args;
    ngx_scim_link_t  *link;

    link = cmd->link;
    args = cmd->args;

    if (args->argv[args->argc - 1] != (char *) args->last
        && ngx_scim_args_add(cmd->store, args, args->last, 1) != NGX_OK)
    {
        return NGX_ERROR;
    }

    since = link->in_flight ? link->progress : ngx_current_msec;

    args->argvlen[args->argc - 1] =
        ngx_sprintf(args->last, "%L", link->clock + (int64_t) since
                                      + (int64_t) link->conf->timeout)
        - args->last;

    return NGX_OK;
}


/* never from inside the call that sends the command: by a posted event */

static void
ngx_scim_cmd_fail(ngx_scim_cmd_t *cmd)
{
    ngx_queue_insert_tail(&cmd->link->failed, &cmd->wait);
    ngx_post_event(&cmd->link->fail, &ngx_posted_events);
}


static void
ngx_scim_cmd_failed(ngx_event_t *ev)
{
    ngx_queue_t       *q;
    ngx_connection_t  *c;
    ngx_scim_link_t   *link;

    c = ev->data;
    link = c->data;

    while (!ngx_queue_empty(&link->failed)) {
        q = ngx_queue_head(&link->failed);
        ngx_queue_remove(q);

        ngx_scim_cmd_finish(ngx_queue_data(q, ngx_scim_cmd_t, wait), NULL);
    }
}


static void
ngx_scim_cmd_reply(redisAsyncContext *ac, void *data, void *privdata)
{
    ngx_scim_cmd_t *cmd = privdata;

    ngx_scim_link_t  *link;

    link = cmd->link;

    if (data != NULL && link->ac == ac) {
        link->in_flight--;
        ngx_scim_link_watch(link);
    }

    if (data != NULL && ngx_scim_cmd_retry(cmd, data) == NGX_OK) {
        return;
    }

    ngx_scim_cmd_finish(cmd, data);
}


/* a script that the server does not know has not run: it is sent whole */

static ngx_int_t
ngx_scim_cmd_retry(ngx_scim_cmd_t *cmd, redisReply *reply)
{
    ngx_str_t  text;

    if (cmd->store == NULL || cmd->retried || cmd->args->script == NULL
        || reply->type != REDIS_REPLY_ERROR
        || ngx_strncmp(reply->str, "NOSCRIPT", 8) != 0)
    {
        return NGX_DECLINED;
    }

    text = ngx_scim_script_text(cmd->store, cmd->args);
    if (text.data == NULL) {
        return NGX_DECLINED;
    }

    cmd->retried = 1;

    cmd->args->argv[0] = "EVAL";
    cmd->args->argvlen[0] = 4;
    cmd->args->argv[1] = (char *) text.data;
    cmd->args->argvlen[1] = text.len;

    ngx_scim_cmd_issue(cmd);

    return NGX_OK;
}


static void
ngx_scim_cmd_finish(ngx_scim_cmd_t *cmd, redisReply *reply)
{
    ngx_scim_store_t   *store;
    ngx_scim_result_e   result;

    store = cmd->store;

    if (reply == NULL) {
        ngx_scim_count(cmd->link, unanswered);

    } else if (reply->type == REDIS_REPLY_ERROR) {
        ngx_scim_count(cmd->link, refused);
    }

    if (store == NULL) {
        ngx_free(cmd);
        return;
    }

    if (reply == NULL) {
        result = NGX_SCIM_STORE_UNAVAILABLE;

    } else if (reply->type == REDIS_REPLY_ERROR) {
        result = ngx_scim_redis_error(store, reply);

    } else {
        result = cmd->on_reply(store, reply, cmd->arg);

        if (result == NGX_SCIM_STORE_FAILED) {
            ngx_log_error(NGX_LOG_ALERT, store->log, 0,
                          "scim: redis sent an unexpected reply to %s",
                          cmd->args->argv[0]);
        }
    }

    if (store->result == NGX_SCIM_STORE_OK) {
        store->result = result;
    }

    if (cmd->store == NULL) {
        /* on_reply could not send what follows, and gave the others up */
        store->pending = 1;

    } else {
        ngx_queue_remove(&cmd->queue);
    }

    ngx_free(cmd);

    if (--store->pending == 0) {
        if (store->clock != NULL && --store->clock->pending == 0) {
            store->clock->spent += ngx_current_msec - store->clock->since;
        }

        store->handler(store->data, store->result);
    }
}


static ngx_scim_result_e
ngx_scim_redis_error(ngx_scim_store_t *store, redisReply *reply)
{
    ngx_uint_t  i;

    for (i = 0; ngx_scim_unavailable[i]; i++) {
        if (ngx_strncmp(reply->str, ngx_scim_unavailable[i],
                        ngx_strlen(ngx_scim_unavailable[i]))
            == 0)
        {
            ngx_scim_redis_refused(store, ngx_scim_unavailable[i],
                                   ngx_scim_redis_text(reply));
            return NGX_SCIM_STORE_UNAVAILABLE;
        }
    }

    ngx_log_error(NGX_LOG_ALERT, store->log, 0, "scim: redis answered \"%s\"",
                  ngx_scim_redis_text(reply));

    return NGX_SCIM_STORE_FAILED;
}


/* logged when it begins, and again after it was not seen for a minute */

static void
ngx_scim_redis_refused(ngx_scim_store_t *store, const char *code,
    const char *text)
{
    time_t            last;
    ngx_scim_link_t  *link;

    link = store->link;
    last = link->refused;
    link->refused = ngx_time();

    if (ngx_strcmp(link->refusal, code) == 0 && link->refused - last < 60) {
        return;
    }

    ngx_cpystrn(link->refusal, (u_char *) code, sizeof(link->refusal));

    ngx_log_error(NGX_LOG_ERR, link->log, 0,
                  "scim: redis \"%V\" refuses commands: %s",
                  &link->conf->name, text);
}


/* an error can quote the arguments of the command, a password among them */

static const char *
ngx_scim_redis_text(redisReply *reply)
{
    char  *quote;

    quote = strstr(reply->str, ", with args");

    if (quote != NULL) {
        *quote = '\0';
    }

    return reply->str;
}


/* after hiredis has been called, c and ac may be gone */

static void
ngx_scim_read_handler(ngx_event_t *rev)
{
    ngx_connection_t   *c;
    ngx_scim_link_t    *link;
    redisAsyncContext  *ac;

    c = rev->data;
    ac = c->data;
    link = ac->data;

    if (c->close) {
        ngx_scim_link_down(link, NULL);
        return;
    }

    if (rev->timedout) {
        rev->timedout = 0;
        ngx_scim_link_timeout(link);
        return;
    }

    redisAsyncHandleRead(ac);
}


static void
ngx_scim_write_handler(ngx_event_t *wev)
{
    ngx_connection_t   *c;
    ngx_scim_link_t    *link;
    redisAsyncContext  *ac;

    c = wev->data;
    ac = c->data;
    link = ac->data;

    wev->ready = 0;
    link->unsent = 0;
    redisAsyncHandleWrite(ac);
}


static void
ngx_scim_add_read(void *data)
{
    ngx_connection_t *c = data;

    if (!c->read->active) {
        (void) ngx_add_event(c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT);
    }
}


static void
ngx_scim_del_read(void *data)
{
    ngx_connection_t *c = data;

    if (c->read->active) {
        (void) ngx_del_event(c->read, NGX_READ_EVENT, 0);
    }
}


/*
 * While the socket takes data, a write is posted to the end of this pass of
 * the event loop, so that all commands of the pass go out together.
 */

static void
ngx_scim_add_write(void *data)
{
    ngx_connection_t *c = data;

    if (c->write->ready) {
        ngx_post_event(c->write, &ngx_posted_events);

    } else if (!c->write->active) {
        (void) ngx_add_event(c->write, NGX_WRITE_EVENT, NGX_LEVEL_EVENT);
    }
}


static void
ngx_scim_del_write(void *data)
{
    ngx_connection_t *c = data;

    c->write->ready = 1;

    if (c->write->active) {
        (void) ngx_del_event(c->write, NGX_WRITE_EVENT, 0);
    }
}


/* the descriptor is closed here, and hiredis must not close it again */

static void
ngx_scim_cleanup(void *data)
{
    ngx_connection_t *c = data;

    ngx_scim_link_t    *link;
    redisAsyncContext  *ac;

    ac = c->data;
    link = ac->data;

    ac->c.fd = -1;
    ac->ev.data = NULL;

    if (link->c == c) {
        link->c = NULL;
    }

    ngx_close_connection(c);
}
