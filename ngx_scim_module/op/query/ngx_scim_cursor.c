/*
 * Cursors (RFC 9865, section 2) as text. A cursor holds a place and nothing
 * that has to be kept on the server, so it does not expire. Its check covers
 * the tenant and the query: with another filter or order the place would mean
 * something else.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_sha1.h>

#include "op/query/ngx_scim_query.h"
#include "scim/core/scim_alloc.h"
#include "scim/filter/scim_sort.h"


#define NGX_SCIM_CURSOR_CHECK  8        /* bytes of the digest */
#define NGX_SCIM_CURSOR_MAX                                                   \
    (NGX_SCIM_CURSOR_CHECK + sizeof(ngx_scim_place_t)                         \
     + NGX_SCIM_OP_ID_MAX + SCIM_KEY_SIZE)


/* in front of id and text of the key */

typedef struct {
    double      number;
    uint64_t    seq;
    uint16_t    type;
    uint8_t     backward;
    uint8_t     kind;
    uint32_t    id_len;
} ngx_scim_place_t;


static void ngx_scim_cursor_check(ngx_scim_op_t *op, u_char *body, size_t len,
    u_char check[20]);
static void ngx_scim_cursor_hash(ngx_sha1_t *sha1, const char *text);


ngx_str_t
ngx_scim_cursor_print(ngx_scim_op_t *op, const ngx_scim_cursor_t *cursor)
{
    u_char            *p, check[20], raw[NGX_SCIM_CURSOR_MAX];
    ngx_str_t          text, bytes;
    ngx_scim_place_t   place;

    ngx_memzero(&place, sizeof(ngx_scim_place_t));
    place.number = cursor->key.number;
    place.seq = cursor->seq;
    place.type = cursor->type;
    place.backward = cursor->backward;
    place.kind = cursor->key.kind;
    place.id_len = ngx_min(cursor->id.len, NGX_SCIM_OP_ID_MAX);

    p = ngx_cpymem(raw + NGX_SCIM_CURSOR_CHECK, &place,
                   sizeof(ngx_scim_place_t));
    p = ngx_cpymem(p, cursor->id.data, place.id_len);

    if (cursor->key.kind == SCIM_KEY_TEXT) {
        p = ngx_cpymem(p, cursor->key.text, ngx_strlen(cursor->key.text));
    }

    bytes.data = raw;
    bytes.len = p - raw;

    ngx_scim_cursor_check(op, raw + NGX_SCIM_CURSOR_CHECK,
                          bytes.len - NGX_SCIM_CURSOR_CHECK, check);
    ngx_memcpy(raw, check, NGX_SCIM_CURSOR_CHECK);

    text.len = 0;
    text.data = ngx_pnalloc(op->store.pool, ngx_base64_encoded_length(bytes.len));

    if (text.data != NULL) {
        ngx_encode_base64url(&text, &bytes);
    }

    return text;
}


ngx_int_t
ngx_scim_cursor_parse(ngx_scim_op_t *op, ngx_scim_cursor_t *cursor)
{
    u_char            *p, check[20], raw[NGX_SCIM_CURSOR_MAX + 3];
    size_t             len;
    ngx_str_t          text, bytes;
    ngx_scim_place_t   place;

    text.data = (u_char *) op->query.cursor;
    text.len = ngx_strlen(text.data);
    bytes.data = raw;

    if (ngx_base64_decoded_length(text.len) > sizeof(raw)
        || ngx_decode_base64url(&bytes, &text) != NGX_OK
        || bytes.len < NGX_SCIM_CURSOR_CHECK + sizeof(ngx_scim_place_t))
    {
        return NGX_DECLINED;
    }

    p = raw + NGX_SCIM_CURSOR_CHECK;
    len = bytes.len - NGX_SCIM_CURSOR_CHECK;

    ngx_scim_cursor_check(op, p, len, check);

    if (ngx_memcmp(raw, check, NGX_SCIM_CURSOR_CHECK) != 0) {
        return NGX_DECLINED;
    }

    ngx_memcpy(&place, p, sizeof(ngx_scim_place_t));
    p += sizeof(ngx_scim_place_t);
    len -= sizeof(ngx_scim_place_t);

    if (place.id_len > len || place.kind > SCIM_KEY_TEXT) {
        return NGX_DECLINED;
    }

    cursor->backward = place.backward;
    cursor->type = place.type;
    cursor->seq = place.seq;
    cursor->key.kind = place.kind;
    cursor->key.number = place.number;
    cursor->id.len = place.id_len;
    cursor->id.data = (u_char *) scim_strndup(&op->alloc, (char *) p,
                                              place.id_len);
    cursor->key.text = scim_strndup(&op->alloc, (char *) p + place.id_len,
                                    len - place.id_len);

    return (cursor->id.data && cursor->key.text) ? NGX_OK : NGX_ERROR;
}


static void
ngx_scim_cursor_check(ngx_scim_op_t *op, u_char *body, size_t len,
    u_char check[20])
{
    ngx_sha1_t             sha1;
    ngx_scim_query_ctx_t  *ctx;

    ctx = op->ctx;

    ngx_sha1_init(&sha1);
    ngx_sha1_update(&sha1, op->store.tenant.data, op->store.tenant.len);
    ngx_scim_cursor_hash(&sha1, ctx->ntypes == 1 ? ctx->types->rt->id : "");
    ngx_scim_cursor_hash(&sha1, op->query.filter_text);
    ngx_scim_cursor_hash(&sha1, op->query.sort_by);
    ngx_scim_cursor_hash(&sha1, op->query.descending ? "descending" : NULL);
    ngx_sha1_update(&sha1, body, len);
    ngx_sha1_final(check, &sha1);
}


/* with a NUL in front, so that two texts do not run into each other */

static void
ngx_scim_cursor_hash(ngx_sha1_t *sha1, const char *text)
{
    ngx_sha1_update(sha1, "", 1);

    if (text != NULL) {
        ngx_sha1_update(sha1, text, ngx_strlen(text));
    }
}
