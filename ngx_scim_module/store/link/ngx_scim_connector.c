/*
 * The connectors without encryption.
 */

#include "store/link/ngx_scim_connector.h"


static ngx_int_t ngx_scim_connector_plain(ngx_connection_t *c,
    ngx_scim_peer_t *peer, ngx_log_t *log);
static ngx_int_t ngx_scim_connector_nodelay(ngx_connection_t *c,
    ngx_scim_peer_t *peer, ngx_log_t *log);


const ngx_scim_connector_t  ngx_scim_connector_unix = {
    ngx_scim_connector_plain,
    NULL,
    NULL,
    ngx_close_connection
};

const ngx_scim_connector_t  ngx_scim_connector_tcp = {
    ngx_scim_connector_nodelay,
    NULL,
    NULL,
    ngx_close_connection
};


static ngx_int_t
ngx_scim_connector_plain(ngx_connection_t *c, ngx_scim_peer_t *peer,
    ngx_log_t *log)
{
    (void) peer;

    c->log = log;
    c->read->log = log;
    c->write->log = log;

    return NGX_OK;
}


static ngx_int_t
ngx_scim_connector_nodelay(ngx_connection_t *c, ngx_scim_peer_t *peer,
    ngx_log_t *log)
{
    (void) ngx_scim_connector_plain(c, peer, log);

    return ngx_tcp_nodelay(c);
}
