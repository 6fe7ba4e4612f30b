/*
 * Commands to Redis and their replies, for the files of the store.
 */

#ifndef NGX_SCIM_CALL_H
#define NGX_SCIM_CALL_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "store/org/ngx_scim_org.h"
#include "store/call/ngx_scim_args.h"
#include "store/link/ngx_scim_link.h"


/*
 * A command of a pending call. on_reply is called once if a reply comes that
 * is no error; it returns the result that the reply means, and may send further
 * commands of the same call. When the last command of the call is answered,
 * or the link has failed, the call's handler gets the first result that was
 * not OK.
 */
typedef ngx_scim_result_e (*ngx_scim_reply_pt)(ngx_scim_store_t *store,
    redisReply *reply, void *arg);


/* begins a call; then one ngx_scim_redis_send() or more */
void ngx_scim_redis_begin(ngx_scim_store_t *store,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Sends a command of the call, together with all others of this pass of the
 * event loop. Returns NGX_ERROR if out of memory; the call then fails.
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

#endif /* NGX_SCIM_CALL_H */
