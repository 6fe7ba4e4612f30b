/*
 * Keys and other texts of a call.
 */

#include "store/call/ngx_scim_key.h"


#define NGX_SCIM_KEY_MAX  1024


ngx_str_t
ngx_scim_key(ngx_scim_store_t *store, const char *format, ...)
{
    u_char     *p, text[NGX_SCIM_KEY_MAX];
    va_list     args;
    ngx_str_t   key;

    p = ngx_slprintf(text, text + sizeof(text), "scim:{%V}:", &store->tenant);

    va_start(args, format);
    p = ngx_vslprintf(p, text + sizeof(text), format, args);
    va_end(args);

    key.len = p - text;
    key.data = ngx_pnalloc(store->pool, key.len);

    if (key.data == NULL) {
        key.len = 0;
        return key;
    }

    ngx_memcpy(key.data, text, key.len);

    return key;
}


ngx_str_t
ngx_scim_redis_number(ngx_scim_store_t *store, ngx_uint_t n)
{
    ngx_str_t  s;

    s.data = ngx_pnalloc(store->pool, NGX_INT_T_LEN);
    s.len = s.data ? ngx_sprintf(s.data, "%ui", n) - s.data : 0;

    return s;
}


ngx_str_t
ngx_scim_redis_join(ngx_scim_store_t *store, const char *prefix, ngx_str_t *s)
{
    ngx_str_t  text;

    text.len = ngx_strlen(prefix) + s->len;
    text.data = ngx_pnalloc(store->pool, text.len);

    if (text.data != NULL) {
        (void) ngx_sprintf(text.data, "%s%V", prefix, s);
    }

    return text;
}
