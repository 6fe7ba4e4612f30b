/*
 * Connectors: the ways in which a connection to a server is made. A link uses
 * Unix sockets, TCP and TLS alike.
 */

#ifndef NGX_SCIM_CONNECTOR_H
#define NGX_SCIM_CONNECTOR_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>


typedef struct ngx_scim_tls_s   ngx_scim_tls_t;
typedef struct ngx_scim_peer_s  ngx_scim_peer_t;


typedef struct {
    /*
     * Prepares a connection whose socket has been made. log is used by the
     * connection from then on. Returns NGX_ERROR with errno set.
     */
    ngx_int_t (*prepare)(ngx_connection_t *c, ngx_scim_peer_t *peer,
        ngx_log_t *log);

    /*
     * Secures a connection that stands. Is NULL if there is nothing to do.
     * Returns NGX_AGAIN if it must be called again after the next event.
     */
    ngx_int_t (*secure)(ngx_connection_t *c);

    /*
     * Returns why the connection has failed, a text of the connection, or NULL
     * if errno has the reason. Is NULL if errno always has it.
     */
    const char *(*why)(ngx_connection_t *c);

    /* Closes a connection that was prepared. */
    void (*close)(ngx_connection_t *c);
} ngx_scim_connector_t;


/* a server, and how it is reached */

struct ngx_scim_peer_s {
    const ngx_scim_connector_t  *connector;
    struct sockaddr             *sockaddr;
    socklen_t                    socklen;
    ngx_str_t                    host;      /* TLS: the name or address that its
                                               certificate must have */
    ngx_scim_tls_t              *tls;       /* NULL: none */
};


extern const ngx_scim_connector_t  ngx_scim_connector_unix;
extern const ngx_scim_connector_t  ngx_scim_connector_tcp;

#endif /* NGX_SCIM_CONNECTOR_H */
