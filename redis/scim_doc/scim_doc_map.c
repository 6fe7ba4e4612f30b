/*
 * Maps of texts, and small functions that a backup and a restore share.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "scim_doc_backup.h"
#include "scim/json/scim_json_print.h"


#define DOC_SLOTS_MIN  256


/* there is progress in this line of the terminal */

static int  doc_shown;


static doc_entry_t **doc_map_slot(const doc_map_t *map, const char *key);
static void doc_map_grow(doc_map_t *map);


doc_entry_t *
doc_map_find(doc_map_t *map, doc_arena_t *arena, const char *key)
{
    size_t        len;
    doc_entry_t  *entry, **slot;

    if (map->nslots == 0) {
        if (arena == NULL) {
            return NULL;
        }

        doc_map_grow(map);
    }

    slot = doc_map_slot(map, key);

    if (*slot != NULL || arena == NULL) {
        return *slot;
    }

    len = strlen(key) + 1;

    entry = arena->alloc.alloc(arena, sizeof(doc_entry_t) + len);
    if (entry == NULL) {
        doc_nomem();
    }

    memset(entry, 0, sizeof(doc_entry_t));
    memcpy(entry->key, key, len);
    *slot = entry;

    if (2 * ++map->n > map->nslots) {
        doc_map_grow(map);
    }

    return entry;
}


static doc_entry_t **
doc_map_slot(const doc_map_t *map, const char *key)
{
    size_t       i;
    uint64_t     hash;
    const char  *p;

    hash = 14695981039346656037u;

    for (p = key; *p != '\0'; p++) {
        hash = (hash ^ (unsigned char) *p) * 1099511628211u;
    }

    i = (hash ^ hash >> 32) & (map->nslots - 1);

    while (map->slots[i] != NULL && strcmp(map->slots[i]->key, key) != 0) {
        i = (i + 1) & (map->nslots - 1);
    }

    return &map->slots[i];
}


static void
doc_map_grow(doc_map_t *map)
{
    size_t      i;
    doc_map_t   old;

    old = *map;

    map->nslots = old.nslots ? 4 * old.nslots : DOC_SLOTS_MIN;
    map->slots = calloc(map->nslots, sizeof(doc_entry_t *));
    if (map->slots == NULL) {
        doc_nomem();
    }

    for (i = 0; i < old.nslots; i++) {
        if (old.slots[i] != NULL) {
            *doc_map_slot(map, old.slots[i]->key) = old.slots[i];
        }
    }

    free(old.slots);
}


void
doc_map_free(doc_map_t *map)
{
    free(map->slots);
    memset(map, 0, sizeof(doc_map_t));
}


void
doc_append_text(doc_text_t *text, const char *value)
{
    doc_append(text, value, strlen(value));
}


void
doc_copy(char *to, size_t size, const char *text)
{
    size_t  len;

    len = strlen(text);

    if (len >= size) {
        doc_fatal(text, "a word that is too long");
    }

    memcpy(to, text, len + 1);
}


void
doc_append_string(doc_t *d, doc_text_t *text, const char *value)
{
    char    *json;
    size_t   len;
    cJSON   *string;

    string = cJSON_CreateString(value);
    json = string ? scim_json_print(&d->arena.alloc, string, &len) : NULL;

    if (json == NULL) {
        doc_nomem();
    }

    doc_append(text, json, len);
}


void
doc_progress(const char *what, size_t n, size_t total, const char *of)
{
    int              filled;
    char             text[160];
    double           now;
    struct timespec  time;

    static double    before;

    if (!isatty(STDERR_FILENO)) {
        return;
    }

    (void) clock_gettime(CLOCK_MONOTONIC, &time);
    now = time.tv_sec + time.tv_nsec / 1e9;

    if (n < total && now - before < 0.1) {
        return;
    }

    before = now;
    doc_shown = 1;
    filled = total ? (int) (30 * (n < total ? n : total) / total) : 30;

    (void) snprintf(text, sizeof(text), "%s [%-30.*s] %zu/%zu %s", what, filled,
                    "##############################", n, total, of);
    (void) fprintf(stderr, "\r%-78s", text);
}


/* Ends the line, so that the next message begins in a line of its own. */

void
doc_progress_end(void)
{
    if (doc_shown) {
        doc_shown = 0;
        (void) fputc('\n', stderr);
    }
}
