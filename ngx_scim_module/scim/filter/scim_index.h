/*
 * Indexes, and which of them answers a filter without a scan.
 */

#ifndef SCIM_INDEX_H
#define SCIM_INDEX_H

#include "scim/filter/scim_filter.h"


typedef enum {
    SCIM_INDEX_UNIQUE,          /* one value, one resource */
    SCIM_INDEX_LEXICAL,         /* a value, any number of resources */
    SCIM_INDEX_FIELD            /* not for look-ups: shown to applications */
} scim_index_kind_e;

typedef struct {
    const scim_rtype_t  *rt;
    const scim_attr_t   *attr;
    const char          *name;      /* scim_attr_path(), and ":unique" or
                                       ":sorted" where the schema has the
                                       attribute otherwise */
    scim_index_kind_e    kind;
    int                  builtin;   /* there for every resource there is */
    const char          *field;     /* of a stored resource that tells what it
                                       has in the index: "uq:" or "by:" and
                                       the name, or just the name */
} scim_index_t;


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
 * Makes the indexes that every type has: unique attributes, "externalId" and
 * "emails.value" where the schemas have them, "active" and a group's
 * "displayName" as fields. Array of *n; NULL when out of memory.
 */
scim_index_t *scim_index_builtin(scim_alloc_t *a, const scim_rtype_t *rt,
    size_t *n);

/*
 * Describes a configured index by an attribute's name. 400 invalidValue. What
 * is unique, and can be looked up anyway, gets a lexical index beside that.
 */
int scim_index_describe(scim_alloc_t *a, const scim_rtype_t *rt,
    const char *name, scim_index_t *index, scim_error_t *err);

/*
 * The names of those that are there for look-ups, a line each, as the store
 * takes them. NULL when out of memory.
 */
char *scim_index_names(scim_alloc_t *a, const scim_index_t *indexes, size_t n);

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
 * The lexical index whose entries are in the order of an attribute, which has
 * one value at most, if what the plan finds is all of them or a range of them;
 * NULL if there is none.
 */
const scim_index_t *scim_index_order(const scim_index_t *indexes, size_t n,
    const scim_attr_t *attr, const scim_plan_t *plan);

/*
 * The attribute of which a lexical index would find what matches a filter or,
 * without a filter, have an order; NULL if none would. Either may be NULL. Is
 * it there already? Then it was of no use.
 */
const scim_attr_t *scim_index_wanted(const scim_index_t *indexes, size_t n,
    const scim_filter_t *filter, const scim_attr_t *order, int *there);

#endif /* SCIM_INDEX_H */
