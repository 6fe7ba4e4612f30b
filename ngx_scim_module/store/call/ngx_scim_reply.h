/*
 * Replies as nginx strings, in the pool of the store.
 */

#ifndef NGX_SCIM_REPLY_H
#define NGX_SCIM_REPLY_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <hiredis/hiredis.h>

#include "store/call/ngx_scim_store.h"


/*
 * Copies the string of a reply, and ends it with NUL. Sets an empty string if
 * the reply is no string. Returns NGX_ERROR if out of memory.
 */
ngx_int_t ngx_scim_reply_str(ngx_scim_store_t *store, redisReply *reply,
    ngx_str_t *s);

/*
 * Copies the strings of an array of n elements. Returns NGX_ERROR if the reply
 * is no such array, too.
 */
ngx_int_t ngx_scim_reply_strs(ngx_scim_store_t *store, redisReply *reply,
    ngx_str_t **strs, size_t n);

/*
 * Takes a number, as ngx_scim_reply_pt does, and sets *arg (of ngx_uint_t) to it,
 * unless arg is NULL.
 */
ngx_scim_result_e ngx_scim_reply_number(ngx_scim_store_t *store,
    redisReply *reply, void *arg);

/* Takes an array of strings, and adds them to the array arg (of ngx_str_t). */
ngx_scim_result_e ngx_scim_reply_list(ngx_scim_store_t *store,
    redisReply *reply, void *arg);

#endif /* NGX_SCIM_REPLY_H */
