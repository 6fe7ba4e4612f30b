/*
 * The limits of which an organization has used most.
 */

#include "http/status/ngx_scim_quota.h"


#define NGX_SCIM_QUOTA_DIGITS  15


static int64_t ngx_scim_quota_own(ngx_str_t *limits, const char *name,
    int64_t most);
static int64_t ngx_scim_quota_number(u_char *p, u_char *end);


ngx_uint_t
ngx_scim_quotas(const ngx_scim_limits_t *limits, ngx_scim_org_t *org,
    ngx_scim_quota_t *quota)
{
    int64_t     most;
    ngx_uint_t  i, n;

    const ngx_scim_quota_t  all[NGX_SCIM_QUOTAS] = {
        { "users", org->users, limits->users },
        { "groups", org->groups, limits->groups },
        { "memberships",
          ngx_scim_quota_number(org->memberships.data, org->memberships.data
                                                       + org->memberships.len),
          limits->memberships },
        { "bytes",
          ngx_scim_quota_number(org->bytes.data,
                                org->bytes.data + org->bytes.len),
          limits->bytes }
    };

    n = 0;

    for (i = 0; i < NGX_SCIM_QUOTAS; i++) {
        most = ngx_scim_quota_own(&org->limits, all[i].name, all[i].most);

        if (all[i].has > 0 && all[i].has >= most - most / 5) {
            quota[n] = all[i];
            quota[n++].most = most;
        }
    }

    return n;
}


/* limits are words such as "users=5", with a space between */

static int64_t
ngx_scim_quota_own(ngx_str_t *limits, const char *name, int64_t most)
{
    size_t   len;
    u_char  *p, *end;

    len = ngx_strlen(name);
    end = limits->data + limits->len;

    for (p = limits->data; p < end; p++) {
        if ((size_t) (end - p) > len && ngx_strncmp(p, name, len) == 0
            && p[len] == '=')
        {
            return ngx_scim_quota_number(p + len + 1, end);
        }

        p = ngx_strlchr(p, end, ' ');
        if (p == NULL) {
            break;
        }
    }

    return most;
}


/* the digits there are; 0: none */

static int64_t
ngx_scim_quota_number(u_char *p, u_char *end)
{
    int64_t   n;
    u_char   *last;

    last = p + ngx_min(end - p, NGX_SCIM_QUOTA_DIGITS);

    for (n = 0; p < last && *p >= '0' && *p <= '9'; p++) {
        n = n * 10 + (*p - '0');
    }

    return n;
}
