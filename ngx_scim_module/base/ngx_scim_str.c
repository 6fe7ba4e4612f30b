/*
 * Strings that end with NUL.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "base/ngx_scim_str.h"


ngx_str_t
ngx_scim_cstring(ngx_pool_t *pool, u_char *data, size_t len)
{
    ngx_str_t  s;

    s.len = len;
    s.data = ngx_pnalloc(pool, len + 1);

    if (s.data == NULL) {
        return s;
    }

    if (len > 0) {
        ngx_memcpy(s.data, data, len);
    }

    s.data[len] = '\0';

    return s;
}
