/*
 * JSON Web Tokens (RFC 7519, RFC 8725): all but the signature, which others
 * verify with the key that is found here.
 */

#ifndef SCIM_JWT_H
#define SCIM_JWT_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "scim/core/scim_alloc.h"
#include "scim/token/scim_jwk.h"


#define SCIM_JWT_SKEW       60      /* between two clocks, in seconds */
#define SCIM_JWT_ASSERTION  3600    /* the most that one may live */
#define SCIM_JWT_FEDERATED  86400   /* the same for one of an issuer */
#define SCIM_JWT_ID_MAX     256


typedef struct {                    /* a required claim of a token */
    const char  *name;
    const char  *value;
} scim_jwt_claim_t;


/* SCIM_OK: the text is three parts with dots between, the first an object. */
int scim_jwt_check(const char *token, size_t len);

/*
 * The header of a token. SCIM_ERROR: it is none, it has an extension that must
 * be understood, or its algorithm is none of RS, PS and ES with 256, 384, 512.
 */
int scim_jwt_header(scim_alloc_t *a, const char *token, size_t len,
    scim_jwt_header_t *header);

/*
 * Returns the payload of a token that was verified, or NULL if it is no
 * object.
 */
cJSON *scim_jwt_claims(scim_alloc_t *a, const char *text, size_t len);

/*
 * Checks that a token is in force and for us at that time, in seconds. "exp"
 * is required, and is put into *expiry; "nbf" is honoured; "aud" is the
 * audience or contains it. Returns NULL, or the fault.
 */
const char *scim_jwt_valid(const cJSON *claims, const char *audience,
    long long now, long long *expiry);

/*
 * Returns the payload of a token that nobody has verified yet, or NULL if it
 * has none.
 */
cJSON *scim_jwt_unverified(scim_alloc_t *a, const char *token, size_t len);

/*
 * Checks an assertion by which this client authenticates (RFC 7523, section 3),
 * as scim_jwt_valid() does. It must be short-lived. *id becomes its "jti", by
 * which it may be used once.
 */
const char *scim_jwt_assertion(const cJSON *claims, const char *client,
    const char *audience, long long now, long long *expiry, const char **id);

/*
 * Checks a token that an identity provider has issued to a client, as
 * scim_jwt_valid() does. Its issuer and subject must be those that the client was
 * registered with.
 */
const char *scim_jwt_federated(const cJSON *claims, const char *issuer,
    const char *subject, const char *audience, long long now,
    long long *expiry);

#endif /* SCIM_JWT_H */
