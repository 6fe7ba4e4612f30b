/*
 * The gate: whether a request is let in.
 */

#ifndef NGX_SCIM_GATE_H
#define NGX_SCIM_GATE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "http/gate/ngx_scim_gate_ask.h"
#include "http/gate/ngx_scim_gate_conf.h"
#include "http/gate/ngx_scim_gate_status.h"


/* of a request in one location */

typedef struct {
    ngx_http_request_t         *request;
    ngx_scim_gate_loc_conf_t   *conf;
    ngx_scim_gate_status_e      status;
    ngx_scim_gate_who_t         who;
    ngx_scim_gate_answer_t      answer;     /* its texts are in the request's pool */
    ngx_scim_gate_ask_t        *ask;        /* while Redis is asked */
    ngx_queue_t                 queue;      /* of those that were let in */
    ngx_msec_t                  next;       /* not asked about again before */
    ngx_msec_t                  until;      /* when it is ended, if refused */
    unsigned                    known:1;    /* answer is set */
    unsigned                    inside:1;   /* in the queue */
    unsigned                    refused:1;
} ngx_scim_gate_ctx_t;


/* PRECONTENT phase */
ngx_int_t ngx_scim_gate_handler(ngx_http_request_t *r);

/*
 * Returns the latest decision on a request, or NULL. It is kept over internal
 * redirects, into locations without a gate too.
 */
ngx_scim_gate_ctx_t *ngx_scim_gate_ctx(ngx_http_request_t *r);

/* Returns what an answer of Redis means. */
ngx_scim_gate_status_e ngx_scim_gate_judge(ngx_scim_gate_answer_t *answer);

/* The status has been decided on, or has become another. */
void ngx_scim_gate_decided(ngx_scim_gate_ctx_t *ctx);

#endif /* NGX_SCIM_GATE_H */
