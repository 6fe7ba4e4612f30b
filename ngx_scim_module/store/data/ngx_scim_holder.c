/*
 * The groups that hold users and groups, directly and through others. What a
 * script may look at is bounded, so that they are read in slices, one after the
 * other: the direct groups of all users, then the groups that hold these, and
 * so on, each group once.
 */

#include "store/call/ngx_scim_call.h"
#include "store/call/ngx_scim_script.h"
#include "store/data/ngx_scim_group.h"
#include "store/data/ngx_scim_holder.h"
#include "store/data/ngx_scim_member.h"


#define NGX_SCIM_HOLDER_SLICE    250     /* that a script is asked about */


/* the user or group whose holders are read */

typedef struct {
    const char         *kind;
    ngx_str_t           id;
    ngx_str_t           cursor;
    ngx_array_t        *holders;         /* of ngx_scim_group_t * */
    unsigned            user:1;
} ngx_scim_holder_of_t;


typedef struct {
    ngx_array_t         of;              /* of ngx_scim_holder_of_t */
    ngx_uint_t          at;              /* those in front are read */
    ngx_uint_t          most;            /* groups that are followed */
    ngx_rbtree_t        groups;
    ngx_rbtree_node_t   sentinel;
    ngx_array_t        *direct;          /* of each user */
    ngx_array_t        *links;           /* the same, as the caller gets it */
    ngx_array_t        *ids;             /* or ids, and nothing else */
    ngx_uint_t          n;
    int64_t             number;          /* "holding" as it was; or -1 */
    unsigned            cut:1;           /* there are groups that were not read */
} ngx_scim_holder_t;


static ngx_scim_holder_t *ngx_scim_holder_create(ngx_scim_store_t *store,
    ngx_uint_t n);
static ngx_int_t ngx_scim_holder_push(ngx_scim_holder_t *holder,
    const char *kind, ngx_str_t *id, ngx_array_t *holders);
static ngx_int_t ngx_scim_holder_send(ngx_scim_store_t *store,
    ngx_scim_holder_t *holder);
static ngx_scim_result_e ngx_scim_holder_have(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_int_t ngx_scim_holder_take(ngx_scim_store_t *store,
    ngx_scim_holder_t *holder, redisReply *list);
static ngx_int_t ngx_scim_holder_add(ngx_scim_store_t *store,
    ngx_scim_holder_t *holder, redisReply *id);
static ngx_int_t ngx_scim_holder_describe(ngx_scim_store_t *store,
    ngx_scim_holder_t *holder, redisReply *list);
static ngx_scim_group_t *ngx_scim_holder_group(ngx_scim_store_t *store,
    ngx_scim_holder_t *holder, redisReply *id);
static ngx_int_t ngx_scim_holder_links(ngx_scim_store_t *store,
    ngx_scim_holder_t *holder);
static ngx_int_t ngx_scim_holder_user(ngx_scim_store_t *store,
    ngx_array_t *direct, ngx_array_t *links);


ngx_int_t
ngx_scim_holder_walk(ngx_scim_store_t *store, ngx_str_t *ids,
    ngx_array_t *links, ngx_uint_t n, int64_t number)
{
    ngx_uint_t          i;
    ngx_scim_holder_t  *holder;

    holder = ngx_scim_holder_create(store, n);
    if (holder == NULL) {
        return NGX_ERROR;
    }

    holder->number = number;
    holder->links = links;
    holder->direct = ngx_pcalloc(store->pool, n * sizeof(ngx_array_t));

    if (holder->direct == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (ngx_array_init(&holder->direct[i], store->pool, 8,
                           sizeof(ngx_scim_group_t *))
                != NGX_OK
            || ngx_scim_holder_push(holder, "user", &ids[i],
                                    &holder->direct[i])
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_scim_holder_send(store, holder);
}


ngx_int_t
ngx_scim_member_holders(ngx_scim_store_t *store, ngx_str_t *id,
    ngx_array_t *ids, ngx_scim_store_handler_pt handler, void *data)
{
    ngx_scim_holder_t  *holder;

    holder = ngx_scim_holder_create(store, 2);

    if (holder == NULL
        || ngx_scim_holder_push(holder, "user", id, NULL) != NGX_OK
        || ngx_scim_holder_push(holder, "group", id, NULL) != NGX_OK)
    {
        return NGX_ERROR;
    }

    holder->ids = ids;

    ngx_scim_redis_begin(store, handler, data);

    return ngx_scim_holder_send(store, holder);
}


static ngx_scim_holder_t *
ngx_scim_holder_create(ngx_scim_store_t *store, ngx_uint_t n)
{
    ngx_scim_holder_t  *holder;

    holder = ngx_pcalloc(store->pool, sizeof(ngx_scim_holder_t));

    if (holder == NULL
        || ngx_array_init(&holder->of, store->pool, n,
                          sizeof(ngx_scim_holder_of_t))
           != NGX_OK)
    {
        return NULL;
    }

    holder->n = n;
    holder->number = -1;
    holder->most = n * NGX_SCIM_GROUP_MOST;
    ngx_rbtree_init(&holder->groups, &holder->sentinel,
                    ngx_str_rbtree_insert_value);

    return holder;
}


static ngx_int_t
ngx_scim_holder_push(ngx_scim_holder_t *holder, const char *kind,
    ngx_str_t *id, ngx_array_t *holders)
{
    ngx_scim_holder_of_t  *of;

    static ngx_str_t  start = ngx_string("0");

    of = ngx_array_push(&holder->of);
    if (of == NULL) {
        return NGX_ERROR;
    }

    of->kind = kind;
    of->user = (kind[0] == 'u');
    of->id = *id;
    of->cursor = start;
    of->holders = holders;

    return NGX_OK;
}


static ngx_int_t
ngx_scim_holder_send(ngx_scim_store_t *store, ngx_scim_holder_t *holder)
{
    ngx_uint_t             i, end;
    ngx_scim_args_t       *args;
    ngx_scim_holder_of_t  *of;

    of = holder->of.elts;
    end = ngx_min(holder->of.nelts, holder->at + NGX_SCIM_HOLDER_SLICE);

    args = ngx_scim_script_args(store, NGX_SCIM_SCRIPT_GROUPS,
                                1 + 3 * (end - holder->at));

    ngx_scim_args_add_text(args, holder->ids ? "ids" : "names");

    for (i = holder->at; i < end; i++) {
        ngx_scim_args_add_text(args, of[i].kind);
        ngx_scim_args_add_str(args, &of[i].id);
        ngx_scim_args_add_str(args, &of[i].cursor);
    }

    return ngx_scim_redis_send(store, args, ngx_scim_holder_have, holder);
}


static ngx_scim_result_e
ngx_scim_holder_have(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_scim_holder_t *holder = arg;

    size_t        i;
    redisReply  **e;

    e = reply->element;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || e[0]->type != REDIS_REPLY_ARRAY || e[0]->elements == 0
        || e[1]->type != REDIS_REPLY_ARRAY)
    {
        return NGX_SCIM_STORE_FAILED;
    }

    for (i = 0; i < e[0]->elements; i++) {
        if (ngx_scim_holder_take(store, holder, e[0]->element[i]) != NGX_OK) {
            return NGX_SCIM_STORE_FAILED;
        }
    }

    if (ngx_scim_holder_describe(store, holder, e[1]) != NGX_OK) {
        return NGX_SCIM_STORE_FAILED;
    }

    if (holder->at < holder->of.nelts) {
        return ngx_scim_holder_send(store, holder) == NGX_OK
               ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_FAILED;
    }

    return holder->ids || ngx_scim_holder_links(store, holder) == NGX_OK
           ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_FAILED;
}


/* Takes a reply about one user or group: the cursor to go on at, then ids. */

static ngx_int_t
ngx_scim_holder_take(ngx_scim_store_t *store, ngx_scim_holder_t *holder,
    redisReply *list)
{
    size_t                 i;
    ngx_scim_holder_of_t  *of;

    if (holder->at == holder->of.nelts || list->type != REDIS_REPLY_ARRAY
        || list->elements == 0)
    {
        return NGX_ERROR;
    }

    for (i = 1; i < list->elements; i++) {
        if (ngx_scim_holder_add(store, holder, list->element[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    of = holder->of.elts;
    of += holder->at;

    if (ngx_scim_reply_str(store, list->element[0], &of->cursor) != NGX_OK) {
        return NGX_ERROR;
    }

    /* No more groups are followed than can be shown. */

    if (of->cursor.len == 1 && of->cursor.data[0] == '0') {
        holder->at++;

    } else if (!of->user && of->holders != NULL
               && of->holders->nelts > NGX_SCIM_GROUP_MOST)
    {
        holder->cut = 1;
        holder->at++;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_holder_add(ngx_scim_store_t *store, ngx_scim_holder_t *holder,
    redisReply *id)
{
    ngx_str_t             *name;
    ngx_scim_group_t     **group;
    ngx_scim_holder_of_t  *of;

    if (holder->ids != NULL) {
        name = ngx_array_push(holder->ids);
        return name != NULL ? ngx_scim_reply_str(store, id, name) : NGX_ERROR;
    }

    of = holder->of.elts;
    group = ngx_array_push(of[holder->at].holders);

    if (group == NULL) {
        return NGX_ERROR;
    }

    *group = ngx_scim_holder_group(store, holder, id);

    return *group != NULL ? NGX_OK : NGX_ERROR;
}


static ngx_scim_group_t *
ngx_scim_holder_group(ngx_scim_store_t *store, ngx_scim_holder_t *holder,
    redisReply *id)
{
    uint32_t           hash;
    ngx_str_t          name;
    ngx_scim_group_t  *group;

    if (id->type != REDIS_REPLY_STRING) {
        return NULL;
    }

    name.data = (u_char *) id->str;
    name.len = id->len;
    hash = ngx_crc32_short(name.data, name.len);

    group = (ngx_scim_group_t *)
                ngx_str_rbtree_lookup(&holder->groups, &name, hash);

    if (group != NULL) {
        return group;
    }

    group = ngx_pcalloc(store->pool, sizeof(ngx_scim_group_t));

    if (group == NULL
        || ngx_scim_reply_str(store, id, &group->node.str) != NGX_OK)
    {
        return NULL;
    }

    group->node.node.key = hash;
    ngx_rbtree_insert(&holder->groups, &group->node.node);

    return group;
}


/* names of groups, and which of them are to be followed */

static ngx_int_t
ngx_scim_holder_describe(ngx_scim_store_t *store, ngx_scim_holder_t *holder,
    redisReply *list)
{
    size_t             i;
    redisReply       **e;
    ngx_scim_group_t  *group;

    e = list->element;

    for (i = 0; i + 2 < list->elements; i += 3) {
        group = ngx_scim_holder_group(store, holder, e[i]);

        if (group == NULL) {
            return NGX_ERROR;
        }

        if (group->there) {
            continue;
        }

        group->there = 1;

        if (ngx_scim_reply_str(store, e[i + 1], &group->display) != NGX_OK) {
            return NGX_ERROR;
        }

        if (ngx_strcmp(e[i + 2]->str, "0") == 0) {
            continue;
        }

        if (holder->most == 0) {
            holder->cut = 1;
            continue;
        }

        holder->most--;

        if (ngx_array_init(&group->holders, store->pool, 4,
                           sizeof(ngx_scim_group_t *))
                != NGX_OK
            || ngx_scim_holder_push(holder, "group", &group->node.str,
                                    &group->holders)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Fills in the links of each user after everything was read. */

static ngx_int_t
ngx_scim_holder_links(ngx_scim_store_t *store, ngx_scim_holder_t *holder)
{
    ngx_uint_t             i;
    ngx_scim_holder_of_t  *of;

    of = holder->of.elts;

    for (i = 0; i < holder->of.nelts; i++) {
        ngx_qsort(of[i].holders->elts, of[i].holders->nelts,
                  sizeof(ngx_scim_group_t *), ngx_scim_group_cmp);
    }

    if (holder->number >= 0 && !holder->cut) {
        ngx_scim_groups_keep(store, holder->number, &holder->groups);
    }

    for (i = 0; i < holder->n; i++) {
        if (ngx_scim_holder_user(store, &holder->direct[i], &holder->links[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * direct groups by their ids, then those that are found through them, in turn
 */

static ngx_int_t
ngx_scim_holder_user(ngx_scim_store_t *store, ngx_array_t *direct,
    ngx_array_t *links)
{
    ngx_uint_t           i, n, visit;
    ngx_array_t          found;
    ngx_scim_group_t   **group;
    ngx_scim_link_id_t  *link;

    visit = ngx_scim_group_visit_next();

    if (ngx_array_init(&found, store->pool, ngx_max(direct->nelts, 1),
                       sizeof(ngx_scim_group_t *))
            != NGX_OK
        || ngx_scim_group_visit(direct, &found, visit, direct->nelts)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    n = found.nelts;

    if (ngx_scim_group_climb(&found, visit) != NGX_OK) {
        return NGX_ERROR;
    }

    group = found.elts;

    for (i = 0; i < found.nelts; i++) {
        link = ngx_array_push(links);
        if (link == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(link, sizeof(ngx_scim_link_id_t));

        link->id = group[i]->node.str;
        link->display = group[i]->display;
        link->indirect = (i >= n);
    }

    return NGX_OK;
}
