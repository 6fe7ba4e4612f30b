/*
 * OAuth 2.0: a token endpoint for client credentials (RFC 6749), and metadata
 * about it (RFC 8414).
 */

#include <ngx_config.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "http/oauth/ngx_scim_oauth.h"
#include "base/ngx_scim_alloc.h"
#include "base/ngx_scim_digest.h"
#include "base/ngx_scim_time.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_utf8.h"
#include "scim/token/scim_jwt.h"
#include "scim/token/scim_oauth.h"
#include "scim/token/scim_oauth_print.h"
#include "scim/token/scim_token.h"
#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_client.h"
#include "store/org/ngx_scim_token.h"
#include "http/core/ngx_scim_body.h"
#include "http/core/ngx_scim_conf.h"
#include "http/core/ngx_scim_request.h"
#include "http/core/ngx_scim_wait.h"
#include "http/auth/ngx_scim_jwt.h"
#include "http/auth/ngx_scim_keys.h"
#include "http/auth/ngx_scim_token_file.h"
#include "http/api/ngx_scim_response.h"


#define NGX_SCIM_OAUTH_LIFE      3600           /* of a token, in seconds */
#define NGX_SCIM_OAUTH_BODY_MAX  (16 * 1024)


typedef struct {
    ngx_http_request_t        *request;
    ngx_http_cleanup_pt       *cleanup;
    scim_alloc_t               alloc;
    ngx_scim_store_t           store;
    scim_oauth_request_t       oauth;
    ngx_scim_client_record_t   client;
    ngx_scim_token_record_t    record;
    ngx_str_t                  id;              /* of the client */
    const char                *scope;           /* of the answer */
    time_t                     spent;           /* until then; 0: no jti */
    u_char                     jti[2 * NGX_SCIM_DIGEST_LEN];
    char                       token[SCIM_TOKEN_LEN + 1];
    u_char                     hex[2 * NGX_SCIM_DIGEST_LEN];
    ngx_str_t                  digest;          /* of what is asked for */
} ngx_scim_oauth_t;

typedef struct {                                /* of scim_oauth_keys */
    ngx_str_t                  name;
    ngx_scim_keys_t           *keys;
} ngx_scim_oauth_keys_t;


static ngx_int_t ngx_scim_oauth_handler(ngx_http_request_t *r);
static void ngx_scim_oauth_body(ngx_http_request_t *r);
static const scim_oauth_error_t *ngx_scim_oauth_parse(ngx_scim_oauth_t *oauth);
static const scim_oauth_error_t *ngx_scim_oauth_find(ngx_scim_oauth_t *oauth);
static void ngx_scim_oauth_abort(void *data);
static void ngx_scim_oauth_found(void *data, ngx_scim_result_e result);
static const scim_oauth_error_t *ngx_scim_oauth_check(ngx_scim_oauth_t *oauth);
static const scim_oauth_error_t *ngx_scim_oauth_check_secret(
    ngx_scim_oauth_t *oauth);
static const char *ngx_scim_oauth_check_jwt(ngx_scim_oauth_t *oauth);
static const char *ngx_scim_oauth_check_own(ngx_scim_oauth_t *oauth,
    cJSON *claims, long long *until, const char **jti);
static const char *ngx_scim_oauth_check_federated(ngx_scim_oauth_t *oauth,
    cJSON *claims, long long *until);
static cJSON *ngx_scim_oauth_verify(ngx_scim_oauth_t *oauth, ngx_str_t *jwt);
static ngx_scim_keys_t *ngx_scim_oauth_find_keys(ngx_scim_oauth_t *oauth);
static ngx_int_t ngx_scim_oauth_spend(ngx_scim_oauth_t *oauth,
    const char *jti);
static const scim_oauth_error_t *ngx_scim_oauth_issue(ngx_scim_oauth_t *oauth);
static ngx_int_t ngx_scim_oauth_times(ngx_scim_oauth_t *oauth, time_t now);
static void ngx_scim_oauth_issued(void *data, ngx_scim_result_e result);
static const scim_oauth_error_t *ngx_scim_oauth_store_error(
    ngx_scim_oauth_t *oauth, ngx_scim_result_e result);
static ngx_str_t ngx_scim_oauth_digest(const char *text, u_char *hex);
static void ngx_scim_oauth_end(ngx_scim_oauth_t *oauth,
    const scim_oauth_error_t *err);
static ngx_int_t ngx_scim_oauth_fail(ngx_http_request_t *r,
    const scim_oauth_error_t *err);
static ngx_int_t ngx_scim_oauth_send(ngx_http_request_t *r, ngx_uint_t status,
    char *text, size_t len);
static ngx_int_t ngx_scim_oauth_header(ngx_http_request_t *r, const char *name,
    const char *value);
static ngx_int_t ngx_scim_metadata_handler(ngx_http_request_t *r);


char *
ngx_scim_oauth_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_loc_conf_t *lcf = conf;

    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    (void) cmd;

    if (lcf->oauth != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2) {
        if (value[1].len <= 9
            || ngx_strncmp(value[1].data, "audience=", 9) != 0)
        {
            return "expects \"audience=text\"";
        }

        lcf->audience.data = value[1].data + 9;
        lcf->audience.len = value[1].len - 9;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler != NULL) {
        return "needs a location of its own";
    }

    lcf->oauth = ngx_scim_oauth_handler;
    clcf->handler = ngx_scim_oauth_handler;

    return NGX_CONF_OK;
}


char *
ngx_scim_oauth_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_loc_conf_t *lcf = conf;

    ngx_str_t              *value;
    ngx_uint_t              i;
    ngx_scim_main_conf_t   *mcf;
    ngx_scim_oauth_keys_t  *keys;

    (void) cmd;

    value = cf->args->elts;

    if (ngx_scim_tokens_name(&value[1]) != NGX_OK) {
        return "needs a name of 1 to 64 letters, digits, \"-\", \"_\" or "
               "\".\"";
    }

    if (lcf->oauth_keys == NGX_CONF_UNSET_PTR) {
        lcf->oauth_keys = ngx_array_create(cf->pool, 1,
                                           sizeof(ngx_scim_oauth_keys_t));
        if (lcf->oauth_keys == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    keys = lcf->oauth_keys->elts;

    for (i = 0; i < lcf->oauth_keys->nelts; i++) {
        if (ngx_strcmp(keys[i].name.data, value[1].data) == 0) {
            return "has a name that is there already";
        }
    }

    keys = ngx_array_push(lcf->oauth_keys);
    if (keys == NULL) {
        return NGX_CONF_ERROR;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_scim_module);

    keys->name = value[1];
    keys->keys = ngx_scim_keys_open(cf, &mcf->keys, &value[2]);

    return keys->keys ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_scim_oauth_metadata(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_scim_loc_conf_t *lcf = conf;

    ngx_str_t                         *value;
    ngx_uint_t                         i;
    ngx_http_core_loc_conf_t          *clcf;
    ngx_http_compile_complex_value_t   ccv;

    (void) cmd;

    if (lcf->oauth != NULL) {
        return "is duplicate";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler != NULL) {
        return "needs a location of its own";
    }

    lcf->oauth = ngx_scim_metadata_handler;
    clcf->handler = ngx_scim_metadata_handler;

    lcf->metadata = ngx_pcalloc(cf->pool, 2 * sizeof(ngx_http_complex_value_t));
    if (lcf->metadata == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 3; i < cf->args->nelts; i++) {
        if (ngx_strcmp(value[i].data, "private_key_jwt") == 0) {
            lcf->assertions = 1;

        } else if (ngx_strcmp(value[i].data, "federation") == 0) {
            lcf->federation = 1;

        } else {
            return "expects \"private_key_jwt\" or \"federation\" behind its "
                   "URLs";
        }
    }

    for (i = 0; i < 2; i++) {
        ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));
        ccv.cf = cf;
        ccv.value = &value[i + 1];
        ccv.complex_value = &lcf->metadata[i];
        ccv.zero = 1;

        if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_scim_oauth_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    static ngx_str_t  form = ngx_string("application/x-www-form-urlencoded");

    if (r->method != NGX_HTTP_POST) {
        return ngx_scim_oauth_fail(r, &scim_oauth_bad_method);
    }

    if (ngx_scim_body_is(r, &form, 1) != NGX_OK
        || r->headers_in.content_type == NULL)
    {
        return ngx_scim_oauth_fail(r, &scim_oauth_bad_type);
    }

    if (r->headers_in.content_length_n > NGX_SCIM_OAUTH_BODY_MAX) {
        return ngx_scim_oauth_fail(r, &scim_oauth_too_large);
    }

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_scim_oauth_body);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


static void
ngx_scim_oauth_body(ngx_http_request_t *r)
{
    ngx_scim_oauth_t          *oauth;
    const scim_oauth_error_t  *err;

    oauth = ngx_pcalloc(r->pool, sizeof(ngx_scim_oauth_t));
    if (oauth == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    oauth->request = r;
    ngx_scim_alloc_init(&oauth->alloc, r->pool);

    err = ngx_scim_oauth_parse(oauth);

    if (err == NULL) {
        err = ngx_scim_oauth_find(oauth);
    }

    if (err != NULL) {
        ngx_http_finalize_request(r, ngx_scim_oauth_fail(r, err));
    }
}


static const scim_oauth_error_t *
ngx_scim_oauth_parse(ngx_scim_oauth_t *oauth)
{
    ngx_str_t            auth, body;
    ngx_http_request_t  *r;

    r = oauth->request;

    if (ngx_scim_collect_body(r, &body) != NGX_OK) {
        return &scim_oauth_server_error;
    }

    if (body.len > NGX_SCIM_OAUTH_BODY_MAX) {
        return &scim_oauth_too_large;
    }

    ngx_str_null(&auth);

    if (r->headers_in.authorization != NULL) {
        auth = r->headers_in.authorization->value;
    }

    return scim_oauth_parse(&oauth->alloc, (char *) auth.data, auth.len,
                            (char *) body.data, body.len, &oauth->oauth);
}


/* an id that cannot be one is never made part of the name of a key */

static const scim_oauth_error_t *
ngx_scim_oauth_find(ngx_scim_oauth_t *oauth)
{
    ngx_http_cleanup_t   *cln;
    ngx_http_request_t   *r;
    ngx_scim_loc_conf_t  *lcf;

    static ngx_str_t  none = ngx_null_string;

    r = oauth->request;
    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);

    oauth->id.data = (u_char *) oauth->oauth.client_id;
    oauth->id.len = ngx_strlen(oauth->id.data);

    if (ngx_scim_tokens_name(&oauth->id) != NGX_OK) {
        return oauth->oauth.refused;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return &scim_oauth_server_error;
    }

    oauth->digest = ngx_scim_oauth_digest(oauth->oauth.client_secret,
                                          oauth->hex);
    ngx_scim_store_init(&oauth->store, r->pool, r->connection->log,
                        lcf->server->link, &none);

    if (ngx_scim_client_read(&oauth->store, &oauth->id, &oauth->digest,
                             &oauth->client, ngx_scim_oauth_found, oauth)
        != NGX_OK)
    {
        return &scim_oauth_server_error;
    }

    cln->handler = ngx_scim_oauth_abort;
    cln->data = oauth;
    oauth->cleanup = &cln->handler;

    ngx_scim_watch_client(r);

    return NULL;
}


static void
ngx_scim_oauth_abort(void *data)
{
    ngx_scim_oauth_t *oauth = data;

    ngx_scim_store_detach(&oauth->store);
}


static void
ngx_scim_oauth_found(void *data, ngx_scim_result_e result)
{
    ngx_scim_oauth_t *oauth = data;

    const scim_oauth_error_t  *err;

    ngx_http_set_log_request(oauth->request->connection->log, oauth->request);

    err = result == NGX_SCIM_STORE_OK
          ? ngx_scim_oauth_check(oauth)
          : ngx_scim_oauth_store_error(oauth, result);

    if (err == NULL) {
        err = ngx_scim_oauth_issue(oauth);
    }

    if (err != NULL) {
        ngx_scim_oauth_end(oauth, err);
    }
}


/* Returns NULL if the client exists and is the one that asks, or the error. */

static const scim_oauth_error_t *
ngx_scim_oauth_check(ngx_scim_oauth_t *oauth)
{
    const char                *why;
    ngx_scim_client_record_t  *client;

    client = &oauth->client;

    if (ngx_scim_tokens_name(&client->tenant) != NGX_OK
        || ngx_scim_tokens_name(&client->name) != NGX_OK
        || ngx_scim_tokens_scope(&client->scope) == NGX_ERROR)
    {
        ngx_log_error(NGX_LOG_ERR, oauth->request->connection->log, 0,
                      "scim: \"scim:client:%V\" in redis is no client: it "
                      "needs \"tenant\", \"name\" and \"scope\"", &oauth->id);
        return oauth->oauth.refused;
    }

    if (*oauth->oauth.jwt == '\0') {
        return ngx_scim_oauth_check_secret(oauth);
    }

    why = ngx_scim_oauth_check_jwt(oauth);

    if (why != NULL) {
        ngx_log_error(NGX_LOG_INFO, oauth->request->connection->log, 0,
                      "scim: an assertion is refused: %s", why);
        return oauth->oauth.refused;
    }

    return NULL;
}


static const scim_oauth_error_t *
ngx_scim_oauth_check_secret(ngx_scim_oauth_t *oauth)
{
    ngx_str_t  *secret;

    secret = &oauth->client.secret;

    return (secret->len == 0
            || scim_oauth_secret_check(&oauth->alloc, (char *) secret->data,
                                       secret->len, ngx_time())
               != SCIM_OK)
           ? oauth->oauth.refused : NULL;
}


/*
 * NULL, or why the JWT does not stand for the client. The claims are looked at
 * before the signature, which costs more, and again as they were signed.
 */

static const char *
ngx_scim_oauth_check_jwt(ngx_scim_oauth_t *oauth)
{
    cJSON       *claims;
    long long    until;
    ngx_str_t    jwt;
    ngx_uint_t   i;
    const char  *why, *jti;

    jwt.data = (u_char *) oauth->oauth.jwt;
    jwt.len = ngx_strlen(jwt.data);
    until = 0;
    jti = NULL;

    claims = scim_jwt_unverified(&oauth->alloc, oauth->oauth.jwt, jwt.len);

    for (i = 0; i < 2; i++) {
        why = oauth->client.issuer.len
              ? ngx_scim_oauth_check_federated(oauth, claims, &until)
              : ngx_scim_oauth_check_own(oauth, claims, &until, &jti);

        if (why != NULL) {
            return why;
        }

        if (i == 0) {
            claims = ngx_scim_oauth_verify(oauth, &jwt);
            if (claims == NULL) {
                return "no key of the client has signed it";
            }
        }
    }

    oauth->spent = jti ? until + SCIM_JWT_SKEW : 0;

    return (jti != NULL && ngx_scim_oauth_spend(oauth, jti) != NGX_OK)
           ? "there is no memory" : NULL;
}


/* RFC 7523, section 3: a client that signs for itself */

static const char *
ngx_scim_oauth_check_own(ngx_scim_oauth_t *oauth, cJSON *claims,
    long long *until, const char **jti)
{
    ngx_scim_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(oauth->request, ngx_scim_module);

    if (lcf->audience.len == 0) {
        return "\"scim_oauth_token\" has no audience";
    }

    return scim_jwt_assertion(claims, oauth->oauth.client_id,
                              (char *) lcf->audience.data, ngx_time(), until,
                              jti);
}


/* a client that an identity provider signs for */

static const char *
ngx_scim_oauth_check_federated(ngx_scim_oauth_t *oauth, cJSON *claims,
    long long *until)
{
    ngx_str_t                 *audience;
    ngx_scim_loc_conf_t       *lcf;
    ngx_scim_client_record_t  *client;

    client = &oauth->client;
    lcf = ngx_http_get_module_loc_conf(oauth->request, ngx_scim_module);
    audience = client->audience.len ? &client->audience : &lcf->audience;

    if (client->subject.len == 0 || audience->len == 0) {
        return "the client has no subject or no audience";
    }

    return scim_jwt_federated(claims, (char *) client->issuer.data,
                              (char *) client->subject.data,
                              (char *) audience->data, ngx_time(), until);
}


static cJSON *
ngx_scim_oauth_verify(ngx_scim_oauth_t *oauth, ngx_str_t *jwt)
{
    ngx_log_t        *log;
    ngx_scim_keys_t  *keys;

    log = oauth->request->connection->log;

    if (oauth->client.keys.len == 0) {
        return ngx_scim_jwt_signed_by(&oauth->alloc, &oauth->client.jwks, jwt,
                                      log);
    }

    keys = ngx_scim_oauth_find_keys(oauth);

    if (keys == NULL) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "scim: \"scim:client:%V\" in redis "
                      "names the keys \"%V\", for which there is no "
                      "\"scim_oauth_keys\"", &oauth->id, &oauth->client.keys);
        return NULL;
    }

    return ngx_scim_jwt_signed_with(&oauth->alloc, keys, jwt, log);
}


static ngx_scim_keys_t *
ngx_scim_oauth_find_keys(ngx_scim_oauth_t *oauth)
{
    ngx_uint_t              i;
    ngx_scim_loc_conf_t    *lcf;
    ngx_scim_oauth_keys_t  *keys;

    lcf = ngx_http_get_module_loc_conf(oauth->request, ngx_scim_module);

    if (lcf->oauth_keys == NULL) {
        return NULL;
    }

    keys = lcf->oauth_keys->elts;

    for (i = 0; i < lcf->oauth_keys->nelts; i++) {
        if (ngx_strcmp(keys[i].name.data, oauth->client.keys.data) == 0) {
            return keys[i].keys;
        }
    }

    return NULL;
}


/* an assertion is known by its client and its id */

static ngx_int_t
ngx_scim_oauth_spend(ngx_scim_oauth_t *oauth, const char *jti)
{
    char  *name;

    name = scim_sprintf(&oauth->alloc, "%s %s", oauth->oauth.client_id, jti);
    if (name == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_scim_oauth_digest(name, oauth->jti);

    return NGX_OK;
}


/*
 * One script stores the token and notes that the assertion was used, so that
 * neither happens without the other.
 */

static const scim_oauth_error_t *
ngx_scim_oauth_issue(ngx_scim_oauth_t *oauth)
{
    int                       read_only;
    time_t                    now;
    u_char                    random[SCIM_TOKEN_RANDOM];
    ngx_str_t                 jti;
    ngx_scim_loc_conf_t      *lcf;
    ngx_scim_token_record_t  *record;

    lcf = ngx_http_get_module_loc_conf(oauth->request, ngx_scim_module);
    record = &oauth->record;
    read_only = (int) ngx_scim_tokens_scope(&oauth->client.scope);

    oauth->scope = scim_oauth_grant(&oauth->oauth, &read_only);
    if (oauth->scope == NULL) {
        return &scim_oauth_too_much;
    }

    if (RAND_bytes(random, sizeof(random)) != 1) {
        return &scim_oauth_server_error;
    }

    now = ngx_time();
    scim_token_print(random, oauth->token);
    ngx_explicit_memzero(random, sizeof(random));
    oauth->digest = ngx_scim_oauth_digest(oauth->token, oauth->hex);

    record->tenant = oauth->client.tenant;
    record->name = oauth->client.name;
    record->client = oauth->id;
    ngx_str_set(&record->scope, "rw");

    if (read_only) {
        ngx_str_set(&record->scope, "ro");
    }

    jti.data = oauth->jti;
    jti.len = oauth->spent ? sizeof(oauth->jti) : 0;

    if (ngx_scim_oauth_times(oauth, now) != NGX_OK
        || ngx_scim_token_write(&oauth->store, &oauth->digest, record,
                                lcf->limits.tokens, now + NGX_SCIM_OAUTH_LIFE,
                                &jti, oauth->spent, ngx_scim_oauth_issued,
                                oauth)
           != NGX_OK)
    {
        return &scim_oauth_server_error;
    }

    return NULL;
}


static ngx_int_t
ngx_scim_oauth_times(ngx_scim_oauth_t *oauth, time_t now)
{
    u_char                   *p;
    ngx_scim_token_record_t  *record;

    p = ngx_pnalloc(oauth->request->pool, 2 * NGX_SCIM_TIME_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    record = &oauth->record;

    record->created.data = p;
    record->created.len = NGX_SCIM_TIME_LEN;
    p = ngx_scim_time_print(p, now);

    record->expires.data = p;
    record->expires.len = NGX_SCIM_TIME_LEN;
    (void) ngx_scim_time_print(p, now + NGX_SCIM_OAUTH_LIFE);

    return NGX_OK;
}


static void
ngx_scim_oauth_issued(void *data, ngx_scim_result_e result)
{
    ngx_scim_oauth_t *oauth = data;

    ngx_http_set_log_request(oauth->request->connection->log, oauth->request);

    ngx_scim_oauth_end(oauth,
                       result == NGX_SCIM_STORE_OK
                       ? NULL : ngx_scim_oauth_store_error(oauth, result));
}


static const scim_oauth_error_t *
ngx_scim_oauth_store_error(ngx_scim_oauth_t *oauth, ngx_scim_result_e result)
{
    switch (result) {

    case NGX_SCIM_STORE_NOT_FOUND:
    case NGX_SCIM_STORE_CONFLICT:
        return oauth->oauth.refused;

    case NGX_SCIM_STORE_UNAVAILABLE:
        return &scim_oauth_unavailable;

    default:
        return &scim_oauth_server_error;
    }
}


/* 64 hexadecimal digits, in hex */

static ngx_str_t
ngx_scim_oauth_digest(const char *text, u_char *hex)
{
    u_char     digest[NGX_SCIM_DIGEST_LEN];
    ngx_str_t  str;

    (void) SHA256((const u_char *) text, ngx_strlen(text), digest);
    (void) ngx_hex_dump(hex, digest, NGX_SCIM_DIGEST_LEN);

    str.data = hex;
    str.len = 2 * NGX_SCIM_DIGEST_LEN;

    return str;
}


/*
 * Ends a request for which the store was asked: with an error, or with the
 * token.
 */

static void
ngx_scim_oauth_end(ngx_scim_oauth_t *oauth, const scim_oauth_error_t *err)
{
    char                *text;
    size_t               len;
    ngx_int_t            rc;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = oauth->request;
    c = r->connection;

    *oauth->cleanup = NULL;

    if (err != NULL) {
        rc = ngx_scim_oauth_fail(r, err);

    } else {
        text = scim_oauth_token_print(&oauth->alloc, oauth->token,
                                      NGX_SCIM_OAUTH_LIFE, oauth->scope,
                                      oauth->oauth.exchange, &len);
        rc = ngx_scim_oauth_send(r, NGX_HTTP_OK, text, len);
    }

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_scim_oauth_fail(ngx_http_request_t *r, const scim_oauth_error_t *err)
{
    char          *text;
    size_t         len;
    scim_alloc_t   alloc;

    if ((err->status == NGX_HTTP_NOT_ALLOWED
         && ngx_scim_oauth_header(r, "Allow", "POST") != NGX_OK)
        || (err->status == NGX_HTTP_UNAUTHORIZED
            && ngx_scim_oauth_header(r, "WWW-Authenticate",
                                     "Basic realm=\"scim\"") != NGX_OK)
        || (err->status == NGX_HTTP_SERVICE_UNAVAILABLE
            && ngx_scim_oauth_header(r, "Retry-After", "2") != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_scim_alloc_init(&alloc, r->pool);
    text = scim_oauth_error_print(&alloc, err, &len);

    return ngx_scim_oauth_send(r, err->status, text, len);
}


/* text is NULL when out of memory */

static ngx_int_t
ngx_scim_oauth_send(ngx_http_request_t *r, ngx_uint_t status, char *text,
    size_t len)
{
    ngx_str_t        body;
    ngx_scim_ctx_t  *ctx;

    ctx = ngx_scim_get_ctx(r);

    if (text == NULL || ctx == NULL
        || ngx_scim_oauth_header(r, "Cache-Control", "no-store") != NGX_OK
        || ngx_scim_oauth_header(r, "Pragma", "no-cache") != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->answered = 1;

    body.data = (u_char *) text;
    body.len = len;

    return ngx_scim_send_json(r, status, &body);
}


static ngx_int_t
ngx_scim_oauth_header(ngx_http_request_t *r, const char *name,
    const char *value)
{
    ngx_str_t  text;

    text.data = (u_char *) value;
    text.len = ngx_strlen(value);

    return ngx_scim_add_header(r, name, &text);
}


static ngx_int_t
ngx_scim_metadata_handler(ngx_http_request_t *r)
{
    char                 *text;
    size_t                len;
    ngx_str_t             issuer, endpoint, body;
    scim_alloc_t          alloc;
    ngx_scim_loc_conf_t  *lcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_scim_module);
    ngx_scim_alloc_init(&alloc, r->pool);

    if (ngx_http_complex_value(r, &lcf->metadata[0], &issuer) != NGX_OK
        || ngx_http_complex_value(r, &lcf->metadata[1], &endpoint) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* a name of a host can be any bytes */

    if (scim_utf8_check((char *) issuer.data, issuer.len) != issuer.len
        || scim_utf8_check((char *) endpoint.data, endpoint.len)
           != endpoint.len)
    {
        return NGX_HTTP_BAD_REQUEST;
    }

    text = scim_oauth_metadata_print(&alloc, (char *) issuer.data,
                                     (char *) endpoint.data, lcf->assertions,
                                     lcf->federation, &len);
    if (text == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.data = (u_char *) text;
    body.len = len;

    return ngx_scim_send_json(r, NGX_HTTP_OK, &body);
}
