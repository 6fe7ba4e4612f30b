/*
 * The lines of an import.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "scim_doc.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_datetime.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/json/scim_json_print.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_members.h"
#include "scim/resource/scim_resource.h"
#include "scim/resource/scim_resource_diff.h"
#include "scim/resource/scim_resource_rules.h"


/* members in one record: a script carries it out without a pause */
#define DOC_SLICE        1000

#define DOC_ID_MAX       64
#define DOC_ID_LEN       26
#define DOC_FOREIGN_MAX  256


typedef struct {
    const doc_type_t    *type;
    const char          *id;
    const char          *foreign;      /* the id it had elsewhere, or "" */
    const char          *version;      /* "" if it begins anew, as all below */
    const char          *created;
    const char          *modified;
    const char          *seq;
    scim_resource_t      resource;
} doc_line_t;


static int doc_envelope(doc_t *d, const cJSON *json, doc_line_t *line,
    scim_error_t *err);
static int doc_envelope_members(const cJSON *members, doc_line_t *line,
    scim_error_t *err);
static const char *doc_number(doc_t *d, const cJSON *json, const char *name,
    scim_error_t *err);
static const char *doc_time(const cJSON *json, const char *name,
    scim_error_t *err);
static int doc_bare(doc_t *d, cJSON *json, doc_line_t *line,
    scim_error_t *err);
static const doc_type_t *doc_bare_type(doc_t *d, const cJSON *json);
static const char *doc_new_id(doc_t *d);
static int doc_is_id(const char *id);
static void doc_put_import(doc_t *d, const doc_line_t *line);
static void doc_put_large(doc_t *d, const doc_line_t *line);
static void doc_put_head(doc_t *d, const doc_line_t *line, const char *kind);
static void doc_put_document(doc_t *d, const doc_line_t *line);
static void doc_put_members(doc_t *d, const scim_members_t *members,
    size_t from, size_t to);
static void doc_refuse(doc_t *d, const char *why);


/*
 * A line is what "scimctl export" prints, or a resource as a SCIM server shows
 * it. Records, behind the number of the line:
 *
 *   bad    why
 *   whole  HEAD document attributes INDEXES members ...
 *   stage  HEAD number of the slice, members ...
 *   open   HEAD document attributes INDEXES
 *   join   HEAD
 *   close  HEAD
 *
 * HEAD is type, id, foreign id, version, created, modified, seq, number of
 * members; INDEXES as write.lua has them, their number first; members have
 * their number in front. A group of more members than fit a slice has as many
 * "stage" and "join" as it has slices. The last record is "end".
 */

void
doc_import(doc_t *d, char *text, size_t len)
{
    int             rc;
    char            why[128];
    cJSON          *json;
    doc_line_t      line;
    scim_error_t    err;
    unsigned long   before;

    memset(&line, 0, sizeof(doc_line_t));
    line.foreign = line.version = line.created = line.modified = line.seq = "";

    rc = scim_json_parse(&d->arena.alloc, text, len, &json, &err);

    if (rc == SCIM_OK && !cJSON_IsObject(json)) {
        rc = scim_error(&err, 400, SCIM_TYPE_NONE, "not a JSON object");
    }

    if (rc == SCIM_OK) {
        rc = cJSON_GetObjectItemCaseSensitive(json, "resource")
             ? doc_envelope(d, json, &line, &err)
             : doc_bare(d, json, &line, &err);
    }

    if (rc == SCIM_OK && line.resource.unknown.n && !d->ignore_unknown) {
        rc = scim_error(&err, 400, SCIM_TYPE_NONE,
                        "no schema has the attribute \"%.128s\"",
                        line.resource.unknown.name);
    }

    if (rc != SCIM_OK) {
        doc_refuse(d, err.detail);
        return;
    }

    before = doc_seen(d, line.foreign[0] ? line.foreign : line.id);
    if (before != 0) {
        (void) snprintf(why, sizeof(why), "the id of line %lu again", before);
        doc_refuse(d, why);
        return;
    }

    doc_put_import(d, &line);
}


static int
doc_envelope(doc_t *d, const cJSON *json, doc_line_t *line, scim_error_t *err)
{
    int           rc;
    cJSON        *resource;
    const cJSON  *type, *id;

    resource = cJSON_GetObjectItemCaseSensitive(json, "resource");
    type = cJSON_GetObjectItemCaseSensitive(json, "type");
    id = scim_json_get(resource, "id");

    line->type = cJSON_IsString(type) ? doc_type(d, type->valuestring) : NULL;

    if (line->type == NULL) {
        return scim_error(err, 400, SCIM_TYPE_NONE,
                          "\"type\" names no resource type");
    }

    if (!cJSON_IsString(id) || !doc_is_id(id->valuestring)) {
        return scim_error(err, 400, SCIM_TYPE_NONE,
                          "the \"id\" of the resource is missing or no id");
    }

    line->id = scim_strndup(&d->arena.alloc, id->valuestring,
                            strlen(id->valuestring));
    line->version = doc_number(d, json, "version", err);
    line->seq = doc_number(d, json, "seq", err);
    line->created = doc_time(json, "created", err);
    line->modified = doc_time(json, "modified", err);

    if (line->id == NULL) {
        doc_nomem();
    }

    if (line->version == NULL || line->seq == NULL || line->created == NULL
        || line->modified == NULL)
    {
        return SCIM_ERROR;
    }

    rc = scim_resource_parse(&d->arena.alloc, line->type->rt, resource, NULL,
                             &line->resource, err);
    if (rc == SCIM_OK) {
        rc = scim_resource_finish(&d->arena.alloc, line->type->rt,
                                  line->resource.doc, line->id, err);
    }

    if (rc == SCIM_OK) {
        rc = doc_envelope_members(
                        cJSON_GetObjectItemCaseSensitive(json, "members"),
                        line, err);
    }

    return rc;
}


static int
doc_envelope_members(const cJSON *members, doc_line_t *line, scim_error_t *err)
{
    const cJSON  *item;

    if (members == NULL) {
        return SCIM_OK;
    }

    if (!cJSON_IsArray(members) || line->type->rt->members == NULL) {
        return scim_error(err, 400, SCIM_TYPE_NONE,
                          "\"members\" must be an array, of a group");
    }

    cJSON_ArrayForEach(item, members) {
        if (!cJSON_IsString(item) || !doc_is_id(item->valuestring)) {
            return scim_error(err, 400, SCIM_TYPE_NONE,
                              "\"members\" must be ids");
        }

        if (scim_members_set(&line->resource.members, item->valuestring, 1)
            != SCIM_OK)
        {
            doc_nomem();
        }
    }

    return SCIM_OK;
}


/* Returns a whole number from 1 on as text, or NULL. */

static const char *
doc_number(doc_t *d, const cJSON *json, const char *name, scim_error_t *err)
{
    const char   *text;
    const cJSON  *item;

    item = cJSON_GetObjectItemCaseSensitive(json, name);

    if (!cJSON_IsNumber(item) || item->valuedouble < 1
        || item->valuedouble > 9007199254740991.0
        || item->valuedouble != (double) (long long) item->valuedouble)
    {
        (void) scim_error(err, 400, SCIM_TYPE_NONE,
                          "\"%s\" must be a whole number above 0", name);
        return NULL;
    }

    text = scim_sprintf(&d->arena.alloc, "%lld",
                        (long long) item->valuedouble);
    if (text == NULL) {
        doc_nomem();
    }

    return text;
}


static const char *
doc_time(const cJSON *json, const char *name, scim_error_t *err)
{
    size_t        len;
    long long     usec;
    const cJSON  *item;

    item = cJSON_GetObjectItemCaseSensitive(json, name);
    len = cJSON_IsString(item) ? strlen(item->valuestring) : 0;

    if (len == 0 || item->valuestring[len - 1] != 'Z'
        || scim_datetime_parse(item->valuestring, &usec) != SCIM_OK)
    {
        (void) scim_error(err, 400, SCIM_TYPE_NONE,
                          "\"%s\" must be a time in UTC", name);
        return NULL;
    }

    return item->valuestring;
}


/*
 * Gives a resource of another server an id of this one, and remembers the
 * other id.
 */

static int
doc_bare(doc_t *d, cJSON *json, doc_line_t *line, scim_error_t *err)
{
    const cJSON  *id;

    line->type = doc_bare_type(d, json);
    if (line->type == NULL) {
        return scim_error(err, 400, SCIM_TYPE_NONE,
                          "neither \"schemas\" nor \"meta.resourceType\" "
                          "names a resource type");
    }

    id = scim_json_get(json, "id");

    if (cJSON_IsString(id) && id->valuestring[0] != '\0') {
        if (strlen(id->valuestring) > DOC_FOREIGN_MAX) {
            return scim_error(err, 400, SCIM_TYPE_NONE,
                              "the \"id\" is longer than %d bytes",
                              DOC_FOREIGN_MAX);
        }

        line->foreign = scim_strndup(&d->arena.alloc, id->valuestring,
                                     strlen(id->valuestring));
    }

    line->id = doc_new_id(d);

    if (line->foreign == NULL || line->id == NULL) {
        doc_nomem();
    }

    if (scim_resource_parse(&d->arena.alloc, line->type->rt, json, NULL,
                            &line->resource, err)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return scim_resource_finish(&d->arena.alloc, line->type->rt,
                                line->resource.doc, line->id, err);
}


static const doc_type_t *
doc_bare_type(doc_t *d, const cJSON *json)
{
    size_t         i;
    const cJSON   *item, *schemas;
    scim_rtype_t  *rt;

    item = scim_json_get(scim_json_get(json, "meta"), "resourceType");

    if (cJSON_IsString(item)) {
        return doc_type(d, item->valuestring);
    }

    schemas = scim_json_get(json, "schemas");

    cJSON_ArrayForEach(item, schemas) {
        for (i = 0; i < d->registry->nrtypes; i++) {
            rt = d->registry->rtypes[i];

            if (cJSON_IsString(item)
                && scim_name_eq(item->valuestring, rt->schema->id))
            {
                return doc_type(d, rt->id);
            }
        }
    }

    return NULL;
}


/* Makes an id as the server does: 128 random bits in base 32. */

static const char *
doc_new_id(doc_t *d)
{
    char           *id;
    unsigned        i, bit, value;
    unsigned char   random[17];

    static const char  digits[] = "abcdefghijklmnopqrstuvwxyz234567";

    random[16] = 0;

    if (getrandom(random, 16, 0) != 16) {
        doc_fatal("getrandom()", strerror(errno));
    }

    id = scim_calloc(&d->arena.alloc, DOC_ID_LEN + 1);

    for (i = 0; id != NULL && i < DOC_ID_LEN; i++) {
        bit = i * 5;
        value = random[bit / 8] << 8 | random[bit / 8 + 1];
        id[i] = digits[(value >> (11 - bit % 8)) & 0x1f];
    }

    return id;
}


static int
doc_is_id(const char *id)
{
    size_t  len;

    len = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                     "0123456789-_");

    return len > 0 && len <= DOC_ID_MAX && id[len] == '\0';
}


static void
doc_put_import(doc_t *d, const doc_line_t *line)
{
    const scim_members_t  *members;

    members = &line->resource.members;

    if (members->n > DOC_SLICE) {
        doc_put_large(d, line);
        return;
    }

    doc_put_head(d, line, "whole");
    doc_put_document(d, line);
    doc_put_members(d, members, 0, members->n);
    doc_put_end(d);
}


static void
doc_put_large(doc_t *d, const doc_line_t *line)
{
    size_t  from, to, n;

    n = line->resource.members.n;

    for (from = 0; from < n; from = to) {
        to = (from + DOC_SLICE < n) ? from + DOC_SLICE : n;

        doc_put_head(d, line, "stage");
        doc_put_size(d, from / DOC_SLICE);
        doc_put_members(d, &line->resource.members, from, to);
        doc_put_end(d);
    }

    doc_put_head(d, line, "open");
    doc_put_document(d, line);
    doc_put_end(d);

    for (from = 0; from < n; from += DOC_SLICE) {
        doc_put_head(d, line, "join");
        doc_put_end(d);
    }

    doc_put_head(d, line, "close");
    doc_put_end(d);
}


static void
doc_put_head(doc_t *d, const doc_line_t *line, const char *kind)
{
    doc_put_size(d, d->line);
    doc_put(d, kind);
    doc_put(d, line->type->rt->key);
    doc_put(d, line->id);
    doc_put(d, line->foreign);
    doc_put(d, line->version);
    doc_put(d, line->created);
    doc_put(d, line->modified);
    doc_put(d, line->seq);
    doc_put_size(d, line->resource.members.n);
}


static void
doc_put_document(doc_t *d, const doc_line_t *line)
{
    char    *text, *changed;
    size_t   len;

    text = scim_json_print(&d->arena.alloc, line->resource.doc, &len);
    changed = scim_resource_diff(&d->arena.alloc, line->type->rt, NULL,
                                 line->resource.doc);
    if (text == NULL || changed == NULL) {
        doc_nomem();
    }

    doc_put(d, text);
    doc_put(d, changed);
    doc_put_indexes(d, line->type, line->resource.doc);
}


static void
doc_put_members(doc_t *d, const scim_members_t *members, size_t from,
    size_t to)
{
    doc_put_size(d, to - from);

    for ( /* void */ ; from < to; from++) {
        doc_put(d, members->list[from].id);
    }
}


static void
doc_refuse(doc_t *d, const char *why)
{
    doc_put_size(d, d->line);
    doc_put(d, "bad");
    doc_put(d, why);
    doc_put_end(d);
}
