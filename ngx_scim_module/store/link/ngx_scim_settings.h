/*
 * The settings of a Redis server by which it can lose what it has acknowledged.
 * They are looked at after the start and after a reconnect, and reported in one
 * line for all workers.
 */

#ifndef NGX_SCIM_SETTINGS_H
#define NGX_SCIM_SETTINGS_H

#include "store/link/ngx_scim_directory.h"


#define NGX_SCIM_SETTINGS_QUESTIONS  2


typedef struct {
    ngx_scim_known_t    *known;
    ngx_str_t           *name;        /* of the server, for messages */
    ngx_log_t           *log;
    ngx_uint_t           answers;
    ngx_uint_t           faults;
    unsigned             first:1;     /* of this configuration */
} ngx_scim_settings_t;


/*
 * Returns 1 if this connection has to look at the settings: no worker has done
 * so with this configuration, or the last look was seconds ago. configuration
 * is a number that differs from one reload to the next. directory is the check
 * that this connection has passed.
 */
ngx_uint_t ngx_scim_settings_begin(ngx_scim_settings_t *settings,
    ngx_scim_directory_t *directory, ngx_uint_t configuration);

/* Sets command i, of NGX_SCIM_SETTINGS_QUESTIONS, which are sent together. */
void ngx_scim_settings_ask(ngx_uint_t i, ngx_scim_question_t *question);

/* Takes the replies in the order of the commands; the last makes the report. */
void ngx_scim_settings_answer(ngx_scim_settings_t *settings,
    redisReply *reply);

#endif /* NGX_SCIM_SETTINGS_H */
