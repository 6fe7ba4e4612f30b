/*
 * Sorted indexes by rank: where values are in their order, and the entries from
 * one place to another.
 */

#include "store/call/ngx_scim_call.h"
#include "store/data/ngx_scim_index.h"
#include "store/data/ngx_scim_rank.h"


typedef struct {
    ngx_array_t  *values;
    ngx_array_t  *ids;
} ngx_scim_rank_entries_t;


static ngx_scim_result_e ngx_scim_rank_have_entries(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_scim_result_e ngx_scim_rank_have_seqs(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_scim_result_e ngx_scim_rank_have_it(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_int_t ngx_scim_rank_span(ngx_scim_store_t *store, ngx_str_t *key,
    ngx_scim_span_t *span);


ngx_int_t
ngx_scim_rank_spans(ngx_scim_store_t *store, ngx_str_t *type, ngx_str_t *name,
    ngx_scim_span_t *spans, ngx_uint_t n, ngx_uint_t *existing,
    ngx_scim_store_handler_pt handler, void *data)
{
    ngx_str_t   key, all;
    ngx_uint_t  i;

    static ngx_str_t  zcard = ngx_string("ZCARD");

    all = ngx_scim_key(store, "%Vs", type);
    key = ngx_scim_key(store, "%Vs:by:%V", type, name);

    ngx_scim_redis_begin(store, handler, data);

    if (ngx_scim_redis_command(store, ngx_scim_reply_number, existing,
                               &zcard, &all, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (ngx_scim_rank_span(store, &key, &spans[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_rank_span(ngx_scim_store_t *store, ngx_str_t *key,
    ngx_scim_span_t *span)
{
    ngx_str_t  min, max, front;

    static ngx_str_t  zlexcount = ngx_string("ZLEXCOUNT");
    static ngx_str_t  first = ngx_string("-");

    span->first = 0;

    if (ngx_scim_index_bounds(store, span->relation, &span->value, &min, &max)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_scim_redis_command(store, ngx_scim_reply_number, &span->n,
                               &zlexcount, key, &min, &max, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (min.data[0] != '[') {
        return NGX_OK;
    }

    /* the rank of the first entry is the number of entries below it */

    front = ngx_scim_redis_join(store, "", &min);

    if (front.data != NULL) {
        front.data[0] = '(';
    }

    return ngx_scim_redis_command(store, ngx_scim_reply_number,
                                  &span->first, &zlexcount, key, &first,
                                  &front, NULL);
}


ngx_int_t
ngx_scim_rank_entries(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_str_t *name, ngx_uint_t first, ngx_uint_t n, ngx_array_t *values,
    ngx_array_t *ids, ngx_scim_store_handler_pt handler, void *data)
{
    ngx_str_t                 key, from, to;
    ngx_scim_rank_entries_t  *arg;

    static ngx_str_t  zrange = ngx_string("ZRANGE");

    arg = ngx_palloc(store->pool, sizeof(ngx_scim_rank_entries_t));
    if (arg == NULL) {
        return NGX_ERROR;
    }

    arg->values = values;
    arg->ids = ids;

    from = ngx_scim_redis_number(store, first);
    to = ngx_scim_redis_number(store, first + n - 1);
    key = ngx_scim_key(store, "%Vs:by:%V", type, name);

    ngx_scim_redis_begin(store, handler, data);

    return ngx_scim_redis_command(store, ngx_scim_rank_have_entries, arg,
                                  &zrange, &key, &from, &to, NULL);
}


static ngx_scim_result_e
ngx_scim_rank_have_entries(ngx_scim_store_t *store, redisReply *reply,
    void *arg)
{
    ngx_scim_rank_entries_t *entries = arg;

    size_t      i;
    u_char     *nul, *last;
    ngx_str_t  *value, *id, entry;

    if (reply->type != REDIS_REPLY_ARRAY) {
        return NGX_SCIM_STORE_FAILED;
    }

    for (i = 0; i < reply->elements; i++) {
        if (reply->element[i]->type != REDIS_REPLY_STRING
            || ngx_scim_reply_str(store, reply->element[i], &entry) != NGX_OK)
        {
            return NGX_SCIM_STORE_FAILED;
        }

        last = entry.data + entry.len;
        nul = ngx_strlchr(entry.data, last, '\0');
        value = ngx_array_push(entries->values);
        id = ngx_array_push(entries->ids);

        if (nul == NULL || value == NULL || id == NULL) {
            return NGX_SCIM_STORE_FAILED;
        }

        value->data = entry.data;
        value->len = nul - entry.data;
        id->data = nul + 1;
        id->len = last - id->data;
    }

    return NGX_SCIM_STORE_OK;
}


ngx_int_t
ngx_scim_rank_seqs(ngx_scim_store_t *store, ngx_str_t *type, ngx_array_t *ids,
    ngx_uint_t *seqs, ngx_scim_store_handler_pt handler, void *data)
{
    ngx_str_t         key;
    ngx_scim_args_t  *args;

    key = ngx_scim_key(store, "%Vs", type);
    args = ngx_scim_args_create(store->pool, ids->nelts + 2);

    ngx_scim_args_add_text(args, "ZMSCORE");
    ngx_scim_args_add_key(args, &key);
    ngx_scim_args_add_strs(args, ids->elts, ids->nelts);

    ngx_scim_redis_begin(store, handler, data);

    return ngx_scim_redis_send(store, args, ngx_scim_rank_have_seqs, seqs);
}


static ngx_scim_result_e
ngx_scim_rank_have_seqs(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_uint_t *seqs = arg;

    size_t       i;
    ngx_int_t    n;
    redisReply  *score;

    (void) store;

    if (reply->type != REDIS_REPLY_ARRAY) {
        return NGX_SCIM_STORE_FAILED;
    }

    for (i = 0; i < reply->elements; i++) {
        score = reply->element[i];
        n = (score->type == REDIS_REPLY_STRING)
            ? ngx_atoi((u_char *) score->str, score->len) : 0;

        if (n == NGX_ERROR) {
            return NGX_SCIM_STORE_FAILED;
        }

        seqs[i] = n;
    }

    return NGX_SCIM_STORE_OK;
}


/*
 * Finds out which resources have an entry in the index. Their hashes have a
 * copy of it.
 */

ngx_int_t
ngx_scim_rank_has(ngx_scim_store_t *store, ngx_str_t *type, ngx_str_t *name,
    ngx_array_t *ids, u_char *has, ngx_scim_store_handler_pt handler,
    void *data)
{
    ngx_str_t   *id, key, field;
    ngx_uint_t   i;

    static ngx_str_t  hexists = ngx_string("HEXISTS");

    id = ids->elts;
    field = ngx_scim_redis_join(store, "by:", name);

    ngx_scim_redis_begin(store, handler, data);

    for (i = 0; i < ids->nelts; i++) {
        key = ngx_scim_key(store, "%V:%V", type, &id[i]);

        if (ngx_scim_redis_command(store, ngx_scim_rank_have_it, &has[i],
                                   &hexists, &key, &field, NULL)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_scim_result_e
ngx_scim_rank_have_it(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    u_char *has = arg;

    (void) store;

    if (reply->type != REDIS_REPLY_INTEGER) {
        return NGX_SCIM_STORE_FAILED;
    }

    *has = (reply->integer == 1);

    return NGX_SCIM_STORE_OK;
}
