/*
 * Which attributes are unique in a tenant.
 */

#include <string.h>

#include "scim/schema/scim_unique.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_name.h"
#include "scim/schema/scim_schema.h"


static int scim_unique_add(scim_rtype_t *rt, const char *name,
    scim_error_t *err);
static const scim_attr_t *scim_unique_always(const scim_rtype_t *rt);
static int scim_unique_announce(const scim_rtype_t *rt,
    const scim_schema_t *schema);
static int scim_unique_announce_attr(const scim_rtype_t *rt,
    const scim_attr_t *attr, cJSON *attributes);


int
scim_unique_set(scim_registry_t *reg, scim_alloc_t *a, const char *rtype,
    const char **names, size_t n, scim_error_t *err)
{
    size_t              i;
    scim_rtype_t       *rt;
    const scim_attr_t  *always;

    rt = (scim_rtype_t *) scim_registry_rtype(reg, rtype);

    if (rt == NULL) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "there is no resource type \"%s\"", rtype);
    }

    rt->nunique = 0;
    rt->unique = scim_calloc(a, (n + 1) * sizeof(scim_attr_t *));
    if (rt->unique == NULL) {
        return scim_error_nomem(err);
    }

    always = scim_unique_always(rt);

    if (always != NULL) {
        rt->unique[rt->nunique++] = always;
    }

    for (i = 0; i < n; i++) {
        if (scim_unique_add(rt, names[i], err) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    if (scim_unique_announce(rt, rt->schema) != SCIM_OK) {
        return scim_error_nomem(err);
    }

    for (i = 0; i < rt->nextensions; i++) {
        if (scim_unique_announce(rt, rt->extensions[i].schema) != SCIM_OK) {
            return scim_error_nomem(err);
        }
    }

    return SCIM_OK;
}


static int
scim_unique_add(scim_rtype_t *rt, const char *name, scim_error_t *err)
{
    const scim_attr_t  *attr;

    if (scim_name_find_text(rt, name, "unique", &attr, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    if (!scim_unique_is(rt, attr)) {
        rt->unique[rt->nunique++] = attr;
    }

    return SCIM_OK;
}


static const scim_attr_t *
scim_unique_always(const scim_rtype_t *rt)
{
    return rt->groups ? scim_rtype_attr(rt, "userName", 8) : NULL;
}


int
scim_unique_by_schema(const scim_attr_t *attr)
{
    return attr->uniqueness != SCIM_UNIQUE_NONE && attr->parent == NULL
           && attr->type != SCIM_COMPLEX && !attr->multi_valued
           && attr->role == SCIM_ROLE_NONE;
}


int
scim_unique_is(const scim_rtype_t *rt, const scim_attr_t *attr)
{
    size_t  i;

    if (rt->unique == NULL) {
        return scim_unique_by_schema(attr);
    }

    for (i = 0; i < rt->nunique; i++) {
        if (rt->unique[i] == attr) {
            return 1;
        }
    }

    return 0;
}


/* sets "uniqueness" in /Schemas */

static int
scim_unique_announce(const scim_rtype_t *rt, const scim_schema_t *schema)
{
    size_t  i;

    for (i = 0; i < schema->nattrs; i++) {
        if (scim_unique_announce_attr(rt, &schema->attrs[i],
                                      scim_json_get(schema->json,
                                                    "attributes"))
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_unique_announce_attr(const scim_rtype_t *rt, const scim_attr_t *attr,
    cJSON *attributes)
{
    size_t       i;
    cJSON       *item, *word;
    const char  *name;

    cJSON_ArrayForEach(item, attributes) {
        name = cJSON_GetStringValue(scim_json_get(item, "name"));

        if (name != NULL && scim_name_eq(name, attr->name)) {
            break;
        }
    }

    for (i = 0; i < attr->nsubs; i++) {
        if (scim_unique_announce_attr(rt, &attr->subs[i],
                                      scim_json_get(item, "subAttributes"))
            != SCIM_OK)
        {
            return SCIM_ERROR;
        }
    }

    if (item == NULL || scim_unique_is(rt, attr) == scim_unique_by_schema(attr))
    {
        return SCIM_OK;
    }

    word = cJSON_CreateString(scim_unique_is(rt, attr) ? "server" : "none");
    cJSON_DeleteItemFromObject(item, "uniqueness");

    return cJSON_AddItemToObject(item, "uniqueness", word) ? SCIM_OK
                                                           : SCIM_ERROR;
}
