/*
 * DELETE (RFC 7644, section 3.6).
 */

#include "op/core/ngx_scim_op.h"
#include "op/core/ngx_scim_writers.h"
#include "store/data/ngx_scim_resource.h"


static void ngx_scim_delete_read(ngx_scim_op_t *op);
static void ngx_scim_delete_look(ngx_scim_op_t *op);
static void ngx_scim_delete_have_record(ngx_scim_op_t *op);
static void ngx_scim_delete_send(ngx_scim_op_t *op);
static void ngx_scim_delete_written(ngx_scim_op_t *op);


void
ngx_scim_delete(ngx_scim_op_t *op)
{
    if (op->if_match.len || op->if_none_match.len
        || !ngx_scim_op_is_id(&op->id))
    {
        ngx_scim_delete_read(op);

    } else {
        ngx_scim_delete_send(op);
    }
}


static void
ngx_scim_delete_read(ngx_scim_op_t *op)
{
    ngx_scim_writers_begin(op, ngx_scim_delete_look);
}


static void
ngx_scim_delete_look(ngx_scim_op_t *op)
{
    ngx_scim_op_read(op, ngx_scim_delete_have_record);
}


static void
ngx_scim_delete_have_record(ngx_scim_op_t *op)
{
    if (op->result != NGX_SCIM_STORE_OK) {
        ngx_scim_op_not_found(op);
        return;
    }

    if (ngx_scim_op_preconditions(op) == NGX_OK) {
        ngx_scim_delete_send(op);
    }
}


static void
ngx_scim_delete_send(ngx_scim_op_t *op)
{
    if (ngx_scim_write_address(op) != NGX_OK) {
        return;
    }

    if (ngx_scim_op_log_change(op, 204) != NGX_OK) {
        ngx_scim_op_nomem(op);
        return;
    }

    ngx_scim_op_next(op, ngx_scim_resource_delete(&op->store, &op->write,
                                                  ngx_scim_op_resume, op),
                     ngx_scim_delete_written);
}


static void
ngx_scim_delete_written(ngx_scim_op_t *op)
{
    switch (op->result) {

    case NGX_SCIM_STORE_OK:
        ngx_scim_op_count_change(op);
        ngx_scim_op_done(op, 204);
        break;

    case NGX_SCIM_STORE_STALE:
        if (op->retries++ < NGX_SCIM_OP_RETRIES) {
            ngx_scim_delete_read(op);
            break;
        }

        ngx_scim_writers_busy(op);
        break;

    default:
        ngx_scim_op_not_found(op);
    }
}
