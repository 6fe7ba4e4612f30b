/*
 * A link: the connection of a worker to a Redis server, on nginx's events.
 *
 * A new connection carries only the handshake until its last reply was good;
 * commands are parked meanwhile. When the connection is lost, the commands in
 * flight end without a reply, and those that follow do so at once, until the
 * back-off timer connects again.
 */

#include "ngx_scim_link.h"


#define NGX_SCIM_LINK_MAX_IN_FLIGHT  16384
#define NGX_SCIM_LINK_MAX_PARKED     4096
#define NGX_SCIM_LINK_MIN_DELAY      100
#define NGX_SCIM_LINK_MAX_DELAY      1000

#define NGX_SCIM_FORMAT              1


typedef struct {
    ngx_int_t   (*send)(ngx_scim_link_t *link);
    const char *(*check)(redisReply *reply);    /* NULL, or what is wrong */
} ngx_scim_link_step_t;


static void ngx_scim_link_connect(ngx_scim_link_t *link);
static ngx_int_t ngx_scim_link_attach(ngx_scim_link_t *link,
    redisAsyncContext *ac);
static void ngx_scim_link_handshake(ngx_scim_link_t *link);
static void ngx_scim_link_handshake_reply(redisAsyncContext *ac, void *data,
    void *privdata);
static void ngx_scim_link_ready(ngx_scim_link_t *link);
static void ngx_scim_link_drop(ngx_scim_link_t *link, const char *reason);
static void ngx_scim_link_lost(ngx_scim_link_t *link, const char *reason);
static void ngx_scim_link_report(ngx_scim_link_t *link, const char *reason);

static ngx_int_t ngx_scim_link_auth(ngx_scim_link_t *link);
static ngx_int_t ngx_scim_link_select(ngx_scim_link_t *link);
static ngx_int_t ngx_scim_link_set_format(ngx_scim_link_t *link);
static ngx_int_t ngx_scim_link_get_format(ngx_scim_link_t *link);
static ngx_int_t ngx_scim_link_command(ngx_scim_link_t *link, ngx_str_t *words,
    ngx_uint_t n);
static const char *ngx_scim_link_check_ok(redisReply *reply);
static const char *ngx_scim_link_check_nothing(redisReply *reply);
static const char *ngx_scim_link_check_format(redisReply *reply);

static ngx_int_t ngx_scim_link_write(ngx_scim_link_t *link,
    ngx_scim_cmd_t *cmd);
static void ngx_scim_link_reply(redisAsyncContext *ac, void *reply,
    void *privdata);
static void ngx_scim_link_on_connect(const redisAsyncContext *ac, int status);
static void ngx_scim_link_on_disconnect(const redisAsyncContext *ac,
    int status);

static void ngx_scim_link_read_handler(ngx_event_t *rev);
static void ngx_scim_link_timeout(ngx_scim_link_t *link);
static void ngx_scim_link_write_handler(ngx_event_t *wev);
static void ngx_scim_link_retry_handler(ngx_event_t *ev);
static void ngx_scim_link_ending_handler(ngx_event_t *ev);
static u_char *ngx_scim_link_log_error(ngx_log_t *log, u_char *buf,
    size_t len);

static void ngx_scim_link_add_read(void *data);
static void ngx_scim_link_del_read(void *data);
static void ngx_scim_link_add_write(void *data);
static void ngx_scim_link_del_write(void *data);
static void ngx_scim_link_cleanup(void *data);


/* each is sent when the one before was answered, so none on a wrong database */

static const ngx_scim_link_step_t  ngx_scim_link_steps[] = {
    { ngx_scim_link_auth, ngx_scim_link_check_ok },
    { ngx_scim_link_select, ngx_scim_link_check_ok },
    { ngx_scim_link_set_format, ngx_scim_link_check_nothing },
    { ngx_scim_link_get_format, ngx_scim_link_check_format }
};

#define NGX_SCIM_LINK_STEPS                                                   \
    (sizeof(ngx_scim_link_steps) / sizeof(ngx_scim_link_steps[0]))


ngx_scim_link_t *
ngx_scim_link_create(ngx_cycle_t *cycle, ngx_scim_redis_conf_t *conf)
{
    ngx_scim_link_t  *link;

    link = ngx_pcalloc(cycle->pool, sizeof(ngx_scim_link_t));
    if (link == NULL) {
        return NULL;
    }

    link->host = ngx_pnalloc(cycle->pool, conf->host.len + 1);
    if (link->host == NULL) {
        return NULL;
    }

    ngx_cpystrn((u_char *) link->host, conf->host.data, conf->host.len + 1);

    link->conf = conf;
    link->ident = -1;
    link->delay = NGX_SCIM_LINK_MIN_DELAY;

    link->log = *cycle->log;
    link->log.connection = 0;
    link->log.handler = ngx_scim_link_log_error;
    link->log.data = link;
    link->log.action = NULL;

    ngx_queue_init(&link->parked);
    ngx_queue_init(&link->unsent);

    link->ending.handler = ngx_scim_link_ending_handler;
    link->ending.data = link;
    link->ending.log = &link->log;

    link->retry.handler = ngx_scim_link_retry_handler;
    link->retry.data = link;
    link->retry.log = &link->log;
    link->retry.cancelable = 1;

    ngx_scim_link_connect(link);

    return link;
}


void
ngx_scim_link_close(ngx_scim_link_t *link)
{
    if (link->ac != NULL) {
        ngx_scim_link_drop(link, NULL);
    }

    if (link->retry.timer_set) {
        ngx_del_timer(&link->retry);
    }

    if (link->ending.posted) {
        ngx_delete_posted_event(&link->ending);
    }

    /* there are no further passes of the event loop */

    ngx_scim_link_ending_handler(&link->ending);
}


static void
ngx_scim_link_connect(ngx_scim_link_t *link)
{
    redisAsyncContext  *ac;

    link->log.action = "connecting";

    ac = link->conf->port ? redisAsyncConnect(link->host, link->conf->port)
                          : redisAsyncConnectUnix(link->host);
    if (ac == NULL) {
        ngx_scim_link_lost(link, "no memory");
        return;
    }

    if (ac->err) {
        ngx_scim_link_lost(link, ac->errstr);
        redisAsyncFree(ac);
        return;
    }

    if (ngx_scim_link_attach(link, ac) != NGX_OK) {
        ngx_scim_link_lost(link, "no connection structure");
        redisAsyncFree(ac);
        return;
    }

    link->state = NGX_SCIM_LINK_CONNECTING;
    link->step = 0;
    link->progress = ngx_current_msec;

    /* a worker may exit while nobody waits for the link */

    link->c->read->cancelable = 1;
    ngx_add_timer(link->c->read, link->conf->connect_timeout);

    ngx_scim_link_handshake(link);
}


static ngx_int_t
ngx_scim_link_attach(ngx_scim_link_t *link, redisAsyncContext *ac)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(ac->c.fd, &link->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->data = link;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->log = &link->log;
    c->read->log = &link->log;
    c->write->log = &link->log;
    c->read->handler = ngx_scim_link_read_handler;
    c->write->handler = ngx_scim_link_write_handler;

    link->log.connection = c->number;
    link->ac = ac;
    link->c = c;

    ac->data = link;
    ac->ev.data = ac;
    ac->ev.addRead = ngx_scim_link_add_read;
    ac->ev.delRead = ngx_scim_link_del_read;
    ac->ev.addWrite = ngx_scim_link_add_write;
    ac->ev.delWrite = ngx_scim_link_del_write;
    ac->ev.cleanup = ngx_scim_link_cleanup;

    redisAsyncSetConnectCallback(ac, ngx_scim_link_on_connect);
    redisAsyncSetDisconnectCallback(ac, ngx_scim_link_on_disconnect);

    return NGX_OK;
}


static void
ngx_scim_link_handshake(ngx_scim_link_t *link)
{
    ngx_int_t  rc;

    while (link->step < NGX_SCIM_LINK_STEPS) {
        rc = ngx_scim_link_steps[link->step].send(link);

        if (rc == NGX_OK) {
            return;
        }

        if (rc == NGX_ERROR) {
            ngx_scim_link_drop(link, "the handshake could not be sent");
            return;
        }

        link->step++;
    }

    ngx_scim_link_ready(link);
}


static void
ngx_scim_link_handshake_reply(redisAsyncContext *ac, void *data,
    void *privdata)
{
    const char       *reason;
    ngx_scim_link_t  *link = privdata;

    if (link->ac != ac) {
        return;
    }

    if (data == NULL) {
        ngx_scim_link_lost(link, ac->c.errstr);
        return;
    }

    reason = ngx_scim_link_steps[link->step].check(data);

    if (reason != NULL) {
        ngx_scim_link_drop(link, reason);
        return;
    }

    link->step++;
    ngx_scim_link_handshake(link);
}


static void
ngx_scim_link_ready(ngx_scim_link_t *link)
{
    ngx_queue_t     *q;
    ngx_scim_cmd_t  *cmd;

    link->state = NGX_SCIM_LINK_READY;
    link->delay = NGX_SCIM_LINK_MIN_DELAY;
    link->log.action = NULL;

    ngx_del_timer(link->c->read);
    link->c->read->cancelable = 0;

    if (link->reason[0] != '\0') {
        link->reason[0] = '\0';
        ngx_log_error(NGX_LOG_NOTICE, &link->log, 0,
                      "scim: redis is available");
    }

    while (!ngx_queue_empty(&link->parked)) {
        q = ngx_queue_head(&link->parked);
        cmd = ngx_queue_data(q, ngx_scim_cmd_t, waiting);

        ngx_scim_link_cancel(link, cmd);
        ngx_scim_link_send(link, cmd);
    }
}


/* closes the connection: commands in flight end without a reply */

static void
ngx_scim_link_drop(ngx_scim_link_t *link, const char *reason)
{
    redisAsyncContext  *ac;

    ac = link->ac;

    ngx_scim_link_lost(link, reason);
    redisAsyncFree(ac);
}


/*
 * Forgets the connection, which hiredis is about to free or has freed. Called
 * from its callbacks, too.
 */

static void
ngx_scim_link_lost(ngx_scim_link_t *link, const char *reason)
{
    ngx_queue_t     *q;
    ngx_scim_cmd_t  *cmd;

    ngx_scim_link_report(link, reason);

    link->ac = NULL;
    link->state = NGX_SCIM_LINK_DOWN;
    link->log.action = NULL;

    while (!ngx_queue_empty(&link->parked)) {
        q = ngx_queue_head(&link->parked);
        cmd = ngx_queue_data(q, ngx_scim_cmd_t, waiting);

        ngx_scim_link_cancel(link, cmd);
        ngx_scim_link_end(link, cmd);
    }

    if (ngx_exiting || ngx_terminate || ngx_quit) {
        return;
    }

    ngx_add_timer(&link->retry, link->delay);
    link->delay = ngx_min(link->delay * 2, NGX_SCIM_LINK_MAX_DELAY);
}


/* one line for each change, not for each attempt */

static void
ngx_scim_link_report(ngx_scim_link_t *link, const char *reason)
{
    u_char  text[NGX_SCIM_LINK_REASON];

    if (reason == NULL) {
        return;
    }

    ngx_cpystrn(text, (u_char *) reason, NGX_SCIM_LINK_REASON);

    if (ngx_strcmp(text, link->reason) == 0) {
        return;
    }

    ngx_cpystrn(link->reason, text, NGX_SCIM_LINK_REASON);

    ngx_log_error(NGX_LOG_ERR, &link->log, 0,
                  "scim: redis is not available: %s", text);
}


static ngx_int_t
ngx_scim_link_auth(ngx_scim_link_t *link)
{
    ngx_uint_t  n;
    ngx_str_t   words[3];

    if (link->conf->password.len == 0) {
        return NGX_DECLINED;
    }

    n = 0;
    ngx_str_set(&words[n++], "AUTH");

    if (link->conf->user.len > 0) {
        words[n++] = link->conf->user;
    }

    words[n++] = link->conf->password;

    return ngx_scim_link_command(link, words, n);
}


static ngx_int_t
ngx_scim_link_select(ngx_scim_link_t *link)
{
    u_char     buf[NGX_INT_T_LEN];
    ngx_str_t  words[2];

    if (link->conf->db == 0) {
        return NGX_DECLINED;
    }

    ngx_str_set(&words[0], "SELECT");
    words[1].data = buf;
    words[1].len = ngx_sprintf(buf, "%ui", link->conf->db) - buf;

    return ngx_scim_link_command(link, words, 2);
}


static ngx_int_t
ngx_scim_link_set_format(ngx_scim_link_t *link)
{
    u_char     buf[NGX_INT_T_LEN];
    ngx_str_t  words[3];

    ngx_str_set(&words[0], "SETNX");
    ngx_str_set(&words[1], "scim:format");
    words[2].data = buf;
    words[2].len = ngx_sprintf(buf, "%i", (ngx_int_t) NGX_SCIM_FORMAT) - buf;

    return ngx_scim_link_command(link, words, 3);
}


static ngx_int_t
ngx_scim_link_get_format(ngx_scim_link_t *link)
{
    ngx_str_t  words[2];

    ngx_str_set(&words[0], "GET");
    ngx_str_set(&words[1], "scim:format");

    return ngx_scim_link_command(link, words, 2);
}


static ngx_int_t
ngx_scim_link_command(ngx_scim_link_t *link, ngx_str_t *words, ngx_uint_t n)
{
    size_t       argvlen[3];
    ngx_uint_t   i;
    const char  *argv[3];

    for (i = 0; i < n; i++) {
        argv[i] = (const char *) words[i].data;
        argvlen[i] = words[i].len;
    }

    if (redisAsyncCommandArgv(link->ac, ngx_scim_link_handshake_reply, link,
                              n, argv, argvlen)
        != REDIS_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static const char *
ngx_scim_link_check_ok(redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR) {
        return ngx_scim_redis_text(reply);
    }

    if (reply->type != REDIS_REPLY_STATUS) {
        return "unexpected reply in the handshake";
    }

    return NULL;
}


/* a server that takes no writes can be read; if not, the next step tells */

static const char *
ngx_scim_link_check_nothing(redisReply *reply)
{
    (void) reply;

    return NULL;
}


static const char *
ngx_scim_link_check_format(redisReply *reply)
{
    ngx_int_t  format;

    switch (reply->type) {

    case REDIS_REPLY_ERROR:
        return ngx_scim_redis_text(reply);

    case REDIS_REPLY_NIL:
        return NULL;

    case REDIS_REPLY_STRING:
        format = ngx_atoi((u_char *) reply->str, reply->len);

        if (format == NGX_ERROR) {
            return "\"scim:format\" is not a number";
        }

        if (format > NGX_SCIM_FORMAT) {
            return "its data are in a newer format than this module knows";
        }

        return NULL;

    default:
        return "unexpected reply in the handshake";
    }
}


void
ngx_scim_link_send(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd)
{
    switch (link->state) {

    case NGX_SCIM_LINK_READY:
        if (ngx_scim_link_write(link, cmd) == NGX_OK) {
            return;
        }

        break;

    case NGX_SCIM_LINK_CONNECTING:
        if (link->nparked < NGX_SCIM_LINK_MAX_PARKED) {
            cmd->state = NGX_SCIM_CMD_PARKED;
            ngx_queue_insert_tail(&link->parked, &cmd->waiting);
            link->nparked++;
            link->c->read->cancelable = 0;
            return;
        }

        break;

    default:
        break;
    }

    ngx_scim_link_end(link, cmd);
}


void
ngx_scim_link_end(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd)
{
    cmd->state = NGX_SCIM_CMD_UNSENT;
    ngx_queue_insert_tail(&link->unsent, &cmd->waiting);

    ngx_post_event(&link->ending, &ngx_posted_events);
}


void
ngx_scim_link_cancel(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd)
{
    if (cmd->state == NGX_SCIM_CMD_PARKED) {
        link->nparked--;
    }

    ngx_queue_remove(&cmd->waiting);
    cmd->state = NGX_SCIM_CMD_SENT;
}


static ngx_int_t
ngx_scim_link_write(ngx_scim_link_t *link, ngx_scim_cmd_t *cmd)
{
    ngx_scim_args_t  *args;

    args = cmd->args;

    if (link->in_flight == NGX_SCIM_LINK_MAX_IN_FLIGHT) {
        return NGX_ERROR;
    }

    if (redisAsyncCommandArgv(link->ac, ngx_scim_link_reply, cmd, args->argc,
                              args->argv, args->argvlen)
        != REDIS_OK)
    {
        return NGX_ERROR;
    }

    cmd->state = NGX_SCIM_CMD_SENT;

    if (link->in_flight++ == 0) {
        link->progress = ngx_current_msec;
        ngx_add_timer(link->c->read, link->conf->timeout);
    }

    return NGX_OK;
}


static void
ngx_scim_link_reply(redisAsyncContext *ac, void *reply, void *privdata)
{
    ngx_scim_cmd_t   *cmd = privdata;
    ngx_scim_link_t  *link;

    link = cmd->link;
    link->in_flight--;

    if (reply == NULL) {
        if (link->ac == ac) {
            ngx_scim_link_lost(link, ac->c.errstr);
        }

    } else {
        link->progress = ngx_current_msec;

        if (link->in_flight == 0 && link->c != NULL
            && link->c->read->timer_set)
        {
            ngx_del_timer(link->c->read);
        }
    }

    ngx_scim_cmd_finish(cmd, reply);
}


static void
ngx_scim_link_on_connect(const redisAsyncContext *ac, int status)
{
    ngx_scim_link_t  *link;

    link = ac->data;

    if (status != REDIS_OK && link->ac == ac) {
        ngx_scim_link_lost(link, ac->c.errstr);
    }
}


static void
ngx_scim_link_on_disconnect(const redisAsyncContext *ac, int status)
{
    ngx_scim_link_t  *link;

    link = ac->data;

    ngx_log_debug1(NGX_LOG_DEBUG_EVENT, &link->log, 0,
                   "scim redis disconnect: %d", status);

    if (link->ac == ac) {
        ngx_scim_link_lost(link, ac->c.errstr);
    }
}


static void
ngx_scim_link_read_handler(ngx_event_t *rev)
{
    ngx_connection_t  *c;
    ngx_scim_link_t   *link;

    c = rev->data;
    link = c->data;

    if (c->close) {
        ngx_scim_link_drop(link, NULL);
        return;
    }

    if (rev->timedout) {
        rev->timedout = 0;
        ngx_scim_link_timeout(link);
        return;
    }

    redisAsyncHandleRead(link->ac);
}


/* the timer is not moved with each reply, but here if there was one */

static void
ngx_scim_link_timeout(ngx_scim_link_t *link)
{
    ngx_msec_t  timeout, passed;

    if (link->state == NGX_SCIM_LINK_CONNECTING) {
        ngx_scim_link_drop(link, "connect timed out");
        return;
    }

    timeout = link->conf->timeout;
    passed = ngx_current_msec - link->progress;

    if (passed < timeout) {
        ngx_add_timer(link->c->read, timeout - passed);
        return;
    }

    ngx_scim_link_drop(link, "timed out");
}


/*
 * While the socket is ready, writing is a posted event, so that all commands
 * of one pass of the event loop are written together.
 */

static void
ngx_scim_link_write_handler(ngx_event_t *wev)
{
    ngx_connection_t  *c;
    ngx_scim_link_t   *link;

    c = wev->data;
    link = c->data;

    /* set again by del_write, when everything has been written */

    wev->ready = 0;

    redisAsyncHandleWrite(link->ac);
}


static void
ngx_scim_link_retry_handler(ngx_event_t *ev)
{
    ngx_scim_link_connect(ev->data);
}


static void
ngx_scim_link_ending_handler(ngx_event_t *ev)
{
    ngx_queue_t      *q;
    ngx_scim_cmd_t   *cmd;
    ngx_scim_link_t  *link;

    link = ev->data;

    while (!ngx_queue_empty(&link->unsent)) {
        q = ngx_queue_head(&link->unsent);
        cmd = ngx_queue_data(q, ngx_scim_cmd_t, waiting);

        ngx_scim_link_cancel(link, cmd);
        ngx_scim_cmd_finish(cmd, NULL);
    }
}


static u_char *
ngx_scim_link_log_error(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char           *p;
    ngx_scim_link_t  *link;

    p = buf;
    link = log->data;

    if (log->action) {
        p = ngx_snprintf(p, len, " while %s", log->action);
        len -= p - buf;
    }

    return ngx_snprintf(p, len, ", redis: \"%V\"", &link->conf->name);
}


static void
ngx_scim_link_add_read(void *data)
{
    ngx_event_t        *rev;
    ngx_scim_link_t    *link;
    redisAsyncContext  *ac = data;

    link = ac->data;
    rev = link->c->read;

    /* hiredis reads 16 KiB a time: the rest must be signalled again */

    if (!rev->active) {
        (void) ngx_add_event(rev, NGX_READ_EVENT, NGX_LEVEL_EVENT);
    }
}


static void
ngx_scim_link_del_read(void *data)
{
    ngx_event_t        *rev;
    ngx_scim_link_t    *link;
    redisAsyncContext  *ac = data;

    link = ac->data;
    rev = link->c->read;

    if (rev->active) {
        (void) ngx_del_event(rev, NGX_READ_EVENT, 0);
    }
}


static void
ngx_scim_link_add_write(void *data)
{
    ngx_event_t        *wev;
    ngx_scim_link_t    *link;
    redisAsyncContext  *ac = data;

    link = ac->data;
    wev = link->c->write;

    if (wev->ready) {
        ngx_post_event(wev, &ngx_posted_events);
        return;
    }

    if (!wev->active) {
        (void) ngx_add_event(wev, NGX_WRITE_EVENT, NGX_LEVEL_EVENT);
    }
}


static void
ngx_scim_link_del_write(void *data)
{
    ngx_event_t        *wev;
    ngx_scim_link_t    *link;
    redisAsyncContext  *ac = data;

    link = ac->data;
    wev = link->c->write;

    wev->ready = 1;

    if (wev->active) {
        (void) ngx_del_event(wev, NGX_WRITE_EVENT, 0);
    }
}


static void
ngx_scim_link_cleanup(void *data)
{
    ngx_connection_t   *c;
    ngx_scim_link_t    *link;
    redisAsyncContext  *ac = data;

    link = ac->data;
    c = link->c;

    /* nginx closes the socket, hiredis must not do it again */

    ac->c.fd = -1;
    ac->ev.data = NULL;
    link->c = NULL;
    link->log.connection = 0;

    ngx_close_connection(c);
}
