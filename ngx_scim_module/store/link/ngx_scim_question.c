/*
 * Commands of the link itself, and errors in replies.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/link/ngx_scim_question.h"


void
ngx_scim_question_add(ngx_scim_question_t *question, const void *word,
    size_t len)
{
    question->argv[question->argc] = word;
    question->len[question->argc] = len;
    question->argc++;
}


ngx_uint_t
ngx_scim_reply_is_error(redisReply *reply, const char *code)
{
    return reply->type == REDIS_REPLY_ERROR
           && ngx_strncmp(reply->str, code, ngx_strlen(code)) == 0;
}


const char *
ngx_scim_reply_error(redisReply *reply)
{
    char  *quote;

    quote = strstr(reply->str, ", with args");

    if (quote != NULL) {
        *quote = '\0';
    }

    return reply->str;
}
