/*
 * The arguments of a command. A failure to add one is remembered, so that only
 * the sender of the command must look: args are NULL or failed if out of
 * memory. Functions that add arguments take such args too, and do nothing.
 */

#ifndef NGX_SCIM_ARGS_H
#define NGX_SCIM_ARGS_H

#include <ngx_config.h>
#include <ngx_core.h>


typedef struct ngx_scim_args_s  ngx_scim_args_t;

struct ngx_scim_args_s {
    ngx_pool_t    *pool;
    ngx_uint_t     argc;
    ngx_uint_t     nalloc;
    const char   **argv;
    size_t        *argvlen;
    ngx_str_t     *script;    /* of an EVALSHA: sent whole if not known there */
    unsigned       timed:1;   /* has a deadline */
    unsigned       failed:1;  /* an argument is missing */
    u_char         last[NGX_INT64_LEN];
};


/*
 * Returns the arguments of one command, with room for n at first, or NULL if
 * out of memory.
 */
ngx_scim_args_t *ngx_scim_args_create(ngx_pool_t *pool, ngx_uint_t n);

/*
 * Add an argument. Text is not copied and must live as long as the call. A key
 * without data was made when out of memory, and fails the command.
 */
void ngx_scim_args_add(ngx_scim_args_t *args, const void *data, size_t len);
void ngx_scim_args_add_str(ngx_scim_args_t *args, ngx_str_t *s);
void ngx_scim_args_add_strs(ngx_scim_args_t *args, ngx_str_t *s, ngx_uint_t n);
void ngx_scim_args_add_key(ngx_scim_args_t *args, ngx_str_t *key);
void ngx_scim_args_add_text(ngx_scim_args_t *args, const char *text);
void ngx_scim_args_add_uint(ngx_scim_args_t *args, ngx_uint_t n);

/* Returns the most bytes that the command has as it is sent. */
size_t ngx_scim_args_size(ngx_scim_args_t *args);

/* Writes the command to p as it is sent; returns its end. */
u_char *ngx_scim_args_print(ngx_scim_args_t *args, u_char *p);

#endif /* NGX_SCIM_ARGS_H */
