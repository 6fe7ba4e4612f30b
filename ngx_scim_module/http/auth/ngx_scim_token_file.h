/*
 * Bearer tokens, known by their SHA-256 digests only: those of a file, one a
 * line, and those that Redis keeps.
 */

#ifndef NGX_SCIM_TOKEN_FILE_H
#define NGX_SCIM_TOKEN_FILE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "base/ngx_scim_digest.h"


#define NGX_SCIM_NAME_MAX    64


typedef struct ngx_scim_token_s  ngx_scim_token_t;

struct ngx_scim_token_s {
    u_char       digest[NGX_SCIM_DIGEST_LEN];
    ngx_str_t    tenant;
    ngx_str_t    name;
    time_t       expiry;        /* 0: never */
    time_t       last_use;      /* in Redis; 0: never */
    unsigned     read_only:1;
    ngx_uint_t   line;
};

typedef struct ngx_scim_tokens_s  ngx_scim_tokens_t;

struct ngx_scim_tokens_s {
    ngx_str_t    file;          /* empty: Redis has them */
    ngx_array_t  list;          /* of ngx_scim_token_t, by digest */
    ngx_msec_t   valid;         /* for how long a reply of Redis is used */
};


/* the directive; conf is the configuration of a location */
char *ngx_scim_tokens(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * Reads a file of lines "sha256 tenant name [ro|rw] [expiry]"; a line that
 * begins with # is a comment. NULL after a message that names file, line and
 * reason.
 */
ngx_scim_tokens_t *ngx_scim_tokens_read(ngx_conf_t *cf, ngx_str_t *file);

/* Returns the token of that secret, also if expired; NULL if there is none. */
ngx_scim_token_t *ngx_scim_tokens_find(ngx_scim_tokens_t *tokens,
    ngx_str_t *secret);

/*
 * Returns NGX_OK if this can be the name of a tenant or token, else NGX_ERROR.
 */
ngx_int_t ngx_scim_tokens_name(ngx_str_t *name);

/* "rw" is 0, "ro" is 1, all else is NGX_ERROR. */
ngx_int_t ngx_scim_tokens_scope(ngx_str_t *scope);

#endif /* NGX_SCIM_TOKEN_FILE_H */
