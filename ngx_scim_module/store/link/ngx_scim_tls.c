/*
 * The connector that encrypts. nginx logs each failure of TLS by itself,
 * several lines for some. A connection has a log of its own that keeps the
 * reason, so that the link can log it in one line.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/x509v3.h>

#include "store/link/ngx_scim_tls.h"


#define NGX_SCIM_TLS_DEPTH  9      /* certificates between server and root */
#define NGX_SCIM_TLS_POOL   1024
#define NGX_SCIM_TLS_WHY    160


/* the log of a connection, and what it said; in the pool of the connection */

typedef struct {
    ngx_log_t   log;
    ngx_log_t  *parent;
    u_char      why[NGX_SCIM_TLS_WHY];
} ngx_scim_tls_log_t;


static ngx_int_t ngx_scim_tls_prepare(ngx_connection_t *c,
    ngx_scim_peer_t *peer, ngx_log_t *log);
static ngx_int_t ngx_scim_tls_begin(ngx_connection_t *c,
    ngx_scim_peer_t *peer);
static ngx_int_t ngx_scim_tls_expect(ngx_ssl_conn_t *ssl, ngx_str_t *host);
static ngx_int_t ngx_scim_tls_secure(ngx_connection_t *c);
static ngx_int_t ngx_scim_tls_verify(ngx_connection_t *c);
static const char *ngx_scim_tls_why(ngx_connection_t *c);
static void ngx_scim_tls_close(ngx_connection_t *c);
static void ngx_scim_tls_listen(ngx_log_t *log, ngx_uint_t level,
    u_char *text, size_t len);
static void ngx_scim_tls_reason(u_char *why, u_char *text, size_t len);
static ngx_uint_t ngx_scim_tls_equal(ngx_str_t *a, ngx_str_t *b);


const ngx_scim_connector_t  ngx_scim_connector_tls = {
    ngx_scim_tls_prepare,
    ngx_scim_tls_secure,
    ngx_scim_tls_why,
    ngx_scim_tls_close
};


ngx_int_t
ngx_scim_tls_load(ngx_conf_t *cf, ngx_scim_tls_t *tls)
{
    ngx_pool_cleanup_t  *cln;

    tls->ssl.log = cf->log;

    if (ngx_ssl_create(&tls->ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(&tls->ssl);
        return NGX_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = &tls->ssl;

    /* nginx sets its callback also if there is no file */

    if (ngx_ssl_trusted_certificate(cf, &tls->ssl, &tls->ca,
                                    NGX_SCIM_TLS_DEPTH)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (tls->ca.len == 0
        && SSL_CTX_set_default_verify_paths(tls->ssl.ctx) == 0)
    {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "SSL_CTX_set_default_verify_paths() failed");
        return NGX_ERROR;
    }

    if (tls->cert.len == 0) {
        return NGX_OK;
    }

    return ngx_ssl_certificate(cf, &tls->ssl, &tls->cert, &tls->key, NULL);
}


ngx_uint_t
ngx_scim_tls_same(ngx_scim_tls_t *a, ngx_scim_tls_t *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }

    return ngx_scim_tls_equal(&a->ca, &b->ca)
           && ngx_scim_tls_equal(&a->cert, &b->cert)
           && ngx_scim_tls_equal(&a->key, &b->key)
           && ngx_scim_tls_equal(&a->name, &b->name);
}


static ngx_uint_t
ngx_scim_tls_equal(ngx_str_t *a, ngx_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || ngx_memcmp(a->data, b->data, a->len) == 0);
}


static ngx_int_t
ngx_scim_tls_prepare(ngx_connection_t *c, ngx_scim_peer_t *peer,
    ngx_log_t *log)
{
    ngx_scim_tls_log_t  *own;

    c->pool = ngx_create_pool(NGX_SCIM_TLS_POOL, log);
    if (c->pool == NULL) {
        ngx_set_errno(NGX_ENOMEM);
        return NGX_ERROR;
    }

    own = ngx_pcalloc(c->pool, sizeof(ngx_scim_tls_log_t));
    if (own == NULL) {
        ngx_set_errno(NGX_ENOMEM);
        return NGX_ERROR;
    }

    own->parent = log;
    own->log.log_level = NGX_LOG_INFO;
    own->log.writer = ngx_scim_tls_listen;
    own->log.wdata = own;

    c->log = &own->log;
    c->read->log = c->log;
    c->write->log = c->log;

    if (ngx_tcp_nodelay(c) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_scim_tls_begin(c, peer) != NGX_OK) {
        ngx_set_errno(NGX_ENOMEM);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* what is to be sent may move and grow before it is sent again */

static ngx_int_t
ngx_scim_tls_begin(ngx_connection_t *c, ngx_scim_peer_t *peer)
{
    if (ngx_ssl_create_connection(&peer->tls->ssl, c, NGX_SSL_CLIENT)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    (void) SSL_set_mode(c->ssl->connection,
                        SSL_MODE_ENABLE_PARTIAL_WRITE
                        |SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

    return ngx_scim_tls_expect(c->ssl->connection, &peer->host);
}


/*
 * ngx_ssl_check_host() does not know addresses; RFC 6066, 3: no SNI for them.
 * An empty name would be no name, and match each certificate.
 */

static ngx_int_t
ngx_scim_tls_expect(ngx_ssl_conn_t *ssl, ngx_str_t *host)
{
    char                name[NGX_MAXHOSTNAMELEN + 1];
    X509_VERIFY_PARAM  *param;

    if (host->len == 0 || host->len >= sizeof(name)) {
        return NGX_ERROR;
    }

    *ngx_cpymem(name, host->data, host->len) = '\0';

    param = SSL_get0_param(ssl);

    if (X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1) {
        return NGX_OK;
    }

    ERR_clear_error();

    X509_VERIFY_PARAM_set_hostflags(param,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);

    if (X509_VERIFY_PARAM_set1_host(param, name, host->len) != 1
        || SSL_set_tlsext_host_name(ssl, name) != 1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * No command is sent before the certificate has been verified. nginx would go
 * on by handlers of its own, but a timer must reach the link.
 */

static ngx_int_t
ngx_scim_tls_secure(ngx_connection_t *c)
{
    ngx_int_t             rc;
    ngx_scim_tls_log_t   *own;
    ngx_event_handler_pt  read, write;

    read = c->read->handler;
    write = c->write->handler;

    rc = ngx_ssl_handshake(c);

    c->read->handler = read;
    c->write->handler = write;

    if (rc == NGX_OK) {
        return ngx_scim_tls_verify(c);
    }

    own = c->log->wdata;

    if (rc == NGX_ERROR && own->why[0] == '\0') {
        (void) ngx_cpystrn(own->why,
                           (u_char *) "TLS: the server closed the connection",
                           sizeof(own->why));
    }

    return rc;
}


static ngx_int_t
ngx_scim_tls_verify(ngx_connection_t *c)
{
    long                 rc;
    X509                *cert;
    const char          *text;
    ngx_scim_tls_log_t  *own;

    own = c->log->wdata;
    text = "the server has none";
    cert = SSL_get_peer_certificate(c->ssl->connection);

    if (cert != NULL) {
        X509_free(cert);

        rc = SSL_get_verify_result(c->ssl->connection);

        if (rc == X509_V_OK) {
            return NGX_OK;
        }

        text = X509_verify_cert_error_string(rc);
    }

    (void) ngx_slprintf(own->why, own->why + sizeof(own->why),
                        "TLS: certificate rejected: %s%Z", text);

    return NGX_ERROR;
}


static const char *
ngx_scim_tls_why(ngx_connection_t *c)
{
    ngx_scim_tls_log_t  *own;

    own = c->log->wdata;

    return own->why[0] ? (char *) own->why : NULL;
}


/*
 * without a farewell, for which a server that is gone would have to be awaited
 */

static void
ngx_scim_tls_close(ngx_connection_t *c)
{
    ngx_pool_t  *pool;

    pool = c->pool;

    if (c->ssl != NULL) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;

        (void) ngx_ssl_shutdown(c);
    }

    ngx_close_connection(c);

    if (pool != NULL) {
        ngx_destroy_pool(pool);
    }
}


static void
ngx_scim_tls_listen(ngx_log_t *log, ngx_uint_t level, u_char *text,
    size_t len)
{
    u_char              *p, *last;
    ngx_scim_tls_log_t  *own;

    own = log->wdata;
    last = text + len;

    p = ngx_strnstr(text, ") failed (", len);

    if (p == NULL) {
        if (level <= NGX_LOG_ALERT) {
            ngx_log_error(level, own->parent, 0, "%*s", len, text);
        }

        return;
    }

    p += sizeof(") failed (") - 1;

    while (last > p && last[-1] != ')') {
        last--;
    }

    ngx_scim_tls_reason(own->why, p, last > p ? last - 1 - p : 0);
}


/*
 * OpenSSL says "error:CODE:LIBRARY:FUNCTION:REASON:...", the system "NUMBER:
 * REASON". Only the reason is of use.
 */

static void
ngx_scim_tls_reason(u_char *why, u_char *text, size_t len)
{
    u_char      *p, *colon, *last;
    ngx_uint_t   i, skip;

    p = text;
    last = text + len;
    skip = 1;

    if (len > 4 && ngx_strncmp(p, "SSL:", 4) == 0) {
        skip = 5;
    }

    for (i = 0; i < skip; i++) {
        colon = ngx_strlchr(p, last, ':');

        if (colon == NULL) {
            p = text;
            break;
        }

        p = colon + 1;
    }

    while (p < last && *p == ' ') {
        p++;
    }

    colon = ngx_strlchr(p, last, ':');

    if (colon != NULL && skip == 5) {
        last = colon;
    }

    (void) ngx_slprintf(why, why + NGX_SCIM_TLS_WHY - 1, "TLS: %*s%Z",
                        (size_t) (last - p), p);
}
