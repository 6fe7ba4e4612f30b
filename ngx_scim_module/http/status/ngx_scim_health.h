/*
 * The health of an organization, as the status pages show it.
 */

#ifndef NGX_SCIM_HEALTH_H
#define NGX_SCIM_HEALTH_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_org.h"
#include "store/org/ngx_scim_token.h"
#include "store/org/ngx_scim_cycle.h"
#include "store/org/ngx_scim_log_read.h"


#define NGX_SCIM_STATUS_RATE     10      /* seconds that a rate needs */


typedef struct {
    const char             *name;        /* for programs */
    const char             *label;       /* for people */
    const char             *reason;
} ngx_scim_health_t;


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

#endif /* NGX_SCIM_HEALTH_H */
