/*
 * The part that the files of the status pages share: one request.
 */

#ifndef NGX_SCIM_STATUS_CTX_H
#define NGX_SCIM_STATUS_CTX_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_org.h"
#include "store/org/ngx_scim_log_read.h"
#include "http/core/ngx_scim_text.h"


#define NGX_SCIM_STATUS_ORGS     100     /* on a page */
#define NGX_SCIM_STATUS_RECORDS  50      /* of the log, on a page */
#define NGX_SCIM_STATUS_CYCLES   20      /* of an organization */


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

#endif /* NGX_SCIM_STATUS_CTX_H */
