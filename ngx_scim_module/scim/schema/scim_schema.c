/*
 * The registry: schemas and resource types, built from JSON.
 */

#include <string.h>

#include "scim/schema/scim_schema.h"
#include "scim/core/scim_alloc.h"
#include "scim/text/scim_text.h"


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


int
scim_attr_hidden(const scim_attr_t *attr)
{
    return attr->returned == SCIM_RETURNED_NEVER
           || attr->mutability == SCIM_WRITE_ONLY
           || (attr->parent != NULL && scim_attr_hidden(attr->parent));
}
