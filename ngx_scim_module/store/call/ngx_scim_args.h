/*
 * Commands and replies as nginx strings.
 */

#ifndef NGX_SCIM_ARGS_H
#define NGX_SCIM_ARGS_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <hiredis/hiredis.h>

#include "store/call/ngx_scim_store.h"


typedef struct {
    ngx_uint_t     argc;
    ngx_uint_t     nalloc;
    const char   **argv;
    size_t        *argvlen;
    ngx_str_t     *script;    /* of an EVALSHA: sent whole if not known there */
    unsigned       timed:1;   /* has a deadline */
    u_char         last[NGX_INT64_LEN];
} ngx_scim_args_t;


/* the arguments of one command, in the store's pool; room for n at first */
ngx_scim_args_t *ngx_scim_args_create(ngx_scim_store_t *store, ngx_uint_t n);

/* The added text is not copied and must live as long as the call. */
ngx_int_t ngx_scim_args_add(ngx_scim_store_t *store, ngx_scim_args_t *args,
    const void *data, size_t len);
ngx_int_t ngx_scim_args_add_str(ngx_scim_store_t *store,
    ngx_scim_args_t *args, ngx_str_t *s);
ngx_int_t ngx_scim_args_add_text(ngx_scim_store_t *store,
    ngx_scim_args_t *args, const char *text);
ngx_int_t ngx_scim_args_add_uint(ngx_scim_store_t *store,
    ngx_scim_args_t *args, ngx_uint_t n);

/* Returns the most bytes that the command has as it is sent. */
size_t ngx_scim_args_size(ngx_scim_args_t *args);

/* Writes the command to p as it is sent; returns where it ends. */
u_char *ngx_scim_args_print(ngx_scim_args_t *args, u_char *p);

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

/* The text of an error, without arguments of ours that it may quote. */
const char *ngx_scim_reply_error(redisReply *reply);

/* two texts as one; data is NULL when out of memory */
ngx_str_t ngx_scim_redis_join(ngx_scim_store_t *store, const char *prefix,
    ngx_str_t *s);

#endif /* NGX_SCIM_ARGS_H */
