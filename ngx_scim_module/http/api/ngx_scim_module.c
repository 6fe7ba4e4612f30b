/*
 * The module: its directives, their inheritance, and what each worker keeps.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "base/ngx_scim_alloc.h"
#include "base/ngx_scim_digest.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_registry.h"
#include "scim/schema/scim_schema.h"
#include "store/link/ngx_scim_link.h"
#include "store/call/ngx_scim_store.h"
#include "store/data/ngx_scim_sweep.h"
#include "store/link/ngx_scim_server.h"
#include "op/core/ngx_scim_op.h"
#include "http/core/ngx_scim_conf.h"
#include "http/core/ngx_scim_known.h"
#include "http/core/ngx_scim_redis_conf.h"
#include "http/core/ngx_scim_schema_conf.h"
#include "http/core/ngx_scim_zone.h"
#include "http/auth/ngx_scim_access.h"
#include "http/auth/ngx_scim_jwt.h"
#include "http/auth/ngx_scim_keys.h"
#include "http/auth/ngx_scim_token_file.h"
#include "http/api/ngx_scim_handler.h"
#include "http/api/ngx_scim_index_conf.h"
#include "http/api/ngx_scim_limit_conf.h"
#include "http/api/ngx_scim_log_conf.h"
#include "http/api/ngx_scim_response.h"
#include "http/api/ngx_scim_root.h"
#include "http/api/ngx_scim_variables.h"
#include "http/oauth/ngx_scim_oauth.h"
#include "http/monitor/ngx_scim_cycles.h"
#include "http/monitor/ngx_scim_cycles_save.h"
#include "http/monitor/ngx_scim_metrics.h"
#include "http/status/ngx_scim_status.h"
#include "scim/profile/scim_interop.h"
#include "ngx_scim_version.h"


#define NGX_SCIM_PAGE_SIZE      100
#define NGX_SCIM_MAX_PAGE_SIZE  1000
#define NGX_SCIM_SCAN_LIMIT     10000
#define NGX_SCIM_BULK_OPERATIONS  1000
#define NGX_SCIM_BULK_SIZE        (1024 * 1024)
#define NGX_SCIM_RESOURCE_SIZE    (256 * 1024)


enum {
    NGX_SCIM_PUT_REPLACE = 0,
    NGX_SCIM_PUT_MERGE
};

enum {
    NGX_SCIM_UNKNOWN_IGNORE = 0,
    NGX_SCIM_UNKNOWN_REJECT
};


static char *ngx_scim_page_size(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_scim_bulk_limits(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static void *ngx_scim_create_main_conf(ngx_conf_t *cf);
static void *ngx_scim_create_loc_conf(ngx_conf_t *cf);
static char *ngx_scim_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_scim_merge_noname(ngx_conf_t *cf,
    ngx_scim_loc_conf_t *prev, ngx_scim_loc_conf_t *conf);
static void ngx_scim_merge_error_pages(ngx_conf_t *cf,
    ngx_scim_loc_conf_t *conf);
static ngx_int_t ngx_scim_check_loc_conf(ngx_conf_t *cf,
    ngx_scim_loc_conf_t *conf);
static void ngx_scim_merge_value(ngx_http_complex_value_t **value,
    ngx_http_complex_value_t *prev);
static char *ngx_scim_op_conf(ngx_conf_t *cf, ngx_scim_loc_conf_t *lcf);
static char *ngx_scim_op_type(ngx_conf_t *cf, ngx_scim_loc_conf_t *lcf,
    const scim_rtype_t *rt, ngx_scim_type_t *type);
static ngx_int_t ngx_scim_check_interop(ngx_conf_t *cf,
    ngx_scim_op_conf_t *op);
static ngx_int_t ngx_scim_init(ngx_conf_t *cf);
static ngx_int_t ngx_scim_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_scim_init_process(ngx_cycle_t *cycle);
static void ngx_scim_exit_process(ngx_cycle_t *cycle);


static ngx_conf_enum_t  ngx_scim_put_values[] = {
    { ngx_string("replace"), NGX_SCIM_PUT_REPLACE },
    { ngx_string("merge"), NGX_SCIM_PUT_MERGE },
    { ngx_null_string, 0 }
};

static ngx_conf_enum_t  ngx_scim_profile_values[] = {
    { ngx_string("default"), NGX_SCIM_PROFILE_DEFAULT },
    { ngx_string("interop"), NGX_SCIM_PROFILE_INTEROP },
    { ngx_null_string, 0 }
};

static ngx_conf_enum_t  ngx_scim_unknown_values[] = {
    { ngx_string("ignore"), NGX_SCIM_UNKNOWN_IGNORE },
    { ngx_string("reject"), NGX_SCIM_UNKNOWN_REJECT },
    { ngx_null_string, 0 }
};

static ngx_command_t  ngx_scim_commands[] = {

    { ngx_string("scim"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_scim,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_redis"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_scim_redis,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_tokens"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_scim_tokens,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_jwks"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_2MORE,
      ngx_scim_jwks,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE2,
      ngx_scim_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_base_url"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_scim_base_url,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_scim_loc_conf_t, base_url),
      NULL },

    { ngx_string("scim_tenant"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_scim_loc_conf_t, tenant),
      NULL },

    { ngx_string("scim_index"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_2MORE,
      ngx_scim_index,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_page_size"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_scim_page_size,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_scan_limit"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_scim_loc_conf_t, scan_limit),
      NULL },

    { ngx_string("scim_limit"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_scim_limit,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_max_resource_size"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_scim_loc_conf_t, resource_size),
      NULL },

    { ngx_string("scim_put"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_scim_loc_conf_t, put),
      &ngx_scim_put_values },

    { ngx_string("scim_unknown_attributes"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_scim_loc_conf_t, unknown),
      &ngx_scim_unknown_values },

    { ngx_string("scim_discovery_auth"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_scim_loc_conf_t, discovery_auth),
      NULL },

    { ngx_string("scim_me"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_scim_loc_conf_t, me),
      NULL },

    { ngx_string("scim_oauth_token"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_scim_oauth_token,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_oauth_metadata"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE23|NGX_CONF_TAKE4,
      ngx_scim_oauth_metadata,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_oauth_keys"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_scim_oauth_keys,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_bulk"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_scim_bulk_limits,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_log"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1234,
      ngx_scim_log,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_scim_metrics,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_scim_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_schema"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_scim_schema,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_resource_type"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_scim_resource_type,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_profile"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_scim_loc_conf_t, profile),
      &ngx_scim_profile_values },

    { ngx_string("scim_canonical_values"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_scim_canonical,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_unique"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_scim_unique,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};

static ngx_http_module_t  ngx_scim_module_ctx = {
    ngx_scim_add_variables,            /* preconfiguration */
    ngx_scim_init,                     /* postconfiguration */

    ngx_scim_create_main_conf,         /* create main configuration */
    NULL,                              /* init main configuration */

    NULL,                              /* create server configuration */
    NULL,                              /* merge server configuration */

    ngx_scim_create_loc_conf,          /* create location configuration */
    ngx_scim_merge_loc_conf            /* merge location configuration */
};

ngx_module_t  ngx_scim_module = {
    NGX_MODULE_V1,
    &ngx_scim_module_ctx,              /* module context */
    ngx_scim_commands,                 /* module directives */
    NGX_HTTP_MODULE,                   /* module type */
    NULL,                              /* init master */
    ngx_scim_init_module,              /* init module */
    ngx_scim_init_process,             /* init process */
    NULL,                              /* init thread */
    NULL,                              /* exit thread */
    ngx_scim_exit_process,             /* exit process */
    NULL,                              /* exit master */
    NGX_MODULE_V1_PADDING
};


static char *
ngx_scim_page_size(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_loc_conf_t *lcf = conf;

    char        *rv;
    ngx_str_t   *value;

    (void) cmd;

    if (lcf->page_size != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    rv = ngx_scim_number(cf, &value[1], 1, &lcf->page_size);

    if (rv == NGX_CONF_OK && cf->args->nelts == 3) {
        rv = ngx_scim_number(cf, &value[2], 1, &lcf->max_page_size);

    } else {
        lcf->max_page_size = ngx_max(lcf->page_size, NGX_SCIM_MAX_PAGE_SIZE);
    }

    if (rv == NGX_CONF_OK && lcf->max_page_size < lcf->page_size) {
        return "has a maximum below the default";
    }

    return rv;
}


static char *
ngx_scim_bulk_limits(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_loc_conf_t *lcf = conf;

    ssize_t     size;
    ngx_str_t  *value;

    (void) cmd;

    if (lcf->bulk_operations != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0 && cf->args->nelts == 2) {
        lcf->bulk_operations = 0;
        lcf->bulk_size = 0;
        return NGX_CONF_OK;
    }

    if (ngx_scim_number(cf, &value[1], 1, &lcf->bulk_operations)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    lcf->bulk_size = NGX_SCIM_BULK_SIZE;

    if (cf->args->nelts == 3) {
        size = ngx_parse_size(&value[2]);

        if (size == NGX_ERROR || size == 0) {
            return "has an invalid size";
        }

        lcf->bulk_size = size;
    }

    return NGX_CONF_OK;
}


static void *
ngx_scim_create_main_conf(ngx_conf_t *cf)
{
    scim_alloc_t          *before;
    scim_error_t           err;
    ngx_scim_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_scim_main_conf_t));
    if (mcf == NULL
        || ngx_array_init(&mcf->servers, cf->pool, 2,
                          sizeof(ngx_scim_server_t *))
           != NGX_OK
        || ngx_array_init(&mcf->keys, cf->pool, 2, sizeof(ngx_scim_keys_t *))
           != NGX_OK
        || ngx_array_init(&mcf->roots, cf->pool, 2,
                          sizeof(ngx_scim_bare_root_t))
           != NGX_OK)
    {
        return NULL;
    }

    mcf->configuration = (ngx_uint_t) ngx_random() | 1;

    ngx_scim_alloc_init(&mcf->alloc, cf->pool);
    scim_json_init();

    before = scim_json_open(&mcf->alloc);
    mcf->registry = scim_registry_create(&mcf->alloc, &err);
    scim_json_close(before);

    if (mcf->registry == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "scim: %s", err.detail);
        return NULL;
    }

    return mcf;
}


static void *
ngx_scim_create_loc_conf(ngx_conf_t *cf)
{
    ngx_scim_loc_conf_t  *lcf;

    lcf = ngx_pcalloc(cf->pool, sizeof(ngx_scim_loc_conf_t));
    if (lcf == NULL) {
        return NULL;
    }

    lcf->server = NGX_CONF_UNSET_PTR;
    lcf->tokens = NGX_CONF_UNSET_PTR;
    lcf->issuers = NGX_CONF_UNSET_PTR;
    lcf->oauth_keys = NGX_CONF_UNSET_PTR;
    lcf->indexes = NGX_CONF_UNSET_PTR;
    lcf->page_size = NGX_CONF_UNSET_UINT;
    lcf->max_page_size = NGX_CONF_UNSET_UINT;
    lcf->scan_limit = NGX_CONF_UNSET_UINT;
    ngx_scim_limits_init(&lcf->limits);
    lcf->resource_size = NGX_CONF_UNSET_SIZE;
    lcf->put = NGX_CONF_UNSET_UINT;
    lcf->unknown = NGX_CONF_UNSET_UINT;
    lcf->profile = NGX_CONF_UNSET_UINT;
    lcf->discovery_auth = NGX_CONF_UNSET;
    lcf->bulk_operations = NGX_CONF_UNSET_UINT;
    lcf->bulk_size = NGX_CONF_UNSET_SIZE;
    lcf->log_length = NGX_CONF_UNSET_UINT;
    lcf->log_values = NGX_CONF_UNSET;
    lcf->log_cycle = NGX_CONF_UNSET;

    return lcf;
}


static char *
ngx_scim_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_scim_loc_conf_t *prev = parent;
    ngx_scim_loc_conf_t *conf = child;

    ngx_conf_merge_ptr_value(conf->server, prev->server, NULL);
    ngx_conf_merge_ptr_value(conf->tokens, prev->tokens, NULL);
    ngx_conf_merge_ptr_value(conf->issuers, prev->issuers, NULL);
    ngx_conf_merge_ptr_value(conf->oauth_keys, prev->oauth_keys, NULL);
    ngx_conf_merge_ptr_value(conf->indexes, prev->indexes, NULL);
    ngx_conf_merge_uint_value(conf->page_size, prev->page_size,
                              NGX_SCIM_PAGE_SIZE);
    ngx_conf_merge_uint_value(conf->max_page_size, prev->max_page_size,
                              NGX_SCIM_MAX_PAGE_SIZE);
    ngx_conf_merge_uint_value(conf->scan_limit, prev->scan_limit,
                              NGX_SCIM_SCAN_LIMIT);
    ngx_scim_limits_merge(&conf->limits, &prev->limits);
    ngx_conf_merge_size_value(conf->resource_size, prev->resource_size,
                              NGX_SCIM_RESOURCE_SIZE);
    ngx_conf_merge_uint_value(conf->put, prev->put, NGX_SCIM_PUT_REPLACE);
    ngx_conf_merge_uint_value(conf->unknown, prev->unknown,
                              NGX_SCIM_UNKNOWN_IGNORE);
    ngx_conf_merge_uint_value(conf->profile, prev->profile,
                              NGX_SCIM_PROFILE_DEFAULT);
    ngx_conf_merge_value(conf->discovery_auth, prev->discovery_auth, 1);

    ngx_conf_merge_uint_value(conf->bulk_operations, prev->bulk_operations,
                              NGX_SCIM_BULK_OPERATIONS);
    ngx_conf_merge_size_value(conf->bulk_size, prev->bulk_size,
                              NGX_SCIM_BULK_SIZE);

    ngx_conf_merge_uint_value(conf->log_length, prev->log_length, 0);
    ngx_conf_merge_value(conf->log_values, prev->log_values, 0);
    ngx_conf_merge_sec_value(conf->log_cycle, prev->log_cycle, 0);

    ngx_scim_merge_value(&conf->base_url, prev->base_url);
    ngx_scim_merge_value(&conf->tenant, prev->tenant);
    ngx_scim_merge_value(&conf->me, prev->me);

    if (ngx_scim_merge_noname(cf, prev, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_scim_merge_error_pages(cf, conf);

    if (ngx_scim_check_loc_conf(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return conf->enable ? ngx_scim_op_conf(cf, conf) : NGX_CONF_OK;
}


/* the blocks of "if" and "limit_except" belong to their location */

static ngx_int_t
ngx_scim_merge_noname(ngx_conf_t *cf, ngx_scim_loc_conf_t *prev,
    ngx_scim_loc_conf_t *conf)
{
    ngx_http_handler_pt        handler;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    handler = prev->enable ? ngx_scim_content_handler
              : prev->oauth ? prev->oauth
              : prev->status ? prev->status : prev->metrics;

    if (!clcf->noname || handler == NULL) {
        return NGX_OK;
    }

    /* "proxy_pass" and the like in "if" */

    if (clcf->handler != NULL && clcf->handler != handler) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "what answers instead of \"scim\" needs a location "
                           "of its own, and not an \"if\"");
        return NGX_ERROR;
    }

    clcf->handler = handler;

    conf->enable = prev->enable;
    conf->name = prev->name;
    conf->prefix = prev->prefix;
#if (NGX_PCRE)
    conf->regex = prev->regex;
#endif
    conf->oauth = prev->oauth;
    conf->audience = prev->audience;
    conf->metadata = prev->metadata;
    conf->assertions = prev->assertions;
    conf->federation = prev->federation;
    conf->status = prev->status;
    conf->metrics = prev->metrics;

    return NGX_OK;
}


/*
 * Clients of SCIM understand its errors. A page for people, which the server has
 * for all its locations, would also be without "Retry-After".
 */

static void
ngx_scim_merge_error_pages(ngx_conf_t *cf, ngx_scim_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t  *clcf, *server;
    ngx_http_core_srv_conf_t  *cscf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    server = cscf->ctx->loc_conf[ngx_http_core_module.ctx_index];

    if ((conf->enable || conf->oauth != NULL) && clcf != server
        && clcf->error_pages == server->error_pages)
    {
        clcf->error_pages = NULL;
    }
}


/* Checks that a "scim" location has all that it needs. */

static ngx_int_t
ngx_scim_check_loc_conf(ngx_conf_t *cf, ngx_scim_loc_conf_t *conf)
{
    const char                *name;
    ngx_http_handler_pt        handler;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    name = conf->enable ? "scim" : conf->status ? "scim_status"
           : conf->metadata ? "scim_oauth_metadata" : "scim_oauth_token";
    handler = conf->enable ? ngx_scim_content_handler
              : conf->status ? conf->status : conf->oauth;

    /* "proxy_pass" and the like, behind ours */

    if (handler != NULL && clcf->handler != handler) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%s\" needs a location of its own", name);
        return NGX_ERROR;
    }

    if (conf->server == NULL
        && (conf->enable || conf->status || (conf->oauth && !conf->metadata)))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%s\" needs a \"scim_redis\"", name);
        return NGX_ERROR;
    }

    if (conf->enable && conf->tokens == NULL && conf->issuers == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"scim\" needs a \"scim_tokens\" or a "
                           "\"scim_jwks\"");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_scim_merge_value(ngx_http_complex_value_t **value,
    ngx_http_complex_value_t *prev)
{
    if (*value == NULL) {
        *value = prev;
    }
}


static char *
ngx_scim_op_conf(ngx_conf_t *cf, ngx_scim_loc_conf_t *lcf)
{
    char                  *rv;
    ngx_uint_t             i;
    scim_alloc_t          *before;
    scim_registry_t       *registry;
    ngx_scim_type_t       *type;
    ngx_scim_op_conf_t    *op;
    ngx_scim_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_scim_module);
    registry = mcf->registry;

    op = ngx_pcalloc(cf->pool, sizeof(ngx_scim_op_conf_t));
    type = ngx_pcalloc(cf->pool, registry->nrtypes * sizeof(ngx_scim_type_t));
    if (op == NULL || type == NULL) {
        return NGX_CONF_ERROR;
    }

    lcf->op = op;
    op->registry = registry;
    op->types = type;
    op->page_size = lcf->page_size;
    op->max_page_size = lcf->max_page_size;
    op->scan_limit = lcf->scan_limit;
    op->resource_size = lcf->resource_size;
    op->bulk_operations = lcf->bulk_operations;
    op->bulk_size = lcf->bulk_size;
    op->log_length = lcf->log_length;
    op->log_values = lcf->log_values;
    op->put_merges = (lcf->put == NGX_SCIM_PUT_MERGE);
    op->interop = (lcf->profile == NGX_SCIM_PROFILE_INTEROP);
    op->reject_unknown = (lcf->unknown == NGX_SCIM_UNKNOWN_REJECT
                          || op->interop);

    if (op->interop && ngx_scim_check_interop(cf, op) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    before = scim_json_open(&mcf->alloc);

    for (i = 0, rv = NGX_CONF_OK;
         i < registry->nrtypes && rv == NGX_CONF_OK;
         i++)
    {
        rv = ngx_scim_op_type(cf, lcf, registry->rtypes[i], &type[i]);
    }

    scim_json_close(before);

    return rv;
}


static char *
ngx_scim_op_type(ngx_conf_t *cf, ngx_scim_loc_conf_t *lcf,
    const scim_rtype_t *rt, ngx_scim_type_t *type)
{
    ngx_scim_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_scim_module);

    type->rt = rt;
    type->key.data = (u_char *) rt->key;
    type->key.len = ngx_strlen(rt->key);

    if (rt->groups != NULL) {
        lcf->op->user_type = type;
    }

    if (rt->members != NULL) {
        lcf->op->group_type = type;
    }

    if (ngx_scim_limits_text(cf, &lcf->limits, rt, &type->limits) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_scim_type_indexes(cf, lcf, type, &mcf->alloc);
}


/* Refuses a configuration that the interoperability profile forbids. */

static ngx_int_t
ngx_scim_check_interop(ngx_conf_t *cf, ngx_scim_op_conf_t *op)
{
    size_t         i;
    scim_rtype_t  *rt;

    if (op->max_page_size < SCIM_INTEROP_COUNT) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"scim_profile interop\" needs a \"scim_page_size\" "
                           "whose maximum is %d or more", SCIM_INTEROP_COUNT);
        return NGX_ERROR;
    }

    for (i = 0; i < op->registry->nrtypes; i++) {
        rt = op->registry->rtypes[i];

        if (ngx_strcmp(rt->id, rt->name) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"scim_profile interop\" needs resource types "
                               "whose id is their name, unlike \"%s\"", rt->id);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_init(ngx_conf_t *cf)
{
    ngx_str_t                   name;
    ngx_array_t                *handlers;
    ngx_http_handler_pt        *h;
    ngx_scim_main_conf_t       *mcf;
    ngx_http_core_main_conf_t  *cmcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_scim_module);

    ngx_str_set(&name, "request_id");
    mcf->request_id = ngx_http_get_variable_index(cf, &name);
    if (mcf->request_id == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (ngx_scim_zone_init(cf, &mcf->zone) != NGX_OK) {
        return NGX_ERROR;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_REWRITE_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_scim_root_handler;

    handlers = &cmcf->phases[NGX_HTTP_ACCESS_PHASE].handlers;

    if (ngx_array_push(handlers) == NULL) {
        return NGX_ERROR;
    }

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_scim_cycles_handler;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_scim_metrics_handler;

    /*
     * Handlers run from the last to the first: the first place is behind
     * allow and deny, so that a denied address cannot try tokens.
     */

    h = handlers->elts;
    ngx_memmove(h + 1, h, (handlers->nelts - 1) * sizeof(ngx_http_handler_pt));
    h[0] = ngx_scim_access_handler;

    return ngx_scim_filter_init(cf);
}


/* says in the log which version has been started or reloaded */

static ngx_int_t
ngx_scim_init_module(ngx_cycle_t *cycle)
{
    if (!ngx_test_config) {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                      "ngx_scim_module/" NGX_SCIM_VERSION);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t             i;
    ngx_scim_known_t      *known;
    ngx_scim_server_t    **server;
    ngx_scim_main_conf_t  *mcf;

    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_scim_module);
    if (mcf == NULL) {
        return NGX_OK;
    }

    server = mcf->servers.elts;

    for (i = 0; i < mcf->servers.nelts; i++) {
        known = ngx_scim_known(cycle, &mcf->zone, &server[i]->conf);
        if (known == NULL) {
            return NGX_ERROR;
        }

        server[i]->link = ngx_scim_link_create(cycle, &server[i]->conf,
                                               ngx_scim_metrics_redis(mcf),
                                               known);

        if (server[i]->link == NULL) {
            return NGX_ERROR;
        }

        /* one worker looks for all */

        if (ngx_worker == 0
            && ngx_scim_sweep_watch(cycle, server[i]->link) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_scim_cycles_start(mcf, cycle->log);

    return NGX_OK;
}


static void
ngx_scim_exit_process(ngx_cycle_t *cycle)
{
    ngx_uint_t             i;
    ngx_scim_server_t    **server;
    ngx_scim_main_conf_t  *mcf;

    ngx_scim_digest_free();

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_scim_module);
    if (mcf == NULL) {
        return;
    }

    server = mcf->servers.elts;

    for (i = 0; i < mcf->servers.nelts; i++) {
        if (server[i]->link != NULL) {
            ngx_scim_link_close(server[i]->link);
        }
    }
}
