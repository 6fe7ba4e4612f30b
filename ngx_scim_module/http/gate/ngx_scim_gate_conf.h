/*
 * The configuration of the gate. It has no functions.
 */

#ifndef NGX_SCIM_GATE_CONF_H
#define NGX_SCIM_GATE_CONF_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "base/ngx_scim_digest.h"
#include "store/org/ngx_scim_feed.h"
#include "store/org/ngx_scim_person.h"
#include "http/core/ngx_scim_redis_conf.h"
#include "http/core/ngx_scim_zone.h"


#define NGX_SCIM_GATE_NO_END  ((ngx_msec_t) -2)


/* a Redis server that is asked; known and feed are this worker's, or NULL */

typedef struct {
    ngx_scim_server_t          *server;
    ngx_scim_known_t           *known;
    ngx_scim_feed_t            *feed;
} ngx_scim_gate_server_t;


typedef struct {
    ngx_array_t                 servers;    /* of ngx_scim_gate_server_t * */
} ngx_scim_gate_main_conf_t;


typedef struct {
    ngx_flag_t                  required;   /* unset: inherited as a whole */
    ngx_http_complex_value_t   *name;
    ngx_str_t                   by;         /* "userName" and the like */
    ngx_uint_t                  exact;      /* upper and lower case differ */
    ngx_uint_t                  trusted;
    ngx_uint_t                  code;       /* of who is known and refused */
    ngx_scim_person_wanted_t    wanted;
    u_char                      digest[NGX_SCIM_DIGEST_LEN];    /* of server and
                                               wanted */

    ngx_msec_t                  valid;
    ngx_msec_t                  stale;
    ngx_msec_t                  end;        /* grace; NGX_SCIM_GATE_NO_END */
    ngx_flag_t                  dry_run;

    ngx_scim_gate_server_t     *server;
    ngx_http_complex_value_t   *tenant;
} ngx_scim_gate_loc_conf_t;


extern ngx_module_t  ngx_scim_gate_module;

#endif /* NGX_SCIM_GATE_CONF_H */
