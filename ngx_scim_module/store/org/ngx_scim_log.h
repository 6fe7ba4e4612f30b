/*
 * The provisioning log: a stream of each organization.
 */

#ifndef NGX_SCIM_LOG_H
#define NGX_SCIM_LOG_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_store.h"


typedef struct ngx_scim_args_s  ngx_scim_args_t;


/* an entry of the provisioning log; an empty field is left out */

typedef struct {
    ngx_uint_t                  length;      /* of the log, about */
    ngx_str_t                   op;
    ngx_str_t                   type;
    ngx_str_t                   id;
    ngx_str_t                   name;
    ngx_str_t                   status;
    ngx_str_t                   scim_type;
    ngx_str_t                   detail;
    ngx_str_t                   token;
    ngx_str_t                   ms;
    ngx_str_t                   request;
} ngx_scim_log_entry_t;


/*
 * Logs an event that changes nothing in the store. The entry is copied. A
 * failure is not reported.
 */
void ngx_scim_log_add(ngx_scim_store_t *store, ngx_scim_log_entry_t *entry);

/*
 * Adds an entry to the arguments of a script: the number of arguments, then the
 * length of the log, names and values. entry may be NULL.
 */
void ngx_scim_log_args(ngx_scim_args_t *args, ngx_scim_log_entry_t *entry);

/*
 * Returns field i of an entry, and its name in the log, or NULL if there are no
 * more fields.
 */
ngx_str_t *ngx_scim_log_field(ngx_scim_log_entry_t *entry, ngx_uint_t i,
    ngx_str_t **name);

#endif /* NGX_SCIM_LOG_H */
