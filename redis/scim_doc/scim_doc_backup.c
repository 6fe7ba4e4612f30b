/*
 * A backup of a server: its organizations one after the other, each as it is
 * at one moment. Tokens and clients follow, so that those revoked meanwhile
 * are not in it.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "scim_doc_backup.h"


static void doc_backup_list(doc_backup_t *b, const char *step);
static void doc_backup_slices(doc_backup_t *b, const char *org,
    const char *step, doc_answer_pt take);
static void doc_backup_take_org(doc_backup_t *b, char letter, char *text);
static doc_entry_t **doc_backup_orgs(doc_backup_t *b);
static int doc_backup_compare(const void *one, const void *two);
static void doc_backup_head(doc_backup_t *b);
static void doc_backup_take_directory(doc_backup_t *b, char letter,
    char *text);
static void doc_backup_org(doc_backup_t *b, doc_entry_t *entry);
static void doc_backup_begin(doc_backup_t *b);
static void doc_backup_end(doc_backup_t *b);
static void doc_backup_stream(doc_backup_t *b, const char *name,
    const char *last);
static void doc_backup_take_entry(doc_backup_t *b, char letter, char *text);
static void doc_backup_take_import(doc_backup_t *b, char letter, char *text);
static void doc_backup_take_key(doc_backup_t *b, char letter, char *text);
static void doc_backup_close(doc_backup_t *b);
static void doc_backup_put(doc_backup_t *b, ...) __attribute__((sentinel));


/* the cursor of a scan, and the stream that is being read */

static char         doc_cursor[DOC_ENTRY_ID];
static const char  *doc_stream;


void
doc_backup(doc_t *d)
{
    size_t         i;
    doc_entry_t  **list;

    static doc_backup_t  b;

    doc_name = "scimctl";
    b.d = d;
    doc_arena_init(&b.org.arena);
    doc_seal_init(&b.seal, fdopen(DOC_BACKUP_FD, "w"));

    if (b.seal.file == NULL) {
        doc_fatal("the backup", strerror(errno));
    }

    doc_spool_open(&b);
    doc_backup_list(&b, "orgs");
    doc_backup_list(&b, "tenants");

    if (d->org != NULL && b.orgs.n == 0) {
        doc_fatal(d->org, "there is no such organization");
    }

    doc_backup_head(&b);
    list = doc_backup_orgs(&b);

    for (i = 0; i < b.orgs.n; i++) {
        doc_progress("backup", i, b.orgs.n, "organizations");
        doc_backup_org(&b, list[i]);
    }

    free(list);
    doc_backup_slices(&b, "-", "keys", doc_backup_take_key);
    doc_backup_close(&b);
    doc_progress("backup", b.orgs.n, b.orgs.n, "organizations");
    doc_progress_end();

    if (b.damaged) {
        exit(2);
    }
}


/* Reads organizations by their keys, or by the list of them. */

static void
doc_backup_list(doc_backup_t *b, const char *step)
{
    doc_backup_slices(b, "-", step, doc_backup_take_org);
}


static void
doc_backup_slices(doc_backup_t *b, const char *org, const char *step,
    doc_answer_pt take)
{
    char  from[DOC_ENTRY_ID];

    doc_copy(doc_cursor, sizeof(doc_cursor), "0");

    do {
        doc_copy(from, sizeof(from), doc_cursor);
        doc_ask(b, org, take, step, from, NULL);
    } while (strcmp(doc_cursor, "0") != 0);
}


static void
doc_backup_take_org(doc_backup_t *b, char letter, char *text)
{
    char         *name;
    doc_entry_t  *entry;

    if (letter == 'c') {
        doc_copy(doc_cursor, sizeof(doc_cursor), text);
        return;
    }

    name = doc_word(&text);

    if (letter != 'o' || strlen(name) > DOC_NAME_MAX
        || (b->d->org != NULL && strcmp(b->d->org, name) != 0))
    {
        return;
    }

    entry = doc_map_find(&b->orgs, &b->d->config, name);

    if (strcmp(text, "-") != 0) {
        entry->listed = 1;
        entry->at = strtoll(text, NULL, 10);
    }
}


/*
 * Writes the organizations in the order of their creation; those without a
 * place in the list come first.
 */

static doc_entry_t **
doc_backup_orgs(doc_backup_t *b)
{
    size_t         i, n;
    doc_entry_t  **list;

    list = malloc((b->orgs.n + 1) * sizeof(doc_entry_t *));
    if (list == NULL) {
        doc_nomem();
    }

    for (i = 0, n = 0; i < b->orgs.nslots; i++) {
        if (b->orgs.slots[i] != NULL) {
            list[n++] = b->orgs.slots[i];
        }
    }

    qsort(list, n, sizeof(doc_entry_t *), doc_backup_compare);

    return list;
}


static int
doc_backup_compare(const void *one, const void *two)
{
    const doc_entry_t  *a, *b;

    a = *(doc_entry_t *const *) one;
    b = *(doc_entry_t *const *) two;

    if (a->at != b->at) {
        return a->at < b->at ? -1 : 1;
    }

    return strcmp(a->key, b->key);
}


static void
doc_backup_head(doc_backup_t *b)
{
    char        time_text[32];
    time_t      now;
    struct tm  *tm;

    now = time(NULL);
    tm = gmtime(&now);
    (void) strftime(time_text, sizeof(time_text), "%Y-%m-%dT%H:%M:%SZ", tm);

    b->text.len = 0;
    doc_backup_put(b, "{\"scim_backup\":1,\"data_format\":1,\"created\":\"",
                   time_text, "\"", NULL);

    if (b->d->org == NULL) {
        doc_backup_put(b, ",\"directory\":[", NULL);
        doc_ask(b, "-", doc_backup_take_directory, "directory", NULL);
        doc_backup_put(b, "]", NULL);
    }

    doc_seal_write(&b->seal, &b->text);
}


/* Takes the identities by which nginx recognizes the data of a server. */

static void
doc_backup_take_directory(doc_backup_t *b, char letter, char *text)
{
    if (letter == 'y') {
        doc_backup_put(b, b->text.data[b->text.len - 1] == '[' ? "\"" : ",\"",
                       text, "\"", NULL);
    }
}


static void
doc_backup_org(doc_backup_t *b, doc_entry_t *entry)
{
    doc_org_t  *org;

    org = &b->org;

    doc_copy(org->name, sizeof(org->name), entry->key);
    org->place[0] = '\0';

    if (entry->listed) {
        (void) snprintf(org->place, sizeof(org->place), "%lld",
                        (long long) entry->at);
    }

    if (!doc_moment(b)) {
        doc_progress_end();
        (void) fprintf(stderr, "scimctl: organization \"%s\" is being deleted "
                       "and left out\n", org->name);
        return;
    }

    entry->alive = 1;
    b->norgs++;

    doc_backup_begin(b);
    doc_spool_write(b);

    if (org->cycle != NULL) {
        doc_backup_put(b, "{\"cycle\":", org->cycle, NULL);
        doc_seal_write(&b->seal, &b->text);
    }

    doc_backup_stream(b, "log", org->log);
    doc_backup_stream(b, "cycles", org->cycles);
    doc_backup_slices(b, org->name, "import", doc_backup_take_import);
    doc_backup_end(b);
}


static void
doc_backup_begin(doc_backup_t *b)
{
    b->text.len = 0;
    doc_backup_put(b, "{\"org\":\"", b->org.name, "\"", NULL);

    if (b->org.place[0] != '\0') {
        doc_backup_put(b, ",\"place\":", b->org.place, NULL);
    }

    doc_backup_put(b, ",\"meta\":", b->org.meta, NULL);
    doc_seal_write(&b->seal, &b->text);
}


/*
 * Ends an organization with the number of its resources that were read. The
 * numbers of Redis differ only if its lists are damaged.
 */

static void
doc_backup_end(doc_backup_t *b)
{
    char          number[32];
    size_t        i;
    doc_count_t  *count;

    doc_backup_put(b, "{\"end\":\"", b->org.name, "\",\"changes\":\"",
                   b->org.last, "\",\"resources\":{", NULL);

    for (i = 0; i < b->org.ncounts; i++) {
        count = &b->org.counts[i];
        (void) snprintf(number, sizeof(number), "\":%zu", count->n);
        doc_backup_put(b, i ? ",\"" : "\"", count->name, number, NULL);

        if (count->n != count->there) {
            (void) fprintf(stderr, "scimctl: organization \"%s\" is damaged, "
                           "%zu %ss were found and %zu are listed: scimctl "
                           "check\n", b->org.name, count->n, count->name,
                           count->there);
            b->damaged = 1;
        }
    }

    doc_backup_put(b, "}", NULL);
    doc_seal_write(&b->seal, &b->text);
}


/* Writes entries up to the latest at the moment. */

static void
doc_backup_stream(doc_backup_t *b, const char *name, const char *last)
{
    char  from[DOC_ENTRY_ID];

    if (strcmp(last, "0-0") == 0) {
        return;
    }

    doc_stream = name;
    doc_copy(doc_cursor, sizeof(doc_cursor), "-");

    do {
        doc_copy(from, sizeof(from), doc_cursor);
        doc_ask(b, b->org.name, doc_backup_take_entry, "stream", name, from,
                last, NULL);
    } while (strcmp(doc_cursor, "0") != 0);
}


static void
doc_backup_take_entry(doc_backup_t *b, char letter, char *text)
{
    char  *id;

    if (letter == 'c') {
        doc_copy(doc_cursor, sizeof(doc_cursor), text);

    } else if (letter == 'p') {
        id = doc_word(&text);
        doc_backup_put(b, "{\"stream\":\"", doc_stream, "\",\"id\":\"", id,
                       "\",\"values\":", text, NULL);
        doc_seal_write(&b->seal, &b->text);
    }
}


static void
doc_backup_take_import(doc_backup_t *b, char letter, char *text)
{
    char  *id;

    if (letter == 'c') {
        doc_copy(doc_cursor, sizeof(doc_cursor), text);

    } else if (letter == 'p') {
        id = doc_word(&text);
        doc_backup_put(b, "{\"import\":", text, ",\"id\":\"", id, "\"", NULL);
        doc_seal_write(&b->seal, &b->text);
    }
}


/* SCAN can return a key more than once */

static void
doc_backup_take_key(doc_backup_t *b, char letter, char *text)
{
    char         *kind, *name, *org, *listed, *goes;
    doc_entry_t  *entry;

    if (letter == 'c') {
        doc_copy(doc_cursor, sizeof(doc_cursor), text);
        return;
    }

    if (letter != 'k') {
        return;
    }

    kind = doc_word(&text);
    name = doc_word(&text);
    org = doc_word(&text);
    listed = doc_word(&text);
    goes = doc_word(&text);

    entry = doc_map_find(&b->orgs, NULL, org);

    if (entry == NULL || !entry->alive) {
        return;
    }

    entry = doc_map_find(&b->keys, &b->d->config, name);

    if (entry->alive) {
        return;
    }

    entry->alive = 1;

    doc_backup_put(b, "{\"", kind, "\":\"", name, "\",\"of\":\"", org,
                   listed[0] == '1' ? "\",\"listed\":true" : "\"", NULL);

    if (goes[0] != '-') {
        doc_backup_put(b, ",\"goes\":", goes, NULL);
    }

    doc_backup_put(b, ",\"fields\":", text, NULL);
    doc_seal_write(&b->seal, &b->text);
}


static void
doc_backup_close(doc_backup_t *b)
{
    int   fd;
    char  number[64];

    (void) snprintf(number, sizeof(number), "%zu,\"lines\":%lu", b->norgs,
                    b->seal.lines + 1);
    doc_backup_put(b, "{\"complete\":true,\"orgs\":", number, NULL);
    doc_seal_write(&b->seal, &b->text);

    fd = fileno(b->seal.file);

    if (fflush(b->seal.file) != 0
        || (fsync(fd) != 0 && errno != EINVAL && errno != EROFS))
    {
        doc_fatal("the backup cannot be written", strerror(errno));
    }
}


/* texts behind the line that is being made */

static void
doc_backup_put(doc_backup_t *b, ...)
{
    va_list      texts;
    const char  *text;

    va_start(texts, b);

    while ((text = va_arg(texts, const char *)) != NULL) {
        doc_append_text(&b->text, text);
    }

    va_end(texts);
}
