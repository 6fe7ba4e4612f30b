/*
 * The status pages as HTML.
 */

#ifndef NGX_SCIM_STATUS_HTML_H
#define NGX_SCIM_STATUS_HTML_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/core/ngx_scim_text.h"
#include "http/status/ngx_scim_status.h"


/* begins a page, up to its main part; the name, if any, is before the title */
void ngx_scim_html_head(ngx_scim_text_t *text, ngx_str_t *name,
    const char *title);

void ngx_scim_status_html(ngx_scim_status_t *st, ngx_scim_text_t *text);

void ngx_scim_status_html_error(const ngx_scim_status_error_t *err,
    ngx_scim_text_t *text);

/*
 * The Content-Security-Policy of the page, which allows nothing but its own
 * style and script. data is NULL when out of memory.
 */
ngx_str_t ngx_scim_status_policy(ngx_pool_t *pool);

#endif /* NGX_SCIM_STATUS_HTML_H */
