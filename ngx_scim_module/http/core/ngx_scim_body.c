/*
 * The body of a request.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "http/core/ngx_scim_body.h"


ngx_int_t
ngx_scim_body_is(ngx_http_request_t *r, ngx_str_t *types, ngx_uint_t n)
{
    size_t      len;
    ngx_str_t   value;
    ngx_uint_t  i;

    if (r->headers_in.content_type == NULL) {
        return NGX_OK;
    }

    value = r->headers_in.content_type->value;

    for (len = 0; len < value.len && value.data[len] != ';'
         && value.data[len] != ' ' && value.data[len] != '\t'; len++)
    {
        /* void */
    }

    for (i = 0; i < n; i++) {
        if (len == types[i].len
            && ngx_strncasecmp(value.data, types[i].data, len) == 0)
        {
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


/* a body can lie in several buffers, in memory or in a temporary file */

ngx_int_t
ngx_scim_collect_body(ngx_http_request_t *r, ngx_str_t *body)
{
    u_char       *p;
    size_t        size;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    ngx_str_null(body);

    if (r->request_body == NULL || r->request_body->bufs == NULL) {
        return NGX_OK;
    }

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        body->len += ngx_buf_size(cl->buf);
    }

    b = r->request_body->bufs->buf;

    if (r->request_body->bufs->next == NULL && ngx_buf_in_memory(b)) {
        body->data = b->pos;
        return NGX_OK;
    }

    body->data = ngx_pnalloc(r->pool, body->len + 1);
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    p = body->data;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;
        size = ngx_buf_size(b);

        /* the last one may be nothing but a mark */

        if (size == 0) {
            continue;
        }

        if (ngx_buf_in_memory(b)) {
            p = ngx_cpymem(p, b->pos, size);
            continue;
        }

        if (ngx_read_file(b->file, p, size, b->file_pos) != (ssize_t) size) {
            return NGX_ERROR;
        }

        p += size;
    }

    return NGX_OK;
}
