/*
 * POST of a new resource (RFC 7644, section 3.3).
 */

#include <ngx_config.h>
#include <sys/random.h>

#include "op/core/ngx_scim_op.h"
#include "scim/core/scim.h"
#include "scim/core/scim_id.h"
#include "scim/resource/scim_resource.h"
#include "scim/resource/scim_resource_rules.h"
#include "scim/profile/scim_interop.h"


#define NGX_SCIM_ID_BYTES  16


static ngx_int_t ngx_scim_create_id(ngx_scim_op_t *op);
static void ngx_scim_create_written(ngx_scim_op_t *op);


void
ngx_scim_create(ngx_scim_op_t *op)
{
    cJSON  *body;

    if (ngx_scim_op_query(op) != NGX_OK) {
        return;
    }

    body = ngx_scim_op_body(op);
    if (body == NULL) {
        return;
    }

    if (ngx_scim_create_id(op) != NGX_OK) {
        ngx_scim_op_nomem(op);
        return;
    }

    if ((op->conf->interop
         && scim_interop_resource(op->type->rt, body, &op->error) != SCIM_OK)
        || scim_resource_parse(&op->alloc, op->type->rt, body, NULL,
                               &op->resource, &op->error)
           != SCIM_OK
        || scim_resource_finish(&op->alloc, op->type->rt, op->resource.doc,
                                (char *) op->id.data, &op->error)
           != SCIM_OK)
    {
        ngx_scim_op_fail(op);
        return;
    }

    if (ngx_scim_op_unknown(op, &op->resource.unknown) != NGX_OK) {
        return;
    }

    op->write.create = 1;

    if (ngx_scim_write_prepare(op, NULL) == NGX_OK) {
        ngx_scim_write_send(op, 201, ngx_scim_create_written);
    }
}


/* 128 random bits in base 32, so that no id is ever given twice */

static ngx_int_t
ngx_scim_create_id(ngx_scim_op_t *op)
{
    u_char       random[NGX_SCIM_ID_BYTES + 1];     /* and bits to fill with */
    u_char      *p;
    ngx_uint_t   i, bit, value;

    if (getrandom(random, NGX_SCIM_ID_BYTES, 0) != NGX_SCIM_ID_BYTES) {
        return NGX_ERROR;
    }

    random[NGX_SCIM_ID_BYTES] = 0;

    p = ngx_pnalloc(op->store.pool, SCIM_ID_LEN + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    op->id.len = SCIM_ID_LEN;
    op->id.data = p;

    for (i = 0; i < SCIM_ID_LEN; i++) {
        bit = i * 5;
        value = random[bit / 8] << 8 | random[bit / 8 + 1];
        *p++ = SCIM_ID_DIGITS[(value >> (11 - bit % 8)) & 0x1f];
    }

    *p = '\0';

    return NGX_OK;
}


static void
ngx_scim_create_written(ngx_scim_op_t *op)
{
    if (ngx_scim_write_result(op) == NGX_OK) {
        ngx_scim_answer_resource(op, 201);
    }
}
