/*
 * The registry: schemas and resource types, built from JSON.
 */

#include <string.h>

#include "scim/schema/scim_schema.h"
#include "scim/schema/scim_schema_check.h"
#include "scim/json/scim_json.h"
#include "scim/text/scim_text.h"
#include "scim_schemas_json.h"


#define SCIM_URN_USER   "urn:ietf:params:scim:schemas:core:2.0:User"
#define SCIM_URN_GROUP  "urn:ietf:params:scim:schemas:core:2.0:Group"


typedef struct {
    const char  *name;
    int          value;
} scim_enum_t;


typedef struct {
    const char   *schema;           /* NULL: the common attributes */
    const char   *name;
    scim_role_e   role;
} scim_role_t;


static int scim_schema_attrs(scim_alloc_t *a, const scim_schema_t *schema,
    const scim_attr_t *parent, const cJSON *array, scim_attr_t **attrs,
    size_t *n, scim_error_t *err);
static int scim_schema_attr(scim_alloc_t *a, scim_attr_t *attr,
    const cJSON *json, scim_error_t *err);
static int scim_schema_characteristics(scim_attr_t *attr, const cJSON *json,
    scim_error_t *err);
static int scim_schema_enum(const cJSON *json, const char *name,
    const scim_enum_t *values, int dflt, int *out, scim_error_t *err);
static int scim_schema_bool(const cJSON *json, const char *name, int *out,
    scim_error_t *err);
static scim_role_e scim_schema_role(const scim_schema_t *schema,
    const char *name);
static int scim_rtype_names(const scim_registry_t *reg, scim_alloc_t *a,
    scim_rtype_t *rt, const cJSON *json, scim_error_t *err);
static int scim_rtype_extensions(scim_registry_t *reg, scim_alloc_t *a,
    scim_rtype_t *rt, const cJSON *list, scim_error_t *err);
static void scim_rtype_roles(scim_rtype_t *rt);
static int scim_attrs_hidden(const scim_attr_t *attrs, size_t n);
static const char *scim_json_text(const cJSON *json, const char *name);
static int scim_list_add(scim_alloc_t *a, void ***list, size_t *n, void *item);


static const scim_enum_t  scim_data_types[] = {
    { "string", SCIM_STRING },
    { "boolean", SCIM_BOOLEAN },
    { "decimal", SCIM_DECIMAL },
    { "integer", SCIM_INTEGER },
    { "dateTime", SCIM_DATETIME },
    { "binary", SCIM_BINARY },
    { "reference", SCIM_REFERENCE },
    { "complex", SCIM_COMPLEX },
    { NULL, 0 }
};

static const scim_enum_t  scim_mutabilities[] = {
    { "readWrite", SCIM_READ_WRITE },
    { "readOnly", SCIM_READ_ONLY },
    { "immutable", SCIM_IMMUTABLE },
    { "writeOnly", SCIM_WRITE_ONLY },
    { NULL, 0 }
};

static const scim_enum_t  scim_returneds[] = {
    { "default", SCIM_RETURNED_DEFAULT },
    { "always", SCIM_RETURNED_ALWAYS },
    { "never", SCIM_RETURNED_NEVER },
    { "request", SCIM_RETURNED_REQUEST },
    { NULL, 0 }
};

static const scim_enum_t  scim_uniquenesses[] = {
    { "none", SCIM_UNIQUE_NONE },
    { "server", SCIM_UNIQUE_SERVER },
    { "global", SCIM_UNIQUE_GLOBAL },
    { NULL, 0 }
};

static const scim_role_t  scim_roles[] = {
    { NULL, "schemas", SCIM_ROLE_SCHEMAS },
    { NULL, "id", SCIM_ROLE_ID },
    { NULL, "meta", SCIM_ROLE_META },
    { SCIM_URN_GROUP, "members", SCIM_ROLE_MEMBERS },
    { SCIM_URN_USER, "groups", SCIM_ROLE_GROUPS },
    { SCIM_URN_USER, "active", SCIM_ROLE_ACTIVE }
};


scim_registry_t *
scim_registry_create(scim_alloc_t *a, scim_error_t *err)
{
    size_t            i;
    cJSON            *json, *item;
    scim_registry_t  *reg;

    static const struct {
        const char  *text;
        size_t       len;
    } schemas[] = {
        { scim_schema_common, sizeof(scim_schema_common) - 1 },
        { scim_schema_user, sizeof(scim_schema_user) - 1 },
        { scim_schema_group, sizeof(scim_schema_group) - 1 },
        { scim_schema_enterprise_user, sizeof(scim_schema_enterprise_user) - 1 }
    };

    reg = scim_calloc(a, sizeof(scim_registry_t));
    if (reg == NULL) {
        scim_error_nomem(err);
        return NULL;
    }

    for (i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
        if (scim_json_parse(a, schemas[i].text, schemas[i].len, &json, err)
            != SCIM_OK
            || scim_registry_add_schema(reg, a, json, err) != SCIM_OK)
        {
            return NULL;
        }
    }

    if (scim_json_parse(a, scim_schema_resource_types,
                        sizeof(scim_schema_resource_types) - 1, &json, err)
        != SCIM_OK)
    {
        return NULL;
    }

    cJSON_ArrayForEach(item, json) {
        if (scim_registry_add_rtype(reg, a, item, err) != SCIM_OK) {
            return NULL;
        }
    }

    return reg;
}


int
scim_registry_add_schema(scim_registry_t *reg, scim_alloc_t *a, cJSON *json,
    scim_error_t *err)
{
    scim_schema_t  *schema;

    schema = scim_calloc(a, sizeof(scim_schema_t));
    if (schema == NULL) {
        return scim_error_nomem(err);
    }

    schema->json = json;
    schema->id = scim_json_text(json, "id");
    schema->name = scim_json_text(json, "name");

    if (scim_schema_check_id(reg, schema->id, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (schema->name == NULL) {
        schema->name = schema->id;
    }

    if (scim_schema_attrs(a, schema, NULL, scim_json_get(json, "attributes"),
                          &schema->attrs, &schema->nattrs, err)
        != SCIM_OK)
    {
        scim_error_prefix(err, "schema \"%s\": ", schema->id);
        return SCIM_ERROR;
    }

    if (reg->common == NULL) {
        reg->common = schema;
        return SCIM_OK;
    }

    if (scim_list_add(a, (void ***) &reg->schemas, &reg->nschemas, schema)
        != SCIM_OK)
    {
        return scim_error_nomem(err);
    }

    return SCIM_OK;
}


static int
scim_schema_attrs(scim_alloc_t *a, const scim_schema_t *schema,
    const scim_attr_t *parent, const cJSON *array, scim_attr_t **attrs,
    size_t *n, scim_error_t *err)
{
    size_t        i;
    scim_attr_t  *attr;
    const cJSON  *item;

    if (!cJSON_IsArray(array) || array->child == NULL) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\" must be an array of attributes",
                          parent ? "subAttributes" : "attributes");
    }

    *n = cJSON_GetArraySize(array);
    *attrs = scim_calloc(a, *n * sizeof(scim_attr_t));
    if (*attrs == NULL) {
        return scim_error_nomem(err);
    }

    i = 0;

    cJSON_ArrayForEach(item, array) {
        attr = &(*attrs)[i];
        attr->schema = schema;
        attr->parent = parent;

        if (scim_schema_attr(a, attr, item, err) != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (scim_attr_in(*attrs, i, attr->name, attr->len) != NULL) {
            return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                              "attribute \"%s\" is defined twice", attr->name);
        }

        i++;
    }

    return SCIM_OK;
}


static int
scim_schema_attr(scim_alloc_t *a, scim_attr_t *attr, const cJSON *json,
    scim_error_t *err)
{
    size_t  i;

    attr->name = scim_json_text(json, "name");

    if (scim_schema_check_name(attr->name, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    attr->len = strlen(attr->name);

    if (scim_schema_characteristics(attr, json, err) != SCIM_OK) {
        scim_error_prefix(err, "attribute \"%s\": ", attr->name);
        return SCIM_ERROR;
    }

    if (attr->type != SCIM_COMPLEX) {
        return SCIM_OK;
    }

    if (attr->parent != NULL) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "attribute \"%s\": a sub-attribute cannot be complex",
                          attr->name);
    }

    if (scim_schema_attrs(a, attr->schema, attr,
                          scim_json_get(json, "subAttributes"), &attr->subs,
                          &attr->nsubs, err)
        != SCIM_OK)
    {
        scim_error_prefix(err, "attribute \"%s\": ", attr->name);
        return SCIM_ERROR;
    }

    for (i = 0; i < attr->nsubs; i++) {
        attr->needed |= attr->subs[i].required;
    }

    attr->value = scim_attr_sub(attr, "value", 5);
    attr->primary = scim_attr_sub(attr, "primary", 7);
    attr->kind = scim_attr_sub(attr, "type", 4);

    if (attr->primary != NULL && attr->primary->type != SCIM_BOOLEAN) {
        attr->primary = NULL;
    }

    return SCIM_OK;
}


static int
scim_schema_characteristics(scim_attr_t *attr, const cJSON *json,
    scim_error_t *err)
{
    int  type, mutability, returned, uniqueness, multi, required, exact;

    if (scim_schema_enum(json, "type", scim_data_types, SCIM_STRING, &type, err)
            != SCIM_OK
        || scim_schema_enum(json, "mutability", scim_mutabilities,
                            SCIM_READ_WRITE, &mutability, err) != SCIM_OK
        || scim_schema_enum(json, "returned", scim_returneds,
                            SCIM_RETURNED_DEFAULT, &returned, err) != SCIM_OK
        || scim_schema_enum(json, "uniqueness", scim_uniquenesses,
                            SCIM_UNIQUE_NONE, &uniqueness, err) != SCIM_OK
        || scim_schema_bool(json, "multiValued", &multi, err) != SCIM_OK
        || scim_schema_bool(json, "required", &required, err) != SCIM_OK
        || scim_schema_bool(json, "caseExact", &exact, err) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    attr->type = type;
    attr->mutability = mutability;
    attr->returned = returned;
    attr->uniqueness = uniqueness;
    attr->multi_valued = multi;
    attr->required = required;
    attr->needed = required;
    attr->case_exact = (exact || type == SCIM_BINARY
                        || (type == SCIM_REFERENCE
                            && scim_json_get(json, "caseExact") == NULL));
    attr->role = attr->parent ? SCIM_ROLE_NONE
                              : scim_schema_role(attr->schema, attr->name);

    return SCIM_OK;
}


static int
scim_schema_enum(const cJSON *json, const char *name,
    const scim_enum_t *values, int dflt, int *out, scim_error_t *err)
{
    const char         *text;
    const scim_enum_t  *v;

    *out = dflt;

    if (scim_json_get(json, name) == NULL) {
        return SCIM_OK;
    }

    text = scim_json_text(json, name);

    for (v = values; text != NULL && v->name != NULL; v++) {
        if (scim_name_eq(v->name, text)) {
            *out = v->value;
            return SCIM_OK;
        }
    }

    return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                      "\"%s\" has the unknown value \"%s\"", name,
                      text ? text : "");
}


static int
scim_schema_bool(const cJSON *json, const char *name, int *out,
    scim_error_t *err)
{
    const cJSON  *item;

    item = scim_json_get(json, name);

    if (item != NULL && !cJSON_IsBool(item)) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\" must be true or false", name);
    }

    *out = cJSON_IsTrue(item);

    return SCIM_OK;
}


static scim_role_e
scim_schema_role(const scim_schema_t *schema, const char *name)
{
    size_t              i;
    const scim_role_t  *role;

    for (i = 0; i < sizeof(scim_roles) / sizeof(scim_roles[0]); i++) {
        role = &scim_roles[i];

        if (scim_name_eq(role->name, name)
            && scim_name_eq(role->schema ? role->schema
                            : "urn:ietf:params:scim:schemas:core:2.0:Common",
                            schema->id))
        {
            return role->role;
        }
    }

    return SCIM_ROLE_NONE;
}


int
scim_registry_add_rtype(scim_registry_t *reg, scim_alloc_t *a, cJSON *json,
    scim_error_t *err)
{
    scim_rtype_t  *rt;

    rt = scim_calloc(a, sizeof(scim_rtype_t));
    if (rt == NULL) {
        return scim_error_nomem(err);
    }

    rt->json = json;
    rt->common = reg->common;

    if (scim_rtype_names(reg, a, rt, json, err) != SCIM_OK
        || scim_rtype_extensions(reg, a, rt,
                                 scim_json_get(json, "schemaExtensions"), err)
           != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    scim_rtype_roles(rt);

    if (scim_list_add(a, (void ***) &reg->rtypes, &reg->nrtypes, rt)
        != SCIM_OK)
    {
        return scim_error_nomem(err);
    }

    return SCIM_OK;
}


static int
scim_rtype_names(const scim_registry_t *reg, scim_alloc_t *a, scim_rtype_t *rt,
    const cJSON *json, scim_error_t *err)
{
    char        *key;
    const char  *urn;

    rt->name = scim_json_text(json, "name");
    rt->id = scim_json_text(json, "id");
    rt->id = rt->id ? rt->id : rt->name;
    rt->endpoint = scim_json_text(json, "endpoint");
    urn = scim_json_text(json, "schema");

    if (rt->name == NULL || urn == NULL) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "a resource type needs \"name\", \"endpoint\" and "
                          "\"schema\"");
    }

    rt->schema = scim_registry_schema(reg, urn);
    if (rt->schema == NULL) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "resource type \"%s\": no schema \"%s\"", rt->id,
                          urn);
    }

    if (scim_schema_check_rtype(reg, rt, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    rt->key = key = scim_strndup(a, rt->id, strlen(rt->id));
    if (key == NULL) {
        return scim_error_nomem(err);
    }

    for (; *key; key++) {
        *key |= (*key >= 'A' && *key <= 'Z') ? 0x20 : 0;
    }

    return SCIM_OK;
}


int
scim_registry_extend(scim_registry_t *reg, scim_alloc_t *a, const char *rtype,
    scim_error_t *err)
{
    int                   named;
    cJSON                *item, *list;
    const char           *colon;
    scim_rtype_t         *rt;
    scim_schema_t        *schema;
    scim_extension_t     *extensions;

    schema = reg->schemas[reg->nschemas - 1];
    named = (rtype != NULL);
    colon = strrchr(schema->id, ':');

    if (!named) {
        rtype = colon ? colon + 1 : "";
    }

    rt = (scim_rtype_t *) scim_registry_rtype(reg, rtype);

    if (rt == NULL) {
        return named ? scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                                  "there is no resource type \"%s\"", rtype)
                     : SCIM_OK;
    }

    if (scim_schema_check_extension(rt, schema, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    extensions = scim_calloc(a, (rt->nextensions + 1)
                                * sizeof(scim_extension_t));
    list = scim_json_get(rt->json, "schemaExtensions");
    list = list ? list : cJSON_AddArrayToObject(rt->json, "schemaExtensions");
    item = cJSON_CreateObject();

    if (extensions == NULL
        || !cJSON_AddStringToObject(item, "schema", schema->id)
        || !cJSON_AddFalseToObject(item, "required")
        || !cJSON_AddItemToArray(list, item))
    {
        return scim_error_nomem(err);
    }

    memcpy(extensions, rt->extensions,
           rt->nextensions * sizeof(scim_extension_t));
    extensions[rt->nextensions].schema = schema;

    rt->extensions = extensions;
    rt->nextensions++;
    scim_rtype_roles(rt);

    return SCIM_OK;
}


static int
scim_rtype_extensions(scim_registry_t *reg, scim_alloc_t *a, scim_rtype_t *rt,
    const cJSON *list, scim_error_t *err)
{
    const char        *urn;
    const cJSON       *item;
    scim_extension_t  *ext;

    if (list != NULL && !cJSON_IsArray(list)) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "resource type \"%s\": \"schemaExtensions\" must be "
                          "an array", rt->id);
    }

    rt->extensions = scim_calloc(a, (cJSON_GetArraySize(list) + 1)
                                    * sizeof(scim_extension_t));
    if (rt->extensions == NULL) {
        return scim_error_nomem(err);
    }

    cJSON_ArrayForEach(item, list) {
        ext = &rt->extensions[rt->nextensions];
        urn = scim_json_text(item, "schema");
        ext->schema = urn ? scim_registry_schema(reg, urn) : NULL;
        ext->required = cJSON_IsTrue(scim_json_get(item, "required"));

        if (ext->schema == NULL) {
            return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                              "resource type \"%s\": no extension schema "
                              "\"%s\"", rt->id, urn ? urn : "");
        }

        if (scim_schema_check_extension(rt, ext->schema, err) != SCIM_OK) {
            return SCIM_ERROR;
        }

        rt->nextensions++;
    }

    return SCIM_OK;
}


static void
scim_rtype_roles(scim_rtype_t *rt)
{
    size_t  i;

    for (i = 0; i < rt->schema->nattrs; i++) {
        if (rt->schema->attrs[i].role == SCIM_ROLE_MEMBERS) {
            rt->members = &rt->schema->attrs[i];
        }

        if (rt->schema->attrs[i].role == SCIM_ROLE_GROUPS) {
            rt->groups = &rt->schema->attrs[i];
        }
    }

    rt->hidden = scim_attrs_hidden(rt->schema->attrs, rt->schema->nattrs);

    for (i = 0; i < rt->nextensions; i++) {
        rt->hidden |= scim_attrs_hidden(rt->extensions[i].schema->attrs,
                                        rt->extensions[i].schema->nattrs);
    }
}


/* Returns 1 if a GET leaves out something that is stored. */

static int
scim_attrs_hidden(const scim_attr_t *attrs, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if ((attrs[i].returned == SCIM_RETURNED_NEVER
             || attrs[i].returned == SCIM_RETURNED_REQUEST)
            && attrs[i].mutability != SCIM_WRITE_ONLY)
        {
            return 1;
        }

        if (scim_attrs_hidden(attrs[i].subs, attrs[i].nsubs)) {
            return 1;
        }
    }

    return 0;
}


scim_schema_t *
scim_registry_schema(const scim_registry_t *reg, const char *urn)
{
    size_t  i;

    for (i = 0; i < reg->nschemas; i++) {
        if (scim_name_eq(reg->schemas[i]->id, urn)) {
            return reg->schemas[i];
        }
    }

    return NULL;
}


const scim_rtype_t *
scim_registry_endpoint(const scim_registry_t *reg, const char *name,
    size_t len)
{
    size_t       i;
    const char  *endpoint;

    if (len > 0 && name[0] == '/') {
        name++;
        len--;
    }

    for (i = 0; i < reg->nrtypes; i++) {
        endpoint = reg->rtypes[i]->endpoint + 1;

        if (strlen(endpoint) == len && memcmp(endpoint, name, len) == 0) {
            return reg->rtypes[i];
        }
    }

    return NULL;
}


const scim_rtype_t *
scim_registry_rtype(const scim_registry_t *reg, const char *id)
{
    size_t  i;

    for (i = 0; i < reg->nrtypes; i++) {
        if (strcmp(reg->rtypes[i]->id, id) == 0) {
            return reg->rtypes[i];
        }
    }

    return NULL;
}


const scim_attr_t *
scim_attr_in(const scim_attr_t *attrs, size_t n, const char *name, size_t len)
{
    size_t  i;

    for (i = 0; i < n; i++) {

        /* most differ in length or in the first letter, whatever its case */

        if (attrs[i].len == len
            && ((attrs[i].name[0] ^ name[0]) & ~0x20) == 0
            && (memcmp(attrs[i].name, name, len) == 0
                || scim_name_neq(attrs[i].name, name, len)))
        {
            return &attrs[i];
        }
    }

    return NULL;
}


const scim_attr_t *
scim_attr_sub(const scim_attr_t *attr, const char *name, size_t len)
{
    return scim_attr_in(attr->subs, attr->nsubs, name, len);
}


const scim_attr_t *
scim_rtype_attr(const scim_rtype_t *rt, const char *name, size_t len)
{
    size_t                i;
    const scim_attr_t    *attr;
    const scim_schema_t  *schema;

    attr = scim_attr_in(rt->common->attrs, rt->common->nattrs, name, len);
    if (attr != NULL) {
        return attr;
    }

    attr = scim_attr_in(rt->schema->attrs, rt->schema->nattrs, name, len);

    for (i = 0; attr == NULL && i < rt->nextensions; i++) {
        schema = rt->extensions[i].schema;
        attr = scim_attr_in(schema->attrs, schema->nattrs, name, len);
    }

    return attr;
}


const scim_schema_t *
scim_rtype_schema(const scim_rtype_t *rt, const char *urn, size_t len)
{
    size_t  i;

    if (scim_name_neq(rt->schema->id, urn, len)) {
        return rt->schema;
    }

    for (i = 0; i < rt->nextensions; i++) {
        if (scim_name_neq(rt->extensions[i].schema->id, urn, len)) {
            return rt->extensions[i].schema;
        }
    }

    return NULL;
}


int
scim_rtype_is_extension(const scim_rtype_t *rt, const scim_schema_t *schema)
{
    return schema != rt->schema && schema != rt->common;
}


int
scim_rtype_has(const scim_rtype_t *rt, const scim_attr_t *attr)
{
    size_t  i;

    for (i = 0; i < rt->nextensions; i++) {
        if (rt->extensions[i].schema == attr->schema) {
            return 1;
        }
    }

    return !scim_rtype_is_extension(rt, attr->schema);
}


const char *
scim_attr_path(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr)
{
    int                 ext;
    char               *path, *p;
    const scim_attr_t  *top;

    ext = scim_rtype_is_extension(rt, attr->schema);
    top = attr->parent ? attr->parent : attr;

    if (!ext && top == attr) {
        return attr->name;
    }

    path = a->alloc(a->arg, (ext ? strlen(attr->schema->id) : 0)
                            + strlen(top->name) + strlen(attr->name)
                            + sizeof(":."));
    if (path == NULL) {
        return NULL;
    }

    p = path;

    if (ext) {
        p = stpcpy(stpcpy(p, attr->schema->id), ":");
    }

    p = stpcpy(p, top->name);

    if (attr->parent) {
        (void) stpcpy(stpcpy(p, "."), attr->name);
    }

    return path;
}


static const char *
scim_json_text(const cJSON *json, const char *name)
{
    return cJSON_GetStringValue(scim_json_get(json, name));
}


static int
scim_list_add(scim_alloc_t *a, void ***list, size_t *n, void *item)
{
    void  **bigger;

    bigger = scim_alloc(a, (*n + 1) * sizeof(void *));
    if (bigger == NULL) {
        return SCIM_ERROR;
    }

    if (*n > 0) {
        memcpy(bigger, *list, *n * sizeof(void *));
    }

    bigger[*n] = item;
    *list = bigger;
    (*n)++;

    return SCIM_OK;
}
