/*
 * PATCH (RFC 7644, section 3.5.2). A change of nothing but membership needs
 * neither the document nor the members there are.
 */

#include "op/core/ngx_scim_op.h"
#include "op/core/ngx_scim_writers.h"
#include "store/data/ngx_scim_member.h"
#include "scim/core/scim.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_members.h"
#include "scim/resource/scim_resource.h"
#include "scim/resource/scim_resource_rules.h"
#include "scim/patch/scim_patch.h"
#include "scim/patch/scim_patch_apply.h"
#include "scim/profile/scim_interop.h"


static void ngx_scim_patch_read(ngx_scim_op_t *op);
static void ngx_scim_patch_look(ngx_scim_op_t *op);
static void ngx_scim_patch_have_record(ngx_scim_op_t *op);
static void ngx_scim_patch_have_members(ngx_scim_op_t *op);
static cJSON *ngx_scim_patch_current(ngx_scim_op_t *op, ngx_array_t *members);
static void ngx_scim_patch_apply(ngx_scim_op_t *op, cJSON *current);
static void ngx_scim_patch_written(ngx_scim_op_t *op);
static ngx_uint_t ngx_scim_patch_status(ngx_scim_op_t *op);
static void ngx_scim_patch_answer(ngx_scim_op_t *op);
static void ngx_scim_patch_reread(ngx_scim_op_t *op);


void
ngx_scim_patch(ngx_scim_op_t *op)
{
    cJSON  *body;

    if (ngx_scim_op_query(op) != NGX_OK) {
        return;
    }

    body = ngx_scim_op_body(op);
    if (body == NULL) {
        return;
    }

    if ((op->conf->interop
         && scim_interop_patch(&op->alloc, op->type->rt, body, &op->error)
            != SCIM_OK)
        || scim_patch_parse(&op->alloc, op->type->rt, body, &op->patch,
                            &op->error)
           != SCIM_OK)
    {
        ngx_scim_op_fail(op);
        return;
    }

    if (ngx_scim_op_unknown(op, &op->patch.unknown) != NGX_OK) {
        return;
    }

    if (op->patch.n > 0 && !op->patch.reads_doc && !op->patch.reads_members
        && op->if_match.len == 0 && op->if_none_match.len == 0
        && ngx_scim_op_is_id(&op->id))
    {
        ngx_scim_patch_apply(op, NULL);
        return;
    }

    ngx_scim_patch_read(op);
}


static void
ngx_scim_patch_read(ngx_scim_op_t *op)
{
    ngx_scim_writers_begin(op, ngx_scim_patch_look);
}


static void
ngx_scim_patch_look(ngx_scim_op_t *op)
{
    ngx_scim_op_read(op, ngx_scim_patch_have_record);
}


static void
ngx_scim_patch_have_record(ngx_scim_op_t *op)
{
    ngx_int_t     rc;
    ngx_array_t  *members;

    if (op->result != NGX_SCIM_STORE_OK) {
        ngx_scim_op_not_found(op);
        return;
    }

    if (ngx_scim_op_preconditions(op) != NGX_OK) {
        return;
    }

    if (!op->patch.reads_members) {
        ngx_scim_patch_apply(op, NULL);
        return;
    }

    members = ngx_array_create(op->store.pool, 16, sizeof(ngx_scim_link_id_t));
    if (members == NULL) {
        ngx_scim_op_nomem(op);
        return;
    }

    op->ctx = members;

    rc = ngx_scim_member_list(&op->store, &op->id, members, 1,
                              ngx_scim_op_resume, op);
    ngx_scim_op_next(op, rc, ngx_scim_patch_have_members);
}


static void
ngx_scim_patch_have_members(ngx_scim_op_t *op)
{
    cJSON  *current;

    if (op->result == NGX_SCIM_STORE_LARGE) {
        (void) scim_error(&op->error, 400, SCIM_TYPE_TOO_MANY,
                          "The path selects among more than %d members: use "
                          "\"members[value eq ...]\"",
                          NGX_SCIM_MEMBERS_LISTED);
        ngx_scim_op_fail(op);
        return;
    }

    current = ngx_scim_patch_current(op, op->ctx);

    if (current == NULL) {
        ngx_scim_op_nomem(op);
        return;
    }

    ngx_scim_patch_apply(op, current);
}


static cJSON *
ngx_scim_patch_current(ngx_scim_op_t *op, ngx_array_t *members)
{
    cJSON               *current, *member;
    ngx_uint_t           i;
    ngx_scim_link_id_t  *link;

    link = members->elts;
    current = cJSON_CreateArray();

    for (i = 0; i < members->nelts; i++) {
        member = cJSON_CreateObject();

        /* nobody changes the texts, which stay */

        if (!cJSON_AddItemToObjectCS(member, "value",
                     cJSON_CreateStringReference((char *) link[i].id.data))
            || !cJSON_AddItemToObjectCS(member, "type",
                     cJSON_CreateStringReference(link[i].group
                                                 ? op->conf->group_type->rt->id
                                                 : op->conf->user_type->rt->id))
            || !cJSON_AddItemToArray(current, member))
        {
            return NULL;
        }
    }

    return current;
}


static void
ngx_scim_patch_apply(ngx_scim_op_t *op, cJSON *current)
{
    const scim_rtype_t  *rt;

    rt = op->type->rt;

    ngx_memzero(&op->resource, sizeof(scim_resource_t));
    scim_members_init(&op->resource.members, &op->alloc);

    if (op->record.doc.len > 0
        && scim_json_parse(&op->alloc, (char *) op->record.doc.data,
                           op->record.doc.len, &op->old, &op->error)
           != SCIM_OK)
    {
        ngx_scim_op_fail(op);
        return;
    }

    if (op->patch.reads_doc) {
        op->resource.doc = scim_json_copy(&op->alloc, op->old);

        if (op->resource.doc == NULL) {
            ngx_scim_op_nomem(op);
            return;
        }
    }

    if (scim_patch_apply(&op->alloc, rt, &op->patch, &op->resource, current,
                         &op->error)
            != SCIM_OK
        || (op->patch.reads_doc
            && scim_resource_finish(&op->alloc, rt, op->resource.doc,
                                    (char *) op->id.data, &op->error)
               != SCIM_OK))
    {
        ngx_scim_op_fail(op);
        return;
    }

    if (ngx_scim_op_unknown(op, &op->resource.unknown) != NGX_OK) {
        return;
    }

    if (ngx_scim_write_prepare(op, &op->record.doc) == NGX_OK) {
        ngx_scim_write_send(op, ngx_scim_patch_status(op),
                            ngx_scim_patch_written);
    }
}


static void
ngx_scim_patch_written(ngx_scim_op_t *op)
{
    switch (ngx_scim_write_result(op)) {

    case NGX_OK:
        ngx_scim_patch_answer(op);
        break;

    case NGX_AGAIN:
        ngx_scim_patch_read(op);
        break;

    default:
        break;
    }
}


/* a group can be large: it is answered only when attributes are asked for */

static ngx_uint_t
ngx_scim_patch_status(ngx_scim_op_t *op)
{
    return (op->type->rt->members != NULL && op->query.attributes == NULL)
           ? 204 : 200;
}


static void
ngx_scim_patch_answer(ngx_scim_op_t *op)
{
    if (ngx_scim_patch_status(op) == 204) {
        ngx_scim_answer_resource(op, 204);
        return;
    }

    if (op->record.doc.len == 0) {
        ngx_scim_op_read_whole(op, ngx_scim_patch_reread);
        return;
    }

    ngx_scim_answer_resource(op, 200);
}


static void
ngx_scim_patch_reread(ngx_scim_op_t *op)
{
    if (op->result != NGX_SCIM_STORE_OK) {
        ngx_scim_op_not_found(op);
        return;
    }

    ngx_scim_answer_resource(op, 200);
}
