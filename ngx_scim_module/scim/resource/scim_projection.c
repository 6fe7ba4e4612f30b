/*
 * Projection: which attributes an answer has.
 */

#include <string.h>

#include "scim/resource/scim_projection.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_name.h"
#include "scim/schema/scim_schema.h"


static int scim_projection_names(scim_alloc_t *a, scim_projection_t *p,
    const char *list, scim_error_t *err);
static int scim_projection_listed(const scim_projection_t *p,
    const scim_name_t *path);
static int scim_projection_named(const scim_projection_t *p,
    const scim_attr_t *attr);
static int scim_projection_computed(const scim_attr_t *attr);
static void scim_projection_object(const scim_projection_t *p, cJSON *object,
    const scim_attr_t *attrs, size_t n);
static int scim_projection_value(const scim_projection_t *p, cJSON *value,
    const scim_attr_t *attr);
static void scim_projection_subs(const scim_projection_t *p, cJSON *value,
    const scim_attr_t *attr);


int
scim_projection_parse(scim_alloc_t *a, const scim_rtype_t *rt,
    const char *attributes, const char *excluded, scim_projection_t *p,
    scim_error_t *err)
{
    memset(p, 0, sizeof(scim_projection_t));
    p->rt = rt;

    if (attributes != NULL && attributes[0] == '\0') {
        attributes = NULL;
    }

    if (excluded != NULL && excluded[0] == '\0') {
        excluded = NULL;
    }

    if (attributes != NULL && excluded != NULL) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"attributes\" and \"excludedAttributes\" cannot "
                          "be used together");
    }

    p->only = (attributes != NULL);

    if (attributes != NULL || excluded != NULL) {
        return scim_projection_names(a, p, attributes ? attributes : excluded,
                                     err);
    }

    return SCIM_OK;
}


static int
scim_projection_names(scim_alloc_t *a, scim_projection_t *p, const char *list,
    scim_error_t *err)
{
    size_t       len, max;
    const char  *s;

    max = 1;

    for (s = list; *s; s++) {
        max += (*s == ',');
    }

    p->names = scim_alloc(a, max * sizeof(scim_name_t));
    if (p->names == NULL) {
        return scim_error_nomem(err);
    }

    for (s = list; *s; s += len + (s[len] == ',')) {
        s += strspn(s, " ");
        len = strcspn(s, ",");

        while (len > 0 && s[len - 1] == ' ') {
            len--;
        }

        if (scim_name_parse(p->rt, s, len, &p->names[p->n]) == SCIM_OK
            && !scim_projection_listed(p, &p->names[p->n]))
        {
            p->n++;
        }

        len = strcspn(s, ",");
    }

    return SCIM_OK;
}


/* so that a list is no longer than the schemas, however long it was made */

static int
scim_projection_listed(const scim_projection_t *p, const scim_name_t *path)
{
    size_t  i;

    for (i = 0; i < p->n; i++) {
        if (p->names[i].schema == path->schema
            && p->names[i].attr == path->attr && p->names[i].sub == path->sub)
        {
            return 1;
        }
    }

    return 0;
}


/* 2: itself or what it is a part of; 1: a part of it; 0: not named */

static int
scim_projection_named(const scim_projection_t *p, const scim_attr_t *attr)
{
    size_t              i;
    int                 part;
    const scim_attr_t  *top;
    const scim_name_t  *name;

    part = 0;
    top = attr->parent ? attr->parent : attr;

    for (i = 0; i < p->n; i++) {
        name = &p->names[i];

        if (name->attr == NULL) {
            if (name->schema == attr->schema) {
                return 2;
            }

            continue;
        }

        if (name->attr != top) {
            continue;
        }

        if (name->sub == NULL || name->sub == attr) {
            return 2;
        }

        part |= (attr == top);
    }

    return part;
}


int
scim_projection_has(const scim_projection_t *p, const scim_attr_t *attr)
{
    int  named;

    if (attr->returned == SCIM_RETURNED_ALWAYS) {
        return 1;
    }

    if (attr->returned == SCIM_RETURNED_NEVER) {
        return 0;
    }

    named = p->n ? scim_projection_named(p, attr) : 0;

    if (p->only) {
        return named > 0;
    }

    return named < 2 && attr->returned == SCIM_RETURNED_DEFAULT;
}


int
scim_projection_whole(const scim_projection_t *p)
{
    size_t  i;

    if (p->only || p->rt->hidden) {
        return 0;
    }

    for (i = 0; i < p->n; i++) {
        if (p->names[i].attr == NULL
            || !scim_projection_computed(p->names[i].attr))
        {
            return 0;
        }
    }

    return 1;
}


static int
scim_projection_computed(const scim_attr_t *attr)
{
    return attr->role == SCIM_ROLE_META || attr->role == SCIM_ROLE_MEMBERS
           || attr->role == SCIM_ROLE_GROUPS;
}


void
scim_projection_apply(const scim_projection_t *p, cJSON *doc)
{
    size_t                i;
    cJSON                *object;
    const scim_schema_t  *schema;

    scim_projection_object(p, doc, p->rt->common->attrs,
                           p->rt->common->nattrs);
    scim_projection_object(p, doc, p->rt->schema->attrs,
                           p->rt->schema->nattrs);

    for (i = 0; i < p->rt->nextensions; i++) {
        schema = p->rt->extensions[i].schema;
        object = cJSON_GetObjectItemCaseSensitive(doc, schema->id);

        if (object == NULL) {
            continue;
        }

        scim_projection_object(p, object, schema->attrs, schema->nattrs);

        if (object->child == NULL) {
            cJSON_DetachItemViaPointer(doc, object);
        }
    }
}


static void
scim_projection_object(const scim_projection_t *p, cJSON *object,
    const scim_attr_t *attrs, size_t n)
{
    size_t   i;
    cJSON   *value;

    for (i = 0; i < n; i++) {
        value = cJSON_GetObjectItemCaseSensitive(object, attrs[i].name);

        if (value == NULL) {
            continue;
        }

        if (!scim_projection_has(p, &attrs[i])
            || !scim_projection_value(p, value, &attrs[i]))
        {
            cJSON_DetachItemViaPointer(object, value);
        }
    }
}


/* Returns 1 if anything of the value is left. */

static int
scim_projection_value(const scim_projection_t *p, cJSON *value,
    const scim_attr_t *attr)
{
    cJSON  *item, *next;

    if (attr->nsubs == 0 || value->child == NULL) {
        return 1;
    }

    if (!cJSON_IsArray(value)) {
        scim_projection_subs(p, value, attr);
        return value->child != NULL;
    }

    for (item = value->child; item; item = next) {
        next = item->next;

        scim_projection_subs(p, item, attr);

        if (item->child == NULL) {
            cJSON_DetachItemViaPointer(value, item);
        }
    }

    return value->child != NULL;
}


static void
scim_projection_subs(const scim_projection_t *p, cJSON *value,
    const scim_attr_t *attr)
{
    size_t  i;

    for (i = 0; i < attr->nsubs; i++) {
        if (!scim_projection_has(p, &attr->subs[i])) {
            cJSON_DetachItemFromObjectCaseSensitive(value, attr->subs[i].name);
        }
    }
}
