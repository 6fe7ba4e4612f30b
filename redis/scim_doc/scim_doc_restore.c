/*
 * The lines of a backup, which are looked at before anything is made of them:
 * a file can be damaged, or somebody else's. What comes of a line is a record of
 * restore.lua, which writes to no key but those of the organization, tokens and
 * clients.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scim_doc_backup.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json_parse.h"


#define DOC_RESTORE_BYTES  (48 * 1024)


typedef struct {
    doc_t          *d;
    doc_seal_t      seal;
    int             restore;      /* commands are wanted */
    unsigned long   before;       /* the line of the record before */
    unsigned long   total;        /* lines, if known */
    char            created[32];

    char           *line;
    size_t          len;
    cJSON          *json;

    char            org[DOC_NAME_MAX + 1];    /* "" between organizations */
    int             wanted;       /* it is the one that is asked for */
    char            seq[32];
    doc_map_t       map;          /* resources of the organization */
    doc_arena_t     arena;
    doc_map_t       orgs;
    size_t          norgs;
    size_t          nresources;
    int             found;        /* the one that is asked for */
    int             keys;         /* tokens and clients have begun */
    int             complete;
} doc_restore_t;

typedef const char *(*doc_line_pt)(doc_restore_t *r);

typedef struct {
    const char     *name;
    doc_line_pt     take;
} doc_line_kind_t;


static void doc_restore_read(doc_restore_t *r, doc_t *d, const char *what);
static void doc_restore_line(doc_restore_t *r);
static void doc_restore_bad(unsigned long line, const char *why)
    __attribute__((noreturn));
static const char *doc_restore_parse(doc_restore_t *r);
static const char *doc_restore_head(doc_restore_t *r);
static const char *doc_restore_directory(doc_restore_t *r);
static const char *doc_restore_org(doc_restore_t *r);
static const char *doc_restore_resource(doc_restore_t *r);
static int doc_restore_document(doc_restore_t *r, const char **text);
static int doc_restore_is_type(doc_restore_t *r, const char *type);
static const char *doc_restore_members(doc_restore_t *r);
static const char *doc_restore_entry(doc_restore_t *r);
static const char *doc_restore_cycle(doc_restore_t *r);
static const char *doc_restore_import(doc_restore_t *r);
static const char *doc_restore_end(doc_restore_t *r);
static const char *doc_restore_token(doc_restore_t *r);
static const char *doc_restore_client(doc_restore_t *r);
static const char *doc_restore_key(doc_restore_t *r, const char *kind,
    const char *name);
static const char *doc_restore_complete(doc_restore_t *r);
static void doc_restore_check_members(doc_restore_t *r);
static void doc_restore_record(doc_restore_t *r, const char *kind,
    const char *org);
static void doc_restore_record_end(doc_restore_t *r);
static int doc_restore_put_fields(doc_restore_t *r, const cJSON *fields,
    const char *without);
static int doc_restore_is_value(const cJSON *value);
static const char *doc_restore_text(doc_restore_t *r, const char *name);
static int doc_restore_is_name(const char *text, const char *more,
    size_t most);
static int doc_restore_is_digits(const char *text);
static int doc_restore_is_entry(const char *text);
static doc_entry_t *doc_restore_find(doc_restore_t *r, const char *type,
    const char *id);


/* by the first member */

static const doc_line_kind_t  doc_kinds[] = {
    { "type", doc_restore_resource },
    { "group", doc_restore_members },
    { "stream", doc_restore_entry },
    { "import", doc_restore_import },
    { "cycle", doc_restore_cycle },
    { "org", doc_restore_org },
    { "end", doc_restore_end },
    { "token", doc_restore_token },
    { "client", doc_restore_client },
    { "complete", doc_restore_complete },
    { "scim_backup", doc_restore_head }
};


void
doc_verify(doc_t *d)
{
    static doc_restore_t  r;

    doc_restore_read(&r, d, "verify");

    (void) printf("%016llx %s %lu %zu %zu\n",
                  (unsigned long long) r.seal.sum, r.created, r.seal.lines,
                  r.norgs, r.nresources);
}


void
doc_restore(doc_t *d)
{
    static doc_restore_t  r;

    r.restore = 1;
    doc_restore_read(&r, d, "restore");
    doc_flush(d);
}


static void
doc_restore_read(doc_restore_t *r, doc_t *d, const char *what)
{
    char     *line;
    size_t    size;
    ssize_t   len;

    r->d = d;
    r->before = d->from;
    r->total = d->lines;
    d->batch_bytes = DOC_RESTORE_BYTES;
    doc_arena_init(&r->arena);
    doc_seal_init(&r->seal, stdin);

    doc_name = "scimctl";
    line = NULL;
    size = 0;

    while ((len = getline(&line, &size, stdin)) > 0) {
        r->line = line;
        r->len = len;
        doc_restore_line(r);
        doc_arena_reset(&d->arena);
        doc_progress(what, r->seal.lines, r->total, "lines");
    }

    doc_progress_end();
    free(line);

    if (ferror(stdin)) {
        doc_fatal("the backup", strerror(errno));
    }

    if (!r->complete) {
        doc_restore_bad(r->seal.lines + 1, "the file ends in front of its last "
                        "line");
    }

    if (d->org != NULL && !r->found) {
        doc_fatal(d->org, "the backup has no such organization");
    }
}


static void
doc_restore_bad(unsigned long line, const char *why)
{
    char  text[48];

    (void) snprintf(text, sizeof(text), "the backup, line %lu", line);
    doc_fatal(text, why);
}


static void
doc_restore_line(doc_restore_t *r)
{
    size_t       i;
    const char  *why;

    why = r->complete ? "there is more behind the last line"
                      : doc_seal_read(&r->seal, r->line, &r->len);
    if (why != NULL) {
        doc_restore_bad(r->seal.lines + 1, why);
    }

    why = doc_restore_parse(r);

    for (i = 0; why == NULL; i++) {
        if (i == sizeof(doc_kinds) / sizeof(doc_kinds[0])) {
            why = "a line of an unknown kind";

        } else if (strcmp(r->json->child->string, doc_kinds[i].name) == 0) {
            why = (r->seal.lines == 1) != (doc_kinds[i].take
                                           == doc_restore_head)
                  ? "the first line of a backup must be its head"
                  : doc_kinds[i].take(r);
            break;
        }
    }

    if (why != NULL) {
        doc_restore_bad(r->seal.lines, why);
    }
}


static const char *
doc_restore_parse(doc_restore_t *r)
{
    scim_error_t  err;

    if (scim_json_parse(&r->d->arena.alloc, r->line, r->len, &r->json, &err)
        != SCIM_OK
        || !cJSON_IsObject(r->json) || r->json->child == NULL)
    {
        return "this is no JSON object";
    }

    return NULL;
}


static const char *
doc_restore_head(doc_restore_t *r)
{
    const char   *created;
    const cJSON  *format, *data;

    format = cJSON_GetObjectItemCaseSensitive(r->json, "scim_backup");
    data = cJSON_GetObjectItemCaseSensitive(r->json, "data_format");
    created = doc_restore_text(r, "created");

    if (!cJSON_IsNumber(format) || created == NULL
        || !doc_restore_is_name(created, ":", sizeof(r->created) - 1))
    {
        return "this is no backup";
    }

    if (format->valuedouble != DOC_BACKUP_FORMAT || !cJSON_IsNumber(data)
        || data->valuedouble != 1)
    {
        return "this backup is of another format: use the version that made "
               "it, or a later one";
    }

    doc_copy(r->created, sizeof(r->created), created);

    return doc_restore_directory(r);
}


/*
 * Writes the identities of the directory, which only a restore of the whole
 * directory has.
 */

static const char *
doc_restore_directory(doc_restore_t *r)
{
    const cJSON  *list, *item;

    list = cJSON_GetObjectItemCaseSensitive(r->json, "directory");

    if (list == NULL || list->child == NULL) {
        return NULL;
    }

    doc_restore_record(r, "directory", "-");

    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsString(item) || strlen(item->valuestring) != 32
            || strspn(item->valuestring, "0123456789abcdef") != 32)
        {
            return "the identity of the directory is wrong";
        }

        doc_put(r->d, item->valuestring);
    }

    r->wanted = (r->d->org == NULL);
    doc_restore_record_end(r);

    return NULL;
}


static const char *
doc_restore_org(doc_restore_t *r)
{
    char          place[32];
    const char   *name;
    const cJSON  *meta, *score, *seq;
    doc_entry_t  *entry;

    name = doc_restore_text(r, "org");
    meta = cJSON_GetObjectItemCaseSensitive(r->json, "meta");
    score = cJSON_GetObjectItemCaseSensitive(r->json, "place");

    if (name == NULL || !doc_restore_is_name(name, ".", DOC_NAME_MAX)) {
        return "the name of an organization is wrong";
    }

    if (r->org[0] != '\0' || r->keys) {
        return "an organization begins where none can";
    }

    entry = doc_map_find(&r->orgs, &r->d->config, name);
    if (entry->alive) {
        return "an organization stands there twice";
    }

    entry->alive = 1;
    r->norgs++;
    doc_copy(r->org, sizeof(r->org), name);
    r->wanted = r->d->org == NULL || strcmp(r->d->org, name) == 0;
    r->found |= r->wanted;

    place[0] = '\0';

    if (cJSON_IsNumber(score)) {
        (void) snprintf(place, sizeof(place), "%.0f", score->valuedouble);
    }

    doc_restore_record(r, "org", name);
    doc_put(r->d, place);

    if (doc_restore_put_fields(r, meta, "seq") != SCIM_OK) {
        return "\"meta\" is wrong";
    }

    doc_restore_record_end(r);

    seq = cJSON_GetObjectItemCaseSensitive(meta, "seq");
    (void) snprintf(r->seq, sizeof(r->seq), "%s",
                    cJSON_IsString(seq)
                    && doc_restore_is_digits(seq->valuestring)
                    ? seq->valuestring : "");

    for (meta = meta->child; meta != NULL; meta = meta->next) {
        if (strncmp(meta->string, "indexes:", 8) == 0) {
            doc_restore_find(r, "type", meta->string + 8)->alive = 1;
        }
    }

    return NULL;
}


static const char *
doc_restore_resource(doc_restore_t *r)
{
    const char   *type, *id, *text;
    doc_entry_t  *entry;

    type = doc_restore_text(r, "type");
    id = doc_restore_text(r, "id");
    text = doc_restore_text(r, "text");

    if (type == NULL || id == NULL || !doc_restore_is_type(r, type)
        || !doc_restore_is_name(id, "", DOC_NAME_MAX))
    {
        return "the type or id of a resource is wrong";
    }

    entry = doc_restore_find(r, type, id);
    if (entry->alive) {
        return "a resource stands there twice";
    }

    entry->alive = 1;
    r->nresources++;

    doc_restore_record(r, "resource", r->org);
    doc_put(r->d, type);
    doc_put(r->d, id);

    if (doc_restore_put_fields(r, cJSON_GetObjectItemCaseSensitive(r->json,
                                                                   "fields"),
                               "groups")
        != SCIM_OK)
    {
        return "the fields of a resource are wrong";
    }

    if (doc_restore_document(r, &text) != SCIM_OK) {
        return "the document of a resource is not in its place";
    }

    if (text != NULL) {
        doc_put(r->d, "doc");
        doc_put(r->d, text);
    }

    doc_restore_record_end(r);

    return NULL;
}


/*
 * The document is taken as it stands in the line. It is the last member, behind
 * the fields, which are texts, and a quote in a text has a backslash in front of
 * it: so the first ,"doc": is the one, unless it is the name of a field.
 */

static int
doc_restore_document(doc_restore_t *r, const char **text)
{
    char         *at;
    const cJSON  *doc, *fields;

    doc = cJSON_GetObjectItemCaseSensitive(r->json, "doc");

    if (doc == NULL) {
        return SCIM_OK;
    }

    fields = cJSON_GetObjectItemCaseSensitive(r->json, "fields");
    at = strstr(r->line, ",\"doc\":");

    if (doc->next != NULL || doc->prev != fields
        || cJSON_GetArraySize(r->json) != 4 || at == NULL
        || cJSON_GetObjectItemCaseSensitive(fields, "doc") != NULL)
    {
        return SCIM_ERROR;
    }

    r->line[r->len - 1] = '\0';
    *text = at + sizeof(",\"doc\":") - 1;

    return SCIM_OK;
}


/* users, groups, and those of which the organization has indexes */

static int
doc_restore_is_type(doc_restore_t *r, const char *type)
{
    size_t  len;

    len = strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789");

    return r->org[0] != '\0' && len > 0 && type[len] == '\0'
           && len <= DOC_NAME_MAX
           && (strcmp(type, "user") == 0 || strcmp(type, "group") == 0
               || doc_restore_find(r, "type", type)->alive);
}


static const char *
doc_restore_members(doc_restore_t *r)
{
    int           users;
    const char   *group;
    const cJSON  *list, *item;
    doc_entry_t  *entry;

    group = doc_restore_text(r, "group");
    list = cJSON_GetObjectItemCaseSensitive(r->json, "users");
    users = (list != NULL);

    if (!users) {
        list = cJSON_GetObjectItemCaseSensitive(r->json, "groups");
    }

    if (r->org[0] == '\0' || group == NULL
        || !doc_restore_is_name(group, "", DOC_NAME_MAX)
        || !doc_restore_find(r, "group", group)->alive)
    {
        return "members of a group that is not there";
    }

    if (!cJSON_IsArray(list) || list->child == NULL
        || cJSON_GetArraySize(list) > DOC_MEMBERS_LINE)
    {
        return "the members of a group are wrong";
    }

    doc_restore_record(r, "members", r->org);
    doc_put(r->d, group);
    doc_put(r->d, users ? "users" : "groups");

    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsString(item)
            || !doc_restore_is_name(item->valuestring, "", DOC_NAME_MAX))
        {
            return "the members of a group are wrong";
        }

        /* it may stand further behind */
        entry = doc_restore_find(r, users ? "user" : "group",
                                 item->valuestring);
        if (entry->line == 0) {
            entry->line = r->seal.lines;
        }

        doc_put(r->d, item->valuestring);
    }

    doc_restore_record_end(r);

    return NULL;
}


static const char *
doc_restore_entry(doc_restore_t *r)
{
    const char   *stream, *id;
    const cJSON  *values, *item;

    stream = doc_restore_text(r, "stream");
    id = doc_restore_text(r, "id");
    values = cJSON_GetObjectItemCaseSensitive(r->json, "values");

    if (r->org[0] == '\0' || stream == NULL || id == NULL
        || (strcmp(stream, "log") != 0 && strcmp(stream, "cycles") != 0)
        || !doc_restore_is_entry(id) || !cJSON_IsArray(values)
        || values->child == NULL || cJSON_GetArraySize(values) % 2 != 0)
    {
        return "an entry of a stream is wrong";
    }

    doc_restore_record(r, "entry", r->org);
    doc_put(r->d, stream);
    doc_put(r->d, id);

    cJSON_ArrayForEach(item, values) {
        if (!cJSON_IsString(item)) {
            return "an entry of a stream is wrong";
        }

        doc_put(r->d, item->valuestring);
    }

    doc_restore_record_end(r);

    return NULL;
}


static const char *
doc_restore_cycle(doc_restore_t *r)
{
    if (r->org[0] == '\0') {
        return "a cycle of no organization";
    }

    doc_restore_record(r, "cycle", r->org);

    if (doc_restore_put_fields(r, cJSON_GetObjectItemCaseSensitive(r->json,
                                                                   "cycle"),
                               "")
        != SCIM_OK)
    {
        return "a cycle is wrong";
    }

    doc_restore_record_end(r);

    return NULL;
}


static const char *
doc_restore_import(doc_restore_t *r)
{
    const char   *id;
    const cJSON  *list;

    id = doc_restore_text(r, "id");
    list = cJSON_GetObjectItemCaseSensitive(r->json, "import");

    if (r->org[0] == '\0' || id == NULL
        || !doc_restore_is_name(id, "", DOC_NAME_MAX)
        || cJSON_GetArraySize(list) != 1 || !cJSON_IsString(list->child))
    {
        return "an id of an import is wrong";
    }

    doc_restore_record(r, "import", r->org);
    doc_put(r->d, list->child->valuestring);
    doc_put(r->d, id);
    doc_restore_record_end(r);

    return NULL;
}


static const char *
doc_restore_end(doc_restore_t *r)
{
    const char   *name, *changes;
    const cJSON  *counts, *item;

    name = doc_restore_text(r, "end");
    changes = doc_restore_text(r, "changes");
    counts = cJSON_GetObjectItemCaseSensitive(r->json, "resources");

    if (name == NULL || changes == NULL || strcmp(name, r->org) != 0
        || !doc_restore_is_entry(changes) || !cJSON_IsObject(counts))
    {
        return "the end of an organization is wrong";
    }

    doc_restore_check_members(r);
    doc_restore_record(r, "end", r->org);
    doc_put(r->d, changes);
    doc_put(r->d, r->seq);

    cJSON_ArrayForEach(item, counts) {
        if (!cJSON_IsNumber(item) || item->valuedouble < 0
            || item->valuedouble > 1e12)
        {
            return "the numbers of an organization are wrong";
        }

        doc_put(r->d, item->string);
        doc_put_size(r->d, (size_t) item->valuedouble);
    }

    doc_restore_record_end(r);

    doc_map_free(&r->map);
    doc_arena_reset(&r->arena);
    r->org[0] = '\0';

    return NULL;
}


/* members that stand nowhere */

static void
doc_restore_check_members(doc_restore_t *r)
{
    size_t        i;
    doc_entry_t  *entry;

    for (i = 0; i < r->map.nslots; i++) {
        entry = r->map.slots[i];

        if (entry != NULL && entry->line != 0 && !entry->alive) {
            doc_restore_bad(entry->line, "a member of a group is not there");
        }
    }
}


static const char *
doc_restore_token(doc_restore_t *r)
{
    const char  *name;

    name = doc_restore_text(r, "token");

    if (name == NULL || strlen(name) != 64
        || strspn(name, "0123456789abcdef") != 64)
    {
        return "the digest of a token is wrong";
    }

    return doc_restore_key(r, "token", name);
}


static const char *
doc_restore_client(doc_restore_t *r)
{
    const char  *name;

    name = doc_restore_text(r, "client");

    if (name == NULL || !doc_restore_is_name(name, ".", DOC_NAME_MAX)) {
        return "the id of a client is wrong";
    }

    return doc_restore_key(r, "client", name);
}


/* of an organization of this backup, in its own words too */

static const char *
doc_restore_key(doc_restore_t *r, const char *kind, const char *name)
{
    char          goes[32];
    const char   *org;
    const cJSON  *time, *fields, *tenant, *short_name;
    doc_entry_t  *entry;

    org = doc_restore_text(r, "of");
    fields = cJSON_GetObjectItemCaseSensitive(r->json, "fields");
    tenant = cJSON_GetObjectItemCaseSensitive(fields, "tenant");
    short_name = cJSON_GetObjectItemCaseSensitive(fields, "name");
    time = cJSON_GetObjectItemCaseSensitive(r->json, "goes");
    entry = org ? doc_map_find(&r->orgs, NULL, org) : NULL;

    if (r->org[0] != '\0' || entry == NULL || !cJSON_IsString(tenant)
        || strcmp(tenant->valuestring, org) != 0)
    {
        return "a token or client of no organization of this backup";
    }

    r->keys = 1;
    r->wanted = r->d->as == NULL
                && (r->d->org == NULL || strcmp(r->d->org, org) == 0);

    doc_copy(goes, sizeof(goes), "-");
    if (cJSON_IsNumber(time)) {
        (void) snprintf(goes, sizeof(goes), "%.0f", time->valuedouble);
    }

    doc_restore_record(r, kind, org);
    doc_put(r->d, name);
    doc_put(r->d, cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(r->json,
                                                                "listed"))
                  && cJSON_IsString(short_name) ? "1" : "0");
    doc_put(r->d, goes);

    if (doc_restore_put_fields(r, fields, "") != SCIM_OK) {
        return "the fields of a token or client are wrong";
    }

    doc_restore_record_end(r);

    return NULL;
}


static const char *
doc_restore_complete(doc_restore_t *r)
{
    const cJSON  *orgs, *lines;

    orgs = cJSON_GetObjectItemCaseSensitive(r->json, "orgs");
    lines = cJSON_GetObjectItemCaseSensitive(r->json, "lines");

    if (r->org[0] != '\0' || !cJSON_IsNumber(orgs) || !cJSON_IsNumber(lines)
        || orgs->valuedouble != (double) r->norgs
        || lines->valuedouble != (double) r->seal.lines)
    {
        return "the last line does not fit those in front of it";
    }

    r->complete = 1;
    r->wanted = 1;

    doc_restore_record(r, "done", "-");
    doc_put_size(r->d, r->d->org ? 1 : r->norgs);
    doc_restore_record_end(r);

    return NULL;
}


static void
doc_restore_record(doc_restore_t *r, const char *kind, const char *org)
{
    r->d->record.len = 0;
    r->d->nwords = 0;

    doc_put_size(r->d, r->before);
    doc_put_size(r->d, r->seal.lines);
    doc_put(r->d, kind);
    doc_put(r->d, r->d->as && strcmp(org, "-") != 0 ? r->d->as : org);
}


/* Drops a record that is not wanted, or was carried out before. */

static void
doc_restore_record_end(doc_restore_t *r)
{
    if (r->restore && r->wanted && r->seal.lines > r->d->from) {
        r->before = r->seal.lines;
        doc_put_end(r->d);
    }
}


/* Adds names and values of an object, except one of them. */

static int
doc_restore_put_fields(doc_restore_t *r, const cJSON *fields,
    const char *without)
{
    const cJSON  *item;

    if (!cJSON_IsObject(fields)) {
        return SCIM_ERROR;
    }

    cJSON_ArrayForEach(item, fields) {
        if (!doc_restore_is_value(item)) {
            return SCIM_ERROR;
        }

        if (strcmp(item->string, without) != 0) {
            doc_put(r->d, item->string);
            doc_put_value(r->d, item);
        }
    }

    return SCIM_OK;
}


/* Returns 1 for a text, or several with a NUL between. */

static int
doc_restore_is_value(const cJSON *value)
{
    const cJSON  *item;

    if (cJSON_IsString(value)) {
        return 1;
    }

    if (!cJSON_IsArray(value)) {
        return 0;
    }

    cJSON_ArrayForEach(item, value) {
        if (!cJSON_IsString(item)) {
            return 0;
        }
    }

    return 1;
}


static const char *
doc_restore_text(doc_restore_t *r, const char *name)
{
    const cJSON  *item;

    item = cJSON_GetObjectItemCaseSensitive(r->json, name);

    return cJSON_IsString(item) ? item->valuestring : NULL;
}


/*
 * Returns 1 if the text consists of letters, digits, "-", "_", and the given
 * characters.
 */

static int
doc_restore_is_name(const char *text, const char *more, size_t most)
{
    size_t  i;

    for (i = 0; text[i] != '\0'; i++) {
        if ((text[i] < '0' || text[i] > '9') && (text[i] < 'A' || text[i] > 'Z')
            && (text[i] < 'a' || text[i] > 'z') && text[i] != '-'
            && text[i] != '_' && strchr(more, text[i]) == NULL)
        {
            return 0;
        }
    }

    return i > 0 && i <= most;
}


static int
doc_restore_is_digits(const char *text)
{
    size_t  len;

    len = strspn(text, "0123456789");

    return len > 0 && len < 16 && text[len] == '\0';
}


/* Returns 1 if the text is two numbers with a hyphen between. */

static int
doc_restore_is_entry(const char *text)
{
    size_t  ms, seq;

    ms = strspn(text, "0123456789");
    if (ms == 0 || ms > 15 || text[ms] != '-') {
        return 0;
    }

    seq = strspn(text + ms + 1, "0123456789");

    return seq > 0 && seq <= 20 && text[ms + 1 + seq] == '\0';
}


static doc_entry_t *
doc_restore_find(doc_restore_t *r, const char *type, const char *id)
{
    doc_text_t  *key;

    key = &r->d->key;
    key->len = 0;

    doc_append_text(key, type);
    doc_append(key, " ", 1);
    doc_append(key, id, strlen(id) + 1);

    return doc_map_find(&r->map, &r->arena, key->data);
}
