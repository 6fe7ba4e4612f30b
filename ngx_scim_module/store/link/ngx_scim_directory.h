/*
 * The directory of a Redis server: the format of its data, and the identity by
 * which nginx knows that the data is still the same after a reconnect.
 */

#ifndef NGX_SCIM_DIRECTORY_H
#define NGX_SCIM_DIRECTORY_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/link/ngx_scim_question.h"
#include "store/link/ngx_scim_server.h"


/* the check of one connection */

typedef struct {
    ngx_scim_known_t    *known;
    ngx_str_t           *name;       /* of the server, for messages */
    ngx_log_t           *log;
    ngx_uint_t           step;
    u_char               fresh[NGX_SCIM_IDENTITY_LEN];   /* a new identity */
    unsigned             silent:1;   /* the account may not ask */
    unsigned             expected:1; /* an identity was known before */
} ngx_scim_directory_t;


/* Begins the check of a new connection. */
void ngx_scim_directory_begin(ngx_scim_directory_t *directory,
    ngx_scim_known_t *known, ngx_str_t *name, ngx_log_t *log);

/*
 * Sets the next command of the check. Returns NGX_OK, or NGX_DONE if the check
 * is at its end and the server can be used.
 */
ngx_int_t ngx_scim_directory_ask(ngx_scim_directory_t *directory,
    ngx_scim_question_t *question);

/*
 * Takes the reply to that command. Returns NULL, or why the server must not be
 * used. Nothing was written to a server that is refused.
 */
const char *ngx_scim_directory_answer(ngx_scim_directory_t *directory,
    redisReply *reply);

/*
 * Sets the question whether a server in use still holds the directory: the
 * data can be flushed or swapped while a connection stands. Its reply goes to
 * ngx_scim_directory_answer(). Returns NGX_OK, or NGX_DECLINED if there is
 * nothing to compare.
 */
ngx_int_t ngx_scim_directory_again(ngx_scim_directory_t *directory,
    ngx_scim_question_t *question);

/* These two guard each access to the fields of known. */
void ngx_scim_known_lock(ngx_scim_known_t *known);
void ngx_scim_known_unlock(ngx_scim_known_t *known);

#endif /* NGX_SCIM_DIRECTORY_H */
