/*
 * Indexes in the store.
 */

#include "store/call/ngx_scim_call.h"
#include "store/data/ngx_scim_index.h"


typedef struct {
    ngx_uint_t  *complete;
    ngx_str_t   *name;
} ngx_scim_index_complete_t;

typedef struct {
    ngx_array_t  *ids;
    ngx_array_t  *seqs;
} ngx_scim_index_walk_t;


static ngx_scim_result_e ngx_scim_index_have_id(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_scim_result_e ngx_scim_index_have_entries(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_scim_result_e ngx_scim_index_have_scores(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_int_t ngx_scim_index_range(ngx_scim_store_t *store, ngx_str_t *key,
    ngx_scim_relation_e relation, ngx_str_t *value, ngx_uint_t limit,
    ngx_array_t *ids);
static ngx_str_t ngx_scim_index_bound(ngx_pool_t *pool, const char *open,
    ngx_str_t *value, const char *close, size_t close_len);
static ngx_scim_result_e ngx_scim_index_have_names(ngx_scim_store_t *store,
    redisReply *reply, void *arg);


ngx_int_t
ngx_scim_index_page(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_uint_t offset, ngx_uint_t count, ngx_array_t *ids, ngx_uint_t *total,
    ngx_scim_store_handler_pt handler, void *data)
{
    ngx_str_t  key, first, last;

    static ngx_str_t  zcard = ngx_string("ZCARD");
    static ngx_str_t  zrange = ngx_string("ZRANGE");

    key = ngx_scim_key(store, "%Vs", type);

    ngx_scim_redis_begin(store, handler, data);

    if (ngx_scim_redis_command(store, ngx_scim_reply_number, total, &zcard,
                               &key, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (count == 0) {
        return NGX_OK;
    }

    first = ngx_scim_redis_number(store, offset);
    last = ngx_scim_redis_number(store, offset + count - 1);

    return ngx_scim_redis_command(store, ngx_scim_reply_list, ids, &zrange,
                                  &key, &first, &last, NULL);
}


ngx_int_t
ngx_scim_index_walk(ngx_scim_store_t *store, ngx_str_t *type, ngx_uint_t seq,
    ngx_uint_t backward, ngx_uint_t count, ngx_array_t *ids,
    ngx_array_t *seqs, ngx_uint_t *total, ngx_scim_store_handler_pt handler,
    void *data)
{
    ngx_str_t               key, from, most;
    ngx_scim_index_walk_t  *arg;

    static ngx_str_t  zcard = ngx_string("ZCARD");
    static ngx_str_t  up = ngx_string("ZRANGEBYSCORE");
    static ngx_str_t  down = ngx_string("ZREVRANGEBYSCORE");
    static ngx_str_t  last = ngx_string("+inf");
    static ngx_str_t  first = ngx_string("-inf");
    static ngx_str_t  scores = ngx_string("WITHSCORES");
    static ngx_str_t  limit = ngx_string("LIMIT");
    static ngx_str_t  zero = ngx_string("0");

    arg = ngx_palloc(store->pool, sizeof(ngx_scim_index_walk_t));
    from.data = ngx_pnalloc(store->pool, NGX_INT_T_LEN + 1);
    if (arg == NULL || from.data == NULL) {
        return NGX_ERROR;
    }

    arg->ids = ids;
    arg->seqs = seqs;
    from.len = ngx_sprintf(from.data, "(%ui", seq) - from.data;
    most = ngx_scim_redis_number(store, count);
    key = ngx_scim_key(store, "%Vs", type);

    ngx_scim_redis_begin(store, handler, data);

    if (ngx_scim_redis_command(store, ngx_scim_reply_number, total, &zcard,
                               &key, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_scim_redis_command(store, ngx_scim_index_have_scores, arg,
                                  backward ? &down : &up, &key, &from,
                                  backward ? &first : &last, &scores, &limit,
                                  &zero, &most, NULL);
}


static ngx_scim_result_e
ngx_scim_index_have_scores(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_scim_index_walk_t *walk = arg;

    size_t       i;
    ngx_int_t    n;
    redisReply  *score;
    ngx_uint_t  *seq;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements % 2 != 0) {
        return NGX_SCIM_STORE_FAILED;
    }

    for (i = 0; i < reply->elements; i += 2) {
        score = reply->element[i + 1];
        n = (score->type == REDIS_REPLY_STRING)
            ? ngx_atoi((u_char *) score->str, score->len) : NGX_ERROR;
        seq = ngx_array_push(walk->seqs);

        if (n == NGX_ERROR || seq == NULL
            || ngx_scim_index_have_id(store, reply->element[i], walk->ids)
               != NGX_SCIM_STORE_OK)
        {
            return NGX_SCIM_STORE_FAILED;
        }

        *seq = n;
    }

    return NGX_SCIM_STORE_OK;
}


ngx_int_t
ngx_scim_index_lookup(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_index_kind_e kind, ngx_str_t *name, ngx_scim_relation_e relation,
    ngx_str_t *value, ngx_uint_t limit, ngx_array_t *ids,
    ngx_scim_store_handler_pt handler, void *data)
{
    ngx_str_t  key;

    static ngx_str_t  hget = ngx_string("HGET");

    key = ngx_scim_key(store, "%Vs:by:%V", type, name);

    ngx_scim_redis_begin(store, handler, data);

    if (kind == NGX_SCIM_INDEX_UNIQUE) {
        return ngx_scim_redis_command(store, ngx_scim_index_have_id, ids,
                                      &hget, &key, value, NULL);
    }

    return ngx_scim_index_range(store, &key, relation, value, limit, ids);
}


static ngx_int_t
ngx_scim_index_range(ngx_scim_store_t *store, ngx_str_t *key,
    ngx_scim_relation_e relation, ngx_str_t *value, ngx_uint_t limit,
    ngx_array_t *ids)
{
    ngx_str_t  min, max, most;

    static ngx_str_t  zrangebylex = ngx_string("ZRANGEBYLEX");
    static ngx_str_t  limit_word = ngx_string("LIMIT");
    static ngx_str_t  zero = ngx_string("0");

    if (ngx_scim_index_bounds(store, relation, value, &min, &max) != NGX_OK) {
        return NGX_ERROR;
    }

    most = ngx_scim_redis_number(store, limit + 1);

    return ngx_scim_redis_command(store, ngx_scim_index_have_entries, ids,
                                  &zrangebylex, key, &min, &max, &limit_word,
                                  &zero, &most, NULL);
}


/*
 * Entries are value NUL id, and no byte of a value is 0x00 or 0xff: those of
 * one value are between the value with 0x00 and with 0x01 behind it, those of
 * all that begin with it end before it with 0xff.
 */

ngx_int_t
ngx_scim_index_bounds(ngx_scim_store_t *store, ngx_scim_relation_e relation,
    ngx_str_t *value, ngx_str_t *min, ngx_str_t *max)
{
    static ngx_str_t  first = ngx_string("-");
    static ngx_str_t  last = ngx_string("+");

    *min = first;
    *max = last;

    if (relation == NGX_SCIM_EQUAL || relation == NGX_SCIM_GREATER_EQUAL) {
        *min = ngx_scim_index_bound(store->pool, "[", value, "\0", 1);
    }

    if (relation == NGX_SCIM_EQUAL || relation == NGX_SCIM_LESS_EQUAL) {
        *max = ngx_scim_index_bound(store->pool, "(", value, "\1", 1);
    }

    if (relation == NGX_SCIM_STARTS_WITH) {
        *min = ngx_scim_index_bound(store->pool, "[", value, "", 0);
        *max = ngx_scim_index_bound(store->pool, "(", value, "\377", 1);
    }

    if (relation == NGX_SCIM_GREATER) {
        *min = ngx_scim_index_bound(store->pool, "[", value, "\1", 1);
    }

    if (relation == NGX_SCIM_LESS) {
        *max = ngx_scim_index_bound(store->pool, "(", value, "\0", 1);
    }

    if (min->data == NULL || max->data == NULL) {
        ngx_scim_store_detach(store);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_str_t
ngx_scim_index_bound(ngx_pool_t *pool, const char *open, ngx_str_t *value,
    const char *close, size_t close_len)
{
    u_char     *p;
    ngx_str_t   bound;

    bound.len = 1 + value->len + close_len;
    bound.data = ngx_pnalloc(pool, bound.len);

    if (bound.data != NULL) {
        p = ngx_cpymem(bound.data, open, 1);
        p = ngx_cpymem(p, value->data, value->len);
        ngx_memcpy(p, close, close_len);
    }

    return bound;
}


static ngx_scim_result_e
ngx_scim_index_have_id(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_array_t *ids = arg;

    ngx_str_t  *id;

    if (reply->type == REDIS_REPLY_NIL) {
        return NGX_SCIM_STORE_OK;
    }

    id = ngx_array_push(ids);

    return (id != NULL && reply->type == REDIS_REPLY_STRING
            && ngx_scim_reply_str(store, reply, id) == NGX_OK)
           ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_FAILED;
}


static ngx_scim_result_e
ngx_scim_index_have_entries(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_array_t *ids = arg;

    size_t      i, skip;
    u_char     *nul;
    ngx_str_t  *id;
    ngx_uint_t  first;

    first = ids->nelts;

    if (ngx_scim_reply_list(store, reply, arg) != NGX_SCIM_STORE_OK) {
        return NGX_SCIM_STORE_FAILED;
    }

    id = ids->elts;

    for (i = first; i < ids->nelts; i++) {
        nul = ngx_strlchr(id[i].data, id[i].data + id[i].len, '\0');
        skip = nul ? (size_t) (nul + 1 - id[i].data) : 0;

        id[i].data += skip;
        id[i].len -= skip;
    }

    return NGX_SCIM_STORE_OK;
}


ngx_int_t
ngx_scim_index_complete(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_str_t *name, ngx_uint_t *complete, ngx_scim_store_handler_pt handler,
    void *data)
{
    ngx_str_t                   key, field;
    ngx_scim_index_complete_t  *arg;

    static ngx_str_t  hget = ngx_string("HGET");

    arg = ngx_palloc(store->pool, sizeof(ngx_scim_index_complete_t));
    field.data = ngx_pnalloc(store->pool, sizeof("indexes:") + type->len);
    if (arg == NULL || field.data == NULL) {
        return NGX_ERROR;
    }

    arg->name = ngx_palloc(store->pool, sizeof(ngx_str_t));
    if (arg->name == NULL) {
        return NGX_ERROR;
    }

    *arg->name = *name;
    arg->complete = complete;
    *complete = 0;

    field.len = ngx_sprintf(field.data, "indexes:%V", type) - field.data;
    key = ngx_scim_key(store, "meta");

    ngx_scim_redis_begin(store, handler, data);

    return ngx_scim_redis_command(store, ngx_scim_index_have_names, arg, &hget,
                                  &key, &field, NULL);
}


static ngx_scim_result_e
ngx_scim_index_have_names(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_scim_index_complete_t *wanted = arg;

    u_char  *p, *last, *end;

    (void) store;

    if (reply->type != REDIS_REPLY_STRING) {
        return NGX_SCIM_STORE_OK;
    }

    last = (u_char *) reply->str + reply->len;

    for (p = (u_char *) reply->str; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, '\n');
        end = end ? end : last;

        if ((size_t) (end - p) == wanted->name->len
            && ngx_memcmp(p, wanted->name->data, wanted->name->len) == 0)
        {
            *wanted->complete = 1;
        }
    }

    return NGX_SCIM_STORE_OK;
}
