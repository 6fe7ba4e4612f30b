/*
 * PUT (RFC 7644, section 3.5.1).
 */

#include "op/core/ngx_scim_op.h"
#include "op/core/ngx_scim_writers.h"
#include "scim/core/scim.h"
#include "scim/json/scim_json_parse.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_members.h"
#include "scim/resource/scim_resource.h"
#include "scim/resource/scim_resource_rules.h"
#include "scim/profile/scim_interop.h"


static void ngx_scim_replace_read(ngx_scim_op_t *op);
static void ngx_scim_replace_look(ngx_scim_op_t *op);
static void ngx_scim_replace_apply(ngx_scim_op_t *op);
static void ngx_scim_replace_written(ngx_scim_op_t *op);


void
ngx_scim_replace(ngx_scim_op_t *op)
{
    if (ngx_scim_op_query(op) == NGX_OK) {
        ngx_scim_replace_read(op);
    }
}


static void
ngx_scim_replace_read(ngx_scim_op_t *op)
{
    ngx_scim_writers_begin(op, ngx_scim_replace_look);
}


static void
ngx_scim_replace_look(ngx_scim_op_t *op)
{
    ngx_scim_op_read(op, ngx_scim_replace_apply);
}


static void
ngx_scim_replace_apply(ngx_scim_op_t *op)
{
    cJSON               *body;
    const scim_rtype_t  *rt;

    if (op->result != NGX_SCIM_STORE_OK) {
        ngx_scim_op_not_found(op);
        return;
    }

    if (ngx_scim_op_preconditions(op) != NGX_OK) {
        return;
    }

    body = ngx_scim_op_body(op);
    if (body == NULL) {
        return;
    }

    rt = op->type->rt;

    if (scim_json_parse(&op->alloc, (char *) op->record.doc.data,
                        op->record.doc.len, &op->old, &op->error)
            != SCIM_OK
        || (op->conf->interop
            && scim_interop_resource(rt, body, &op->error) != SCIM_OK)
        || scim_resource_parse(&op->alloc, rt, body,
                               op->conf->put_merges ? op->old : NULL,
                               &op->resource, &op->error)
           != SCIM_OK
        || scim_resource_keep(&op->alloc, rt, op->resource.doc, op->old,
                              &op->error)
           != SCIM_OK
        || scim_resource_finish(&op->alloc, rt, op->resource.doc,
                                (char *) op->id.data, &op->error)
           != SCIM_OK)
    {
        ngx_scim_op_fail(op);
        return;
    }

    if (ngx_scim_op_unknown(op, &op->resource.unknown) != NGX_OK) {
        return;
    }

    /* a PUT clears what it leaves out, members too */

    if (rt->members != NULL && !op->resource.members_given
        && !op->conf->put_merges)
    {
        scim_members_clear(&op->resource.members);
    }

    if (ngx_scim_write_prepare(op, &op->record.doc) == NGX_OK) {
        ngx_scim_write_send(op, 200, ngx_scim_replace_written);
    }
}


static void
ngx_scim_replace_written(ngx_scim_op_t *op)
{
    switch (ngx_scim_write_result(op)) {

    case NGX_OK:
        ngx_scim_answer_resource(op, 200);
        break;

    case NGX_AGAIN:
        ngx_scim_replace_read(op);
        break;

    default:
        break;
    }
}
