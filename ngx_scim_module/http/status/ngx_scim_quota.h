/*
 * The limits of which an organization has used most.
 */

#ifndef NGX_SCIM_QUOTA_H
#define NGX_SCIM_QUOTA_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/org/ngx_scim_org.h"
#include "http/core/ngx_scim_conf.h"


#define NGX_SCIM_QUOTAS  4


typedef struct {
    const char             *name;        /* "users" */
    int64_t                 has;
    int64_t                 most;
} ngx_scim_quota_t;


/*
 * Finds the limits of which four fifths are used, or more: those of the
 * organization's own, else those given. Returns their number, and sets as many
 * of the NGX_SCIM_QUOTAS elements of quota.
 */
ngx_uint_t ngx_scim_quotas(const ngx_scim_limits_t *limits,
    ngx_scim_org_t *org, ngx_scim_quota_t *quota);

#endif /* NGX_SCIM_QUOTA_H */
