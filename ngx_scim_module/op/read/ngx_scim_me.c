/*
 * /Me: the user that a variable of the configuration names (RFC 7644,
 * section 3.11).
 */

#include "op/core/ngx_scim_op.h"
#include "store/data/ngx_scim_index.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/core/scim_utf8.h"
#include "scim/text/scim_fold.h"
#include "scim/filter/scim_index.h"


static void ngx_scim_me_found(ngx_scim_op_t *op);


void
ngx_scim_me(ngx_scim_op_t *op)
{
    char                *folded;
    ngx_int_t            rc;
    ngx_str_t            name, value;
    ngx_array_t         *ids;
    const scim_index_t  *index;

    index = ngx_scim_op_unique(op->type);

    if (index == NULL
        || scim_utf8_check((char *) op->me.data, op->me.len) != op->me.len)
    {
        ngx_scim_op_error(op, 404, SCIM_TYPE_NONE, "There is no such user");
        return;
    }

    ids = ngx_array_create(op->store.pool, 1, sizeof(ngx_str_t));
    folded = scim_strndup(&op->alloc, (char *) op->me.data, op->me.len);
    folded = folded ? scim_fold(&op->alloc, folded, index->attr->case_exact)
                    : NULL;
    if (ids == NULL || folded == NULL) {
        ngx_scim_op_nomem(op);
        return;
    }

    name = ngx_scim_op_str(op, index->name);
    value = ngx_scim_op_str(op, folded);
    op->ctx = ids;

    rc = ngx_scim_index_lookup(&op->store, &op->type->key,
                               NGX_SCIM_INDEX_UNIQUE, &name,
                               NGX_SCIM_EQUAL, &value, 1, ids,
                               ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_me_found);
}


static void
ngx_scim_me_found(ngx_scim_op_t *op)
{
    ngx_array_t  *ids;

    ids = op->ctx;

    if (ids->nelts == 0) {
        ngx_scim_op_error(op, 404, SCIM_TYPE_NONE, "There is no such user");
        return;
    }

    op->id = *(ngx_str_t *) ids->elts;
    op->ctx = NULL;

    if (ngx_scim_op_place(op, &op->content_location) != NGX_OK) {
        ngx_scim_op_nomem(op);
        return;
    }

    op->operation(op);
}
