/*
 * Answers, errors among them.
 */

#ifndef NGX_SCIM_RESPONSE_H
#define NGX_SCIM_RESPONSE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "scim/core/scim_error.h"


/* the body to send; empty strings are left out */

typedef struct {
    ngx_uint_t                  status;
    ngx_str_t                   body;
    ngx_str_t                   etag;
    ngx_str_t                   location;
    ngx_str_t                   content_location;
    unsigned                    partial:1;    /* more of the body follows */
} ngx_scim_response_t;


/* Sends header and body; returns what the request is finalized with. */
ngx_int_t ngx_scim_send(ngx_http_request_t *r, ngx_scim_response_t *response);

/* Sends JSON that is not SCIM, with the headers that were added, likewise. */
ngx_int_t ngx_scim_send_json(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *body);

/* Sends text of another type, which ends with NUL, likewise. */
ngx_int_t ngx_scim_send_text(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, ngx_str_t *body);

/* sends a SCIM error */
ngx_int_t ngx_scim_send_error(ngx_http_request_t *r, ngx_uint_t status,
    scim_type_e type, const char *detail);

/* $request_id, of an ngx_http_request_t; empty: no memory */
ngx_str_t ngx_scim_request_id(void *request);

/* adds a response header; value must outlive the request */
ngx_int_t ngx_scim_add_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value);

/* NGX_DECLINED: the client accepts neither of our content types */
ngx_int_t ngx_scim_content_type(ngx_http_request_t *r, ngx_str_t *type);

/*
 * Returns NGX_OK if the client names this media range in what it accepts,
 * NGX_DECLINED if it names only others, and NGX_DONE if it does not say what
 * it accepts.
 */
ngx_int_t ngx_scim_asks_for(ngx_http_request_t *r, const char *type);

/* puts SCIM errors in the place of nginx's own */
ngx_int_t ngx_scim_filter_init(ngx_conf_t *cf);

#endif /* NGX_SCIM_RESPONSE_H */
