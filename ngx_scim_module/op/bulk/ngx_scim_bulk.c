/*
 * Bulk (RFC 7644, section 3.7): each entry is an operation of its own, and the
 * bulk is its caller. Entries that do not need each other run side by side;
 * one that refers to another by bulkId, or is about the same resource as one
 * before it, waits for that. With failOnErrors they run one after the other, in
 * the order of the request as far as references let them.
 *
 * Only a few run at a time, and only a few start in one pass of the event loop,
 * so that a bulk of many does not keep the worker, or Redis, from others. Each
 * has a pool of its own, which ends with it: a thousand documents in one pool
 * would be hundreds of megabytes, and freeing those at once takes long.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "op/core/ngx_scim_op.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json.h"
#include "scim/json/scim_json_print.h"
#include "scim/schema/scim_schema.h"


#define NGX_SCIM_BULK_PARALLEL  8
#define NGX_SCIM_BULK_BUSY      2       /* of them, beside other requests */
#define NGX_SCIM_BULK_PASS      8       /* entries started without a pause */
#define NGX_SCIM_BULK_GUARD     60000   /* msec, longer than any pause */
#define NGX_SCIM_BULK_POOL      16384   /* bytes; of one entry */
#define NGX_SCIM_BULK_REF       "bulkId:"
#define NGX_SCIM_BULK_HEAD                                                    \
    "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:BulkResponse\"],"   \
    "\"Operations\":["
#define NGX_SCIM_BULK_TAIL      "]}"


typedef enum {
    NGX_SCIM_ENTRY_WAITING,
    NGX_SCIM_ENTRY_RUNNING,
    NGX_SCIM_ENTRY_DONE
} ngx_scim_entry_state_e;


typedef struct ngx_scim_bulk_s  ngx_scim_bulk_t;

typedef struct ngx_scim_entry_s  ngx_scim_entry_t;
typedef struct ngx_scim_edge_s   ngx_scim_edge_t;

/* one entry waits for another */

struct ngx_scim_edge_s {
    ngx_scim_entry_t         *waiting;
    ngx_scim_edge_t          *next;
};

struct ngx_scim_entry_s {
    ngx_queue_t               queue;        /* in bulk->ready */
    ngx_scim_bulk_t          *bulk;
    ngx_scim_entry_state_e    state;
    ngx_uint_t                waits;        /* for so many others */
    ngx_scim_edge_t          *edges;        /* those that wait for this one */
    const char               *method;
    const char               *bulk_id;      /* "" if there is none */
    const char               *path;
    const char               *version;      /* "" if there is none */
    cJSON                    *data;

    /* when it is done */

    const char               *answer;
    const char               *id;           /* of what it has created */

    ngx_scim_op_pt            operation;
    ngx_pool_t               *pool;         /* of the operation */
    ngx_scim_op_t             op;
};

struct ngx_scim_bulk_s {
    ngx_scim_op_t            *op;
    ngx_scim_entry_t         *entries;
    ngx_uint_t                n;
    ngx_scim_entry_t        **created;      /* by bulkId: the POSTs */
    ngx_uint_t                ncreated;
    ngx_queue_t               ready;        /* of ngx_scim_entry_t */
    ngx_uint_t                first;        /* all before it have started */
    ngx_uint_t                running;
    ngx_uint_t                errors;
    ngx_uint_t                fail_on_errors;    /* 0: never stops */
    ngx_event_t               pause;
    ngx_connection_t          timer;        /* its events belong to this */
    unsigned                  scheduling:1;
};

typedef struct {
    const char               *method;
    ngx_uint_t                item;         /* of a resource, not of a type */
    ngx_scim_op_pt            operation;
} ngx_scim_bulk_method_t;


static ngx_int_t ngx_scim_bulk_parse(ngx_scim_bulk_t *bulk, cJSON *body);
static ngx_int_t ngx_scim_bulk_entry(ngx_scim_bulk_t *bulk,
    ngx_scim_entry_t *entry, const cJSON *json);
static const char *ngx_scim_bulk_text(const cJSON *json, const char *name);
static void ngx_scim_bulk_schedule(ngx_scim_bulk_t *bulk);
static void ngx_scim_bulk_pause(ngx_scim_bulk_t *bulk);
static void ngx_scim_bulk_go_on(ngx_event_t *ev);
static void ngx_scim_bulk_end_pause(ngx_scim_bulk_t *bulk);
static ngx_scim_entry_t *ngx_scim_bulk_next(ngx_scim_bulk_t *bulk);
static ngx_scim_entry_t *ngx_scim_bulk_in_order(ngx_scim_bulk_t *bulk);
static ngx_int_t ngx_scim_bulk_order(ngx_scim_bulk_t *bulk);
static int ngx_libc_cdecl ngx_scim_bulk_by_bulk_id(const void *a,
    const void *b);
static int ngx_libc_cdecl ngx_scim_bulk_by_path(const void *a, const void *b);
static ngx_int_t ngx_scim_bulk_wait(ngx_scim_bulk_t *bulk,
    ngx_scim_entry_t *entry, ngx_scim_entry_t *other);
static ngx_int_t ngx_scim_bulk_references(ngx_scim_bulk_t *bulk,
    ngx_scim_entry_t *entry, const cJSON *json);
static ngx_int_t ngx_scim_bulk_reference(ngx_scim_bulk_t *bulk,
    ngx_scim_entry_t *entry, const char *ref);
static ngx_scim_entry_t *ngx_scim_bulk_find(ngx_scim_bulk_t *bulk,
    const char *ref);
static const char *ngx_scim_bulk_path_ref(ngx_scim_entry_t *entry);
static void ngx_scim_bulk_start(ngx_scim_bulk_t *bulk,
    ngx_scim_entry_t *entry);
static ngx_int_t ngx_scim_bulk_resolve(ngx_scim_bulk_t *bulk,
    ngx_scim_entry_t *entry, cJSON *json);
static const char *ngx_scim_bulk_id(ngx_scim_bulk_t *bulk, const char *ref);
static ngx_int_t ngx_scim_bulk_address(ngx_scim_bulk_t *bulk,
    ngx_scim_entry_t *entry);
static void ngx_scim_bulk_refuse(ngx_scim_entry_t *entry, int status,
    scim_type_e type, const char *detail);
static void ngx_scim_bulk_entry_done(ngx_scim_op_t *op);
static void ngx_scim_bulk_free(ngx_scim_entry_t *entry);
static void ngx_scim_bulk_answer(ngx_scim_bulk_t *bulk);
static const char *ngx_scim_bulk_answer_entry(ngx_scim_bulk_t *bulk,
    ngx_scim_entry_t *entry);


static const ngx_scim_bulk_method_t  ngx_scim_bulk_methods[] = {
    { "POST", 0, ngx_scim_create },
    { "PUT", 1, ngx_scim_replace },
    { "PATCH", 1, ngx_scim_patch },
    { "DELETE", 1, ngx_scim_delete },
    { NULL, 0, NULL }
};


void
ngx_scim_bulk(ngx_scim_op_t *op)
{
    cJSON            *body;
    ngx_scim_bulk_t  *bulk;

    if (op->body.len > op->conf->bulk_size) {
        (void) scim_error(&op->error, 413, SCIM_TYPE_NONE,
                          "The body is larger than maxPayloadSize, %d bytes",
                          (int) op->conf->bulk_size);
        ngx_scim_op_fail(op);
        return;
    }

    body = ngx_scim_op_body(op);
    if (body == NULL) {
        return;
    }

    bulk = ngx_pcalloc(op->store.pool, sizeof(ngx_scim_bulk_t));
    if (bulk == NULL) {
        ngx_scim_op_nomem(op);
        return;
    }

    bulk->op = op;
    op->ctx = bulk;

    if (ngx_scim_bulk_parse(bulk, body) != NGX_OK) {
        return;
    }

    if (ngx_scim_bulk_order(bulk) != NGX_OK) {
        ngx_scim_op_nomem(op);
        return;
    }

    ngx_scim_bulk_schedule(bulk);
}


void
ngx_scim_bulk_abort(ngx_scim_op_t *op)
{
    ngx_uint_t        i;
    ngx_scim_bulk_t  *bulk;

    bulk = op->ctx;

    if (bulk == NULL) {
        return;
    }

    ngx_scim_bulk_end_pause(bulk);

    for (i = 0; i < bulk->n; i++) {
        if (bulk->entries[i].state == NGX_SCIM_ENTRY_RUNNING) {
            ngx_scim_op_abort(&bulk->entries[i].op);
            ngx_scim_bulk_free(&bulk->entries[i]);
        }
    }
}


/* NGX_ERROR: op has ended */

static ngx_int_t
ngx_scim_bulk_parse(ngx_scim_bulk_t *bulk, cJSON *body)
{
    ngx_uint_t      i;
    const cJSON    *list, *item, *fail;
    ngx_scim_op_t  *op;

    op = bulk->op;
    list = cJSON_IsObject(body) ? scim_json_get(body, "Operations") : NULL;
    fail = cJSON_IsObject(body) ? scim_json_get(body, "failOnErrors") : NULL;

    if (!cJSON_IsArray(list)) {
        ngx_scim_op_error(op, 400, SCIM_TYPE_INVALID_SYNTAX,
                          "\"Operations\" must be an array of operations");
        return NGX_ERROR;
    }

    bulk->n = cJSON_GetArraySize(list);
    bulk->fail_on_errors = (cJSON_IsNumber(fail) && fail->valuedouble >= 1)
                           ? (ngx_uint_t) fail->valueint : 0;

    if (bulk->n > op->conf->bulk_operations) {
        (void) scim_error(&op->error, 413, SCIM_TYPE_NONE,
                          "There are %d operations, more than maxOperations, "
                          "%d", (int) bulk->n,
                          (int) op->conf->bulk_operations);
        ngx_scim_op_fail(op);
        return NGX_ERROR;
    }

    bulk->entries = ngx_pcalloc(op->store.pool,
                                (bulk->n + 1) * sizeof(ngx_scim_entry_t));
    if (bulk->entries == NULL) {
        ngx_scim_op_nomem(op);
        return NGX_ERROR;
    }

    i = 0;

    cJSON_ArrayForEach(item, list) {
        if (ngx_scim_bulk_entry(bulk, &bulk->entries[i], item) != NGX_OK) {
            scim_error_prefix(&op->error, "operation %d: ", (int) i);
            ngx_scim_op_fail(op);
            return NGX_ERROR;
        }

        i++;
    }

    return NGX_OK;
}


/* NGX_ERROR: the error is in op->error */

static ngx_int_t
ngx_scim_bulk_entry(ngx_scim_bulk_t *bulk, ngx_scim_entry_t *entry,
    const cJSON *json)
{
    scim_error_t                  *err;
    const ngx_scim_bulk_method_t  *m;

    err = &bulk->op->error;

    if (!cJSON_IsObject(json)) {
        (void) scim_error(err, 400, SCIM_TYPE_INVALID_SYNTAX,
                          "expected an object, not %s",
                          scim_json_type_name(json));
        return NGX_ERROR;
    }

    entry->bulk = bulk;
    entry->method = ngx_scim_bulk_text(json, "method");
    entry->path = ngx_scim_bulk_text(json, "path");
    entry->bulk_id = ngx_scim_bulk_text(json, "bulkId");
    entry->version = ngx_scim_bulk_text(json, "version");
    entry->data = scim_json_get(json, "data");

    for (m = ngx_scim_bulk_methods; m->method != NULL; m++) {
        if (scim_name_eq(m->method, entry->method)) {
            entry->method = m->method;
            entry->operation = m->operation;
            break;
        }
    }

    if (m->method == NULL) {
        (void) scim_error(err, 400, SCIM_TYPE_INVALID_SYNTAX,
                          "\"method\" must be POST, PUT, PATCH or DELETE, not "
                          "\"%.32s\"", entry->method);
        return NGX_ERROR;
    }

    if (!m->item && entry->bulk_id[0] == '\0') {
        (void) scim_error(err, 400, SCIM_TYPE_INVALID_SYNTAX,
                          "a POST needs a \"bulkId\", a string");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static const char *
ngx_scim_bulk_text(const cJSON *json, const char *name)
{
    const char  *text;

    text = cJSON_GetStringValue(scim_json_get(json, name));

    return text ? text : "";
}


/* starts what can run; an entry may end before its start returns */

static void
ngx_scim_bulk_schedule(ngx_scim_bulk_t *bulk)
{
    ngx_uint_t         n;
    ngx_scim_entry_t  *entry;

    if (bulk->scheduling || bulk->pause.posted) {
        return;
    }

    bulk->scheduling = 1;

    for (n = 0; n < NGX_SCIM_BULK_PASS; n++) {
        entry = ngx_scim_bulk_next(bulk);
        if (entry == NULL) {
            break;
        }

        ngx_scim_bulk_start(bulk, entry);
    }

    bulk->scheduling = 0;

    if (n == NGX_SCIM_BULK_PASS) {
        ngx_scim_bulk_pause(bulk);

    } else if (bulk->running == 0) {
        ngx_scim_bulk_answer(bulk);
    }
}


/* the timer is for a worker that shuts down: without any it would not wait */

static void
ngx_scim_bulk_pause(ngx_scim_bulk_t *bulk)
{
    bulk->pause.data = &bulk->timer;
    bulk->pause.handler = ngx_scim_bulk_go_on;
    bulk->pause.log = bulk->op->store.log;
    bulk->timer.fd = (ngx_socket_t) -1;
    bulk->timer.data = bulk;

    ngx_add_timer(&bulk->pause, NGX_SCIM_BULK_GUARD);
    ngx_post_event(&bulk->pause, &ngx_posted_next_events);
}


static void
ngx_scim_bulk_go_on(ngx_event_t *ev)
{
    ngx_connection_t  *c;
    ngx_scim_bulk_t   *bulk;

    c = ev->data;
    bulk = c->data;

    ngx_scim_bulk_end_pause(bulk);

    bulk->op->resumed = 1;

    ngx_scim_bulk_schedule(bulk);
}


static void
ngx_scim_bulk_end_pause(ngx_scim_bulk_t *bulk)
{
    if (bulk->pause.posted) {
        ngx_delete_posted_event(&bulk->pause);
    }

    if (bulk->pause.timer_set) {
        ngx_del_timer(&bulk->pause);
    }
}


/*
 * The next entry to start; NULL if none can be. Where all that is left waits
 * for each other, the first of them is started, and fails over its reference.
 */

static ngx_scim_entry_t *
ngx_scim_bulk_next(ngx_scim_bulk_t *bulk)
{
    ngx_uint_t         i, most;
    ngx_queue_t       *q;
    ngx_scim_entry_t  *entry;

    if (bulk->fail_on_errors) {
        return ngx_scim_bulk_in_order(bulk);
    }

    most = ngx_scim_turn_busy() ? NGX_SCIM_BULK_BUSY : NGX_SCIM_BULK_PARALLEL;

    if (bulk->running >= most) {
        return NULL;
    }

    while (!ngx_queue_empty(&bulk->ready)) {
        q = ngx_queue_head(&bulk->ready);

        /* NOLINTNEXTLINE(clang-analyzer-*): a ring has no end */
        ngx_queue_remove(q);

        entry = ngx_queue_data(q, ngx_scim_entry_t, queue);

        if (entry->state == NGX_SCIM_ENTRY_WAITING) {
            return entry;
        }
    }

    for (i = 0; bulk->running == 0 && i < bulk->n; i++) {
        if (bulk->entries[i].state == NGX_SCIM_ENTRY_WAITING) {
            return &bulk->entries[i];
        }
    }

    return NULL;
}


/* the first that waits for no other; where all do, the first of them */

static ngx_scim_entry_t *
ngx_scim_bulk_in_order(ngx_scim_bulk_t *bulk)
{
    ngx_uint_t         i;
    ngx_scim_entry_t  *entry;

    if (bulk->running > 0 || bulk->errors >= bulk->fail_on_errors) {
        return NULL;
    }

    while (bulk->first < bulk->n
           && bulk->entries[bulk->first].state != NGX_SCIM_ENTRY_WAITING)
    {
        bulk->first++;
    }

    for (i = bulk->first; i < bulk->n; i++) {
        entry = &bulk->entries[i];

        if (entry->state == NGX_SCIM_ENTRY_WAITING && entry->waits == 0) {
            return entry;
        }
    }

    return bulk->first < bulk->n ? &bulk->entries[bulk->first] : NULL;
}


/*
 * Finds the entries that an entry waits for: by bulkId, and because they are
 * about the same resource.
 */

static ngx_int_t
ngx_scim_bulk_order(ngx_scim_bulk_t *bulk)
{
    ngx_uint_t          i, n;
    ngx_pool_t         *pool;
    ngx_scim_entry_t   *entry, **by_path;

    pool = bulk->op->store.pool;
    bulk->created = ngx_palloc(pool, (bulk->n + 1) * sizeof(void *));
    by_path = ngx_palloc(pool, (bulk->n + 1) * sizeof(void *));
    if (bulk->created == NULL || by_path == NULL) {
        return NGX_ERROR;
    }

    for (i = 0, n = 0; i < bulk->n; i++) {
        entry = &bulk->entries[i];

        if (entry->operation == ngx_scim_create) {
            bulk->created[bulk->ncreated++] = entry;

        } else {
            by_path[n++] = entry;
        }
    }

    qsort(bulk->created, bulk->ncreated, sizeof(void *),
          ngx_scim_bulk_by_bulk_id);
    qsort(by_path, n, sizeof(void *), ngx_scim_bulk_by_path);

    for (i = 1; i < n; i++) {
        if (ngx_strcmp(by_path[i - 1]->path, by_path[i]->path) == 0
            && ngx_scim_bulk_wait(bulk, by_path[i], by_path[i - 1]) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_queue_init(&bulk->ready);

    for (i = 0; i < bulk->n; i++) {
        entry = &bulk->entries[i];

        if (ngx_scim_bulk_references(bulk, entry, entry->data) != NGX_OK
            || ngx_scim_bulk_reference(bulk, entry,
                                       ngx_scim_bulk_path_ref(entry)) != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (entry->waits == 0) {
            ngx_queue_insert_tail(&bulk->ready, &entry->queue);
        }
    }

    return NGX_OK;
}


static int ngx_libc_cdecl
ngx_scim_bulk_by_bulk_id(const void *a, const void *b)
{
    ngx_scim_entry_t *const *one = a;
    ngx_scim_entry_t *const *two = b;

    return ngx_strcmp((*one)->bulk_id, (*two)->bulk_id);
}


/* entries lie in an array in the order of the request */

static int ngx_libc_cdecl
ngx_scim_bulk_by_path(const void *a, const void *b)
{
    int                       cmp;
    ngx_scim_entry_t *const  *one = a;
    ngx_scim_entry_t *const  *two = b;

    cmp = ngx_strcmp((*one)->path, (*two)->path);

    return cmp ? cmp : (*one > *two) - (*one < *two);
}


static ngx_int_t
ngx_scim_bulk_wait(ngx_scim_bulk_t *bulk, ngx_scim_entry_t *entry,
    ngx_scim_entry_t *other)
{
    ngx_scim_edge_t  *edge;

    edge = ngx_palloc(bulk->op->store.pool, sizeof(ngx_scim_edge_t));
    if (edge == NULL) {
        return NGX_ERROR;
    }

    edge->waiting = entry;
    edge->next = other->edges;
    other->edges = edge;
    entry->waits++;

    return NGX_OK;
}


/* all strings "bulkId:x" in it */

static ngx_int_t
ngx_scim_bulk_references(ngx_scim_bulk_t *bulk, ngx_scim_entry_t *entry,
    const cJSON *json)
{
    const cJSON  *item;

    if (cJSON_IsString(json)) {
        return ngx_scim_bulk_reference(bulk, entry, json->valuestring);
    }

    cJSON_ArrayForEach(item, json) {
        if (ngx_scim_bulk_references(bulk, entry, item) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_scim_bulk_reference(ngx_scim_bulk_t *bulk, ngx_scim_entry_t *entry,
    const char *ref)
{
    ngx_scim_entry_t  *other;

    other = ngx_scim_bulk_find(bulk, ref);

    return other ? ngx_scim_bulk_wait(bulk, entry, other) : NGX_OK;
}


/* the POST that "bulkId:x" refers to; NULL if there is none */

static ngx_scim_entry_t *
ngx_scim_bulk_find(ngx_scim_bulk_t *bulk, const char *ref)
{
    ngx_scim_entry_t   key, *wanted, **found;

    if (ngx_strncmp(ref, NGX_SCIM_BULK_REF, sizeof(NGX_SCIM_BULK_REF) - 1)
        != 0)
    {
        return NULL;
    }

    wanted = &key;
    key.bulk_id = ref + sizeof(NGX_SCIM_BULK_REF) - 1;

    found = bsearch(&wanted, bulk->created, bulk->ncreated, sizeof(void *),
                    ngx_scim_bulk_by_bulk_id);

    return found ? *found : NULL;
}


/* Returns the reference in a path in the place of the id, or NULL. */

static const char *
ngx_scim_bulk_path_ref(ngx_scim_entry_t *entry)
{
    const char  *name;

    name = entry->path + (entry->path[0] == '/');
    name += strcspn(name, "/");

    return name + (*name == '/');
}


static void
ngx_scim_bulk_start(ngx_scim_bulk_t *bulk, ngx_scim_entry_t *entry)
{
    ngx_scim_op_t  *op, *parent;

    op = &entry->op;
    parent = bulk->op;

    entry->state = NGX_SCIM_ENTRY_RUNNING;
    bulk->running++;

    entry->pool = ngx_create_pool(NGX_SCIM_BULK_POOL, parent->store.log);

    ngx_scim_store_init(&op->store,
                        entry->pool ? entry->pool : parent->store.pool,
                        parent->store.log, parent->store.link,
                        &parent->store.tenant);

    op->conf = parent->conf;
    op->actor = parent->actor;
    op->request = parent->request;
    op->request_id = parent->request_id;
    op->start = parent->start;
    op->tally = parent->tally;
    op->store.clock = parent->store.clock;
    op->base = parent->base;
    op->json = entry->data;
    op->brief = 1;
    op->done = ngx_scim_bulk_entry_done;
    op->data = entry;
    op->operation = entry->operation;
    op->if_match.data = (u_char *) entry->version;
    op->if_match.len = ngx_strlen(entry->version);

    if (entry->pool == NULL) {
        op->alloc = parent->alloc;
        ngx_scim_op_nomem(op);
        return;
    }

    if (ngx_scim_bulk_address(bulk, entry) != NGX_OK
        || ngx_scim_bulk_resolve(bulk, entry, entry->data) != NGX_OK)
    {
        return;
    }

    ngx_scim_op_start(op);
}


/* puts ids in the place of references; NGX_ERROR: the entry has ended */

static ngx_int_t
ngx_scim_bulk_resolve(ngx_scim_bulk_t *bulk, ngx_scim_entry_t *entry,
    cJSON *json)
{
    cJSON       *item;
    const char  *id;

    if (cJSON_IsString(json)
        && ngx_strncmp(json->valuestring, NGX_SCIM_BULK_REF,
                       sizeof(NGX_SCIM_BULK_REF) - 1) == 0)
    {
        id = ngx_scim_bulk_id(bulk, json->valuestring);

        if (id == NULL) {
            ngx_scim_bulk_refuse(entry, 409, SCIM_TYPE_INVALID_VALUE,
                                 json->valuestring);
            return NGX_ERROR;
        }

        json->valuestring = (char *) id;
    }

    for (item = (cJSON_IsObject(json) || cJSON_IsArray(json)) ? json->child
                                                              : NULL;
         item; item = item->next)
    {
        if (ngx_scim_bulk_resolve(bulk, entry, item) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* the id of what "bulkId:x" has become; NULL if it has not become anything */

static const char *
ngx_scim_bulk_id(ngx_scim_bulk_t *bulk, const char *ref)
{
    ngx_scim_entry_t  *entry;

    entry = ngx_scim_bulk_find(bulk, ref);

    return entry ? entry->id : NULL;
}


/* "/Users" or "/Users/id"; NGX_ERROR: the entry has ended */

static ngx_int_t
ngx_scim_bulk_address(ngx_scim_bulk_t *bulk, ngx_scim_entry_t *entry)
{
    size_t               i, len;
    const char          *name, *id;
    const scim_rtype_t  *rt;
    ngx_scim_op_conf_t  *conf;

    conf = bulk->op->conf;
    name = entry->path + (entry->path[0] == '/');
    len = strcspn(name, "/");
    id = ngx_scim_bulk_path_ref(entry);

    rt = scim_registry_endpoint(conf->registry, name, len);

    if (rt == NULL || (id[0] == '\0') != (entry->operation == ngx_scim_create))
    {
        ngx_scim_bulk_refuse(entry, 404, SCIM_TYPE_NONE, entry->path);
        return NGX_ERROR;
    }

    for (i = 0; i < conf->registry->nrtypes; i++) {
        if (conf->types[i].rt == rt) {
            entry->op.type = &conf->types[i];
        }
    }

    if (ngx_strncmp(id, NGX_SCIM_BULK_REF, sizeof(NGX_SCIM_BULK_REF) - 1) == 0)
    {
        id = ngx_scim_bulk_id(bulk, id);

        if (id == NULL) {
            ngx_scim_bulk_refuse(entry, 409, SCIM_TYPE_INVALID_VALUE,
                                 entry->path);
            return NGX_ERROR;
        }
    }

    entry->op.id = ngx_scim_op_str(bulk->op, id);

    return NGX_OK;
}


static void
ngx_scim_bulk_refuse(ngx_scim_entry_t *entry, int status, scim_type_e type,
    const char *what)
{
    ngx_scim_op_t  *op;

    op = &entry->op;
    op->alloc = entry->bulk->op->alloc;

    (void) scim_error(&op->error, status, type, status == 409
                      ? "\"%.128s\" refers to nothing that has been created"
                      : "there is no \"%.128s\" for this method", what);
    ngx_scim_op_fail(op);
}


static void
ngx_scim_bulk_entry_done(ngx_scim_op_t *op)
{
    ngx_scim_entry_t *entry = op->data;

    ngx_scim_bulk_t  *bulk;
    ngx_scim_edge_t  *edge;

    bulk = entry->bulk;
    entry->answer = ngx_scim_bulk_answer_entry(bulk, entry);

    if (op->status == 201) {
        entry->id = (char *) ngx_scim_op_str(bulk->op,
                                             (char *) op->id.data).data;
    }

    for (edge = entry->edges; edge; edge = edge->next) {
        if (--edge->waiting->waits == 0) {
            ngx_queue_insert_tail(&bulk->ready, &edge->waiting->queue);
        }
    }

    entry->state = NGX_SCIM_ENTRY_DONE;
    bulk->running--;
    bulk->errors += (op->status >= 400);
    bulk->op->resumed |= op->resumed;

    ngx_scim_bulk_free(entry);
    ngx_scim_bulk_schedule(bulk);
}


/* the operation has ended, and nothing looks at it any more */

static void
ngx_scim_bulk_free(ngx_scim_entry_t *entry)
{
    if (entry->pool != NULL) {
        ngx_destroy_pool(entry->pool);
        entry->pool = NULL;
    }
}


/* Puts the response together from those of the entries. */

static void
ngx_scim_bulk_answer(ngx_scim_bulk_t *bulk)
{
    u_char            *p;
    size_t             len;
    ngx_uint_t         i;
    ngx_scim_op_t     *op;
    ngx_scim_entry_t  *entry;

    op = bulk->op;
    len = sizeof(NGX_SCIM_BULK_HEAD NGX_SCIM_BULK_TAIL);

    for (i = 0; i < bulk->n; i++) {
        entry = &bulk->entries[i];

        if (entry->state != NGX_SCIM_ENTRY_DONE) {
            continue;
        }

        if (entry->answer == NULL) {
            ngx_scim_op_nomem(op);
            return;
        }

        len += ngx_strlen(entry->answer) + 1;
    }

    op->answer.data = ngx_pnalloc(op->store.pool, len);
    if (op->answer.data == NULL) {
        ngx_scim_op_nomem(op);
        return;
    }

    p = ngx_cpymem(op->answer.data, NGX_SCIM_BULK_HEAD,
                   sizeof(NGX_SCIM_BULK_HEAD) - 1);

    for (i = 0; i < bulk->n; i++) {
        entry = &bulk->entries[i];

        if (entry->state == NGX_SCIM_ENTRY_DONE) {
            p = ngx_cpymem(p, entry->answer, ngx_strlen(entry->answer));
            *p++ = ',';
        }
    }

    p -= (p[-1] == ',');
    p = ngx_cpymem(p, NGX_SCIM_BULK_TAIL, sizeof(NGX_SCIM_BULK_TAIL) - 1);

    op->answer.len = p - op->answer.data;

    ngx_scim_op_done(op, 200);
}


/* as the text of a JSON object; NULL: out of memory */

static const char *
ngx_scim_bulk_answer_entry(ngx_scim_bulk_t *bulk, ngx_scim_entry_t *entry)
{
    char           *location, *version;
    cJSON          *json;
    size_t          len;
    const char     *text;
    scim_alloc_t   *a, *before;
    ngx_scim_op_t  *op;

    op = &entry->op;
    a = &bulk->op->alloc;
    before = scim_json_open(a);
    json = cJSON_CreateObject();

    cJSON_AddStringToObject(json, "method", entry->method);

    if (entry->bulk_id[0] != '\0') {
        cJSON_AddStringToObject(json, "bulkId", entry->bulk_id);
    }

    if (op->type != NULL && op->id.len > 0
        && (op->status < 400 || entry->operation != ngx_scim_create))
    {
        location = scim_sprintf(a, "%s%s/%s", op->base.data,
                                op->type->rt->endpoint, op->id.data);
        cJSON_AddStringToObject(json, "location", location ? location : "");
    }

    if (op->etag.len > 0) {
        version = scim_strndup(a, (char *) op->etag.data, op->etag.len);
        cJSON_AddStringToObject(json, "version", version ? version : "");
    }

    cJSON_AddStringToObject(json, "status",
                            (char *) scim_sprintf(a, "%d", (int) op->status));

    if (op->status >= 400) {
        cJSON_AddItemToObject(json, "response",
                              cJSON_CreateRaw((char *) op->answer.data));
    }

    text = json ? scim_json_print(a, json, &len) : NULL;

    scim_json_close(before);

    return text;
}
