/*
 * The groups of users. Plain commands read the direct groups. The worker
 * remembers their names and the groups that hold them, with a number of the
 * tenant. The number is read behind the direct groups: if it is the same,
 * nothing has changed since the commands were made. A script reads everything
 * if the number has changed, if a group is not known, or if the number is odd.
 * It is odd while very many members change, because sets of groups can then
 * have too many elements.
 */

#include "store/call/ngx_scim_call.h"
#include "store/data/ngx_scim_group.h"
#include "store/data/ngx_scim_holder.h"
#include "store/data/ngx_scim_member.h"
#include "store/data/ngx_scim_resource.h"
#include "store/data/ngx_scim_user_groups.h"


#define NGX_SCIM_USER_GROUPS_SETS   128     /* that are read at once */

/*
 * A set with fewer elements is answered whole, another is left to the script.
 */
#define NGX_SCIM_USER_GROUPS_MANY   "1000"
#define NGX_SCIM_USER_GROUPS_FEW    "500"   /* of each of many sets */


typedef struct {
    ngx_str_t                   *ids;
    ngx_array_t                 *links;     /* of each user */
    ngx_uint_t                   n;
    ngx_uint_t                   asked;     /* about users in front */
    ngx_str_t                    most;
    ngx_str_t                    meta;
    int64_t                      number;
    ngx_uint_t                   visit;     /* that groups are copied in */
} ngx_scim_user_groups_t;


static ngx_scim_user_groups_t *ngx_scim_user_groups_create(
    ngx_scim_store_t *store, ngx_str_t *ids, ngx_array_t *links, ngx_uint_t n);
static ngx_int_t ngx_scim_user_groups_number(ngx_scim_store_t *store,
    ngx_scim_user_groups_t *all, ngx_scim_reply_pt on_reply);
static ngx_scim_result_e ngx_scim_user_groups_have_first(
    ngx_scim_store_t *store, redisReply *reply, void *arg);
static int64_t ngx_scim_user_groups_parse(redisReply *reply);
static ngx_int_t ngx_scim_user_groups_read(ngx_scim_store_t *store,
    ngx_scim_user_groups_t *all);
static ngx_scim_result_e ngx_scim_user_groups_have_set(
    ngx_scim_store_t *store, redisReply *reply, void *arg);
static ngx_scim_result_e ngx_scim_user_groups_have_all(
    ngx_scim_store_t *store, redisReply *reply, void *arg);
static ngx_scim_result_e ngx_scim_user_groups_walk(ngx_scim_store_t *store,
    ngx_scim_user_groups_t *all, int64_t number);
static ngx_int_t ngx_scim_user_groups_known(ngx_scim_store_t *store,
    ngx_scim_user_groups_t *all, ngx_scim_groups_t *known, ngx_array_t *links);
static ngx_int_t ngx_scim_user_groups_others(ngx_scim_store_t *store,
    ngx_scim_user_groups_t *all, ngx_array_t *found, ngx_array_t *links);
static ngx_int_t ngx_scim_user_groups_copy(ngx_scim_store_t *store,
    ngx_scim_user_groups_t *all, ngx_scim_group_t *group);
static int ngx_libc_cdecl ngx_scim_user_groups_cmp(const void *a,
    const void *b);


ngx_int_t
ngx_scim_member_groups(ngx_scim_store_t *store, ngx_str_t *ids,
    ngx_array_t *groups, ngx_uint_t n, ngx_scim_store_handler_pt handler,
    void *data)
{
    ngx_scim_groups_t       *known;
    ngx_scim_user_groups_t  *all;

    all = ngx_scim_user_groups_create(store, ids, groups, n);
    if (all == NULL) {
        return NGX_ERROR;
    }

    ngx_scim_redis_begin(store, handler, data);

    known = ngx_scim_groups_find(store);

    if (known == NULL) {
        return ngx_scim_user_groups_number(store, all,
                                           ngx_scim_user_groups_have_first);
    }

    all->number = ngx_scim_groups_number(known);

    return ngx_scim_user_groups_read(store, all);
}


ngx_int_t
ngx_scim_member_record(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_record_t *record, ngx_array_t **groups,
    ngx_scim_store_handler_pt handler, void *data)
{
    ngx_scim_groups_t       *known;
    ngx_scim_user_groups_t  *all;

    *groups = NULL;
    known = ngx_scim_groups_find(store);

    if (known == NULL) {
        return ngx_scim_resource_read(store, type, record, 1, handler, data);
    }

    *groups = ngx_array_create(store->pool, 8, sizeof(ngx_scim_link_id_t));
    if (*groups == NULL) {
        return NGX_ERROR;
    }

    all = ngx_scim_user_groups_create(store, &record->id, *groups, 1);
    if (all == NULL) {
        return NGX_ERROR;
    }

    all->number = ngx_scim_groups_number(known);

    ngx_scim_redis_begin(store, handler, data);

    if (ngx_scim_resource_send(store, type, record, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_scim_user_groups_read(store, all);
}


static ngx_scim_user_groups_t *
ngx_scim_user_groups_create(ngx_scim_store_t *store, ngx_str_t *ids,
    ngx_array_t *links, ngx_uint_t n)
{
    ngx_scim_user_groups_t  *all;

    static ngx_str_t  many = ngx_string(NGX_SCIM_USER_GROUPS_MANY);
    static ngx_str_t  few = ngx_string(NGX_SCIM_USER_GROUPS_FEW);

    all = ngx_pcalloc(store->pool, sizeof(ngx_scim_user_groups_t));
    if (all == NULL) {
        return NULL;
    }

    all->ids = ids;
    all->links = links;
    all->n = n;
    all->most = (n == 1) ? many : few;
    all->meta = ngx_scim_key(store, "meta");

    return all;
}


static ngx_int_t
ngx_scim_user_groups_number(ngx_scim_store_t *store,
    ngx_scim_user_groups_t *all, ngx_scim_reply_pt on_reply)
{
    static ngx_str_t  hget = ngx_string("HGET");
    static ngx_str_t  holding = ngx_string("holding");

    return ngx_scim_redis_command(store, on_reply, all, &hget, &all->meta,
                                  &holding, NULL);
}


/* Takes the number of a tenant of which the worker remembers nothing. */

static ngx_scim_result_e
ngx_scim_user_groups_have_first(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    return ngx_scim_user_groups_walk(store, arg,
                                     ngx_scim_user_groups_parse(reply));
}


/* Returns the number; it is 0 if there is none yet. */

static int64_t
ngx_scim_user_groups_parse(redisReply *reply)
{
    if (reply->type != REDIS_REPLY_STRING) {
        return 0;
    }

    return ngx_atoof((u_char *) reply->str, reply->len);
}


/*
 * Reads some sets, and the number behind them. SRANDMEMBER returns a set as a
 * whole if it has fewer elements than the count, and of a larger set only so
 * many.
 */

static ngx_int_t
ngx_scim_user_groups_read(ngx_scim_store_t *store, ngx_scim_user_groups_t *all)
{
    ngx_str_t   key;
    ngx_uint_t  end;

    static ngx_str_t  srandmember = ngx_string("SRANDMEMBER");

    end = ngx_min(all->n, all->asked + NGX_SCIM_USER_GROUPS_SETS);

    for ( /* void */ ; all->asked < end; all->asked++) {
        key = ngx_scim_key(store, "user:%V:groups", &all->ids[all->asked]);

        if (ngx_scim_redis_command(store, ngx_scim_user_groups_have_set,
                                   &all->links[all->asked], &srandmember,
                                   &key, &all->most, NULL)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_scim_user_groups_number(store, all,
                                       ngx_scim_user_groups_have_all);
}


static ngx_scim_result_e
ngx_scim_user_groups_have_set(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    return reply->type == REDIS_REPLY_ARRAY
           && ngx_scim_member_add(store, reply, 0, arg) == NGX_OK
           ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_FAILED;
}


static ngx_scim_result_e
ngx_scim_user_groups_have_all(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_scim_user_groups_t *all = arg;

    int64_t             number;
    ngx_int_t           rc;
    ngx_uint_t          i, most;
    ngx_scim_groups_t  *known;

    number = ngx_scim_user_groups_parse(reply);

    if (number == all->number && all->asked < all->n) {
        return ngx_scim_user_groups_read(store, all) == NGX_OK
               ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_FAILED;
    }

    known = ngx_scim_groups_find(store);

    if (number != all->number || known == NULL
        || !ngx_scim_groups_are(known, number))
    {
        return ngx_scim_user_groups_walk(store, all, number);
    }

    most = ngx_atoi(all->most.data, all->most.len);
    all->visit = ngx_scim_group_visit_next();

    for (i = 0; i < all->n; i++) {
        if (all->links[i].nelts >= most) {
            return ngx_scim_user_groups_walk(store, all, number);
        }

        ngx_qsort(all->links[i].elts, all->links[i].nelts,
                  sizeof(ngx_scim_link_id_t), ngx_scim_user_groups_cmp);

        rc = ngx_scim_user_groups_known(store, all, known, &all->links[i]);

        if (rc == NGX_DECLINED) {
            return ngx_scim_user_groups_walk(store, all, number);
        }

        if (rc != NGX_OK) {
            return NGX_SCIM_STORE_FAILED;
        }
    }

    return NGX_SCIM_STORE_OK;
}


static ngx_scim_result_e
ngx_scim_user_groups_walk(ngx_scim_store_t *store, ngx_scim_user_groups_t *all,
    int64_t number)
{
    ngx_uint_t  i;

    for (i = 0; i < all->n; i++) {
        all->links[i].nelts = 0;
    }

    return ngx_scim_holder_walk(store, all->ids, all->links, all->n,
                                number % 2 == 0 ? number : -1)
           == NGX_OK ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_FAILED;
}


/*
 * Fills in the names of a user's direct groups, and adds the indirect ones.
 * Returns NGX_DECLINED if the worker does not know one of them.
 */

static ngx_int_t
ngx_scim_user_groups_known(ngx_scim_store_t *store,
    ngx_scim_user_groups_t *all, ngx_scim_groups_t *known, ngx_array_t *links)
{
    ngx_uint_t            i, held, visit;
    ngx_array_t           found;
    ngx_scim_group_t     *group, **place;
    ngx_scim_link_id_t   *link;

    if (links->nelts == 0) {
        return NGX_OK;
    }

    if (ngx_array_init(&found, store->pool, links->nelts,
                       sizeof(ngx_scim_group_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    link = links->elts;
    visit = ngx_scim_group_visit_next();
    held = 0;

    for (i = 0; i < links->nelts; i++) {
        group = ngx_scim_groups_get(known, &link[i].id);

        if (group == NULL) {
            return NGX_DECLINED;
        }

        if (ngx_scim_user_groups_copy(store, all, group) != NGX_OK) {
            return NGX_ERROR;
        }

        link[i].display.data = group->display_copy;
        link[i].display.len = group->display.len;

        group->visit = visit;
        held |= group->holders.nelts;

        place = ngx_array_push(&found);
        *place = group;
    }

    if (!held) {
        return NGX_OK;
    }

    if (ngx_scim_group_climb(&found, visit) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_scim_user_groups_others(store, all, &found, links);
}


static ngx_int_t
ngx_scim_user_groups_others(ngx_scim_store_t *store,
    ngx_scim_user_groups_t *all, ngx_array_t *found, ngx_array_t *links)
{
    ngx_uint_t            i, n;
    ngx_scim_group_t    **group;
    ngx_scim_link_id_t   *link;

    n = found->nelts - links->nelts;

    if (n == 0) {
        return NGX_OK;
    }

    group = (ngx_scim_group_t **) found->elts + links->nelts;

    link = ngx_array_push_n(links, n);
    if (link == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(link, n * sizeof(ngx_scim_link_id_t));

    for (i = 0; i < n; i++) {
        if (ngx_scim_user_groups_copy(store, all, group[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        link[i].indirect = 1;
        link[i].id.data = group[i]->id_copy;
        link[i].id.len = group[i]->node.str.len;
        link[i].display.data = group[i]->display_copy;
        link[i].display.len = group[i]->display.len;
    }

    return NGX_OK;
}


/*
 * Copies id and name, because the cache may end before the response is written.
 * All users share the copy.
 */

static ngx_int_t
ngx_scim_user_groups_copy(ngx_scim_store_t *store,
    ngx_scim_user_groups_t *all, ngx_scim_group_t *group)
{
    u_char  *p;

    if (group->copied == all->visit) {
        return NGX_OK;
    }

    p = ngx_pnalloc(store->pool, group->node.str.len + group->display.len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    group->id_copy = p;
    group->display_copy = ngx_cpymem(p, group->node.str.data,
                                     group->node.str.len);
    ngx_memcpy(group->display_copy, group->display.data, group->display.len);
    group->copied = all->visit;

    return NGX_OK;
}


static int ngx_libc_cdecl
ngx_scim_user_groups_cmp(const void *a, const void *b)
{
    const ngx_scim_link_id_t *one = a;
    const ngx_scim_link_id_t *two = b;

    return ngx_memn2cmp(one->id.data, two->id.data, one->id.len, two->id.len);
}
