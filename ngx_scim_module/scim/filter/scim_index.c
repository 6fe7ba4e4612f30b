/*
 * Indexes, and which of them answers a filter without a scan.
 */

#include <string.h>

#include "scim/filter/scim_index.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_name.h"
#include "scim/schema/scim_schema.h"
#include "scim/schema/scim_unique.h"


#define SCIM_INDEX_DEFAULTS                                                   \
    (sizeof(scim_index_defaults) / sizeof(scim_index_defaults[0]))


static int scim_index_field(scim_alloc_t *a, scim_index_t *index);
static void scim_index_unique(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, scim_index_t *list, size_t *n);
static char *scim_index_name(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, const char *kind);


/* the attributes by which clients match, beside unique ones */

static const struct {
    const char         *name;
    scim_index_kind_e   kind;
} scim_index_defaults[] = {
    { "externalId", SCIM_INDEX_LEXICAL },
    { "emails.value", SCIM_INDEX_LEXICAL },
    { "active", SCIM_INDEX_FIELD }
};


scim_index_t *
scim_index_builtin(scim_alloc_t *a, const scim_rtype_t *rt, size_t *n)
{
    size_t              i, max;
    scim_index_t       *list;
    const scim_attr_t  *attr;

    max = 2 * rt->schema->nattrs + SCIM_INDEX_DEFAULTS + rt->nunique;

    for (i = 0; i < rt->nextensions; i++) {
        max += rt->extensions[i].schema->nattrs;
    }

    *n = 0;
    list = scim_calloc(a, max * sizeof(scim_index_t));
    if (list == NULL) {
        return NULL;
    }

    scim_index_unique(a, rt, rt->schema, list, n);

    for (i = 0; i < rt->nextensions; i++) {
        scim_index_unique(a, rt, rt->extensions[i].schema, list, n);
    }

    for (i = 0; i < SCIM_INDEX_DEFAULTS; i++) {
        attr = scim_name_find(NULL, rt, scim_index_defaults[i].name,
                              strlen(scim_index_defaults[i].name));

        if (attr != NULL) {
            list[(*n)++] = (scim_index_t) { rt, attr,
                                            scim_index_defaults[i].name,
                                            scim_index_defaults[i].kind, 1,
                                            NULL };
        }
    }

    for (i = 0; i < rt->nunique; i++) {
        attr = rt->unique[i];

        if (!scim_unique_by_schema(attr)) {
            list[(*n)++] = (scim_index_t) { rt, attr,
                                            scim_index_name(a, rt, attr,
                                                            ":unique"),
                                            SCIM_INDEX_UNIQUE, 0, NULL };
        }
    }

    for (i = 0; i < *n; i++) {
        if (!scim_index_field(a, &list[i])) {
            return NULL;
        }
    }

    return list;
}


/* false when out of memory, also if that was so when it was named */

static int
scim_index_field(scim_alloc_t *a, scim_index_t *index)
{
    static const char *const  prefixes[] = { "uq:", "by:", "" };

    index->field = index->name == NULL ? NULL
                   : scim_sprintf(a, "%s%s", prefixes[index->kind],
                                  index->name);

    return index->field != NULL;
}


/*
 * An attribute that its schema calls unique has a hash by its name. If it is
 * not unique nevertheless, a sorted set replaces the hash.
 */

static void
scim_index_unique(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, scim_index_t *list, size_t *n)
{
    size_t              i;
    const char         *name;
    const scim_attr_t  *attr;

    for (i = 0; i < schema->nattrs; i++) {
        attr = &schema->attrs[i];

        if (!scim_unique_by_schema(attr)) {
            continue;
        }

        name = scim_attr_path(a, rt, attr);

        if (scim_unique_is(rt, attr)) {
            list[(*n)++] = (scim_index_t) { rt, attr, name, SCIM_INDEX_UNIQUE,
                                            1, NULL };

        } else {
            list[(*n)++] = (scim_index_t) { rt, attr,
                                            scim_index_name(a, rt, attr,
                                                            ":sorted"),
                                            SCIM_INDEX_LEXICAL, 0, NULL };
        }

        /* the name of a group is shown with its members */

        if (rt->members != NULL && rt->members->schema == schema) {
            list[(*n)++] = (scim_index_t) { rt, attr, name, SCIM_INDEX_FIELD,
                                            1, NULL };
        }
    }
}


static char *
scim_index_name(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_attr_t *attr, const char *kind)
{
    const char  *path;

    path = scim_attr_path(a, rt, attr);

    return path ? scim_sprintf(a, "%s%s", path, kind) : NULL;
}


int
scim_index_describe(scim_alloc_t *a, const scim_rtype_t *rt, const char *name,
    scim_index_t *index, scim_error_t *err)
{
    const scim_attr_t  *attr;

    if (scim_name_find_text(rt, name, "indexed", &attr, err) != SCIM_OK) {
        return SCIM_ERROR;
    }

    *index = (scim_index_t) { rt, attr,
                              scim_index_name(a, rt, attr,
                                              scim_unique_by_schema(attr)
                                              ? ":sorted" : ""),
                              SCIM_INDEX_LEXICAL, 0, NULL };

    return scim_index_field(a, index) ? SCIM_OK : scim_error_nomem(err);
}


char *
scim_index_names(scim_alloc_t *a, const scim_index_t *indexes, size_t n)
{
    char    *names, *p;
    size_t   i, len, size;

    for (i = 0, size = 1; i < n; i++) {
        size += strlen(indexes[i].name) + 1;
    }

    names = p = scim_alloc(a, size);
    if (names == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        if (indexes[i].kind == SCIM_INDEX_FIELD) {
            continue;
        }

        if (p != names) {
            *p++ = '\n';
        }

        len = strlen(indexes[i].name);
        memcpy(p, indexes[i].name, len);
        p += len;
    }

    *p = '\0';

    return names;
}
