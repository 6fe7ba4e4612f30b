/*
 * Keys and other texts of a call, in the pool of its store.
 */

#ifndef NGX_SCIM_KEY_H
#define NGX_SCIM_KEY_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_store.h"


/*
 * Returns a key of the tenant: "scim:{tenant}:" and the parts of format
 * ("%V:%V"). Its data is NULL if out of memory.
 */
ngx_str_t ngx_scim_key(ngx_scim_store_t *store, const char *format, ...);

/* Returns a number as text. Its data is NULL if out of memory. */
ngx_str_t ngx_scim_redis_number(ngx_scim_store_t *store, ngx_uint_t n);

/* Returns two texts as one. Its data is NULL if out of memory. */
ngx_str_t ngx_scim_redis_join(ngx_scim_store_t *store, const char *prefix,
    ngx_str_t *s);

#endif /* NGX_SCIM_KEY_H */
