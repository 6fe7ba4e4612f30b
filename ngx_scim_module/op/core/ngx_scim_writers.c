/*
 * The queue of each resource that is being changed. A tree of the worker has those
 * resources, each with the changes that wait.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "op/core/ngx_scim_writers.h"


#define NGX_SCIM_WRITERS_MOST  1000    /* that wait for one resource */
#define NGX_SCIM_WRITERS_WAIT  10000   /* msec, at most */
#define NGX_SCIM_WRITERS_POOL  16384   /* bytes */


/* a resource that is being changed; on the heap */

typedef struct {
    ngx_str_node_t            node;
    ngx_queue_t               waiting;    /* of ngx_scim_writer_t */
    ngx_uint_t                n;
} ngx_scim_written_t;


struct ngx_scim_writer_s {
    ngx_scim_op_t            *op;
    ngx_scim_written_t       *resource;   /* NULL: it does not take part */
    ngx_queue_t               queue;
    ngx_event_t               event;
    ngx_connection_t          timer;      /* what the event belongs to */
    ngx_pool_t               *pool;       /* of an attempt after the first */
    unsigned                  waiting:1;
};


static ngx_int_t ngx_scim_writers_join(ngx_scim_writer_t *writer);
static ngx_str_t ngx_scim_writers_key(ngx_scim_op_t *op);
static ngx_scim_written_t *ngx_scim_writers_add(ngx_str_t *key, uint32_t hash,
    ngx_log_t *log);
static void ngx_scim_writers_wait(ngx_scim_writer_t *writer);
static void ngx_scim_writers_event(ngx_event_t *ev);
static void ngx_scim_writers_stop(ngx_scim_writer_t *writer);
static ngx_int_t ngx_scim_writers_again(ngx_scim_writer_t *writer);
static void ngx_scim_writers_cleanup(void *data);


static ngx_rbtree_t       ngx_scim_writers;
static ngx_rbtree_node_t  ngx_scim_writers_sentinel;


void
ngx_scim_writers_begin(ngx_scim_op_t *op, ngx_scim_op_pt step)
{
    ngx_int_t           rc;
    ngx_scim_writer_t  *writer;

    writer = op->writer;

    if (writer == NULL) {
        writer = ngx_pcalloc(op->store.pool, sizeof(ngx_scim_writer_t));
        if (writer == NULL) {
            ngx_scim_op_nomem(op);
            return;
        }

        writer->op = op;
        op->writer = writer;
    }

    rc = ngx_scim_writers_again(writer);

    if (rc == NGX_OK && writer->resource == NULL) {
        rc = ngx_scim_writers_join(writer);
    }

    switch (rc) {

    case NGX_OK:
        step(op);
        break;

    case NGX_AGAIN:
        op->step = step;
        break;

    case NGX_BUSY:
        ngx_scim_writers_busy(op);
        break;

    default:
        ngx_scim_op_nomem(op);
    }
}


void
ngx_scim_writers_end(ngx_scim_op_t *op)
{
    ngx_queue_t         *q;
    ngx_scim_writer_t   *writer, *next;
    ngx_scim_written_t  *resource;

    writer = op->writer;

    if (writer == NULL || writer->resource == NULL) {
        return;
    }

    resource = writer->resource;
    writer->resource = NULL;

    ngx_scim_writers_stop(writer);

    if (writer->waiting) {
        writer->waiting = 0;
        ngx_queue_remove(&writer->queue);
        resource->n--;
        return;
    }

    if (ngx_queue_empty(&resource->waiting)) {
        ngx_rbtree_delete(&ngx_scim_writers, &resource->node.node);
        ngx_free(resource);
        return;
    }

    q = ngx_queue_head(&resource->waiting);
    ngx_queue_remove(q);
    resource->n--;

    /*
     * Its timer stays, because a worker that is to exit waits for timers and not
     * for posted events.
     */

    next = ngx_queue_data(q, ngx_scim_writer_t, queue);
    next->waiting = 0;

    ngx_post_event(&next->event, &ngx_posted_next_events);
}


/* Returns NGX_OK (the change may begin), NGX_AGAIN (it waits) or NGX_BUSY. */

static ngx_int_t
ngx_scim_writers_join(ngx_scim_writer_t *writer)
{
    uint32_t             hash;
    ngx_str_t            key;
    ngx_scim_written_t  *resource;

    if (ngx_scim_writers.root == NULL) {
        ngx_rbtree_init(&ngx_scim_writers, &ngx_scim_writers_sentinel,
                        ngx_str_rbtree_insert_value);
    }

    key = ngx_scim_writers_key(writer->op);
    if (key.data == NULL) {
        return NGX_ERROR;
    }

    hash = ngx_crc32_short(key.data, key.len);

    resource = (ngx_scim_written_t *)
                   ngx_str_rbtree_lookup(&ngx_scim_writers, &key, hash);

    if (resource == NULL) {
        writer->resource = ngx_scim_writers_add(&key, hash,
                                                writer->op->store.log);
        return writer->resource ? NGX_OK : NGX_ERROR;
    }

    if (resource->n == NGX_SCIM_WRITERS_MOST) {
        return NGX_BUSY;
    }

    writer->resource = resource;
    ngx_scim_writers_wait(writer);

    return NGX_AGAIN;
}


/* Returns a string without data if there is no memory. */

static ngx_str_t
ngx_scim_writers_key(ngx_scim_op_t *op)
{
    ngx_str_t  key;

    key.data = ngx_pnalloc(op->store.pool, op->store.tenant.len
                                           + op->type->key.len + op->id.len
                                           + 2);

    key.len = key.data ? ngx_sprintf(key.data, "%V:%V:%V", &op->store.tenant,
                                     &op->type->key, &op->id) - key.data
                       : 0;
    return key;
}


static ngx_scim_written_t *
ngx_scim_writers_add(ngx_str_t *key, uint32_t hash, ngx_log_t *log)
{
    ngx_scim_written_t  *resource;

    resource = ngx_alloc(sizeof(ngx_scim_written_t) + key->len, log);
    if (resource == NULL) {
        return NULL;
    }

    resource->node.node.key = hash;
    resource->node.str.len = key->len;
    resource->node.str.data = (u_char *) resource + sizeof(ngx_scim_written_t);
    ngx_memcpy(resource->node.str.data, key->data, key->len);

    resource->n = 0;
    ngx_queue_init(&resource->waiting);

    ngx_rbtree_insert(&ngx_scim_writers, &resource->node.node);

    return resource;
}


static void
ngx_scim_writers_wait(ngx_scim_writer_t *writer)
{
    writer->waiting = 1;
    writer->resource->n++;
    ngx_queue_insert_tail(&writer->resource->waiting, &writer->queue);

    writer->timer.fd = (ngx_socket_t) -1;
    writer->timer.data = writer;

    writer->event.data = &writer->timer;
    writer->event.handler = ngx_scim_writers_event;
    writer->event.log = writer->op->store.log;

    ngx_add_timer(&writer->event, NGX_SCIM_WRITERS_WAIT);
}


/* The change may begin, or it has waited for too long. */

static void
ngx_scim_writers_event(ngx_event_t *ev)
{
    ngx_scim_op_t      *op;
    ngx_connection_t   *c;
    ngx_scim_writer_t  *writer;

    c = ev->data;
    writer = c->data;
    op = writer->op;

    ngx_scim_writers_stop(writer);

    if (writer->waiting) {
        op->step = ngx_scim_writers_busy;
    }

    ngx_scim_op_resume(op, NGX_SCIM_STORE_OK);
}


static void
ngx_scim_writers_stop(ngx_scim_writer_t *writer)
{
    if (writer->event.timer_set) {
        ngx_del_timer(&writer->event);
    }

    if (writer->event.posted) {
        ngx_delete_posted_event(&writer->event);
    }
}


/*
 * Frees what an attempt allocated that lost a race. Members that it staged are
 * kept, because the next attempt can use them.
 */

static ngx_int_t
ngx_scim_writers_again(ngx_scim_writer_t *writer)
{
    ngx_scim_op_t       *op;
    ngx_pool_cleanup_t  *cln;

    op = writer->op;

    if (op->retries == 0 || op->write.move.len > 0) {
        return NGX_OK;
    }

    if (writer->pool != NULL) {
        ngx_destroy_pool(writer->pool);
        writer->pool = NULL;

    } else {
        cln = ngx_pool_cleanup_add(op->store.pool, 0);
        if (cln == NULL) {
            return NGX_ERROR;
        }

        cln->handler = ngx_scim_writers_cleanup;
        cln->data = writer;
    }

    writer->pool = ngx_create_pool(NGX_SCIM_WRITERS_POOL, op->store.log);
    op->store.pool = writer->pool;

    return writer->pool ? NGX_OK : NGX_ERROR;
}


static void
ngx_scim_writers_cleanup(void *data)
{
    ngx_scim_writer_t *writer = data;

    if (writer->pool != NULL) {
        ngx_destroy_pool(writer->pool);
    }
}


void
ngx_scim_writers_busy(ngx_scim_op_t *op)
{
    ngx_scim_op_error(op, 503, SCIM_TYPE_NONE,
                      "Too many changes of this resource at the same time, "
                      "try again later");
}
