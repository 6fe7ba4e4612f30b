/*
 * Records: words in quotes, collected into batches.
 */

#include <stdio.h>
#include <string.h>

#include "scim_doc.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_resource.h"
#include "scim/filter/scim_index.h"


#define DOC_BATCH_RECORDS  64


static void doc_put_part(doc_t *d, const char *part);
static void doc_put_values(doc_t *d, const scim_rtype_t *rt, const cJSON *doc,
    const scim_index_t *index);


void
doc_put(doc_t *d, const char *word)
{
    doc_append(&d->record, " \"", 2);
    doc_put_part(d, word);
    doc_append(&d->record, "\"", 1);
    d->nwords++;
}


static void
doc_put_part(doc_t *d, const char *part)
{
    int          len;
    char         hex[8];
    const char  *p, *from;

    for (p = from = part; *p != '\0'; p++) {
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
}


void
doc_put_size(doc_t *d, size_t n)
{
    char  text[32];

    (void) snprintf(text, sizeof(text), "%zu", n);
    doc_put(d, text);
}


void
doc_put_value(doc_t *d, const cJSON *value)
{
    const cJSON  *item;

    if (!cJSON_IsArray(value)) {
        doc_put(d, value->valuestring);
        return;
    }

    doc_append(&d->record, " \"", 2);

    cJSON_ArrayForEach(item, value) {
        if (item != value->child) {
            doc_append(&d->record, "\\x00", 4);
        }

        doc_put_part(d, item->valuestring);
    }

    doc_append(&d->record, "\"", 1);
    d->nwords++;
}


/*
 * Adds index entries as write.lua expects them: names of indexes, a number,
 * fields, values.
 */

void
doc_put_indexes(doc_t *d, const doc_type_t *type, const cJSON *doc)
{
    char    *names;
    size_t   i;

    names = scim_index_names(&d->arena.alloc, type->indexes, type->nindexes);
    if (names == NULL) {
        doc_nomem();
    }

    doc_put(d, names);
    doc_put_size(d, type->nindexes);

    for (i = 0; i < type->nindexes; i++) {
        doc_put(d, type->indexes[i].field);
    }

    for (i = 0; i < type->nindexes; i++) {
        doc_put_values(d, type->rt, doc, &type->indexes[i]);
    }
}


static void
doc_put_values(doc_t *d, const scim_rtype_t *rt, const cJSON *doc,
    const scim_index_t *index)
{
    size_t        i, n, put;
    const char  **values;

    values = scim_resource_values(&d->arena.alloc, rt, doc, index->attr,
                                  index->kind != SCIM_INDEX_FIELD, &n);
    if (values == NULL) {
        doc_nomem();
    }

    doc_append(&d->record, " \"", 2);

    for (i = 0, put = 0; i < n; i++) {
        if (values[i][0] == '\0') {
            continue;
        }

        if (put++) {
            doc_append(&d->record, "\\x00", 4);
        }

        doc_put_part(d, values[i]);
    }

    doc_append(&d->record, "\"", 1);
    d->nwords++;
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

    if (++d->nrecords == DOC_BATCH_RECORDS || d->batch.len > d->batch_bytes) {
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
