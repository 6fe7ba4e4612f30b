/*
 * OAuth clients in the store. Like tokens, they are outside of any tenant.
 */

#ifndef NGX_SCIM_CLIENT_H
#define NGX_SCIM_CLIENT_H

#include "store/call/ngx_scim_store.h"


/*
 * the fields as they are in Redis, unchecked, ended by NUL; an absent one is
 * empty
 */

typedef struct {
    ngx_str_t    tenant;
    ngx_str_t    name;
    ngx_str_t    scope;             /* "rw" or "ro" */
    ngx_str_t    jwks;              /* public keys */
    ngx_str_t    keys;              /* or the name of those of a file */
    ngx_str_t    issuer;            /* that signs for the client */
    ngx_str_t    subject;           /* that the issuer calls the client */
    ngx_str_t    audience;          /* that the issuer signs for */
    ngx_str_t    secret;            /* JSON; empty: it has no such secret */
} ngx_scim_client_record_t;


/*
 * Reads a client, and what is kept of the secret with this digest, 64
 * hexadecimal digits in lower case: OK or NOT_FOUND.
 */
ngx_int_t ngx_scim_client_read(ngx_scim_store_t *store, ngx_str_t *id,
    ngx_str_t *digest, ngx_scim_client_record_t *record,
    ngx_scim_store_handler_pt handler, void *data);

/* The key of a client; data is NULL when out of memory. */
ngx_str_t ngx_scim_client_key(ngx_scim_store_t *store, ngx_str_t *id);

#endif /* NGX_SCIM_CLIENT_H */
