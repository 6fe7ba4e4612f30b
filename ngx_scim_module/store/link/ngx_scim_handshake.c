/*
 * The handshake: AUTH and SELECT where the configuration asks for them, then
 * the check of the directory.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/link/ngx_scim_handshake.h"


typedef enum {
    NGX_SCIM_HANDSHAKE_AUTH,
    NGX_SCIM_HANDSHAKE_SELECT,
    NGX_SCIM_HANDSHAKE_DIRECTORY
} ngx_scim_handshake_step_e;


static void ngx_scim_handshake_auth(ngx_scim_redis_conf_t *conf,
    ngx_scim_question_t *question);
static void ngx_scim_handshake_select(ngx_scim_handshake_t *shake,
    ngx_scim_question_t *question);


void
ngx_scim_handshake_begin(ngx_scim_handshake_t *shake,
    ngx_scim_redis_conf_t *conf, ngx_scim_known_t *known, ngx_log_t *log)
{
    shake->conf = conf;
    shake->step = conf->password.len ? NGX_SCIM_HANDSHAKE_AUTH
                  : conf->db ? NGX_SCIM_HANDSHAKE_SELECT
                  : NGX_SCIM_HANDSHAKE_DIRECTORY;

    ngx_scim_directory_begin(&shake->directory, known, &conf->name, log);
}


ngx_int_t
ngx_scim_handshake_ask(ngx_scim_handshake_t *shake,
    ngx_scim_question_t *question)
{
    question->argc = 0;

    switch (shake->step) {

    case NGX_SCIM_HANDSHAKE_AUTH:
        ngx_scim_handshake_auth(shake->conf, question);
        return NGX_OK;

    case NGX_SCIM_HANDSHAKE_SELECT:
        ngx_scim_handshake_select(shake, question);
        return NGX_OK;

    default:
        return ngx_scim_directory_ask(&shake->directory, question);
    }
}


const char *
ngx_scim_handshake_answer(ngx_scim_handshake_t *shake, redisReply *reply)
{
    if (shake->step == NGX_SCIM_HANDSHAKE_DIRECTORY) {
        return ngx_scim_directory_answer(&shake->directory, reply);
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        return ngx_scim_reply_error(reply);
    }

    shake->step = (shake->step == NGX_SCIM_HANDSHAKE_AUTH && shake->conf->db)
                  ? NGX_SCIM_HANDSHAKE_SELECT
                  : NGX_SCIM_HANDSHAKE_DIRECTORY;

    return NULL;
}


static void
ngx_scim_handshake_auth(ngx_scim_redis_conf_t *conf,
    ngx_scim_question_t *question)
{
    ngx_scim_question_add(question, "AUTH", 4);

    if (conf->user.len) {
        ngx_scim_question_add(question, conf->user.data, conf->user.len);
    }

    ngx_scim_question_add(question, conf->password.data, conf->password.len);
}


static void
ngx_scim_handshake_select(ngx_scim_handshake_t *shake,
    ngx_scim_question_t *question)
{
    u_char  *last;

    last = ngx_sprintf(shake->db, "%ui", shake->conf->db);

    ngx_scim_question_add(question, "SELECT", 6);
    ngx_scim_question_add(question, shake->db, last - shake->db);
}
