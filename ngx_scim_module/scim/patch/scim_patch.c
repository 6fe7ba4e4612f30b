/*
 * PATCH: from a request's body to a list of operations, one path each.
 */

#include <string.h>

#include "scim/patch/scim_patch.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_fold.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_resource.h"
#include "scim/resource/scim_value.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/patch/scim_path.h"


#define SCIM_URN_PATCH  "urn:ietf:params:scim:api:messages:2.0:PatchOp"


/* the request while it is taken apart */

typedef struct {
    scim_alloc_t        *alloc;
    const scim_rtype_t  *rt;
    scim_patch_t        *patch;
    scim_patch_op_e      op;
    int                  whole;     /* of an extension that goes */
    size_t               index;
    size_t               text;      /* of paths, that is not ASCII */
    scim_error_t        *err;
} scim_patch_parser_t;


static int scim_patch_schemas(const cJSON *body, scim_error_t *err);
static int scim_patch_operation(scim_patch_parser_t *p, const cJSON *json);
static int scim_patch_op_name(scim_patch_parser_t *p, const cJSON *json);
static int scim_patch_path(scim_patch_parser_t *p, const char *text,
    scim_path_t *path, int *unknown);
static int scim_patch_no_path(scim_patch_parser_t *p, cJSON *value);
static int scim_patch_key(scim_patch_parser_t *p, const char *key,
    cJSON *value);
static int scim_patch_extension(scim_patch_parser_t *p,
    const scim_schema_t *schema, cJSON *value);
static int scim_patch_no_extension(scim_patch_parser_t *p,
    const scim_schema_t *schema);
static int scim_patch_extension_key(scim_patch_parser_t *p,
    const scim_schema_t *schema, cJSON *item);
static int scim_patch_add(scim_patch_parser_t *p, const scim_path_t *path,
    cJSON *value);
static int scim_patch_chooses(const scim_attr_t *attr,
    const scim_filter_t *filter);
static void scim_patch_reads(scim_patch_t *patch, const scim_path_t *path);


int
scim_patch_parse(scim_alloc_t *a, const scim_rtype_t *rt, cJSON *body,
    scim_patch_t *patch, scim_error_t *err)
{
    const cJSON          *list, *item;
    scim_patch_parser_t   p;

    memset(patch, 0, sizeof(scim_patch_t));

    if (!cJSON_IsObject(body)) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_SYNTAX,
                          "the body must be a JSON object, not %s",
                          scim_json_type_name(body));
    }

    if (scim_patch_schemas(body, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    list = scim_json_get(body, "Operations");

    if (!cJSON_IsArray(list)) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_SYNTAX,
                          "\"Operations\" must be an array of operations");
    }

    p = (scim_patch_parser_t) { a, rt, patch, SCIM_PATCH_ADD, 0, 0, 0, err };

    cJSON_ArrayForEach(item, list) {
        if (scim_patch_operation(&p, item) != SCIM_OK) {
            scim_error_prefix(err, "operation %d: ", (int) p.index);
            return SCIM_ERROR;
        }

        p.index++;
    }

    return SCIM_OK;
}


static int
scim_patch_schemas(const cJSON *body, scim_error_t *err)
{
    const cJSON  *schemas, *item;

    schemas = scim_json_get(body, "schemas");

    if (scim_json_is_empty(schemas)) {
        return SCIM_OK;
    }

    for (item = cJSON_IsArray(schemas) ? schemas->child : schemas; item;
         item = cJSON_IsArray(schemas) ? item->next : NULL)
    {
        if (cJSON_IsString(item)
            && scim_name_eq(item->valuestring, SCIM_URN_PATCH))
        {
            return SCIM_OK;
        }
    }

    return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                      "\"schemas\" must be an array that holds \""
                      SCIM_URN_PATCH "\"");
}


static int
scim_patch_operation(scim_patch_parser_t *p, const cJSON *json)
{
    int           unknown;
    cJSON        *value;
    const cJSON  *text;
    scim_path_t   path;

    if (scim_patch_op_name(p, json) != SCIM_OK) {
        return SCIM_ERROR;
    }

    text = scim_json_get(json, "path");
    value = scim_json_get(json, "value");

    if (scim_json_is_empty(text)) {
        return scim_patch_no_path(p, value);
    }

    if (!cJSON_IsString(text)) {
        return scim_error(p->err, 400, SCIM_TYPE_INVALID_PATH,
                          "\"path\" must be a string");
    }

    if (scim_patch_path(p, text->valuestring, &path, &unknown) != SCIM_OK) {
        if (!unknown) {
            return SCIM_ERROR;
        }

        scim_unknown_add(&p->patch->unknown, text->valuestring);
        return SCIM_OK;
    }

    if (value == NULL && p->op != SCIM_PATCH_REMOVE) {
        return scim_error(p->err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\" needs a \"value\"",
                          p->op == SCIM_PATCH_ADD ? "add" : "replace");
    }

    if (path.attr != NULL) {
        return scim_patch_add(p, &path, value);
    }

    if (path.schema == NULL || path.schema == p->rt->schema) {
        return scim_patch_no_path(p, value);
    }

    return scim_patch_extension(p, path.schema, value);
}


/* the text in filters is folded */

static int
scim_patch_path(scim_patch_parser_t *p, const char *text, scim_path_t *path,
    int *unknown)
{
    *unknown = 0;
    memset(path, 0, sizeof(scim_path_t));
    p->text += (strchr(text, '[') != NULL) ? scim_fold_cost(text) : 0;

    if (p->text > SCIM_RESOURCE_TEXT) {
        return scim_error(p->err, 400, SCIM_TYPE_TOO_MANY,
                          "the filters of the paths that are not ASCII have "
                          "more than %d bytes together", SCIM_RESOURCE_TEXT);
    }

    return scim_path_parse(p->alloc, p->rt, text, path, unknown, p->err);
}


static int
scim_patch_op_name(scim_patch_parser_t *p, const cJSON *json)
{
    size_t       i;
    const char  *name;

    static const char  *names[] = { "add", "replace", "remove" };

    name = cJSON_GetStringValue(scim_json_get(json, "op"));

    for (i = 0; name != NULL && i < 3; i++) {
        if (scim_name_eq(names[i], name)) {
            p->op = i;
            return SCIM_OK;
        }
    }

    return scim_error(p->err, 400, SCIM_TYPE_INVALID_SYNTAX,
                      "\"op\" must be \"add\", \"remove\" or "
                      "\"replace\"%s%.32s",
                      name ? ", not " : "", name ? name : "");
}


static int
scim_patch_no_path(scim_patch_parser_t *p, cJSON *value)
{
    cJSON  *item, *next;

    if (p->op == SCIM_PATCH_REMOVE) {
        return scim_error(p->err, 400, SCIM_TYPE_NO_TARGET,
                          "\"remove\" needs a \"path\"");
    }

    value = scim_value_alone(value);

    if (!cJSON_IsObject(value)) {
        return scim_error(p->err, 400, SCIM_TYPE_INVALID_VALUE,
                          "without a \"path\", \"value\" must be an object "
                          "of attributes");
    }

    for (item = value->child; item; item = next) {
        next = item->next;

        if (scim_patch_key(p, item->string, item) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


/* A key of a path-less value is a path; readOnly ones are ignored. */

static int
scim_patch_key(scim_patch_parser_t *p, const char *key, cJSON *value)
{
    int          unknown;
    scim_path_t  path;

    if (scim_patch_path(p, key, &path, &unknown) != SCIM_OK) {
        if (!unknown) {
            return SCIM_ERROR;
        }

        scim_unknown_add(&p->patch->unknown, key);
        return SCIM_OK;
    }

    if (path.attr == NULL) {
        return (path.schema == NULL || path.schema == p->rt->schema)
               ? scim_patch_no_path(p, value)
               : scim_patch_extension(p, path.schema, value);
    }

    if (path.attr->mutability == SCIM_READ_ONLY
        || (path.sub != NULL && path.sub->mutability == SCIM_READ_ONLY))
    {
        return SCIM_OK;
    }

    return scim_patch_add(p, &path, value);
}


/* a whole extension: each of its attributes that is given, or all of them */

static int
scim_patch_extension(scim_patch_parser_t *p, const scim_schema_t *schema,
    cJSON *value)
{
    cJSON  *item, *next;

    if (scim_value_is_nothing(value)) {
        return scim_patch_no_extension(p, schema);
    }

    value = scim_value_alone(value);

    if (!cJSON_IsObject(value)
        || (value->child == NULL && p->op == SCIM_PATCH_REMOVE))
    {
        return scim_error(p->err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\": expected an object of its attributes, not %s",
                          schema->id, scim_json_type_name(value));
    }

    for (item = value->child; item; item = next) {
        next = item->next;

        if (scim_patch_extension_key(p, schema, item) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


/* its attributes go by themselves, for each may be one that cannot */

static int
scim_patch_no_extension(scim_patch_parser_t *p, const scim_schema_t *schema)
{
    size_t           i;
    scim_path_t      path;
    scim_patch_op_e  op;

    op = p->op;
    p->op = SCIM_PATCH_REMOVE;
    p->whole = 1;
    memset(&path, 0, sizeof(scim_path_t));
    path.schema = schema;

    for (i = 0; i < schema->nattrs; i++) {
        path.attr = &schema->attrs[i];

        if (path.attr->mutability != SCIM_READ_ONLY
            && scim_patch_add(p, &path, NULL) != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    p->op = op;
    p->whole = 0;

    return SCIM_OK;
}


/* a name of the extension, or what becomes a path with its URN in front */

static int
scim_patch_extension_key(scim_patch_parser_t *p, const scim_schema_t *schema,
    cJSON *item)
{
    char         *key;
    scim_path_t   path;

    if (scim_name_eq(schema->id, item->string)) {
        return scim_patch_extension(p, schema, item);
    }

    memset(&path, 0, sizeof(scim_path_t));
    path.schema = schema;
    path.attr = scim_attr_in(schema->attrs, schema->nattrs, item->string,
                             strlen(item->string));

    if (path.attr != NULL) {
        return path.attr->mutability == SCIM_READ_ONLY
               ? SCIM_OK : scim_patch_add(p, &path, item);
    }

    key = scim_sprintf(p->alloc, "%s:%s", schema->id, item->string);

    return key ? scim_patch_key(p, key, item) : scim_error_nomem(p->err);
}


static int
scim_patch_add(scim_patch_parser_t *p, const scim_path_t *path, cJSON *value)
{
    size_t            nalloc;
    scim_patch_t     *patch;
    scim_patch_op_t  *ops;

    patch = p->patch;

    /* the server keeps "schemas", and drops writeOnly attributes */

    if (path->attr->role == SCIM_ROLE_SCHEMAS
        || path->attr->mutability == SCIM_WRITE_ONLY)
    {
        return SCIM_OK;
    }

    if (path->attr->role == SCIM_ROLE_MEMBERS && path->filter != NULL
        && !scim_patch_chooses(path->attr, path->filter))
    {
        return scim_error(p->err, 400, SCIM_TYPE_INVALID_PATH,
                          "members are chosen by \"value\", which is their id, or "
                          "by \"type\"");
    }

    /* null removes what nothing removes (RFC 7643, section 2.5) */

    if (p->op == SCIM_PATCH_REMOVE && cJSON_IsNull(value)) {
        value = NULL;
    }

    /* the values of a filter get one value, which may be in an array */

    if (path->filter != NULL && path->sub == NULL) {
        value = scim_value_alone(value);
    }

    if (patch->n == patch->nalloc) {
        nalloc = patch->nalloc ? patch->nalloc * 2 : 8;

        ops = scim_alloc(p->alloc, nalloc * sizeof(scim_patch_op_t));
        if (ops == NULL) {
            return scim_error_nomem(p->err);
        }

        if (patch->n > 0) {
            memcpy(ops, patch->ops, patch->n * sizeof(scim_patch_op_t));
        }

        patch->ops = ops;
        patch->nalloc = nalloc;
    }

    patch->ops[patch->n++] = (scim_patch_op_t) { p->op, *path, value,
                                                 p->index, p->whole };
    scim_patch_reads(patch, path);

    return SCIM_OK;
}


static void
scim_patch_reads(scim_patch_t *patch, const scim_path_t *path)
{
    if (path->attr->role != SCIM_ROLE_MEMBERS) {
        patch->reads_doc = 1;

    } else if (path->filter != NULL && !scim_patch_names_ids(path->filter)) {
        patch->reads_members = 1;
    }
}


/* Returns 1 if the filter of a members path asks for ids and types alone. */

static int
scim_patch_chooses(const scim_attr_t *attr, const scim_filter_t *filter)
{
    if (filter->kind == SCIM_FILTER_TERM) {
        return filter->attr == attr->value || filter->attr == attr->kind;
    }

    return scim_patch_chooses(attr, filter->left)
           && (filter->right == NULL
               || scim_patch_chooses(attr, filter->right));
}


int
scim_patch_names_ids(const scim_filter_t *filter)
{
    switch (filter->kind) {

    case SCIM_FILTER_TERM:
        return filter->op == SCIM_EQ
               && filter->attr == filter->attr->parent->value
               && filter->value.kind == SCIM_LITERAL_STRING;

    case SCIM_FILTER_OR:
        return scim_patch_names_ids(filter->left)
               && scim_patch_names_ids(filter->right);

    default:
        return 0;
    }
}
