/*
 * The program: its options, and the lines it reads.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "scim_doc_backup.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_parse.h"
#include "scim/schema/scim_registry.h"
#include "scim/schema/scim_schema.h"
#include "scim/schema/scim_schema_read.h"
#include "scim/schema/scim_unique.h"
#include "scim/filter/scim_index.h"


/* attributes in one --unique */
#define DOC_UNIQUE_MAX  64

#define DOC_BATCH_BYTES  (128 * 1024)


typedef void (*doc_mode_pt)(doc_t *d, char *text, size_t len);

typedef struct {
    const char   *name;
    doc_mode_pt   mode;
    void        (*run)(doc_t *d);
} doc_program_t;


static void doc_options(doc_t *d, int argc, char **argv);
static void doc_option(doc_t *d, const char *name, char *value);
static void doc_schema(doc_t *d, char *value, int rtype);
static cJSON *doc_file(doc_t *d, const char *name);
static void doc_unique(doc_t *d, char *value);
static void doc_known_index(doc_t *d, char *value);
static void doc_configured_index(doc_t *d, char *value);
static void doc_add_index(doc_t *d, doc_type_t *type, const char *name);
static doc_type_t *doc_named_type(doc_t *d, char *value, char **name);
static void doc_list_indexes(doc_t *d);
static void doc_read(doc_t *d, doc_mode_pt mode);


/* the functions of each command, for a line and for the end */

static const doc_program_t  doc_programs[] = {
    { "import", doc_import, NULL },
    { "index", doc_index, NULL },
    { "check", doc_check, NULL },
    { "indexes", NULL, doc_list_indexes },
    { "keys", NULL, doc_keys },
    { "backup", NULL, doc_backup },
    { "verify", NULL, doc_verify },
    { "restore", NULL, doc_restore }
};


int
main(int argc, char **argv)
{
    size_t                i;
    const doc_program_t  *program;

    static doc_t          d;    /* not freed: the program ends with it */

    program = NULL;

    for (i = 0; i < sizeof(doc_programs) / sizeof(doc_programs[0]); i++) {
        if (argc > 1 && strcmp(argv[1], doc_programs[i].name) == 0) {
            program = &doc_programs[i];
        }
    }

    if (program == NULL) {
        doc_fatal("usage: scim-doc import|index|check|indexes|keys|backup|"
                  "verify|restore [option ...]", NULL);
    }

    doc_arena_init(&d.config);
    doc_arena_init(&d.arena);
    scim_json_init();

    (void) scim_json_open(&d.config.alloc);
    doc_options(&d, argc - 2, argv + 2);
    (void) scim_json_open(&d.arena.alloc);

    if (program->run != NULL) {
        program->run(&d);

    } else {
        doc_read(&d, program->mode);
    }

    return 0;
}


static void
doc_options(doc_t *d, int argc, char **argv)
{
    int           i;
    scim_error_t  err;

    d->registry = scim_registry_create(&d->config.alloc, &err);
    if (d->registry == NULL) {
        doc_nomem();
    }

    d->command = "";
    d->batch_bytes = DOC_BATCH_BYTES;

    for (i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--ignore-unknown") == 0) {
            d->ignore_unknown = 1;

        } else if (i + 1 < argc) {
            doc_option(d, argv[i], argv[i + 1]);
            i++;

        } else {
            doc_fatal(argv[i], "no such option, or one without a value");
        }
    }
}


static void
doc_option(doc_t *d, const char *name, char *value)
{
    if (strcmp(name, "--command") == 0) {
        d->command = value;

    } else if (strcmp(name, "--schema") == 0) {
        doc_schema(d, value, 0);

    } else if (strcmp(name, "--resource-type") == 0) {
        doc_schema(d, value, 1);

    } else if (strcmp(name, "--unique") == 0) {
        doc_unique(d, value);

    } else if (strcmp(name, "--index") == 0) {
        doc_configured_index(d, value);

    } else if (strcmp(name, "--known") == 0) {
        doc_known_index(d, value);

    } else if (strcmp(name, "--org") == 0) {
        d->org = value;

    } else if (strcmp(name, "--as") == 0) {
        d->as = value;

    } else if (strcmp(name, "--from") == 0) {
        d->from = strtoul(value, NULL, 10);

    } else if (strcmp(name, "--lines") == 0) {
        d->lines = strtoul(value, NULL, 10);

    } else {
        doc_fatal(name, "no such option");
    }
}


/* Reads a file and, behind a comma, the type that it extends. */

static void
doc_schema(doc_t *d, char *value, int rtype)
{
    int            rc;
    char          *comma;
    cJSON         *json;
    scim_alloc_t  *a;
    scim_error_t   err;

    a = &d->config.alloc;
    comma = rtype ? NULL : strrchr(value, ',');
    if (comma != NULL) {
        *comma++ = '\0';
    }

    json = doc_file(d, value);

    if (rtype) {
        rc = scim_registry_add_rtype(d->registry, a, json, &err);

    } else {
        rc = scim_registry_add_schema(d->registry, a, json, &err);

        if (rc == SCIM_OK) {
            rc = scim_registry_extend(d->registry, a, comma, &err);
        }
    }

    if (rc != SCIM_OK) {
        doc_fatal(value, err.detail);
    }
}


static cJSON *
doc_file(doc_t *d, const char *name)
{
    FILE          *in;
    cJSON         *json;
    doc_text_t     text;
    scim_error_t   err;

    memset(&text, 0, sizeof(doc_text_t));

    in = fopen(name, "r");
    if (in == NULL) {
        doc_fatal(name, strerror(errno));
    }

    doc_append_file(&text, in, name);
    (void) fclose(in);

    if (scim_json_parse(&d->config.alloc, text.data ? text.data : "", text.len,
                        &json, &err)
        != SCIM_OK)
    {
        doc_fatal(name, err.detail);
    }

    free(text.data);

    return json;
}


/* Reads a type, a colon, and attributes with commas between, or "none". */

static void
doc_unique(doc_t *d, char *value)
{
    char          *name;
    size_t         n;
    const char    *names[DOC_UNIQUE_MAX];
    scim_error_t   err;

    name = strchr(value, ':');
    if (name == NULL) {
        doc_fatal(value, "expected a type, a colon and attributes");
    }

    *name++ = '\0';
    n = 0;

    if (strcmp(name, "none") != 0) {
        for (name = strtok(name, ","); name; name = strtok(NULL, ",")) {
            if (n == DOC_UNIQUE_MAX) {
                doc_fatal(name, "too many attributes");
            }

            names[n++] = name;
        }
    }

    if (scim_unique_set(d->registry, &d->config.alloc, value, names, n, &err)
        != SCIM_OK)
    {
        doc_fatal("--unique", err.detail);
    }
}


/*
 * Adds an index by its name in Redis. If the index exists because of
 * scim_unique, the same --unique must be given.
 */

static void
doc_known_index(doc_t *d, char *value)
{
    char        *name, *kind;
    size_t       i;
    doc_type_t  *type;

    type = doc_named_type(d, value, &name);
    kind = strrchr(name, ':');

    for (i = 0; i < type->nindexes; i++) {
        if (type->indexes[i].kind != SCIM_INDEX_FIELD
            && strcmp(type->indexes[i].name, name) == 0)
        {
            type->known |= (type->indexes[i].kind == SCIM_INDEX_UNIQUE);
            return;
        }
    }

    if (kind != NULL && (strcmp(kind, ":unique") == 0
                         || (strcmp(kind, ":sorted") == 0 && !type->known)))
    {
        doc_fatal(name, "what scim_unique has for the type must be named by "
                  "--unique");
    }

    if (kind != NULL && strcmp(kind, ":sorted") == 0) {
        *kind = '\0';
    }

    doc_add_index(d, type, name);
}


/* as in scim_index */

static void
doc_configured_index(doc_t *d, char *value)
{
    char        *name;
    doc_type_t  *type;

    type = doc_named_type(d, value, &name);
    doc_add_index(d, type, name);
}


/*
 * Returns the type in front of the first colon, and sets the rest behind it.
 */

static doc_type_t *
doc_named_type(doc_t *d, char *value, char **name)
{
    char        *colon;
    doc_type_t  *type;

    colon = strchr(value, ':');
    if (colon == NULL) {
        doc_fatal(value, "an index is a type, a colon and an attribute");
    }

    *colon = '\0';
    *name = colon + 1;

    type = doc_type(d, value);
    if (type == NULL) {
        doc_fatal(value, "there is no such resource type");
    }

    return type;
}


static void
doc_add_index(doc_t *d, doc_type_t *type, const char *name)
{
    size_t         i;
    scim_index_t   index, *list;
    scim_error_t   err;

    if (scim_index_describe(&d->config.alloc, type->rt, name, &index, &err)
        != SCIM_OK)
    {
        doc_fatal(name, err.detail);
    }

    for (i = 0; i < type->nindexes; i++) {
        if (type->indexes[i].attr == index.attr
            && type->indexes[i].kind == index.kind)
        {
            return;
        }
    }

    list = scim_alloc(&d->config.alloc,
                      (type->nindexes + 1) * sizeof(scim_index_t));
    if (list == NULL) {
        doc_nomem();
    }

    memcpy(list, type->indexes, type->nindexes * sizeof(scim_index_t));
    list[type->nindexes++] = index;
    type->indexes = list;
}


doc_type_t *
doc_type(doc_t *d, const char *name)
{
    size_t               i;
    doc_type_t          *type;
    scim_alloc_t        *before;
    const scim_rtype_t  *rt;

    rt = scim_registry_rtype(d->registry, name);

    for (i = 0; rt == NULL && i < d->registry->nrtypes; i++) {
        if (strcmp(d->registry->rtypes[i]->key, name) == 0) {
            rt = d->registry->rtypes[i];
        }
    }

    if (rt == NULL) {
        return NULL;
    }

    for (i = 0; i < d->ntypes; i++) {
        if (d->types[i].rt == rt) {
            return &d->types[i];
        }
    }

    if (d->ntypes == DOC_TYPES_MAX) {
        doc_fatal(name, "too many resource types");
    }

    type = &d->types[d->ntypes++];
    type->rt = rt;

    before = scim_json_open(&d->config.alloc);
    type->indexes = scim_index_builtin(&d->config.alloc, rt, &type->nindexes);
    scim_json_close(before);

    if (type->indexes == NULL) {
        doc_nomem();
    }

    return type;
}


/* Lists the indexes of --index, and those that these types always have. */

static void
doc_list_indexes(doc_t *d)
{
    size_t             i, k;
    const doc_type_t  *type;

    for (i = 0; i < d->ntypes; i++) {
        type = &d->types[i];

        for (k = 0; k < type->nindexes; k++) {
            if (type->indexes[k].kind != SCIM_INDEX_FIELD) {
                (void) printf("%s %s\n", type->rt->key,
                              type->indexes[k].name);
            }
        }
    }
}


/*
 * Writes a last record, with the number of lines. If the lines come from
 * another command, that command ends them with a line of a dot.
 */

static void
doc_read(doc_t *d, doc_mode_pt mode)
{
    int       complete;
    char     *text;
    size_t    size;
    ssize_t   len;

    text = NULL;
    size = 0;
    complete = (mode == doc_import);

    while ((len = getline(&text, &size, stdin)) >= 0) {
        d->line++;

        while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r')) {
            text[--len] = '\0';
        }

        if (mode != doc_import && strcmp(text, ".") == 0) {
            complete = 1;

        } else if (len > 0) {
            mode(d, text, len);
            doc_arena_reset(&d->arena);
        }
    }

    if (ferror(stdin)) {
        doc_fatal("standard input", strerror(errno));
    }

    if (complete) {
        doc_put_size(d, d->line);
        doc_put(d, "end");
        doc_put_end(d);
    }

    doc_flush(d);
    free(text);
}
