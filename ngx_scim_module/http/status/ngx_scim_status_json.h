/*
 * The status pages as JSON.
 */

#ifndef NGX_SCIM_STATUS_JSON_H
#define NGX_SCIM_STATUS_JSON_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/core/ngx_scim_text.h"
#include "http/status/ngx_scim_status_ctx.h"


/* the page in one of the forms; text->failed: no memory */
void ngx_scim_status_json(ngx_scim_status_t *st, ngx_scim_text_t *text);

/* the same for an error */
void ngx_scim_status_json_error(const ngx_scim_status_error_t *err,
    ngx_scim_text_t *text);

#endif /* NGX_SCIM_STATUS_JSON_H */
