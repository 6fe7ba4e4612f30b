/*
 * Resources: from a request's body to the document that is stored.
 */

#include <string.h>

#include "scim/resource/scim_resource.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_path.h"
#include "scim/text/scim_text.h"


/* names, joined by commas */

typedef struct {
    scim_alloc_t  *alloc;
    char          *text;
    size_t         len;
    size_t         size;
} scim_resource_list_t;


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
    const scim_path_t *path, cJSON *value);
static int scim_resource_put_sub(scim_reader_t *r, cJSON *object,
    const scim_attr_t *sub, cJSON *value);
static int scim_resource_merge(scim_reader_t *r, const scim_attr_t *attr,
    cJSON *object, const cJSON *given);
static int scim_resource_schemas(const scim_rtype_t *rt, const cJSON *body,
    scim_error_t *err);
static int scim_resource_set_schemas(const scim_rtype_t *rt, cJSON *doc);
static size_t scim_resource_fold_cost(const cJSON *json);
static int scim_resource_required(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, const cJSON *doc, scim_error_t *err);
static int scim_resource_required_subs(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, const cJSON *value, scim_error_t *err);
static int scim_resource_is_blank(const cJSON *value);
static int scim_resource_keep_schema(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, cJSON *doc, const cJSON *old,
    scim_error_t *err);
static int scim_resource_keep_one(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, cJSON *object, const cJSON *was,
    const cJSON *now, scim_error_t *err);
static int scim_resource_wrong(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, scim_type_e type, const char *why,
    scim_error_t *err);
static int scim_resource_has(scim_alloc_t *a, const scim_rtype_t *rt,
    const cJSON *doc, scim_resource_list_t *list);
static int scim_resource_differs(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, const cJSON *old, const cJSON *doc,
    scim_resource_list_t *list);
static int scim_resource_list_attr(scim_resource_list_t *list,
    scim_alloc_t *a, const scim_rtype_t *rt, const scim_attr_t *attr);
static int scim_resource_list_add(scim_resource_list_t *list,
    const char *name);
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
    scim_path_t  path;

    if (scim_path_parse_name(r->rt, name, strlen(name), &path) != SCIM_OK) {
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
    const scim_path_t *path, cJSON *value)
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


int
scim_resource_finish(scim_alloc_t *a, const scim_rtype_t *rt, cJSON *doc,
    const char *id, scim_error_t *err)
{
    size_t              i;
    cJSON              *value;
    const scim_attr_t  *attr;

    if (scim_resource_required(a, rt, rt->schema, doc, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    for (i = 0; i < rt->nextensions; i++) {
        if ((rt->extensions[i].required
             || cJSON_GetObjectItemCaseSensitive(doc,
                                             rt->extensions[i].schema->id))
            && scim_resource_required(a, rt, rt->extensions[i].schema, doc,
                                      err)
               != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    if (scim_resource_fold_cost(doc) > SCIM_RESOURCE_TEXT) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "the values that are not ASCII have more than %d "
                          "bytes together", SCIM_RESOURCE_TEXT);
    }

    for (i = 0; i < rt->common->nattrs; i++) {
        attr = &rt->common->attrs[i];

        if (attr->role == SCIM_ROLE_ID) {
            value = cJSON_CreateString(id);

            if (value == NULL || scim_value_set(rt, doc, attr, value)
                != SCIM_OK)
            {
                return scim_error_nomem(err);
            }
        }
    }

    if (scim_resource_set_schemas(rt, doc) != SCIM_OK) {
        return scim_error_nomem(err);
    }

    return SCIM_OK;
}


static size_t
scim_resource_fold_cost(const cJSON *json)
{
    size_t        cost;
    const cJSON  *item;

    cost = cJSON_IsString(json) ? scim_fold_cost(json->valuestring) : 0;

    cJSON_ArrayForEach(item, json) {
        cost += scim_resource_fold_cost(item);
    }

    return cost;
}


static int
scim_resource_set_schemas(const scim_rtype_t *rt, cJSON *doc)
{
    size_t       i;
    cJSON       *list;
    const char  *urn;

    list = cJSON_CreateArray();
    if (list == NULL
        || !cJSON_AddItemToArray(list, cJSON_CreateString(rt->schema->id)))
    {
        return SCIM_ERROR;
    }

    for (i = 0; i < rt->nextensions; i++) {
        urn = rt->extensions[i].schema->id;

        if (cJSON_GetObjectItemCaseSensitive(doc, urn) != NULL
            && !cJSON_AddItemToArray(list, cJSON_CreateString(urn)))
        {
            return SCIM_ERROR;
        }
    }

    for (i = 0; i < rt->common->nattrs; i++) {
        if (rt->common->attrs[i].role == SCIM_ROLE_SCHEMAS) {
            return scim_value_set(rt, doc, &rt->common->attrs[i], list);
        }
    }

    return SCIM_OK;
}


static int
scim_resource_required(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, const cJSON *doc, scim_error_t *err)
{
    size_t              i;
    const cJSON        *value, *item;
    const scim_attr_t  *attr;

    for (i = 0; i < schema->nattrs; i++) {
        attr = &schema->attrs[i];

        if (!attr->needed) {
            continue;
        }

        value = scim_value_get(rt, doc, attr);

        if (scim_resource_is_blank(value)) {
            if (attr->required && attr->mutability != SCIM_READ_ONLY
                && attr->mutability != SCIM_WRITE_ONLY
                && attr->role != SCIM_ROLE_MEMBERS)
            {
                return scim_resource_wrong(a, rt, attr,
                                           SCIM_TYPE_INVALID_VALUE,
                                           "is required", err);
            }

        } else if (attr->multi_valued && attr->nsubs > 0) {
            cJSON_ArrayForEach(item, value) {
                if (scim_resource_required_subs(a, rt, attr, item, err)
                    != SCIM_OK)
                {
                    return SCIM_ERROR;
                }
            }

        } else if (scim_resource_required_subs(a, rt, attr, value, err)
                   != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_resource_required_subs(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, const cJSON *value, scim_error_t *err)
{
    size_t              i;
    const scim_attr_t  *sub;

    for (i = 0; i < attr->nsubs; i++) {
        sub = &attr->subs[i];

        if (sub->required && sub->mutability != SCIM_READ_ONLY
            && sub->mutability != SCIM_WRITE_ONLY
            && scim_resource_is_blank(
                   cJSON_GetObjectItemCaseSensitive(value, sub->name)))
        {
            return scim_resource_wrong(a, rt, sub, SCIM_TYPE_INVALID_VALUE,
                                       "is required", err);
        }
    }

    return SCIM_OK;
}


/* nothing, or text that is nothing but white space */

static int
scim_resource_is_blank(const cJSON *value)
{
    return value == NULL
           || (cJSON_IsString(value) && scim_text_is_blank(value->valuestring));
}


int
scim_resource_keep(scim_alloc_t *a, const scim_rtype_t *rt, cJSON *doc,
    const cJSON *old, scim_error_t *err)
{
    size_t  i;

    if (scim_resource_keep_schema(a, rt, rt->schema, doc, old, err)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    for (i = 0; i < rt->nextensions; i++) {
        if (scim_resource_keep_schema(a, rt, rt->extensions[i].schema, doc,
                                      old, err)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_resource_keep_schema(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, cJSON *doc, const cJSON *old,
    scim_error_t *err)
{
    size_t              i, j;
    cJSON              *was, *now;
    const scim_attr_t  *attr;

    for (i = 0; i < schema->nattrs; i++) {
        attr = &schema->attrs[i];
        was = scim_value_get(rt, old, attr);
        now = scim_value_get(rt, doc, attr);

        if (scim_resource_keep_one(a, rt, attr, doc, was, now, err)
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }

        /* of what stays, the immutable parts stay too */

        for (j = 0; j < attr->nsubs && cJSON_IsObject(now); j++) {
            if (attr->subs[j].mutability == SCIM_IMMUTABLE
                && scim_resource_keep_one(a, rt, &attr->subs[j], now,
                       cJSON_GetObjectItemCaseSensitive(was,
                                                        attr->subs[j].name),
                       cJSON_GetObjectItemCaseSensitive(now,
                                                        attr->subs[j].name),
                       err)
                   != SCIM_OK)
            {
                return SCIM_ERROR;
            }
        }
    }

    return SCIM_OK;
}


static int
scim_resource_keep_one(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, cJSON *object, const cJSON *was,
    const cJSON *now, scim_error_t *err)
{
    cJSON  *copy;

    if (was == NULL
        || (attr->mutability != SCIM_IMMUTABLE
            && attr->mutability != SCIM_READ_ONLY
            && (attr->role != SCIM_ROLE_ACTIVE || now != NULL
                || !cJSON_IsFalse(was))))
    {
        return SCIM_OK;
    }

    if (now != NULL && attr->mutability == SCIM_IMMUTABLE
        && !scim_json_equal(was, now))
    {
        return scim_resource_wrong(a, rt, attr, SCIM_TYPE_MUTABILITY,
                                   "is immutable and has a value already",
                                   err);
    }

    copy = scim_json_copy(a, was);

    if (copy == NULL || scim_value_set(rt, object, attr, copy) != SCIM_OK) {
        return scim_error_nomem(err);
    }

    return SCIM_OK;
}


static int
scim_resource_wrong(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, scim_type_e type, const char *why,
    scim_error_t *err)
{
    const char  *path;

    path = scim_attr_path(a, rt, attr);
    if (path == NULL) {
        return scim_error_nomem(err);
    }

    return scim_error(err, 400, type, "\"%s\" %s", path, why);
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

    /* a set of texts in order, of which none leaves */

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


/* a simple value as text; NULL for what has none */

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


char *
scim_resource_diff(scim_alloc_t *a, const scim_rtype_t *rt, const cJSON *old,
    const cJSON *doc)
{
    size_t                i;
    scim_resource_list_t  list;

    list.alloc = a;
    list.text = "";
    list.len = 0;
    list.size = 0;

    if (old == NULL) {
        return scim_resource_has(a, rt, doc, &list) == SCIM_OK ? list.text
                                                               : NULL;
    }

    if (scim_resource_differs(a, rt, rt->common, old, doc, &list) != SCIM_OK
        || scim_resource_differs(a, rt, rt->schema, old, doc, &list)
           != SCIM_OK)
    {
        return NULL;
    }

    for (i = 0; i < rt->nextensions; i++) {
        if (scim_resource_differs(a, rt, rt->extensions[i].schema, old, doc,
                                  &list)
            != SCIM_OK)
        {
            return NULL;
        }
    }

    return list.text;
}


/* all that there is: a document has the order of the schemas */

static int
scim_resource_has(scim_alloc_t *a, const scim_rtype_t *rt, const cJSON *doc,
    scim_resource_list_t *list)
{
    size_t                len;
    const cJSON          *item, *member;
    const scim_attr_t    *attr;
    const scim_schema_t  *ext;

    cJSON_ArrayForEach(item, doc) {
        len = strlen(item->string);
        ext = scim_rtype_schema(rt, item->string, len);

        for (member = ext ? item->child : item; member;
             member = ext ? member->next : NULL)
        {
            attr = ext ? scim_attr_in(ext->attrs, ext->nattrs, member->string,
                                      strlen(member->string))
                       : scim_rtype_attr(rt, member->string, len);

            if (scim_resource_list_attr(list, a, rt, attr) != SCIM_OK) {
                return SCIM_ERROR;
            }
        }
    }

    return SCIM_OK;
}


static int
scim_resource_differs(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, const cJSON *old, const cJSON *doc,
    scim_resource_list_t *list)
{
    size_t              i;
    const cJSON        *was, *now;
    const scim_attr_t  *attr;

    for (i = 0; i < schema->nattrs; i++) {
        attr = &schema->attrs[i];

        was = scim_value_get(rt, old, attr);
        now = scim_value_get(rt, doc, attr);

        if ((was == NULL && now == NULL)
            || (was != NULL && now != NULL && scim_json_equal(was, now)))
        {
            continue;
        }

        if (scim_resource_list_attr(list, a, rt, attr) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_resource_list_attr(scim_resource_list_t *list, scim_alloc_t *a,
    const scim_rtype_t *rt, const scim_attr_t *attr)
{
    if (attr->role == SCIM_ROLE_SCHEMAS || attr->role == SCIM_ROLE_ID) {
        return SCIM_OK;
    }

    return scim_resource_list_add(list, scim_attr_path(a, rt, attr));
}


static int
scim_resource_list_add(scim_resource_list_t *list, const char *name)
{
    char    *text;
    size_t   len;

    if (name == NULL) {
        return SCIM_ERROR;
    }

    len = strlen(name);

    if (list->len + len + sizeof(",") > list->size) {
        list->size = 2 * (list->len + len + sizeof(","));

        text = scim_alloc(list->alloc, list->size);
        if (text == NULL) {
            return SCIM_ERROR;
        }

        memcpy(text, list->text, list->len);
        list->text = text;
    }

    if (list->len > 0) {
        list->text[list->len++] = ',';
    }

    memcpy(list->text + list->len, name, len + 1);
    list->len += len;

    return SCIM_OK;
}
