/*
 * scim-doc: documents for scimctl. Reads lines, does to the documents in them
 * what the server would do, and prints commands for redis-cli.
 *
 *   scim-doc import|index|check|indexes [--command TEXT] [--schema FILE[,TYPE]]
 *            [--resource-type FILE] [--unique TYPE:ATTRIBUTE,...|TYPE:none]
 *            [--index TYPE:ATTRIBUTE] [--known TYPE:NAME] [--ignore-unknown]
 *   scim-doc keys
 *   scim-doc backup|verify|restore ..., see scim_doc_backup.h
 *
 * Options count in their order. A line of output is TEXT and a batch of
 * records behind it, each a number and so many words, in the quotes of
 * redis-cli. "indexes" only prints lines of a type and an index, "keys" the JWK
 * Set that it reads, less what is of no use. What cannot go on ends the program
 * with a message.
 */

#ifndef SCIM_DOC_H
#define SCIM_DOC_H

#include <stdio.h>

#include "scim/core/scim_alloc.h"
#include "scim/schema/scim_schema.h"
#include "scim/filter/scim_index.h"


#define DOC_TYPES_MAX  64


typedef struct doc_chunk_s  doc_chunk_t;

/* memory that is freed at once */

typedef struct {
    scim_alloc_t         alloc;
    doc_chunk_t         *chunks;
} doc_arena_t;

typedef struct {
    char                *data;
    size_t               len;
    size_t               size;
} doc_text_t;

typedef struct {
    const scim_rtype_t  *rt;
    scim_index_t        *indexes;
    size_t               nindexes;
    int                  known;        /* a unique index is kept in Redis */
} doc_type_t;

/* where an id was seen */

typedef struct {
    char                *id;
    unsigned long        line;
} doc_seen_t;

typedef struct {
    doc_arena_t          config;       /* lives as long as the program */
    doc_arena_t          arena;        /* of one line; open for cJSON */
    scim_registry_t     *registry;
    doc_type_t           types[DOC_TYPES_MAX];
    size_t               ntypes;

    const char          *command;
    int                  ignore_unknown;
    const char          *org;          /* of a backup; NULL for all */
    const char          *as;           /* the new name */
    unsigned long        from;         /* lines that were carried out already */
    unsigned long        lines;        /* that it has */
    doc_text_t           key;
    size_t               batch_bytes;

    unsigned long        line;
    doc_text_t           batch;
    size_t               nrecords;
    doc_text_t           record;
    size_t               nwords;

    doc_seen_t          *seen;         /* hash table */
    size_t               nseen;
    size_t               nslots;
} doc_t;


/* scim_doc.c: a resource type by its id or key, NULL if there is none */
doc_type_t *doc_type(doc_t *d, const char *name);

/* scim_doc_import.c and scim_doc_check.c: what becomes of one line, which may
   be changed */
void doc_import(doc_t *d, char *text, size_t len);
void doc_index(doc_t *d, char *text, size_t len);
void doc_check(doc_t *d, char *text, size_t len);

/* scim_doc_keys.c: prints the keys that are read */
void doc_keys(doc_t *d);

/* scim_doc_put.c: words of a record, and its end. A value is a string, or
   several in an array, which have a NUL between */
void doc_put(doc_t *d, const char *word);
void doc_put_size(doc_t *d, size_t n);
void doc_put_value(doc_t *d, const cJSON *value);
void doc_put_indexes(doc_t *d, const doc_type_t *type, const cJSON *doc);
void doc_put_end(doc_t *d);
void doc_flush(doc_t *d);

/* scim_doc_memory.c */
void doc_arena_init(doc_arena_t *arena);
void doc_arena_reset(doc_arena_t *arena);
void doc_append(doc_text_t *text, const char *data, size_t len);
void doc_append_file(doc_text_t *text, FILE *in, const char *name);

/* the line in which an id was seen before, 0 for none, and then it is now */
unsigned long doc_seen(doc_t *d, const char *id);

void doc_fatal(const char *what, const char *why) __attribute__((noreturn));
void doc_nomem(void) __attribute__((noreturn));


#endif /* SCIM_DOC_H */
