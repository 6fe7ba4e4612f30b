/*
 * The deadline of a change, by the clock of Redis: a change that was given up,
 * and answered so, must not be carried out afterwards.
 */

#ifndef NGX_SCIM_DEADLINE_H
#define NGX_SCIM_DEADLINE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/link/ngx_scim_args.h"
#include "store/link/ngx_scim_question.h"


/* begins with zeros; of one server */

typedef struct {
    int64_t       ahead;       /* of our clock is that of Redis so far; msec */
    ngx_msec_t    asked;
} ngx_scim_deadline_t;


/* Sets the question for the time of Redis, which is put now. */
void ngx_scim_deadline_ask(ngx_scim_deadline_t *deadline,
    ngx_scim_question_t *question);

/* Returns 1 if Redis should be asked for its time again. */
ngx_uint_t ngx_scim_deadline_old(ngx_scim_deadline_t *deadline);

/*
 * Takes the reply, as soon as it has come. Returns NGX_ERROR if it is not a
 * time.
 */
ngx_int_t ngx_scim_deadline_have(ngx_scim_deadline_t *deadline,
    redisReply *reply);

/*
 * Writes the deadline into the last argument of a change: the time until which
 * it is waited for, less spare for carrying it out.
 */
void ngx_scim_deadline_write(ngx_scim_deadline_t *deadline,
    ngx_scim_args_t *args, ngx_msec_t until, ngx_msec_t spare);

#endif /* NGX_SCIM_DEADLINE_H */
