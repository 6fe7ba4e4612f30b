/*
 * Reading the provisioning log, from its newest entry on.
 */

#include "base/ngx_scim_str.h"
#include "store/call/ngx_scim_call.h"
#include "store/org/ngx_scim_log.h"
#include "store/org/ngx_scim_log_read.h"


#define NGX_SCIM_LOG_SHOWN  1024       /* bytes of a field, as more was stored once */
#define NGX_SCIM_LOG_SLICE  500
#define NGX_SCIM_LOG_SCAN   5000        /* entries looked at for a page */


static ngx_int_t ngx_scim_log_slice(ngx_scim_store_t *store,
    ngx_scim_log_page_t *page, ngx_str_t *before);
static ngx_scim_result_e ngx_scim_log_have(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_int_t ngx_scim_log_parse(redisReply *reply,
    ngx_scim_log_record_t *record);
static void ngx_scim_log_set(ngx_scim_log_entry_t *entry, redisReply *field,
    redisReply *text);
static void ngx_scim_log_view(redisReply *reply, ngx_str_t *s);
static ngx_uint_t ngx_scim_log_matches(ngx_scim_log_page_t *page,
    ngx_scim_log_entry_t *entry);
static ngx_int_t ngx_scim_log_keep(ngx_scim_store_t *store,
    ngx_scim_log_page_t *page, ngx_scim_log_record_t *record);
static ngx_int_t ngx_scim_log_copy(ngx_pool_t *pool, ngx_str_t *s);


ngx_int_t
ngx_scim_log_read(ngx_scim_store_t *store, ngx_scim_log_page_t *page,
    ngx_scim_store_handler_pt handler, void *data)
{
    page->scanned = 0;
    ngx_str_null(&page->next);

    if (ngx_array_init(&page->records, store->pool, page->count + 1,
                       sizeof(ngx_scim_log_record_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_scim_redis_begin(store, handler, data);

    return ngx_scim_log_slice(store, page, &page->before);
}


static ngx_int_t
ngx_scim_log_slice(ngx_scim_store_t *store, ngx_scim_log_page_t *page,
    ngx_str_t *before)
{
    ngx_str_t         key, end;
    ngx_scim_args_t  *args;

    static ngx_str_t  newest = ngx_string("+");

    key = ngx_scim_key(store, "log");
    end = before->len ? ngx_scim_redis_join(store, "(", before) : newest;
    args = ngx_scim_args_create(store->pool, 6);

    ngx_scim_args_add_text(args, "XREVRANGE");
    ngx_scim_args_add_key(args, &key);
    ngx_scim_args_add_key(args, &end);
    ngx_scim_args_add_text(args, "-");
    ngx_scim_args_add_text(args, "COUNT");
    ngx_scim_args_add_uint(args, NGX_SCIM_LOG_SLICE);

    return ngx_scim_redis_send(store, args, ngx_scim_log_have, page);
}


/* one match more than the page holds shows that there is a next page */

static ngx_scim_result_e
ngx_scim_log_have(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_scim_log_page_t *page = arg;

    size_t                  i;
    ngx_str_t               last;
    ngx_scim_log_record_t   record, *records;

    if (reply->type != REDIS_REPLY_ARRAY) {
        return NGX_SCIM_STORE_FAILED;
    }

    for (i = 0; i < reply->elements; i++) {
        if (ngx_scim_log_parse(reply->element[i], &record) != NGX_OK) {
            return NGX_SCIM_STORE_FAILED;
        }

        page->scanned++;

        if (!ngx_scim_log_matches(page, &record.entry)) {
            continue;
        }

        if (page->records.nelts == page->count) {
            records = page->records.elts;
            page->next = records[page->count - 1].key;
            return NGX_SCIM_STORE_OK;
        }

        if (ngx_scim_log_keep(store, page, &record) != NGX_OK) {
            return NGX_SCIM_STORE_FAILED;
        }
    }

    if (reply->elements < NGX_SCIM_LOG_SLICE) {
        return NGX_SCIM_STORE_OK;
    }

    last = record.key;

    if (ngx_scim_log_copy(store->pool, &last) != NGX_OK) {
        return NGX_SCIM_STORE_FAILED;
    }

    if (page->scanned >= NGX_SCIM_LOG_SCAN) {
        page->next = last;
        return NGX_SCIM_STORE_OK;
    }

    return ngx_scim_log_slice(store, page, &last) == NGX_OK
           ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_FAILED;
}


/* the strings stay in the reply */

static ngx_int_t
ngx_scim_log_parse(redisReply *reply, ngx_scim_log_record_t *record)
{
    size_t       i;
    redisReply  *fields;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
        return NGX_ERROR;
    }

    fields = reply->element[1];

    if (fields->type != REDIS_REPLY_ARRAY) {
        return NGX_ERROR;
    }

    ngx_memzero(record, sizeof(ngx_scim_log_record_t));
    ngx_scim_log_view(reply->element[0], &record->key);

    for (i = 0; i + 1 < fields->elements; i += 2) {
        ngx_scim_log_set(&record->entry, fields->element[i],
                         fields->element[i + 1]);
    }

    return NGX_OK;
}


/* an unknown field is left out */

static void
ngx_scim_log_set(ngx_scim_log_entry_t *entry, redisReply *field,
    redisReply *text)
{
    ngx_str_t    name, *known, *value;
    ngx_uint_t   i;

    ngx_scim_log_view(field, &name);

    if (name.len == 0) {
        return;
    }

    for (i = 0; (value = ngx_scim_log_field(entry, i, &known)) != NULL; i++) {
        if (known->len == name.len
            && ngx_memcmp(known->data, name.data, name.len) == 0)
        {
            ngx_scim_log_view(text, value);
            value->len = ngx_min(value->len, NGX_SCIM_LOG_SHOWN);
            return;
        }
    }
}


static void
ngx_scim_log_view(redisReply *reply, ngx_str_t *s)
{
    ngx_str_null(s);

    if (reply->type == REDIS_REPLY_STRING) {
        s->data = (u_char *) reply->str;
        s->len = reply->len;
    }
}


static ngx_uint_t
ngx_scim_log_matches(ngx_scim_log_page_t *page, ngx_scim_log_entry_t *entry)
{
    ngx_str_t   *value, *name;
    ngx_uint_t   i;

    if (page->failed
        && (entry->status.len == 0 || entry->status.data[0] < '4'))
    {
        return 0;
    }

    if (page->text.len == 0) {
        return 1;
    }

    for (i = 0; (value = ngx_scim_log_field(entry, i, &name)) != NULL; i++) {
        if (value->len
            && ngx_strcasestrn(value->data, (char *) page->text.data,
                               page->text.len - 1)
               != NULL)
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_scim_log_keep(ngx_scim_store_t *store, ngx_scim_log_page_t *page,
    ngx_scim_log_record_t *record)
{
    ngx_str_t              *value, *name;
    ngx_uint_t              i;
    ngx_scim_log_record_t  *kept;

    kept = ngx_array_push(&page->records);
    if (kept == NULL) {
        return NGX_ERROR;
    }

    *kept = *record;

    if (ngx_scim_log_copy(store->pool, &kept->key) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0;
         (value = ngx_scim_log_field(&kept->entry, i, &name)) != NULL;
         i++)
    {
        if (ngx_scim_log_copy(store->pool, value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_log_copy(ngx_pool_t *pool, ngx_str_t *s)
{
    *s = ngx_scim_cstring(pool, s->data, s->len);

    return s->data != NULL ? NGX_OK : NGX_ERROR;
}
