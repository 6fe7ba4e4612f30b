/*
 * An error as the body of an answer (RFC 7644, section 3.12).
 */

#include <stdio.h>
#include <string.h>

#include "scim/json/scim_json_error.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json_string.h"


#define SCIM_ERROR_HEAD                                                       \
    "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"]"


char *
scim_error_print(scim_alloc_t *a, const scim_error_t *err, size_t *len)
{
    char        *buf, *p;
    size_t       n;
    const char  *name;

    name = scim_type_name(err->type);
    n = strlen(err->detail);

    buf = scim_alloc(a, scim_json_escaped_len(err->detail, n) + 256);
    if (buf == NULL) {
        return NULL;
    }

    p = buf + sprintf(buf, SCIM_ERROR_HEAD);

    if (name != NULL) {
        p += sprintf(p, ",\"scimType\":\"%s\"", name);
    }

    if (n > 0) {
        p += sprintf(p, ",\"detail\":\"");
        p = scim_json_escape(p, err->detail, n);
        *p++ = '"';
    }

    p += sprintf(p, ",\"status\":\"%d\"}", err->status);

    *len = p - buf;

    return buf;
}
