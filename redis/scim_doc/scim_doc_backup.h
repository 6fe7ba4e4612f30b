/*
 * Backups: how scim-doc reads a server through redis-cli, and the file that it
 * makes of that. docs/backup.md tells what is in the file.
 *
 *   scim-doc backup --command TEXT        asks on the standard output, reads the
 *                                         answers from the standard input, and
 *                                         writes the backup to descriptor 3;
 *                                         descriptor 5 is an empty file for it
 *   scim-doc verify [--org NAME]          reads a backup to its end, and prints
 *                                         its last sum, time, lines,
 *                                         organizations and resources
 *   scim-doc restore [--org NAME] [--as NAME] [--from LINE] --command TEXT
 *                                         reads it, and prints commands
 *
 * Both take the number of lines by --lines.
 *
 * A line is a JSON object, whose last member is the sum of all text of the file
 * up to it.
 */

#ifndef SCIM_DOC_BACKUP_H
#define SCIM_DOC_BACKUP_H

#include <stdint.h>
#include <sys/types.h>

#include "scim_doc.h"


#define DOC_BACKUP_FORMAT   1

#define DOC_NAME_MAX        64
#define DOC_MEMBERS_LINE    1000     /* in one line, at most */
#define DOC_ENTRY_ID        48       /* the id of an entry in a stream */


#define DOC_BACKUP_FD       3
#define DOC_SPOOL_FD        5


/* a group whose members are read in slices */

typedef struct doc_large_s  doc_large_t;

/* a key of a map: a resource, or a member of a group */

typedef struct doc_entry_s  doc_entry_t;

struct doc_entry_s {
    doc_entry_t      *next;       /* in the list of those to be read */
    doc_entry_t      *next_importing;
    off_t             at;         /* of the latest record in the spool */
    doc_large_t      *large;
    unsigned long     line;       /* where it was referred to, or stands */
    char              kind;       /* of a member: 'u', 'g' or '-' */
    unsigned          alive:1;
    unsigned          waits:1;    /* is in the list of those to be read */
    unsigned          importing:1;
    unsigned          listed:1;   /* an organization, in the list of them */
    unsigned          imported:1; /* is in the list of those */
    char              key[];
};

typedef struct {
    doc_entry_t     **slots;
    size_t            n;
    size_t            nslots;
} doc_map_t;

struct doc_large_s {
    doc_large_t      *next;
    doc_entry_t      *group;
    off_t             from, to;   /* its members in the spool */
    doc_map_t         touched;    /* members that have changed since */
    char              switched[24];
    char              scanned[24];    /* the same when they were read */
};

/* the number of resources of a type */

typedef struct {
    char              name[DOC_NAME_MAX + 1];
    size_t            n;          /* read */
    size_t            there;      /* as Redis tells */
} doc_count_t;

/* one organization */

typedef struct {
    char              name[DOC_NAME_MAX + 1];
    char              place[32];  /* "" if no list names it */
    doc_map_t         map;        /* resources by type, space, id */
    doc_arena_t       arena;
    doc_large_t      *large;
    doc_entry_t      *waiting;
    doc_entry_t      *importing;
    doc_count_t       counts[DOC_TYPES_MAX];
    size_t            ncounts;
    size_t            total;
    int               journal;
    int               scans;      /* large groups that are to be read */
    int               deleting;
    int               lost;
    int               more;
    int               done;
    char              last[DOC_ENTRY_ID];
    char              log[DOC_ENTRY_ID], cycles[DOC_ENTRY_ID];
    char             *indexes;
    char             *meta;
    char             *cycle;
    doc_large_t      *scanning;
} doc_org_t;

typedef struct {
    FILE             *file;
    uint64_t          sum;
    unsigned long     lines;
} doc_seal_t;

typedef struct {
    doc_t            *d;
    doc_seal_t        seal;
    FILE             *spool;
    doc_text_t        text;       /* the line that is being made */
    doc_org_t         org;
    doc_map_t         orgs;       /* that there are; alive: in the backup */
    doc_map_t         keys;       /* tokens and clients */
    size_t            norgs;
    int               damaged;
} doc_backup_t;

typedef void (*doc_answer_pt)(doc_backup_t *b, char letter, char *text);


extern const char  *doc_name;


/* scim_doc_backup.c */
void doc_backup(doc_t *d);

/* scim_doc_moment.c: reads an organization as it is at one moment. Returns 0
   if it is gone, or going */
int doc_moment(doc_backup_t *b);

/* scim_doc_spool.c: what was read of an organization, until it is written */
void doc_spool_open(doc_backup_t *b);
void doc_spool_reset(doc_backup_t *b);
void doc_spool_record(doc_backup_t *b, char letter, char *text);
void doc_spool_members(doc_backup_t *b, char letter, const char *text);
void doc_spool_touched(doc_backup_t *b, char *text);
void doc_spool_wait(doc_backup_t *b, const char *type, const char *id);
void doc_spool_write(doc_backup_t *b);

/* scim_doc_talk.c: asks with words, the last one NULL, and has a function take
   the lines of the answer */
void doc_ask(doc_backup_t *b, const char *org, doc_answer_pt take, ...)
    __attribute__((sentinel));
void doc_ask_begin(doc_backup_t *b, const char *org);
void doc_ask_word(doc_backup_t *b, const char *word);
void doc_ask_end(doc_backup_t *b, doc_answer_pt take);

/* the next word of a text, which is cut; "" at its end */
char *doc_word(char **text);

/* scim_doc_seal.c: lines with sums. A line is given without the brace that ends
   it; one that is read loses its sum, and is an object again. Of a line that is
   wrong an error is returned, else NULL */
void doc_seal_init(doc_seal_t *seal, FILE *file);
void doc_seal_write(doc_seal_t *seal, doc_text_t *text);
const char *doc_seal_read(doc_seal_t *seal, char *line, size_t *len);

/* scim_doc_map.c: finds a key; adds it if it is not there and there is memory
   to do so */
doc_entry_t *doc_map_find(doc_map_t *map, doc_arena_t *arena,
    const char *key);
void doc_map_free(doc_map_t *map);

/* text as a string of JSON, behind a text */
void doc_append_string(doc_t *d, doc_text_t *text, const char *value);
void doc_append_text(doc_text_t *text, const char *value);

/* a text with its NUL into so much space; one that does not fit ends it all */
void doc_copy(char *to, size_t size, const char *text);

/* on a terminal only, a few times a second */
void doc_progress(const char *what, size_t n, size_t total, const char *of);
void doc_progress_end(void);

/* scim_doc_restore.c */
void doc_verify(doc_t *d);
void doc_restore(doc_t *d);


#endif /* SCIM_DOC_BACKUP_H */
