/*
 * Commands that the link itself sends, and errors in replies.
 */

#ifndef NGX_SCIM_QUESTION_H
#define NGX_SCIM_QUESTION_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <hiredis/hiredis.h>


#define NGX_SCIM_QUESTION_ARGS  7


/* a command, which lives until its reply has come */

typedef struct {
    int                  argc;
    const char          *argv[NGX_SCIM_QUESTION_ARGS];
    size_t               len[NGX_SCIM_QUESTION_ARGS];
} ngx_scim_question_t;


/* Adds a word to a command. */
void ngx_scim_question_add(ngx_scim_question_t *question, const void *word,
    size_t len);

#define ngx_scim_question_add_text(question, text)                            \
    ngx_scim_question_add(question, text, sizeof(text) - 1)

/* Returns 1 if a reply is an error of this code. */
ngx_uint_t ngx_scim_reply_is_error(redisReply *reply, const char *code);

/*
 * Returns the text of an error, without arguments of the command that it may
 * quote.
 */
const char *ngx_scim_reply_error(redisReply *reply);

#endif /* NGX_SCIM_QUESTION_H */
