/*
 * The first commands of a new connection: the account, the database, and
 * whether its data is what it was.
 */

#ifndef NGX_SCIM_HANDSHAKE_H
#define NGX_SCIM_HANDSHAKE_H

#include "store/link/ngx_scim_directory.h"


/* of one connection */

typedef struct {
    ngx_scim_redis_conf_t   *conf;
    ngx_scim_directory_t     directory;
    ngx_uint_t               step;
    u_char                   db[NGX_INT_T_LEN];
} ngx_scim_handshake_t;


/* begins the handshake of a new connection */
void ngx_scim_handshake_begin(ngx_scim_handshake_t *shake,
    ngx_scim_redis_conf_t *conf, ngx_scim_known_t *known, ngx_log_t *log);

/*
 * Sets the next command, which lives until its answer. NGX_DONE: there is none,
 * and the server can be used.
 */
ngx_int_t ngx_scim_handshake_ask(ngx_scim_handshake_t *shake,
    ngx_scim_question_t *question);

/*
 * Takes the reply to that command. NULL, or why the server must not be used, in
 * a text that lives as long as the reply.
 */
const char *ngx_scim_handshake_answer(ngx_scim_handshake_t *shake,
    redisReply *reply);

#endif /* NGX_SCIM_HANDSHAKE_H */
