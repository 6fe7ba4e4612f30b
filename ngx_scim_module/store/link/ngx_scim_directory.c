/*
 * The check of each new connection, and each second of one in use, that Redis
 * holds the directory that it held before. A server that came up empty, or with
 * other data, is not used: its clients would be told that they do not exist.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <sys/random.h>

#include "ngx_scim_scripts.h"
#include "ngx_scim_version.h"
#include "store/link/ngx_scim_directory.h"


#define NGX_SCIM_FORMAT         "1"
#define NGX_SCIM_FORMAT_KEY     "scim:format"

/* written by scimctl restore, until it has come to its end */
#define NGX_SCIM_FORMAT_RESTORING  "restoring"

#define NGX_SCIM_DIRECTORY_KEY  "scim:directory"


typedef enum {
    NGX_SCIM_DIRECTORY_NAME,       /* tells Redis the version of the module */
    NGX_SCIM_DIRECTORY_FORMAT,     /* reads the format of the data */
    NGX_SCIM_DIRECTORY_READ,       /* reads the identities of the data */
    NGX_SCIM_DIRECTORY_WRITE,      /* gives an identity to data without one */
    NGX_SCIM_DIRECTORY_DONE
} ngx_scim_directory_step_e;


static ngx_int_t ngx_scim_directory_new(ngx_scim_directory_t *directory);
static const char *ngx_scim_directory_format(redisReply *reply);
static const char *ngx_scim_directory_read(ngx_scim_directory_t *directory,
    redisReply *reply);
static void ngx_scim_directory_written(ngx_scim_directory_t *directory,
    redisReply *reply);
static u_char *ngx_scim_directory_find(redisReply *reply, const u_char *id);
static ngx_uint_t ngx_scim_directory_report(ngx_scim_known_t *known);


void
ngx_scim_directory_begin(ngx_scim_directory_t *directory,
    ngx_scim_known_t *known, ngx_str_t *name, ngx_log_t *log)
{
    directory->known = known;
    directory->name = name;
    directory->log = log;
    directory->step = NGX_SCIM_DIRECTORY_NAME;
    directory->silent = 0;
}


ngx_int_t
ngx_scim_directory_ask(ngx_scim_directory_t *directory,
    ngx_scim_question_t *question)
{
    question->argc = 0;

    if (directory->step == NGX_SCIM_DIRECTORY_WRITE
        && ngx_scim_directory_new(directory) != NGX_OK)
    {
        directory->step = NGX_SCIM_DIRECTORY_DONE;
    }

    switch (directory->step) {

    case NGX_SCIM_DIRECTORY_NAME:
        ngx_scim_question_add_text(question, "CLIENT");
        ngx_scim_question_add_text(question, "SETNAME");
        ngx_scim_question_add_text(question,
                                   "ngx_scim_module/" NGX_SCIM_VERSION);
        return NGX_OK;

    case NGX_SCIM_DIRECTORY_FORMAT:
        ngx_scim_question_add_text(question, "GET");
        ngx_scim_question_add_text(question, NGX_SCIM_FORMAT_KEY);
        return NGX_OK;

    case NGX_SCIM_DIRECTORY_READ:
        ngx_scim_known_lock(directory->known);
        directory->expected = (directory->known->id[0] != 0);
        ngx_scim_known_unlock(directory->known);

        ngx_scim_question_add_text(question, "SMEMBERS");
        ngx_scim_question_add_text(question, NGX_SCIM_DIRECTORY_KEY);
        return NGX_OK;

    case NGX_SCIM_DIRECTORY_WRITE:
        ngx_scim_question_add_text(question, "EVAL");
        ngx_scim_question_add_text(question, ngx_scim_lua_directory);
        ngx_scim_question_add_text(question, "2");
        ngx_scim_question_add_text(question, NGX_SCIM_DIRECTORY_KEY);
        ngx_scim_question_add_text(question, NGX_SCIM_FORMAT_KEY);
        ngx_scim_question_add(question, directory->fresh,
                              NGX_SCIM_IDENTITY_LEN);
        ngx_scim_question_add_text(question, NGX_SCIM_FORMAT);
        return NGX_OK;

    default:
        return NGX_DONE;
    }
}


ngx_int_t
ngx_scim_directory_again(ngx_scim_directory_t *directory,
    ngx_scim_question_t *question)
{
    if (directory->silent) {
        return NGX_DECLINED;
    }

    directory->step = NGX_SCIM_DIRECTORY_READ;

    (void) ngx_scim_directory_ask(directory, question);

    return directory->expected ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_scim_directory_new(ngx_scim_directory_t *directory)
{
    u_char  random[NGX_SCIM_IDENTITY_LEN / 2];

    if (getrandom(random, sizeof(random), 0) != sizeof(random)) {
        return NGX_ERROR;
    }

    (void) ngx_hex_dump(directory->fresh, random, sizeof(random));

    return NGX_OK;
}


const char *
ngx_scim_directory_answer(ngx_scim_directory_t *directory, redisReply *reply)
{
    const char  *why;

    why = NULL;

    switch (directory->step++) {

    case NGX_SCIM_DIRECTORY_NAME:
        /* a server that refuses the name can be used all the same */
        break;

    case NGX_SCIM_DIRECTORY_FORMAT:
        why = ngx_scim_directory_format(reply);
        break;

    case NGX_SCIM_DIRECTORY_READ:
        why = ngx_scim_directory_read(directory, reply);
        break;

    default:
        ngx_scim_directory_written(directory, reply);
        break;
    }

    return why;
}


static const char *
ngx_scim_directory_format(redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR) {
        return reply->str;
    }

    if (reply->type == REDIS_REPLY_STRING
        && ngx_strcmp(reply->str, NGX_SCIM_FORMAT) != 0)
    {
        return ngx_strcmp(reply->str, NGX_SCIM_FORMAT_RESTORING) == 0
               ? "a restore has not come to its end"
               : "the data has a format that this version does not know";
    }

    return NULL;
}


/*
 * NOPERM is no reason to refuse: accounts of earlier versions lack the key. An
 * identity that was not known when this was asked is no loss: another worker
 * wrote it since.
 */

static const char *
ngx_scim_directory_read(ngx_scim_directory_t *directory, redisReply *reply)
{
    u_char            *id;
    const char        *why;
    ngx_uint_t         first;
    ngx_scim_known_t  *known;

    if (reply->type == REDIS_REPLY_ERROR) {
        directory->silent = 1;
        directory->step = NGX_SCIM_DIRECTORY_DONE;
        return ngx_scim_reply_is_error(reply, "NOPERM") ? NULL : reply->str;
    }

    known = directory->known;
    why = NULL;
    first = 0;

    ngx_scim_known_lock(known);

    id = ngx_scim_directory_find(reply, known->id[0] ? known->id : NULL);

    if (id != NULL) {
        ngx_memcpy(known->id, id, NGX_SCIM_IDENTITY_LEN);
        known->missing = 0;
        directory->step = NGX_SCIM_DIRECTORY_DONE;

    } else if (directory->expected) {
        first = ngx_scim_directory_report(known);
        why = reply->type == REDIS_REPLY_ARRAY && reply->elements
              ? "it holds another directory than before"
              : "it came up without its directory";
    }

    ngx_scim_known_unlock(known);

    if (first) {
        ngx_log_error(NGX_LOG_ALERT, directory->log, 0,
                      "scim: redis \"%V\": %s, and is not used; restore the "
                      "data of directory %*s, or run \"scimctl adopt %*s\" if "
                      "the loss is intended; docs/troubleshooting.md has more",
                      directory->name, why,
                      (size_t) NGX_SCIM_IDENTITY_LEN, known->id,
                      (size_t) NGX_SCIM_IDENTITY_LEN, known->id);
    }

    return why;
}


/* Returns 1 for the first worker that finds the directory missing. */

static ngx_uint_t
ngx_scim_directory_report(ngx_scim_known_t *known)
{
    if (known->missing) {
        return 0;
    }

    known->missing = 1;

    return 1;
}


/*
 * A server that refuses writes can be used: a later check gives the identity.
 */

static void
ngx_scim_directory_written(ngx_scim_directory_t *directory, redisReply *reply)
{
    u_char            *id;
    ngx_scim_known_t  *known;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) {
        directory->silent = ngx_scim_reply_is_error(reply, "NOPERM");
        return;
    }

    known = directory->known;

    ngx_scim_known_lock(known);

    id = ngx_scim_directory_find(reply->element[1],
                                 known->id[0] ? known->id : NULL);

    if (id != NULL) {
        ngx_memcpy(known->id, id, NGX_SCIM_IDENTITY_LEN);
    }

    ngx_scim_known_unlock(known);

    if (reply->element[0]->type == REDIS_REPLY_INTEGER
        && reply->element[0]->integer == 1)
    {
        ngx_log_error(NGX_LOG_WARN, directory->log, 0,
                      "scim: redis \"%V\" is empty: a new directory begins, "
                      "in which no token is known", directory->name);
    }
}


/* Returns this identity in a reply, or the first if id is NULL, or NULL. */

static u_char *
ngx_scim_directory_find(redisReply *reply, const u_char *id)
{
    size_t       i;
    redisReply  *e;

    if (reply->type != REDIS_REPLY_ARRAY) {
        return NULL;
    }

    for (i = 0; i < reply->elements; i++) {
        e = reply->element[i];

        if (e->type == REDIS_REPLY_STRING
            && (size_t) e->len == NGX_SCIM_IDENTITY_LEN
            && (id == NULL
                || ngx_memcmp(e->str, id, NGX_SCIM_IDENTITY_LEN) == 0))
        {
            return (u_char *) e->str;
        }
    }

    return NULL;
}


void
ngx_scim_known_lock(ngx_scim_known_t *known)
{
    if (known->mutex != NULL) {
        ngx_shmtx_lock(known->mutex);
    }
}


void
ngx_scim_known_unlock(ngx_scim_known_t *known)
{
    if (known->mutex != NULL) {
        ngx_shmtx_unlock(known->mutex);
    }
}
