/*
 * Names of attributes, with and without a URN, as in attribute lists (RFC 7644,
 * section 3.10).
 */

#include <string.h>

#include "scim/schema/scim_name.h"
#include "scim/core/scim.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_text.h"
#include "scim/schema/scim_schema.h"


#define SCIM_URN_ENTERPRISE                                                   \
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


static const scim_schema_t *scim_name_urn(const scim_rtype_t *rt,
    const char *text, size_t len, const char **rest);
static size_t scim_name_urn_len(const scim_schema_t *schema, const char *text,
    size_t len);
static const scim_schema_t *scim_name_old_urn(const scim_rtype_t *rt,
    const char *text, size_t len, const char **rest);
static const scim_attr_t *scim_name_attr(const scim_rtype_t *rt,
    const scim_schema_t *schema, const char *name, size_t len);


/* the beginnings of paths from before the RFCs; the attribute follows */

static const char  *scim_name_old_urns[] = {
    "urn:scim:schemas:extension:enterprise:1.0.",
    "urn:scim:schemas:extension:enterprise:1.0:",
    "urn:scim:schemas:extension:enterprise:2.0."
};


int
scim_name_parse(const scim_rtype_t *rt, const char *text, size_t len,
    scim_name_t *path)
{
    const char  *open, *close, *end;

    end = text + len;
    open = memchr(text, '[', len);

    if (open == NULL) {
        return scim_name_read(rt, text, len, path);
    }

    if (scim_name_read(rt, text, open - text, path) != SCIM_OK
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
scim_name_find(const scim_registry_t *reg, const scim_rtype_t *rt,
    const char *text, size_t len)
{
    size_t       i;
    scim_name_t  path;

    if (scim_name_parse(rt, text, len, &path) == SCIM_OK
        && path.attr != NULL)
    {
        return path.sub ? path.sub : path.attr;
    }

    for (i = 0; reg != NULL && i < reg->nrtypes; i++) {
        if (scim_name_parse(reg->rtypes[i], text, len, &path) == SCIM_OK
            && path.attr != NULL)
        {
            return path.sub ? path.sub : path.attr;
        }
    }

    return NULL;
}


int
scim_name_find_text(const scim_rtype_t *rt, const char *name,
    const char *wanted, const scim_attr_t **attr, scim_error_t *err)
{
    *attr = scim_name_find(NULL, rt, name, strlen(name));

    if (*attr == NULL) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\" has no attribute \"%s\"", rt->id, name);
    }

    if ((*attr)->type == SCIM_COMPLEX && (*attr)->value != NULL) {
        *attr = (*attr)->value;
    }

    if (!scim_attr_is_text(*attr)) {
        return scim_error(err, 400, SCIM_TYPE_INVALID_VALUE,
                          "\"%s\" of \"%s\" cannot be %s: only strings and "
                          "references can", name, rt->id, wanted);
    }

    return SCIM_OK;
}


int
scim_attr_is_text(const scim_attr_t *attr)
{
    const scim_attr_t  *top;

    top = attr->parent ? attr->parent : attr;

    return (attr->type == SCIM_STRING || attr->type == SCIM_REFERENCE)
           && top->role == SCIM_ROLE_NONE
           && attr->mutability != SCIM_WRITE_ONLY;
}


int
scim_name_read(const scim_rtype_t *rt, const char *text, size_t len,
    scim_name_t *path)
{
    size_t                n;
    const char           *name, *dot;
    const scim_schema_t  *schema;

    memset(path, 0, sizeof(scim_name_t));

    name = text;
    schema = NULL;

    if (memchr(text, ':', len) != NULL) {
        schema = scim_rtype_schema(rt, text, len);

        if (schema != NULL) {
            path->schema = (schema == rt->schema) ? NULL : schema;
            return SCIM_OK;
        }

        schema = scim_name_urn(rt, text, len, &name);
    }

    n = text + len - name;
    dot = memchr(name, '.', n);

    path->attr = scim_name_attr(rt, schema, name, dot ? (size_t) (dot - name)
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
scim_name_urn(const scim_rtype_t *rt, const char *text, size_t len,
    const char **rest)
{
    size_t                i, n, longest;
    const scim_schema_t  *schema, *found;

    found = NULL;
    longest = scim_name_urn_len(rt->schema, text, len);

    if (longest > 0) {
        found = rt->schema;
    }

    for (i = 0; i < rt->nextensions; i++) {
        schema = rt->extensions[i].schema;
        n = scim_name_urn_len(schema, text, len);

        if (n > longest) {
            longest = n;
            found = schema;
        }
    }

    if (found == NULL) {
        return scim_name_old_urn(rt, text, len, rest);
    }

    *rest = text + longest;

    return found;
}


/*
 * Returns the length of the schema's URN with its colon, or 0 if the text does
 * not begin with it. Some clients put a dot there.
 */

static size_t
scim_name_urn_len(const scim_schema_t *schema, const char *text, size_t len)
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
scim_name_old_urn(const scim_rtype_t *rt, const char *text, size_t len,
    const char **rest)
{
    size_t  i, n;

    for (i = 0; i < sizeof(scim_name_old_urns) / sizeof(char *); i++) {
        n = strlen(scim_name_old_urns[i]);

        if (len > n && scim_name_neq(scim_name_old_urns[i], text, n)) {
            *rest = text + n;
            return scim_rtype_schema(rt, SCIM_URN_ENTERPRISE,
                                     sizeof(SCIM_URN_ENTERPRISE) - 1);
        }
    }

    return NULL;
}


/* the common attributes answer to the URN of the base schema too */

static const scim_attr_t *
scim_name_attr(const scim_rtype_t *rt, const scim_schema_t *schema,
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
