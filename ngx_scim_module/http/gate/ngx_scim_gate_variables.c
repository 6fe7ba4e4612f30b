/*
 * Variables of the gate.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "http/gate/ngx_scim_gate.h"
#include "http/gate/ngx_scim_gate_variables.h"


#define NGX_SCIM_GATE_DRY_RUN  "_DRY_RUN"


typedef ngx_int_t (*ngx_scim_gate_text_pt)(ngx_http_request_t *r,
    ngx_scim_gate_ctx_t *ctx, uintptr_t data, ngx_str_t *text);

typedef struct {
    ngx_str_t                name;
    ngx_scim_gate_text_pt    text;
    uintptr_t                data;
} ngx_scim_gate_variable_t;


static ngx_int_t ngx_scim_gate_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_scim_gate_status_text(ngx_http_request_t *r,
    ngx_scim_gate_ctx_t *ctx, uintptr_t data, ngx_str_t *text);
static ngx_int_t ngx_scim_gate_user_text(ngx_http_request_t *r,
    ngx_scim_gate_ctx_t *ctx, uintptr_t data, ngx_str_t *text);


static const ngx_scim_gate_variable_t  ngx_scim_gate_variables[] = {
    { ngx_string("scim_require_status"), ngx_scim_gate_status_text, 0 },
    { ngx_string("scim_user_id"), ngx_scim_gate_user_text,
      NGX_SCIM_PERMIT_ID },
    { ngx_string("scim_user_name"), ngx_scim_gate_user_text,
      NGX_SCIM_PERMIT_USER_NAME },
    { ngx_string("scim_user_display_name"), ngx_scim_gate_user_text,
      NGX_SCIM_PERMIT_DISPLAY_NAME },
    { ngx_string("scim_user_email"), ngx_scim_gate_user_text,
      NGX_SCIM_PERMIT_EMAIL },
    { ngx_string("scim_user_external_id"), ngx_scim_gate_user_text,
      NGX_SCIM_PERMIT_EXTERNAL_ID },
    { ngx_string("scim_groups"), ngx_scim_gate_user_text,
      NGX_SCIM_PERMIT_GROUP_NAMES },
    { ngx_null_string, NULL, 0 }
};


ngx_int_t
ngx_scim_gate_add_variables(ngx_conf_t *cf)
{
    ngx_str_t             name;
    ngx_uint_t            i;
    ngx_http_variable_t  *var;

    for (i = 0; ngx_scim_gate_variables[i].name.len; i++) {
        name = ngx_scim_gate_variables[i].name;

        var = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = ngx_scim_gate_variable;
        var->data = i;
    }

    return NGX_OK;
}


void
ngx_scim_gate_refresh_variables(ngx_http_request_t *r)
{
    ngx_uint_t                  i;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);
    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {
        if (v[i].get_handler == ngx_scim_gate_variable) {
            r->variables[i].valid = 0;
            r->variables[i].not_found = 0;
        }
    }
}


/* Text must not end the header that it becomes part of. */

static ngx_int_t
ngx_scim_gate_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    u_char                          *p;
    ngx_str_t                        text;
    ngx_scim_gate_ctx_t             *ctx;
    const ngx_scim_gate_variable_t  *var;

    var = &ngx_scim_gate_variables[data];
    ctx = ngx_scim_gate_ctx(r);

    ngx_str_null(&text);

    if (ctx != NULL && var->text(r, ctx, var->data, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (text.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    p = ngx_pstrdup(r->pool, &text);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->data = p;
    v->len = text.len;
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;

    for ( /* void */ ; p < v->data + v->len; p++) {
        if (*p < ' ' || *p == 0x7f) {
            *p = '?';
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_gate_status_text(ngx_http_request_t *r, ngx_scim_gate_ctx_t *ctx,
    uintptr_t data, ngx_str_t *text)
{
    ngx_str_t  name;

    (void) data;

    name = ngx_scim_gate_status_name(ctx->status);

    if (!ctx->conf->dry_run || name.len == 0) {
        *text = name;
        return NGX_OK;
    }

    text->data = ngx_pnalloc(r->pool,
                             name.len + sizeof(NGX_SCIM_GATE_DRY_RUN));
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    text->len = ngx_sprintf(text->data, "%V" NGX_SCIM_GATE_DRY_RUN, &name)
                - text->data;

    return NGX_OK;
}


/* of who was let in; who was refused in a dry run is not known to the application */

static ngx_int_t
ngx_scim_gate_user_text(ngx_http_request_t *r, ngx_scim_gate_ctx_t *ctx,
    uintptr_t data, ngx_str_t *text)
{
    (void) r;

    if (ctx->status == NGX_SCIM_GATE_PASSED
        || ctx->status == NGX_SCIM_GATE_STALE
        || ctx->status == NGX_SCIM_GATE_ENDED)
    {
        *text = ctx->answer.texts[data];
    }

    return NGX_OK;
}
