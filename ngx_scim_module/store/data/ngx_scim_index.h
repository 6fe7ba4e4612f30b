/*
 * Indexes in the store. The functions return as those of ngx_scim_store.h do.
 */

#ifndef NGX_SCIM_INDEX_H
#define NGX_SCIM_INDEX_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_store.h"


typedef enum {
    NGX_SCIM_INDEX_UNIQUE,      /* hash: folded value to id */
    NGX_SCIM_INDEX_LEXICAL,     /* sorted set of value NUL id */
    NGX_SCIM_INDEX_FIELD        /* only a field of the resource's hash */
} ngx_scim_index_kind_e;

typedef enum {
    NGX_SCIM_EQUAL,
    NGX_SCIM_STARTS_WITH,
    NGX_SCIM_GREATER,
    NGX_SCIM_GREATER_EQUAL,
    NGX_SCIM_LESS,
    NGX_SCIM_LESS_EQUAL,
    NGX_SCIM_ANY                /* the value does not matter */
} ngx_scim_relation_e;


/*
 * Reads count ids of a type from offset, in the order of creation. The first
 * has the offset 0. Adds them to ids (of ngx_str_t), and sets total to the
 * number of all.
 */
ngx_int_t ngx_scim_index_page(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_uint_t offset, ngx_uint_t count, ngx_array_t *ids, ngx_uint_t *total,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Reads count ids from the one behind seq or, backward, from the one in front
 * of it, with their seqs (of ngx_uint_t). Resources that are created or deleted
 * meanwhile do not move the place.
 */
ngx_int_t ngx_scim_index_walk(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_uint_t seq, ngx_uint_t backward, ngx_uint_t count, ngx_array_t *ids,
    ngx_array_t *seqs, ngx_uint_t *total,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Finds the resources whose indexed attribute is in this relation to a folded
 * value. The relation to a value of a unique index is always equality. Adds at
 * most limit + 1 ids to ids (of ngx_str_t). A resource with several values may
 * come several times.
 */
ngx_int_t ngx_scim_index_lookup(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_index_kind_e kind, ngx_str_t *name, ngx_scim_relation_e relation,
    ngx_str_t *value, ngx_uint_t limit, ngx_array_t *ids,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Sets complete to 1 if the tenant has a complete index on this attribute. An
 * index that was configured after the first resource was created is complete
 * after a reindex.
 */
ngx_int_t ngx_scim_index_complete(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_str_t *name, ngx_uint_t *complete,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Sets the ends of the range of a sorted index that is in this relation to a
 * value, as ZRANGEBYLEX takes them. Returns NGX_ERROR if out of memory; the
 * call is then given up.
 */
ngx_int_t ngx_scim_index_bounds(ngx_scim_store_t *store,
    ngx_scim_relation_e relation, ngx_str_t *value, ngx_str_t *min,
    ngx_str_t *max);

#endif /* NGX_SCIM_INDEX_H */
