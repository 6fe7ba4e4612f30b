/*
 * Calls: what a store waits for is one command or more; the handler runs when
 * the last is answered.
 */

#include "ngx_scim_link.h"


#define NGX_SCIM_REDIS_QUIET  60      /* seconds */


static ngx_scim_cmd_t *ngx_scim_cmd_create(ngx_scim_store_t *store,
    ngx_scim_args_t *args, ngx_scim_reply_pt on_reply, void *arg);
static void ngx_scim_redis_refused(ngx_scim_store_t *store, const char *code,
    char *text);


/* errors that tell of a state of the server, not of a bug */

static const char  *ngx_scim_redis_states[] = {
    "LOADING",
    "BUSY",
    "READONLY",
    "OOM",
    "MISCONF",
    "MASTERDOWN",
    "NOREPLICAS",
    "CLUSTERDOWN",
    "TRYAGAIN",
    "NOAUTH",
    NULL
};


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
        cmd = ngx_queue_data(q, ngx_scim_cmd_t, queue);

        ngx_queue_remove(q);
        cmd->store = NULL;

        if (cmd->state != NGX_SCIM_CMD_SENT) {
            ngx_scim_link_cancel(cmd->link, cmd);
            ngx_free(cmd);
        }
    }

    store->pending = 0;
    store->handler = NULL;
}


void
ngx_scim_redis_begin(ngx_scim_store_t *store,
    ngx_scim_store_handler_pt handler, void *data)
{
    store->handler = handler;
    store->data = data;
    store->result = NGX_SCIM_STORE_OK;
}


ngx_int_t
ngx_scim_redis_send(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_scim_reply_pt on_reply, void *arg)
{
    ngx_scim_cmd_t  *cmd;

    cmd = ngx_scim_cmd_create(store, args, on_reply, arg);
    if (cmd == NULL) {
        return NGX_ERROR;
    }

    ngx_scim_link_send(store->link, cmd);

    return NGX_OK;
}


ngx_int_t
ngx_scim_redis_nothing(ngx_scim_store_t *store)
{
    ngx_scim_cmd_t  *cmd;

    cmd = ngx_scim_cmd_create(store, NULL, NULL, NULL);
    if (cmd == NULL) {
        return NGX_ERROR;
    }

    ngx_scim_link_end(store->link, cmd);

    return NGX_OK;
}


static ngx_scim_cmd_t *
ngx_scim_cmd_create(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_scim_reply_pt on_reply, void *arg)
{
    ngx_scim_cmd_t  *cmd;

    cmd = ngx_alloc(sizeof(ngx_scim_cmd_t), store->log);
    if (cmd == NULL) {
        return NULL;
    }

    cmd->state = NGX_SCIM_CMD_SENT;
    cmd->link = store->link;
    cmd->store = store;
    cmd->args = args;
    cmd->on_reply = on_reply;
    cmd->arg = arg;

    ngx_queue_insert_tail(&store->commands, &cmd->queue);
    store->pending++;

    return cmd;
}


void
ngx_scim_cmd_finish(ngx_scim_cmd_t *cmd, redisReply *reply)
{
    void               *arg;
    ngx_scim_store_t   *store;
    ngx_scim_reply_pt   on_reply;
    ngx_scim_result_e   result;

    arg = cmd->arg;
    store = cmd->store;
    on_reply = cmd->on_reply;

    if (store != NULL) {
        ngx_queue_remove(&cmd->queue);
    }

    ngx_free(cmd);

    if (store == NULL) {
        return;
    }

    if (on_reply != NULL) {
        if (reply == NULL && store->result == NGX_SCIM_STORE_OK) {
            store->result = NGX_SCIM_STORE_UNAVAILABLE;
        }

        result = on_reply(store, reply, arg);

        if (store->result == NGX_SCIM_STORE_OK) {
            store->result = result;
        }
    }

    if (--store->pending == 0) {
        /* the handler may free the store */
        store->handler(store->data, store->result);
    }
}


ngx_scim_result_e
ngx_scim_redis_error(ngx_scim_store_t *store, redisReply *reply)
{
    char        *text;
    size_t       len;
    ngx_uint_t   i;

    if (reply == NULL) {
        return NGX_SCIM_STORE_UNAVAILABLE;
    }

    if (reply->type != REDIS_REPLY_ERROR) {
        ngx_log_error(NGX_LOG_ERR, store->log, 0,
                      "scim: unexpected reply of type %d from redis",
                      reply->type);
        return NGX_SCIM_STORE_FAILED;
    }

    text = ngx_scim_redis_text(reply);

    for (i = 0; ngx_scim_redis_states[i] != NULL; i++) {
        len = ngx_strlen(ngx_scim_redis_states[i]);

        if (ngx_strncmp(text, ngx_scim_redis_states[i], len) == 0
            && (text[len] == ' ' || text[len] == '\0'))
        {
            ngx_scim_redis_refused(store, ngx_scim_redis_states[i], text);
            return NGX_SCIM_STORE_UNAVAILABLE;
        }
    }

    ngx_log_error(NGX_LOG_ERR, store->log, 0, "scim: error from redis: \"%s\"",
                  text);

    return NGX_SCIM_STORE_FAILED;
}


/* logged when it begins, and again after it has not been seen for a while */

static void
ngx_scim_redis_refused(ngx_scim_store_t *store, const char *code, char *text)
{
    time_t            last;
    ngx_scim_link_t  *link;

    link = store->link;
    last = link->refused;
    link->refused = ngx_time();

    if (ngx_strcmp(link->refusal, code) == 0
        && link->refused - last < NGX_SCIM_REDIS_QUIET)
    {
        return;
    }

    ngx_cpystrn(link->refusal, (u_char *) code, sizeof(link->refusal));

    ngx_log_error(NGX_LOG_ERR, &link->log, 0,
                  "scim: redis refuses commands: \"%s\"", text);
}


char *
ngx_scim_redis_text(redisReply *reply)
{
    char  *args;

    args = strstr(reply->str, ", with args");

    if (args != NULL) {
        *args = '\0';
    }

    return reply->str;
}


ngx_int_t
ngx_scim_redis_copy(ngx_scim_store_t *store, const char *data, size_t len,
    ngx_str_t *str)
{
    u_char  *p;

    p = ngx_pnalloc(store->pool, len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, data, len);
    p[len] = '\0';

    str->len = len;
    str->data = p;

    return NGX_OK;
}


ngx_int_t
ngx_scim_redis_string(ngx_scim_store_t *store, redisReply *reply,
    ngx_str_t *str)
{
    if (reply->type != REDIS_REPLY_STRING) {
        ngx_str_null(str);
        return NGX_OK;
    }

    return ngx_scim_redis_copy(store, reply->str, reply->len, str);
}


ngx_uint_t
ngx_scim_redis_number(redisReply *reply)
{
    ngx_int_t  n;

    if (reply->type == REDIS_REPLY_INTEGER) {
        return reply->integer > 0 ? (ngx_uint_t) reply->integer : 0;
    }

    if (reply->type != REDIS_REPLY_STRING) {
        return 0;
    }

    n = ngx_atoi((u_char *) reply->str, reply->len);

    return n == NGX_ERROR ? 0 : (ngx_uint_t) n;
}
