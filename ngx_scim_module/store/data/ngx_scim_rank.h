/*
 * Lexical indexes by rank: the places of values in their order, and the entries
 * from one place on. The functions return as those of ngx_scim_store.h do.
 */

#ifndef NGX_SCIM_RANK_H
#define NGX_SCIM_RANK_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/data/ngx_scim_index.h"


/* entries of a sorted index that follow each other */

typedef struct {
    ngx_scim_relation_e         relation;    /* of their values to this one, */
    ngx_str_t                   value;       /* folded */
    ngx_uint_t                  first;       /* rank of the first of them */
    ngx_uint_t                  n;
} ngx_scim_span_t;


/*
 * Finds n spans in the order of a lexical index: sets first and n of each. Sets
 * existing to the number of resources of the type.
 */
ngx_int_t ngx_scim_rank_spans(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_str_t *name, ngx_scim_span_t *spans, ngx_uint_t n,
    ngx_uint_t *existing, ngx_scim_store_handler_pt handler, void *data);

/*
 * Reads n entries, 1 or more, of a lexical index from a rank on, in their
 * order. Adds the folded values and the ids to two arrays of ngx_str_t.
 */
ngx_int_t ngx_scim_rank_entries(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_str_t *name, ngx_uint_t first, ngx_uint_t n, ngx_array_t *values,
    ngx_array_t *ids, ngx_scim_store_handler_pt handler, void *data);

/*
 * Reads the seq of each id, 1 or more of them. It is 0 if the resource is gone.
 */
ngx_int_t ngx_scim_rank_seqs(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_array_t *ids, ngx_uint_t *seqs, ngx_scim_store_handler_pt handler,
    void *data);

/*
 * Sets has[i] to 1 if a resource, of 1 or more, has an entry in a lexical
 * index.
 */
ngx_int_t ngx_scim_rank_has(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_str_t *name, ngx_array_t *ids, u_char *has,
    ngx_scim_store_handler_pt handler, void *data);

#endif /* NGX_SCIM_RANK_H */
