/*
 * Tokens in the store. They are outside of any tenant: the record of a token
 * has its tenant.
 */

#ifndef NGX_SCIM_TOKEN_H
#define NGX_SCIM_TOKEN_H

#include "store/call/ngx_scim_store.h"


/* the fields as they are in Redis, unchecked; an absent one is empty */

typedef struct {
    ngx_str_t    tenant;
    ngx_str_t    name;
    ngx_str_t    scope;             /* "rw" or "ro" */
    ngx_str_t    created;           /* dateTime; not read for a request */
    ngx_str_t    expires;           /* dateTime */
    ngx_str_t    used;              /* dateTime; of one that is read */
    ngx_str_t    client;            /* id of the OAuth client that got it */
} ngx_scim_token_record_t;


/*
 * Reads the token with this digest, 64 hexadecimal digits in lower case, which
 * must live as long as the call: OK or NOT_FOUND. A token of a client that is
 * gone, or is another tenant's now, is NOT_FOUND.
 */
ngx_int_t ngx_scim_token_read(ngx_scim_store_t *store, ngx_str_t *digest,
    ngx_scim_token_record_t *record, ngx_scim_store_handler_pt handler,
    void *data);

/*
 * Stores a token that Redis deletes by itself at the time gone: OK. If jti, 64
 * hexadecimal digits, is not empty, that assertion is spent by it until the
 * time spent; CONFLICT, and no token, if it was spent before. NOT_FOUND if the
 * client is no more. It has so many tokens at most, and loses the oldest.
 */
ngx_int_t ngx_scim_token_write(ngx_scim_store_t *store, ngx_str_t *digest,
    ngx_scim_token_record_t *record, ngx_uint_t most, time_t gone,
    ngx_str_t *jti, time_t spent, ngx_scim_store_handler_pt handler, void *data);

/*
 * Saves the time of the token's last use (a dateTime), if the token still
 * exists. Nobody waits for it or notices a failure.
 */
void ngx_scim_token_used(ngx_scim_link_t *link, ngx_log_t *log,
    ngx_str_t *digest, ngx_str_t *when);

/* The key of a token; data is NULL when out of memory. */
ngx_str_t ngx_scim_token_key(ngx_scim_store_t *store, ngx_str_t *digest);

#endif /* NGX_SCIM_TOKEN_H */
