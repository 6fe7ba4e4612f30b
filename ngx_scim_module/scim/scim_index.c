/*
 * Indexes, and which of them answers a filter without a scan.
 */

#include <string.h>

#include "scim_index.h"
#include "scim_path.h"


/* what clients match with, beside what is unique anyway */

static const struct {
    const char         *name;
    scim_index_kind_e   kind;
} scim_index_defaults[] = {
    { "externalId", SCIM_INDEX_LEXICAL },
    { "emails.value", SCIM_INDEX_LEXICAL },
    { "active", SCIM_INDEX_FIELD }
};

#define SCIM_INDEX_DEFAULTS                                                   \
    (sizeof(scim_index_defaults) / sizeof(scim_index_defaults[0]))


static void scim_index_unique(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, scim_index_t *list, size_t *n);
static void scim_plan_term(const scim_rtype_t *rt, const scim_index_t *indexes,
    size_t n, const scim_filter_t *filter, scim_plan_t *plan);
static int scim_plan_cost(const scim_plan_t *plan);


scim_index_t *
scim_index_builtin(scim_alloc_t *a, const scim_rtype_t *rt, size_t *n)
{
    size_t         i, max;
    scim_path_t    path;
    scim_index_t  *list;

    max = 2 * rt->schema->nattrs + SCIM_INDEX_DEFAULTS;

    for (i = 0; i < rt->nextensions; i++) {
        max += rt->extensions[i].schema->nattrs;
    }

    *n = 0;
    list = scim_calloc(a, max * sizeof(scim_index_t));
    if (list == NULL) {
        return NULL;
    }

    scim_index_unique(a, rt, rt->schema, list, n);

    for (i = 0; i < rt->nextensions; i++) {
        scim_index_unique(a, rt, rt->extensions[i].schema, list, n);
    }

    for (i = 0; i < SCIM_INDEX_DEFAULTS; i++) {
        if (scim_path_parse_name(rt, scim_index_defaults[i].name,
                                 strlen(scim_index_defaults[i].name), &path)
            == SCIM_OK && path.attr != NULL)
        {
            list[(*n)++] = (scim_index_t) {
                rt, path.sub ? path.sub : path.attr,
                scim_index_defaults[i].name, scim_index_defaults[i].kind, 1
            };
        }
    }

    for (i = 0; i < *n; i++) {
        if (list[i].name == NULL) {
            return NULL;
        }
    }

    return list;
}


static void
scim_index_unique(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, scim_index_t *list, size_t *n)
{
    size_t              i;
    const char         *name;
    const scim_attr_t  *attr;

    for (i = 0; i < schema->nattrs; i++) {
        attr = &schema->attrs[i];

        if (attr->uniqueness == SCIM_UNIQUE_NONE
            || attr->type == SCIM_COMPLEX || attr->multi_valued)
        {
            continue;
        }

        name = scim_attr_path(a, rt, attr);
        list[(*n)++] = (scim_index_t) { rt, attr, name, SCIM_INDEX_UNIQUE, 1 };

        /* the name of a group is shown with its members */

        if (rt->members != NULL && rt->members->schema == schema) {
            list[(*n)++] = (scim_index_t) { rt, attr, name, SCIM_INDEX_FIELD,
                                            1 };
        }
    }
}


int
scim_index_describe(scim_alloc_t *a, const scim_rtype_t *rt, const char *name,
    scim_index_t *index, scim_error_t *err)
{
    scim_path_t         path;
    const scim_attr_t  *attr;

    if (scim_path_parse_name(rt, name, strlen(name), &path) != SCIM_OK
        || path.attr == NULL)
    {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\" has no attribute \"%s\"", rt->id, name);
    }

    attr = path.sub ? path.sub : path.attr;

    if (attr->type == SCIM_COMPLEX && attr->value != NULL) {
        attr = attr->value;
    }

    if ((attr->type != SCIM_STRING && attr->type != SCIM_REFERENCE)
        || path.attr->role != SCIM_ROLE_NONE
        || attr->mutability == SCIM_WRITE_ONLY)
    {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\" of \"%s\" cannot be indexed: only strings "
                          "and references can", name, rt->id);
    }

    *index = (scim_index_t) { rt, attr, scim_attr_path(a, rt, attr),
                              SCIM_INDEX_LEXICAL, 0 };

    return index->name ? SCIM_OK : scim_error_nomem(err);
}


void
scim_plan(const scim_rtype_t *rt, const scim_index_t *indexes, size_t n,
    const scim_filter_t *filter, scim_plan_t *plan)
{
    scim_plan_t  left, right;

    memset(plan, 0, sizeof(scim_plan_t));

    if (filter == NULL) {
        plan->exact = 1;
        return;
    }

    switch (filter->kind) {

    case SCIM_FILTER_TERM:
        scim_plan_term(rt, indexes, n, filter, plan);
        break;

    case SCIM_FILTER_VALUE_PATH:
        scim_plan(rt, indexes, n, filter->left, plan);
        plan->exact = 0;
        break;

    case SCIM_FILTER_AND:
        scim_plan(rt, indexes, n, filter->left, &left);
        scim_plan(rt, indexes, n, filter->right, &right);

        *plan = scim_plan_cost(&left) <= scim_plan_cost(&right) ? left : right;
        plan->exact = 0;
        break;

    default:
        break;
    }
}


static void
scim_plan_term(const scim_rtype_t *rt, const scim_index_t *indexes, size_t n,
    const scim_filter_t *filter, scim_plan_t *plan)
{
    size_t              i;
    const scim_attr_t  *attr;

    attr = filter->attr;

    if (filter->op != SCIM_EQ || filter->value.kind == SCIM_LITERAL_NULL) {
        return;
    }

    if (attr->role == SCIM_ROLE_ID) {
        *plan = (scim_plan_t) { SCIM_PLAN_ID, NULL, filter->value.text, 1 };
        return;
    }

    if (rt->members != NULL && attr == rt->members->value) {
        *plan = (scim_plan_t) { SCIM_PLAN_HOLDERS, NULL, filter->value.text,
                                1 };
        return;
    }

    for (i = 0; i < n; i++) {
        if (indexes[i].attr == attr && indexes[i].kind != SCIM_INDEX_FIELD
            && filter->value.kind == SCIM_LITERAL_STRING)
        {
            *plan = (scim_plan_t) { SCIM_PLAN_INDEX, &indexes[i],
                                    filter->value.folded, 1 };
            return;
        }
    }
}


static int
scim_plan_cost(const scim_plan_t *plan)
{
    switch (plan->kind) {

    case SCIM_PLAN_ID:
        return 0;

    case SCIM_PLAN_INDEX:
        return plan->index->kind == SCIM_INDEX_UNIQUE ? 1 : 2;

    case SCIM_PLAN_HOLDERS:
        return 3;

    default:
        return 4;
    }
}
