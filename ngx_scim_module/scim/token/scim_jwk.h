/*
 * JSON Web Keys (RFC 7517).
 */

#ifndef SCIM_JWK_H
#define SCIM_JWK_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"


typedef struct {
    const char  *alg;               /* one that the key can have */
    const char  *kid;               /* NULL: none */
} scim_jwt_header_t;

typedef struct {                    /* a public key for signatures */
    const char  *kid;               /* NULL: none */
    const char  *kty;               /* "RSA" or "EC" */
    const char  *crv;               /* of EC */
    const char  *alg;               /* NULL: any that fits kty and crv */
    const char  *json;
    void        *data;              /* of the caller */
} scim_jwk_t;


/*
 * Reads a JWK Set (RFC 7517): keys that cannot be used for this are skipped.
 * SCIM_ERROR: it is none, or has a private, weak or incomplete key, or no key
 * that is left.
 */
int scim_jwks_parse(scim_alloc_t *a, const char *text, size_t len,
    scim_jwk_t **keys, size_t *nkeys, scim_error_t *err);

/*
 * SCIM_ERROR: a key of the set is private or symmetric, also one that cannot be
 * used for this.
 */
int scim_jwks_public(scim_alloc_t *a, const char *text, size_t len,
    scim_error_t *err);

/*
 * The key for a header: that of its name, or the only one that fits; NULL:
 * there is none. The key decides on the algorithms, not the token.
 */
scim_jwk_t *scim_jwks_find(scim_jwk_t *keys, size_t nkeys,
    const scim_jwt_header_t *header);

/* the text of a claim that is a string, else NULL */
const char *scim_jwk_text(const cJSON *claims, const char *name);

/* the names of the algorithms, for metadata */
cJSON *scim_jwk_algs_json(void);

/* the object that a text is as JSON; NULL if it is none, or no memory */
cJSON *scim_jwk_object(scim_alloc_t *a, const char *text, size_t len);

/* Returns the algorithm from the table, or NULL for others ("none", "HS256"). */
const char *scim_jwk_alg(const char *alg);

#endif /* SCIM_JWK_H */
