/*
 * The groups of users. Direct ones are read by plain commands; what they are
 * called and which groups hold them is what the worker remembers. The number
 * that this goes with is read in front of them and behind them. Where it has
 * changed, where a group is not known, or where very many members are on their
 * way (the number is then odd, and sets of groups can be larger than the truth),
 * a script reads all of it.
 */

#include "store/call/ngx_scim_call.h"
#include "store/data/ngx_scim_holder.h"


#define NGX_SCIM_USER_GROUPS_SETS   128     /* that are read at once */
#define NGX_SCIM_USER_GROUPS_FEW    "200"   /* elements of each of them */
#define NGX_SCIM_USER_GROUPS_MANY   "1000"  /* of one */


typedef struct ngx_scim_user_groups_s  ngx_scim_user_groups_t;

typedef struct {
    ngx_scim_user_groups_t  *all;
    ngx_str_t                key;
    ngx_str_t                cursor;
    ngx_uint_t               slices;
    ngx_uint_t               done;
} ngx_scim_user_groups_set_t;


struct ngx_scim_user_groups_s {
    ngx_str_t                   *ids;
    ngx_array_t                 *links;     /* of each user */
    ngx_uint_t                   n;
    ngx_scim_user_groups_set_t  *sets;
    ngx_uint_t                   at;        /* those in front are read */
    ngx_str_t                    meta;
    int64_t                      number;
};


static ngx_scim_user_groups_t *ngx_scim_user_groups_create(
    ngx_scim_store_t *store, ngx_str_t *ids, ngx_array_t *links, ngx_uint_t n);
static ngx_int_t ngx_scim_user_groups_begin(ngx_scim_store_t *store,
    ngx_scim_user_groups_t *all);
static ngx_int_t ngx_scim_user_groups_number(ngx_scim_store_t *store,
    ngx_scim_user_groups_t *all, ngx_scim_reply_pt on_reply);
static ngx_scim_result_e ngx_scim_user_groups_have_number(
    ngx_scim_store_t *store, redisReply *reply, void *arg);
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
    ngx_scim_groups_t *groups, ngx_array_t *links);
static ngx_int_t ngx_scim_user_groups_others(ngx_scim_store_t *store,
    ngx_array_t *found, ngx_array_t *links, ngx_uint_t visit);
static ngx_int_t ngx_scim_user_groups_name(ngx_scim_store_t *store,
    ngx_scim_link_id_t *link, ngx_scim_group_t *group);
static void ngx_scim_user_groups_sort(ngx_array_t *links, ngx_uint_t again);
static int ngx_libc_cdecl ngx_scim_user_groups_cmp(const void *a,
    const void *b);


ngx_int_t
ngx_scim_member_groups(ngx_scim_store_t *store, ngx_str_t *ids,
    ngx_array_t *groups, ngx_uint_t n, ngx_scim_store_handler_pt handler,
    void *data)
{
    ngx_scim_user_groups_t  *all;

    all = ngx_scim_user_groups_create(store, ids, groups, n);
    if (all == NULL) {
        return NGX_ERROR;
    }

    ngx_scim_redis_begin(store, handler, data);

    if (ngx_scim_groups_find(store) != NULL) {
        return ngx_scim_user_groups_begin(store, all);
    }

    return ngx_scim_user_groups_number(store, all,
                                       ngx_scim_user_groups_have_first);
}


ngx_int_t
ngx_scim_member_record(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_record_t *record, ngx_array_t **groups,
    ngx_scim_store_handler_pt handler, void *data)
{
    ngx_scim_user_groups_t  *all;

    *groups = NULL;

    if (ngx_scim_groups_find(store) == NULL) {
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

    ngx_scim_redis_begin(store, handler, data);

    if (ngx_scim_resource_send(store, type, record, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_scim_user_groups_begin(store, all);
}


static ngx_scim_user_groups_t *
ngx_scim_user_groups_create(ngx_scim_store_t *store, ngx_str_t *ids,
    ngx_array_t *links, ngx_uint_t n)
{
    ngx_scim_user_groups_t  *all;

    all = ngx_pcalloc(store->pool, sizeof(ngx_scim_user_groups_t)
                                   + n * sizeof(ngx_scim_user_groups_set_t));
    if (all == NULL) {
        return NULL;
    }

    all->sets = (ngx_scim_user_groups_set_t *) (all + 1);
    all->ids = ids;
    all->links = links;
    all->n = n;
    all->meta = ngx_scim_key(store, "meta");

    return all;
}


static ngx_int_t
ngx_scim_user_groups_begin(ngx_scim_store_t *store,
    ngx_scim_user_groups_t *all)
{
    ngx_uint_t  i;

    static ngx_str_t  start = ngx_string("0");

    for (i = 0; i < all->n; i++) {
        all->sets[i].all = all;
        all->sets[i].key = ngx_scim_key(store, "user:%V:groups",
                                        &all->ids[i]);
        all->sets[i].cursor = start;
    }

    if (ngx_scim_user_groups_number(store, all,
                                    ngx_scim_user_groups_have_number)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_scim_user_groups_read(store, all);
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


static ngx_scim_result_e
ngx_scim_user_groups_have_number(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_scim_user_groups_t *all = arg;

    (void) store;

    all->number = ngx_scim_user_groups_parse(reply);

    return NGX_SCIM_STORE_OK;
}


/* nothing is known of the tenant */

static ngx_scim_result_e
ngx_scim_user_groups_have_first(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    return ngx_scim_user_groups_walk(store, arg,
                                     ngx_scim_user_groups_parse(reply));
}


/* no number, before the first change, is 0 */

static int64_t
ngx_scim_user_groups_parse(redisReply *reply)
{
    if (reply->type != REDIS_REPLY_STRING) {
        return 0;
    }

    return ngx_atoof((u_char *) reply->str, reply->len);
}


/* slices of some sets, and the number behind them */

static ngx_int_t
ngx_scim_user_groups_read(ngx_scim_store_t *store, ngx_scim_user_groups_t *all)
{
    ngx_uint_t                   i, n;
    ngx_scim_user_groups_set_t  *set;

    static ngx_str_t  sscan = ngx_string("SSCAN");
    static ngx_str_t  count = ngx_string("COUNT");
    static ngx_str_t  few = ngx_string(NGX_SCIM_USER_GROUPS_FEW);
    static ngx_str_t  many = ngx_string(NGX_SCIM_USER_GROUPS_MANY);

    for (i = all->at, n = 0;
         i < all->n && n < NGX_SCIM_USER_GROUPS_SETS;
         i++)
    {
        set = &all->sets[i];

        if (set->done) {
            continue;
        }

        set->slices++;
        n++;

        if (ngx_scim_redis_command(store, ngx_scim_user_groups_have_set, set,
                                   &sscan, &set->key, &set->cursor, &count,
                                   all->n == 1 ? &many : &few, NULL)
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
    ngx_scim_user_groups_set_t *set = arg;

    size_t               i;
    redisReply          *list;
    ngx_array_t         *links;
    ngx_scim_link_id_t  *link;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || reply->element[0]->type != REDIS_REPLY_STRING
        || reply->element[1]->type != REDIS_REPLY_ARRAY
        || ngx_scim_reply_str(store, reply->element[0], &set->cursor)
           != NGX_OK)
    {
        return NGX_SCIM_STORE_FAILED;
    }

    set->done = (set->cursor.len == 1 && set->cursor.data[0] == '0');

    links = &set->all->links[set - set->all->sets];
    list = reply->element[1];

    for (i = 0; i < list->elements; i++) {
        link = ngx_array_push(links);
        if (link == NULL) {
            return NGX_SCIM_STORE_FAILED;
        }

        ngx_memzero(link, sizeof(ngx_scim_link_id_t));

        if (ngx_scim_reply_str(store, list->element[i], &link->id) != NGX_OK)
        {
            return NGX_SCIM_STORE_FAILED;
        }
    }

    return NGX_SCIM_STORE_OK;
}


static ngx_scim_result_e
ngx_scim_user_groups_have_all(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_scim_user_groups_t *all = arg;

    int64_t             number;
    ngx_int_t           rc;
    ngx_uint_t          i;
    ngx_scim_groups_t  *groups;

    number = ngx_scim_user_groups_parse(reply);

    if (number != all->number || number % 2 != 0) {
        return ngx_scim_user_groups_walk(store, all, number);
    }

    while (all->at < all->n && all->sets[all->at].done) {
        all->at++;
    }

    if (all->at < all->n) {
        return ngx_scim_user_groups_read(store, all) == NGX_OK
               ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_FAILED;
    }

    groups = ngx_scim_groups_find(store);

    if (groups == NULL || !ngx_scim_groups_are(groups, number)) {
        return ngx_scim_user_groups_walk(store, all, number);
    }

    for (i = 0; i < all->n; i++) {
        ngx_scim_user_groups_sort(&all->links[i], all->sets[i].slices > 1);

        rc = ngx_scim_user_groups_known(store, groups, &all->links[i]);

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
 * Names of the direct groups of a user, and the others; NGX_DECLINED: one of
 * them is not known
 */

static ngx_int_t
ngx_scim_user_groups_known(ngx_scim_store_t *store, ngx_scim_groups_t *groups,
    ngx_array_t *links)
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
        group = ngx_scim_groups_get(groups, &link[i].id);

        if (group == NULL) {
            return NGX_DECLINED;
        }

        if (ngx_scim_user_groups_name(store, &link[i], group) != NGX_OK) {
            return NGX_ERROR;
        }

        group->visit = visit;
        held |= group->holders.nelts;

        place = ngx_array_push(&found);
        *place = group;
    }

    return held ? ngx_scim_user_groups_others(store, &found, links, visit)
                : NGX_OK;
}


static ngx_int_t
ngx_scim_user_groups_others(ngx_scim_store_t *store, ngx_array_t *found,
    ngx_array_t *links, ngx_uint_t visit)
{
    ngx_uint_t            i;
    ngx_scim_group_t    **group;
    ngx_scim_link_id_t   *link;

    if (ngx_scim_group_climb(found, visit) != NGX_OK) {
        return NGX_ERROR;
    }

    group = found->elts;

    for (i = links->nelts; i < found->nelts; i++) {
        link = ngx_array_push(links);
        if (link == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(link, sizeof(ngx_scim_link_id_t));
        link->indirect = 1;
        link->id.len = group[i]->node.str.len;
        link->id.data = ngx_pstrdup(store->pool, &group[i]->node.str);

        if (link->id.data == NULL
            || ngx_scim_user_groups_name(store, link, group[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* what is remembered can be gone before the answer is written */

static ngx_int_t
ngx_scim_user_groups_name(ngx_scim_store_t *store, ngx_scim_link_id_t *link,
    ngx_scim_group_t *group)
{
    if (group->display.len == 0) {
        return NGX_OK;
    }

    link->display.len = group->display.len;
    link->display.data = ngx_pstrdup(store->pool, &group->display);

    return link->display.data != NULL ? NGX_OK : NGX_ERROR;
}


/* SSCAN may tell an element twice if the set has changed between slices */

static void
ngx_scim_user_groups_sort(ngx_array_t *links, ngx_uint_t again)
{
    ngx_uint_t           i, n;
    ngx_scim_link_id_t  *link;

    link = links->elts;

    ngx_qsort(link, links->nelts, sizeof(ngx_scim_link_id_t),
              ngx_scim_user_groups_cmp);

    if (!again) {
        return;
    }

    for (i = 0, n = 0; i < links->nelts; i++) {
        if (n == 0 || ngx_scim_user_groups_cmp(&link[n - 1], &link[i]) != 0) {
            link[n++] = link[i];
        }
    }

    links->nelts = n;
}


static int ngx_libc_cdecl
ngx_scim_user_groups_cmp(const void *a, const void *b)
{
    const ngx_scim_link_id_t *one = a;
    const ngx_scim_link_id_t *two = b;

    return ngx_memn2cmp(one->id.data, two->id.data, one->id.len, two->id.len);
}
