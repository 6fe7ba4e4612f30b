/*
 * Memory, ids that were seen, and the end after a failure.
 */

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scim_doc_backup.h"


#define DOC_CHUNK      (256 * 1024)
#define DOC_SLOTS_MIN  4096


/* the prefix of messages: scim-doc, or the command that uses it */
const char  *doc_name = "scim-doc";


struct doc_chunk_s {
    doc_chunk_t                *next;
    size_t                      size;
    size_t                      used;
    _Alignas(max_align_t) char  data[];
};


static void *doc_arena_alloc(void *arg, size_t size);
static doc_seen_t *doc_seen_slot(doc_t *d, const char *id);
static void doc_seen_grow(doc_t *d);


void
doc_arena_init(doc_arena_t *arena)
{
    arena->alloc.alloc = doc_arena_alloc;
    arena->alloc.arg = arena;
    arena->chunks = NULL;
}


static void *
doc_arena_alloc(void *arg, size_t size)
{
    doc_arena_t *arena = arg;

    void         *p;
    size_t        wanted;
    doc_chunk_t  *chunk;

    size = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
    chunk = arena->chunks;

    if (chunk == NULL || chunk->size - chunk->used < size) {
        wanted = size > DOC_CHUNK ? size : DOC_CHUNK;

        chunk = malloc(sizeof(doc_chunk_t) + wanted);
        if (chunk == NULL) {
            return NULL;
        }

        chunk->next = arena->chunks;
        chunk->size = wanted;
        chunk->used = 0;
        arena->chunks = chunk;
    }

    p = chunk->data + chunk->used;
    chunk->used += size;

    return p;
}


/* frees all but one chunk of the usual size */

void
doc_arena_reset(doc_arena_t *arena)
{
    doc_chunk_t  *chunk, *next, *kept;

    kept = NULL;

    for (chunk = arena->chunks; chunk != NULL; chunk = next) {
        next = chunk->next;

        if (kept == NULL && chunk->size == DOC_CHUNK) {
            kept = chunk;
            kept->used = 0;

        } else {
            free(chunk);
        }
    }

    if (kept != NULL) {
        kept->next = NULL;
    }

    arena->chunks = kept;
}


void
doc_append(doc_text_t *text, const char *data, size_t len)
{
    char    *grown;
    size_t   size;

    if (text->size - text->len < len) {
        size = 2 * (text->size + len) + 1024;

        grown = realloc(text->data, size);
        if (grown == NULL) {
            doc_nomem();
        }

        text->data = grown;
        text->size = size;
    }

    if (len != 0) {
        memcpy(text->data + text->len, data, len);
        text->len += len;
    }
}


void
doc_append_file(doc_text_t *text, FILE *in, const char *name)
{
    char    part[4096];
    size_t  n;

    while ((n = fread(part, 1, sizeof(part), in)) > 0) {
        doc_append(text, part, n);
    }

    if (ferror(in)) {
        doc_fatal(name, strerror(errno));
    }
}


unsigned long
doc_seen(doc_t *d, const char *id)
{
    doc_seen_t  *slot;

    if (2 * (d->nseen + 1) > d->nslots) {
        doc_seen_grow(d);
    }

    slot = doc_seen_slot(d, id);

    if (slot->id != NULL) {
        return slot->line;
    }

    slot->id = strdup(id);
    if (slot->id == NULL) {
        doc_nomem();
    }

    slot->line = d->line;
    d->nseen++;

    return 0;
}


static doc_seen_t *
doc_seen_slot(doc_t *d, const char *id)
{
    size_t       i;
    uint64_t     hash;
    const char  *p;

    hash = 14695981039346656037u;

    for (p = id; *p != '\0'; p++) {
        hash = (hash ^ (unsigned char) *p) * 1099511628211u;
    }

    i = hash & (d->nslots - 1);

    while (d->seen[i].id != NULL && strcmp(d->seen[i].id, id) != 0) {
        i = (i + 1) & (d->nslots - 1);
    }

    return &d->seen[i];
}


static void
doc_seen_grow(doc_t *d)
{
    size_t       i, n;
    doc_seen_t  *old;

    old = d->seen;
    n = d->nslots;

    d->nslots = n ? 2 * n : DOC_SLOTS_MIN;
    d->seen = calloc(d->nslots, sizeof(doc_seen_t));
    if (d->seen == NULL) {
        doc_nomem();
    }

    for (i = 0; i < n; i++) {
        if (old[i].id != NULL) {
            *doc_seen_slot(d, old[i].id) = old[i];
        }
    }

    free(old);
}


void
doc_fatal(const char *what, const char *why)
{
    doc_progress_end();
    (void) fprintf(stderr, "%s: %s%s%s\n", doc_name, what, why ? ": " : "",
                   why ? why : "");
    exit(1);
}


void
doc_nomem(void)
{
    doc_fatal("out of memory", NULL);
}
