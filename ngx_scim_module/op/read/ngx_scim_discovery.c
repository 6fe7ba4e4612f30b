/*
 * Discovery (RFC 7644, section 4). Costs no store access.
 */

#include "op/core/ngx_scim_op.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_query.h"
#include "scim/profile/scim_discovery.h"


static ngx_int_t ngx_scim_discovery_no_filter(ngx_scim_op_t *op);
static int ngx_scim_discovery_conforms(ngx_scim_op_t *op);
static void ngx_scim_discovery_unknown(ngx_scim_op_t *op, const char *what);


void
ngx_scim_service_provider_config(ngx_scim_op_t *op)
{
    scim_features_t  features;

    if (ngx_scim_discovery_no_filter(op) != NGX_OK) {
        return;
    }

    features.page_size = op->conf->page_size;
    features.max_results = op->conf->max_page_size;
    features.bulk_operations = op->conf->bulk_operations;
    features.bulk_size = op->conf->bulk_size;
    features.interop = ngx_scim_discovery_conforms(op);

    ngx_scim_answer_json(op, scim_discovery_config(&op->alloc, &features,
                                                   (char *) op->base.data));
}


void
ngx_scim_resource_types(ngx_scim_op_t *op)
{
    const scim_rtype_t  *rt;

    if (ngx_scim_discovery_no_filter(op) != NGX_OK) {
        return;
    }

    if (op->id.len == 0) {
        ngx_scim_answer_json(op, scim_discovery_rtypes(&op->alloc,
                                 op->conf->registry, (char *) op->base.data));
        return;
    }

    rt = scim_registry_rtype(op->conf->registry, (char *) op->id.data);

    if (rt == NULL) {
        ngx_scim_discovery_unknown(op, "ResourceType");
        return;
    }

    ngx_scim_answer_json(op, scim_discovery_rtype(&op->alloc, rt,
                                                  (char *) op->base.data));
}


void
ngx_scim_schemas(ngx_scim_op_t *op)
{
    const scim_schema_t  *schema;

    if (ngx_scim_discovery_no_filter(op) != NGX_OK) {
        return;
    }

    if (op->id.len == 0) {
        ngx_scim_answer_json(op, scim_discovery_schemas(&op->alloc,
                                 op->conf->registry, (int) op->conf->interop,
                                 (char *) op->base.data));
        return;
    }

    schema = scim_registry_schema(op->conf->registry, (char *) op->id.data);

    if (schema == NULL) {
        ngx_scim_discovery_unknown(op, "Schema");
        return;
    }

    ngx_scim_answer_json(op, scim_discovery_schema(&op->alloc, schema,
                                                   (int) op->conf->interop,
                                                   (char *) op->base.data));
}


/* the interoperability profile demands TLS, as the root's URL shows */

static int
ngx_scim_discovery_conforms(ngx_scim_op_t *op)
{
    return op->conf->interop
           && ngx_strncasecmp(op->base.data, (u_char *) "https:", 6) == 0;
}


/* RFC 7644, section 4: a filter on discovery is forbidden */

static ngx_int_t
ngx_scim_discovery_no_filter(ngx_scim_op_t *op)
{
    if (scim_query_parse(&op->alloc, (char *) op->args.data, op->args.len,
                         0, 0, &op->query, &op->error)
        != SCIM_OK)
    {
        ngx_scim_op_fail(op);
        return NGX_ERROR;
    }

    if (op->query.filter_text != NULL) {
        ngx_scim_op_error(op, 403, SCIM_TYPE_NONE,
                          "\"filter\" cannot be used here");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_scim_discovery_unknown(ngx_scim_op_t *op, const char *what)
{
    (void) scim_error(&op->error, 404, SCIM_TYPE_NONE,
                      "%s \"%.128s\" not found", what, op->id.data);
    ngx_scim_op_fail(op);
}
