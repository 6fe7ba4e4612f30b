/*
 * The part of the module that belongs to a request.
 */

#ifndef NGX_SCIM_REQUEST_H
#define NGX_SCIM_REQUEST_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "scim/core/scim_error.h"
#include "store/call/ngx_scim_store.h"
#include "op/core/ngx_scim_op.h"


typedef struct ngx_scim_token_s  ngx_scim_token_t;
typedef struct ngx_scim_lookup_s  ngx_scim_lookup_t;

typedef struct {
    ngx_scim_token_t           *token;        /* NULL: not authenticated */
    ngx_scim_lookup_t          *lookup;       /* of a token in Redis */
    ngx_scim_token_t           *jwt;          /* that was verified */
    ngx_scim_op_t              *op;
    ngx_scim_clock_t            clock;
    ngx_scim_tally_t            tally;
    const scim_error_t         *error;        /* that is answered */
    ngx_http_cleanup_pt        *cleanup;      /* while the operation runs */
    ngx_buf_t                  *piece;        /* of a long answer */
    ngx_str_t                   detail;       /* of an error nginx answers */
    ngx_str_t                   error_body;
    unsigned                    jwt_seen:1;   /* and is jwt, if it is right */
    unsigned                    answered:1;   /* by ngx_scim_send() */
    unsigned                    body_waits:1; /* the body was not there yet */
    unsigned                    again:1;      /* the token is looked at again */
    unsigned                    replaced:1;   /* the body is ours */
    unsigned                    asked:1;      /* for the next piece */
} ngx_scim_ctx_t;


/* the context of a request, made at first use; NULL: no memory */
ngx_scim_ctx_t *ngx_scim_get_ctx(ngx_http_request_t *r);

/* milliseconds since the request began */
ngx_msec_t ngx_scim_elapsed(ngx_http_request_t *r);

#endif /* NGX_SCIM_REQUEST_H */
