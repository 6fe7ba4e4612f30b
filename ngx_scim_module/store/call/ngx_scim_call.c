/*
 * Calls: some commands, sent together, that end in one result.
 */

#include "store/call/ngx_scim_call.h"
#include "store/call/ngx_scim_script.h"
#include "store/link/ngx_scim_link.h"
#include "store/link/ngx_scim_queue.h"
#include "store/link/ngx_scim_question.h"
#include "store/link/ngx_scim_server.h"


static void ngx_scim_call_done(ngx_scim_cmd_t *cmd, redisReply *reply);
static ngx_int_t ngx_scim_call_whole(ngx_scim_call_t *call,
    redisReply *reply);
static ngx_int_t ngx_scim_call_late(ngx_scim_call_t *call,
    redisReply *reply);
static void ngx_scim_call_end(ngx_scim_call_t *call, redisReply *reply);
static ngx_scim_result_e ngx_scim_call_result(ngx_scim_call_t *call,
    redisReply *reply);
static ngx_scim_result_e ngx_scim_call_error(ngx_scim_call_t *call,
    redisReply *reply);


/* errors by which a server says that it cannot be used now */

static const char  *ngx_scim_unavailable[] = {
    "LOADING", "BUSY", "READONLY", "OOM", "MASTERDOWN", "NOAUTH", "MISCONF",
    "NOREPLICAS", "CLUSTERDOWN", "TRYAGAIN", NULL
};


void
ngx_scim_redis_begin(ngx_scim_store_t *store,
    ngx_scim_store_handler_pt handler, void *data)
{
    store->handler = handler;
    store->data = data;
    store->result = NGX_SCIM_STORE_OK;
    store->pending = 0;
    store->room = NGX_MAX_SIZE_T_VALUE;

    ngx_scim_count(ngx_scim_link_counters(store->link), round_trips);

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
    ngx_scim_call_t  *call;

    if (args != NULL && args->timed) {
        ngx_scim_args_add(args, args->last, 1);
    }

    call = (args != NULL && !args->failed)
           ? ngx_calloc(sizeof(ngx_scim_call_t), store->log) : NULL;

    if (call == NULL) {
        ngx_scim_store_detach(store);
        return NGX_ERROR;
    }

    call->cmd.done = ngx_scim_call_done;
    call->cmd.args = args;
    call->cmd.link = store->link;
    call->place.cmd = &call->cmd;
    call->store = store;
    call->on_reply = on_reply;
    call->arg = arg;

    ngx_queue_insert_tail(&store->commands, &call->queue);
    store->pending++;

    ngx_scim_queue_send(ngx_scim_link_queue(store->link), &store->tenant,
                        &call->place);

    return NGX_OK;
}


ngx_int_t
ngx_scim_redis_command(ngx_scim_store_t *store, ngx_scim_reply_pt on_reply,
    void *arg, ...)
{
    va_list           list;
    ngx_str_t        *s;
    ngx_scim_args_t  *args;

    args = ngx_scim_args_create(store->pool, 8);

    va_start(list, arg);

    for (s = va_arg(list, ngx_str_t *); s; s = va_arg(list, ngx_str_t *)) {
        ngx_scim_args_add_key(args, s);
    }

    va_end(list);

    return ngx_scim_redis_send(store, args, on_reply, arg);
}


static void
ngx_scim_call_done(ngx_scim_cmd_t *cmd, redisReply *reply)
{
    ngx_scim_call_t      *call;
    ngx_scim_counters_t  *counters;

    call = ngx_queue_data(cmd, ngx_scim_call_t, cmd);

    if (reply != NULL && call->store != NULL
        && (ngx_scim_call_whole(call, reply) == NGX_OK
            || ngx_scim_call_late(call, reply) == NGX_OK))
    {
        return;
    }

    ngx_scim_queue_done(ngx_scim_link_queue(call->cmd.link), &call->place);

    counters = ngx_scim_link_counters(call->cmd.link);

    if (reply == NULL) {
        ngx_scim_count(counters, unanswered);

    } else if (reply->type == REDIS_REPLY_ERROR) {
        ngx_scim_count(counters, refused);
    }

    if (call->store == NULL) {
        ngx_free(call);
        return;
    }

    ngx_scim_call_end(call, reply);
}


/* After NOSCRIPT the script has not run. It is sent again, as a whole. */

static ngx_int_t
ngx_scim_call_whole(ngx_scim_call_t *call, redisReply *reply)
{
    ngx_str_t         text;
    ngx_scim_args_t  *args;

    if (call->whole || call->cmd.args->script == NULL
        || reply->type != REDIS_REPLY_ERROR
        || ngx_strncmp(reply->str, "NOSCRIPT", 8) != 0)
    {
        return NGX_DECLINED;
    }

    args = call->cmd.args;

    text = ngx_scim_script_text(call->store, args);
    if (text.data == NULL) {
        return NGX_DECLINED;
    }

    call->whole = 1;

    args->argv[0] = "EVAL";
    args->argvlen[0] = 4;
    args->argv[1] = (char *) text.data;
    args->argvlen[1] = text.len;

    ngx_scim_link_send(call->cmd.link, &call->cmd);

    return NGX_OK;
}


/*
 * If a change came too late by the clock of Redis while its caller still waits,
 * the clock was set or Redis stood still. The change is sent again.
 */

static ngx_int_t
ngx_scim_call_late(ngx_scim_call_t *call, redisReply *reply)
{
    if (call->late || !call->cmd.args->timed
        || reply->type != REDIS_REPLY_ARRAY || reply->elements != 1
        || reply->element[0]->type != REDIS_REPLY_STRING
        || ngx_strcmp(reply->element[0]->str, "late") != 0)
    {
        return NGX_DECLINED;
    }

    call->late = 1;

    ngx_scim_link_doubt(call->cmd.link);
    ngx_scim_link_send(call->cmd.link, &call->cmd);

    return NGX_OK;
}


static void
ngx_scim_call_end(ngx_scim_call_t *call, redisReply *reply)
{
    ngx_scim_store_t   *store;
    ngx_scim_result_e   result;

    store = call->store;
    result = ngx_scim_call_result(call, reply);

    if (store->result == NGX_SCIM_STORE_OK) {
        store->result = result;
    }

    if (call->store == NULL) {
        /* on_reply could not send what follows, and gave the others up */
        store->pending = 1;

    } else {
        ngx_queue_remove(&call->queue);
    }

    ngx_free(call);

    if (--store->pending == 0) {
        if (store->clock != NULL && --store->clock->pending == 0) {
            store->clock->spent += ngx_current_msec - store->clock->since;
        }

        store->handler(store->data, store->result);
    }
}


static ngx_scim_result_e
ngx_scim_call_result(ngx_scim_call_t *call, redisReply *reply)
{
    const char         *name;
    ngx_scim_store_t   *store;
    ngx_scim_result_e   result;

    if (reply == NULL) {
        return NGX_SCIM_STORE_UNAVAILABLE;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        return ngx_scim_call_error(call, reply);
    }

    store = call->store;
    name = call->cmd.args->argv[0];
    result = call->on_reply(store, reply, call->arg);

    if (result == NGX_SCIM_STORE_FAILED) {
        ngx_log_error(NGX_LOG_ALERT, store->log, 0,
                      "scim: redis sent an unexpected reply to %s", name);
    }

    return result;
}


static ngx_scim_result_e
ngx_scim_call_error(ngx_scim_call_t *call, redisReply *reply)
{
    const char   *text;
    const char  **code;

    text = ngx_scim_reply_error(reply);

    for (code = ngx_scim_unavailable; *code; code++) {
        if (ngx_strncmp(text, *code, ngx_strlen(*code)) == 0) {
            ngx_scim_link_refused(call->cmd.link, *code, text);
            return NGX_SCIM_STORE_UNAVAILABLE;
        }
    }

    ngx_log_error(NGX_LOG_ALERT, call->store->log, 0,
                  "scim: redis answered \"%s\"", text);

    return NGX_SCIM_STORE_FAILED;
}
