/*
 * Checks schemas and resource types of a configuration.
 */

#include <string.h>

#include "scim/schema/scim_schema_check.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_text.h"
#include "scim/schema/scim_schema.h"


#define SCIM_ALNUM                                                            \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* a key in the store holds one of each, and has an end too */
#define SCIM_SCHEMA_ID_MAX    512
#define SCIM_SCHEMA_NAME_MAX  128


static int scim_schema_made_of(const char *text, const char *chars,
    size_t max);
static int scim_schema_has_role(const scim_schema_t *schema);
static int scim_schema_check_endpoint(const scim_registry_t *reg,
    const scim_rtype_t *rt, scim_error_t *err);
static int scim_schema_check_base(const scim_registry_t *reg,
    const scim_rtype_t *rt, scim_error_t *err);
static int scim_schema_names(const scim_schema_t *schema, const char *text);


int
scim_schema_check_id(const scim_registry_t *reg, const char *id,
    scim_error_t *err)
{
    if (id == NULL || strchr(id, ':') == NULL
        || !scim_schema_made_of(id, SCIM_ALNUM "-._~:/@!$&'*+;=",
                                SCIM_SCHEMA_ID_MAX))
    {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "a schema needs an \"id\", its URN, of at most %d "
                          "characters", SCIM_SCHEMA_ID_MAX);
    }

    if (scim_registry_schema(reg, id) != NULL
        || (reg->common != NULL && scim_name_eq(reg->common->id, id)))
    {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "schema \"%s\" is defined twice", id);
    }

    return SCIM_OK;
}


int
scim_schema_check_name(const char *name, scim_error_t *err)
{
    if (name == NULL || !scim_schema_made_of(name, SCIM_ALNUM "$-_",
                                             SCIM_SCHEMA_NAME_MAX))
    {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "an attribute needs a \"name\" of letters, digits, "
                          "\"$\", \"-\" and \"_\", at most %d",
                          SCIM_SCHEMA_NAME_MAX);
    }

    return SCIM_OK;
}


static int
scim_schema_made_of(const char *text, const char *chars, size_t max)
{
    size_t  len;

    len = strspn(text, chars);

    return len > 0 && len <= max && text[len] == '\0';
}


/* a type becomes a part of the names of keys; these are in others already */

static const char  *scim_schema_taken[] = {
    "change", "client", "cycle", "import", "issued", "log", "meta", "token",
    NULL
};


int
scim_schema_check_rtype(const scim_registry_t *reg, const scim_rtype_t *rt,
    scim_error_t *err)
{
    size_t  i;

    if (rt->id == NULL
        || !scim_schema_made_of(rt->id, SCIM_ALNUM, SCIM_SCHEMA_NAME_MAX))
    {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "a resource type needs a \"name\" or \"id\" of "
                          "letters and digits, at most %d",
                          SCIM_SCHEMA_NAME_MAX);
    }

    for (i = 0; scim_schema_taken[i]; i++) {
        if (scim_name_eq(rt->id, scim_schema_taken[i])) {
            return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                              "a resource type cannot be called \"%s\": the "
                              "store has something else of that name", rt->id);
        }
    }

    for (i = 0; i < reg->nrtypes; i++) {
        if (scim_name_eq(reg->rtypes[i]->id, rt->id)) {
            return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                              "resource type \"%s\" is defined twice", rt->id);
        }
    }

    if (scim_schema_check_endpoint(reg, rt, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    return scim_schema_check_base(reg, rt, err);
}


static int
scim_schema_check_endpoint(const scim_registry_t *reg, const scim_rtype_t *rt,
    scim_error_t *err)
{
    size_t       i;
    const char  *name;

    static const char  *taken[] = {
        "ServiceProviderConfig", "ResourceTypes", "Schemas", "Me", "Bulk"
    };

    if (rt->endpoint == NULL || rt->endpoint[0] != '/'
        || !scim_schema_made_of(rt->endpoint + 1, SCIM_ALNUM "-_",
                                SCIM_SCHEMA_NAME_MAX))
    {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "resource type \"%s\" needs an \"endpoint\" such as "
                          "\"/Users\"", rt->id);
    }

    name = rt->endpoint + 1;

    for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        if (strcmp(taken[i], name) == 0) {
            break;
        }
    }

    if (i < sizeof(taken) / sizeof(taken[0])
        || scim_registry_endpoint(reg, name, strlen(name)) != NULL)
    {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "resource type \"%s\": the endpoint \"%s\" is taken",
                          rt->id, rt->endpoint);
    }

    return SCIM_OK;
}


static int
scim_schema_check_base(const scim_registry_t *reg, const scim_rtype_t *rt,
    scim_error_t *err)
{
    size_t       i;
    const char  *name;

    for (i = 0; i < reg->nrtypes; i++) {
        if (reg->rtypes[i]->schema == rt->schema
            && scim_schema_has_role(rt->schema))
        {
            return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                              "resource type \"%s\": only \"%s\" can have the "
                              "schema \"%s\"", rt->id, reg->rtypes[i]->id,
                              rt->schema->id);
        }
    }

    for (i = 0; i < rt->common->nattrs; i++) {
        name = rt->common->attrs[i].name;

        if (scim_attr_in(rt->schema->attrs, rt->schema->nattrs, name,
                         strlen(name)) != NULL)
        {
            return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                              "resource type \"%s\": its schema defines \"%s\""
                              ", which every resource has", rt->id, name);
        }
    }

    return SCIM_OK;
}


static int
scim_schema_has_role(const scim_schema_t *schema)
{
    size_t  i;

    for (i = 0; i < schema->nattrs; i++) {
        if (schema->attrs[i].role != SCIM_ROLE_NONE) {
            return 1;
        }
    }

    return 0;
}


int
scim_schema_check_extension(const scim_rtype_t *rt,
    const scim_schema_t *schema, scim_error_t *err)
{
    size_t                i;
    const scim_schema_t  *other;

    if (scim_rtype_schema(rt, schema->id, strlen(schema->id)) != NULL
        || scim_schema_has_role(schema))
    {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "resource type \"%s\": \"%s\" cannot be an extension "
                          "of it", rt->id, schema->id);
    }

    for (i = 0; i <= rt->nextensions; i++) {
        other = i ? rt->extensions[i - 1].schema : rt->schema;

        if (scim_schema_names(other, schema->id)
            || scim_schema_names(schema, other->id))
        {
            return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                              "resource type \"%s\": \"%s\" and \"%s\" cannot "
                              "be told apart from their attributes", rt->id,
                              other->id, schema->id);
        }
    }

    return SCIM_OK;
}


/* Returns 1 if the text is the path of an attribute of the schema. */

static int
scim_schema_names(const scim_schema_t *schema, const char *text)
{
    size_t  len;

    len = strlen(schema->id);

    if (strlen(text) <= len || text[len] != ':'
        || !scim_name_neq(schema->id, text, len))
    {
        return 0;
    }

    text += len + 1;

    return scim_attr_in(schema->attrs, schema->nattrs, text,
                        strcspn(text, ".")) != NULL;
}
