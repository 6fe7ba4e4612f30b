/*
 * Keeps what was read of an organization in a temporary file until all of it
 * is known. A resource that was read again is there more than once, and the
 * last record counts.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scim_doc_backup.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json_parse.h"


/* ids of members, as text and as a list */

typedef struct {
    doc_text_t    text;       /* one behind the other, each with its NUL */
    size_t        count;
    char        **list;       /* of doc_ids_list() */
    size_t        n;
} doc_ids_t;


static void doc_spool_rewind(doc_backup_t *b);
static void doc_spool_put(doc_backup_t *b, char letter, const char *text);
static void doc_spool_note(doc_backup_t *b, doc_entry_t *entry, char *kind);
static doc_large_t *doc_spool_large(doc_backup_t *b, doc_entry_t *entry);
static void doc_spool_key(char *key, size_t size, const char *type,
    const char *id);
static int doc_spool_is_last(doc_backup_t *b, char *line, off_t at,
    doc_entry_t **entry);
static void doc_spool_write_resource(doc_backup_t *b, char *text);
static int doc_spool_is_json(doc_backup_t *b);
static void doc_spool_count(doc_backup_t *b, const char *type);
static void doc_spool_write_large(doc_backup_t *b, doc_large_t *large);
static void doc_spool_collect(doc_backup_t *b, doc_large_t *large,
    char letter, doc_ids_t *ids);
static void doc_spool_write_members(doc_backup_t *b, const char *group,
    char letter, doc_ids_t *ids);
static void doc_ids_add(doc_ids_t *ids, const char *id);
static void doc_ids_list(doc_ids_t *ids);
static int doc_ids_compare(const void *one, const void *two);
static void doc_ids_sort(doc_ids_t *ids);
static void doc_ids_free(doc_ids_t *ids);


void
doc_spool_open(doc_backup_t *b)
{
    b->spool = fdopen(DOC_SPOOL_FD, "r+");
    if (b->spool == NULL) {
        doc_fatal("a temporary file", strerror(errno));
    }
}


void
doc_spool_reset(doc_backup_t *b)
{
    doc_large_t  *large;
    doc_org_t    *org;

    org = &b->org;

    for (large = org->large; large != NULL; large = large->next) {
        doc_map_free(&large->touched);
    }

    doc_map_free(&org->map);
    doc_arena_reset(&org->arena);

    org->large = org->scanning = NULL;
    org->waiting = org->importing = NULL;
    org->ncounts = 0;
    org->scans = 0;
    org->indexes = org->meta = org->cycle = NULL;

    doc_spool_rewind(b);

    if (ftruncate(fileno(b->spool), 0) != 0) {
        doc_fatal("a temporary file", strerror(errno));
    }
}


static void
doc_spool_rewind(doc_backup_t *b)
{
    if (fseeko(b->spool, 0, SEEK_SET) != 0) {
        doc_fatal("a temporary file", strerror(errno));
    }
}


static void
doc_spool_put(doc_backup_t *b, char letter, const char *text)
{
    if (fprintf(b->spool, "%c%s\n", letter, text) < 0) {
        doc_fatal("a temporary file", strerror(errno));
    }
}


/* a resource that was read, 'r', or one that is not there, 'x' */

void
doc_spool_record(doc_backup_t *b, char letter, char *text)
{
    off_t         at;
    char         *type, *id, *kind, key[2 * DOC_NAME_MAX + 16];
    char          none[] = "-";
    doc_entry_t  *entry;

    at = ftello(b->spool);

    if (letter == 'r') {
        doc_spool_put(b, 'r', text);
    }

    type = doc_word(&text);
    id = doc_word(&text);
    kind = letter == 'r' ? doc_word(&text) : none;

    doc_spool_key(key, sizeof(key), type, id);
    entry = doc_map_find(&b->org.map, &b->org.arena, key);

    entry->at = at;
    entry->alive = (letter == 'r');
    doc_spool_note(b, entry, kind);
}


/*
 * Notes the resources that are being imported, and those with too many members
 * for one record.
 */

static void
doc_spool_note(doc_backup_t *b, doc_entry_t *entry, char *kind)
{
    size_t        len;
    doc_large_t  *large;

    len = strlen(kind);
    entry->importing = (len != 0 && kind[len - 1] == 'i');

    if (entry->importing) {
        kind[len - 1] = '\0';

        if (!entry->imported) {
            entry->imported = 1;
            entry->next_importing = b->org.importing;
            b->org.importing = entry;
        }
    }

    if (kind[0] == 'l') {
        large = doc_spool_large(b, entry);
        (void) snprintf(large->switched, sizeof(large->switched), "%s",
                        kind + 1);
        b->org.scans |= (strcmp(large->switched, large->scanned) != 0);

    } else if (entry->large != NULL) {
        entry->large->group = NULL;
        entry->large = NULL;
    }
}


static doc_large_t *
doc_spool_large(doc_backup_t *b, doc_entry_t *entry)
{
    doc_large_t  *large;

    if (entry->large != NULL) {
        return entry->large;
    }

    large = b->org.arena.alloc.alloc(&b->org.arena, sizeof(doc_large_t));
    if (large == NULL) {
        doc_nomem();
    }

    memset(large, 0, sizeof(doc_large_t));
    large->group = entry;
    large->next = b->org.large;
    b->org.large = large;
    entry->large = large;

    return large;
}


static void
doc_spool_key(char *key, size_t size, const char *type, const char *id)
{
    (void) snprintf(key, size, "%s %s", type, id);
}


/* 'u' and 'g': of the record in front of them; 'U' and 'G': of the large group
   that is being read */

void
doc_spool_members(doc_backup_t *b, char letter, const char *text)
{
    doc_spool_put(b, letter, text);
}


/* Notes a group, a member, and the current state of the membership. */

void
doc_spool_touched(doc_backup_t *b, char *text)
{
    char         *group, *member, key[2 * DOC_NAME_MAX + 16];
    doc_entry_t  *entry;

    group = doc_word(&text);
    member = doc_word(&text);

    doc_spool_key(key, sizeof(key), "group", group);
    entry = doc_map_find(&b->org.map, NULL, key);

    if (entry == NULL || entry->large == NULL) {
        return;
    }

    doc_map_find(&entry->large->touched, &b->org.arena, member)->kind
        = text[0];
}


/* Notes that a resource must be read again. */

void
doc_spool_wait(doc_backup_t *b, const char *type, const char *id)
{
    char          key[2 * DOC_NAME_MAX + 16];
    doc_entry_t  *entry;

    doc_spool_key(key, sizeof(key), type, id);
    entry = doc_map_find(&b->org.map, &b->org.arena, key);

    if (!entry->waits) {
        entry->waits = 1;
        entry->next = b->org.waiting;
        b->org.waiting = entry;
    }
}


/* Writes the resources and memberships as lines of the backup. */

void
doc_spool_write(doc_backup_t *b)
{
    int           last;
    char         *line, *text;
    off_t         at, next;
    size_t        size;
    ssize_t       len;
    doc_ids_t     ids;
    doc_entry_t  *entry;

    line = NULL;
    size = 0;
    last = 0;
    entry = NULL;
    memset(&ids, 0, sizeof(doc_ids_t));

    doc_spool_rewind(b);

    for (at = 0; (len = getline(&line, &size, b->spool)) > 0; at = next) {
        next = at + len;
        line[len - 1] = '\0';

        if (line[0] == 'r') {
            last = doc_spool_is_last(b, line + 1, at, &entry);

            if (last && entry->large != NULL) {
                doc_spool_write_large(b, entry->large);
                (void) fseeko(b->spool, next, SEEK_SET);
            }

        } else if (last && (line[0] == 'u' || line[0] == 'g')) {
            text = line + 1;
            ids.count = 0;
            ids.text.len = 0;

            while (*text != '\0') {
                doc_ids_add(&ids, doc_word(&text));
            }

            doc_ids_list(&ids);
            doc_spool_write_members(b, strchr(entry->key, ' ') + 1, line[0],
                                    &ids);
        }
    }

    free(line);
    doc_ids_free(&ids);
}


/*
 * Writes the resource if there is no later record of it; returns 1 if it did.
 */

static int
doc_spool_is_last(doc_backup_t *b, char *line, off_t at, doc_entry_t **entry)
{
    char    key[2 * DOC_NAME_MAX + 16];
    size_t  len;

    len = strcspn(line, " ") + 1;
    len += strcspn(line + len, " ");

    (void) snprintf(key, sizeof(key), "%.*s", (int) len, line);
    *entry = doc_map_find(&b->org.map, NULL, key);

    if (*entry == NULL || !(*entry)->alive || (*entry)->at != at) {
        return 0;
    }

    doc_spool_write_resource(b, line);

    return 1;
}


/*
 * A document stands in its line as it is. One that is no JSON, which is damage,
 * stands there as a string.
 */

static void
doc_spool_write_resource(doc_backup_t *b, char *text)
{
    char        *type, *id, *doc;
    size_t       len;
    doc_text_t  *out;

    out = &b->text;
    type = doc_word(&text);
    id = doc_word(&text);
    (void) doc_word(&text);

    doc = text + strcspn(text, "\t");

    if (*doc != '\0') {
        *doc++ = '\0';
    }

    out->len = 0;
    doc_append_text(out, "{\"type\":\"");
    doc_append_text(out, type);
    doc_append_text(out, "\",\"id\":\"");
    doc_append_text(out, id);
    doc_append_text(out, "\",\"fields\":");
    doc_append_text(out, text);
    len = out->len;

    if (doc[0] != '\0') {
        doc_append_text(out, ",\"doc\":");
        doc_append_text(out, doc);
    }

    if (!doc_spool_is_json(b) && doc[0] != '\0') {
        out->len = len;
        doc_append_text(out, ",\"text\":");
        doc_append_string(b->d, out, doc);
    }

    if (!doc_spool_is_json(b)) {
        (void) fprintf(stderr, "scimctl: organization \"%s\": %s \"%s\" is "
                       "damaged and left out: scimctl check\n", b->org.name,
                       type, id);
        b->damaged = 1;
        doc_arena_reset(&b->d->arena);
        return;
    }

    doc_seal_write(&b->seal, out);
    doc_spool_count(b, type);
    doc_arena_reset(&b->d->arena);
}


static int
doc_spool_is_json(doc_backup_t *b)
{
    int           rc;
    cJSON        *json;
    scim_error_t  err;

    doc_append(&b->text, "}", 1);
    rc = scim_json_parse(&b->d->arena.alloc, b->text.data, b->text.len, &json,
                         &err);
    b->text.len--;

    return rc == SCIM_OK;
}


static void
doc_spool_count(doc_backup_t *b, const char *type)
{
    size_t        i;
    doc_count_t  *count;

    for (i = 0; i < b->org.ncounts; i++) {
        count = &b->org.counts[i];

        if (strcmp(count->name, type) == 0) {
            count->n++;
        }
    }
}


/* Writes members as they were read, except those that have changed since. */

static void
doc_spool_write_large(doc_backup_t *b, doc_large_t *large)
{
    size_t        i, k;
    doc_ids_t     ids;
    const char   *group;
    doc_entry_t  *entry;

    group = strchr(large->group->key, ' ') + 1;

    for (k = 0; k < 2; k++) {
        memset(&ids, 0, sizeof(doc_ids_t));
        doc_spool_collect(b, large, k ? 'G' : 'U', &ids);

        for (i = 0; i < large->touched.nslots; i++) {
            entry = large->touched.slots[i];

            if (entry != NULL && entry->kind == (k ? 'g' : 'u')) {
                doc_ids_add(&ids, entry->key);
            }
        }

        doc_ids_sort(&ids);
        doc_spool_write_members(b, group, k ? 'g' : 'u', &ids);
        doc_ids_free(&ids);
    }
}


static void
doc_spool_collect(doc_backup_t *b, doc_large_t *large, char letter,
    doc_ids_t *ids)
{
    char     *line, *rest, *id;
    off_t     at;
    size_t    size;
    ssize_t   len;

    line = NULL;
    size = 0;
    (void) fseeko(b->spool, large->from, SEEK_SET);

    for (at = large->from; at < large->to; at += len) {
        len = getline(&line, &size, b->spool);
        if (len <= 0) {
            doc_fatal("a temporary file", "it is shorter than it was");
        }

        line[len - 1] = '\0';
        rest = line + 1;

        while (line[0] == letter && *rest != '\0') {
            id = doc_word(&rest);

            if (doc_map_find(&large->touched, NULL, id) == NULL) {
                doc_ids_add(ids, id);
            }
        }
    }

    free(line);
}


/* Writes the members that exist, some in each line. */

static void
doc_spool_write_members(doc_backup_t *b, const char *group, char letter,
    doc_ids_t *ids)
{
    char          key[2 * DOC_NAME_MAX + 16];
    size_t        i, n;
    doc_entry_t  *entry;

    n = 0;

    for (i = 0; i < ids->n; i++) {
        doc_spool_key(key, sizeof(key), letter == 'u' ? "user" : "group",
                      ids->list[i]);
        entry = doc_map_find(&b->org.map, NULL, key);

        if (entry == NULL || !entry->alive) {
            continue;
        }

        if (n == 0) {
            b->text.len = 0;
            doc_append_text(&b->text, "{\"group\":\"");
            doc_append_text(&b->text, group);
            doc_append_text(&b->text, letter == 'u' ? "\",\"users\":[\""
                                                    : "\",\"groups\":[\"");
        } else {
            doc_append_text(&b->text, "\",\"");
        }

        doc_append_text(&b->text, ids->list[i]);

        if (++n == DOC_MEMBERS_LINE) {
            doc_append_text(&b->text, "\"]");
            doc_seal_write(&b->seal, &b->text);
            n = 0;
        }
    }

    if (n != 0) {
        doc_append_text(&b->text, "\"]");
        doc_seal_write(&b->seal, &b->text);
    }
}


static void
doc_ids_add(doc_ids_t *ids, const char *id)
{
    doc_append(&ids->text, id, strlen(id) + 1);
    ids->count++;
}


/* makes the list, when all are there */

static void
doc_ids_list(doc_ids_t *ids)
{
    char  *id;

    free(ids->list);

    ids->n = 0;
    ids->list = malloc((ids->count + 1) * sizeof(char *));
    if (ids->list == NULL) {
        doc_nomem();
    }

    for (id = ids->text.data; ids->n < ids->count; id += strlen(id) + 1) {
        ids->list[ids->n++] = id;
    }
}


static int
doc_ids_compare(const void *one, const void *two)
{
    return strcmp(*(char *const *) one, *(char *const *) two);
}


/* makes the list in order, each once */

static void
doc_ids_sort(doc_ids_t *ids)
{
    size_t  i, n;

    doc_ids_list(ids);

    if (ids->n != 0) {
        qsort(ids->list, ids->n, sizeof(char *), doc_ids_compare);
    }

    for (i = 0, n = 0; i < ids->n; i++) {
        if (n == 0 || strcmp(ids->list[n - 1], ids->list[i]) != 0) {
            ids->list[n++] = ids->list[i];
        }
    }

    ids->n = n;
}


static void
doc_ids_free(doc_ids_t *ids)
{
    free(ids->text.data);
    free(ids->list);
    memset(ids, 0, sizeof(doc_ids_t));
}
