/*
 * Attribute paths: names with and without a URN, and PATCH paths.
 */

#include <ctype.h>
#include <string.h>

#include "scim/schema/scim_path.h"
#include "scim/text/scim_text.h"


#define SCIM_URN_ENTERPRISE                                                   \
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

/* what a name in a path ends at */
#define SCIM_PATH_STOP  " \t\r\n()[]\""


static int scim_path_name(const scim_rtype_t *rt, const char *text, size_t len,
    scim_path_t *path);
static const scim_schema_t *scim_path_urn(const scim_rtype_t *rt,
    const char *text, size_t len, const char **rest);
static size_t scim_path_urn_len(const scim_schema_t *schema, const char *text,
    size_t len);
static const scim_schema_t *scim_path_old_urn(const scim_rtype_t *rt,
    const char *text, size_t len, const char **rest);
static const scim_attr_t *scim_path_attr(const scim_rtype_t *rt,
    const scim_schema_t *schema, const char *name, size_t len);
static int scim_path_value_path(scim_alloc_t *a, const char *text,
    const char **p, scim_path_t *path, int *unknown, scim_error_t *err);
static int scim_path_unknown(const char *text, const char *p, size_t len,
    int *unknown, scim_error_t *err);
static int scim_path_ends(const char *p);
static int scim_path_is_name(const char *name, size_t len);
static int scim_path_expected(const char *text, const char *p,
    const char *what, scim_error_t *err);


/* how paths began before there was an RFC; the attribute follows */

static const char  *scim_path_old_urns[] = {
    "urn:scim:schemas:extension:enterprise:1.0.",
    "urn:scim:schemas:extension:enterprise:1.0:",
    "urn:scim:schemas:extension:enterprise:2.0."
};


int
scim_path_parse(scim_alloc_t *a, const scim_rtype_t *rt, const char *text,
    scim_path_t *path, int *unknown, scim_error_t *err)
{
    size_t       len;
    const char  *p;

    *unknown = 0;

    p = text + strspn(text, " \t\r\n");
    len = strcspn(p, SCIM_PATH_STOP);

    if (scim_path_name(rt, p, len, path) != SCIM_OK) {
        return scim_path_unknown(text, p, len, unknown, err);
    }

    p += len;

    if (*p == '['
        && scim_path_value_path(a, text, &p, path, unknown, err) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    p += strspn(p, " \t\r\n");

    if (*p != '\0') {
        return scim_path_expected(text, p, "the end", err);
    }

    return SCIM_OK;
}


int
scim_path_parse_name(const scim_rtype_t *rt, const char *text, size_t len,
    scim_path_t *path)
{
    const char  *open, *close, *end;

    end = text + len;
    open = memchr(text, '[', len);

    if (open == NULL) {
        return scim_path_name(rt, text, len, path);
    }

    if (scim_path_name(rt, text, open - text, path) != SCIM_OK
        || path->attr == NULL || path->sub != NULL)
    {
        return SCIM_ERROR;
    }

    for (close = end; close[-1] != ']'; close--) {
        if (close - 1 == open) {
            return SCIM_ERROR;
        }
    }

    if (close == end) {
        return SCIM_OK;
    }

    if (*close == '.') {
        path->sub = scim_attr_sub(path->attr, close + 1, end - close - 1);
    }

    return path->sub ? SCIM_OK : SCIM_ERROR;
}


const scim_attr_t *
scim_path_find(const scim_registry_t *reg, const scim_rtype_t *rt,
    const char *text, size_t len)
{
    size_t       i;
    scim_path_t  path;

    if (scim_path_parse_name(rt, text, len, &path) == SCIM_OK
        && path.attr != NULL)
    {
        return path.sub ? path.sub : path.attr;
    }

    for (i = 0; reg != NULL && i < reg->nrtypes; i++) {
        if (scim_path_parse_name(reg->rtypes[i], text, len, &path) == SCIM_OK
            && path.attr != NULL)
        {
            return path.sub ? path.sub : path.attr;
        }
    }

    return NULL;
}


int
scim_path_find_text(const scim_rtype_t *rt, const char *name,
    const char *wanted, const scim_attr_t **attr, scim_error_t *err)
{
    *attr = scim_path_find(NULL, rt, name, strlen(name));

    if (*attr == NULL) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\" has no attribute \"%s\"", rt->id, name);
    }

    if ((*attr)->type == SCIM_COMPLEX && (*attr)->value != NULL) {
        *attr = (*attr)->value;
    }

    if (!scim_path_is_text(*attr)) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\" of \"%s\" cannot be %s: only strings and "
                          "references can", name, rt->id, wanted);
    }

    return SCIM_OK;
}


int
scim_path_is_text(const scim_attr_t *attr)
{
    const scim_attr_t  *top;

    top = attr->parent ? attr->parent : attr;

    return (attr->type == SCIM_STRING || attr->type == SCIM_REFERENCE)
           && top->role == SCIM_ROLE_NONE
           && attr->mutability != SCIM_WRITE_ONLY;
}


/* [urn:]attr[.sub], or a URN alone */

static int
scim_path_name(const scim_rtype_t *rt, const char *text, size_t len,
    scim_path_t *path)
{
    size_t                n;
    const char           *name, *dot;
    const scim_schema_t  *schema;

    memset(path, 0, sizeof(scim_path_t));

    name = text;
    schema = NULL;

    if (memchr(text, ':', len) != NULL) {
        schema = scim_rtype_schema(rt, text, len);

        if (schema != NULL) {
            path->schema = (schema == rt->schema) ? NULL : schema;
            return SCIM_OK;
        }

        schema = scim_path_urn(rt, text, len, &name);
    }

    n = text + len - name;
    dot = memchr(name, '.', n);

    path->attr = scim_path_attr(rt, schema, name, dot ? (size_t) (dot - name)
                                                      : n);

    if (path->attr != NULL && dot != NULL) {
        path->sub = scim_attr_sub(path->attr, dot + 1, name + n - dot - 1);
    }

    return (path->attr == NULL || (dot != NULL && path->sub == NULL))
           ? SCIM_ERROR : SCIM_OK;
}


/*
 * The schema in front of a name, NULL if there is none or not of the type. The
 * longest one is what the last colon that fits leaves in front.
 */

static const scim_schema_t *
scim_path_urn(const scim_rtype_t *rt, const char *text, size_t len,
    const char **rest)
{
    size_t                i, n, longest;
    const scim_schema_t  *schema, *found;

    found = NULL;
    longest = scim_path_urn_len(rt->schema, text, len);

    if (longest > 0) {
        found = rt->schema;
    }

    for (i = 0; i < rt->nextensions; i++) {
        schema = rt->extensions[i].schema;
        n = scim_path_urn_len(schema, text, len);

        if (n > longest) {
            longest = n;
            found = schema;
        }
    }

    if (found == NULL) {
        return scim_path_old_urn(rt, text, len, rest);
    }

    *rest = text + longest;

    return found;
}


/*
 * How long the schema's URN with its colon is, 0 if the text has it not. Some
 * clients put a dot there.
 */

static size_t
scim_path_urn_len(const scim_schema_t *schema, const char *text, size_t len)
{
    size_t  n;

    n = strlen(schema->id);

    if (n < len && (text[n] == ':' || text[n] == '.')
        && scim_name_neq(schema->id, text, n))
    {
        return n + 1;
    }

    return 0;
}


static const scim_schema_t *
scim_path_old_urn(const scim_rtype_t *rt, const char *text, size_t len,
    const char **rest)
{
    size_t  i, n;

    for (i = 0; i < sizeof(scim_path_old_urns) / sizeof(char *); i++) {
        n = strlen(scim_path_old_urns[i]);

        if (len > n && scim_name_neq(scim_path_old_urns[i], text, n)) {
            *rest = text + n;
            return scim_rtype_schema(rt, SCIM_URN_ENTERPRISE,
                                     sizeof(SCIM_URN_ENTERPRISE) - 1);
        }
    }

    return NULL;
}


/* the common attributes answer to the URN of the base schema too */

static const scim_attr_t *
scim_path_attr(const scim_rtype_t *rt, const scim_schema_t *schema,
    const char *name, size_t len)
{
    const scim_attr_t  *attr;

    if (schema == NULL) {
        return scim_rtype_attr(rt, name, len);
    }

    attr = scim_attr_in(schema->attrs, schema->nattrs, name, len);

    if (attr == NULL && schema == rt->schema) {
        attr = scim_attr_in(rt->common->attrs, rt->common->nattrs, name, len);
    }

    return attr;
}


/* [filter] and [filter].sub */

static int
scim_path_value_path(scim_alloc_t *a, const char *text, const char **p,
    scim_path_t *path, int *unknown, scim_error_t *err)
{
    size_t  len;

    if (path->attr == NULL || path->sub != NULL
        || path->attr->type != SCIM_COMPLEX)
    {
        return scim_path_expected(text, *p, "a filter only behind a complex "
                                  "attribute", err);
    }

    (*p)++;

    if (scim_filter_parse_inner(a, path->attr, text, p, &path->filter, err)
        != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    (*p)++;

    if (**p != '.') {
        return SCIM_OK;
    }

    (*p)++;

    len = strcspn(*p, SCIM_PATH_STOP ".");
    path->sub = scim_attr_sub(path->attr, *p, len);

    if (path->sub == NULL) {
        return scim_path_unknown(text, *p, len, unknown, err);
    }

    *p += len;

    return SCIM_OK;
}


/* a name that leads nowhere: is it one at all? */

static int
scim_path_unknown(const char *text, const char *p, size_t len, int *unknown,
    scim_error_t *err)
{
    size_t  n;

    for (n = len; n > 0 && p[n - 1] != ':'; n--) { /* void */ }

    if (!scim_path_is_name(p + n, len - n)) {
        return scim_path_expected(text, p, "an attribute name", err);
    }

    if (!scim_path_ends(p + len)) {
        return scim_path_expected(text, p + len, "the end of the path", err);
    }

    *unknown = 1;

    return scim_error(err, 400, SCIM_TYPE_INVALID_PATH,
                      "there is no attribute \"%.*s\"",
                      len < 128 ? (int) len : 128, p);
}


/* nothing, or a filter and perhaps a part, of which only the form is known */

static int
scim_path_ends(const char *p)
{
    size_t       len;
    const char  *close;

    close = (*p == '[') ? strrchr(p, ']') : NULL;

    if (close != NULL) {
        p = close + 1;
        len = (*p == '.') ? strcspn(p + 1, SCIM_PATH_STOP ".") : 0;

        if (*p == '.' && !scim_path_is_name(p + 1, len)) {
            return 0;
        }

        p += (*p == '.') + len;
    }

    return p[strspn(p, " \t\r\n")] == '\0';
}


/* letters, digits and "$-_", in at most two parts with a dot between */

static int
scim_path_is_name(const char *name, size_t len)
{
    size_t  i, dots;

    dots = 0;

    for (i = 0; i < len; i++) {
        if (name[i] == '.' && i > 0 && i + 1 < len) {
            dots++;

        } else if (!isalnum((unsigned char) name[i])
                   && strchr("$-_", name[i]) == NULL)
        {
            return 0;
        }
    }

    return len > 0 && dots < 2;
}


static int
scim_path_expected(const char *text, const char *p, const char *what,
    scim_error_t *err)
{
    (void) scim_error(err, 400, SCIM_TYPE_INVALID_PATH,
                      (*p == '\0') ? "expected %s, but there it ends"
                                   : "expected %s, not \"%.64s\"", what, p);
    scim_error_prefix(err, "invalid path at offset %zu: ", (size_t) (p - text));

    return SCIM_ERROR;
}
