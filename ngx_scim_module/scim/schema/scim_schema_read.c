/*
 * A schema from its JSON representation (RFC 7643, sections 7 and 8.7).
 */

#include <string.h>

#include "scim/schema/scim_schema_read.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_schema.h"
#include "scim/schema/scim_schema_check.h"


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

    multi = required = exact = 0;

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
