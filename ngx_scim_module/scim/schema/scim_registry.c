/*
 * The registry: schemas and resource types, built once at configuration time
 * from the JSON representation of the RFC.
 */

#include <string.h>

#include "scim/schema/scim_registry.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/schema/scim_schema.h"
#include "scim/schema/scim_schema_check.h"
#include "scim/schema/scim_schema_read.h"
#include "scim_schemas_json.h"


static int scim_rtype_names(const scim_registry_t *reg, scim_alloc_t *a,
    scim_rtype_t *rt, const cJSON *json, scim_error_t *err);
static int scim_rtype_extensions(scim_registry_t *reg, scim_alloc_t *a,
    scim_rtype_t *rt, const cJSON *list, scim_error_t *err);
static void scim_rtype_roles(scim_rtype_t *rt);
static int scim_attrs_hidden(const scim_attr_t *attrs, size_t n);


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
