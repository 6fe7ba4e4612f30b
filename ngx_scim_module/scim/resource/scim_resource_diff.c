/*
 * The attributes in which two documents differ.
 */

#include <string.h>

#include "scim/resource/scim_resource_diff.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/json/scim_json.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_document.h"


/* names, joined by commas */

typedef struct {
    scim_alloc_t  *alloc;
    char          *text;
    size_t         len;
    size_t         size;
} scim_resource_list_t;


static int scim_resource_has(scim_alloc_t *a, const scim_rtype_t *rt,
    const cJSON *doc, scim_resource_list_t *list);
static int scim_resource_differs(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, const cJSON *old, const cJSON *doc,
    scim_resource_list_t *list);
static int scim_resource_list_attr(scim_resource_list_t *list,
    scim_alloc_t *a, const scim_rtype_t *rt, const scim_attr_t *attr);
static int scim_resource_list_add(scim_resource_list_t *list,
    const char *name);


char *
scim_resource_diff(scim_alloc_t *a, const scim_rtype_t *rt, const cJSON *old,
    const cJSON *doc)
{
    size_t                i;
    scim_resource_list_t  list;

    list.alloc = a;
    list.text = "";
    list.len = 0;
    list.size = 0;

    if (old == NULL) {
        return scim_resource_has(a, rt, doc, &list) == SCIM_OK ? list.text
                                                               : NULL;
    }

    if (scim_resource_differs(a, rt, rt->common, old, doc, &list) != SCIM_OK
        || scim_resource_differs(a, rt, rt->schema, old, doc, &list)
           != SCIM_OK)
    {
        return NULL;
    }

    for (i = 0; i < rt->nextensions; i++) {
        if (scim_resource_differs(a, rt, rt->extensions[i].schema, old, doc,
                                  &list)
            != SCIM_OK)
        {
            return NULL;
        }
    }

    return list.text;
}


/* all that there is: a document has the order of the schemas */

static int
scim_resource_has(scim_alloc_t *a, const scim_rtype_t *rt, const cJSON *doc,
    scim_resource_list_t *list)
{
    size_t                len;
    const cJSON          *item, *member;
    const scim_attr_t    *attr;
    const scim_schema_t  *ext;

    cJSON_ArrayForEach(item, doc) {
        len = strlen(item->string);
        ext = scim_rtype_schema(rt, item->string, len);

        for (member = ext ? item->child : item; member;
             member = ext ? member->next : NULL)
        {
            attr = ext ? scim_attr_in(ext->attrs, ext->nattrs, member->string,
                                      strlen(member->string))
                       : scim_rtype_attr(rt, member->string, len);

            if (scim_resource_list_attr(list, a, rt, attr) != SCIM_OK) {
                return SCIM_ERROR;
            }
        }
    }

    return SCIM_OK;
}


static int
scim_resource_differs(scim_alloc_t *a, const scim_rtype_t *rt,
    const scim_schema_t *schema, const cJSON *old, const cJSON *doc,
    scim_resource_list_t *list)
{
    size_t              i;
    const cJSON        *was, *now;
    const scim_attr_t  *attr;

    for (i = 0; i < schema->nattrs; i++) {
        attr = &schema->attrs[i];

        was = scim_value_get(rt, old, attr);
        now = scim_value_get(rt, doc, attr);

        if ((was == NULL && now == NULL)
            || (was != NULL && now != NULL && scim_json_equal(was, now)))
        {
            continue;
        }

        if (scim_resource_list_attr(list, a, rt, attr) != SCIM_OK) {
            return SCIM_ERROR;
        }
    }

    return SCIM_OK;
}


static int
scim_resource_list_attr(scim_resource_list_t *list, scim_alloc_t *a,
    const scim_rtype_t *rt, const scim_attr_t *attr)
{
    if (attr->role == SCIM_ROLE_SCHEMAS || attr->role == SCIM_ROLE_ID) {
        return SCIM_OK;
    }

    return scim_resource_list_add(list, scim_attr_path(a, rt, attr));
}


static int
scim_resource_list_add(scim_resource_list_t *list, const char *name)
{
    char    *text;
    size_t   len;

    if (name == NULL) {
        return SCIM_ERROR;
    }

    len = strlen(name);

    if (list->len + len + sizeof(",") > list->size) {
        list->size = 2 * (list->len + len + sizeof(","));

        text = scim_alloc(list->alloc, list->size);
        if (text == NULL) {
            return SCIM_ERROR;
        }

        memcpy(text, list->text, list->len);
        list->text = text;
    }

    if (list->len > 0) {
        list->text[list->len++] = ',';
    }

    memcpy(list->text + list->len, name, len + 1);
    list->len += len;

    return SCIM_OK;
}
