/*
 * The gate, a module of its own: its directives, and what each worker keeps.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "store/link/ngx_scim_link.h"
#include "http/core/ngx_scim_conf.h"
#include "http/gate/ngx_scim_gate.h"
#include "http/gate/ngx_scim_gate_inside.h"
#include "http/gate/ngx_scim_gate_known.h"
#include "http/gate/ngx_scim_gate_require.h"
#include "http/gate/ngx_scim_gate_variables.h"


#define NGX_SCIM_GATE_VALID  60000      /* msec */
#define NGX_SCIM_GATE_END    1000


static char *ngx_scim_gate_end(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static void *ngx_scim_gate_create_main_conf(ngx_conf_t *cf);
static void *ngx_scim_gate_create_loc_conf(ngx_conf_t *cf);
static char *ngx_scim_gate_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_scim_gate_init(ngx_conf_t *cf);
static ngx_int_t ngx_scim_gate_init_process(ngx_cycle_t *cycle);
static ngx_int_t ngx_scim_gate_listen(ngx_cycle_t *cycle,
    ngx_scim_zone_t *zone, ngx_scim_gate_server_t *server);
static ngx_int_t ngx_scim_gate_heard(ngx_scim_zone_t *zone,
    ngx_scim_known_t *known);
static void ngx_scim_gate_exit_process(ngx_cycle_t *cycle);


static ngx_command_t  ngx_scim_gate_commands[] = {

    { ngx_string("scim_require"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_scim_gate_require,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("scim_require_valid"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_scim_gate_loc_conf_t, valid),
      NULL },

    { ngx_string("scim_require_stale"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_scim_gate_loc_conf_t, stale),
      NULL },

    { ngx_string("scim_require_end"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_scim_gate_end,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_scim_gate_loc_conf_t, end),
      NULL },

    { ngx_string("scim_require_dry_run"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_scim_gate_loc_conf_t, dry_run),
      NULL },

      ngx_null_command
};

static ngx_http_module_t  ngx_scim_gate_module_ctx = {
    ngx_scim_gate_add_variables,       /* preconfiguration */
    ngx_scim_gate_init,                /* postconfiguration */

    ngx_scim_gate_create_main_conf,    /* create main configuration */
    NULL,                              /* init main configuration */

    NULL,                              /* create server configuration */
    NULL,                              /* merge server configuration */

    ngx_scim_gate_create_loc_conf,     /* create location configuration */
    ngx_scim_gate_merge_loc_conf       /* merge location configuration */
};

ngx_module_t  ngx_scim_gate_module = {
    NGX_MODULE_V1,
    &ngx_scim_gate_module_ctx,         /* module context */
    ngx_scim_gate_commands,            /* module directives */
    NGX_HTTP_MODULE,                   /* module type */
    NULL,                              /* init master */
    NULL,                              /* init module */
    ngx_scim_gate_init_process,        /* init process */
    NULL,                              /* init thread */
    NULL,                              /* exit thread */
    ngx_scim_gate_exit_process,        /* exit process */
    NULL,                              /* exit master */
    NGX_MODULE_V1_PADDING
};


static char *
ngx_scim_gate_end(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_gate_loc_conf_t *gcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (gcf->end == NGX_CONF_UNSET_MSEC
        && ngx_strcmp(value[1].data, "off") == 0)
    {
        gcf->end = NGX_SCIM_GATE_NO_END;
        return NGX_CONF_OK;
    }

    return ngx_conf_set_msec_slot(cf, cmd, conf);
}


static void *
ngx_scim_gate_create_main_conf(ngx_conf_t *cf)
{
    ngx_scim_gate_main_conf_t  *gmcf;

    gmcf = ngx_pcalloc(cf->pool, sizeof(ngx_scim_gate_main_conf_t));

    if (gmcf == NULL
        || ngx_array_init(&gmcf->servers, cf->pool, 1,
                          sizeof(ngx_scim_gate_server_t *))
           != NGX_OK)
    {
        return NULL;
    }

    return gmcf;
}


static void *
ngx_scim_gate_create_loc_conf(ngx_conf_t *cf)
{
    ngx_scim_gate_loc_conf_t  *gcf;

    gcf = ngx_pcalloc(cf->pool, sizeof(ngx_scim_gate_loc_conf_t));
    if (gcf == NULL) {
        return NULL;
    }

    gcf->required = NGX_CONF_UNSET;
    gcf->code = NGX_HTTP_FORBIDDEN;
    gcf->valid = NGX_CONF_UNSET_MSEC;
    gcf->stale = NGX_CONF_UNSET_MSEC;
    gcf->end = NGX_CONF_UNSET_MSEC;
    gcf->dry_run = NGX_CONF_UNSET;

    return gcf;
}


static char *
ngx_scim_gate_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_scim_gate_loc_conf_t *prev = parent;
    ngx_scim_gate_loc_conf_t *conf = child;

    ngx_conf_merge_msec_value(conf->valid, prev->valid, NGX_SCIM_GATE_VALID);
    ngx_conf_merge_msec_value(conf->stale, prev->stale, 0);
    ngx_conf_merge_msec_value(conf->end, prev->end, NGX_SCIM_GATE_END);
    ngx_conf_merge_value(conf->dry_run, prev->dry_run, 0);

    return ngx_scim_gate_require_merge(cf, prev, conf);
}


/* nothing of it runs unless some location has a gate */

static ngx_int_t
ngx_scim_gate_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;
    ngx_scim_gate_main_conf_t  *gmcf;

    gmcf = ngx_http_conf_get_module_main_conf(cf, ngx_scim_gate_module);

    if (gmcf->servers.nelts == 0) {
        return NGX_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_scim_gate_handler;

    return NGX_OK;
}


static ngx_int_t
ngx_scim_gate_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                   i;
    ngx_scim_main_conf_t        *mcf;
    ngx_scim_gate_server_t     **server;
    ngx_scim_gate_main_conf_t   *gmcf;

    gmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_scim_gate_module);

    if (gmcf == NULL || gmcf->servers.nelts == 0
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return NGX_OK;
    }

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_scim_module);

    ngx_scim_gate_inside_start(cycle);

    server = gmcf->servers.elts;

    for (i = 0; i < gmcf->servers.nelts; i++) {
        if (ngx_scim_gate_listen(cycle, &mcf->zone, server[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* without room in the shared memory, Redis is asked for each request */

static ngx_int_t
ngx_scim_gate_listen(ngx_cycle_t *cycle, ngx_scim_zone_t *zone,
    ngx_scim_gate_server_t *server)
{
    server->known = ngx_scim_link_known(server->server->link);

    if (server->known->mutex == NULL
        || ngx_scim_gate_heard(zone, server->known) != NGX_OK
        || ngx_scim_gate_known_start(zone) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "scim: the zone is too small for \"scim_require\", which "
                      "asks redis for each request: set a larger "
                      "\"scim_zone\"");
        return NGX_OK;
    }

    server->feed = ngx_scim_feed_create(cycle, &server->server->conf,
                                        server->known,
                                        ngx_scim_gate_inside_heard, NULL);

    return server->feed ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_scim_gate_heard(ngx_scim_zone_t *zone, ngx_scim_known_t *known)
{
    ngx_shmtx_lock(known->mutex);

    if (known->heard == NULL) {
        known->heard = ngx_slab_calloc_locked(zone->pool,
                                              sizeof(ngx_scim_heard_t));
    }

    ngx_shmtx_unlock(known->mutex);

    return known->heard ? NGX_OK : NGX_ERROR;
}


static void
ngx_scim_gate_exit_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                   i;
    ngx_scim_gate_server_t     **server;
    ngx_scim_gate_main_conf_t   *gmcf;

    gmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_scim_gate_module);
    if (gmcf == NULL) {
        return;
    }

    ngx_scim_gate_inside_end();

    server = gmcf->servers.elts;

    for (i = 0; i < gmcf->servers.nelts; i++) {
        if (server[i]->feed != NULL) {
            ngx_scim_feed_close(server[i]->feed);
        }
    }
}
