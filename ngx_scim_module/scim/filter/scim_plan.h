/*
 * Which indexes answer a filter or an order without a scan.
 */

#ifndef SCIM_PLAN_H
#define SCIM_PLAN_H

#include <stddef.h>

#include "scim/core/scim_alloc.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/filter/scim_index.h"


typedef enum {
    SCIM_LOOKUP_ID,             /* the resource with this id */
    SCIM_LOOKUP_INDEX,          /* those under values of an index */
    SCIM_LOOKUP_HOLDERS         /* groups that hold the member of this id */
} scim_lookup_kind_e;

typedef struct {
    scim_lookup_kind_e    kind;
    const scim_index_t   *index;
    scim_op_e             op;       /* of an index: EQ, and of a lexical one
                                       also SW, GT, GE, LT, LE */
    const char           *value;    /* folded for an index, else an id */
} scim_lookup_t;

typedef struct {
    int                   scan;     /* every resource is a candidate; else what
                                       any of the look-ups finds */
    int                   exact;    /* candidates need no further look */
    scim_lookup_t        *lookups;
    size_t                nlookups;
} scim_plan_t;


/*
 * The cheapest way to the resources that a filter can match: look-ups for a
 * term that an index answers, for one side of a conjunction, for both sides of
 * a disjunction; else a scan. Nothing is looked up where no resource of the
 * type can match. A NULL filter scans. SCIM_ERROR when out of memory.
 */
int scim_plan(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_index_t *indexes, size_t n, const scim_filter_t *filter,
    scim_plan_t *plan);

/*
 * Returns the lexical index that has the order of a single-valued attribute,
 * if the plan finds all of its entries or a range of them. NULL if there is
 * none.
 */
const scim_index_t *scim_index_order(const scim_index_t *indexes, size_t n,
    const scim_attr_t *attr, const scim_plan_t *plan);

/*
 * Returns the attribute whose lexical index would serve the filter or, without
 * a filter, the order, or NULL. Either may be NULL. Sets *there if the index
 * exists but could not be used.
 */
const scim_attr_t *scim_index_wanted(const scim_index_t *indexes, size_t n,
    const scim_filter_t *filter, const scim_attr_t *order, int *there);

#endif /* SCIM_PLAN_H */
