/*
 * The members of groups, a slice at a time, so that a group of any size takes
 * little memory and holds nobody up.
 */

#include "store/call/ngx_scim_call.h"
#include "store/data/ngx_scim_member.h"
#include "store/data/ngx_scim_resource.h"
#include "store/data/ngx_scim_slice.h"


#define NGX_SCIM_SLICE_FIRST  1024    /* members, of all groups of a call */
#define NGX_SCIM_SLICE_LEAST  32      /* and of each of them */
#define NGX_SCIM_SLICE_NEXT   250


static ngx_int_t ngx_scim_slice_send(ngx_scim_store_t *store,
    ngx_scim_slice_t *slice, ngx_uint_t count);
static ngx_int_t ngx_scim_slice_scan(ngx_scim_store_t *store,
    ngx_scim_slice_set_t *set, ngx_uint_t count);
static ngx_scim_result_e ngx_scim_slice_have(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_scim_result_e ngx_scim_slice_began(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_scim_result_e ngx_scim_slice_still(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_int_t ngx_scim_slice_keep(ngx_scim_slice_text_t *text,
    redisReply *reply);


ngx_int_t
ngx_scim_slice_first(ngx_scim_store_t *store, ngx_scim_slice_t *slices,
    ngx_uint_t n, ngx_scim_store_handler_pt handler, void *data)
{
    ngx_uint_t  i, count;

    count = ngx_max(NGX_SCIM_SLICE_FIRST / n, NGX_SCIM_SLICE_LEAST);

    ngx_scim_redis_begin(store, handler, data);

    for (i = 0; i < n; i++) {
        if (ngx_scim_slice_send(store, &slices[i], count) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_scim_slice_record(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_record_t *record, ngx_scim_slice_t *slice,
    ngx_scim_store_handler_pt handler, void *data)
{
    ngx_scim_redis_begin(store, handler, data);

    if (ngx_scim_resource_send(store, type, record, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_scim_slice_send(store, slice, NGX_SCIM_SLICE_FIRST);
}


/*
 * Sends the commands of a slice. "switched" of the group is read before any
 * member.
 */

static ngx_int_t
ngx_scim_slice_send(ngx_scim_store_t *store, ngx_scim_slice_t *slice,
    ngx_uint_t count)
{
    ngx_str_t   key;
    ngx_uint_t  i;

    static ngx_str_t  hget = ngx_string("HGET");
    static ngx_str_t  switched = ngx_string("switched");

    if (ngx_array_init(&slice->members, store->pool, 16,
                       sizeof(ngx_scim_link_id_t))
        != NGX_OK)
    {
        ngx_scim_store_detach(store);
        return NGX_ERROR;
    }

    key = ngx_scim_key(store, "group:%V", &slice->id);

    if (ngx_scim_redis_command(store, ngx_scim_slice_began, slice, &hget, &key,
                               &switched, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < 2; i++) {
        slice->sets[i].slice = slice;
        slice->sets[i].groups = i;
        slice->sets[i].open = 1;
        slice->sets[i].cursor.len = 1;
        slice->sets[i].cursor.data[0] = '0';

        if (ngx_scim_slice_scan(store, &slice->sets[i], count) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_scim_slice_next(ngx_scim_store_t *store, ngx_scim_slice_t *slice,
    ngx_scim_store_handler_pt handler, void *data)
{
    ngx_str_t  key;

    static ngx_str_t  hmget = ngx_string("HMGET");
    static ngx_str_t  ver = ngx_string("ver");
    static ngx_str_t  switched = ngx_string("switched");

    if (ngx_array_init(&slice->members, store->pool, 2 * NGX_SCIM_SLICE_NEXT,
                       sizeof(ngx_scim_link_id_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_scim_redis_begin(store, handler, data);

    if (ngx_scim_slice_scan(store, &slice->sets[!slice->sets[0].open],
                            NGX_SCIM_SLICE_NEXT)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    key = ngx_scim_key(store, "group:%V", &slice->id);

    return ngx_scim_redis_command(store, ngx_scim_slice_still, slice, &hmget,
                                  &key, &ver, &switched, NULL);
}


ngx_uint_t
ngx_scim_slice_more(const ngx_scim_slice_t *slice)
{
    return slice->sets[0].open || slice->sets[1].open;
}


static ngx_int_t
ngx_scim_slice_scan(ngx_scim_store_t *store, ngx_scim_slice_set_t *set,
    ngx_uint_t count)
{
    ngx_str_t         key;
    ngx_scim_args_t  *args;

    key = ngx_scim_key(store, set->groups ? "group:%V:groups"
                                          : "group:%V:members",
                       &set->slice->id);
    args = ngx_scim_args_create(store->pool, 5);

    ngx_scim_args_add_text(args, "SSCAN");
    ngx_scim_args_add_key(args, &key);
    ngx_scim_args_add(args, set->cursor.data, set->cursor.len);
    ngx_scim_args_add_text(args, "COUNT");
    ngx_scim_args_add_uint(args, count);

    return ngx_scim_redis_send(store, args, ngx_scim_slice_have, set);
}


static ngx_scim_result_e
ngx_scim_slice_have(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_scim_slice_set_t *set = arg;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || reply->element[0]->type != REDIS_REPLY_STRING
        || ngx_scim_slice_keep(&set->cursor, reply->element[0]) != NGX_OK)
    {
        return NGX_SCIM_STORE_FAILED;
    }

    set->open = (set->cursor.len != 1 || set->cursor.data[0] != '0');

    return ngx_scim_member_add(store, reply->element[1], set->groups,
                               &set->slice->members)
           == NGX_OK ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_FAILED;
}


static ngx_scim_result_e
ngx_scim_slice_began(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_scim_slice_t *slice = arg;

    (void) store;

    return ngx_scim_slice_keep(&slice->switched, reply) == NGX_OK
           ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_FAILED;
}


/* Returns 1 if the set is still the one of the beginning. */

static ngx_scim_result_e
ngx_scim_slice_still(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_scim_slice_t *slice = arg;

    ngx_scim_slice_text_t  now;

    (void) store;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || ngx_scim_slice_keep(&now, reply->element[1]) != NGX_OK)
    {
        return NGX_SCIM_STORE_FAILED;
    }

    if (reply->element[0]->type == REDIS_REPLY_NIL) {
        return NGX_SCIM_STORE_NOT_FOUND;
    }

    return (now.len == slice->switched.len
            && ngx_memcmp(now.data, slice->switched.data, now.len) == 0)
           ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_STALE;
}


/* a number, or nothing */

static ngx_int_t
ngx_scim_slice_keep(ngx_scim_slice_text_t *text, redisReply *reply)
{
    text->len = 0;

    if (reply->type != REDIS_REPLY_STRING) {
        return NGX_OK;
    }

    if ((size_t) reply->len > sizeof(text->data)) {
        return NGX_ERROR;
    }

    text->len = reply->len;
    ngx_memcpy(text->data, reply->str, text->len);

    return NGX_OK;
}
