/*
 * Whom a name means, and what is known of that user.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "base/ngx_scim_alloc.h"
#include "scim/core/scim.h"
#include "scim/core/scim_utf8.h"
#include "scim/filter/scim_index.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/text/scim_fold.h"
#include "op/read/ngx_scim_permit.h"


static ngx_int_t ngx_scim_permit_document(scim_alloc_t *alloc,
    ngx_log_t *log, ngx_scim_person_t *person, ngx_str_t *texts);
static ngx_str_t ngx_scim_permit_text(const cJSON *doc, const char *name);
static const cJSON *ngx_scim_permit_primary(const cJSON *emails);
static ngx_int_t ngx_scim_permit_names(ngx_pool_t *pool, ngx_array_t *groups,
    ngx_str_t *names);
static u_char *ngx_scim_permit_escape(u_char *p, u_char *last, ngx_str_t *s);


ngx_int_t
ngx_scim_permit_by(scim_alloc_t *alloc, const scim_rtype_t *users,
    ngx_str_t *name, ngx_scim_person_wanted_t *wanted, ngx_uint_t *exact)
{
    size_t         i, n;
    const char    *path;
    scim_index_t  *index;

    if (ngx_strcmp(name->data, "id") == 0) {
        ngx_str_set(&wanted->kind, "id");
        ngx_str_set(&wanted->index, "");
        *exact = 1;
        return NGX_OK;
    }

    path = ngx_strcmp(name->data, "emails") == 0 ? "emails.value"
           : (char *) name->data;

    if (path == (char *) name->data && ngx_strcmp(path, "userName") != 0
        && ngx_strcmp(path, "externalId") != 0)
    {
        return NGX_DECLINED;
    }

    index = scim_index_builtin(alloc, users, &n);
    if (index == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (index[i].kind != SCIM_INDEX_FIELD
            && ngx_strcmp(index[i].name, path) == 0)
        {
            wanted->index.data = (u_char *) index[i].name;
            wanted->index.len = ngx_strlen(index[i].name);
            *exact = index[i].attr->case_exact;

            if (index[i].kind == SCIM_INDEX_UNIQUE) {
                ngx_str_set(&wanted->kind, "unique");

            } else {
                ngx_str_set(&wanted->kind, "lexical");
            }

            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_scim_permit_fold(scim_alloc_t *alloc, ngx_uint_t exact, ngx_str_t *name,
    ngx_str_t *folded)
{
    char  *text;

    if (name->len > NGX_SCIM_PERMIT_NAME
        || memchr(name->data, '\0', name->len) != NULL
        || scim_utf8_check((char *) name->data, name->len) != name->len)
    {
        return NGX_DECLINED;
    }

    text = scim_strndup(alloc, (char *) name->data, name->len);
    text = text ? scim_fold(alloc, text, exact) : NULL;

    if (text == NULL) {
        return NGX_ERROR;
    }

    folded->data = (u_char *) text;
    folded->len = ngx_strlen(text);

    return NGX_OK;
}


ngx_int_t
ngx_scim_permit_texts(ngx_pool_t *pool, ngx_log_t *log,
    ngx_scim_person_t *person, ngx_str_t *texts)
{
    ngx_int_t      rc;
    scim_alloc_t   alloc, *before;

    ngx_memzero(texts, NGX_SCIM_PERMIT_TEXTS * sizeof(ngx_str_t));

    texts[NGX_SCIM_PERMIT_ID] = person->id;

    if (person->state != NGX_SCIM_PERSON_OK) {
        return NGX_OK;
    }

    ngx_scim_alloc_init(&alloc, pool);
    before = scim_json_open(&alloc);
    rc = ngx_scim_permit_document(&alloc, log, person, texts);
    scim_json_close(before);

    return rc == NGX_OK
           ? ngx_scim_permit_names(pool, &person->groups,
                                   &texts[NGX_SCIM_PERMIT_GROUP_NAMES])
           : rc;
}


static ngx_int_t
ngx_scim_permit_document(scim_alloc_t *alloc, ngx_log_t *log,
    ngx_scim_person_t *person, ngx_str_t *texts)
{
    cJSON         *doc;
    const cJSON   *email;
    scim_error_t   err;

    if (scim_json_parse(alloc, (char *) person->doc.data, person->doc.len,
                        &doc, &err)
        != SCIM_OK)
    {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "scim: the document of user \"%V\" in redis is no JSON: "
                      "%s", &person->id, err.detail);
        return NGX_ERROR;
    }

    email = ngx_scim_permit_primary(scim_json_member(doc, "emails"));

    texts[NGX_SCIM_PERMIT_USER_NAME] = ngx_scim_permit_text(doc, "userName");
    texts[NGX_SCIM_PERMIT_DISPLAY_NAME] = ngx_scim_permit_text(doc,
                                                               "displayName");
    texts[NGX_SCIM_PERMIT_EMAIL] = ngx_scim_permit_text(email, "value");
    texts[NGX_SCIM_PERMIT_EXTERNAL_ID] = ngx_scim_permit_text(doc,
                                                              "externalId");

    return NGX_OK;
}


/* the text of a member, which the tree has; empty if there is none, or it is long */

static ngx_str_t
ngx_scim_permit_text(const cJSON *doc, const char *name)
{
    ngx_str_t     text;
    const cJSON  *value;

    ngx_str_null(&text);

    value = doc ? scim_json_member(doc, name) : NULL;

    if (cJSON_IsString(value)
        && ngx_strlen(value->valuestring) <= NGX_SCIM_PERMIT_TEXT)
    {
        text.data = (u_char *) value->valuestring;
        text.len = ngx_strlen(text.data);
    }

    return text;
}


static const cJSON *
ngx_scim_permit_primary(const cJSON *emails)
{
    const cJSON  *email;

    cJSON_ArrayForEach(email, emails) {
        if (cJSON_IsTrue(scim_json_member(email, "primary"))) {
            return email;
        }
    }

    return emails ? emails->child : NULL;
}


/* in ASCII, so that it can be a header */

static ngx_int_t
ngx_scim_permit_names(ngx_pool_t *pool, ngx_array_t *groups, ngx_str_t *names)
{
    u_char      *p, *start, *last;
    ngx_str_t   *name;
    ngx_uint_t   i;

    start = ngx_pnalloc(pool, NGX_SCIM_PERMIT_GROUPS);
    if (start == NULL) {
        return NGX_ERROR;
    }

    p = start;
    last = start + NGX_SCIM_PERMIT_GROUPS;
    name = groups->elts;

    *p++ = '[';

    for (i = 0; i < groups->nelts; i++) {
        if (i > 0) {
            *p++ = ',';
        }

        p = ngx_scim_permit_escape(p, last - sizeof(",]"), &name[i]);
        if (p == NULL) {
            return NGX_OK;
        }
    }

    *p++ = ']';

    names->data = start;
    names->len = p - start;

    return NGX_OK;
}


/* NULL: there is no room for it; a character takes two escapes at most */

static u_char *
ngx_scim_permit_escape(u_char *p, u_char *last, ngx_str_t *s)
{
    u_char    *in, *end;
    uint32_t   code;

    in = s->data;
    end = in + s->len;
    last -= 2 * sizeof("\\u0000");

    if (p > last) {
        return NULL;
    }

    *p++ = '"';

    while (in < end) {
        if (p > last) {
            return NULL;
        }

        if (*in >= ' ' && *in < 0x7f && *in != '"' && *in != '\\') {
            *p++ = *in++;
            continue;
        }

        code = *in < 0x80 ? *in++ : ngx_utf8_decode(&in, end - in);

        if (code > 0x10ffff) {
            in = end;
            code = 0xfffd;
        }

        if (code > 0xffff) {
            code -= 0x10000;
            p = ngx_sprintf(p, "\\u%04xD", 0xd800 + (code >> 10));
            code = 0xdc00 + (code & 0x3ff);
        }

        p = ngx_sprintf(p, "\\u%04xD", code);
    }

    *p++ = '"';

    return p;
}
