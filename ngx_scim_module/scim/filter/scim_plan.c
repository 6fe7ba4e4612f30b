/*
 * Which indexes answer a filter or an order without a scan.
 */

#include <string.h>

#include "scim/filter/scim_plan.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/text/scim_text.h"
#include "scim/schema/scim_name.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/filter/scim_index.h"


static int scim_plan_term(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_index_t *indexes, size_t n, const scim_filter_t *filter,
    scim_plan_t *plan);
static int scim_plan_lookup(const scim_rtype_t *rt,
    const scim_index_t *indexes, size_t n, const scim_filter_t *filter,
    scim_lookup_t *lookup);
static int scim_index_answers(scim_index_kind_e kind, scim_op_e op);
static int scim_plan_is_type(const scim_attr_t *attr);
static int scim_plan_either(scim_alloc_t *a, const scim_plan_t *left,
    const scim_plan_t *right, scim_plan_t *plan);
static void scim_plan_both(const scim_plan_t *left, const scim_plan_t *right,
    scim_plan_t *plan);
static size_t scim_plan_cost(const scim_plan_t *plan);
static int scim_index_is_ordered(const scim_attr_t *attr);
static int scim_index_is_there(const scim_index_t *indexes, size_t n,
    const scim_attr_t *attr, scim_op_e op);


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

    /*
     * if the filter matches every resource or none, there is nothing to
     * compare
     */

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
        if (order == NULL || !scim_attr_is_text(order)
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
            || !scim_attr_is_text(filter->attr))
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

        /* a disjunction needs one for each side */

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
