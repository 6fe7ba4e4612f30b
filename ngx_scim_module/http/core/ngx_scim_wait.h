/*
 * A request that waits for the store.
 */

#ifndef NGX_SCIM_WAIT_H
#define NGX_SCIM_WAIT_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* If a client goes away while its request waits, this is noticed. */
void ngx_scim_watch_client(ngx_http_request_t *r);

#endif /* NGX_SCIM_WAIT_H */
