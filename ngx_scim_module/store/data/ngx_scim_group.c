/*
 * Groups that a worker remembers. Those of a tenant live in a pool of their
 * own. The pool is destroyed as a whole: when the number of the tenant has
 * changed, when its groups are too many, or when another tenant needs the
 * memory. A group is in the pool with all groups that hold it, or not at all.
 *
 * A number never comes back with other groups, because it begins with the time
 * and grows. A new connection can lead to a server that lacks the latest
 * changes, so a pool belongs to one connection.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_store.h"
#include "store/data/ngx_scim_group.h"
#include "store/link/ngx_scim_link.h"


#define NGX_SCIM_GROUPS_NAME   64         /* bytes of the name of a tenant */
#define NGX_SCIM_GROUPS_POOL   4096
#define NGX_SCIM_GROUPS_MOST   2097152    /* bytes of a tenant */
#define NGX_SCIM_GROUPS_TOTAL  16777216   /* of all tenants */

#define NGX_SCIM_GROUP_STEPS   10000      /* taken to find them */


struct ngx_scim_groups_s {
    ngx_str_node_t      node;             /* the link and the tenant's name */
    ngx_queue_t         queue;
    ngx_pool_t         *pool;
    size_t              size;
    int64_t             number;
    ngx_uint_t          connection;
    ngx_rbtree_t        groups;
    ngx_rbtree_node_t   sentinel;
};


typedef struct {
    ngx_rbtree_t        tenants;
    ngx_rbtree_node_t   sentinel;
    ngx_queue_t         queue;            /* the one used last is the first */
    size_t              size;
} ngx_scim_groups_all_t;


static ngx_scim_groups_all_t *ngx_scim_groups_all(void);
static uint32_t ngx_scim_groups_key(ngx_scim_store_t *store, ngx_str_t *key);
static ngx_scim_groups_t *ngx_scim_groups_create(ngx_scim_store_t *store);
static void ngx_scim_groups_free(ngx_scim_groups_t *groups);
static size_t ngx_scim_groups_size(ngx_rbtree_t *tree);
static ngx_int_t ngx_scim_groups_copy(ngx_scim_groups_t *groups,
    ngx_rbtree_t *tree);
static ngx_int_t ngx_scim_groups_connect(ngx_scim_groups_t *groups,
    ngx_scim_group_t *from);
static ngx_scim_group_t *ngx_scim_group_first(ngx_rbtree_t *tree);
static ngx_scim_group_t *ngx_scim_group_next(ngx_rbtree_t *tree,
    ngx_scim_group_t *group);


static ngx_scim_groups_all_t *
ngx_scim_groups_all(void)
{
    static ngx_scim_groups_all_t  all;

    if (all.tenants.root == NULL) {
        ngx_rbtree_init(&all.tenants, &all.sentinel,
                        ngx_str_rbtree_insert_value);
        ngx_queue_init(&all.queue);
    }

    return &all;
}


/* key->data has room for a pointer and a name of a tenant; returns the hash */

static uint32_t
ngx_scim_groups_key(ngx_scim_store_t *store, ngx_str_t *key)
{
    u_char  *p;

    p = ngx_cpymem(key->data, &store->link, sizeof(ngx_scim_link_t *));
    p = ngx_cpymem(p, store->tenant.data, store->tenant.len);
    key->len = p - key->data;

    return ngx_crc32_short(key->data, key->len);
}


ngx_scim_groups_t *
ngx_scim_groups_find(ngx_scim_store_t *store)
{
    u_char              text[sizeof(ngx_scim_link_t *) + NGX_SCIM_GROUPS_NAME];
    uint32_t            hash;
    ngx_str_t           key;
    ngx_scim_groups_t  *groups;

    if (store->tenant.len > NGX_SCIM_GROUPS_NAME) {
        return NULL;
    }

    key.data = text;
    hash = ngx_scim_groups_key(store, &key);
    groups = (ngx_scim_groups_t *)
                 ngx_str_rbtree_lookup(&ngx_scim_groups_all()->tenants, &key,
                                       hash);

    if (groups != NULL
        && groups->connection != ngx_scim_link_connection(store->link))
    {
        ngx_scim_groups_free(groups);
        return NULL;
    }

    return groups;
}


int64_t
ngx_scim_groups_number(ngx_scim_groups_t *groups)
{
    return groups->number;
}


ngx_uint_t
ngx_scim_groups_are(ngx_scim_groups_t *groups, int64_t number)
{
    ngx_scim_groups_all_t  *all;

    if (groups->number != number) {
        return 0;
    }

    all = ngx_scim_groups_all();

    ngx_queue_remove(&groups->queue);
    ngx_queue_insert_head(&all->queue, &groups->queue);

    return 1;
}


ngx_scim_group_t *
ngx_scim_groups_get(ngx_scim_groups_t *groups, ngx_str_t *id)
{
    return (ngx_scim_group_t *)
               ngx_str_rbtree_lookup(&groups->groups, id,
                                     ngx_crc32_short(id->data, id->len));
}


void
ngx_scim_groups_keep(ngx_scim_store_t *store, int64_t number,
    ngx_rbtree_t *tree)
{
    size_t                  size;
    ngx_queue_t            *last;
    ngx_scim_groups_t      *groups;
    ngx_scim_groups_all_t  *all;

    all = ngx_scim_groups_all();
    size = ngx_scim_groups_size(tree);
    groups = ngx_scim_groups_find(store);

    if (size > NGX_SCIM_GROUPS_MOST) {
        return;
    }

    if (groups != NULL
        && (groups->number != number
            || groups->size + size > NGX_SCIM_GROUPS_MOST))
    {
        ngx_scim_groups_free(groups);
        groups = NULL;
    }

    while (all->size + size > NGX_SCIM_GROUPS_TOTAL) {
        last = ngx_queue_last(&all->queue);

        if (groups == ngx_queue_data(last, ngx_scim_groups_t, queue)) {
            groups = NULL;
        }

        ngx_scim_groups_free(ngx_queue_data(last, ngx_scim_groups_t, queue));
    }

    if (groups == NULL) {
        groups = ngx_scim_groups_create(store);
    }

    if (groups == NULL) {
        return;
    }

    groups->number = number;
    groups->size += size;
    all->size += size;

    if (ngx_scim_groups_copy(groups, tree) != NGX_OK) {
        ngx_scim_groups_free(groups);
    }
}


static ngx_scim_groups_t *
ngx_scim_groups_create(ngx_scim_store_t *store)
{
    ngx_pool_t             *pool;
    ngx_scim_groups_t      *groups;
    ngx_scim_groups_all_t  *all;

    if (store->tenant.len > NGX_SCIM_GROUPS_NAME) {
        return NULL;
    }

    pool = ngx_create_pool(NGX_SCIM_GROUPS_POOL, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    groups = ngx_pcalloc(pool, sizeof(ngx_scim_groups_t));

    if (groups != NULL) {
        groups->node.str.data = ngx_pnalloc(pool, sizeof(ngx_scim_link_t *)
                                                  + store->tenant.len);
    }

    if (groups == NULL || groups->node.str.data == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    groups->node.node.key = ngx_scim_groups_key(store, &groups->node.str);
    groups->pool = pool;
    groups->size = NGX_SCIM_GROUPS_POOL;
    groups->connection = ngx_scim_link_connection(store->link);
    ngx_rbtree_init(&groups->groups, &groups->sentinel,
                    ngx_str_rbtree_insert_value);

    all = ngx_scim_groups_all();
    all->size += groups->size;
    ngx_rbtree_insert(&all->tenants, &groups->node.node);
    ngx_queue_insert_head(&all->queue, &groups->queue);

    return groups;
}


static void
ngx_scim_groups_free(ngx_scim_groups_t *groups)
{
    ngx_scim_groups_all_t  *all;

    all = ngx_scim_groups_all();

    all->size -= groups->size;
    ngx_rbtree_delete(&all->tenants, &groups->node.node);
    ngx_queue_remove(&groups->queue);

    ngx_destroy_pool(groups->pool);
}


/* Returns the memory that the groups of a tree take in a pool. */

static size_t
ngx_scim_groups_size(ngx_rbtree_t *tree)
{
    size_t             size;
    ngx_scim_group_t  *group;

    size = 0;

    for (group = ngx_scim_group_first(tree); group;
         group = ngx_scim_group_next(tree, group))
    {
        size += sizeof(ngx_scim_group_t) + group->node.str.len
                + group->display.len + 2 * NGX_ALIGNMENT
                + (group->holders.nelts + 1) * sizeof(ngx_scim_group_t *);
    }

    return size;
}


/* Adds the groups that are not there yet; those that are there are complete. */

static ngx_int_t
ngx_scim_groups_copy(ngx_scim_groups_t *groups, ngx_rbtree_t *tree)
{
    u_char            *p;
    ngx_scim_group_t  *from, *group;

    for (from = ngx_scim_group_first(tree); from;
         from = ngx_scim_group_next(tree, from))
    {
        if (!from->there
            || ngx_scim_groups_get(groups, &from->node.str) != NULL)
        {
            continue;
        }

        group = ngx_pcalloc(groups->pool, sizeof(ngx_scim_group_t));
        p = ngx_pnalloc(groups->pool,
                        from->node.str.len + from->display.len + 1);

        if (group == NULL || p == NULL) {
            return NGX_ERROR;
        }

        group->there = 1;
        group->node.node.key = from->node.node.key;
        group->node.str.len = from->node.str.len;
        group->node.str.data = p;
        group->display.len = from->display.len;
        group->display.data = ngx_cpymem(p, from->node.str.data,
                                         from->node.str.len);
        ngx_memcpy(group->display.data, from->display.data,
                   from->display.len);

        ngx_rbtree_insert(&groups->groups, &group->node.node);
    }

    for (from = ngx_scim_group_first(tree); from;
         from = ngx_scim_group_next(tree, from))
    {
        if (from->there && ngx_scim_groups_connect(groups, from) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_groups_connect(ngx_scim_groups_t *groups, ngx_scim_group_t *from)
{
    ngx_uint_t          i;
    ngx_scim_group_t   *group, **holder, **known;

    group = ngx_scim_groups_get(groups, &from->node.str);

    if (from->holders.nelts == 0 || group->holders.elts != NULL) {
        return NGX_OK;
    }

    if (ngx_array_init(&group->holders, groups->pool, from->holders.nelts,
                       sizeof(ngx_scim_group_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    holder = from->holders.elts;

    for (i = 0; i < from->holders.nelts; i++) {
        if (holder[i]->there) {
            known = ngx_array_push(&group->holders);
            *known = ngx_scim_groups_get(groups, &holder[i]->node.str);
        }
    }

    return NGX_OK;
}


static ngx_scim_group_t *
ngx_scim_group_first(ngx_rbtree_t *tree)
{
    return tree->root == tree->sentinel ? NULL
           : (ngx_scim_group_t *) ngx_rbtree_min(tree->root, tree->sentinel);
}


static ngx_scim_group_t *
ngx_scim_group_next(ngx_rbtree_t *tree, ngx_scim_group_t *group)
{
    return (ngx_scim_group_t *) ngx_rbtree_next(tree, &group->node.node);
}


ngx_uint_t
ngx_scim_group_visit_next(void)
{
    static ngx_uint_t  visit;

    return ++visit;
}


ngx_int_t
ngx_scim_group_visit(ngx_array_t *groups, ngx_array_t *found,
    ngx_uint_t visit, ngx_uint_t most)
{
    ngx_uint_t          i;
    ngx_scim_group_t  **group, **next;

    group = groups->elts;

    for (i = 0; i < groups->nelts && found->nelts < most; i++) {
        if (group[i]->visit == visit || !group[i]->there) {
            continue;
        }

        group[i]->visit = visit;

        next = ngx_array_push(found);
        if (next == NULL) {
            return NGX_ERROR;
        }

        *next = group[i];
    }

    return NGX_OK;
}


ngx_int_t
ngx_scim_group_climb(ngx_array_t *found, ngx_uint_t visit)
{
    ngx_uint_t          i, most, steps;
    ngx_scim_group_t  **group;

    most = found->nelts + NGX_SCIM_GROUP_MOST;
    steps = 0;

    for (i = 0; i < found->nelts && steps < NGX_SCIM_GROUP_STEPS; i++) {
        group = found->elts;
        steps += group[i]->holders.nelts;

        if (ngx_scim_group_visit(&group[i]->holders, found, visit, most)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


int ngx_libc_cdecl
ngx_scim_group_cmp(const void *a, const void *b)
{
    ngx_scim_group_t *const *one = a;
    ngx_scim_group_t *const *two = b;

    return ngx_memn2cmp((*one)->node.str.data, (*two)->node.str.data,
                        (*one)->node.str.len, (*two)->node.str.len);
}
