/*
 * The members of groups, a slice at a time, so that a group of any size takes
 * little memory and delays no other request.
 */

#ifndef NGX_SCIM_SLICE_H
#define NGX_SCIM_SLICE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_store.h"
#include "store/data/ngx_scim_resource.h"


/* members of a group as they are read: its users, then the groups in it */

typedef struct ngx_scim_slice_s  ngx_scim_slice_t;

typedef struct {
    size_t                      len;
    u_char                      data[NGX_INT64_LEN];
} ngx_scim_slice_text_t;

typedef struct {
    ngx_scim_slice_t           *slice;
    ngx_scim_slice_text_t       cursor;
    unsigned                    groups:1;
    unsigned                    open:1;      /* not read to its end */
} ngx_scim_slice_set_t;

struct ngx_scim_slice_s {
    ngx_str_t                   id;          /* of the group; by the caller */
    ngx_array_t                 members;     /* of ngx_scim_link_id_t, those of
                                                the latest slice */
    ngx_scim_slice_set_t        sets[2];
    ngx_scim_slice_text_t       switched;    /* when the first was read */
};


/*
 * Reads the first slice of the members of n groups; the fewer groups, the more
 * of each. The content of slices[i].members lives in the pool that the store
 * has then.
 */
ngx_int_t ngx_scim_slice_first(ngx_scim_store_t *store,
    ngx_scim_slice_t *slices, ngx_uint_t n,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Reads a group and its first slice in one round trip. The caller sets
 * record->id.
 */
ngx_int_t ngx_scim_slice_record(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_record_t *record, ngx_scim_slice_t *slice,
    ngx_scim_store_handler_pt handler, void *data);

/* Returns 1 if there are members that have not been read. */
ngx_uint_t ngx_scim_slice_more(const ngx_scim_slice_t *slice);

/*
 * Reads the next slice, if there is more. The result is NOT_FOUND if the group
 * is gone. It is STALE if all members have been replaced since the first slice,
 * so that the slices do not fit together. A member that joins or leaves
 * meanwhile may be in a slice or not; one can come twice if most members leave.
 */
ngx_int_t ngx_scim_slice_next(ngx_scim_store_t *store,
    ngx_scim_slice_t *slice, ngx_scim_store_handler_pt handler, void *data);

#endif /* NGX_SCIM_SLICE_H */
