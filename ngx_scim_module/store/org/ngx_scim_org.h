/*
 * Reads what operators look at: all tenants, and of each its numbers, cycles,
 * tokens and provisioning log. Nothing here writes.
 */

#ifndef NGX_SCIM_ORG_H
#define NGX_SCIM_ORG_H

#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_token.h"


#define NGX_SCIM_ADMIN_TOKENS  100      /* of a tenant, at most */


/* a cycle as it was written down */

typedef struct {
    ngx_scim_cycle_t            count;       /* last is 0: there is none */
    unsigned                    running:1;
    unsigned                    quarantine:1;
} ngx_scim_cycle_record_t;


typedef struct {
    ngx_str_t                   name;
    ngx_uint_t                  users;
    ngx_uint_t                  groups;
    ngx_uint_t                  listed;      /* in scim:tenants */
    ngx_scim_cycle_record_t     cycle;       /* running, or the latest */
    ngx_array_t                 cycles;      /* of ngx_scim_cycle_record_t:
                                                ended, the newest first */
    ngx_array_t                 tokens;      /* of ngx_scim_token_record_t;
                                                without tenant: revoked */
} ngx_scim_org_t;


typedef struct {
    ngx_str_t                   key;         /* of the entry in the stream */
    ngx_scim_log_entry_t        entry;
} ngx_scim_log_record_t;


/* a page of the log, the newest entry first */

typedef struct {

    /* set by the caller */

    ngx_str_t                   before;      /* an entry's key; empty: none */
    ngx_str_t                   text;        /* in any field, ASCII case
                                                ignored; empty: any */
    ngx_uint_t                  failed;      /* with a status of 400 or more */
    ngx_uint_t                  count;       /* at most */

    /* set when the handler is called */

    ngx_array_t                 records;     /* of ngx_scim_log_record_t */
    ngx_uint_t                  scanned;
    ngx_str_t                   next;        /* before, for older ones; empty:
                                                there are none */
} ngx_scim_log_page_t;


/*
 * The functions return as those of ngx_scim_store.h do; store->tenant need not
 * be set but for the last.
 */

/* The names in scim:tenants, in slices, into names (of ngx_str_t). */
ngx_int_t ngx_scim_admin_tenants(ngx_scim_store_t *store, ngx_array_t *names,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Of n organizations, whose names are set and can be names of tenants, the
 * numbers and the cycle, and at most ncycles that have ended.
 */
ngx_int_t ngx_scim_admin_read(ngx_scim_store_t *store, ngx_scim_org_t *orgs,
    ngx_uint_t n, ngx_uint_t ncycles, ngx_scim_store_handler_pt handler,
    void *data);

/* Of one the same, whether it is listed, and its tokens. */
ngx_int_t ngx_scim_admin_read_whole(ngx_scim_store_t *store,
    ngx_scim_org_t *org, ngx_uint_t ncycles,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * A page of the log of store->tenant. No more than some thousand entries are
 * looked at: the page can be short or empty and have a next one.
 */
ngx_int_t ngx_scim_log_read(ngx_scim_store_t *store,
    ngx_scim_log_page_t *page, ngx_scim_store_handler_pt handler, void *data);

/* Field i of an entry, by the name it has in the log; NULL: none is left. */
ngx_str_t *ngx_scim_log_field(ngx_scim_log_entry_t *entry, ngx_uint_t i,
    ngx_str_t **name);

#endif /* NGX_SCIM_ORG_H */
