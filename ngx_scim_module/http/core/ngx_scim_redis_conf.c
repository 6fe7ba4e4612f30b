/*
 * The scim_redis directive.
 */

#include <ngx_config.h>
#include <openssl/sha.h>

#include "http/core/ngx_scim_redis_conf.h"
#include "store/link/ngx_scim_tls.h"
#include "store/link/ngx_scim_connector.h"
#include "store/link/ngx_scim_server.h"
#include "http/core/ngx_scim_conf.h"


#define NGX_SCIM_TIMEOUT     1000
#define NGX_SCIM_REDIS_PORT  6379
#define NGX_SCIM_ID_MAX      256


typedef char *(*ngx_scim_redis_param_pt)(ngx_conf_t *cf,
    ngx_scim_redis_conf_t *conf, ngx_str_t *value);

typedef struct {
    ngx_str_t                 name;
    ngx_scim_redis_param_pt   handler;
} ngx_scim_redis_param_t;


static ngx_scim_server_t *ngx_scim_redis_server(ngx_conf_t *cf,
    ngx_scim_server_t *server);
static void ngx_scim_redis_id(ngx_scim_server_t *server);
static ngx_int_t ngx_scim_redis_same(ngx_scim_redis_conf_t *a,
    ngx_scim_redis_conf_t *b);
static ngx_int_t ngx_scim_str_eq(ngx_str_t *a, ngx_str_t *b);
static char *ngx_scim_redis_url(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value);
static char *ngx_scim_redis_tcp(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value, ngx_str_t *address);
static char *ngx_scim_redis_address(ngx_conf_t *cf,
    ngx_scim_redis_conf_t *conf, ngx_str_t *value, ngx_str_t *address);
static char *ngx_scim_redis_params(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf);
static char *ngx_scim_redis_user(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value);
static char *ngx_scim_redis_password(ngx_conf_t *cf,
    ngx_scim_redis_conf_t *conf, ngx_str_t *value);
static char *ngx_scim_redis_password_file(ngx_conf_t *cf,
    ngx_scim_redis_conf_t *conf, ngx_str_t *value);
static char *ngx_scim_redis_db(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value);
static char *ngx_scim_redis_tls_ca(ngx_conf_t *cf,
    ngx_scim_redis_conf_t *conf, ngx_str_t *value);
static char *ngx_scim_redis_tls_cert(ngx_conf_t *cf,
    ngx_scim_redis_conf_t *conf, ngx_str_t *value);
static char *ngx_scim_redis_tls_key(ngx_conf_t *cf,
    ngx_scim_redis_conf_t *conf, ngx_str_t *value);
static char *ngx_scim_redis_tls_name(ngx_conf_t *cf,
    ngx_scim_redis_conf_t *conf, ngx_str_t *value);
static char *ngx_scim_redis_tls_file(ngx_conf_t *cf,
    ngx_scim_redis_conf_t *conf, ngx_str_t *value, size_t offset);
static ngx_scim_tls_t *ngx_scim_redis_tls(ngx_conf_t *cf,
    ngx_scim_redis_conf_t *conf);
static const char *ngx_scim_redis_tls_wrong(ngx_scim_redis_conf_t *conf);
static char *ngx_scim_redis_timeout(ngx_conf_t *cf,
    ngx_scim_redis_conf_t *conf, ngx_str_t *value);
static char *ngx_scim_redis_connect_timeout(ngx_conf_t *cf,
    ngx_scim_redis_conf_t *conf, ngx_str_t *value);
static char *ngx_scim_redis_time(ngx_conf_t *cf, ngx_str_t *value,
    ngx_msec_t *msec);


static const ngx_scim_redis_param_t  ngx_scim_redis_param_names[] = {
    { ngx_string("user="), ngx_scim_redis_user },
    { ngx_string("password="), ngx_scim_redis_password },
    { ngx_string("password_file="), ngx_scim_redis_password_file },
    { ngx_string("db="), ngx_scim_redis_db },
    { ngx_string("timeout="), ngx_scim_redis_timeout },
    { ngx_string("connect_timeout="), ngx_scim_redis_connect_timeout },
    { ngx_string("tls_ca="), ngx_scim_redis_tls_ca },
    { ngx_string("tls_cert="), ngx_scim_redis_tls_cert },
    { ngx_string("tls_key="), ngx_scim_redis_tls_key },
    { ngx_string("tls_name="), ngx_scim_redis_tls_name },
    { ngx_null_string, NULL }
};


char *
ngx_scim_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_loc_conf_t *lcf = conf;

    char               *rv;
    ngx_str_t          *value;
    const char         *wrong;
    ngx_scim_server_t  *server;

    (void) cmd;

    if (lcf->server != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    server = ngx_pcalloc(cf->pool, sizeof(ngx_scim_server_t));
    if (server == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;
    server->conf.connect_timeout = NGX_SCIM_TIMEOUT;
    server->conf.timeout = NGX_SCIM_TIMEOUT;

    rv = ngx_scim_redis_url(cf, &server->conf, &value[1]);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_scim_redis_params(cf, &server->conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (server->conf.user.len && server->conf.password.len == 0) {
        return "has \"user=\" without a password";
    }

    wrong = ngx_scim_redis_tls_wrong(&server->conf);
    if (wrong != NULL) {
        return (char *) wrong;
    }

    lcf->server = ngx_scim_redis_server(cf, server);

    return lcf->server ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* servers that are the same in everything share a link */

static ngx_scim_server_t *
ngx_scim_redis_server(ngx_conf_t *cf, ngx_scim_server_t *server)
{
    ngx_uint_t              i;
    ngx_scim_server_t     **list;
    ngx_scim_main_conf_t   *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_scim_module);
    list = mcf->servers.elts;

    for (i = 0; i < mcf->servers.nelts; i++) {
        if (ngx_scim_redis_same(&list[i]->conf, &server->conf)) {
            return list[i];
        }
    }

    if (server->conf.peer.tls != NULL
        && ngx_scim_tls_load(cf, server->conf.peer.tls) != NGX_OK)
    {
        return NULL;
    }

    list = ngx_array_push(&mcf->servers);
    if (list == NULL) {
        return NULL;
    }

    ngx_scim_redis_id(server);

    server->conf.configuration = mcf->configuration;
    mcf->zone.needed = 1;

    *list = server;

    return server;
}


/* where the data is, whoever asks for it and how: the same after a reload */

static void
ngx_scim_redis_id(ngx_scim_server_t *server)
{
    size_t   len;
    u_char  *last, text[NGX_SCIM_ID_MAX];

    last = ngx_slprintf(text, text + sizeof(text), "%V %ui %ui",
                        &server->conf.host, (ngx_uint_t) server->conf.port,
                        server->conf.db);
    len = last - text;

    (void) SHA256(text, len, server->id);
}


static ngx_int_t
ngx_scim_redis_same(ngx_scim_redis_conf_t *a, ngx_scim_redis_conf_t *b)
{
    return a->port == b->port && a->db == b->db && a->timeout == b->timeout
           && a->connect_timeout == b->connect_timeout
           && ngx_scim_str_eq(&a->host, &b->host)
           && ngx_scim_str_eq(&a->user, &b->user)
           && ngx_scim_str_eq(&a->password, &b->password)
           && ngx_scim_tls_same(a->peer.tls, b->peer.tls)
           && (a->peer.tls == NULL
               || ngx_scim_str_eq(&a->peer.host, &b->peer.host));
}


static ngx_int_t
ngx_scim_str_eq(ngx_str_t *a, ngx_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || ngx_memcmp(a->data, b->data, a->len) == 0);
}



static char *
ngx_scim_redis_url(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value)
{
    ngx_str_t  address;

    if (value->len > 5 && ngx_strncmp(value->data, "unix:", 5) == 0) {
        conf->host.len = value->len - 5;
        conf->host.data = value->data + 5;

        if (conf->host.len > 107) {
            return "has a socket path longer than 107 bytes";
        }

        conf->peer.connector = &ngx_scim_connector_unix;

        return ngx_scim_redis_address(cf, conf, value, value);
    }

    /* of any scheme: what follows quotes the address */

    if (ngx_strlchr(value->data, value->data + value->len, '@')) {
        return "takes user and password as \"user=\" and \"password_file=\"";
    }

    address = *value;

    if (value->len > 9 && ngx_strncmp(value->data, "rediss://", 9) == 0) {
        conf->peer.connector = &ngx_scim_connector_tls;
        address.len -= 9;
        address.data += 9;

        return ngx_scim_redis_tls(cf, conf) != NULL
               ? ngx_scim_redis_tcp(cf, conf, value, &address)
               : NGX_CONF_ERROR;
    }

    if (value->len > 8 && ngx_strncmp(value->data, "redis://", 8) == 0) {
        conf->peer.connector = &ngx_scim_connector_tcp;
        address.len -= 8;
        address.data += 8;

        return ngx_scim_redis_tcp(cf, conf, value, &address);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"scim_redis\" expects redis://host[:port][/db], "
                       "rediss://host[:port][/db] or unix:/path, "
                       "not \"%V\"", value);
    return NGX_CONF_ERROR;
}



static char *
ngx_scim_redis_tcp(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value, ngx_str_t *address)
{
    u_char     *slash, text[NGX_SOCKADDR_STRLEN];
    ngx_str_t   db;

    slash = ngx_strlchr(address->data, address->data + address->len, '/');

    if (slash != NULL) {
        db.data = slash + 1;
        db.len = address->data + address->len - db.data;
        address->len = slash - address->data;

        if (db.len && ngx_scim_redis_db(cf, conf, &db) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_scim_redis_address(cf, conf, value, address) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    conf->port = ngx_inet_get_port(conf->peer.sockaddr);
    conf->host.len = ngx_sock_ntop(conf->peer.sockaddr, conf->peer.socklen,
                                   text, NGX_SOCKADDR_STRLEN, 0);
    conf->host.data = ngx_pnalloc(cf->pool, conf->host.len);
    if (conf->host.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(conf->host.data, text, conf->host.len);

    return NGX_CONF_OK;
}



/* a name is resolved once, here: it would block later */

static char *
ngx_scim_redis_address(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value, ngx_str_t *address)
{
    ngx_url_t  u;

    ngx_memzero(&u, sizeof(ngx_url_t));
    u.url = *address;
    u.default_port = NGX_SCIM_REDIS_PORT;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "%s in \"scim_redis\" address \"%V\"",
                           u.err ? u.err : "error", value);
        return NGX_CONF_ERROR;
    }

    conf->name = *value;
    conf->peer.sockaddr = u.addrs[0].sockaddr;
    conf->peer.socklen = u.addrs[0].socklen;
    conf->peer.host = u.host;

    if (u.host.len > 2 && u.host.data[0] == '[') {
        conf->peer.host.data++;
        conf->peer.host.len -= 2;
    }

    return NGX_CONF_OK;
}



static char *
ngx_scim_redis_params(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf)
{
    u_char                        *eq;
    ngx_str_t                      value, *args;
    ngx_uint_t                     i;
    const ngx_scim_redis_param_t  *p;

    args = cf->args->elts;

    for (i = 2; i < cf->args->nelts; i++) {
        for (p = ngx_scim_redis_param_names; p->handler != NULL; p++) {
            if (args[i].len > p->name.len
                && ngx_strncmp(args[i].data, p->name.data, p->name.len) == 0)
            {
                break;
            }
        }

        if (p->handler == NULL) {
            eq = ngx_strlchr(args[i].data, args[i].data + args[i].len, '=');
            value.data = args[i].data;
            value.len = eq ? (size_t) (eq - args[i].data) : 0;

            /* no value: it could be a secret */

            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"scim_redis\" has the invalid parameter "
                               "number %ui, \"%V\"", i, &value);
            return NGX_CONF_ERROR;
        }

        value.data = args[i].data + p->name.len;
        value.len = args[i].len - p->name.len;

        if (p->handler(cf, conf, &value) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}



static char *
ngx_scim_redis_user(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value)
{
    (void) cf;
    conf->user = *value;

    return NGX_CONF_OK;
}



static char *
ngx_scim_redis_password(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value)
{
    (void) cf;
    conf->password = *value;

    return NGX_CONF_OK;
}



/* the first line of the file */

static char *
ngx_scim_redis_password_file(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value)
{
    u_char     *eol, text[1024];
    ssize_t     n;
    ngx_fd_t    fd;
    ngx_str_t   file;

    file = *value;

    if (ngx_conf_full_name(cf->cycle, &file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    fd = ngx_open_file(file.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
    n = (fd == NGX_INVALID_FILE) ? -1 : ngx_read_fd(fd, text, sizeof(text));

    if (n <= 0 || n == sizeof(text)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, n < 0 ? ngx_errno : 0,
                           "cannot read a password from \"%V\"", &file);
    }

    if (fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(fd);
    }

    if (n <= 0 || n == sizeof(text)) {
        return NGX_CONF_ERROR;
    }

    eol = ngx_strlchr(text, text + n, '\n');
    eol = eol ? eol : text + n;
    eol -= (eol > text && eol[-1] == '\r');

    if (eol == text) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the first line of \"%V\" has no password", &file);
        return NGX_CONF_ERROR;
    }

    conf->password.len = eol - text;
    conf->password.data = ngx_pnalloc(cf->pool, conf->password.len + 1);
    if (conf->password.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(conf->password.data, text, conf->password.len);
    ngx_explicit_memzero(text, sizeof(text));

    return NGX_CONF_OK;
}



static char *
ngx_scim_redis_db(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value)
{
    ngx_int_t  n;

    n = ngx_atoi(value->data, value->len);

    if (n == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"scim_redis\" has the invalid database \"%V\"",
                           value);
        return NGX_CONF_ERROR;
    }

    conf->db = n;

    return NGX_CONF_OK;
}



static char *
ngx_scim_redis_timeout(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value)
{
    return ngx_scim_redis_time(cf, value, &conf->timeout);
}



static char *
ngx_scim_redis_connect_timeout(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value)
{
    return ngx_scim_redis_time(cf, value, &conf->connect_timeout);
}



static char *
ngx_scim_redis_time(ngx_conf_t *cf, ngx_str_t *value, ngx_msec_t *msec)
{
    ngx_int_t  n;

    n = ngx_parse_time(value, 0);

    if (n == NGX_ERROR || n == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"scim_redis\" has the invalid time \"%V\"",
                           value);
        return NGX_CONF_ERROR;
    }

    *msec = n;

    return NGX_CONF_OK;
}


static char *
ngx_scim_redis_tls_ca(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value)
{
    return ngx_scim_redis_tls_file(cf, conf, value,
                                   offsetof(ngx_scim_tls_t, ca));
}


static char *
ngx_scim_redis_tls_cert(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value)
{
    return ngx_scim_redis_tls_file(cf, conf, value,
                                   offsetof(ngx_scim_tls_t, cert));
}


static char *
ngx_scim_redis_tls_key(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value)
{
    return ngx_scim_redis_tls_file(cf, conf, value,
                                   offsetof(ngx_scim_tls_t, key));
}


static char *
ngx_scim_redis_tls_file(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value, size_t offset)
{
    ngx_str_t       *file;
    ngx_scim_tls_t  *tls;

    tls = ngx_scim_redis_tls(cf, conf);
    if (tls == NULL) {
        return NGX_CONF_ERROR;
    }

    file = (ngx_str_t *) ((char *) tls + offset);
    *file = *value;

    return ngx_conf_full_name(cf->cycle, file, 1) == NGX_OK ? NGX_CONF_OK
                                                            : NGX_CONF_ERROR;
}


static char *
ngx_scim_redis_tls_name(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf,
    ngx_str_t *value)
{
    ngx_scim_tls_t  *tls;

    tls = ngx_scim_redis_tls(cf, conf);
    if (tls == NULL) {
        return NGX_CONF_ERROR;
    }

    tls->name = *value;

    return NGX_CONF_OK;
}


/* Returns the settings of TLS, made at first; NULL: out of memory. */

static ngx_scim_tls_t *
ngx_scim_redis_tls(ngx_conf_t *cf, ngx_scim_redis_conf_t *conf)
{
    if (conf->peer.tls == NULL) {
        conf->peer.tls = ngx_pcalloc(cf->pool, sizeof(ngx_scim_tls_t));
    }

    return conf->peer.tls;
}


/* Returns what is wrong with the settings of TLS, or NULL. */

static const char *
ngx_scim_redis_tls_wrong(ngx_scim_redis_conf_t *conf)
{
    ngx_scim_tls_t  *tls;

    tls = conf->peer.tls;

    if (tls == NULL) {
        return NULL;
    }

    if (conf->peer.connector != &ngx_scim_connector_tls) {
        return "has \"tls_\" parameters, which need a \"rediss://\" address";
    }

    if ((tls->cert.len == 0) != (tls->key.len == 0)) {
        return "needs \"tls_cert=\" and \"tls_key=\" together";
    }

    if (tls->name.len) {
        conf->peer.host = tls->name;
    }

    return NULL;
}
