/*
 * The SCIM 2.0 Interoperability Profile (draft-zollner-scim-interop-profile):
 * requests that it forbids although the RFCs allow them, and its rules for
 * /Schemas.
 */

#include <string.h>

#include "scim/profile/scim_interop.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_canonical.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/patch/scim_path.h"


#define SCIM_INTEROP_IS  "the interoperability profile of this server "


static int scim_interop_schemas(const scim_rtype_t *rt, const cJSON *body,
    scim_error_t *err);
static int scim_interop_object(const scim_schema_t *schema,
    const cJSON *object, scim_error_t *err);
static int scim_interop_dropped(const scim_attr_t *attr);
static int scim_interop_kinds(const scim_attr_t *attr, const cJSON *value,
    scim_error_t *err);
static int scim_interop_kind(const scim_attr_t *attr, const char *kind,
    scim_error_t *err);
static int scim_interop_operation(scim_alloc_t *a, const scim_rtype_t *rt,
    const cJSON *operation, scim_error_t *err);
static int scim_interop_path(const scim_path_t *path, int remove,
    scim_error_t *err);
static int scim_interop_value(const scim_path_t *path, int replace,
    cJSON *value, scim_error_t *err);
static int scim_interop_whole(const scim_attr_t *attr, cJSON *value);
static const scim_filter_t *scim_interop_other_operator(
    const scim_filter_t *filter);
static int scim_interop_filter_kinds(const scim_attr_t *attr,
    const scim_filter_t *filter, scim_error_t *err);
static int scim_interop_show(const scim_attr_t *attr, cJSON *json);


/* for a "type" that has none (RFC 7643, section 2.4) */

static const char *const  scim_interop_default[] = { "work", "home", "other" };


int
scim_interop_resource(const scim_rtype_t *rt, const cJSON *body,
    scim_error_t *err)
{
    size_t                i;
    const cJSON          *object;
    const scim_schema_t  *schema;

    if (scim_interop_schemas(rt, body, err) != SCIM_OK
        || scim_interop_object(rt->schema, body, err) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    for (i = 0; i < rt->nextensions; i++) {
        schema = rt->extensions[i].schema;
        object = scim_json_get(body, schema->id);

        if (scim_interop_object(schema, object, err) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_interop_schemas(const scim_rtype_t *rt, const cJSON *body,
    scim_error_t *err)
{
    const char   *urn;
    const cJSON  *item;

    cJSON_ArrayForEach(item, scim_json_get(body, "schemas")) {
        urn = cJSON_GetStringValue(item);

        if (urn != NULL
            && scim_rtype_schema(rt, urn, strlen(urn)) == NULL)
        {
            return scim_error(err, 400, SCIM_TYPE_INVALID_SYNTAX,
                              "\"%.256s\" is no schema of \"%s\"", urn, rt->id);
        }
    }

    return SCIM_OK;
}


static int
scim_interop_object(const scim_schema_t *schema, const cJSON *object,
    scim_error_t *err)
{
    size_t              i;
    const cJSON        *value;
    const scim_attr_t  *attr;

    for (i = 0; i < schema->nattrs; i++) {
        attr = &schema->attrs[i];
        value = scim_json_get(object, attr->name);

        if (value == NULL) {
            continue;
        }

        if (scim_interop_dropped(attr)) {
            return scim_error(err, 400, SCIM_TYPE_INVALID_SYNTAX,
                              SCIM_INTEROP_IS "has no \"%s\"", attr->name);
        }

        if (scim_interop_kinds(attr, value, err) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


/* a password: it is accepted and not kept */

static int
scim_interop_dropped(const scim_attr_t *attr)
{
    return attr->mutability == SCIM_WRITE_ONLY;
}


static int
scim_interop_kinds(const scim_attr_t *attr, const cJSON *value,
    scim_error_t *err)
{
    const char   *kind;
    const cJSON  *item;

    if (!attr->multi_valued || attr->kind == NULL) {
        return SCIM_OK;
    }

    if (cJSON_IsObject(value)) {
        kind = cJSON_GetStringValue(scim_json_get(value, attr->kind->name));
        return scim_interop_kind(attr, kind, err);
    }

    cJSON_ArrayForEach(item, value) {
        kind = cJSON_GetStringValue(scim_json_get(item, attr->kind->name));

        if (scim_interop_kind(attr, kind, err) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_interop_kind(const scim_attr_t *attr, const char *kind,
    scim_error_t *err)
{
    size_t        i;
    const cJSON  *values, *item;

    if (kind == NULL || *kind == '\0'
        || attr->kind->mutability == SCIM_READ_ONLY)
    {
        return SCIM_OK;
    }

    values = scim_canonical_values(attr->kind);

    cJSON_ArrayForEach(item, values) {
        if (cJSON_IsString(item) && scim_name_eq(item->valuestring, kind)) {
            return SCIM_OK;
        }
    }

    for (i = 0; values == NULL && i < 3; i++) {
        if (scim_name_eq(scim_interop_default[i], kind)) {
            return SCIM_OK;
        }
    }

    return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                      "\"%s.%s\": \"%.64s\" is none of the canonicalValues in "
                      "/Schemas", attr->name, attr->kind->name, kind);
}


int
scim_interop_patch(scim_alloc_t *a, const scim_rtype_t *rt, cJSON *body,
    scim_error_t *err)
{
    int           index;
    const cJSON  *list, *operation;

    index = 0;
    list = scim_json_get(body, "Operations");

    cJSON_ArrayForEach(operation, list) {
        if (cJSON_IsArray(list)
            && scim_interop_operation(a, rt, operation, err) != SCIM_OK)
        {
            scim_error_prefix(err, "operation %d: ", index);
            return SCIM_ERROR;
        }

        index++;
    }

    return SCIM_OK;
}


static int
scim_interop_operation(scim_alloc_t *a, const scim_rtype_t *rt,
    const cJSON *operation, scim_error_t *err)
{
    int           unknown, remove;
    const char   *op, *text;
    scim_path_t   path;
    scim_error_t  other;

    op = cJSON_GetStringValue(scim_json_get(operation, "op"));
    text = cJSON_GetStringValue(scim_json_get(operation, "path"));

    if (text == NULL || *text == '\0') {
        return scim_error(err, 400, SCIM_TYPE_INVALID_SYNTAX,
                          SCIM_INTEROP_IS "needs a \"path\"");
    }

    if (op == NULL) {
        return SCIM_OK;
    }

    memset(&path, 0, sizeof(scim_path_t));
    remove = scim_name_eq("remove", op);

    if (scim_path_parse(a, rt, text, &path, &unknown, &other) != SCIM_OK) {
        return other.status == 500 ? scim_error_nomem(err) : SCIM_OK;
    }

    if (scim_interop_path(&path, remove, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    return remove ? SCIM_OK
           : scim_interop_value(&path, scim_name_eq("replace", op),
                                scim_json_get(operation, "value"), err);
}


/* the profile has no other way to remove one member than its element */

static int
scim_interop_path(const scim_path_t *path, int remove, scim_error_t *err)
{
    if (path->attr == NULL && (path->schema == NULL || !remove)) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_PATH,
                          SCIM_INTEROP_IS "needs a \"path\" that names an "
                          "attribute, not a schema");
    }

    if (path->attr != NULL && scim_interop_dropped(path->attr)) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_SYNTAX,
                          SCIM_INTEROP_IS "has no \"%s\"", path->attr->name);
    }

    if (path->filter == NULL) {
        return SCIM_OK;
    }

    if (scim_interop_other_operator(path->filter) != NULL) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_SYNTAX,
                          SCIM_INTEROP_IS "has no operators but \"eq\" and "
                          "\"and\"");
    }

    if (path->sub == NULL && !remove) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_PATH,
                          SCIM_INTEROP_IS "needs a sub-attribute behind a "
                          "filter, as in emails[type eq \"work\"].value");
    }

    return remove ? SCIM_OK
           : scim_interop_filter_kinds(path->attr, path->filter, err);
}


static int
scim_interop_value(const scim_path_t *path, int replace, cJSON *value,
    scim_error_t *err)
{
    const scim_attr_t  *attr;

    attr = path->attr;

    if (path->sub != NULL) {
        return path->sub == attr->kind && attr->multi_valued
               ? scim_interop_kind(attr, cJSON_GetStringValue(value), err)
               : SCIM_OK;
    }

    if (attr->multi_valued && value != NULL && !cJSON_IsNull(value)
        && !cJSON_IsArray(value))
    {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          SCIM_INTEROP_IS "needs an array as the value of "
                          "\"%s\"", attr->name);
    }

    if (attr->type == SCIM_COMPLEX && !attr->multi_valued && replace
        && cJSON_IsObject(value) && scim_interop_whole(attr, value) != SCIM_OK)
    {
        return scim_error_nomem(err);
    }

    return scim_interop_kinds(attr, value, err);
}


/* Adds null for each sub-attribute that a value lacks, so that it is cleared. */

static int
scim_interop_whole(const scim_attr_t *attr, cJSON *value)
{
    size_t              i;
    const scim_attr_t  *sub;

    for (i = 0; i < attr->nsubs; i++) {
        sub = &attr->subs[i];

        if (sub->mutability != SCIM_READ_ONLY
            && scim_json_get(value, sub->name) == NULL
            && cJSON_AddNullToObject(value, sub->name) == NULL)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


int
scim_interop_filter(const scim_filter_t *filter, scim_error_t *err)
{
    if (scim_interop_other_operator(filter) == NULL) {
        return SCIM_OK;
    }

    return scim_error(err, 400, SCIM_TYPE_INVALID_FILTER,
                      SCIM_INTEROP_IS "has no operators but \"eq\" and \"and\"");
}


/* Returns the first part with another operator, or NULL. */

static const scim_filter_t *
scim_interop_other_operator(const scim_filter_t *filter)
{
    const scim_filter_t  *other;

    switch (filter->kind) {

    case SCIM_FILTER_TERM:
        return filter->op == SCIM_EQ ? NULL : filter;

    case SCIM_FILTER_AND:
        other = scim_interop_other_operator(filter->left);
        return other ? other : scim_interop_other_operator(filter->right);

    case SCIM_FILTER_VALUE_PATH:
        return scim_interop_other_operator(filter->left);

    default:
        return filter;
    }
}


/* such a filter makes the value that it does not find */

static int
scim_interop_filter_kinds(const scim_attr_t *attr,
    const scim_filter_t *filter, scim_error_t *err)
{
    if (filter->kind == SCIM_FILTER_AND) {
        return scim_interop_filter_kinds(attr, filter->left, err) == SCIM_OK
               ? scim_interop_filter_kinds(attr, filter->right, err)
               : SCIM_ERROR;
    }

    return (filter->attr == attr->kind
            && filter->value.kind == SCIM_LITERAL_STRING)
           ? scim_interop_kind(attr, filter->value.text, err) : SCIM_OK;
}


cJSON *
scim_interop_schema(const scim_schema_t *schema)
{
    int                 i;
    cJSON              *copy, *list;
    const scim_attr_t  *attr;

    copy = cJSON_Duplicate(schema->json, 1);
    list = scim_json_get(copy, "attributes");

    /* the attributes are in the order of the text */

    for (i = (int) schema->nattrs - 1; copy != NULL && i >= 0; i--) {
        attr = &schema->attrs[i];

        if (scim_interop_dropped(attr)) {
            cJSON_DeleteItemFromArray(list, i);

        } else if (scim_interop_show(attr, cJSON_GetArrayItem(list, i))
                   != SCIM_OK)
        {
            return NULL;
        }
    }

    return copy;
}


static int
scim_interop_show(const scim_attr_t *attr, cJSON *json)
{
    cJSON  *item, *values;

    if (!attr->multi_valued || attr->kind == NULL
        || scim_canonical_values(attr->kind) != NULL)
    {
        return SCIM_OK;
    }

    cJSON_ArrayForEach(item, scim_json_get(json, "subAttributes")) {
        if (scim_name_eq(scim_json_get(item, "name")->valuestring,
                         attr->kind->name))
        {
            break;
        }
    }

    values = cJSON_CreateStringArray(scim_interop_default, 3);
    cJSON_DeleteItemFromObject(item, "canonicalValues");

    return cJSON_AddItemToObject(item, "canonicalValues", values) ? SCIM_OK
                                                                  : SCIM_ERROR;
}
