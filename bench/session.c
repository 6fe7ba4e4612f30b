/*
 * The session file of bench/load and its data, and requests made of them.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"


void
load_die(const char *what, const char *why)
{
    fprintf(stderr, "load: %s: %s\n", what, why);
    exit(1);
}


void *
load_grow(void *p, size_t size)
{
    void  *grown;

    grown = realloc(p, size);
    if (grown == NULL) {
        load_die("realloc", strerror(errno));
    }

    return grown;
}


void
load_reserve(load_text_t *text, size_t len)
{
    if (text->len + len + 1 > text->size) {
        text->size = (text->len + len + 1) * 2;
        text->data = load_grow(text->data, text->size);
    }
}


void
load_add(load_text_t *text, const char *data, size_t len)
{
    load_reserve(text, len);
    memcpy(text->data + text->len, data, len);
    text->len += len;
    text->data[text->len] = '\0';
}


void
load_puts(load_text_t *text, const char *data)
{
    load_add(text, data, strlen(data));
}


char *
load_file(const char *name)
{
    FILE         *file;
    size_t        n;
    load_text_t   text = { 0 };

    file = fopen(name, "r");
    if (file == NULL) {
        load_die(name, strerror(errno));
    }

    do {
        load_reserve(&text, 65536);
        n = fread(text.data + text.len, 1, 65536, file);
        text.len += n;
    } while (n == 65536);

    if (ferror(file)) {
        load_die(name, strerror(errno));
    }

    text.data[text.len] = '\0';
    fclose(file);

    return text.data;
}


static load_step_t *
load_parse_step(load_plan_t *plan, char *line)
{
    char         *repeat;
    load_step_t  *step;

    if (plan->nsteps == LOAD_STEPS) {
        load_die("session", "too many steps");
    }

    step = &plan->steps[plan->nsteps++];

    step->method = strtok(line, " ");
    step->path = strtok(NULL, " ");
    step->status = strtok(NULL, " ");
    repeat = strtok(NULL, " ");

    if (step->status == NULL) {
        load_die("session", "a step is method, path, and status");
    }

    step->repeat = (repeat != NULL);
    plan->cursors |= step->repeat;

    return step;
}


void
load_parse_plan(load_plan_t *plan, char *text)
{
    char         *line;
    load_step_t  *step;

    step = NULL;

    while ((line = strsep(&text, "\n")) != NULL) {

        if (strncmp(line, "H ", 2) == 0) {
            load_puts(&plan->headers, line + 2);
            load_puts(&plan->headers, "\r\n");

        } else if (strncmp(line, "> ", 2) == 0) {
            step = load_parse_step(plan, line + 2);

        } else if (*line == '\0') {
            continue;

        } else if (step == NULL) {
            load_die("session", "it does not begin with a step");

        } else if (strncmp(line, "? ", 2) == 0) {
            step->want = line + 2;

        } else {
            step->body = line;
        }
    }
}


void
load_parse_data(load_plan_t *plan, char *text)
{
    char    *line;
    size_t   max;

    max = 0;

    while ((line = strsep(&text, "\n")) != NULL) {
        if (*line == '\0') {
            continue;
        }

        if (plan->nlines == max) {
            max = max * 2 + 1024;
            plan->lines = load_grow(plan->lines, max * sizeof(char *));
        }

        plan->lines[plan->nlines++] = line;
    }
}


static void
load_add_column(load_text_t *text, const char *line, unsigned column)
{
    while (line != NULL && --column > 0) {
        line = strchr(line, '\t');
        line = (line != NULL) ? line + 1 : NULL;
    }

    if (line == NULL) {
        load_die("data", "a column is missing");
    }

    load_add(text, line, strcspn(line, "\t"));
}


/* Returns the length of the name in brackets, or 0 if it is something else. */
static size_t
load_add_value(load_conn_t *c, load_text_t *text, const char *name)
{
    int   len;
    char  buf[32];

    if (strncmp(name, "<n>", 3) == 0) {
        len = snprintf(buf, sizeof(buf), "%llu",
                       (unsigned long long) c->number);
        load_add(text, buf, len);
        return 3;
    }

    if (name[1] >= '1' && name[1] <= '0' + LOAD_COLUMNS && name[2] == '>') {
        load_add_column(text, c->line, name[1] - '0');
        return 3;
    }

    if (strncmp(name, "<id>", 4) == 0) {
        load_puts(text, c->id);
        return 4;
    }

    if (strncmp(name, "<cursor>", 8) == 0) {
        load_puts(text, c->cursor);
        return 8;
    }

    return 0;
}


void
load_fill(load_conn_t *c, load_text_t *text, const char *from)
{
    size_t  n;

    for ( ;; ) {
        n = strcspn(from, "<");
        load_add(text, from, n);
        from += n;

        if (*from == '\0') {
            return;
        }

        n = load_add_value(c, text, from);

        if (n == 0) {
            load_add(text, from, 1);
            n = 1;
        }

        from += n;
    }
}
