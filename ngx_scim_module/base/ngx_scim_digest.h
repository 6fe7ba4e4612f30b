/*
 * SHA-256, of tokens above all.
 */

#ifndef NGX_SCIM_DIGEST_H
#define NGX_SCIM_DIGEST_H

#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_SCIM_DIGEST_LEN  32


/* digest has room for NGX_SCIM_DIGEST_LEN bytes */
void ngx_scim_digest(const u_char *data, size_t len, u_char *digest);

/* frees what the process keeps for it */
void ngx_scim_digest_free(void);


#endif /* NGX_SCIM_DIGEST_H */
