/*
 * Bearer tokens that others issue: JSON Web Tokens, verified against a file of
 * public keys (scim_jwks).
 */

#ifndef NGX_SCIM_JWT_H
#define NGX_SCIM_JWT_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "scim/core/scim_alloc.h"
#include "http/auth/ngx_scim_keys.h"
#include "http/auth/ngx_scim_token_file.h"


/* the directive; conf is the configuration of a location */
char *ngx_scim_jwks(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* Returns 1 if the text has the form of a JWT. */
ngx_int_t ngx_scim_jwt_is(ngx_str_t *secret);

/*
 * The token that this JWT stands for, from the pool. NGX_DECLINED: none of the
 * issuers (of ngx_scim_issuer_t) made it for us, or it is not in force;
 * NGX_ERROR: no memory. The signature is checked once at most: for the first
 * issuer whose name, claims and audience are those of the token.
 */
ngx_int_t ngx_scim_jwt_find(ngx_pool_t *pool, ngx_log_t *log,
    ngx_array_t *issuers, ngx_str_t *secret, ngx_scim_token_t **token);

/*
 * The claims of a JWT that one of these keys, a JWK Set, has signed; NULL: none
 * has, or the set is none.
 */
cJSON *ngx_scim_jwt_signed_by(scim_alloc_t *alloc, ngx_str_t *jwks,
    ngx_str_t *token, ngx_log_t *log);

/* The same for the keys of a file. */
cJSON *ngx_scim_jwt_signed_with(scim_alloc_t *alloc, ngx_scim_keys_t *keys,
    ngx_str_t *token, ngx_log_t *log);

#endif /* NGX_SCIM_JWT_H */
