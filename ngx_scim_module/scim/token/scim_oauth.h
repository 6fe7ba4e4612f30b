/*
 * The token endpoint of OAuth 2.0 (RFC 6749, sections 2.3.1, 4.4 and 5): what a
 * request says, and the bytes of answers. A client authenticates by a secret, or
 * by a JWT that it or an identity provider has signed (RFC 7523, RFC 8693).
 * Whether a client is known is not decided here.
 */

#ifndef SCIM_OAUTH_H
#define SCIM_OAUTH_H

#include <stddef.h>

#include "scim/core/scim_alloc.h"


typedef struct {
    int          status;            /* HTTP status */
    const char  *code;              /* RFC 6749, section 5.2 */
    const char  *detail;            /* for a person */
} scim_oauth_error_t;

typedef struct {                    /* texts; "" is absent */
    const char  *grant_type;
    const char  *scope;
    const char  *client_id;
    const char  *client_secret;
    const char  *client_assertion;
    const char  *client_assertion_type;
    const char  *assertion;             /* RFC 7523, section 2.1 */
    const char  *subject_token;         /* RFC 8693, section 2.1 */
    const char  *subject_token_type;
    const char  *requested_token_type;
    const char  *actor_token;
    const char  *audience;

    /* the meaning of these */
    const char                *jwt;     /* of any grant; "": the secret */
    const scim_oauth_error_t  *refused; /* the answer to an unknown client */
    unsigned                   scim:1;  /* scopes that are asked for */
    unsigned                   rw:1;
    unsigned                   ro:1;
    unsigned                   exchange:1;
} scim_oauth_request_t;


#define SCIM_OAUTH_ACCESS  SCIM_OAUTH_URN "token-type:access_token"

#define SCIM_OAUTH_BEARER    SCIM_OAUTH_URN "grant-type:jwt-bearer"
#define SCIM_OAUTH_EXCHANGE  SCIM_OAUTH_URN "grant-type:token-exchange"

#define SCIM_OAUTH_URN     "urn:ietf:params:oauth:"


extern const scim_oauth_error_t  scim_oauth_too_much;
extern const scim_oauth_error_t  scim_oauth_bad_type;
extern const scim_oauth_error_t  scim_oauth_bad_method;
extern const scim_oauth_error_t  scim_oauth_too_large;
extern const scim_oauth_error_t  scim_oauth_unavailable;
extern const scim_oauth_error_t  scim_oauth_server_error;


/*
 * Parses a form, and the value of the Authorization header (len 0: there is
 * none). NULL: request is one of a client, with its id and either a secret or a
 * JWT. Else the error to answer. The texts are new ones.
 */
const scim_oauth_error_t *scim_oauth_parse(scim_alloc_t *a, const char *auth,
    size_t auth_len, const char *form, size_t form_len,
    scim_oauth_request_t *request);

/*
 * The scope of the answer to a client, and in *read_only whether the token may
 * only read; before the call it tells that of the client. NULL: the request asks
 * for more than the client may do.
 */
const char *scim_oauth_grant(const scim_oauth_request_t *request,
    int *read_only);

/*
 * Checks that a secret is in force at that time, in seconds since 1970. text
 * is the store's record of it, JSON with an optional "expires". Returns
 * SCIM_ERROR if it is not, or if the text is not valid.
 */
int scim_oauth_secret_check(scim_alloc_t *a, const char *text, size_t len,
    long long now);

#endif /* SCIM_OAUTH_H */
