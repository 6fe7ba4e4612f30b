/*
 * PATCH: from a request's body to a list of operations, one path each.
 */

#include <string.h>

#include "scim_patch.h"
#include "scim_json.h"
#include "scim_text.h"


#define SCIM_URN_PATCH  "urn:ietf:params:scim:api:messages:2.0:PatchOp"


/* the request while it is taken apart */

typedef struct {
    scim_alloc_t        *alloc;
    const scim_rtype_t  *rt;
    scim_patch_t        *patch;
    scim_patch_op_e      op;
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
static int scim_patch_key(scim_patch_parser_t *p, cJSON *item);
static void scim_patch_unknown(scim_patch_parser_t *p, const char *name);
static int scim_patch_extension(scim_patch_parser_t *p,
    const scim_schema_t *schema, cJSON *value);
static int scim_patch_add(scim_patch_parser_t *p, const scim_path_t *path,
    cJSON *value);
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

    p = (scim_patch_parser_t) { a, rt, patch, SCIM_PATCH_ADD, 0, 0, err };

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

    cJSON_ArrayForEach(item, schemas) {
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

        scim_patch_unknown(p, text->valuestring);
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

    if (!cJSON_IsObject(value)) {
        return scim_error(p->err, 400, SCIM_TYPE_INVALID_VALUE,
                          "without a \"path\", \"value\" must be an object "
                          "of attributes");
    }

    for (item = value->child; item; item = next) {
        next = item->next;

        if (scim_patch_key(p, item) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


/* a key of a path-less value is a path; what is readOnly there is ignored */

static int
scim_patch_key(scim_patch_parser_t *p, cJSON *item)
{
    int          unknown;
    scim_path_t  path;

    if (scim_patch_path(p, item->string, &path, &unknown) != SCIM_OK) {
        if (!unknown && strchr(item->string, '[') != NULL) {
            return SCIM_ERROR;
        }

        scim_patch_unknown(p, item->string);
        return SCIM_OK;
    }

    if (path.attr == NULL) {
        if (path.schema == NULL || path.schema == p->rt->schema) {
            scim_patch_unknown(p, item->string);
            return SCIM_OK;
        }

        return scim_patch_extension(p, path.schema, item);
    }

    if (path.attr->mutability == SCIM_READ_ONLY
        || (path.sub != NULL && path.sub->mutability == SCIM_READ_ONLY))
    {
        return SCIM_OK;
    }

    return scim_patch_add(p, &path, item);
}


static void
scim_patch_unknown(scim_patch_parser_t *p, const char *name)
{
    if (p->patch->unknown++ == 0) {
        p->patch->unknown_name = name;
    }
}


/* a whole extension: each of its attributes that is given, or all of them */

static int
scim_patch_extension(scim_patch_parser_t *p, const scim_schema_t *schema,
    cJSON *value)
{
    size_t        i;
    cJSON        *item;
    scim_path_t   path;

    memset(&path, 0, sizeof(scim_path_t));
    path.schema = schema;

    if (value != NULL && !cJSON_IsObject(value)
        && !scim_json_is_empty(value))
    {
        return scim_error(p->err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\": expected an object, not %s", schema->id,
                          scim_json_type_name(value));
    }

    for (i = 0; i < schema->nattrs; i++) {
        path.attr = &schema->attrs[i];
        item = scim_json_get(value, path.attr->name);

        if (path.attr->mutability == SCIM_READ_ONLY
            || (item == NULL && p->op != SCIM_PATCH_REMOVE))
        {
            continue;
        }

        if (item == NULL && value != NULL) {
            continue;
        }

        if (scim_patch_add(p, &path, item) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_patch_add(scim_patch_parser_t *p, const scim_path_t *path, cJSON *value)
{
    size_t            nalloc;
    scim_patch_t     *patch;
    scim_patch_op_t  *ops;

    patch = p->patch;

    /* the server keeps "schemas", and drops what is only written */

    if (path->attr->role == SCIM_ROLE_SCHEMAS
        || path->attr->mutability == SCIM_WRITE_ONLY)
    {
        return SCIM_OK;
    }

    /* for the values of a filter one is given; it may stand in an array */

    if (path->filter != NULL && path->sub == NULL && cJSON_IsArray(value)
        && value->child != NULL && value->child->next == NULL)
    {
        value = value->child;
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
                                                 p->index };
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
