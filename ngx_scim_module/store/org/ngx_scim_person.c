/*
 * A person who wants to pass: redis/permit.lua.
 */

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_call.h"
#include "store/call/ngx_scim_script.h"
#include "store/org/ngx_scim_person.h"


static ngx_scim_result_e ngx_scim_person_have(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_int_t ngx_scim_person_state(redisReply *word,
    ngx_scim_person_t *person);


static const char  *ngx_scim_person_words[] = {
    [NGX_SCIM_PERSON_OK] = "ok",
    [NGX_SCIM_PERSON_UNKNOWN] = "none",
    [NGX_SCIM_PERSON_AMBIGUOUS] = "ambiguous",
    [NGX_SCIM_PERSON_INACTIVE] = "inactive",
    [NGX_SCIM_PERSON_OUTSIDE] = "outside"
};


ngx_int_t
ngx_scim_person_read(ngx_scim_store_t *store,
    const ngx_scim_person_wanted_t *wanted, ngx_str_t *value,
    ngx_scim_person_t *person, ngx_scim_store_handler_pt handler, void *data)
{
    ngx_scim_args_t  *args;

    args = ngx_scim_script_args(store, NGX_SCIM_SCRIPT_PERMIT,
                                3 + wanted->groups.nelts);

    ngx_scim_args_add(args, wanted->kind.data, wanted->kind.len);
    ngx_scim_args_add(args, wanted->index.data, wanted->index.len);
    ngx_scim_args_add_str(args, value);
    ngx_scim_args_add_strs(args, wanted->groups.elts, wanted->groups.nelts);

    ngx_scim_redis_begin(store, handler, data);

    return ngx_scim_redis_send(store, args, ngx_scim_person_have, person);
}


static ngx_scim_result_e
ngx_scim_person_have(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_scim_person_t *person = arg;

    size_t        i, n;
    ngx_str_t    *name;
    redisReply  **e;

    e = reply->element;
    n = reply->elements;

    if (reply->type != REDIS_REPLY_ARRAY || n == 0
        || ngx_scim_person_state(e[0], person) != NGX_OK
        || (n > 1 && ngx_scim_reply_str(store, e[1], &person->id) != NGX_OK)
        || (n > 2 && ngx_scim_reply_str(store, e[2], &person->doc) != NGX_OK)
        || (person->state == NGX_SCIM_PERSON_OK && n < 3)
        || ngx_array_init(&person->groups, store->pool, n, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NGX_SCIM_STORE_FAILED;
    }

    for (i = 3; i < n; i++) {
        name = ngx_array_push(&person->groups);

        if (ngx_scim_reply_str(store, e[i], name) != NGX_OK) {
            return NGX_SCIM_STORE_FAILED;
        }
    }

    return NGX_SCIM_STORE_OK;
}


static ngx_int_t
ngx_scim_person_state(redisReply *word, ngx_scim_person_t *person)
{
    ngx_uint_t  i;

    for (i = 0; word->type == REDIS_REPLY_STRING
                && i < sizeof(ngx_scim_person_words) / sizeof(char *); i++)
    {
        if (ngx_strcmp(word->str, ngx_scim_person_words[i]) == 0) {
            person->state = i;
            return NGX_OK;
        }
    }

    return NGX_ERROR;
}
