/*
 * Bearer tokens in an Authorization header (RFC 6750, section 2.1).
 */

#include <string.h>

#include "scim/token/scim_bearer.h"
#include "scim/text/scim_text.h"


#define SCIM_BEARER_SCHEME  (sizeof("Bearer") - 1)


static int scim_bearer_b64token(const char *s, size_t len);
static int scim_bearer_char(char ch);


scim_bearer_e
scim_bearer_parse(const char *header, size_t len, const char **token,
    size_t *token_len)
{
    const char     *p, *last;
    scim_bearer_e   kind;

    p = header;
    last = header + len;
    kind = SCIM_BEARER_BARE;

    if (len >= SCIM_BEARER_SCHEME
        && scim_name_neq("Bearer", header, SCIM_BEARER_SCHEME)
        && (len == SCIM_BEARER_SCHEME || header[SCIM_BEARER_SCHEME] == ' '))
    {
        kind = SCIM_BEARER_TOKEN;

        for (p += SCIM_BEARER_SCHEME; p < last && *p == ' '; p++) {
            /* void */
        }
    }

    if (scim_bearer_b64token(p, last - p)) {
        *token = p;
        *token_len = last - p;
        return kind;
    }

    *token = NULL;
    *token_len = 0;

    return kind == SCIM_BEARER_TOKEN ? SCIM_BEARER_MALFORMED
                                     : SCIM_BEARER_NONE;
}


static int
scim_bearer_b64token(const char *s, size_t len)
{
    size_t  i;

    while (len > 0 && s[len - 1] == '=') {
        len--;
    }

    for (i = 0; i < len && scim_bearer_char(s[i]); i++) {
        /* void */
    }

    return len > 0 && i == len;
}


static int
scim_bearer_char(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')
           || (ch >= '0' && ch <= '9')
           || (ch != '\0' && strchr("-._~+/", ch) != NULL);
}
