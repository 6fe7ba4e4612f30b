/*
 * The configuration of the module, and what its directives share.
 */

#ifndef NGX_SCIM_CONF_H
#define NGX_SCIM_CONF_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "scim/core/scim_alloc.h"
#include "scim/schema/scim_schema.h"
#include "op/core/ngx_scim_op.h"
#include "http/core/ngx_scim_redis_conf.h"
#include "http/core/ngx_scim_zone.h"


typedef struct ngx_scim_tokens_s  ngx_scim_tokens_t;

typedef struct {
    ngx_array_t                 servers;      /* of ngx_scim_server_t * */
    ngx_array_t                 keys;         /* of ngx_scim_keys_t * */
    ngx_array_t                 roots;        /* of ngx_scim_bare_root_t */
    scim_registry_t            *registry;
    scim_alloc_t                alloc;        /* from the cycle's pool */
    ngx_int_t                   request_id;   /* index of $request_id */
    ngx_scim_zone_t             zone;
    unsigned                    metrics:1;    /* are shown somewhere */
    ngx_str_t                   policy;       /* of scim_status, for content */
    ngx_uint_t                  configuration;    /* differs after a reload */
} ngx_scim_main_conf_t;

enum {
    NGX_SCIM_PROFILE_DEFAULT = 0,
    NGX_SCIM_PROFILE_INTEROP
};


#define NGX_SCIM_NO_LIMIT  999999999999999LL


/* The limits of a tenant, each a number. */

typedef struct {
    int64_t                     users;
    int64_t                     groups;
    int64_t                     resources;    /* of any other type */
    int64_t                     memberships;
    int64_t                     bytes;        /* of documents */
    int64_t                     tokens;       /* of each OAuth client */
} ngx_scim_limits_t;

typedef struct {
    ngx_flag_t                  enable;       /* here, not inherited */
    u_char                     *name;         /* of the location */
    ngx_uint_t                  prefix;       /* length, without last slash */
#if (NGX_PCRE)
    ngx_http_regex_t           *regex;        /* that has it instead */
#endif
    ngx_scim_server_t          *server;
    ngx_scim_tokens_t          *tokens;       /* NULL: only of issuers */
    ngx_array_t                *issuers;      /* of ngx_scim_issuer_t */
    ngx_http_complex_value_t   *base_url;
    ngx_http_complex_value_t   *tenant;
    ngx_array_t                *indexes;      /* of ngx_scim_index_conf_t */
    ngx_uint_t                  page_size;
    ngx_uint_t                  max_page_size;
    ngx_uint_t                  scan_limit;
    ngx_uint_t                  put;
    ngx_uint_t                  unknown;
    ngx_uint_t                  profile;      /* NGX_SCIM_PROFILE_... */
    ngx_flag_t                  discovery_auth;
    ngx_scim_limits_t           limits;
    size_t                      resource_size;
    ngx_uint_t                  bulk_operations;
    size_t                      bulk_size;
    ngx_http_complex_value_t   *me;
    ngx_uint_t                  log_length;   /* 0: off */
    ngx_flag_t                  log_values;
    time_t                      log_cycle;    /* a pause that ends one */
    ngx_http_handler_pt         oauth;        /* here, not inherited */
    ngx_str_t                   audience;     /* of assertions; or none */
    ngx_http_complex_value_t   *metadata;     /* issuer, token endpoint */
    ngx_uint_t                  assertions;   /* in the metadata */
    ngx_uint_t                  federation;   /* the same */
    ngx_array_t                *oauth_keys;   /* of ngx_scim_oauth_keys_t */
    ngx_http_handler_pt         status;       /* here, not inherited */
    ngx_http_handler_pt         metrics;      /* here, not inherited */
    ngx_scim_op_conf_t         *op;
} ngx_scim_loc_conf_t;


extern ngx_module_t  ngx_scim_module;


/* a number of a directive; NGX_CONF_ERROR after a message */
char *ngx_scim_number(ngx_conf_t *cf, ngx_str_t *value, ngx_int_t min,
    ngx_uint_t *number);

/*
 * Reads a whole file of the configuration into cf->pool, ended by NUL; file
 * becomes its full name. NGX_ERROR after a message.
 */
ngx_int_t ngx_scim_read_file(ngx_conf_t *cf, ngx_str_t *file,
    ngx_str_t *text);

#endif /* NGX_SCIM_CONF_H */
