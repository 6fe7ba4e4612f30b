/*
 * Resources: from a request's body to the document that is stored.
 */

#include <string.h>

#include "scim/resource/scim_resource.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_fold.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_print.h"
#include "scim/schema/scim_name.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_document.h"
#include "scim/resource/scim_members.h"
#include "scim/resource/scim_value.h"


static int scim_resource_member(scim_reader_t *r, scim_resource_t *res,
    const char *name, cJSON *item);
static int scim_resource_extension(scim_reader_t *r, scim_resource_t *res,
    const scim_schema_t *schema, cJSON *item);
static int scim_resource_extension_member(scim_reader_t *r,
    scim_resource_t *res, const scim_schema_t *schema, cJSON *item);
static int scim_resource_clear(scim_reader_t *r, scim_resource_t *res,
    const scim_schema_t *schema);
static int scim_resource_assign(scim_reader_t *r, scim_resource_t *res,
    const scim_attr_t *attr, cJSON *value);
static int scim_resource_assign_sub(scim_reader_t *r, scim_resource_t *res,
    const scim_name_t *path, cJSON *value);
static int scim_resource_put_sub(scim_reader_t *r, cJSON *object,
    const scim_attr_t *sub, cJSON *value);
static int scim_resource_merge(scim_reader_t *r, const scim_attr_t *attr,
    cJSON *object, const cJSON *given);
static int scim_resource_schemas(const scim_rtype_t *rt, const cJSON *body,
    scim_error_t *err);
static const char *scim_resource_text(scim_alloc_t *a, const cJSON *value);


int
scim_resource_parse(scim_alloc_t *a, const scim_rtype_t *rt, cJSON *body,
    const cJSON *old, scim_resource_t *res, scim_error_t *err)
{
    cJSON          *item, *next;
    scim_reader_t   r;

    memset(res, 0, sizeof(scim_resource_t));
    scim_members_init(&res->members, a);

    if (!cJSON_IsObject(body)) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_SYNTAX,
                          "the body must be a JSON object, not %s",
                          scim_json_type_name(body));
    }

    if (scim_resource_schemas(rt, body, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    res->merges = (old != NULL);
    res->doc = old ? scim_json_copy(a, old) : cJSON_CreateObject();
    if (res->doc == NULL) {
        return scim_error_nomem(err);
    }

    r = (scim_reader_t) { a, rt, { 0, NULL }, err };

    for (item = body->child; item; item = next) {
        next = item->next;

        if (scim_resource_member(&r, res, item->string, item) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    res->unknown = r.unknown;

    return SCIM_OK;
}


static int
scim_resource_member(scim_reader_t *r, scim_resource_t *res, const char *name,
    cJSON *item)
{
    scim_name_t  path;

    if (scim_name_parse(r->rt, name, strlen(name), &path) != SCIM_OK) {
        scim_unknown_add(&r->unknown, name);
        return SCIM_OK;
    }

    if (path.attr == NULL) {
        return scim_resource_extension(r, res, path.schema ? path.schema
                                                           : r->rt->schema,
                                       item);
    }

    if (path.attr->mutability == SCIM_READ_ONLY
        || path.attr->role == SCIM_ROLE_SCHEMAS)
    {
        return SCIM_OK;
    }

    if (strchr(name, '[') != NULL
        || (path.sub != NULL && path.attr->multi_valued))
    {
        return scim_error(r->err, 400, SCIM_TYPE_INVALID_SYNTAX,
                          "\"%.64s\": expected the name of an attribute, values "
                          "of \"%s\" are changed one by one by PATCH", name,
                          path.attr->name);
    }

    return path.sub ? scim_resource_assign_sub(r, res, &path, item)
                    : scim_resource_assign(r, res, path.attr, item);
}


static int
scim_resource_extension(scim_reader_t *r, scim_resource_t *res,
    const scim_schema_t *schema, cJSON *item)
{
    cJSON       *member, *next;
    const char  *name;

    if (scim_value_is_nothing(item)) {
        return scim_resource_clear(r, res, schema);
    }

    name = item->string;
    item = scim_value_alone(item);

    if (!cJSON_IsObject(item)) {
        return scim_error(r->err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\": expected an object, not %s", name,
                          scim_json_type_name(item));
    }

    for (member = item->child; member; member = next) {
        next = member->next;

        if (scim_resource_extension_member(r, res, schema, member) != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


/* a name of the schema, or what becomes one with its URN in front */

static int
scim_resource_extension_member(scim_reader_t *r, scim_resource_t *res,
    const scim_schema_t *schema, cJSON *item)
{
    char               *name;
    const scim_attr_t  *attr;

    if (scim_name_eq(schema->id, item->string)) {
        return scim_resource_extension(r, res, schema, item);
    }

    attr = scim_attr_in(schema->attrs, schema->nattrs, item->string,
                        strlen(item->string));

    if (attr != NULL) {
        return scim_resource_assign(r, res, attr, item);
    }

    name = scim_sprintf(r->alloc, "%s:%s", schema->id, item->string);
    if (name == NULL) {
        return scim_error_nomem(r->err);
    }

    return scim_resource_member(r, res, name, item);
}


/* an extension that is null has none of its attributes */

static int
scim_resource_clear(scim_reader_t *r, scim_resource_t *res,
    const scim_schema_t *schema)
{
    size_t  i;

    for (i = 0; schema != r->rt->schema && i < schema->nattrs; i++) {
        if (scim_resource_assign(r, res, &schema->attrs[i], NULL) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


/* the canonical value goes into res->doc, members into res->members */

static int
scim_resource_assign(scim_reader_t *r, scim_resource_t *res,
    const scim_attr_t *attr, cJSON *value)
{
    cJSON  *canonical, *now;

    if (attr->mutability == SCIM_READ_ONLY
        || attr->role == SCIM_ROLE_SCHEMAS)
    {
        return SCIM_OK;
    }

    if (scim_value_normalize(r, attr, value, &canonical) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (attr->role == SCIM_ROLE_MEMBERS) {
        res->members_given = 1;
        scim_members_clear(&res->members);

        return scim_resource_join(res, attr, canonical, r->err);
    }

    value = scim_value_alone(value);
    now = (res->merges && attr->type == SCIM_COMPLEX && !attr->multi_valued
           && cJSON_IsObject(value) && value->child != NULL)
          ? scim_value_get(r->rt, res->doc, attr) : NULL;

    if (now != NULL) {
        if (scim_resource_merge(r, attr, now, value) != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (now->child != NULL) {
            return SCIM_OK;
        }

        canonical = NULL;
    }

    return scim_value_set(r->rt, res->doc, attr, canonical) == SCIM_OK
           ? SCIM_OK : scim_error_nomem(r->err);
}


/* "name.givenName" */

static int
scim_resource_assign_sub(scim_reader_t *r, scim_resource_t *res,
    const scim_name_t *path, cJSON *value)
{
    cJSON  *object;

    if (path->sub->mutability == SCIM_READ_ONLY) {
        return SCIM_OK;
    }

    object = scim_value_get(r->rt, res->doc, path->attr);

    if (object == NULL) {
        object = cJSON_CreateObject();

        if (object == NULL
            || scim_value_set(r->rt, res->doc, path->attr, object) != SCIM_OK)
        {
            return scim_error_nomem(r->err);
        }
    }

    if (scim_resource_put_sub(r, object, path->sub, value) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (object->child == NULL
        && scim_value_set(r->rt, res->doc, path->attr, NULL) != SCIM_OK)
    {
        return scim_error_nomem(r->err);
    }

    return SCIM_OK;
}


static int
scim_resource_put_sub(scim_reader_t *r, cJSON *object, const scim_attr_t *sub,
    cJSON *value)
{
    cJSON  *canonical;

    if (scim_value_normalize(r, sub, value, &canonical) != SCIM_OK) {
        return SCIM_ERROR;
    }

    return scim_value_set_sub(r->rt, object, sub, canonical) == SCIM_OK
           ? SCIM_OK : scim_error_nomem(r->err);
}


/* the parts that are given take the place of those that are there */

static int
scim_resource_merge(scim_reader_t *r, const scim_attr_t *attr, cJSON *object,
    const cJSON *given)
{
    cJSON              *item;
    const scim_attr_t  *sub;

    /* "value" first: with it goes the reference to the old one, or all */

    item = attr->value ? scim_json_get(given, attr->value->name) : NULL;

    if (item != NULL) {
        if (scim_resource_put_sub(r, object, attr->value, item) != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (object->child == NULL) {
            return SCIM_OK;
        }
    }

    cJSON_ArrayForEach(item, given) {
        sub = scim_attr_sub(attr, item->string, strlen(item->string));

        if (sub != NULL && sub != attr->value
            && sub->mutability != SCIM_READ_ONLY
            && scim_resource_put_sub(r, object, sub, item) != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


int
scim_resource_join(scim_resource_t *res, const scim_attr_t *attr,
    const cJSON *values, scim_error_t *err)
{
    const cJSON  *item, *id;

    cJSON_ArrayForEach(item, values) {
        id = cJSON_GetObjectItemCaseSensitive(item, attr->value->name);

        if (scim_members_set(&res->members, id->valuestring, 1) != SCIM_OK) {
            return scim_error_nomem(err);
        }
    }

    return SCIM_OK;
}


/* "schemas" may be missing; where it is present it names the base schema */

static int
scim_resource_schemas(const scim_rtype_t *rt, const cJSON *body,
    scim_error_t *err)
{
    const cJSON  *schemas, *item;

    schemas = scim_json_get(body, "schemas");

    if (scim_json_is_empty(schemas)) {
        return SCIM_OK;
    }

    if (cJSON_IsString(schemas)
        && scim_name_eq(schemas->valuestring, rt->schema->id))
    {
        return SCIM_OK;
    }

    if (cJSON_IsArray(schemas)) {
        cJSON_ArrayForEach(item, schemas) {
            if (cJSON_IsString(item)
                && scim_name_eq(item->valuestring, rt->schema->id))
            {
                return SCIM_OK;
            }
        }
    }

    return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                      "\"schemas\" must be an array that holds \"%s\"",
                      rt->schema->id);
}


const char **
scim_resource_values(scim_alloc_t *a, const scim_rtype_t *rt,
    const cJSON *doc, const scim_attr_t *attr, int folded, size_t *n)
{
    size_t              i;
    const char         *text, **values;
    const cJSON        *top, *item;
    scim_members_t      set;
    const scim_attr_t  *owner;

    /* A set of texts in order; none is removed. */

    scim_members_init(&set, a);
    owner = attr->parent ? attr->parent : attr;
    top = scim_value_get(rt, doc, owner);

    for (item = owner->multi_valued && top ? top->child : top; item;
         item = owner->multi_valued ? item->next : NULL)
    {
        text = scim_resource_text(a, attr->parent
                       ? cJSON_GetObjectItemCaseSensitive(item, attr->name)
                       : item);
        if (text == NULL) {
            continue;
        }

        if (folded) {
            text = scim_fold(a, text, attr->case_exact);
            if (text == NULL) {
                return NULL;
            }
        }

        if (scim_members_set(&set, text, 1) != SCIM_OK) {
            return NULL;
        }
    }

    values = scim_alloc(a, (set.n + 1) * sizeof(char *));
    if (values == NULL) {
        return NULL;
    }

    for (i = 0; i < set.n; i++) {
        values[i] = set.list[i].id;
    }

    *n = set.n;

    return values;
}


/* Returns a simple value as text, or NULL if it has none. */

static const char *
scim_resource_text(scim_alloc_t *a, const cJSON *value)
{
    size_t  len;

    if (cJSON_IsString(value)) {
        return value->valuestring;
    }

    if (value == NULL || cJSON_IsObject(value) || cJSON_IsArray(value)) {
        return NULL;
    }

    return scim_json_print(a, value, &len);
}
