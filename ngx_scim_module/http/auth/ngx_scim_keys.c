/*
 * Public keys in files.
 */

#include <ngx_config.h>
#include <cjose/cjose.h>

#include "http/auth/ngx_scim_keys.h"
#include "base/ngx_scim_alloc.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/token/scim_jwk.h"


#define NGX_SCIM_KEYS_MAX    (1024 * 1024)      /* bytes of a file */
#define NGX_SCIM_KEYS_POOL   4096
#define NGX_SCIM_KEYS_LOOK   1                  /* seconds between looks */
#define NGX_SCIM_KEYS_RETRY  60                 /* after one that failed */


typedef struct {
    ngx_pool_t       *pool;
    scim_jwk_t       *keys;
    size_t            n;
} ngx_scim_keys_set_t;


static void ngx_scim_keys_refresh(ngx_scim_keys_t *keys, ngx_log_t *log);
static ngx_int_t ngx_scim_keys_same(ngx_scim_keys_t *keys,
    ngx_file_info_t *fi);
static ngx_int_t ngx_scim_keys_load(ngx_scim_keys_t *keys, ngx_err_t *number,
    scim_error_t *err);
static ngx_int_t ngx_scim_keys_read(ngx_scim_keys_t *keys, ngx_fd_t fd,
    ngx_pool_t *pool, ngx_str_t *text);
static ngx_int_t ngx_scim_keys_parse(ngx_scim_keys_t *keys,
    ngx_scim_keys_set_t *set, ngx_str_t *text, scim_error_t *err);
static void ngx_scim_keys_free_key(void *data);
static void ngx_scim_keys_free(void *data);


ngx_scim_keys_t *
ngx_scim_keys_open(ngx_conf_t *cf, ngx_array_t *files, ngx_str_t *file)
{
    ngx_err_t             number;
    ngx_uint_t            i;
    scim_error_t          err;
    ngx_scim_keys_t      *keys, **known;
    ngx_pool_cleanup_t   *cln;

    if (ngx_conf_full_name(cf->cycle, file, 1) != NGX_OK) {
        return NULL;
    }

    known = files->elts;

    for (i = 0; i < files->nelts; i++) {
        if (known[i]->file.len == file->len
            && ngx_strncmp(known[i]->file.data, file->data, file->len) == 0)
        {
            return known[i];
        }
    }

    keys = ngx_pcalloc(cf->pool, sizeof(ngx_scim_keys_t));
    known = ngx_array_push(files);
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (keys == NULL || known == NULL || cln == NULL) {
        return NULL;
    }

    *known = keys;
    keys->file = *file;
    cln->handler = ngx_scim_keys_free;
    cln->data = keys;

    if (ngx_scim_keys_load(keys, &number, &err) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, number, "%s", err.detail);
        return NULL;
    }

    return keys;
}


scim_jwk_t *
ngx_scim_keys_find(ngx_scim_keys_t *keys, const scim_jwt_header_t *header,
    ngx_log_t *log)
{
    ngx_scim_keys_refresh(keys, log);

    return scim_jwks_find(keys->keys, keys->nkeys, header);
}


static void
ngx_scim_keys_refresh(ngx_scim_keys_t *keys, ngx_log_t *log)
{
    ngx_err_t        number;
    scim_error_t     err;
    ngx_file_info_t  fi;

    if (ngx_time() < keys->next) {
        return;
    }

    keys->next = ngx_time() + NGX_SCIM_KEYS_LOOK;

    if (ngx_file_info(keys->file.data, &fi) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_WARN, log, ngx_errno,
                      "scim: cannot look for new keys in \"%V\": the keys that "
                      "were read before are used", &keys->file);
        keys->next = ngx_time() + NGX_SCIM_KEYS_RETRY;
        return;
    }

    if (ngx_scim_keys_same(keys, &fi)) {
        return;
    }

    if (ngx_scim_keys_load(keys, &number, &err) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, log, number, "scim: %s: the keys that were "
                      "read before are used", err.detail);
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, log, 0, "scim: %uz keys were read from "
                  "\"%V\"", keys->nkeys, &keys->file);
}


static ngx_int_t
ngx_scim_keys_same(ngx_scim_keys_t *keys, ngx_file_info_t *fi)
{
    return ngx_file_uniq(fi) == keys->uniq
           && ngx_file_mtime(fi) == keys->mtime
           && ngx_file_size(fi) == keys->size;
}


/*
 * Puts the keys of the file in the place of those before. On NGX_ERROR the keys
 * are those before, and err and number tell the reason.
 */

static ngx_int_t
ngx_scim_keys_load(ngx_scim_keys_t *keys, ngx_err_t *number, scim_error_t *err)
{
    ngx_fd_t              fd;
    ngx_int_t             rc;
    ngx_str_t             text;
    ngx_scim_keys_set_t   set;

    *number = 0;
    (void) scim_error(err, 400, SCIM_TYPE_NONE, "cannot read \"%s\"",
                      (char *) keys->file.data);

    fd = ngx_open_file(keys->file.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        *number = ngx_errno;
        keys->next = ngx_time() + NGX_SCIM_KEYS_RETRY;
        (void) scim_error(err, 400, SCIM_TYPE_NONE, "cannot open \"%s\"",
                          (char *) keys->file.data);
        return NGX_ERROR;
    }

    set.pool = ngx_create_pool(NGX_SCIM_KEYS_POOL, ngx_cycle->log);
    if (set.pool == NULL) {
        (void) ngx_close_file(fd);
        return NGX_ERROR;
    }

    rc = ngx_scim_keys_read(keys, fd, set.pool, &text);
    (void) ngx_close_file(fd);

    if (rc == NGX_OK) {
        rc = ngx_scim_keys_parse(keys, &set, &text, err);
    }

    if (rc != NGX_OK) {
        ngx_destroy_pool(set.pool);
        return NGX_ERROR;
    }

    ngx_scim_keys_free(keys);

    keys->pool = set.pool;
    keys->keys = set.keys;
    keys->nkeys = set.n;

    return NGX_OK;
}


static ngx_int_t
ngx_scim_keys_read(ngx_scim_keys_t *keys, ngx_fd_t fd, ngx_pool_t *pool,
    ngx_str_t *text)
{
    ngx_file_t       file;
    ngx_file_info_t  fi;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        return NGX_ERROR;
    }

    keys->uniq = ngx_file_uniq(&fi);
    keys->mtime = ngx_file_mtime(&fi);
    keys->size = ngx_file_size(&fi);

    if (!ngx_is_file(&fi) || ngx_file_size(&fi) > NGX_SCIM_KEYS_MAX) {
        return NGX_ERROR;
    }

    text->len = (size_t) ngx_file_size(&fi);
    text->data = ngx_pnalloc(pool, text->len + 1);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&file, sizeof(ngx_file_t));
    file.fd = fd;
    file.name = keys->file;
    file.log = pool->log;

    return ngx_read_file(&file, text->data, text->len, 0)
           == (ssize_t) text->len ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_scim_keys_parse(ngx_scim_keys_t *keys, ngx_scim_keys_set_t *set,
    ngx_str_t *text, scim_error_t *err)
{
    size_t               i;
    cjose_err            why;
    scim_alloc_t         alloc;
    scim_error_t         wrong;
    ngx_pool_cleanup_t  *cln;

    ngx_scim_alloc_init(&alloc, set->pool);

    if (scim_jwks_parse(&alloc, (char *) text->data, text->len, &set->keys,
                        &set->n, &wrong)
        != SCIM_OK)
    {
        return scim_error(err, 400, SCIM_TYPE_NONE, "\"%s\": %s",
                          (char *) keys->file.data, wrong.detail);
    }

    for (i = 0; i < set->n; i++) {
        cln = ngx_pool_cleanup_add(set->pool, 0);
        if (cln == NULL) {
            return NGX_ERROR;
        }

        set->keys[i].data = cjose_jwk_import(set->keys[i].json,
                                       ngx_strlen(set->keys[i].json), &why);

        if (set->keys[i].data == NULL) {
            return scim_error(err, 400, SCIM_TYPE_NONE,
                              "\"%s\": key %zu is no public key: %s",
                              (char *) keys->file.data, i + 1, why.message);
        }

        cln->handler = ngx_scim_keys_free_key;
        cln->data = set->keys[i].data;
    }

    return NGX_OK;
}


static void
ngx_scim_keys_free_key(void *data)
{
    (void) cjose_jwk_release(data);
}


/* the log of a pool that the configuration made may be gone after a reload */

static void
ngx_scim_keys_free(void *data)
{
    ngx_scim_keys_t *keys = data;

    if (keys->pool != NULL) {
        keys->pool->log = ngx_cycle->log;
        ngx_destroy_pool(keys->pool);
        keys->pool = NULL;
    }
}
