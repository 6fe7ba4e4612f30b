/*
 * The clock of Redis.
 */

#include "store/link/ngx_scim_args.h"
#include "store/link/ngx_scim_deadline.h"


#define NGX_SCIM_DEADLINE_VALID  1000   /* msec: clocks are set, and drift */


void
ngx_scim_deadline_ask(ngx_scim_deadline_t *deadline,
    ngx_scim_question_t *question)
{
    question->argc = 0;
    ngx_scim_question_add(question, "TIME", 4);

    deadline->asked = ngx_current_msec;
}


ngx_uint_t
ngx_scim_deadline_old(ngx_scim_deadline_t *deadline)
{
    return ngx_current_msec - deadline->asked >= NGX_SCIM_DEADLINE_VALID;
}


/*
 * The estimate is rather too early than too late, because the reply was on its
 * way for some time. If this pass of the event loop has taken long,
 * ngx_current_msec would be too early.
 */

ngx_int_t
ngx_scim_deadline_have(ngx_scim_deadline_t *deadline, redisReply *reply)
{
    redisReply  **time;

    time = reply->element;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || time[0]->type != REDIS_REPLY_STRING
        || time[1]->type != REDIS_REPLY_STRING)
    {
        return NGX_ERROR;
    }

    ngx_time_update();

    deadline->ahead = (int64_t) strtoll(time[0]->str, NULL, 10) * 1000
                      + strtol(time[1]->str, NULL, 10) / 1000
                      - (int64_t) ngx_current_msec - 1;

    return NGX_OK;
}


void
ngx_scim_deadline_write(ngx_scim_deadline_t *deadline, ngx_scim_args_t *args,
    ngx_msec_t until, ngx_msec_t spare)
{
    int64_t  last;

    last = deadline->ahead + (int64_t) until - (int64_t) spare;

    args->argvlen[args->argc - 1] = ngx_sprintf(args->last, "%L", last)
                                    - args->last;
}
