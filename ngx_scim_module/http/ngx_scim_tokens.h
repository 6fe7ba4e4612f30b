/*
 * Bearer tokens from a file: one a line, known by its SHA-256 digest only.
 */

#ifndef NGX_SCIM_TOKENS_H
#define NGX_SCIM_TOKENS_H

#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_SCIM_DIGEST_LEN  32

typedef struct {
    u_char       digest[NGX_SCIM_DIGEST_LEN];
    ngx_str_t    tenant;
    ngx_str_t    name;
    time_t       expiry;        /* 0: never */
    unsigned     read_only:1;
    ngx_uint_t   line;
} ngx_scim_token_t;

typedef struct {
    ngx_str_t    file;
    ngx_array_t  list;          /* of ngx_scim_token_t, by digest */
} ngx_scim_tokens_t;


/*
 * Reads a file of lines "sha256 tenant name [ro|rw] [expiry]"; a line that
 * begins with # is a comment. NULL after a message that names file, line and
 * reason.
 */
ngx_scim_tokens_t *ngx_scim_tokens_read(ngx_conf_t *cf, ngx_str_t *file);

/* The token of that secret, expired ones too; NULL if there is none. */
ngx_scim_token_t *ngx_scim_tokens_find(ngx_scim_tokens_t *tokens,
    ngx_str_t *secret);

#endif /* NGX_SCIM_TOKENS_H */
