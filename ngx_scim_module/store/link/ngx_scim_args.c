/*
 * The arguments of a command.
 */

#include "store/link/ngx_scim_args.h"


#define NGX_SCIM_SIZE_MAX  (1 + NGX_SIZE_T_LEN + sizeof(CRLF) - 1)


static ngx_int_t ngx_scim_args_grow(ngx_scim_args_t *args);
static u_char *ngx_scim_args_number(u_char *p, u_char kind, size_t n);


ngx_scim_args_t *
ngx_scim_args_create(ngx_pool_t *pool, ngx_uint_t n)
{
    ngx_scim_args_t  *args;

    args = ngx_pcalloc(pool, sizeof(ngx_scim_args_t));
    if (args == NULL) {
        return NULL;
    }

    args->pool = pool;
    args->nalloc = n;
    args->argv = ngx_palloc(pool, n * sizeof(char *));
    args->argvlen = ngx_palloc(pool, n * sizeof(size_t));

    return (args->argv && args->argvlen) ? args : NULL;
}


void
ngx_scim_args_add(ngx_scim_args_t *args, const void *data, size_t len)
{
    if (args == NULL || args->failed) {
        return;
    }

    if (args->argc == args->nalloc && ngx_scim_args_grow(args) != NGX_OK) {
        args->failed = 1;
        return;
    }

    args->argv[args->argc] = len ? data : "";
    args->argvlen[args->argc] = len;
    args->argc++;
}


static ngx_int_t
ngx_scim_args_grow(ngx_scim_args_t *args)
{
    size_t       *argvlen;
    ngx_uint_t    n;
    const char  **argv;

    n = args->nalloc * 2;
    argv = ngx_palloc(args->pool, n * sizeof(char *));
    argvlen = ngx_palloc(args->pool, n * sizeof(size_t));

    if (argv == NULL || argvlen == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(argv, args->argv, args->argc * sizeof(char *));
    ngx_memcpy(argvlen, args->argvlen, args->argc * sizeof(size_t));

    args->argv = argv;
    args->argvlen = argvlen;
    args->nalloc = n;

    return NGX_OK;
}


void
ngx_scim_args_add_str(ngx_scim_args_t *args, ngx_str_t *s)
{
    ngx_scim_args_add(args, s->data, s->len);
}


void
ngx_scim_args_add_strs(ngx_scim_args_t *args, ngx_str_t *s, ngx_uint_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        ngx_scim_args_add_str(args, &s[i]);
    }
}


void
ngx_scim_args_add_key(ngx_scim_args_t *args, ngx_str_t *key)
{
    if (args != NULL && key->data == NULL) {
        args->failed = 1;
    }

    ngx_scim_args_add_str(args, key);
}


void
ngx_scim_args_add_text(ngx_scim_args_t *args, const char *text)
{
    ngx_scim_args_add(args, text, ngx_strlen(text));
}


void
ngx_scim_args_add_uint(ngx_scim_args_t *args, ngx_uint_t n)
{
    u_char  *p;

    p = (args != NULL) ? ngx_pnalloc(args->pool, NGX_INT_T_LEN) : NULL;

    if (p != NULL) {
        ngx_scim_args_add(args, p, ngx_sprintf(p, "%ui", n) - p);

    } else if (args != NULL) {
        args->failed = 1;
    }
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
