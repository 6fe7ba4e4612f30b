/*
 * The arguments of a command. What is added is not copied: it stays until the
 * call has ended.
 */

#include "ngx_scim_redis.h"


static ngx_int_t ngx_scim_args_grow(ngx_scim_store_t *store,
    ngx_scim_args_t *args, ngx_uint_t n);


ngx_scim_args_t *
ngx_scim_args_create(ngx_scim_store_t *store, ngx_uint_t n)
{
    ngx_scim_args_t  *args;

    args = ngx_pcalloc(store->pool, sizeof(ngx_scim_args_t));
    if (args == NULL) {
        return NULL;
    }

    if (ngx_scim_args_grow(store, args, n ? n : 1) != NGX_OK) {
        return NULL;
    }

    return args;
}


ngx_int_t
ngx_scim_args_add(ngx_scim_store_t *store, ngx_scim_args_t *args,
    const void *data, size_t len)
{
    if (args->argc == args->nalloc
        && ngx_scim_args_grow(store, args, args->nalloc * 2) != NGX_OK)
    {
        return NGX_ERROR;
    }

    args->argv[args->argc] = len ? data : "";
    args->argvlen[args->argc] = len;
    args->argc++;

    return NGX_OK;
}


ngx_int_t
ngx_scim_args_add_str(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_str_t *str)
{
    return ngx_scim_args_add(store, args, str->data, str->len);
}


ngx_int_t
ngx_scim_args_add_text(ngx_scim_store_t *store, ngx_scim_args_t *args,
    const char *text)
{
    return ngx_scim_args_add(store, args, text, ngx_strlen(text));
}


ngx_int_t
ngx_scim_args_add_number(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_uint_t n)
{
    u_char  *p;

    p = ngx_pnalloc(store->pool, NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    return ngx_scim_args_add(store, args, p, ngx_sprintf(p, "%ui", n) - p);
}


ngx_int_t
ngx_scim_args_add_key(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_str_t *type, const char *infix, ngx_str_t *id, const char *suffix)
{
    u_char     *p, *last;
    ngx_str_t   none;

    ngx_str_null(&none);

    if (type == NULL) {
        type = &none;
    }

    if (id == NULL) {
        id = &none;
    }

    p = ngx_pnalloc(store->pool, sizeof("scim:{}:") + store->tenant.len
                                 + type->len + ngx_strlen(infix) + id->len
                                 + ngx_strlen(suffix));
    if (p == NULL) {
        return NGX_ERROR;
    }

    last = ngx_sprintf(p, "scim:{%V}:%V%s%V%s", &store->tenant, type, infix,
                       id, suffix);

    return ngx_scim_args_add(store, args, p, last - p);
}


static ngx_int_t
ngx_scim_args_grow(ngx_scim_store_t *store, ngx_scim_args_t *args,
    ngx_uint_t n)
{
    size_t       *argvlen;
    const char  **argv;

    argv = ngx_palloc(store->pool, n * sizeof(char *));
    argvlen = ngx_palloc(store->pool, n * sizeof(size_t));
    if (argv == NULL || argvlen == NULL) {
        return NGX_ERROR;
    }

    if (args->argc > 0) {
        ngx_memcpy(argv, args->argv, args->argc * sizeof(char *));
        ngx_memcpy(argvlen, args->argvlen, args->argc * sizeof(size_t));
    }

    args->argv = argv;
    args->argvlen = argvlen;
    args->nalloc = n;

    return NGX_OK;
}
