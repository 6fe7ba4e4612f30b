/*
 * The shape of the tokens that are made here: "scim_", 256 random bits in
 * base64url, and a checksum, by which a mistyped one is told apart without
 * being looked up, and a leaked one is found by scanners.
 */

#ifndef SCIM_TOKEN_H
#define SCIM_TOKEN_H

#include <stddef.h>



#define SCIM_TOKEN_PREFIX    "scim_"
#define SCIM_TOKEN_RANDOM    32              /* bytes */
#define SCIM_TOKEN_SUM_LEN   6
#define SCIM_TOKEN_LEN       (5 + 43 + SCIM_TOKEN_SUM_LEN)


/*
 * Returns SCIM_ERROR if the text has the prefix and the length of our tokens
 * but a wrong checksum: a character was changed. Text of another form is
 * SCIM_OK, because others may make tokens as they like.
 */
int scim_token_check(const char *token, size_t len);

/* A token of these random bytes, ended by NUL. */
void scim_token_print(const unsigned char random[SCIM_TOKEN_RANDOM],
    char token[SCIM_TOKEN_LEN + 1]);

#endif /* SCIM_TOKEN_H */
