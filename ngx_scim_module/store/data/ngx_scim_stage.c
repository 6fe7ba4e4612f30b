/*
 * Changes of very many members: the new sets of a group are built beside the
 * current ones, one slice in each script. redis/stage.lua describes the steps.
 */

#include <ngx_config.h>
#include <sys/random.h>

#include "store/call/ngx_scim_call.h"
#include "store/call/ngx_scim_script.h"
#include "store/data/ngx_scim_resource.h"
#include "store/data/ngx_scim_stage.h"


#define NGX_SCIM_STAGE_SLICE  200
#define NGX_SCIM_STAGE_NAME   8     /* random bytes */


typedef enum {
    NGX_SCIM_STAGE_OPEN,
    NGX_SCIM_STAGE_COPY_USERS,
    NGX_SCIM_STAGE_COPY_GROUPS,
    NGX_SCIM_STAGE_REMOVE,
    NGX_SCIM_STAGE_ADD,
    NGX_SCIM_STAGE_DONE
} ngx_scim_stage_step_e;

typedef struct {
    ngx_scim_write_t       *write;
    ngx_scim_stage_step_e   step;
    ngx_str_t               cursor;
    ngx_uint_t              n;          /* of the list, so far */
} ngx_scim_stage_t;


static ngx_int_t ngx_scim_stage_name(ngx_scim_store_t *store,
    ngx_str_t *name);
static ngx_int_t ngx_scim_stage_send(ngx_scim_store_t *store,
    ngx_scim_stage_t *stage);
static void ngx_scim_stage_args(ngx_scim_stage_t *stage,
    ngx_scim_args_t *args);
static ngx_array_t *ngx_scim_stage_list(ngx_scim_stage_t *stage);
static ngx_scim_result_e ngx_scim_stage_have(ngx_scim_store_t *store,
    redisReply *reply, void *arg);
static ngx_int_t ngx_scim_stage_took(ngx_scim_store_t *store,
    ngx_scim_stage_t *stage, redisReply *reply);
static void ngx_scim_stage_next(ngx_scim_stage_t *stage);


ngx_int_t
ngx_scim_stage_build(ngx_scim_store_t *store, ngx_scim_write_t *write,
    ngx_scim_store_handler_pt handler, void *data)
{
    ngx_scim_stage_t  *stage;

    stage = ngx_pcalloc(store->pool, sizeof(ngx_scim_stage_t));
    if (stage == NULL) {
        return NGX_ERROR;
    }

    stage->write = write;
    stage->step = NGX_SCIM_STAGE_OPEN;

    if (ngx_scim_stage_name(store, &write->move) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_scim_redis_begin(store, handler, data);

    return ngx_scim_stage_send(store, stage);
}


static ngx_int_t
ngx_scim_stage_name(ngx_scim_store_t *store, ngx_str_t *name)
{
    u_char  random[NGX_SCIM_STAGE_NAME];

    ngx_str_null(name);

    if (getrandom(random, sizeof(random), 0) != sizeof(random)) {
        return NGX_ERROR;
    }

    name->data = ngx_pnalloc(store->pool, 2 * sizeof(random));
    if (name->data == NULL) {
        return NGX_ERROR;
    }

    name->len = ngx_hex_dump(name->data, random, sizeof(random)) - name->data;

    return NGX_OK;
}


static ngx_int_t
ngx_scim_stage_send(ngx_scim_store_t *store, ngx_scim_stage_t *stage)
{
    ngx_scim_args_t  *args;

    static const char  *steps[] = { "open", "copy", "copy", "remove", "add" };

    args = ngx_scim_script_args(store, NGX_SCIM_SCRIPT_STAGE,
                                8 + (stage->step < NGX_SCIM_STAGE_REMOVE
                                     ? 0 : NGX_SCIM_STAGE_SLICE));

    ngx_scim_args_add_text(args, steps[stage->step]);
    ngx_scim_args_add_str(args, &stage->write->id);
    ngx_scim_args_add_text(args, NGX_SCIM_MOVE_LEASE);
    ngx_scim_args_add_str(args, &stage->write->move);
    ngx_scim_stage_args(stage, args);

    return ngx_scim_redis_send(store, args, ngx_scim_stage_have, stage);
}


static void
ngx_scim_stage_args(ngx_scim_stage_t *stage, ngx_scim_args_t *args)
{
    ngx_str_t         *id;
    ngx_uint_t         n;
    ngx_array_t       *list;
    ngx_scim_write_t  *w;

    w = stage->write;

    if (stage->step == NGX_SCIM_STAGE_OPEN) {
        ngx_scim_args_add_text(args, w->create ? "create"
                                     : w->clear_members ? "set" : "keep");
        ngx_scim_args_add_str(args, &w->limits);
        return;
    }

    list = ngx_scim_stage_list(stage);

    if (list == NULL) {
        ngx_scim_args_add_text(args, stage->step == NGX_SCIM_STAGE_COPY_USERS
                                     ? "users" : "groups");
        ngx_scim_args_add_str(args, &stage->cursor);
        return;
    }

    id = list->elts;
    n = ngx_min(NGX_SCIM_STAGE_SLICE, list->nelts - stage->n);

    ngx_scim_args_add_strs(args, id + stage->n, n);
    stage->n += n;
}


static ngx_array_t *
ngx_scim_stage_list(ngx_scim_stage_t *stage)
{
    switch (stage->step) {

    case NGX_SCIM_STAGE_REMOVE:
        return &stage->write->remove;

    case NGX_SCIM_STAGE_ADD:
        return &stage->write->add;

    default:
        return NULL;
    }
}


static ngx_scim_result_e
ngx_scim_stage_have(ngx_scim_store_t *store, redisReply *reply, void *arg)
{
    ngx_scim_stage_t *stage = arg;

    ngx_scim_result_e  result;

    result = ngx_scim_script_result(store, reply, &stage->write->name);

    if (result != NGX_SCIM_STORE_OK) {
        return result;
    }

    if (ngx_scim_stage_took(store, stage, reply) != NGX_OK) {
        return NGX_SCIM_STORE_FAILED;
    }

    ngx_scim_stage_next(stage);

    if (stage->step == NGX_SCIM_STAGE_DONE) {
        return NGX_SCIM_STORE_OK;
    }

    return ngx_scim_stage_send(store, stage) == NGX_OK
           ? NGX_SCIM_STORE_OK : NGX_SCIM_STORE_FAILED;
}


static ngx_int_t
ngx_scim_stage_took(ngx_scim_store_t *store, ngx_scim_stage_t *stage,
    redisReply *reply)
{
    if (stage->step != NGX_SCIM_STAGE_COPY_USERS
        && stage->step != NGX_SCIM_STAGE_COPY_GROUPS)
    {
        return NGX_OK;
    }

    if (reply->elements != 2) {
        return NGX_ERROR;
    }

    return ngx_scim_reply_str(store, reply->element[1], &stage->cursor);
}


/* Begins the next slice, or the next step that has one. */

static void
ngx_scim_stage_next(ngx_scim_stage_t *stage)
{
    ngx_array_t  *list;

    static ngx_str_t  start = ngx_string("0");

    if (stage->step == NGX_SCIM_STAGE_OPEN) {
        stage->cursor = start;
        stage->step = (stage->write->create || stage->write->clear_members)
                      ? NGX_SCIM_STAGE_REMOVE : NGX_SCIM_STAGE_COPY_USERS;

    } else if (stage->step < NGX_SCIM_STAGE_REMOVE
               && stage->cursor.len == 1 && stage->cursor.data[0] == '0')
    {
        stage->step++;
    }

    for (list = ngx_scim_stage_list(stage);
         list != NULL && stage->n == list->nelts;
         list = ngx_scim_stage_list(stage))
    {
        stage->step++;
        stage->n = 0;
    }
}
