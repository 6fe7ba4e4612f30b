/*
 * The configuration of the module, and what its directives share.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "http/core/ngx_scim_conf.h"


#define NGX_SCIM_FILE_MAX  (64 * 1024 * 1024)


char *
ngx_scim_number(ngx_conf_t *cf, ngx_str_t *value, ngx_int_t min,
    ngx_uint_t *number)
{
    ngx_int_t  n;

    n = ngx_atoi(value->data, value->len);

    if (n == NGX_ERROR || n < min) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid number \"%V\"",
                           value);
        return NGX_CONF_ERROR;
    }

    *number = n;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_scim_read_file(ngx_conf_t *cf, ngx_str_t *file, ngx_str_t *text)
{
    ssize_t          n;
    ngx_file_t       f;
    ngx_file_info_t  fi;

    if (ngx_conf_full_name(cf->cycle, file, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&f, sizeof(ngx_file_t));
    f.name = *file;
    f.log = cf->log;

    f.fd = ngx_open_file(file->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (f.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "cannot open \"%V\"", file);
        return NGX_ERROR;
    }

    n = NGX_ERROR;

    if (ngx_fd_info(f.fd, &fi) != NGX_FILE_ERROR && ngx_is_file(&fi)
        && ngx_file_size(&fi) <= NGX_SCIM_FILE_MAX)
    {
        text->len = (size_t) ngx_file_size(&fi);
        text->data = ngx_pnalloc(cf->pool, text->len + 1);

        if (text->data != NULL) {
            n = ngx_read_file(&f, text->data, text->len, 0);
        }
    }

    (void) ngx_close_file(f.fd);

    if (n == NGX_ERROR || (size_t) n != text->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "cannot read \"%V\"", file);
        return NGX_ERROR;
    }

    text->data[text->len] = '\0';

    return NGX_OK;
}
