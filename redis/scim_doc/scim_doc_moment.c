/*
 * Reads an organization as it is at one moment, while others write. It reads
 * everything once, in slices. Then it reads what has changed since, until so
 * little is left that one script reads it. That script is the moment.
 *
 * The members of a large group are read once. Before that, a journal begins to
 * note the members that join or leave, and their state is read later.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scim_doc_backup.h"


#define DOC_ATTEMPTS    5
#define DOC_ROUNDS      200
#define DOC_PATIENCE    50       /* rounds until a moment may take longer */
#define DOC_AT_ONCE     50
#define DOC_IDS         100      /* of one question */
#define DOC_SCANS       20


typedef enum {
    DOC_DONE,
    DOC_AGAIN,
    DOC_GONE
} doc_moment_e;


static doc_moment_e doc_moment_try(doc_backup_t *b);
static void doc_moment_all(doc_backup_t *b);
static void doc_moment_rest(doc_backup_t *b);
static void doc_moment_pages(doc_backup_t *b, const char *type);
static void doc_moment_changed(doc_backup_t *b);
static void doc_moment_waiting(doc_backup_t *b);
static void doc_moment_ask_for(doc_backup_t *b, doc_entry_t *entry);
static void doc_moment_scans(doc_backup_t *b);
static void doc_moment_scan(doc_backup_t *b, doc_large_t *large);
static void doc_moment_set(doc_backup_t *b, doc_large_t *large,
    const char *set);
static void doc_moment_touched(doc_backup_t *b);
static void doc_moment_final(doc_backup_t *b, int round);
static void doc_moment_take(doc_backup_t *b, char letter, char *text);
static void doc_moment_take_type(doc_backup_t *b, char *text);
static void doc_moment_take_scan(doc_backup_t *b, char letter, char *text);
static char *doc_moment_keep(doc_backup_t *b, const char *text);


/* where to go on in what is read in slices */

static char  doc_cursor[DOC_ENTRY_ID];


int
doc_moment(doc_backup_t *b)
{
    int           i;
    doc_moment_e  rc;

    for (i = 0; i < DOC_ATTEMPTS; i++) {
        rc = doc_moment_try(b);

        if (b->org.journal) {
            doc_ask(b, b->org.name, doc_moment_take, "no_journal", NULL);
        }

        if (rc != DOC_AGAIN) {
            return rc == DOC_DONE;
        }
    }

    doc_fatal(b->org.name, "the organization changes too fast: run this again");
}


static doc_moment_e
doc_moment_try(doc_backup_t *b)
{
    int         there;
    char       *before;
    doc_org_t  *org;

    org = &b->org;
    doc_spool_reset(b);
    org->journal = org->deleting = org->lost = org->done = 0;

    doc_ask(b, org->name, doc_moment_take, "begin", NULL);

    there = (strcmp(org->meta, "{}") != 0);
    before = org->indexes;

    if (org->deleting || (!there && org->place[0] == '\0')) {
        return DOC_GONE;
    }

    doc_moment_all(b);
    doc_moment_rest(b);

    if (org->deleting || (there && strcmp(org->meta, "{}") == 0)) {
        return DOC_GONE;
    }

    /* a newly complete index has entries that were not read yet */

    if (!org->done
        || (before[0] != '\0' && strcmp(before, org->indexes) != 0))
    {
        return DOC_AGAIN;
    }

    return DOC_DONE;
}


/* Reads everything once. */

static void
doc_moment_all(doc_backup_t *b)
{
    size_t      i, n;
    doc_org_t  *org;

    org = &b->org;
    n = org->ncounts;
    org->total = 0;

    for (i = 0; i < n; i++) {
        org->total += org->counts[i].there;
    }

    for (i = 0; i < n; i++) {
        doc_moment_pages(b, org->counts[i].name);
    }
}


/* Reads all changes since the last look, until the moment of the backup. */

static void
doc_moment_rest(doc_backup_t *b)
{
    int         round;
    doc_org_t  *org;

    org = &b->org;

    for (round = 0; round < DOC_ROUNDS; round++) {
        doc_moment_changed(b);
        doc_moment_waiting(b);
        doc_moment_scans(b);
        doc_moment_touched(b);

        if (!org->lost) {
            doc_moment_final(b, round);
        }

        if (org->done || org->lost || org->deleting) {
            return;
        }
    }
}


static void
doc_moment_pages(doc_backup_t *b, const char *type)
{
    char  from[DOC_ENTRY_ID];

    doc_copy(doc_cursor, sizeof(doc_cursor), "0");

    do {
        doc_progress(b->org.name, b->org.map.n, b->org.total, "resources");
        doc_copy(from, sizeof(from), doc_cursor);
        doc_ask(b, b->org.name, doc_moment_take, "page", type, from, NULL);
    } while (strcmp(doc_cursor, "0") != 0);
}


/*
 * Returns the entries of the change stream behind the last one that is known.
 */

static void
doc_moment_changed(doc_backup_t *b)
{
    char  from[DOC_ENTRY_ID];

    do {
        b->org.more = 0;
        doc_copy(from, sizeof(from), b->org.last);
        doc_ask(b, b->org.name, doc_moment_take, "changed", from, NULL);
    } while (b->org.more && !b->org.lost);
}


/*
 * Reads again what has changed. Unfinished imports are left to the moment
 * itself, because no stream has their end.
 */

static void
doc_moment_waiting(doc_backup_t *b)
{
    size_t        n;
    doc_entry_t  *entry;

    while (b->org.waiting != NULL && !b->org.lost) {
        doc_ask_begin(b, b->org.name);
        doc_ask_word(b, "ids");

        for (n = 0; n < DOC_IDS && b->org.waiting != NULL; n++) {
            entry = b->org.waiting;
            b->org.waiting = entry->next;
            entry->waits = 0;

            doc_moment_ask_for(b, entry);
        }

        doc_ask_end(b, doc_moment_take);
    }
}


static void
doc_moment_ask_for(doc_backup_t *b, doc_entry_t *entry)
{
    char  *space;

    space = entry->key + strcspn(entry->key, " ");
    *space = '\0';

    doc_ask_word(b, entry->key);
    doc_ask_word(b, space + 1);

    *space = ' ';
}


/*
 * Reads the members of large groups that were not read, or were replaced
 * since.
 */

static void
doc_moment_scans(doc_backup_t *b)
{
    doc_large_t  *large;

    if (!b->org.scans) {
        return;
    }

    b->org.scans = 0;

    if (!b->org.journal) {
        doc_ask(b, b->org.name, doc_moment_take, "journal", NULL);
        b->org.journal = 1;
    }

    for (large = b->org.large; large != NULL; large = large->next) {
        if (large->group != NULL
            && strcmp(large->switched, large->scanned) != 0)
        {
            doc_moment_scan(b, large);
        }
    }
}


static void
doc_moment_scan(doc_backup_t *b, doc_large_t *large)
{
    int  i;

    b->org.scanning = large;

    for (i = 0; i < DOC_SCANS; i++) {
        doc_map_free(&large->touched);
        large->scanned[0] = '\0';
        large->from = ftello(b->spool);

        doc_moment_set(b, large, "members");
        doc_moment_set(b, large, "groups");

        large->to = ftello(b->spool);

        if (strcmp(large->switched, large->scanned) == 0) {
            break;
        }

        doc_copy(large->switched, sizeof(large->switched),
                        large->scanned);
        large->scanned[0] = '\0';
        b->org.scans = 1;
    }

    b->org.scanning = NULL;
}


static void
doc_moment_set(doc_backup_t *b, doc_large_t *large, const char *set)
{
    char         from[DOC_ENTRY_ID];
    const char  *id;

    id = strchr(large->group->key, ' ') + 1;
    doc_copy(doc_cursor, sizeof(doc_cursor), "0");

    do {
        doc_copy(from, sizeof(from), doc_cursor);
        doc_ask(b, b->org.name, doc_moment_take_scan, "scan", id, set, from,
                NULL);
    } while (strcmp(doc_cursor, "0") != 0);
}


static void
doc_moment_touched(doc_backup_t *b)
{
    if (!b->org.journal) {
        return;
    }

    do {
        b->org.more = 0;
        doc_ask(b, b->org.name, doc_moment_take, "touched", NULL);
    } while (b->org.more && !b->org.lost);
}


/* Reads the moment, if little enough is left. */

static void
doc_moment_final(doc_backup_t *b, int round)
{
    char          limit[16];
    doc_entry_t  *entry;

    (void) snprintf(limit, sizeof(limit), "%d",
                    round < DOC_PATIENCE ? DOC_AT_ONCE : 20 * DOC_AT_ONCE);

    doc_ask_begin(b, b->org.name);
    doc_ask_word(b, "final");
    doc_ask_word(b, b->org.last);
    doc_ask_word(b, b->org.journal ? "journal" : "");
    doc_ask_word(b, limit);

    for (entry = b->org.importing; entry; entry = entry->next_importing) {
        if (entry->importing) {
            doc_moment_ask_for(b, entry);
        }
    }

    b->org.ncounts = 0;
    doc_ask_end(b, doc_moment_take);

    if (b->org.done && b->org.scans) {
        b->org.done = 0;
    }
}


static void
doc_moment_take(doc_backup_t *b, char letter, char *text)
{
    char       *type;
    doc_org_t  *org;

    org = &b->org;

    switch (letter) {

    case 'r':
    case 'x':
        doc_spool_record(b, letter, text);
        break;

    case 'u':
    case 'g':
        doc_spool_members(b, letter, text);
        break;

    case 'e':
        type = doc_word(&text);
        doc_spool_wait(b, type, text);
        break;

    case 'j':
        doc_spool_touched(b, text);
        break;

    case 'c':
        doc_copy(doc_cursor, sizeof(doc_cursor), text);
        break;

    case 's':
        doc_copy(org->last, sizeof(org->last), text);
        break;

    case 't':
        doc_moment_take_type(b, text);
        break;

    case 'i':
        org->indexes = doc_moment_keep(b, text);
        break;

    case 'm':
        org->meta = doc_moment_keep(b, text);
        break;

    case 'h':
        org->cycle = doc_moment_keep(b, text);
        break;

    case 'q':
        type = doc_word(&text);
        doc_copy(org->log, sizeof(org->log), type);
        doc_copy(org->cycles, sizeof(org->cycles), text);
        break;

    case 'w':
        (void) fprintf(stderr, "scimctl: %s: scimctl check\n", text);
        b->damaged = 1;
        break;

    case 'd':
        org->deleting = 1;
        break;

    case 'l':
        org->lost = 1;
        break;

    case 'f':
        org->more = 1;
        break;

    case 'z':
        org->done = 1;
        break;

    default:
        break;
    }
}


static void
doc_moment_take_type(doc_backup_t *b, char *text)
{
    char         *name;
    doc_count_t  *count;

    name = doc_word(&text);

    if (b->org.ncounts == DOC_TYPES_MAX) {
        doc_fatal(name, "too many resource types");
    }

    count = &b->org.counts[b->org.ncounts++];
    doc_copy(count->name, sizeof(count->name), name);
    count->n = 0;
    count->there = strtoul(text, NULL, 10);
}


static void
doc_moment_take_scan(doc_backup_t *b, char letter, char *text)
{
    doc_large_t  *large;

    large = b->org.scanning;

    switch (letter) {

    case 'c':
        doc_copy(doc_cursor, sizeof(doc_cursor), text);
        break;

    case 'v':
        if (large->scanned[0] == '\0') {
            doc_copy(large->scanned, sizeof(large->scanned), text);

        } else if (strcmp(large->scanned, text) != 0) {
            doc_copy(large->scanned, sizeof(large->scanned), "?");
        }

        break;

    case 'u':
        doc_spool_members(b, 'U', text);
        break;

    case 'g':
        doc_spool_members(b, 'G', text);
        break;

    default:
        break;
    }
}


static char *
doc_moment_keep(doc_backup_t *b, const char *text)
{
    char    *copy;
    size_t   len;

    len = strlen(text) + 1;

    copy = b->org.arena.alloc.alloc(&b->org.arena, len);
    if (copy == NULL) {
        doc_nomem();
    }

    memcpy(copy, text, len);

    return copy;
}
