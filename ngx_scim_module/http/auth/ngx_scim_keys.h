/*
 * Public keys in files, each a JWK Set (RFC 7517). A worker reads a file again
 * when it has changed, so that keys that are rotated need no reload.
 */

#ifndef NGX_SCIM_KEYS_H
#define NGX_SCIM_KEYS_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "scim/token/scim_jwk.h"


typedef struct {
    ngx_str_t         file;           /* its full name */
    ngx_pool_t       *pool;           /* of the keys */
    scim_jwk_t       *keys;
    size_t            nkeys;
    ngx_file_uniq_t   uniq;           /* of the file that was read last, */
    time_t            mtime;          /* good or bad */
    off_t             size;
    time_t            next;           /* look for a change then, not before */
} ngx_scim_keys_t;


/*
 * The keys of a file of the configuration. Directives that name the same file
 * share them: files is where they are kept, of ngx_scim_keys_t *. Returns NULL
 * after a message.
 */
ngx_scim_keys_t *ngx_scim_keys_open(ngx_conf_t *cf, ngx_array_t *files,
    ngx_str_t *file);

/*
 * Returns the key for the header of a token, or NULL. Reads the file again
 * first if it has changed; a file that cannot be used leaves the keys as they
 * are. A key is good until the next call.
 */
scim_jwk_t *ngx_scim_keys_find(ngx_scim_keys_t *keys,
    const scim_jwt_header_t *header, ngx_log_t *log);

#endif /* NGX_SCIM_KEYS_H */
