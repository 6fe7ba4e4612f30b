/*
 * Strings that end with NUL.
 */

#ifndef NGX_SCIM_STR_H
#define NGX_SCIM_STR_H

#include <ngx_config.h>
#include <ngx_core.h>


/* a copy that ends with NUL; data is NULL when out of memory */
ngx_str_t ngx_scim_cstring(ngx_pool_t *pool, u_char *data, size_t len);

#endif /* NGX_SCIM_STR_H */
