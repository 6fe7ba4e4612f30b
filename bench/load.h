/*
 * The part that the files of bench/load share.
 */

#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


#define LOAD_STEPS    16
#define LOAD_COLUMNS  9
#define LOAD_VALUE    512


typedef struct {
    char   *data;
    size_t  len;
    size_t  size;
} load_text_t;


typedef struct {
    char  *method;
    char  *path;
    char  *status;
    char  *want;
    char  *body;
    bool   repeat;
} load_step_t;


typedef struct {
    load_step_t   steps[LOAD_STEPS];
    unsigned      nsteps;
    bool          cursors;       /* a step needs them */
    load_text_t   headers;
    char        **lines;
    size_t        nlines;
} load_plan_t;


typedef struct {
    int          fd;
    unsigned     step;
    uint64_t     number;
    char        *line;
    char         id[LOAD_VALUE];
    char         cursor[LOAD_VALUE];

    load_text_t  out;
    size_t       sent;
    load_text_t  in;
    size_t       head;           /* its length; 0: it is not complete */
    size_t       length;         /* of the body, where the head tells */
    size_t       chunk;          /* where the next chunk's size begins */
    bool         chunked;
    uint64_t     start;
} load_conn_t;


/* ends the program */
void load_die(const char *what, const char *why)
    __attribute__((noreturn));

void *load_grow(void *p, size_t size);

/* makes room for so many bytes more, and a zero behind them */
void load_reserve(load_text_t *text, size_t len);
void load_add(load_text_t *text, const char *data, size_t len);
void load_puts(load_text_t *text, const char *data);

/* the whole of a file, as a string */
char *load_file(const char *name);

/* both keep pointers into the text, and write into it */
void load_parse_plan(load_plan_t *plan, char *text);
void load_parse_data(load_plan_t *plan, char *text);

/* adds text in which what is in angle brackets stands for values of c */
void load_fill(load_conn_t *c, load_text_t *text, const char *from);


#endif /* LOAD_H */
