/*
 * Asks Redis whether a user may pass.
 */

#ifndef NGX_SCIM_GATE_ASK_H
#define NGX_SCIM_GATE_ASK_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/gate/ngx_scim_gate_conf.h"
#include "http/gate/ngx_scim_gate_known.h"


typedef struct ngx_scim_gate_ask_s  ngx_scim_gate_ask_t;

/* the name of a user, in an organization */

typedef struct {
    ngx_str_t                   tenant;
    ngx_str_t                   name;       /* folded */
    u_char                      key[NGX_SCIM_DIGEST_LEN];   /* in the shared
                                               memory */
} ngx_scim_gate_who_t;

/* rc is NGX_OK, or NGX_ERROR: Redis does not answer. The answer goes afterwards. */
typedef void (*ngx_scim_gate_ask_pt)(void *data, ngx_int_t rc,
    ngx_scim_gate_answer_t *answer);


/* Sets the key. NGX_ERROR: no memory. */
ngx_int_t ngx_scim_gate_ask_key(ngx_scim_gate_loc_conf_t *conf,
    ngx_pool_t *pool, ngx_scim_gate_who_t *who);

/*
 * Looks into the shared memory. NGX_OK: the answer is true; NGX_AGAIN: it may not
 * be; NGX_DECLINED: there is none; NGX_ERROR: no memory.
 */
ngx_int_t ngx_scim_gate_ask_known(ngx_scim_gate_loc_conf_t *conf,
    ngx_scim_gate_who_t *who, ngx_pool_t *pool,
    ngx_scim_gate_answer_t *answer);

/* Returns 1 if nothing was heard that can make the answer wrong, and it is not old. */
ngx_uint_t ngx_scim_gate_ask_fresh(ngx_scim_gate_loc_conf_t *conf,
    ngx_scim_gate_answer_t *answer);

/*
 * Asks, and keeps the answer for all. The handler is called once, and never from
 * inside of this. NULL: no memory.
 */
ngx_scim_gate_ask_t *ngx_scim_gate_ask(ngx_scim_gate_loc_conf_t *conf,
    ngx_scim_gate_who_t *who, ngx_scim_gate_ask_pt handler, void *data);

/* Nobody waits for it any longer. */
void ngx_scim_gate_ask_abort(ngx_scim_gate_ask_t *ask);

#endif /* NGX_SCIM_GATE_ASK_H */
