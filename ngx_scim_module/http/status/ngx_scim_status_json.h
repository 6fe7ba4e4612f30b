/*
 * The status pages as JSON.
 */

#ifndef NGX_SCIM_STATUS_JSON_H
#define NGX_SCIM_STATUS_JSON_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/core/ngx_scim_text.h"
#include "http/status/ngx_scim_status_ctx.h"


/* Prints a page as JSON. Sets text->failed if there is no memory. */
void ngx_scim_status_json(ngx_scim_status_t *st, ngx_scim_text_t *text);

/* Prints an error as JSON, likewise. */
void ngx_scim_status_json_error(const ngx_scim_status_error_t *err,
    ngx_scim_text_t *text);

#endif /* NGX_SCIM_STATUS_JSON_H */
