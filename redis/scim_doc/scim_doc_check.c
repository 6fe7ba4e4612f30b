/*
 * The lines of a reindex and of a check: organization, type, id, version and
 * document, joined by tabs. The document is "!" if it is not text of one line.
 */

#include <string.h>

#include "scim_doc.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json_parse.h"
#include "scim/json/scim_json_print.h"
#include "scim/resource/scim_resource.h"
#include "scim/resource/scim_resource_rules.h"


typedef enum {
    DOC_ORG,
    DOC_TYPE,
    DOC_ID,
    DOC_VERSION,
    DOC_TEXT,
    DOC_FIELDS
} doc_field_e;


static const doc_type_t *doc_fields(doc_t *d, char *text, char **fields);
static void doc_put_fields(doc_t *d, char **fields);
static int doc_parse(doc_t *d, const doc_type_t *type, const char *id,
    cJSON *json, scim_resource_t *resource, scim_error_t *err);
static char *doc_with_id(doc_t *d, cJSON *json, const char *id);


/*
 * Writes records of organization, type, id, version, and the entries as
 * write.lua has them, their number first. A document that is not valid has
 * none; a check reports it.
 */

void
doc_index(doc_t *d, char *text, size_t len)
{
    char               *fields[DOC_FIELDS];
    cJSON              *json;
    scim_error_t        err;
    scim_resource_t     resource;
    const doc_type_t   *type;

    (void) len;

    type = doc_fields(d, text, fields);

    if (type == NULL
        || scim_json_parse(&d->arena.alloc, fields[DOC_TEXT], strlen(fields[DOC_TEXT]),
                           &json, &err)
           != SCIM_OK
        || doc_parse(d, type, fields[DOC_ID], json, &resource, &err) != SCIM_OK)
    {
        return;
    }

    doc_put_fields(d, fields);
    doc_put_indexes(d, type, resource.doc);
    doc_put_end(d);
}


/*
 * Records: organization, type, id, version, state, text, and entries as above. The state is
 * "ok"; "json" for what is none, with the reason as the text; "id" if the
 * document has another id, with the document as it should be; "invalid" if it
 * breaks its schema, with the reason; "type" for a type that is not known.
 */

void
doc_check(doc_t *d, char *text, size_t len)
{
    char               *fields[DOC_FIELDS], *told;
    cJSON              *json;
    scim_error_t        err;
    scim_resource_t     resource;
    const doc_type_t   *type;
    const char         *state;

    (void) len;

    type = doc_fields(d, text, fields);
    told = "";
    resource.doc = NULL;

    if (type == NULL) {
        state = "type";

    } else if (scim_json_parse(&d->arena.alloc, fields[DOC_TEXT], strlen(fields[DOC_TEXT]),
                               &json, &err)
               != SCIM_OK)
    {
        state = "json";
        told = err.detail;

    } else {
        told = doc_with_id(d, json, fields[DOC_ID]);
        state = *told ? "id" : "ok";

        if (doc_parse(d, type, fields[DOC_ID], json, &resource, &err) != SCIM_OK) {
            state = "invalid";
            told = err.detail;
            resource.doc = NULL;
        }
    }

    doc_put_fields(d, fields);
    doc_put(d, state);
    doc_put(d, told);

    if (resource.doc != NULL) {
        doc_put_indexes(d, type, resource.doc);

    } else {
        doc_put_size(d, 0);
    }

    doc_put_end(d);
}


/* Splits a line into fields, and finds its type. */

static const doc_type_t *
doc_fields(doc_t *d, char *text, char **fields)
{
    int    i;
    char  *tab;

    for (i = 0; i < DOC_FIELDS; i++) {
        fields[i] = text;
        tab = (i < DOC_FIELDS - 1) ? strchr(text, '\t') : NULL;

        if (tab != NULL) {
            *tab = '\0';
            text = tab + 1;

        } else {
            text += strlen(text);
        }
    }

    return doc_type(d, fields[DOC_TYPE]);
}


static void
doc_put_fields(doc_t *d, char **fields)
{
    int  i;

    for (i = DOC_ORG; i < DOC_TEXT; i++) {
        doc_put(d, fields[i]);
    }
}


static int
doc_parse(doc_t *d, const doc_type_t *type, const char *id, cJSON *json,
    scim_resource_t *resource, scim_error_t *err)
{
    if (scim_resource_parse(&d->arena.alloc, type->rt, json, NULL, resource,
                            err)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    return scim_resource_finish(&d->arena.alloc, type->rt, resource->doc, id,
                                err);
}


/*
 * Returns the document with that id as text, or "" if it has the id already,
 * or is not valid.
 */

static char *
doc_with_id(doc_t *d, cJSON *json, const char *id)
{
    char         *text;
    size_t        len;
    cJSON        *new;
    const cJSON  *old;

    old = cJSON_GetObjectItemCaseSensitive(json, "id");

    if (!cJSON_IsObject(json)
        || (cJSON_IsString(old) && strcmp(old->valuestring, id) == 0))
    {
        return "";
    }

    new = cJSON_CreateString(id);

    if (new == NULL
        || !(old ? cJSON_ReplaceItemInObjectCaseSensitive(json, "id", new)
                 : cJSON_AddItemToObject(json, "id", new)))
    {
        doc_nomem();
    }

    text = scim_json_print(&d->arena.alloc, json, &len);
    if (text == NULL) {
        doc_nomem();
    }

    return text;
}
