/*
 * GET of one resource (RFC 7644, section 3.4.1).
 */

#include "op/core/ngx_scim_op.h"


static void ngx_scim_get_answer(ngx_scim_op_t *op);


void
ngx_scim_get(ngx_scim_op_t *op)
{
    if (ngx_scim_op_query(op) != NGX_OK) {
        return;
    }

    ngx_scim_op_read_whole(op, ngx_scim_get_answer);
}


static void
ngx_scim_get_answer(ngx_scim_op_t *op)
{
    if (op->result != NGX_SCIM_STORE_OK) {
        ngx_scim_op_not_found(op);
        return;
    }

    if (ngx_scim_op_if_match(op, &op->record.version) != NGX_OK) {
        return;
    }

    if (op->if_none_match.len
        && ngx_scim_op_tag_matches(&op->if_none_match, &op->record.version))
    {
        ngx_scim_answer_resource(op, NGX_SCIM_NOT_MODIFIED);
        return;
    }

    ngx_scim_answer_resource(op, 200);
}
