/*
 * Indexes, and which of them answers a filter without a scan.
 */

#include <string.h>

#include "scim/filter/scim_index.h"
#include "scim/schema/scim_path.h"
#include "scim/text/scim_text.h"
#include "scim/schema/scim_unique.h"


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
static char *scim_index_name(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, const char *kind);
static int scim_index_field(scim_alloc_t *a, scim_index_t *index);

static int scim_plan_term(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_index_t *indexes, size_t n, const scim_filter_t *filter,
    scim_plan_t *plan);
static int scim_plan_lookup(const scim_rtype_t *rt,
    const scim_index_t *indexes, size_t n, const scim_filter_t *filter,
    scim_lookup_t *lookup);
static int scim_index_answers(scim_index_kind_e kind, scim_op_e op);
static int scim_index_is_ordered(const scim_attr_t *attr);
static int scim_index_is_there(const scim_index_t *indexes, size_t n,
    const scim_attr_t *attr, scim_op_e op);
static int scim_plan_is_type(const scim_attr_t *attr);
static int scim_plan_either(scim_alloc_t *a, const scim_plan_t *left,
    const scim_plan_t *right, scim_plan_t *plan);
static void scim_plan_both(const scim_plan_t *left, const scim_plan_t *right,
    scim_plan_t *plan);
static size_t scim_plan_cost(const scim_plan_t *plan);


scim_index_t *
scim_index_builtin(scim_alloc_t *a, const scim_rtype_t *rt, size_t *n)
{
    size_t              i, max;
    scim_index_t       *list;
    const scim_attr_t  *attr;

    max = 2 * rt->schema->nattrs + SCIM_INDEX_DEFAULTS + rt->nunique;

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
        attr = scim_path_find(NULL, rt, scim_index_defaults[i].name,
                              strlen(scim_index_defaults[i].name));

        if (attr != NULL) {
            list[(*n)++] = (scim_index_t) { rt, attr,
                                            scim_index_defaults[i].name,
                                            scim_index_defaults[i].kind, 1,
                                            NULL };
        }
    }

    for (i = 0; i < rt->nunique; i++) {
        attr = rt->unique[i];

        if (!scim_unique_by_schema(attr)) {
            list[(*n)++] = (scim_index_t) { rt, attr,
                                            scim_index_name(a, rt, attr,
                                                            ":unique"),
                                            SCIM_INDEX_UNIQUE, 0, NULL };
        }
    }

    for (i = 0; i < *n; i++) {
        if (!scim_index_field(a, &list[i])) {
            return NULL;
        }
    }

    return list;
}


/* false when out of memory, also if that was so when it was named */

static int
scim_index_field(scim_alloc_t *a, scim_index_t *index)
{
    static const char *const  prefixes[] = { "uq:", "by:", "" };

    index->field = index->name == NULL ? NULL
                   : scim_sprintf(a, "%s%s", prefixes[index->kind],
                                  index->name);

    return index->field != NULL;
}


/*
 * What a schema calls unique has a hash by its name. If it is not to be unique
 * nevertheless, a sorted set takes the place of that.
 */

static void
scim_index_unique(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, scim_index_t *list, size_t *n)
{
    size_t              i;
    const char         *name;
    const scim_attr_t  *attr;

    for (i = 0; i < schema->nattrs; i++) {
        attr = &schema->attrs[i];

        if (!scim_unique_by_schema(attr)) {
            continue;
        }

        name = scim_attr_path(a, rt, attr);

        if (scim_unique_is(rt, attr)) {
            list[(*n)++] = (scim_index_t) { rt, attr, name, SCIM_INDEX_UNIQUE,
                                            1, NULL };

        } else {
            list[(*n)++] = (scim_index_t) { rt, attr,
                                            scim_index_name(a, rt, attr,
                                                            ":sorted"),
                                            SCIM_INDEX_LEXICAL, 0, NULL };
        }

        /* the name of a group is shown with its members */

        if (rt->members != NULL && rt->members->schema == schema) {
            list[(*n)++] = (scim_index_t) { rt, attr, name, SCIM_INDEX_FIELD,
                                            1, NULL };
        }
    }
}


static char *
scim_index_name(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, const char *kind)
{
    const char  *path;

    path = scim_attr_path(a, rt, attr);

    return path ? scim_sprintf(a, "%s%s", path, kind) : NULL;
}


int
scim_index_describe(scim_alloc_t *a, const scim_rtype_t *rt, const char *name,
    scim_index_t *index, scim_error_t *err)
{
    const scim_attr_t  *attr;

    if (scim_path_find_text(rt, name, "indexed", &attr, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    *index = (scim_index_t) { rt, attr,
                              scim_index_name(a, rt, attr,
                                              scim_unique_by_schema(attr)
                                              ? ":sorted" : ""),
                              SCIM_INDEX_LEXICAL, 0, NULL };

    return scim_index_field(a, index) ? SCIM_OK : scim_error_nomem(err);
}


char *
scim_index_names(scim_alloc_t *a, const scim_index_t *indexes, size_t n)
{
    char    *names, *p;
    size_t   i, len, size;

    for (i = 0, size = 1; i < n; i++) {
        size += strlen(indexes[i].name) + 1;
    }

    names = p = scim_alloc(a, size);
    if (names == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        if (indexes[i].kind == SCIM_INDEX_FIELD) {
            continue;
        }

        if (p != names) {
            *p++ = '\n';
        }

        len = strlen(indexes[i].name);
        memcpy(p, indexes[i].name, len);
        p += len;
    }

    *p = '\0';

    return names;
}


int
scim_plan(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_index_t *indexes, size_t n, const scim_filter_t *filter,
    scim_plan_t *plan)
{
    scim_plan_t  left, right;

    memset(plan, 0, sizeof(scim_plan_t));
    plan->scan = 1;

    if (filter == NULL) {
        plan->exact = 1;
        return SCIM_OK;
    }

    switch (filter->kind) {

    case SCIM_FILTER_TERM:
        return scim_plan_term(a, rt, indexes, n, filter, plan);

    case SCIM_FILTER_VALUE_PATH:
        if (scim_plan(a, rt, indexes, n, filter->left, plan) != SCIM_OK) {
            return SCIM_ERROR;
        }

        plan->exact = 0;
        return SCIM_OK;

    case SCIM_FILTER_AND:
    case SCIM_FILTER_OR:
        if (scim_plan(a, rt, indexes, n, filter->left, &left) != SCIM_OK
            || scim_plan(a, rt, indexes, n, filter->right, &right) != SCIM_OK)
        {
            return SCIM_ERROR;
        }

        if (filter->kind == SCIM_FILTER_OR) {
            return scim_plan_either(a, &left, &right, plan);
        }

        scim_plan_both(&left, &right, plan);
        return SCIM_OK;

    default:
        return SCIM_OK;
    }
}


static int
scim_plan_term(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_index_t *indexes, size_t n, const scim_filter_t *filter,
    scim_plan_t *plan)
{
    scim_lookup_t  lookup;

    /* these match what has no value */

    if (filter->op == SCIM_NE
        || (filter->op != SCIM_PR && filter->value.kind == SCIM_LITERAL_NULL))
    {
        return SCIM_OK;
    }

    if (!scim_rtype_has(rt, filter->attr)) {
        plan->scan = 0;
        plan->exact = 1;
        return SCIM_OK;
    }

    if (filter->op == SCIM_EQ && scim_plan_is_type(filter->attr)) {
        plan->scan = (strcmp(filter->value.text, rt->id) == 0);
        plan->exact = 1;
        return SCIM_OK;
    }

    if (!scim_plan_lookup(rt, indexes, n, filter, &lookup)) {
        return SCIM_OK;
    }

    plan->lookups = scim_alloc(a, sizeof(scim_lookup_t));
    if (plan->lookups == NULL) {
        return SCIM_ERROR;
    }

    plan->lookups[0] = lookup;
    plan->nlookups = 1;
    plan->scan = 0;
    plan->exact = (lookup.kind != SCIM_LOOKUP_ID);

    return SCIM_OK;
}


static int
scim_plan_lookup(const scim_rtype_t *rt, const scim_index_t *indexes, size_t n,
    const scim_filter_t *filter, scim_lookup_t *lookup)
{
    size_t              i;
    const scim_attr_t  *attr;

    attr = filter->attr;
    *lookup = (scim_lookup_t) { SCIM_LOOKUP_ID, NULL, filter->op,
                                filter->value.text };

    if (filter->op == SCIM_EQ && attr->role == SCIM_ROLE_ID) {
        return 1;
    }

    if (filter->op == SCIM_EQ && rt->members != NULL
        && attr == rt->members->value)
    {
        lookup->kind = SCIM_LOOKUP_HOLDERS;
        return 1;
    }

    if (filter->value.kind != SCIM_LITERAL_STRING) {
        return 0;
    }

    lookup->kind = SCIM_LOOKUP_INDEX;
    lookup->value = filter->value.folded;

    for (i = 0; i < n; i++) {
        if (indexes[i].attr == attr
            && scim_index_answers(indexes[i].kind, filter->op))
        {
            lookup->index = &indexes[i];
            return 1;
        }
    }

    return 0;
}


static int
scim_index_answers(scim_index_kind_e kind, scim_op_e op)
{
    switch (kind) {

    case SCIM_INDEX_UNIQUE:
        return op == SCIM_EQ;

    case SCIM_INDEX_LEXICAL:
        return op == SCIM_EQ || op == SCIM_SW || op == SCIM_GT
               || op == SCIM_GE || op == SCIM_LT || op == SCIM_LE;

    default:
        return 0;
    }
}


/* "meta.resourceType", in a query over all types */

static int
scim_plan_is_type(const scim_attr_t *attr)
{
    return attr->parent != NULL && attr->parent->role == SCIM_ROLE_META
           && scim_name_eq(attr->name, "resourceType");
}


static int
scim_plan_either(scim_alloc_t *a, const scim_plan_t *left,
    const scim_plan_t *right, scim_plan_t *plan)
{
    if (left->scan || right->scan) {
        plan->exact = (left->scan && left->exact)
                      || (right->scan && right->exact);
        return SCIM_OK;
    }

    plan->scan = 0;
    plan->exact = left->exact && right->exact;
    plan->nlookups = left->nlookups + right->nlookups;
    plan->lookups = scim_alloc(a, (plan->nlookups + 1)
                                  * sizeof(scim_lookup_t));
    if (plan->lookups == NULL) {
        return SCIM_ERROR;
    }

    if (left->nlookups > 0) {
        memcpy(plan->lookups, left->lookups,
               left->nlookups * sizeof(scim_lookup_t));
    }

    if (right->nlookups > 0) {
        memcpy(plan->lookups + left->nlookups, right->lookups,
               right->nlookups * sizeof(scim_lookup_t));
    }

    return SCIM_OK;
}


static void
scim_plan_both(const scim_plan_t *left, const scim_plan_t *right,
    scim_plan_t *plan)
{
    const scim_plan_t  *best, *other;

    best = left;
    other = right;

    if (scim_plan_cost(right) < scim_plan_cost(left)) {
        best = right;
        other = left;
    }

    *plan = *best;

    /* what matches every resource, or finds none, leaves nothing to look at */

    plan->exact = best->exact && ((other->scan && other->exact)
                                  || (!best->scan && best->nlookups == 0));
}


static size_t
scim_plan_cost(const scim_plan_t *plan)
{
    size_t                i, cost;
    const scim_lookup_t  *lookup;

    if (plan->scan) {
        return (size_t) -1;
    }

    cost = 0;

    for (i = 0; i < plan->nlookups; i++) {
        lookup = &plan->lookups[i];

        if (lookup->kind == SCIM_LOOKUP_ID) {
            cost += 1;

        } else if (lookup->kind == SCIM_LOOKUP_HOLDERS) {
            cost += 1000;

        } else if (lookup->index->kind == SCIM_INDEX_UNIQUE) {
            cost += 2;

        } else {
            cost += (lookup->op == SCIM_EQ) ? 100 : 10000;
        }
    }

    return cost;
}


const scim_index_t *
scim_index_order(const scim_index_t *indexes, size_t n,
    const scim_attr_t *attr, const scim_plan_t *plan)
{
    size_t               i;
    const scim_index_t  *index;

    if (!plan->exact || !scim_index_is_ordered(attr)) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        index = &indexes[i];

        if (index->attr != attr || index->kind != SCIM_INDEX_LEXICAL) {
            continue;
        }

        if (plan->scan
            || (plan->nlookups == 1
                && plan->lookups[0].kind == SCIM_LOOKUP_INDEX
                && plan->lookups[0].index == index))
        {
            return index;
        }
    }

    return NULL;
}


/* an entry for each of several values is no order of resources */

static int
scim_index_is_ordered(const scim_attr_t *attr)
{
    return !attr->multi_valued
           && (attr->parent == NULL || !attr->parent->multi_valued);
}


const scim_attr_t *
scim_index_wanted(const scim_index_t *indexes, size_t n,
    const scim_filter_t *filter, const scim_attr_t *order, int *there)
{
    int                 other;
    const scim_attr_t  *left, *right;

    *there = 0;

    if (filter == NULL) {
        if (order == NULL || !scim_path_is_text(order)
            || !scim_index_is_ordered(order))
        {
            return NULL;
        }

        *there = scim_index_is_there(indexes, n, order, SCIM_SW);
        return order;
    }

    switch (filter->kind) {

    case SCIM_FILTER_TERM:
        if (filter->value.kind != SCIM_LITERAL_STRING
            || !scim_index_answers(SCIM_INDEX_LEXICAL, filter->op)
            || !scim_path_is_text(filter->attr))
        {
            return NULL;
        }

        *there = scim_index_is_there(indexes, n, filter->attr, filter->op);
        return filter->attr;

    case SCIM_FILTER_VALUE_PATH:
        return scim_index_wanted(indexes, n, filter->left, NULL, there);

    case SCIM_FILTER_AND:
    case SCIM_FILTER_OR:
        left = scim_index_wanted(indexes, n, filter->left, NULL, there);
        right = scim_index_wanted(indexes, n, filter->right, NULL, &other);

        /* a disjunction needs one for either side */

        if (filter->kind == SCIM_FILTER_OR && (left == NULL || right == NULL)) {
            return NULL;
        }

        if (left != NULL && !(filter->kind == SCIM_FILTER_OR && *there)) {
            return left;
        }

        *there = other;
        return right;

    default:
        return NULL;
    }
}


static int
scim_index_is_there(const scim_index_t *indexes, size_t n,
    const scim_attr_t *attr, scim_op_e op)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (indexes[i].attr == attr
            && scim_index_answers(indexes[i].kind, op))
        {
            return 1;
        }
    }

    return 0;
}
