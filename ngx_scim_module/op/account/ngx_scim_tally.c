/*
 * Counts the results of operations.
 */

#include <ngx_config.h>
#include <ctype.h>

#include "op/core/ngx_scim_op.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_resource.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/filter/scim_index.h"


static ngx_int_t ngx_scim_op_inactive(ngx_scim_op_t *op,
    const scim_attr_t *active, const cJSON *doc);
static ngx_int_t ngx_scim_op_is_guid(const char *text);


void
ngx_scim_op_count(ngx_scim_op_t *op)
{
    /* a bulk is its operations, unless it was refused as a whole */

    if (op->operation == ngx_scim_bulk && op->status < 400) {
        return;
    }

    op->tally->events++;
    op->tally->failed += ngx_scim_op_is_failure(op->operation, op->status);
}


void
ngx_scim_op_count_change(ngx_scim_op_t *op)
{
    if (op->operation == ngx_scim_delete) {
        op->tally->deleted++;
        return;
    }

    if (op->write.same) {
        return;
    }

    op->tally->near += op->write.near;

    if (op->write.create) {
        op->tally->created++;

    } else if (ngx_scim_op_disables(op)) {
        op->tally->disabled++;

    } else {
        op->tally->updated++;
    }
}


/* by the flag that the store keeps as a field of its own: "active" of users */

ngx_int_t
ngx_scim_op_disables(ngx_scim_op_t *op)
{
    size_t               i;
    const scim_index_t  *index;

    for (i = 0; i < op->type->nindexes; i++) {
        index = &op->type->indexes[i];

        if (index->kind == SCIM_INDEX_FIELD
            && index->attr->type == SCIM_BOOLEAN)
        {
            return !ngx_scim_op_inactive(op, index->attr, op->old)
                   && ngx_scim_op_inactive(op, index->attr, op->resource.doc);
        }
    }

    return 0;
}


static ngx_int_t
ngx_scim_op_inactive(ngx_scim_op_t *op, const scim_attr_t *active,
    const cJSON *doc)
{
    size_t        n;
    const char  **values;

    if (doc == NULL) {
        return 0;
    }

    values = scim_resource_values(&op->alloc, op->type->rt, doc, active, 0, &n);

    return values != NULL && n == 1 && ngx_strcmp(values[0], "false") == 0;
}


/*
 * Entra ID tests a connection by looking for a user that cannot exist: one
 * named by a new GUID.
 */

void
ngx_scim_op_count_found(ngx_scim_op_t *op, ngx_uint_t total)
{
    scim_filter_t  *filter;

    filter = op->query.filter;

    op->tally->probe = total == 0 && filter != NULL
                       && filter->kind == SCIM_FILTER_TERM
                       && filter->op == SCIM_EQ
                       && filter->value.kind == SCIM_LITERAL_STRING
                       && ngx_scim_op_is_guid(filter->value.text);
}


static ngx_int_t
ngx_scim_op_is_guid(const char *text)
{
    ngx_uint_t  i;

    static const char  form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (ngx_strlen(text) != sizeof(form) - 1) {
        return 0;
    }

    for (i = 0; i < sizeof(form) - 1; i++) {
        if (form[i] == '-' ? text[i] != '-'
                           : !isxdigit((unsigned char) text[i]))
        {
            return 0;
        }
    }

    return 1;
}
