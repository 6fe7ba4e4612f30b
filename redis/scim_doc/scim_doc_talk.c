/*
 * Sends questions to Redis through redis-cli, and reads the replies. A
 * question is a call of backup.lua, which describes the lines of a reply.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scim_doc_backup.h"


void
doc_ask(doc_backup_t *b, const char *org, doc_answer_pt take, ...)
{
    va_list      words;
    const char  *word;

    doc_ask_begin(b, org);

    va_start(words, take);

    while ((word = va_arg(words, const char *)) != NULL) {
        doc_ask_word(b, word);
    }

    va_end(words);

    doc_ask_end(b, take);
}


void
doc_ask_begin(doc_backup_t *b, const char *org)
{
    doc_text_t  *text;

    text = &b->d->batch;
    text->len = 0;

    doc_append_text(text, b->d->command);
    doc_append_text(text, " scim:{");
    doc_append_text(text, org);
    doc_append_text(text, "}: ");
    doc_append_text(text, org);
}


/* words are names, ids and numbers: nothing in them is to be quoted, but that
   one may be empty */

void
doc_ask_word(doc_backup_t *b, const char *word)
{
    doc_append_text(&b->d->batch, " \"");
    doc_append_text(&b->d->batch, word);
    doc_append_text(&b->d->batch, "\"");
}


void
doc_ask_end(doc_backup_t *b, doc_answer_pt take)
{
    ssize_t      len;
    doc_text_t  *text;

    static char    *line;
    static size_t   size;

    text = &b->d->batch;
    doc_append_text(text, "\n");

    if (fwrite(text->data, 1, text->len, stdout) != text->len
        || fflush(stdout) != 0)
    {
        doc_fatal("redis-cli", "it has ended");
    }

    for ( ;; ) {
        len = getline(&line, &size, stdin);
        if (len <= 0) {
            doc_fatal("Redis", "no answer");
        }

        if (line[len - 1] == '\n') {
            line[--len] = '\0';
        }

        if (strcmp(line, "@.") == 0) {
            return;
        }

        if (len == 0) {
            continue;
        }

        if (line[0] != '@' || len < 2) {
            doc_fatal("Redis", line);
        }

        if (take != NULL) {
            take(b, line[1], line + (line[2] == ' ' ? 3 : 2));
        }
    }
}


char *
doc_word(char **text)
{
    char  *word, *end;

    word = *text;
    end = strchr(word, ' ');

    if (end == NULL) {
        *text = word + strlen(word);

    } else {
        *end = '\0';
        *text = end + 1;
    }

    return word;
}
