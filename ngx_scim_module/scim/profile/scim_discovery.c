/*
 * Discovery: what the server can do (RFC 7643, sections 5 to 7).
 */

#include <string.h>

#include "scim/profile/scim_discovery.h"
#include "scim/core/scim_alloc.h"
#include "scim/text/scim_text.h"
#include "scim/schema/scim_schema.h"
#include "scim/profile/scim_interop.h"


#define SCIM_URN_CORE  "urn:ietf:params:scim:schemas:core:2.0:"


static cJSON *scim_discovery_object(const char *kind);
static cJSON *scim_discovery_copy(cJSON *object, const cJSON *from);
static cJSON *scim_discovery_meta(scim_alloc_t *a, cJSON *object,
    const char *kind, const char *base, const char *path, const char *id);
static cJSON *scim_discovery_list(cJSON *resources);
static cJSON *scim_discovery_supported(cJSON *object, const char *name, int on);


cJSON *
scim_discovery_config(scim_alloc_t *a, const scim_features_t *features,
    const char *base)
{
    cJSON  *config, *bulk, *filter, *pages, *schemes, *bearer;

    config = scim_discovery_object("ServiceProviderConfig");

    (void) scim_discovery_supported(config, "patch", 1);

    bulk = scim_discovery_supported(config, "bulk",
                                    features->bulk_operations > 0);
    cJSON_AddNumberToObject(bulk, "maxOperations",
                            (double) features->bulk_operations);
    cJSON_AddNumberToObject(bulk, "maxPayloadSize",
                            (double) features->bulk_size);

    filter = scim_discovery_supported(config, "filter", 1);
    cJSON_AddNumberToObject(filter, "maxResults",
                            (double) features->max_results);

    (void) scim_discovery_supported(config, "changePassword", 0);
    (void) scim_discovery_supported(config, "sort", 1);
    (void) scim_discovery_supported(config, "etag", 1);

    pages = cJSON_AddObjectToObject(config, "pagination");
    cJSON_AddBoolToObject(pages, "cursor", 1);
    cJSON_AddBoolToObject(pages, "index", 1);
    cJSON_AddStringToObject(pages, "defaultPaginationMethod", "index");
    cJSON_AddNumberToObject(pages, "defaultPageSize",
                            (double) features->page_size);
    cJSON_AddNumberToObject(pages, "maxPageSize",
                            (double) features->max_results);

    if (features->interop) {
        cJSON_AddBoolToObject(config, "interopProfileConformant", 1);
    }

    schemes = cJSON_AddArrayToObject(config, "authenticationSchemes");
    bearer = cJSON_CreateObject();
    cJSON_AddStringToObject(bearer, "type", "oauthbearertoken");
    cJSON_AddStringToObject(bearer, "name", "Bearer token");
    cJSON_AddStringToObject(bearer, "description",
                            "A secret token in the Authorization header");
    cJSON_AddStringToObject(bearer, "specUri",
                            "https://www.rfc-editor.org/info/rfc6750");
    cJSON_AddBoolToObject(bearer, "primary", 1);

    if (!cJSON_AddItemToArray(schemes, bearer)) {
        return NULL;
    }

    return scim_discovery_meta(a, config, "ServiceProviderConfig", base,
                               "/ServiceProviderConfig", "");
}


cJSON *
scim_discovery_schema(scim_alloc_t *a, const scim_schema_t *schema,
    int interop, const char *base)
{
    cJSON  *json, *object;

    json = interop ? scim_interop_schema(schema) : schema->json;
    object = json ? scim_discovery_copy(scim_discovery_object("Schema"), json)
                  : NULL;

    return scim_discovery_meta(a, object, "Schema", base, "/Schemas/",
                               schema->id);
}


cJSON *
scim_discovery_rtype(scim_alloc_t *a, const scim_rtype_t *rt,
    const char *base)
{
    cJSON  *object;

    object = scim_discovery_copy(scim_discovery_object("ResourceType"),
                                 rt->json);

    return scim_discovery_meta(a, object, "ResourceType", base,
                               "/ResourceTypes/", rt->id);
}


cJSON *
scim_discovery_schemas(scim_alloc_t *a, const scim_registry_t *reg,
    int interop, const char *base)
{
    cJSON   *list, *item;
    size_t   i;

    list = cJSON_CreateArray();

    for (i = 0; i < reg->nschemas; i++) {
        item = scim_discovery_schema(a, reg->schemas[i], interop, base);

        if (!cJSON_AddItemToArray(list, item)) {
            return NULL;
        }
    }

    return scim_discovery_list(list);
}


cJSON *
scim_discovery_rtypes(scim_alloc_t *a, const scim_registry_t *reg,
    const char *base)
{
    cJSON   *list, *item;
    size_t   i;

    list = cJSON_CreateArray();

    for (i = 0; i < reg->nrtypes; i++) {
        item = scim_discovery_rtype(a, reg->rtypes[i], base);

        if (!cJSON_AddItemToArray(list, item)) {
            return NULL;
        }
    }

    return scim_discovery_list(list);
}


static cJSON *
scim_discovery_object(const char *kind)
{
    char    urn[128];
    cJSON  *object, *schemas;

    strcpy(urn, SCIM_URN_CORE);
    strncat(urn, kind, sizeof(urn) - sizeof(SCIM_URN_CORE));

    object = cJSON_CreateObject();
    schemas = cJSON_AddArrayToObject(object, "schemas");

    if (!cJSON_AddItemToArray(schemas, cJSON_CreateString(urn))) {
        return NULL;
    }

    return object;
}


static cJSON *
scim_discovery_copy(cJSON *object, const cJSON *from)
{
    cJSON  *item;

    cJSON_ArrayForEach(item, from) {
        if (!scim_name_eq(item->string, "schemas")
            && !scim_name_eq(item->string, "meta")
            && !cJSON_AddItemReferenceToObject(object, item->string, item))
        {
            return NULL;
        }
    }

    return object;
}


static cJSON *
scim_discovery_meta(scim_alloc_t *a, cJSON *object, const char *kind,
    const char *base, const char *path, const char *id)
{
    char   *location;
    cJSON  *meta;

    location = scim_sprintf(a, "%s%s%s", base, path, id);
    meta = cJSON_AddObjectToObject(object, "meta");

    if (location == NULL
        || !cJSON_AddStringToObject(meta, "resourceType", kind)
        || !cJSON_AddStringToObject(meta, "location", location))
    {
        return NULL;
    }

    return object;
}


static cJSON *
scim_discovery_list(cJSON *resources)
{
    int     n;
    cJSON  *list, *schemas;

    n = cJSON_GetArraySize(resources);
    list = cJSON_CreateObject();
    schemas = cJSON_AddArrayToObject(list, "schemas");

    if (!cJSON_AddItemToArray(schemas, cJSON_CreateString(
                    "urn:ietf:params:scim:api:messages:2.0:ListResponse"))
        || !cJSON_AddNumberToObject(list, "totalResults", n)
        || !cJSON_AddNumberToObject(list, "itemsPerPage", n)
        || !cJSON_AddNumberToObject(list, "startIndex", 1)
        || !cJSON_AddItemToObject(list, "Resources", resources))
    {
        return NULL;
    }

    return list;
}


static cJSON *
scim_discovery_supported(cJSON *object, const char *name, int on)
{
    cJSON  *feature;

    feature = cJSON_AddObjectToObject(object, name);
    cJSON_AddBoolToObject(feature, "supported", on);

    return feature;
}
