/*
 * Text that grows.
 */

#include "http/core/ngx_scim_text.h"
#include "base/ngx_scim_time.h"
#include "scim/core/scim_utf8.h"
#include "scim/json/scim_json_string.h"


#define NGX_SCIM_TEXT_SIZE  16384


static void ngx_scim_text_convert(ngx_scim_text_t *text, char conversion,
    va_list *args);
static void ngx_scim_text_put(ngx_scim_text_t *text, u_char *data, size_t len);
static void ngx_scim_text_escape(ngx_scim_text_t *text, u_char *data,
    size_t len);
static void ngx_scim_text_uri(ngx_scim_text_t *text, ngx_str_t *value);
static u_char *ngx_scim_text_room(ngx_scim_text_t *text, size_t len);


void
ngx_scim_text_init(ngx_scim_text_t *text, ngx_pool_t *pool,
    ngx_scim_text_kind_e kind)
{
    ngx_memzero(text, sizeof(ngx_scim_text_t));

    text->pool = pool;
    text->kind = kind;
}


void
ngx_scim_text_raw(ngx_scim_text_t *text, const void *data, size_t len)
{
    u_char  *p;

    p = ngx_scim_text_room(text, len);

    if (p != NULL) {
        ngx_memcpy(p, data, len);
        text->len += len;
    }
}


void
ngx_scim_text_print(ngx_scim_text_t *text, const char *format, ...)
{
    va_list      args;
    const char  *p;

    va_start(args, format);

    for (p = strchr(format, '%'); p != NULL; p = strchr(format, '%')) {
        ngx_scim_text_raw(text, format, p - format);
        ngx_scim_text_convert(text, p[1], &args);
        format = p + 2;
    }

    va_end(args);

    ngx_scim_text_raw(text, format, ngx_strlen(format));
}


static void
ngx_scim_text_convert(ngx_scim_text_t *text, char conversion, va_list *args)
{
    u_char      *last, number[NGX_INT_T_LEN + NGX_SCIM_TIME_LEN];
    const char  *s;
    ngx_str_t   *value;

    switch (conversion) {

    case 'V':
        value = va_arg(*args, ngx_str_t *);
        ngx_scim_text_put(text, value->data, value->len);
        return;

    case 's':
        s = va_arg(*args, const char *);
        ngx_scim_text_put(text, (u_char *) s, ngx_strlen(s));
        return;

    case 'U':
        ngx_scim_text_uri(text, va_arg(*args, ngx_str_t *));
        return;

    case 'u':
        last = ngx_sprintf(number, "%ui", va_arg(*args, ngx_uint_t));
        break;

    case 'T':
        last = ngx_scim_time_print(number, va_arg(*args, time_t));
        break;

    default:
        number[0] = conversion;
        last = number + 1;
    }

    ngx_scim_text_raw(text, number, last - number);
}


/* Redis holds bytes: U+FFFD replaces one that is not UTF-8 */

static void
ngx_scim_text_put(ngx_scim_text_t *text, u_char *data, size_t len)
{
    size_t  n;

    for ( ;; ) {
        n = scim_utf8_check((char *) data, len);
        ngx_scim_text_escape(text, data, n);

        if (n == len) {
            return;
        }

        ngx_scim_text_raw(text, "\357\277\275", 3);
        data += n + 1;
        len -= n + 1;
    }
}


static void
ngx_scim_text_escape(ngx_scim_text_t *text, u_char *data, size_t len)
{
    size_t   size;
    u_char  *p;

    size = text->kind == NGX_SCIM_TEXT_JSON
           ? scim_json_escaped_len((char *) data, len)
           : len + ngx_escape_html(NULL, data, len);

    p = ngx_scim_text_room(text, size);

    if (p == NULL || len == 0) {
        return;
    }

    if (text->kind == NGX_SCIM_TEXT_JSON) {
        (void) scim_json_escape((char *) p, (char *) data, len);

    } else {
        (void) ngx_escape_html(p, data, len);
    }

    text->len += size;
}


/* the rest needs no escapes in JSON or HTML */

static void
ngx_scim_text_uri(ngx_scim_text_t *text, ngx_str_t *value)
{
    size_t   size;
    u_char  *p;

    size = value->len + 2 * ngx_escape_uri(NULL, value->data, value->len,
                                           NGX_ESCAPE_URI_COMPONENT);

    p = ngx_scim_text_room(text, size);

    if (p != NULL) {
        (void) ngx_escape_uri(p, value->data, value->len,
                              NGX_ESCAPE_URI_COMPONENT);
        text->len += size;
    }
}


/* where so many bytes can be written; NULL: nowhere */

static u_char *
ngx_scim_text_room(ngx_scim_text_t *text, size_t len)
{
    size_t   size;
    u_char  *data;

    if (text->failed) {
        return NULL;
    }

    if (len <= text->size - text->len) {
        return text->data + text->len;
    }

    size = ngx_max(2 * text->size, NGX_SCIM_TEXT_SIZE);
    size = ngx_max(size, text->len + len);
    data = ngx_palloc(text->pool, size);

    if (data == NULL) {
        text->failed = 1;
        return NULL;
    }

    if (text->data != NULL) {
        ngx_memcpy(data, text->data, text->len);
        (void) ngx_pfree(text->pool, text->data);
    }

    text->data = data;
    text->size = size;

    return data + text->len;
}
