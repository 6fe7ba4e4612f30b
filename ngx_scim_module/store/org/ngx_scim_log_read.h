/*
 * Reads the provisioning log, from its newest entry on.
 */

#ifndef NGX_SCIM_LOG_READ_H
#define NGX_SCIM_LOG_READ_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/org/ngx_scim_log.h"


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
 * Reads a page of the log of store->tenant. Looks at some thousand entries at
 * most: the page can be short or empty and have a next one. Returns as the
 * functions of ngx_scim_store.h do.
 */
ngx_int_t ngx_scim_log_read(ngx_scim_store_t *store,
    ngx_scim_log_page_t *page, ngx_scim_store_handler_pt handler, void *data);

#endif /* NGX_SCIM_LOG_READ_H */
