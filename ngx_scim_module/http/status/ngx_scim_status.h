/*
 * The status location: the request and the result, for the two forms in which
 * it is shown.
 */

#ifndef NGX_SCIM_STATUS_H
#define NGX_SCIM_STATUS_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_org.h"
#include "store/org/ngx_scim_token.h"
#include "http/core/ngx_scim_text.h"


#define NGX_SCIM_STATUS_ORGS     100     /* on a page */
#define NGX_SCIM_STATUS_RECORDS  50      /* of the log, on a page */
#define NGX_SCIM_STATUS_CYCLES   20      /* of an organization */
#define NGX_SCIM_STATUS_RATE     10      /* seconds that a rate needs */


typedef struct {
    const char             *name;        /* for programs */
    const char             *label;       /* for people */
    const char             *reason;
} ngx_scim_health_t;

typedef struct {
    ngx_http_request_t     *request;
    ngx_http_cleanup_pt    *cleanup;     /* while Redis is asked */
    ngx_scim_store_t        store;
    ngx_scim_text_kind_e    kind;

    /* the request */

    ngx_str_t               name;        /* of an organization; empty: all */
    ngx_str_t               search;      /* in names, or in the log */
    ngx_uint_t              page;        /* of all, from 1 */
    ngx_scim_log_page_t     log;         /* of one */

    /* the result */

    ngx_array_t             names;       /* of ngx_str_t: those that match */
    ngx_uint_t              pages;
    ngx_scim_org_t         *orgs;        /* on the page, or the one */
    ngx_uint_t              norgs;
} ngx_scim_status_t;

typedef struct {
    ngx_uint_t              status;
    const char             *title;
    const char             *detail;
} ngx_scim_status_error_t;


/* Returns the state of an organization's provisioning. */
const ngx_scim_health_t *ngx_scim_status_health(ngx_scim_org_t *org);

/* of the operations, in tenths of a percent */
ngx_uint_t ngx_scim_status_share(ngx_scim_cycle_record_t *cycle);

/*
 * Returns operations a minute, on average since the cycle began. 0: fewer than
 * one, or the cycle is too short to tell, because its times are whole seconds.
 */
ngx_uint_t ngx_scim_status_rate(const ngx_scim_cycle_t *n);

/* the latest cycle that has ended, or NULL */
ngx_scim_cycle_record_t *ngx_scim_status_ended(ngx_scim_org_t *org);

/* the time of an entry of the log */
time_t ngx_scim_status_time(ngx_scim_log_record_t *record);

/* "valid", "expired" or "revoked" */
const char *ngx_scim_status_token(ngx_scim_token_record_t *token);

char *ngx_scim_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

#endif /* NGX_SCIM_STATUS_H */
