/*
 * The page of one organization.
 */

#ifndef NGX_SCIM_STATUS_ORG_H
#define NGX_SCIM_STATUS_ORG_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/core/ngx_scim_text.h"
#include "http/status/ngx_scim_status_ctx.h"


/* the page of one organization, up to the end of its main part */
void ngx_scim_html_one(ngx_scim_status_t *st, ngx_scim_text_t *text);

#endif /* NGX_SCIM_STATUS_ORG_H */
