/*
 * The canonical values of attributes.
 */

#include <string.h>

#include "scim/schema/scim_canonical.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_name.h"
#include "scim/schema/scim_schema.h"


static cJSON *scim_canonical_attr(const scim_attr_t *attr);


const cJSON *
scim_canonical_values(const scim_attr_t *attr)
{
    const cJSON  *values;

    values = scim_json_get(scim_canonical_attr(attr), "canonicalValues");

    return (cJSON_IsArray(values) && values->child != NULL) ? values : NULL;
}


/* the attribute in the text of its schema */

static cJSON *
scim_canonical_attr(const scim_attr_t *attr)
{
    cJSON       *list, *item;
    const char  *name;

    list = attr->parent
           ? scim_json_get(scim_canonical_attr(attr->parent), "subAttributes")
           : scim_json_get(attr->schema->json, "attributes");

    cJSON_ArrayForEach(item, list) {
        name = cJSON_GetStringValue(scim_json_get(item, "name"));

        if (name != NULL && scim_name_eq(name, attr->name)) {
            return item;
        }
    }

    return NULL;
}


int
scim_canonical_set(scim_registry_t *reg, const char *rtype, const char *name,
    const char **values, size_t n, scim_error_t *err)
{
    cJSON               *json, *list;
    const scim_attr_t   *attr;
    const scim_rtype_t  *rt;

    rt = scim_registry_rtype(reg, rtype);

    if (rt == NULL) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "there is no resource type \"%s\"", rtype);
    }

    if (scim_name_find_text(rt, name, "given canonical values", &attr, err)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    json = scim_canonical_attr(attr);
    list = cJSON_CreateStringArray(values, (int) n);

    cJSON_DeleteItemFromObject(json, "canonicalValues");

    return cJSON_AddItemToObject(json, "canonicalValues", list)
           ? SCIM_OK : scim_error_nomem(err);
}
