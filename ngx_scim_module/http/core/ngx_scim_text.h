/*
 * Text that grows, JSON or HTML: what is put into it is escaped, unless it is
 * the format itself.
 */

#ifndef NGX_SCIM_TEXT_H
#define NGX_SCIM_TEXT_H

#include <ngx_config.h>
#include <ngx_core.h>


typedef enum {
    NGX_SCIM_TEXT_JSON,
    NGX_SCIM_TEXT_HTML
} ngx_scim_text_kind_e;


typedef struct {
    ngx_pool_t             *pool;
    ngx_scim_text_kind_e    kind;
    u_char                 *data;
    size_t                  len;
    size_t                  size;
    ngx_uint_t              failed;     /* no memory: all else is ignored */
} ngx_scim_text_t;


void ngx_scim_text_init(ngx_scim_text_t *text, ngx_pool_t *pool,
    ngx_scim_text_kind_e kind);

/* appends something as it is */
void ngx_scim_text_raw(ngx_scim_text_t *text, const void *data, size_t len);

/*
 * Appends a format:
 *
 *   %V  ngx_str_t *, as the inside of a JSON string, or as HTML
 *   %s  the same of const char *
 *   %U  ngx_str_t *, as a value in the query of a URL
 *   %u  ngx_uint_t
 *   %T  time_t, as 2030-01-31T00:00:00Z
 *   %%
 *
 * Bytes that are not UTF-8 are replaced. Attributes in HTML are in double
 * quotes.
 */
void ngx_scim_text_print(ngx_scim_text_t *text, const char *format, ...);

#endif /* NGX_SCIM_TEXT_H */
