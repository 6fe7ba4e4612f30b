/*
 * One line of the error log names the settings by which Redis can lose data.
 *
 * INFO has all of them but the fsync policy, which only CONFIG GET has. The
 * account of the module may not use CONFIG GET, because it shows passwords;
 * "scimctl doctor" looks at the policy with the account of the operator.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/link/ngx_scim_settings.h"


#define NGX_SCIM_SETTINGS_PAUSE  10      /* seconds between two looks */


typedef enum {
    NGX_SCIM_FAULT_APPEND = 1,
    NGX_SCIM_FAULT_WRITE = 2,
    NGX_SCIM_FAULT_EVICT = 4,
    NGX_SCIM_FAULT_REPLAY = 8,
    NGX_SCIM_FAULT_IDENTITY = 16,
    NGX_SCIM_FAULT_UNSEEN = 32
} ngx_scim_fault_e;


typedef struct {
    ngx_scim_fault_e     fault;
    const char          *text;
} ngx_scim_fault_text_t;


static void ngx_scim_settings_info(ngx_scim_settings_t *settings,
    redisReply *reply);
static u_char *ngx_scim_settings_field(redisReply *reply, const char *name);
static void ngx_scim_settings_replay(ngx_scim_settings_t *settings,
    redisReply *reply);
static void ngx_scim_settings_end(ngx_scim_settings_t *settings);
static void ngx_scim_settings_report(ngx_scim_settings_t *settings);


static const ngx_scim_fault_text_t  ngx_scim_fault_texts[] = {
    { NGX_SCIM_FAULT_APPEND, "\"appendonly\" is \"no\"" },
    { NGX_SCIM_FAULT_WRITE, "it could not write its append-only file" },
    { NGX_SCIM_FAULT_EVICT, "\"maxmemory-policy\" is not \"noeviction\"" },
    { NGX_SCIM_FAULT_REPLAY, "its ACL does not let user \"default\" replay the "
                             "append-only file" },
    { NGX_SCIM_FAULT_IDENTITY, "the account may not read and write "
                               "\"scim:directory\"" },
    { NGX_SCIM_FAULT_UNSEEN, "the account may not look at its settings" },
    { 0, NULL }
};


ngx_uint_t
ngx_scim_settings_begin(ngx_scim_settings_t *settings,
    ngx_scim_directory_t *directory, ngx_uint_t configuration)
{
    ngx_uint_t         due;
    ngx_scim_known_t  *known;

    known = directory->known;

    ngx_scim_known_lock(known);

    settings->first = (known->configuration != configuration);
    due = settings->first
          || ngx_time() - known->looked >= NGX_SCIM_SETTINGS_PAUSE;

    if (due) {
        known->configuration = configuration;
        known->looked = ngx_time();
    }

    ngx_scim_known_unlock(known);

    settings->known = known;
    settings->name = directory->name;
    settings->log = directory->log;
    settings->answers = 0;
    settings->faults = directory->silent ? NGX_SCIM_FAULT_IDENTITY : 0;

    return due;
}


void
ngx_scim_settings_ask(ngx_uint_t i, ngx_scim_question_t *question)
{
    question->argc = 0;

    if (i == 0) {
        ngx_scim_question_add_text(question, "INFO");
        ngx_scim_question_add_text(question, "memory");
        ngx_scim_question_add_text(question, "persistence");
        return;
    }

    /* Redis replays the writes of scripts as user "default" */

    ngx_scim_question_add_text(question, "ACL");
    ngx_scim_question_add_text(question, "DRYRUN");
    ngx_scim_question_add_text(question, "default");
    ngx_scim_question_add_text(question, "HSET");
    ngx_scim_question_add_text(question, "scim:{replay}:user:x");
    ngx_scim_question_add_text(question, "doc");
    ngx_scim_question_add_text(question, "{}");
}


void
ngx_scim_settings_answer(ngx_scim_settings_t *settings, redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR) {
        settings->faults |= NGX_SCIM_FAULT_UNSEEN;

    } else if (settings->answers == 0) {
        ngx_scim_settings_info(settings, reply);

    } else {
        ngx_scim_settings_replay(settings, reply);
    }

    if (++settings->answers == NGX_SCIM_SETTINGS_QUESTIONS) {
        ngx_scim_settings_end(settings);
    }
}


static void
ngx_scim_settings_info(ngx_scim_settings_t *settings, redisReply *reply)
{
    u_char  *value;

    value = ngx_scim_settings_field(reply, "\naof_enabled:");
    if (value != NULL && *value == '0') {
        settings->faults |= NGX_SCIM_FAULT_APPEND;
    }

    value = ngx_scim_settings_field(reply, "\naof_last_write_status:");
    if (value != NULL && *value != 'o') {
        settings->faults |= NGX_SCIM_FAULT_WRITE;
    }

    value = ngx_scim_settings_field(reply, "\nmaxmemory_policy:");
    if (value != NULL && *value != 'n') {
        settings->faults |= NGX_SCIM_FAULT_EVICT;
    }
}


/* Returns where the value of a field begins, or NULL. */

static u_char *
ngx_scim_settings_field(redisReply *reply, const char *name)
{
    u_char  *p;

    if (reply->type != REDIS_REPLY_STRING) {
        return NULL;
    }

    p = (u_char *) ngx_strstr(reply->str, name);

    return p ? p + ngx_strlen(name) : NULL;
}


/* The reply is OK, or the sentence that tells what the user may not do. */

static void
ngx_scim_settings_replay(ngx_scim_settings_t *settings, redisReply *reply)
{
    if (reply->type == REDIS_REPLY_STRING
        && !(settings->faults & NGX_SCIM_FAULT_APPEND))
    {
        settings->faults |= NGX_SCIM_FAULT_REPLAY;
    }
}


/* Reports faults that were not there at the last look. */

static void
ngx_scim_settings_end(ngx_scim_settings_t *settings)
{
    ngx_uint_t         before;
    ngx_scim_known_t  *known;

    known = settings->known;

    ngx_scim_known_lock(known);

    before = settings->first ? 0 : known->faults;
    known->faults = settings->faults;

    ngx_scim_known_unlock(known);

    if (settings->faults & ~before) {
        ngx_scim_settings_report(settings);
    }
}


static void
ngx_scim_settings_report(ngx_scim_settings_t *settings)
{
    u_char                       *p, *last, text[512];
    const ngx_scim_fault_text_t  *t;

    p = text;
    last = text + sizeof(text);

    for (t = ngx_scim_fault_texts; t->text; t++) {
        if (settings->faults & t->fault) {
            p = ngx_slprintf(p, last, "%s%s", p == text ? "" : ", ", t->text);
        }
    }

    ngx_log_error(NGX_LOG_WARN, settings->log, 0,
                  "scim: redis \"%V\" may lose data: %*s; \"scimctl doctor\" "
                  "tells what to do", settings->name, (size_t) (p - text),
                  text);
}
