/*
 * What this nginx has heard of changes.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/link/ngx_scim_heard.h"


#define NGX_SCIM_HEARD_GAP  0       /* the slot of what was not heard */


static ngx_uint_t ngx_scim_heard_slot(ngx_str_t *tenant, const char *type,
    ngx_str_t *id);
static void ngx_scim_heard_note(ngx_scim_heard_t *heard, ngx_uint_t slot);


static ngx_str_t  ngx_scim_heard_all = ngx_null_string;


void
ngx_scim_heard_change(ngx_scim_heard_t *heard, ngx_str_t *tenant,
    ngx_str_t *type, ngx_str_t *id)
{
    ngx_uint_t  user, group;

    user = (type->len == 4 && ngx_memcmp(type->data, "user", 4) == 0);
    group = (type->len == 5 && ngx_memcmp(type->data, "group", 5) == 0);

    if (user) {
        ngx_scim_heard_note(heard, ngx_scim_heard_slot(tenant, "user", id));
    }

    if (user || type->len == 0) {
        ngx_scim_heard_note(heard, ngx_scim_heard_slot(tenant, "user",
                                                       &ngx_scim_heard_all));
    }

    if (group || type->len == 0) {
        ngx_scim_heard_note(heard, ngx_scim_heard_slot(tenant, "group",
                                                       &ngx_scim_heard_all));
    }
}


void
ngx_scim_heard_gap(ngx_scim_heard_t *heard)
{
    ngx_scim_heard_note(heard, NGX_SCIM_HEARD_GAP);
}


void
ngx_scim_heard_rest(ngx_scim_heard_basis_t *basis, ngx_str_t *tenant,
    ngx_str_t *id)
{
    basis->users = ngx_scim_heard_slot(tenant, "user", id);
    basis->groups = ngx_scim_heard_slot(tenant, "group", &ngx_scim_heard_all);
}


ngx_uint_t
ngx_scim_heard_user(ngx_scim_heard_t *heard,
    const ngx_scim_heard_basis_t *basis)
{
    return heard->latest[basis->users] > basis->changes;
}


ngx_uint_t
ngx_scim_heard_group(ngx_scim_heard_t *heard,
    const ngx_scim_heard_basis_t *basis)
{
    return heard->latest[basis->groups] > basis->changes;
}


ngx_uint_t
ngx_scim_heard_missed(ngx_scim_heard_t *heard,
    const ngx_scim_heard_basis_t *basis)
{
    return heard->latest[NGX_SCIM_HEARD_GAP] > basis->changes;
}


static ngx_uint_t
ngx_scim_heard_slot(ngx_str_t *tenant, const char *type, ngx_str_t *id)
{
    uint32_t  hash;

    ngx_crc32_init(hash);
    ngx_crc32_update(&hash, tenant->data, tenant->len);
    ngx_crc32_update(&hash, (u_char *) type, ngx_strlen(type));
    ngx_crc32_update(&hash, id->data, id->len);
    ngx_crc32_final(hash);

    return 1 + hash % (NGX_SCIM_HEARD_SLOTS - 1);
}


/* another worker can have noted a later change meanwhile */

static void
ngx_scim_heard_note(ngx_scim_heard_t *heard, ngx_uint_t slot)
{
    ngx_atomic_t       *latest;
    ngx_atomic_uint_t   n, was;

    n = ngx_atomic_fetch_add(&heard->changes, 1) + 1;
    latest = &heard->latest[slot];

    for (was = *latest; was < n; was = *latest) {
        if (ngx_atomic_cmp_set(latest, was, n)) {
            break;
        }
    }
}
