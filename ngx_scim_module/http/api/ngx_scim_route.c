/*
 * Routes: which operation on what a request asks for.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "http/api/ngx_scim_route.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"
#include "op/core/ngx_scim_op.h"
#include "http/core/ngx_scim_conf.h"
#include "http/api/ngx_scim_response.h"
#include "http/api/ngx_scim_root.h"


#define NGX_SCIM_READ  (NGX_HTTP_GET|NGX_HTTP_HEAD)


typedef struct {
    ngx_str_t                 name;
    ngx_uint_t                item;       /* may be followed by an id */
    ngx_uint_t                discovery;
    const ngx_scim_method_t  *methods;
} ngx_scim_endpoint_t;


static void ngx_scim_route_segments(ngx_http_request_t *r, size_t root,
    ngx_str_t *first, ngx_str_t *second);
static void ngx_scim_route_type(ngx_scim_loc_conf_t *lcf, ngx_str_t *first,
    ngx_scim_route_t *route);


static const ngx_scim_method_t  ngx_scim_collection_methods[] = {
    { NGX_SCIM_READ, ngx_scim_query },
    { NGX_HTTP_POST, ngx_scim_create },
    { 0, NULL }
};

static const ngx_scim_method_t  ngx_scim_item_methods[] = {
    { NGX_SCIM_READ, ngx_scim_get },
    { NGX_HTTP_PUT, ngx_scim_replace },
    { NGX_HTTP_PATCH, ngx_scim_patch },
    { NGX_HTTP_DELETE, ngx_scim_delete },
    { 0, NULL }
};

static const ngx_scim_method_t  ngx_scim_search_methods[] = {
    { NGX_HTTP_POST, ngx_scim_search },
    { 0, NULL }
};

static const ngx_scim_method_t  ngx_scim_query_all_methods[] = {
    { NGX_SCIM_READ, ngx_scim_query_all },
    { 0, NULL }
};

static const ngx_scim_method_t  ngx_scim_search_all_methods[] = {
    { NGX_HTTP_POST, ngx_scim_search_all },
    { 0, NULL }
};

static const ngx_scim_method_t  ngx_scim_bulk_methods[] = {
    { NGX_HTTP_POST, ngx_scim_bulk },
    { 0, NULL }
};

static const ngx_scim_method_t  ngx_scim_config_methods[] = {
    { NGX_SCIM_READ, ngx_scim_service_provider_config },
    { 0, NULL }
};

static const ngx_scim_method_t  ngx_scim_rtype_methods[] = {
    { NGX_SCIM_READ, ngx_scim_resource_types },
    { 0, NULL }
};

static const ngx_scim_method_t  ngx_scim_schema_methods[] = {
    { NGX_SCIM_READ, ngx_scim_schemas },
    { 0, NULL }
};

/* without methods: in the standard, and not offered */

static const ngx_scim_endpoint_t  ngx_scim_endpoints[] = {
    { ngx_string("ServiceProviderConfig"), 0, 1, ngx_scim_config_methods },
    { ngx_string("ResourceTypes"), 1, 1, ngx_scim_rtype_methods },
    { ngx_string("Schemas"), 1, 1, ngx_scim_schema_methods },
    { ngx_string("Me"), 0, 0, NULL },
    { ngx_string("Bulk"), 0, 0, ngx_scim_bulk_methods },
    { ngx_string(".search"), 0, 0, ngx_scim_search_all_methods },
    { ngx_string(""), 0, 0, ngx_scim_query_all_methods },
    { ngx_null_string, 0, 0, NULL }
};

static const struct {
    ngx_uint_t   method;
    const char  *name;
} ngx_scim_method_names[] = {
    { NGX_HTTP_GET, "GET" },
    { NGX_HTTP_HEAD, "HEAD" },
    { NGX_HTTP_POST, "POST" },
    { NGX_HTTP_PUT, "PUT" },
    { NGX_HTTP_PATCH, "PATCH" },
    { NGX_HTTP_DELETE, "DELETE" },
    { 0, NULL }
};


void
ngx_scim_route(ngx_http_request_t *r, ngx_scim_route_t *route)
{
    ngx_str_t                   root, first, second;
    ngx_scim_loc_conf_t        *lcf;
    const ngx_scim_endpoint_t  *e;

    ngx_memzero(route, sizeof(ngx_scim_route_t));
    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    if (ngx_scim_root(r, &root) != NGX_OK) {
        route->status = 404;
        return;
    }

    ngx_scim_route_segments(r, root.len, &first, &second);
    route->id = second;

    if (first.len == 2 && ngx_memcmp(first.data, "Me", 2) == 0
        && second.len == 0 && lcf->me != NULL)
    {
        route->me = 1;
        route->methods = ngx_scim_item_methods;
        route->type = lcf->op->user_type;
        return;
    }

    for (e = ngx_scim_endpoints; e->name.data != NULL; e++) {
        if (e->name.len != first.len
            || ngx_memcmp(e->name.data, first.data, first.len) != 0)
        {
            continue;
        }

        if (second.len > 0 && !e->item) {
            route->status = 404;

        } else if (e->methods == NULL
                   || (e->methods == ngx_scim_bulk_methods
                       && lcf->op->bulk_operations == 0))
        {
            route->status = 501;
        }

        route->methods = e->methods;
        route->discovery = e->discovery;
        route->type = lcf->op->user_type;
        return;
    }

    ngx_scim_route_type(lcf, &first, route);
}


static void
ngx_scim_route_segments(ngx_http_request_t *r, size_t root, ngx_str_t *first,
    ngx_str_t *second)
{
    u_char  *p, *last;

    p = r->uri.data + root;
    last = r->uri.data + r->uri.len;

    if (p < last && *p == '/') {
        p++;
    }

    if (p < last && last[-1] == '/') {
        last--;
    }

    first->data = p;

    while (p < last && *p != '/') {
        p++;
    }

    first->len = p - first->data;

    second->data = p < last ? p + 1 : p;
    second->len = last - second->data;
}


static void
ngx_scim_route_type(ngx_scim_loc_conf_t *lcf, ngx_str_t *first,
    ngx_scim_route_t *route)
{
    ngx_uint_t           i;
    const scim_rtype_t  *rt;

    rt = scim_registry_endpoint(lcf->op->registry, (char *) first->data,
                                first->len);

    for (i = 0; rt != NULL && i < lcf->op->registry->nrtypes; i++) {
        if (lcf->op->types[i].rt == rt) {
            route->type = &lcf->op->types[i];
        }
    }

    if (route->type == NULL) {
        route->status = 404;
        return;
    }

    if (route->id.len == sizeof(".search") - 1
        && ngx_memcmp(route->id.data, ".search", route->id.len) == 0)
    {
        route->methods = ngx_scim_search_methods;
        route->id.len = 0;
        return;
    }

    route->methods = route->id.len ? ngx_scim_item_methods
                                   : ngx_scim_collection_methods;
}


ngx_scim_op_pt
ngx_scim_operation(ngx_http_request_t *r, ngx_scim_route_t *route)
{
    const ngx_scim_method_t  *m;

    for (m = route->methods; m->methods; m++) {
        if (r->method & m->methods) {
            return m->operation;
        }
    }

    return NULL;
}


ngx_int_t
ngx_scim_not_allowed(ngx_http_request_t *r, ngx_scim_route_t *route)
{
    u_char                   *p;
    ngx_str_t                 allow;
    ngx_uint_t                i, methods;
    const ngx_scim_method_t  *m;

    p = ngx_pnalloc(r->pool, sizeof("GET, HEAD, POST, PUT, PATCH, DELETE"));
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    allow.data = p;
    methods = 0;

    for (m = route->methods; m->methods; m++) {
        methods |= m->methods;
    }

    for (i = 0; ngx_scim_method_names[i].name; i++) {
        if (methods & ngx_scim_method_names[i].method) {
            p = ngx_sprintf(p, "%s%s", p == allow.data ? "" : ", ",
                            ngx_scim_method_names[i].name);
        }
    }

    allow.len = p - allow.data;

    if (ngx_scim_add_header(r, "Allow", &allow) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_scim_send_error(r, 405, SCIM_TYPE_NONE,
                               "The method is not allowed here");
}


ngx_int_t
ngx_scim_is_discovery(ngx_http_request_t *r)
{
    ngx_scim_route_t      route;
    ngx_scim_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    if (lcf->discovery_auth) {
        return 0;
    }

    ngx_scim_route(r, &route);

    return route.discovery;
}


ngx_int_t
ngx_scim_is_read(ngx_http_request_t *r)
{
    static ngx_str_t  search = ngx_string("/.search");

    if (r->method & (NGX_SCIM_READ|NGX_HTTP_OPTIONS)) {
        return 1;
    }

    return r->method == NGX_HTTP_POST && r->uri.len >= search.len
           && ngx_memcmp(r->uri.data + r->uri.len - search.len, search.data,
                         search.len)
              == 0;
}


void
ngx_scim_describe(ngx_http_request_t *r, ngx_scim_target_t *target)
{
    ngx_scim_op_pt    operation;
    ngx_scim_route_t  route;

    ngx_memzero(target, sizeof(ngx_scim_target_t));

    ngx_scim_route(r, &route);

    operation = route.status ? NULL : ngx_scim_operation(r, &route);

    if (operation == NULL) {
        return;
    }

    target->id = route.id;
    target->operation.data = (u_char *) (route.me ? "me"
                                          : ngx_scim_op_name(operation));
    target->operation.len = ngx_strlen(target->operation.data);

    if (ngx_scim_op_typed(operation)) {
        target->type = route.type;
    }
}
