/*
 * Records: words in quotes, collected into batches.
 */

#include <stdio.h>
#include <string.h>

#include "scim_doc.h"


#define DOC_BATCH_RECORDS  64
#define DOC_BATCH_BYTES    (128 * 1024)


void
doc_put(doc_t *d, const char *word)
{
    int          len;
    char         hex[8];
    const char  *p, *from;

    doc_append(&d->record, " \"", 2);
    d->nwords++;

    for (p = from = word; *p != '\0'; p++) {
        if ((unsigned char) *p >= 0x20 && *p != '"' && *p != '\\'
            && *p != 0x7f)
        {
            continue;
        }

        len = (*p == '"' || *p == '\\')
              ? snprintf(hex, sizeof(hex), "\\%c", *p)
              : snprintf(hex, sizeof(hex), "\\x%02x", (unsigned char) *p);

        doc_append(&d->record, from, p - from);
        doc_append(&d->record, hex, len);
        from = p + 1;
    }

    doc_append(&d->record, from, p - from);
    doc_append(&d->record, "\"", 1);
}


void
doc_put_size(doc_t *d, size_t n)
{
    char  text[32];

    (void) snprintf(text, sizeof(text), "%zu", n);
    doc_put(d, text);
}


/* their number, then of each what write.lua expects */

void
doc_put_indexes(doc_t *d, const doc_type_t *type, const cJSON *doc)
{
    size_t        i, k, n;
    const char  **values;

    static const char *const  kinds[] = { "unique", "lexical", "field" };

    doc_put_size(d, type->nindexes);

    for (i = 0; i < type->nindexes; i++) {
        values = scim_resource_values(&d->arena.alloc, type->rt, doc,
                                      type->indexes[i].attr,
                                      type->indexes[i].kind
                                      != SCIM_INDEX_FIELD, &n);
        if (values == NULL) {
            doc_nomem();
        }

        doc_put(d, kinds[type->indexes[i].kind]);
        doc_put(d, type->indexes[i].name);
        doc_put_size(d, n);

        for (k = 0; k < n; k++) {
            doc_put(d, values[k]);
        }
    }
}


void
doc_put_end(doc_t *d)
{
    char    count[32];
    size_t  len;

    if (d->batch.len == 0) {
        doc_append(&d->batch, d->command, strlen(d->command));
    }

    len = snprintf(count, sizeof(count), " %zu", d->nwords);
    doc_append(&d->batch, count, len);
    doc_append(&d->batch, d->record.data, d->record.len);

    d->record.len = 0;
    d->nwords = 0;

    if (++d->nrecords == DOC_BATCH_RECORDS || d->batch.len > DOC_BATCH_BYTES) {
        doc_flush(d);
    }
}


void
doc_flush(doc_t *d)
{
    if (d->batch.len == 0) {
        return;
    }

    doc_append(&d->batch, "\n", 1);

    if (fwrite(d->batch.data, 1, d->batch.len, stdout) != d->batch.len
        || fflush(stdout) != 0)
    {
        doc_fatal("standard output", "cannot be written");
    }

    d->batch.len = 0;
    d->nrecords = 0;
}
