/*
 * The store: what its calls share.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "base/ngx_scim_str.h"
#include "store/call/ngx_scim_command.h"
#include "store/call/ngx_scim_store.h"


void
ngx_scim_store_init(ngx_scim_store_t *store, ngx_pool_t *pool, ngx_log_t *log,
    ngx_scim_link_t *link, ngx_str_t *tenant)
{
    ngx_memzero(store, sizeof(ngx_scim_store_t));

    store->pool = pool;
    store->log = log;
    store->link = link;
    store->tenant = *tenant;

    ngx_queue_init(&store->commands);
}


ngx_scim_store_t *
ngx_scim_store_create(size_t size, ngx_log_t *log, ngx_scim_link_t *link,
    ngx_str_t *tenant)
{
    ngx_str_t          name;
    ngx_pool_t        *pool;
    ngx_scim_store_t  *store;

    pool = ngx_create_pool(size, log);
    if (pool == NULL) {
        return NULL;
    }

    store = ngx_palloc(pool, sizeof(ngx_scim_store_t));
    name = ngx_scim_cstring(pool, tenant->data, tenant->len);

    if (store == NULL || name.data == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    ngx_scim_store_init(store, pool, log, link, &name);

    return store;
}


/* The store is in the pool that ends here. */

void
ngx_scim_store_destroy(void *data, ngx_scim_result_e result)
{
    ngx_scim_store_t *store = data;

    (void) result;

    ngx_destroy_pool(store->pool);
}


void
ngx_scim_store_detach(ngx_scim_store_t *store)
{
    ngx_queue_t      *q;
    ngx_scim_call_t  *call;

    while (!ngx_queue_empty(&store->commands)) {
        q = ngx_queue_head(&store->commands);

        /* NOLINTNEXTLINE(clang-analyzer-*): a ring has no end */
        ngx_queue_remove(q);

        call = ngx_queue_data(q, ngx_scim_call_t, queue);
        call->store = NULL;
        call->cmd.args = NULL;
    }

    store->pending = 0;
}
