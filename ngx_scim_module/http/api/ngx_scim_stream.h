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
 * The same for the answer of an operation that has more, which follows piece by
 * piece as the client takes it; finalizes the request.
 */
void ngx_scim_stream(ngx_http_request_t *r, ngx_scim_response_t *response);

/* the operation has the piece that it was asked for */
void ngx_scim_stream_piece(ngx_scim_op_t *op);

#endif /* NGX_SCIM_STREAM_H */
