/*
 * The ids that this server gives.
 */

#include <string.h>

#include "scim/core/scim_id.h"


int
scim_is_own_id(const char *text, size_t len)
{
    return len == SCIM_ID_LEN && strspn(text, SCIM_ID_DIGITS) >= len;
}
