/*
 * The token endpoint of OAuth 2.0 for client credentials (RFC 6749, sections
 * 2.3.1, 4.4 and 5; RFC 7521, section 4.2): what a request says, and the bytes
 * of answers. Whether a client is known is not decided here.
 */

#ifndef SCIM_OAUTH_H
#define SCIM_OAUTH_H

#include "scim.h"


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
} scim_oauth_request_t;


extern const scim_oauth_error_t  scim_oauth_invalid_client;
extern const scim_oauth_error_t  scim_oauth_bad_type;
extern const scim_oauth_error_t  scim_oauth_bad_method;
extern const scim_oauth_error_t  scim_oauth_too_large;
extern const scim_oauth_error_t  scim_oauth_unavailable;
extern const scim_oauth_error_t  scim_oauth_server_error;


/*
 * Parses a form, and the value of the Authorization header (len 0: there is
 * none). NULL: request is one for client credentials, with id and secret. Else
 * the error to answer. The texts are new ones.
 */
const scim_oauth_error_t *scim_oauth_parse(scim_alloc_t *a, const char *auth,
    size_t auth_len, const char *form, size_t form_len,
    scim_oauth_request_t *request);

/*
 * Is a secret in force at that time, in seconds since 1970? text is what the
 * store keeps of it, JSON with an optional "expires". SCIM_ERROR: no, or it
 * cannot be told.
 */
int scim_oauth_secret_check(scim_alloc_t *a, const char *text, size_t len,
    long long now);

/* The answers, in JSON; NULL when out of memory. scope is "rw" or "ro". */
char *scim_oauth_error_print(scim_alloc_t *a, const scim_oauth_error_t *err,
    size_t *len);
char *scim_oauth_token_print(scim_alloc_t *a, const char *token,
    unsigned expires_in, const char *scope, size_t *len);

/* RFC 8414 of these URLs */
char *scim_oauth_metadata_print(scim_alloc_t *a, const char *issuer,
    const char *token_endpoint, size_t *len);

#endif /* SCIM_OAUTH_H */
