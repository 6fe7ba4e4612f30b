/*
 * Cycles of provisioning in the store: the running or latest one as a hash,
 * those that have ended in a stream.
 */

#include "base/ngx_scim_time.h"
#include "store/call/ngx_scim_call.h"
#include "store/call/ngx_scim_script.h"
#include "store/org/ngx_scim_cycle.h"


#define NGX_SCIM_CYCLES_MAX     "1000"
#define NGX_SCIM_CYCLE_ARGS     20

/* Entra ID's published limits, from which it puts a job into quarantine */

#define NGX_SCIM_ENTRA_FAILED         "40000"
#define NGX_SCIM_ENTRA_SHARE_FROM     "5000"
#define NGX_SCIM_ENTRA_SHARE_PERCENT  "40"


static ngx_str_t ngx_scim_cycle_part(ngx_scim_store_t *store,
    ngx_str_t *source, ngx_scim_cycle_t *cycle);
static void ngx_scim_cycle_counts(ngx_scim_store_t *store,
    ngx_scim_args_t *args, ngx_scim_cycle_t *cycle);
static void ngx_scim_cycle_time(ngx_scim_store_t *store,
    ngx_scim_args_t *args, time_t sec);
static ngx_scim_result_e ngx_scim_cycle_reply(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_scim_result_e ngx_scim_cycle_have(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_scim_result_e ngx_scim_cycle_have_ended(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static void ngx_scim_cycle_field(ngx_scim_cycle_record_t *record,
    redisReply *name, redisReply *value);
static time_t ngx_scim_cycle_parse_time(redisReply *reply);


/* in the order of cycle.lua */

static const struct {
    const char   *name;
    ngx_uint_t    offset;
} ngx_scim_cycle_numbers[] = {
    { "requests", offsetof(ngx_scim_cycle_t, requests) },
    { "events", offsetof(ngx_scim_cycle_t, events) },
    { "created", offsetof(ngx_scim_cycle_t, created) },
    { "updated", offsetof(ngx_scim_cycle_t, updated) },
    { "disabled", offsetof(ngx_scim_cycle_t, disabled) },
    { "deleted", offsetof(ngx_scim_cycle_t, deleted) },
    { "failed", offsetof(ngx_scim_cycle_t, failed) },
    { NULL, 0 }
};


ngx_int_t
ngx_scim_cycle_save(ngx_scim_store_t *store, ngx_scim_cycle_t *cycle,
    ngx_scim_cycle_save_t *save, ngx_scim_store_handler_pt handler, void *data)
{
    ngx_str_t         part;
    ngx_scim_args_t  *args;

    part = ngx_scim_cycle_part(store, &save->source, cycle);
    args = ngx_scim_script_args(store, NGX_SCIM_SCRIPT_CYCLE,
                                NGX_SCIM_CYCLE_ARGS);

    ngx_scim_args_add_key(args, &part);
    ngx_scim_args_add_text(args, save->ended ? "ended" : "running");
    ngx_scim_args_add_uint(args, ngx_time());
    ngx_scim_args_add_uint(args, save->pause);
    ngx_scim_args_add_text(args, NGX_SCIM_ENTRA_FAILED);
    ngx_scim_args_add_text(args, NGX_SCIM_ENTRA_SHARE_FROM);
    ngx_scim_args_add_text(args, NGX_SCIM_ENTRA_SHARE_PERCENT);
    ngx_scim_args_add_text(args, NGX_SCIM_CYCLES_MAX);
    ngx_scim_cycle_counts(store, args, cycle);

    ngx_scim_redis_begin(store, handler, data);

    return ngx_scim_redis_send(store, args, ngx_scim_cycle_reply, NULL);
}


/*
 * Names the part by the nginx that counted it and its start; no other part has
 * this name.
 */

static ngx_str_t
ngx_scim_cycle_part(ngx_scim_store_t *store, ngx_str_t *source,
    ngx_scim_cycle_t *cycle)
{
    size_t     size;
    ngx_str_t  part;

    size = source->len + 1 + NGX_TIME_T_LEN;

    part.data = ngx_pnalloc(store->pool, size);
    part.len = part.data ? ngx_snprintf(part.data, size, "%V-%T", source,
                                        cycle->began)
                           - part.data
                         : 0;

    return part;
}


static void
ngx_scim_cycle_counts(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_scim_cycle_t *cycle)
{
    ngx_uint_t   i, *number;

    ngx_scim_cycle_time(store, args, cycle->began);
    ngx_scim_cycle_time(store, args, cycle->last);

    for (i = 0; ngx_scim_cycle_numbers[i].name; i++) {
        number = (ngx_uint_t *) ((u_char *) cycle
                                 + ngx_scim_cycle_numbers[i].offset);

        ngx_scim_args_add_uint(args, *number);
    }
}


/* Adds a time in seconds, and as text. */

static void
ngx_scim_cycle_time(ngx_scim_store_t *store, ngx_scim_args_t *args, time_t sec)
{
    ngx_str_t  text;

    text.len = NGX_SCIM_TIME_LEN;
    text.data = ngx_pnalloc(store->pool, NGX_SCIM_TIME_LEN);

    if (text.data != NULL) {
        (void) ngx_scim_time_print(text.data, sec);
    }

    ngx_scim_args_add_uint(args, sec);
    ngx_scim_args_add_key(args, &text);
}


static ngx_scim_result_e
ngx_scim_cycle_reply(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_str_t  name;

    (void) arg;

    return ngx_scim_script_result(store, reply, &name);
}


ngx_int_t
ngx_scim_cycle_send_read(ngx_scim_store_t *store,
    ngx_scim_cycle_record_t *cycle, ngx_array_t *ended, ngx_uint_t n)
{
    ngx_str_t         key, log;
    ngx_scim_args_t  *args;

    static ngx_str_t  hgetall = ngx_string("HGETALL");

    key = ngx_scim_key(store, "cycle");
    log = ngx_scim_key(store, "cycles");

    if (ngx_scim_redis_command(store, ngx_scim_cycle_have, cycle, &hgetall,
                               &key, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    args = ngx_scim_args_create(store->pool, 6);

    ngx_scim_args_add_text(args, "XREVRANGE");
    ngx_scim_args_add_key(args, &log);
    ngx_scim_args_add_text(args, "+");
    ngx_scim_args_add_text(args, "-");
    ngx_scim_args_add_text(args, "COUNT");
    ngx_scim_args_add_uint(args, n);

    return ngx_scim_redis_send(store, args, ngx_scim_cycle_have_ended, ended);
}


/* names and values in turn */

static ngx_scim_result_e
ngx_scim_cycle_have(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_scim_cycle_record_t *record = arg;

    size_t  i;

    (void) store;

    ngx_memzero(record, sizeof(ngx_scim_cycle_record_t));

    if (reply->type != REDIS_REPLY_ARRAY) {
        return NGX_SCIM_STORE_FAILED;
    }

    for (i = 0; i + 1 < reply->elements; i += 2) {
        if (reply->element[i]->type != REDIS_REPLY_STRING
            || reply->element[i + 1]->type != REDIS_REPLY_STRING)
        {
            return NGX_SCIM_STORE_FAILED;
        }

        ngx_scim_cycle_field(record, reply->element[i], reply->element[i + 1]);
    }

    return NGX_SCIM_STORE_OK;
}


static ngx_scim_result_e
ngx_scim_cycle_have_ended(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_array_t *ended = arg;

    size_t                    i;
    redisReply               *entry;
    ngx_scim_cycle_record_t  *record;

    if (reply->type != REDIS_REPLY_ARRAY) {
        return NGX_SCIM_STORE_FAILED;
    }

    for (i = 0; i < reply->elements; i++) {
        entry = reply->element[i];
        record = ngx_array_push(ended);

        if (record == NULL || entry->type != REDIS_REPLY_ARRAY
            || entry->elements != 2
            || ngx_scim_cycle_have(store, entry->element[1], record)
               != NGX_SCIM_STORE_OK)
        {
            return NGX_SCIM_STORE_FAILED;
        }
    }

    return NGX_SCIM_STORE_OK;
}


static void
ngx_scim_cycle_field(ngx_scim_cycle_record_t *record, redisReply *name,
    redisReply *value)
{
    ngx_int_t    n;
    ngx_uint_t   i;

    if (ngx_strcmp(name->str, "began") == 0) {
        record->count.began = ngx_scim_cycle_parse_time(value);

    } else if (ngx_strcmp(name->str, "last") == 0) {
        record->count.last = ngx_scim_cycle_parse_time(value);

    } else if (ngx_strcmp(name->str, "state") == 0) {
        record->running = (ngx_strcmp(value->str, "running") == 0);

    } else if (ngx_strcmp(name->str, "quarantine") == 0) {
        record->quarantine = (ngx_strcmp(value->str, "1") == 0);
    }

    for (i = 0; ngx_scim_cycle_numbers[i].name; i++) {
        if (ngx_strcmp(name->str, ngx_scim_cycle_numbers[i].name) == 0) {
            n = ngx_atoi((u_char *) value->str, value->len);
            *(ngx_uint_t *) ((u_char *) &record->count
                             + ngx_scim_cycle_numbers[i].offset)
                = n == NGX_ERROR ? 0 : n;
        }
    }
}


/* Returns 0 if the text is no time. */

static time_t
ngx_scim_cycle_parse_time(redisReply *reply)
{
    time_t     sec;
    ngx_str_t  text;

    text.data = (u_char *) reply->str;
    text.len = reply->len;
    sec = ngx_scim_time_parse(&text);

    return sec == NGX_ERROR ? 0 : sec;
}
