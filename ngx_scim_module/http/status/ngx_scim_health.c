/*
 * The health of an organization, as the status pages show it.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/status/ngx_scim_health.h"
#include "base/ngx_scim_time.h"
#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_org.h"
#include "store/org/ngx_scim_token.h"
#include "store/org/ngx_scim_cycle.h"
#include "store/org/ngx_scim_log_read.h"


#define NGX_SCIM_STATUS_QUIET   (24 * 60 * 60)


static const ngx_scim_health_t  ngx_scim_status_ok = {
    "ok", "OK", "No operation of the latest cycle has failed."
};

static const ngx_scim_health_t  ngx_scim_status_errors = {
    "errors", "Errors", "Some operations of the latest cycle have failed."
};

static const ngx_scim_health_t  ngx_scim_status_quarantine = {
    "quarantine", "Quarantine", "So many operations have failed that Entra ID "
    "would put the job into quarantine."
};

static const ngx_scim_health_t  ngx_scim_status_quiet = {
    "quiet", "Quiet", "No request has come for a day."
};

static const ngx_scim_health_t  ngx_scim_status_unknown = {
    "unknown", "No cycle", "No cycle has been written down."
};


const ngx_scim_health_t *
ngx_scim_status_health(ngx_scim_org_t *org)
{
    ngx_scim_cycle_record_t  *now, *ended, none;

    now = &org->cycle;

    if (now->count.last == 0) {
        return &ngx_scim_status_unknown;
    }

    /* one that has just begun says little */

    ngx_memzero(&none, sizeof(ngx_scim_cycle_record_t));
    ended = now->running ? ngx_scim_status_ended(org) : NULL;
    ended = ended ? ended : &none;

    if (now->quarantine || ended->quarantine) {
        return &ngx_scim_status_quarantine;
    }

    if (ngx_time() - now->count.last >= NGX_SCIM_STATUS_QUIET) {
        return &ngx_scim_status_quiet;
    }

    return now->count.failed || ended->count.failed
           ? &ngx_scim_status_errors : &ngx_scim_status_ok;
}


ngx_uint_t
ngx_scim_status_share(ngx_scim_cycle_record_t *cycle)
{
    ngx_uint_t  failed, events;

    failed = cycle->count.failed;
    events = cycle->count.events;

    return events ? (failed * 1000 + events / 2) / events : 0;
}


ngx_uint_t
ngx_scim_status_rate(const ngx_scim_cycle_t *n)
{
    ngx_uint_t  seconds;

    if (n->last - n->began < NGX_SCIM_STATUS_RATE) {
        return 0;
    }

    seconds = n->last - n->began;

    return (n->events * 60 + seconds / 2) / seconds;
}


ngx_scim_cycle_record_t *
ngx_scim_status_ended(ngx_scim_org_t *org)
{
    return org->cycles.nelts ? org->cycles.elts : NULL;
}


time_t
ngx_scim_status_time(ngx_scim_log_record_t *record)
{
    u_char  *p;
    time_t   ms;

    p = ngx_strlchr(record->key.data, record->key.data + record->key.len, '-');
    ms = p ? ngx_atotm(record->key.data, p - record->key.data) : 0;

    return ms > 0 ? ms / 1000 : 0;
}


const char *
ngx_scim_status_token(ngx_scim_token_record_t *token)
{
    if (token->tenant.len == 0) {
        return "revoked";
    }

    return token->expires.len
           && ngx_scim_time_parse(&token->expires) <= ngx_time()
           ? "expired" : "valid";
}
