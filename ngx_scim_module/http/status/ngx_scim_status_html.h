/*
 * The status pages as HTML.
 */

#ifndef NGX_SCIM_STATUS_HTML_H
#define NGX_SCIM_STATUS_HTML_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/core/ngx_scim_text.h"
#include "http/status/ngx_scim_status_ctx.h"


void ngx_scim_status_html(ngx_scim_status_t *st, ngx_scim_text_t *text);

void ngx_scim_status_html_error(const ngx_scim_status_error_t *err,
    ngx_scim_text_t *text);

#endif /* NGX_SCIM_STATUS_HTML_H */
