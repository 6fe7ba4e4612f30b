/*
 * Commands to Redis and their replies, for the files of the store.
 */

#ifndef NGX_SCIM_REDIS_H
#define NGX_SCIM_REDIS_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <hiredis/hiredis.h>
#include <hiredis/async.h>

#include "ngx_scim_admin.h"
#include "ngx_scim_link.h"


/*
 * A command of a pending call. on_reply is called once if a reply comes that
 * is no error; it returns the result that the reply means, and may send further
 * commands of the same call. When the last command of the call is answered,
 * or the link has failed, the call's handler gets the first result that was
 * not OK.
 */
typedef ngx_scim_result_e (*ngx_scim_reply_pt)(ngx_scim_store_t *store,
    redisReply *reply, void *arg);

typedef struct {
    ngx_uint_t     argc;
    ngx_uint_t     nalloc;
    const char   **argv;
    size_t        *argvlen;
    ngx_str_t     *script;    /* of an EVALSHA: sent whole if not known there */
    unsigned       timed:1;   /* not to be carried out after it was given up */
    u_char         last[NGX_INT64_LEN];
} ngx_scim_args_t;


/* the arguments of one command, in the store's pool; room for n at first */
ngx_scim_args_t *ngx_scim_args_create(ngx_scim_store_t *store, ngx_uint_t n);

/* What is added is not copied and must live as long as the call. */
ngx_int_t ngx_scim_args_add(ngx_scim_store_t *store, ngx_scim_args_t *args,
    const void *data, size_t len);
ngx_int_t ngx_scim_args_add_str(ngx_scim_store_t *store,
    ngx_scim_args_t *args, ngx_str_t *s);
ngx_int_t ngx_scim_args_add_text(ngx_scim_store_t *store,
    ngx_scim_args_t *args, const char *text);
ngx_int_t ngx_scim_args_add_uint(ngx_scim_store_t *store,
    ngx_scim_args_t *args, ngx_uint_t n);

/* the command as it is sent, in the store's pool */
ngx_int_t ngx_scim_args_text(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_str_t *text);

/*
 * A key of the tenant: "scim:{tenant}:" and the parts of format ("%V:%V"). An
 * empty string when out of memory.
 */
ngx_str_t ngx_scim_key(ngx_scim_store_t *store, const char *format, ...);

/* a copy of a reply's string in the store's pool, ended by NUL */
ngx_int_t ngx_scim_reply_str(ngx_scim_store_t *store, redisReply *reply,
    ngx_str_t *s);

/* the same for each element of an array of n */
ngx_int_t ngx_scim_reply_strs(ngx_scim_store_t *store, redisReply *reply,
    ngx_str_t **strs, size_t n);

/* two texts as one; data is NULL when out of memory */
ngx_str_t ngx_scim_redis_join(ngx_scim_store_t *store, const char *prefix,
    ngx_str_t *s);

/* begins a call; then one ngx_scim_redis_send() or more */
void ngx_scim_redis_begin(ngx_scim_store_t *store,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Sends a command of the call, together with all others of this pass of the
 * event loop. NGX_ERROR: out of memory; the whole call is given up.
 */
ngx_int_t ngx_scim_redis_send(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_scim_reply_pt on_reply, void *arg);

/* sends a command given as a list of texts, ended by NULL */
ngx_int_t ngx_scim_redis_command(ngx_scim_store_t *store,
    ngx_scim_reply_pt on_reply, void *arg, ...);

/*
 * The ends of the range of a sorted index that is in the relation to a value,
 * as ZRANGEBYLEX takes them. NGX_ERROR: out of memory; the call is given up.
 */
ngx_int_t ngx_scim_index_bounds(ngx_scim_store_t *store,
    ngx_scim_relation_e relation, ngx_str_t *value, ngx_str_t *min,
    ngx_str_t *max);

/*
 * The entry as a script takes it: the number of arguments, then the length of
 * the log, names and values; entry can be NULL.
 */
ngx_int_t ngx_scim_log_args(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_scim_log_entry_t *entry);

/*
 * The command of a call that reads a record; with must_be a record that is not
 * there is NOT_FOUND.
 */
ngx_int_t ngx_scim_resource_send(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_record_t *record, ngx_uint_t must_be);

/*
 * The commands of a call that read the cycle of the tenant and, into ended, at
 * most n of those that have ended, the newest first.
 */
ngx_int_t ngx_scim_cycle_send_read(ngx_scim_store_t *store,
    ngx_scim_cycle_record_t *cycle, ngx_array_t *ended, ngx_uint_t n);

#endif /* NGX_SCIM_REDIS_H */
