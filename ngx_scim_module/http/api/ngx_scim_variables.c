/*
 * Variables: the tenant, token and operation of a request, and its result.
 */

#include "http/api/ngx_scim_variables.h"
#include "scim/core/scim_error.h"
#include "scim/core/scim_utf8.h"
#include "http/core/ngx_scim_conf.h"
#include "http/core/ngx_scim_request.h"
#include "http/auth/ngx_scim_access.h"
#include "http/auth/ngx_scim_token_file.h"
#include "http/api/ngx_scim_route.h"


typedef ngx_int_t (*ngx_scim_text_pt)(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx, ngx_str_t *text);


static ngx_int_t ngx_scim_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_scim_one_line(ngx_pool_t *pool, ngx_str_t *text);
static ngx_int_t ngx_scim_tenant_text(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx, ngx_str_t *text);
static ngx_int_t ngx_scim_token_name_text(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx, ngx_str_t *text);
static ngx_int_t ngx_scim_operation_text(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx, ngx_str_t *text);
static ngx_int_t ngx_scim_resource_type_text(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx, ngx_str_t *text);
static ngx_int_t ngx_scim_id_text(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_str_t *text);
static ngx_int_t ngx_scim_status_detail_text(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx, ngx_str_t *text);
static ngx_int_t ngx_scim_store_time_text(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx, ngx_str_t *text);


static const struct {
    ngx_str_t           name;
    ngx_scim_text_pt    text;
} ngx_scim_variables[] = {
    { ngx_string("scim_tenant"), ngx_scim_tenant_text },
    { ngx_string("scim_token_name"), ngx_scim_token_name_text },
    { ngx_string("scim_operation"), ngx_scim_operation_text },
    { ngx_string("scim_resource_type"), ngx_scim_resource_type_text },
    { ngx_string("scim_id"), ngx_scim_id_text },
    { ngx_string("scim_status_detail"), ngx_scim_status_detail_text },
    { ngx_string("scim_store_time"), ngx_scim_store_time_text },
    { ngx_null_string, NULL }
};


ngx_int_t
ngx_scim_add_variables(ngx_conf_t *cf)
{
    ngx_str_t             name;
    ngx_uint_t            i;
    ngx_http_variable_t  *var;

    for (i = 0; ngx_scim_variables[i].name.len; i++) {
        name = ngx_scim_variables[i].name;

        var = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = ngx_scim_variable;
        var->data = i;
    }

    return NGX_OK;
}


/*
 * A log takes the values that others have asked for before it, which may have
 * been before the request was carried out.
 */

void
ngx_scim_refresh_variables(ngx_http_request_t *r)
{
    ngx_uint_t                  i;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);
    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {
        if (v[i].get_handler == ngx_scim_variable) {
            r->variables[i].valid = 0;
            r->variables[i].not_found = 0;
        }
    }
}


/* A variable is empty if its value is not known, or not yet. */

static ngx_int_t
ngx_scim_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t             text;
    ngx_scim_ctx_t       *ctx;
    ngx_scim_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    v->not_found = 1;
    v->valid = 0;

    if (!lcf->enable) {
        return NGX_OK;
    }

    ctx = ngx_scim_get_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_str_null(&text);

    if (ngx_scim_variables[data].text(r, ctx, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (text.len == 0) {
        return NGX_OK;
    }

    if (ngx_scim_one_line(r->pool, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    v->not_found = 0;
    v->valid = 1;
    v->no_cacheable = 0;
    v->data = text.data;
    v->len = text.len;

    return NGX_OK;
}


/*
 * Text of a client must not end the header or break the log that it becomes
 * part of: "?" replaces control characters and bytes that are not UTF-8.
 */

static ngx_int_t
ngx_scim_one_line(ngx_pool_t *pool, ngx_str_t *text)
{
    u_char  *p, *last;

    p = ngx_pstrdup(pool, text);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;
    last = p + text->len;

    while ((p += scim_utf8_check((char *) p, last - p)) < last) {
        *p++ = '?';
    }

    for (p = text->data; p < last; p++) {
        if (*p < ' ' || *p == 0x7f) {
            *p = '?';
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_tenant_text(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_str_t *text)
{
    ngx_scim_token_t  *token;

    token = ngx_scim_identify(r, ctx);

    if (token != NULL) {
        *text = token->tenant;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_token_name_text(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_str_t *text)
{
    ngx_scim_token_t  *token;

    token = ngx_scim_identify(r, ctx);

    if (token != NULL) {
        *text = token->name;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_operation_text(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_str_t *text)
{
    ngx_scim_target_t  target;

    (void) ctx;

    ngx_scim_describe(r, &target);

    *text = target.operation;

    return NGX_OK;
}


static ngx_int_t
ngx_scim_resource_type_text(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_str_t *text)
{
    ngx_scim_target_t  target;

    (void) ctx;

    ngx_scim_describe(r, &target);

    if (target.type != NULL) {
        text->data = (u_char *) target.type->rt->name;
        text->len = ngx_strlen(text->data);
    }

    return NGX_OK;
}


/*
 * the operation knows the id of what a POST has created, and the user of /Me
 */

static ngx_int_t
ngx_scim_id_text(ngx_http_request_t *r, ngx_scim_ctx_t *ctx, ngx_str_t *text)
{
    ngx_scim_target_t  target;

    if (ctx->op != NULL && (ctx->op->status != 0 && ctx->op->status < 400)) {
        *text = ctx->op->id;
        return NGX_OK;
    }

    ngx_scim_describe(r, &target);

    *text = target.id;

    return NGX_OK;
}


static ngx_int_t
ngx_scim_status_detail_text(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_str_t *text)
{
    size_t               len;
    const char          *type;
    const scim_error_t  *err;

    err = ctx->error;

    if (err == NULL) {
        return NGX_OK;
    }

    type = scim_type_name(err->type);
    type = type ? type : "";

    len = ngx_strlen(type) + ngx_strlen(err->detail);

    text->data = ngx_pnalloc(r->pool, len + sizeof(": "));
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    text->len = ngx_sprintf(text->data, "%s%s%s", type,
                            type[0] && err->detail[0] ? ": " : "",
                            err->detail)
                - text->data;

    return NGX_OK;
}


/* as $upstream_response_time */

static ngx_int_t
ngx_scim_store_time_text(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_str_t *text)
{
    ngx_msec_t  ms;

    if (ctx->clock.calls == 0) {
        return NGX_OK;
    }

    ms = ctx->clock.spent;

    if (ctx->clock.pending) {
        ms += ngx_current_msec - ctx->clock.since;
    }

    text->data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN + 4);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    text->len = ngx_sprintf(text->data, "%T.%03M", (time_t) ms / 1000,
                            ms % 1000)
                - text->data;

    return NGX_OK;
}
