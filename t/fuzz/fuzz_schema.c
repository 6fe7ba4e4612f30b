/*
 * Schemas and resource types of a configuration are taken, or refused with a
 * readable error. What was taken can be used: it is shown, a resource with a
 * value for each attribute is accepted and means itself, each attribute is
 * found by its path, in filters too; and all that also ends well where memory
 * does.
 *
 * The input is lines: "s{...}" a schema, "sUser{...}" one with the name of the
 * type that it extends, "t{...}" a resource type, "{...}" a resource of each
 * type, "[...]" operations of a PATCH of it.
 */

#include <stdio.h>

#include "fuzz.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/json/scim_json_print.h"
#include "scim/schema/scim_name.h"
#include "scim/schema/scim_registry.h"
#include "scim/schema/scim_schema.h"
#include "scim/schema/scim_schema_read.h"
#include "scim/resource/scim_document.h"
#include "scim/resource/scim_members.h"
#include "scim/resource/scim_projection.h"
#include "scim/resource/scim_resource.h"
#include "scim/resource/scim_resource_diff.h"
#include "scim/resource/scim_resource_rules.h"
#include "scim/filter/scim_filter.h"
#include "scim/filter/scim_filter_tree.h"
#include "scim/filter/scim_index.h"
#include "scim/filter/scim_match.h"
#include "scim/filter/scim_plan.h"
#include "scim/filter/scim_sort.h"
#include "scim/patch/scim_patch.h"
#include "scim/patch/scim_patch_apply.h"
#include "scim/patch/scim_path.h"
#include "scim/profile/scim_discovery.h"


#define BASE  "https://h/scim/v2"


typedef void (*fuzz_attr_pt)(arena_t *arena, const scim_rtype_t *rt,
    const scim_attr_t *attr, void *arg);


static void fuzz_example(arena_t *arena, const scim_rtype_t *rt,
    const scim_attr_t *attr, void *arg);


static arena_t           memory;
static scim_registry_t  *builtin;


/* the built-in registry again, so that what is added is not added to it */

static scim_registry_t *
fuzz_copy(arena_t *arena)
{
    size_t            i;
    scim_rtype_t     *rt;
    scim_registry_t  *reg;

    reg = scim_alloc(&arena->alloc, sizeof(scim_registry_t));
    *reg = *builtin;
    reg->rtypes = scim_alloc(&arena->alloc,
                             reg->nrtypes * sizeof(scim_rtype_t *));

    for (i = 0; i < reg->nrtypes; i++) {
        reg->rtypes[i] = rt = scim_alloc(&arena->alloc, sizeof(scim_rtype_t));
        *rt = *builtin->rtypes[i];
        rt->json = cJSON_Duplicate(rt->json, 1);
    }

    return reg;
}


/* one line; a resource is not looked at */

static int
fuzz_add(arena_t *arena, scim_registry_t *reg, const char *line, size_t len)
{
    int            rc;
    char          *type;
    cJSON         *json;
    size_t         n;
    scim_error_t   err;

    for (n = 1; n < len && line[n] != '{'; n++) { /* void */ }

    if (len < 2 || (line[0] != 's' && line[0] != 't')) {
        return SCIM_OK;
    }

    type = scim_strndup(&arena->alloc, line + 1, n - 1);
    rc = type ? scim_json_parse(&arena->alloc, line + n, len - n, &json, &err)
              : scim_error_nomem(&err);

    if (rc == SCIM_OK && line[0] == 't') {
        rc = scim_registry_add_rtype(reg, &arena->alloc, json, &err);

    } else if (rc == SCIM_OK) {
        rc = scim_registry_add_schema(reg, &arena->alloc, json, &err);

        if (rc == SCIM_OK) {
            rc = scim_registry_extend(reg, &arena->alloc,
                                      type[0] ? type : NULL, &err);
        }
    }

    if (rc != SCIM_OK) {
        fuzz_check_error(arena, &err);
    }

    return rc;
}


static int
fuzz_configure(arena_t *arena, scim_registry_t *reg, const char *text)
{
    size_t  len;

    for (;; text += len + 1) {
        len = strcspn(text, "\n");

        if (fuzz_add(arena, reg, text, len) != SCIM_OK) {
            return SCIM_ERROR;
        }

        if (text[len] == '\0') {
            return SCIM_OK;
        }
    }
}


/* The text that a client gets is JSON. */

static void
fuzz_shown(arena_t *arena, const cJSON *json)
{
    char          *text;
    cJSON         *again;
    size_t         len;
    scim_error_t   err;

    fuzz_must(json != NULL);

    text = scim_json_print(&arena->alloc, json, &len);

    fuzz_must(scim_json_parse(&arena->alloc, text, len, &again, &err)
              == SCIM_OK);
    fuzz_must(scim_json_equal(json, again));
}


static void
fuzz_attrs(arena_t *arena, const scim_rtype_t *rt,
    const scim_schema_t *schema, fuzz_attr_pt each, void *arg)
{
    size_t  i;

    for (i = 0; i < schema->nattrs; i++) {
        each(arena, rt, &schema->attrs[i], arg);
    }
}


/* attributes that no other target has: those of schemas that were added */

static void
fuzz_added(arena_t *arena, const scim_rtype_t *rt, fuzz_attr_pt each,
    void *arg)
{
    size_t  i;

    if (scim_registry_schema(builtin, rt->schema->id) == NULL) {
        fuzz_attrs(arena, rt, rt->schema, each, arg);
    }

    for (i = 0; i < rt->nextensions; i++) {
        if (scim_registry_schema(builtin, rt->extensions[i].schema->id)
            == NULL)
        {
            fuzz_attrs(arena, rt, rt->extensions[i].schema, each, arg);
        }
    }
}


static void
fuzz_path(arena_t *arena, const scim_rtype_t *rt, const scim_attr_t *attr,
    const char *text)
{
    int                 unknown;
    scim_name_t         name;
    scim_path_t         path;
    scim_error_t        err;
    const scim_attr_t  *top, *sub;

    top = attr->parent ? attr->parent : attr;
    sub = attr->parent ? attr : NULL;

    fuzz_must(scim_name_parse(rt, text, strlen(text), &name) == SCIM_OK
              && name.attr == top && name.sub == sub);

    fuzz_must(scim_path_parse(&arena->alloc, rt, text, &path, &unknown, &err)
              == SCIM_OK
              && path.attr == top && path.sub == sub && path.filter == NULL);
}


static int
fuzz_hidden(const scim_attr_t *attr)
{
    return attr->returned == SCIM_RETURNED_NEVER
           || attr->mutability == SCIM_WRITE_ONLY;
}


static void
fuzz_filter(arena_t *arena, const scim_rtype_t *rt, const scim_attr_t *attr,
    const cJSON *doc, const char *text)
{
    int             match;
    size_t          n;
    scim_plan_t     plan;
    scim_index_t   *indexes;
    scim_error_t    err;
    scim_filter_t  *filter;

    if (scim_filter_parse(&arena->alloc, rt, text, &filter, &err) != SCIM_OK) {
        fuzz_check_error(arena, &err);
        fuzz_must(fuzz_hidden(attr) || (attr->parent
                                        && fuzz_hidden(attr->parent))
                  || strstr(text, " pr") == NULL);
        return;
    }

    fuzz_must(scim_filter_uses(filter, attr));

    match = scim_filter_match(&arena->alloc, rt, filter, doc);
    fuzz_must(match == 0 || match == 1);

    if (filter->op == SCIM_PR && attr->parent == NULL) {
        fuzz_must(match == (scim_value_get(rt, doc, attr) != NULL));
    }

    indexes = scim_index_builtin(&arena->alloc, rt, &n);
    fuzz_must(indexes != NULL);
    fuzz_must(scim_plan(&arena->alloc, rt, indexes, n, filter, &plan)
              == SCIM_OK);
    fuzz_must(!match || plan.scan || plan.nlookups > 0);
}


static void
fuzz_attr(arena_t *arena, const scim_rtype_t *rt, const scim_attr_t *attr,
    void *arg)
{
    size_t         i, n;
    scim_key_t     key;
    scim_index_t   index;
    scim_error_t   err;
    const char    *path;
    const cJSON   *doc = arg;

    path = scim_attr_path(&arena->alloc, rt, attr);

    fuzz_path(arena, rt, attr, path);
    fuzz_filter(arena, rt, attr, doc,
                scim_sprintf(&arena->alloc, "%s pr", path));
    fuzz_filter(arena, rt, attr, doc,
                scim_sprintf(&arena->alloc, "%s eq \"a\"", path));

    fuzz_must(scim_resource_values(&arena->alloc, rt, doc, attr, 1, &n)
              != NULL);
    fuzz_must(scim_sort_key(&arena->alloc, rt, doc, attr, &key) == SCIM_OK);

    if (scim_index_describe(&arena->alloc, rt, path, &index, &err)
        != SCIM_OK)
    {
        fuzz_check_error(arena, &err);
    }

    for (i = 0; i < attr->nsubs; i++) {
        fuzz_attr(arena, rt, &attr->subs[i], arg);
    }
}


/* a value that the schema lets the attribute have */

static cJSON *
fuzz_value(arena_t *arena, const scim_rtype_t *rt, const scim_attr_t *attr)
{
    size_t  i;
    cJSON  *value, *array;

    switch (attr->type) {

    case SCIM_BOOLEAN:
        value = cJSON_CreateTrue();
        break;

    case SCIM_DECIMAL:
    case SCIM_INTEGER:
        value = cJSON_CreateNumber(1);
        break;

    case SCIM_DATETIME:
        value = cJSON_CreateString("2026-01-31T08:00:00Z");
        break;

    case SCIM_COMPLEX:
        value = cJSON_CreateObject();

        for (i = 0; i < attr->nsubs; i++) {
            fuzz_example(arena, rt, &attr->subs[i], value);
        }

        break;

    default:
        value = cJSON_CreateString("YQ==");
    }

    if (!attr->multi_valued) {
        return value;
    }

    array = cJSON_CreateArray();
    cJSON_AddItemToArray(array, value);

    return array;
}


static void
fuzz_example(arena_t *arena, const scim_rtype_t *rt, const scim_attr_t *attr,
    void *arg)
{
    if (attr->role == SCIM_ROLE_NONE) {
        cJSON_AddItemToObject(arg, attr->name, fuzz_value(arena, rt, attr));
    }
}


/* a resource that has everything */

static cJSON *
fuzz_body(arena_t *arena, const scim_rtype_t *rt)
{
    size_t                i;
    cJSON                *body;
    const scim_schema_t  *schema;

    body = cJSON_CreateObject();
    fuzz_attrs(arena, rt, rt->schema, fuzz_example, body);

    for (i = 0; i < rt->nextensions; i++) {
        schema = rt->extensions[i].schema;
        fuzz_attrs(arena, rt, schema, fuzz_example,
                   cJSON_AddObjectToObject(body, schema->id));
    }

    return body;
}


static cJSON *
fuzz_make(arena_t *arena, const scim_rtype_t *rt, cJSON *body, const cJSON *old)
{
    scim_error_t     err;
    scim_resource_t  res;

    if (scim_resource_parse(&arena->alloc, rt, body, old, &res, &err)
        != SCIM_OK
        || (old != NULL
            && scim_resource_keep(&arena->alloc, rt, res.doc, old, &err)
               != SCIM_OK)
        || scim_resource_finish(&arena->alloc, rt, res.doc, "1", &err)
           != SCIM_OK)
    {
        fuzz_check_error(arena, &err);
        return NULL;
    }

    return res.doc;
}


static void
fuzz_resource(arena_t *arena, const scim_rtype_t *rt, const cJSON *doc)
{
    size_t              n;
    cJSON              *again;
    scim_error_t        err;
    scim_projection_t   projection;

    fuzz_shown(arena, doc);

    again = fuzz_make(arena, rt, cJSON_Duplicate(doc, 1), NULL);
    fuzz_must(again != NULL);
    fuzz_same(arena, doc, again);

    again = fuzz_make(arena, rt, cJSON_Duplicate(doc, 1), doc);
    fuzz_must(again != NULL);
    fuzz_same(arena, doc, again);
    fuzz_must(scim_resource_diff(&arena->alloc, rt, doc, again)[0] == '\0');

    fuzz_added(arena, rt, fuzz_attr, (void *) doc);

    fuzz_must(scim_projection_parse(&arena->alloc, rt, NULL, NULL,
                                    &projection, &err) == SCIM_OK);
    scim_projection_apply(&projection, again);
    fuzz_must(scim_json_print(&arena->alloc, again, &n) != NULL);
}


/* The result of a PATCH is a resource again. */

static void
fuzz_patch(arena_t *arena, const scim_rtype_t *rt, cJSON *operations,
    const cJSON *doc)
{
    cJSON            *body, *again;
    scim_error_t      err;
    scim_patch_t      patch;
    scim_resource_t   res;

    body = cJSON_CreateObject();
    cJSON_AddItemToObject(body, "Operations", operations);

    memset(&res, 0, sizeof(res));
    scim_members_init(&res.members, &arena->alloc);
    res.doc = cJSON_Duplicate(doc, 1);

    if (scim_patch_parse(&arena->alloc, rt, body, &patch, &err) != SCIM_OK
        || scim_patch_apply(&arena->alloc, rt, &patch, &res,
                            cJSON_CreateArray(), &err) != SCIM_OK
        || scim_resource_finish(&arena->alloc, rt, res.doc, "1", &err)
           != SCIM_OK)
    {
        fuzz_check_error(arena, &err);
        return;
    }

    again = fuzz_make(arena, rt, cJSON_Duplicate(res.doc, 1), NULL);
    fuzz_must(again != NULL);
    fuzz_same(arena, res.doc, again);
}


static void
fuzz_type(arena_t *arena, const scim_registry_t *reg, const scim_rtype_t *rt,
    const char *text)
{
    cJSON         *body, *doc, *full;
    size_t         len;
    scim_error_t   err;

    fuzz_must(scim_registry_rtype(reg, rt->id) == rt);
    fuzz_must(scim_registry_endpoint(reg, rt->endpoint, strlen(rt->endpoint))
              == rt);
    fuzz_shown(arena, scim_discovery_rtype(&arena->alloc, rt, BASE));

    full = fuzz_make(arena, rt, fuzz_body(arena, rt), NULL);
    fuzz_must(full != NULL);
    fuzz_resource(arena, rt, full);

    for (; *text != '\0'; text += len + (text[len] == '\n')) {
        len = strcspn(text, "\n");

        if ((*text != '{' && *text != '[')
            || scim_json_parse(&arena->alloc, text, len, &body, &err)
               != SCIM_OK)
        {
            continue;
        }

        if (*text == '[') {
            fuzz_patch(arena, rt, body, full);

        } else if ((doc = fuzz_make(arena, rt, body, NULL)) != NULL) {
            fuzz_resource(arena, rt, doc);
        }
    }
}


static void
fuzz_schema(arena_t *arena, const char *text)
{
    size_t            i;
    scim_registry_t  *reg;

    reg = fuzz_copy(arena);

    if (fuzz_configure(arena, reg, text) != SCIM_OK) {
        return;
    }

    for (i = builtin->nschemas; i < reg->nschemas; i++) {
        fuzz_shown(arena, scim_discovery_schema(&arena->alloc,
                                                reg->schemas[i], 0, BASE));
    }

    for (i = 0; i < reg->nrtypes; i++) {
        if (i >= builtin->nrtypes
            || reg->rtypes[i]->nextensions > builtin->rtypes[i]->nextensions)
        {
            fuzz_type(arena, reg, reg->rtypes[i], text);
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char              *text;
    arena_t            arena;
    scim_registry_t   *reg;

    if (builtin == NULL) {
        builtin = fuzz_registry(&memory);
    }

    arena_init(&arena);
    (void) scim_json_open(&arena.alloc);

    text = scim_strndup(&arena.alloc, (const char *) data, size);
    fuzz_schema(&arena, text);

    /* the same with memory for a part of it */

    reg = fuzz_copy(&arena);
    arena.left = size % 64;

    if (fuzz_configure(&arena, reg, text) == SCIM_OK) {
        (void) scim_discovery_rtypes(&arena.alloc, reg, BASE);
    }

    arena_free(&arena);
    (void) scim_json_open(&memory.alloc);

    return 0;
}
