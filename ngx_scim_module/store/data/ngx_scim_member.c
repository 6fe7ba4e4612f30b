/*
 * Members of groups in the store, read in slices, and here to the end.
 */

#include "store/call/ngx_scim_call.h"
#include "store/data/ngx_scim_member.h"


/* the members of one group: two sets, one of users and one of groups */

typedef struct {
    ngx_array_t    *members;
    ngx_str_t       keys[2];
    ngx_uint_t      open;         /* sets not yet read to their end */
    ngx_uint_t      slices;
    ngx_uint_t     *listed;       /* members of all groups */
} ngx_scim_member_scan_t;

typedef struct {
    ngx_scim_member_scan_t  *scan;
    ngx_uint_t               group;
} ngx_scim_member_set_t;


static ngx_int_t ngx_scim_member_scan(ngx_scim_store_t *store,
    ngx_scim_member_set_t *set, ngx_str_t *cursor);
static ngx_scim_result_e ngx_scim_member_have_slice(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static void ngx_scim_member_unique(ngx_array_t *members);
static int ngx_libc_cdecl ngx_scim_member_cmp(const void *a, const void *b);
static ngx_scim_result_e ngx_scim_member_have_test(ngx_scim_store_t *store,
    redisReply *reply, void *arg);


ngx_int_t
ngx_scim_member_list(ngx_scim_store_t *store, ngx_str_t *ids,
    ngx_array_t *members, ngx_uint_t n, ngx_scim_store_handler_pt handler,
    void *data)
{
    ngx_uint_t               i, k, *listed;
    ngx_scim_member_set_t   *set;
    ngx_scim_member_scan_t  *scan;

    static ngx_str_t  start = ngx_string("0");

    scan = ngx_pcalloc(store->pool, n * sizeof(ngx_scim_member_scan_t));
    set = ngx_pcalloc(store->pool, 2 * n * sizeof(ngx_scim_member_set_t));
    listed = ngx_pcalloc(store->pool, sizeof(ngx_uint_t));
    if (scan == NULL || set == NULL || listed == NULL) {
        return NGX_ERROR;
    }

    ngx_scim_redis_begin(store, handler, data);

    for (i = 0; i < n; i++) {
        scan[i].members = &members[i];
        scan[i].open = 2;
        scan[i].listed = listed;
        scan[i].keys[0] = ngx_scim_key(store, "group:%V:members", &ids[i]);
        scan[i].keys[1] = ngx_scim_key(store, "group:%V:groups", &ids[i]);

        for (k = 0; k < 2; k++, set++) {
            set->scan = &scan[i];
            set->group = k;

            if (ngx_scim_member_scan(store, set, &start) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_member_scan(ngx_scim_store_t *store, ngx_scim_member_set_t *set,
    ngx_str_t *cursor)
{
    static ngx_str_t  sscan = ngx_string("SSCAN");
    static ngx_str_t  count = ngx_string("COUNT");
    static ngx_str_t  slice = ngx_string("1000");

    set->scan->slices++;

    return ngx_scim_redis_command(store, ngx_scim_member_have_slice, set,
                                  &sscan, &set->scan->keys[set->group], cursor,
                                  &count, &slice, NULL);
}


static ngx_scim_result_e
ngx_scim_member_have_slice(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_scim_member_set_t *set = arg;

    ngx_str_t  cursor;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
        return NGX_SCIM_STORE_FAILED;
    }

    *set->scan->listed += reply->element[1]->elements;

    if (*set->scan->listed > NGX_SCIM_MEMBERS_LISTED) {
        return NGX_SCIM_STORE_LARGE;
    }

    if (ngx_scim_reply_str(store, reply->element[0], &cursor) != NGX_OK
        || ngx_scim_member_add(store, reply->element[1], set->group,
                               set->scan->members)
           != NGX_OK)
    {
        return NGX_SCIM_STORE_FAILED;
    }

    if (cursor.len != 1 || cursor.data[0] != '0') {
        return ngx_scim_member_scan(store, set, &cursor) == NGX_OK
               ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_FAILED;
    }

    /* SSCAN may show an element twice if the set shrinks between slices */

    if (--set->scan->open == 0 && set->scan->slices > 2) {
        ngx_scim_member_unique(set->scan->members);
    }

    return NGX_SCIM_STORE_OK;
}


ngx_int_t
ngx_scim_member_add(ngx_scim_store_t *store, redisReply *list,
    ngx_uint_t group, ngx_array_t *links)
{
    size_t               i;
    ngx_scim_link_id_t  *link;

    for (i = 0; i < list->elements; i++) {
        link = ngx_array_push(links);
        if (link == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(link, sizeof(ngx_scim_link_id_t));
        link->group = group;

        if (ngx_scim_reply_str(store, list->element[i], &link->id) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_scim_member_unique(ngx_array_t *members)
{
    ngx_uint_t           i, n;
    ngx_scim_link_id_t  *list;

    list = members->elts;

    qsort(list, members->nelts, sizeof(ngx_scim_link_id_t),
          ngx_scim_member_cmp);

    for (i = 0, n = 0; i < members->nelts; i++) {
        if (n == 0 || ngx_scim_member_cmp(&list[n - 1], &list[i]) != 0) {
            list[n++] = list[i];
        }
    }

    members->nelts = n;
}


static int ngx_libc_cdecl
ngx_scim_member_cmp(const void *a, const void *b)
{
    const ngx_scim_link_id_t *one = a;
    const ngx_scim_link_id_t *two = b;

    return ngx_memn2cmp(one->id.data, two->id.data, one->id.len, two->id.len);
}


ngx_int_t
ngx_scim_member_test(ngx_scim_store_t *store, ngx_str_t *groups, ngx_uint_t n,
    ngx_array_t *ids, u_char *held, ngx_scim_store_handler_pt handler,
    void *data)
{
    ngx_str_t         key;
    ngx_uint_t        i;
    ngx_scim_args_t  *args;

    ngx_scim_redis_begin(store, handler, data);

    for (i = 0; i < 2 * n; i++) {
        key = ngx_scim_key(store, i % 2 ? "group:%V:groups"
                                        : "group:%V:members", &groups[i / 2]);
        args = ngx_scim_args_create(store->pool, ids->nelts + 2);

        ngx_scim_args_add_text(args, "SMISMEMBER");
        ngx_scim_args_add_key(args, &key);
        ngx_scim_args_add_strs(args, ids->elts, ids->nelts);

        if (ngx_scim_redis_send(store, args, ngx_scim_member_have_test,
                                held + i / 2 * ids->nelts)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_scim_result_e
ngx_scim_member_have_test(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    u_char *held = arg;

    size_t  i;

    (void) store;

    if (reply->type != REDIS_REPLY_ARRAY) {
        return NGX_SCIM_STORE_FAILED;
    }

    for (i = 0; i < reply->elements; i++) {
        held[i] |= (reply->element[i]->integer == 1);
    }

    return NGX_SCIM_STORE_OK;
}
