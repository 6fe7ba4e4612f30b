/*
 * The public keys of a client that signs: a JWK Set, as the server reads it.
 */

#include <stdio.h>

#include "scim_doc.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/token/scim_jwk.h"


void
doc_keys(doc_t *d)
{
    size_t         i, n;
    const char    *set;
    doc_text_t    *text;
    scim_jwk_t    *keys;
    scim_error_t   err;

    text = &d->batch;
    doc_append_file(text, stdin, "standard input");

    set = text->data ? text->data : "";

    if (scim_jwks_parse(&d->config.alloc, set, text->len, &keys, &n, &err)
        != SCIM_OK
        || scim_jwks_public(&d->config.alloc, set, text->len, &err) != SCIM_OK)
    {
        doc_fatal(err.detail, NULL);
    }

    for (i = 0; i < n; i++) {
        (void) printf("%s%s", i ? "," : "{\"keys\":[", keys[i].json);
    }

    (void) printf("]}");
}
