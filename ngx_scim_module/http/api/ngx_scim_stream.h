/*
 * Answers that are sent piece by piece.
 */

#ifndef NGX_SCIM_STREAM_H
#define NGX_SCIM_STREAM_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "op/core/ngx_scim_op.h"
#include "http/api/ngx_scim_response.h"


/*
 * Sends the response of an operation whose body has more pieces. Each follows when
 * the client has taken the one before. Finalizes the request.
 */
void ngx_scim_stream(ngx_http_request_t *r, ngx_scim_response_t *response);

/* Called by the operation when the next piece is there. */
void ngx_scim_stream_piece(ngx_scim_op_t *op);

#endif /* NGX_SCIM_STREAM_H */
