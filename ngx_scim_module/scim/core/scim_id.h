/*
 * The ids that this server gives.
 */

#ifndef SCIM_ID_H
#define SCIM_ID_H

#include <stddef.h>


/*
 * Returns 1 if the text has the form of the ids that this server makes: 128
 * bits in base 32.
 */

#define SCIM_ID_LEN     26
#define SCIM_ID_DIGITS  "abcdefghijklmnopqrstuvwxyz234567"


int scim_is_own_id(const char *text, size_t len);

#endif /* SCIM_ID_H */
