/*
 * Routes: which operation on what a request asks for (RFC 7644, section 3.2).
 */

#ifndef NGX_SCIM_ROUTE_H
#define NGX_SCIM_ROUTE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "op/core/ngx_scim_op.h"


typedef struct ngx_scim_method_s  ngx_scim_method_t;

typedef struct {
    ngx_scim_type_t          *type;
    ngx_str_t                 id;
    const ngx_scim_method_t  *methods;
    ngx_uint_t                status;     /* of an error, or 0 */
    unsigned                  me:1;
    unsigned                  discovery:1;
} ngx_scim_route_t;

/* the target of a request, as far as its line has it */

typedef struct {
    ngx_str_t                   operation;    /* empty: nothing that there is */
    ngx_scim_type_t            *type;         /* NULL: of none */
    ngx_str_t                   id;
} ngx_scim_target_t;

struct ngx_scim_method_s {
    ngx_uint_t        methods;
    ngx_scim_op_pt    operation;
};


/* From the URI alone; status is 404 or 501 where there is nothing to call. */
void ngx_scim_route(ngx_http_request_t *r, ngx_scim_route_t *route);

/* by the method of the request; NULL: the method is not allowed there */
ngx_scim_op_pt ngx_scim_operation(ngx_http_request_t *r,
    ngx_scim_route_t *route);

/* 405 with the methods that are allowed */
ngx_int_t ngx_scim_not_allowed(ngx_http_request_t *r, ngx_scim_route_t *route);

void ngx_scim_describe(ngx_http_request_t *r, ngx_scim_target_t *target);

/* Returns 1 if scim_discovery_auth opens this target. */
ngx_int_t ngx_scim_is_discovery(ngx_http_request_t *r);

/* Returns 1 if the request only reads. */
ngx_int_t ngx_scim_is_read(ngx_http_request_t *r);

#endif /* NGX_SCIM_ROUTE_H */
