/*
 * Paths of PATCH operations (RFC 7644, section 3.5.2, figure 7).
 */

#include <ctype.h>
#include <string.h>

#include "scim/patch/scim_path.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_name.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_filter.h"


/* the characters that end a name in a path */
#define SCIM_PATH_STOP  " \t\r\n()[]\""


static int scim_path_value_path(scim_alloc_t *a, const char *text,
    const char **p, scim_path_t *path, int *unknown, scim_error_t *err);
static int scim_path_unknown(const char *text, const char *p, size_t len,
    int *unknown, scim_error_t *err);
static int scim_path_ends(const char *p);
static int scim_path_is_name(const char *name, size_t len);
static int scim_path_expected(const char *text, const char *p,
    const char *what, scim_error_t *err);


int
scim_path_parse(scim_alloc_t *a, const scim_rtype_t *rt, const char *text,
    scim_path_t *path, int *unknown, scim_error_t *err)
{
    size_t        len;
    const char   *p;
    scim_name_t   name;

    *unknown = 0;

    p = text + strspn(text, " \t\r\n");
    len = strcspn(p, SCIM_PATH_STOP);

    if (scim_name_read(rt, p, len, &name) != SCIM_OK) {
        return scim_path_unknown(text, p, len, unknown, err);
    }

    path->schema = name.schema;
    path->attr = name.attr;
    path->sub = name.sub;
    path->filter = NULL;

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


/* Checks that an unknown name is a name at all. */

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
