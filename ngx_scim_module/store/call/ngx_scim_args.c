/*
 * Commands and replies as nginx strings.
 */

#include "store/call/ngx_scim_args.h"


#define NGX_SCIM_KEY_MAX   1024
#define NGX_SCIM_SIZE_MAX  (1 + NGX_SIZE_T_LEN + sizeof(CRLF) - 1)


static u_char *ngx_scim_args_number(u_char *p, u_char kind, size_t n);


ngx_scim_args_t *
ngx_scim_args_create(ngx_scim_store_t *store, ngx_uint_t n)
{
    ngx_scim_args_t  *args;

    args = ngx_pcalloc(store->pool, sizeof(ngx_scim_args_t));
    if (args == NULL) {
        return NULL;
    }

    args->nalloc = n;
    args->argv = ngx_palloc(store->pool, n * sizeof(char *));
    args->argvlen = ngx_palloc(store->pool, n * sizeof(size_t));

    return (args->argv && args->argvlen) ? args : NULL;
}


ngx_int_t
ngx_scim_args_add(ngx_scim_store_t *store, ngx_scim_args_t *args,
    const void *data, size_t len)
{
    size_t       *argvlen;
    ngx_uint_t    n;
    const char  **argv;

    if (args->argc == args->nalloc) {
        n = args->nalloc * 2;
        argv = ngx_palloc(store->pool, n * sizeof(char *));
        argvlen = ngx_palloc(store->pool, n * sizeof(size_t));
        if (argv == NULL || argvlen == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(argv, args->argv, args->argc * sizeof(char *));
        ngx_memcpy(argvlen, args->argvlen, args->argc * sizeof(size_t));

        args->argv = argv;
        args->argvlen = argvlen;
        args->nalloc = n;
    }

    args->argv[args->argc] = len ? data : "";
    args->argvlen[args->argc] = len;
    args->argc++;

    return NGX_OK;
}


ngx_int_t
ngx_scim_args_add_str(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_str_t *s)
{
    return ngx_scim_args_add(store, args, s->data, s->len);
}


ngx_int_t
ngx_scim_args_add_text(ngx_scim_store_t *store, ngx_scim_args_t *args,
    const char *text)
{
    return ngx_scim_args_add(store, args, text, ngx_strlen(text));
}


ngx_int_t
ngx_scim_args_add_uint(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_uint_t n)
{
    u_char  *p, *last;

    p = ngx_pnalloc(store->pool, NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    last = ngx_sprintf(p, "%ui", n);

    return ngx_scim_args_add(store, args, p, last - p);
}


size_t
ngx_scim_args_size(ngx_scim_args_t *args)
{
    size_t      size;
    ngx_uint_t  i;

    size = NGX_SCIM_SIZE_MAX;

    for (i = 0; i < args->argc; i++) {
        size += NGX_SCIM_SIZE_MAX + args->argvlen[i] + sizeof(CRLF) - 1;
    }

    return size;
}


/* hiredis would measure, format and copy each argument by itself */

u_char *
ngx_scim_args_print(ngx_scim_args_t *args, u_char *p)
{
    ngx_uint_t  i;

    p = ngx_scim_args_number(p, '*', args->argc);

    for (i = 0; i < args->argc; i++) {
        p = ngx_scim_args_number(p, '$', args->argvlen[i]);
        p = ngx_cpymem(p, args->argv[i], args->argvlen[i]);
        *p++ = CR;
        *p++ = LF;
    }

    return p;
}


static u_char *
ngx_scim_args_number(u_char *p, u_char kind, size_t n)
{
    u_char  *digit, text[NGX_SIZE_T_LEN];

    digit = text + sizeof(text);

    do {
        *--digit = '0' + n % 10;
        n /= 10;
    } while (n);

    *p++ = kind;
    p = ngx_cpymem(p, digit, text + sizeof(text) - digit);
    *p++ = CR;
    *p++ = LF;

    return p;
}


ngx_str_t
ngx_scim_key(ngx_scim_store_t *store, const char *format, ...)
{
    u_char     *p, text[NGX_SCIM_KEY_MAX];
    va_list     args;
    ngx_str_t   key;

    p = ngx_slprintf(text, text + sizeof(text), "scim:{%V}:", &store->tenant);

    va_start(args, format);
    p = ngx_vslprintf(p, text + sizeof(text), format, args);
    va_end(args);

    key.len = p - text;
    key.data = ngx_pnalloc(store->pool, key.len);

    if (key.data == NULL) {
        key.len = 0;
        return key;
    }

    ngx_memcpy(key.data, text, key.len);

    return key;
}


ngx_int_t
ngx_scim_reply_str(ngx_scim_store_t *store, redisReply *reply, ngx_str_t *s)
{
    ngx_str_null(s);

    if (reply->type != REDIS_REPLY_STRING) {
        return NGX_OK;
    }

    s->data = ngx_pnalloc(store->pool, reply->len + 1);
    if (s->data == NULL) {
        return NGX_ERROR;
    }

    s->len = reply->len;
    ngx_memcpy(s->data, reply->str, s->len);
    s->data[s->len] = '\0';

    return NGX_OK;
}


ngx_int_t
ngx_scim_reply_strs(ngx_scim_store_t *store, redisReply *reply,
    ngx_str_t **strs, size_t n)
{
    size_t  i;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != n) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (ngx_scim_reply_str(store, reply->element[i], strs[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


const char *
ngx_scim_reply_error(redisReply *reply)
{
    char  *quote;

    quote = strstr(reply->str, ", with args");

    if (quote != NULL) {
        *quote = '\0';
    }

    return reply->str;
}


ngx_str_t
ngx_scim_redis_join(ngx_scim_store_t *store, const char *prefix, ngx_str_t *s)
{
    ngx_str_t  text;

    text.len = ngx_strlen(prefix) + s->len;
    text.data = ngx_pnalloc(store->pool, text.len);

    if (text.data != NULL) {
        (void) ngx_sprintf(text.data, "%s%V", prefix, s);
    }

    return text;
}
