/*
 * The SHA-256 of what each request brings. SHA256() of OpenSSL 3 looks up the
 * algorithm each time, which costs more than the digest of a token. A context
 * that is used again does not.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/ngx_scim_digest.h"


static EVP_MD_CTX  *ngx_scim_digest_ctx;


static ngx_int_t
ngx_scim_digest_start(void)
{
    if (ngx_scim_digest_ctx != NULL) {
        return EVP_DigestInit_ex(ngx_scim_digest_ctx, NULL, NULL) == 1
               ? NGX_OK : NGX_ERROR;
    }

    ngx_scim_digest_ctx = EVP_MD_CTX_new();

    if (ngx_scim_digest_ctx == NULL) {
        return NGX_ERROR;
    }

    if (EVP_DigestInit_ex(ngx_scim_digest_ctx, EVP_sha256(), NULL) != 1) {
        ngx_scim_digest_free();
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_scim_digest(const u_char *data, size_t len, u_char *digest)
{
    if (ngx_scim_digest_start() != NGX_OK
        || EVP_DigestUpdate(ngx_scim_digest_ctx, data, len) != 1
        || EVP_DigestFinal_ex(ngx_scim_digest_ctx, digest, NULL) != 1)
    {
        (void) SHA256(data, len, digest);
    }
}


void
ngx_scim_digest_free(void)
{
    EVP_MD_CTX_free(ngx_scim_digest_ctx);
    ngx_scim_digest_ctx = NULL;
}
