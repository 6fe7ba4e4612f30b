/*
 * The HTTP layer: configuration, request context, and what its files offer
 * each other.
 */

#ifndef NGX_SCIM_H
#define NGX_SCIM_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "store/link/ngx_scim_link.h"
#include "op/core/ngx_scim_op.h"
#include "http/auth/ngx_scim_cache.h"
#include "http/monitor/ngx_scim_cycles.h"
#include "http/auth/ngx_scim_jwt.h"
#include "http/monitor/ngx_scim_metrics.h"
#include "http/auth/ngx_scim_token_file.h"
#include "http/core/ngx_scim_zone.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"


/* a Redis server; the link is this worker's */

typedef struct {
    ngx_scim_redis_conf_t       conf;
    u_char                      id[NGX_SCIM_DIGEST_LEN];   /* of its data */
    ngx_scim_link_t            *link;
} ngx_scim_server_t;


/* a location's name without the slash at its end */

typedef struct {
    ngx_http_core_srv_conf_t   *server;
    ngx_str_t                   name;
} ngx_scim_bare_root_t;


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


typedef struct {
    const scim_rtype_t         *rt;
    ngx_array_t                *names;        /* of ngx_str_t */
} ngx_scim_index_conf_t;


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


extern ngx_module_t  ngx_scim_module;


/* setters of directives that have a file of their own */
char *ngx_scim(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_base_url(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_oauth_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_oauth_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_oauth_metadata(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_schema(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_resource_type(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_metrics(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* scim_limit; then those that are not set, and as a write of the store has them */
char *ngx_scim_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
void ngx_scim_limits_init(ngx_scim_limits_t *limits);
void ngx_scim_limits_merge(ngx_scim_limits_t *limits,
    ngx_scim_limits_t *prev);
ngx_int_t ngx_scim_limits_text(ngx_conf_t *cf, ngx_scim_limits_t *limits,
    const scim_rtype_t *rt, ngx_str_t *text);
char *ngx_scim_index(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_canonical(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_scim_unique(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* a number of a directive; NGX_CONF_ERROR after a message */
char *ngx_scim_number(ngx_conf_t *cf, ngx_str_t *value, ngx_int_t min,
    ngx_uint_t *number);

/* fills in the indexes of a type, as a location has them */
char *ngx_scim_type_indexes(ngx_conf_t *cf, ngx_scim_loc_conf_t *lcf,
    ngx_scim_type_t *type, scim_alloc_t *alloc);

/* the context of a request, made at first use; NULL: no memory */
ngx_scim_ctx_t *ngx_scim_get_ctx(ngx_http_request_t *r);

/*
 * Whose request is it, as far as can be told at once? NULL: unknown. Nothing to
 * let anybody in by: what is known of a token in Redis may be older than is
 * trusted, and whether the token may do this is not asked.
 */
ngx_scim_token_t *ngx_scim_identify(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx);

/*
 * Who sends the request? NGX_OK: ctx->token is set; NGX_AGAIN: Redis is asked,
 * and resume will be called, to ask here again; else the status to answer, with
 * the challenge set and the reason in ctx->detail.
 */
ngx_int_t ngx_scim_authenticate(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_http_event_handler_pt resume);

/*
 * The same once more, of a request whose body came later than its head: NGX_OK if
 * the token still lets it in, for the same tenant.
 */
ngx_int_t ngx_scim_authenticate_again(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx, ngx_http_event_handler_pt resume);

ngx_int_t ngx_scim_access_handler(ngx_http_request_t *r);

/*
 * The token of a secret as Redis has it, expired or not. NGX_OK: token is set;
 * NGX_DECLINED: there is none; NGX_AGAIN: as above; NGX_BUSY: Redis is away;
 * NGX_ERROR: no memory, or a bug.
 */
ngx_int_t ngx_scim_lookup(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_str_t *secret, ngx_http_event_handler_pt resume,
    ngx_scim_token_t **token);

/*
 * The token of a secret as far as it is known without asking Redis, perhaps
 * from a time ago that is longer than is trusted; NULL: unknown.
 */
ngx_scim_token_t *ngx_scim_lookup_known(ngx_http_request_t *r,
    ngx_scim_ctx_t *ctx, ngx_str_t *secret);

/* the token that was looked up has let a request in */
void ngx_scim_lookup_used(ngx_http_request_t *r, ngx_scim_ctx_t *ctx);

ngx_int_t ngx_scim_content_handler(ngx_http_request_t *r);

/* what a request asks for, as far as its line tells */

typedef struct {
    ngx_str_t                   operation;    /* empty: nothing that there is */
    ngx_scim_type_t            *type;         /* NULL: of none */
    ngx_str_t                   id;
} ngx_scim_target_t;

void ngx_scim_describe(ngx_http_request_t *r, ngx_scim_target_t *target);

/* the same in numbers, for the cycle of the tenant */
void ngx_scim_count_refusal(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    ngx_uint_t status);

/*
 * Puts an error into the provisioning log of the tenant, if it belongs there:
 * one that is answered without an operation.
 */
void ngx_scim_log_refusal(ngx_http_request_t *r, ngx_scim_ctx_t *ctx,
    const scim_error_t *err);

/* Makes the list of known servers in the shared memory. */
ngx_int_t ngx_scim_known_init(ngx_scim_zone_t *zone, void *part);

/*
 * Returns what workers know of the data of a server since nginx was started. If
 * the shared memory is full, only this worker knows it. NULL: no memory.
 */
ngx_scim_known_t *ngx_scim_known(ngx_cycle_t *cycle, ngx_scim_zone_t *zone,
    ngx_scim_redis_conf_t *conf);

/*
 * Rewrite phase: leads "/scim/v2", which is what administrators open, to the
 * location "/scim/v2/", unless the operator has a location for it.
 */
ngx_int_t ngx_scim_root_handler(ngx_http_request_t *r);

/* log phase: counts the request in the cycle of its tenant */
ngx_int_t ngx_scim_cycles_handler(ngx_http_request_t *r);

/*
 * The tenants of the server with this id that the shared memory knows, into
 * names (of ngx_str_t, in the pool of the array, ended by NUL). NGX_ERROR: no
 * memory.
 */
ngx_int_t ngx_scim_cycles_tenants(ngx_scim_zone_t *zone, u_char *server,
    ngx_array_t *names);

/* a worker begins to write down the cycles, if it is the one that does */
void ngx_scim_cycles_start(ngx_scim_main_conf_t *mcf, ngx_log_t *log);

/* log phase: counts the request */
ngx_int_t ngx_scim_metrics_handler(ngx_http_request_t *r);

/* a token was looked up, and was in the shared memory or was not */
void ngx_scim_metrics_token(ngx_http_request_t *r, ngx_uint_t hit);

/* what the links of a worker count in; NULL: nobody looks */
ngx_scim_counters_t *ngx_scim_metrics_redis(ngx_scim_main_conf_t *mcf);

/* milliseconds since the request began */
ngx_msec_t ngx_scim_elapsed(ngx_http_request_t *r);

/* registers the variables; forgets the values that a request has */
ngx_int_t ngx_scim_add_variables(ngx_conf_t *cf);
void ngx_scim_refresh_variables(ngx_http_request_t *r);

/*
 * NGX_OK: the request's Content-Type is one of these, or it has none;
 * NGX_DECLINED: it is another.
 */
ngx_int_t ngx_scim_body_is(ngx_http_request_t *r, ngx_str_t *types,
    ngx_uint_t n);

/* The body that was read, in one piece. NGX_ERROR: no memory, or no file. */
ngx_int_t ngx_scim_collect_body(ngx_http_request_t *r, ngx_str_t *body);

/* while a request waits, a client that goes away is noticed */
void ngx_scim_watch_client(ngx_http_request_t *r);

/*
 * The part of the path that is the root, without a slash at its end.
 * NGX_DECLINED: it ends inside of a name.
 */
ngx_int_t ngx_scim_root(ngx_http_request_t *r, ngx_str_t *root);

/*
 * The URL that clients know the root by, ended by NUL. NGX_DECLINED: the
 * configuration has made none of what the request has; NGX_ERROR: no memory.
 */
ngx_int_t ngx_scim_base(ngx_http_request_t *r, ngx_str_t *base);

/* a copy that ends with NUL; data is NULL when out of memory */
ngx_str_t ngx_scim_cstring(ngx_pool_t *pool, u_char *data, size_t len);

/* is it one that scim_discovery_auth opens? */
ngx_int_t ngx_scim_is_discovery(ngx_http_request_t *r);

/* does the request only read? */
ngx_int_t ngx_scim_is_read(ngx_http_request_t *r);


/* what to send; empty strings are left out */

typedef struct {
    ngx_uint_t                  status;
    ngx_str_t                   body;
    ngx_str_t                   etag;
    ngx_str_t                   location;
    ngx_str_t                   content_location;
    unsigned                    partial:1;    /* more of the body follows */
} ngx_scim_response_t;

/* sends header and body; the result is to finalize the request with */
ngx_int_t ngx_scim_send(ngx_http_request_t *r, ngx_scim_response_t *response);

/*
 * The same for the answer of an operation that has more, which follows piece by
 * piece as the client takes it; finalizes the request.
 */
void ngx_scim_stream(ngx_http_request_t *r, ngx_scim_response_t *response);

/* the operation has the piece that it was asked for */
void ngx_scim_stream_piece(ngx_scim_op_t *op);

/* the same for other JSON; headers that were added are sent with it */
ngx_int_t ngx_scim_send_json(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *body);

/* and for text of another type, which ends with NUL */
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
 * Does the client name this media range in what it accepts? NGX_DECLINED:
 * only others; NGX_DONE: it does not say what it accepts.
 */
ngx_int_t ngx_scim_asks_for(ngx_http_request_t *r, const char *type);

/*
 * Reads a whole file of the configuration into cf->pool, ended by NUL; file
 * becomes its full name. NGX_ERROR after a message.
 */
ngx_int_t ngx_scim_read_file(ngx_conf_t *cf, ngx_str_t *file,
    ngx_str_t *text);

/* puts SCIM errors in the place of nginx's own */
ngx_int_t ngx_scim_filter_init(ngx_conf_t *cf);

/* an allocator of the pure library on a pool */
void ngx_scim_alloc_init(scim_alloc_t *alloc, ngx_pool_t *pool);

#endif /* NGX_SCIM_H */
