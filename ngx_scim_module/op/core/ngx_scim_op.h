/*
 * Operations: what SCIM can do to the resources of one tenant. A request
 * struct goes in, an answer comes out; who asks (HTTP) and who keeps the data
 * (the store) are not known here.
 *
 * An operation is a chain of steps. A step either issues one store call and
 * names the step that goes on with its result, or ends the operation by
 * ngx_scim_op_done() or ngx_scim_op_fail(). After either it touches op no
 * more.
 */

#ifndef NGX_SCIM_OP_H
#define NGX_SCIM_OP_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "op/core/ngx_scim_turn.h"
#include "store/call/ngx_scim_store.h"
#include "store/data/ngx_scim_resource.h"
#include "store/data/ngx_scim_slice.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/schema/scim_schema.h"
#include "scim/resource/scim_projection.h"
#include "scim/resource/scim_resource.h"
#include "scim/resource/scim_value.h"
#include "scim/filter/scim_index.h"
#include "scim/filter/scim_query.h"
#include "scim/patch/scim_patch.h"


#define NGX_SCIM_OP_RETRIES    256    /* of a write that lost a race */
#define NGX_SCIM_OP_MEMBERS    500    /* that change at once, at most */
#define NGX_SCIM_OP_ID_MAX     64
#define NGX_SCIM_OP_NAME_MAX   128

#define NGX_SCIM_NOT_MODIFIED  304


typedef struct ngx_scim_op_s      ngx_scim_op_t;
typedef struct ngx_scim_writer_s  ngx_scim_writer_t;

typedef void (*ngx_scim_op_pt)(ngx_scim_op_t *op);
typedef ngx_int_t (*ngx_scim_op_more_pt)(ngx_scim_op_t *op);
typedef ngx_str_t (*ngx_scim_op_id_pt)(void *request);


/* a resource type with its indexes; lives as long as the configuration */

typedef struct {
    const scim_rtype_t         *rt;
    ngx_str_t                   key;          /* rt->key */
    scim_index_t               *indexes;
    size_t                      nindexes;
    ngx_str_t                   index_names;  /* scim_index_names() */
    ngx_str_t                   limits;       /* as of ngx_scim_write_t */
} ngx_scim_type_t;


/* settings of a location; live as long as the configuration */

typedef struct {
    scim_registry_t            *registry;
    ngx_scim_type_t            *types;        /* registry->nrtypes of them */
    ngx_scim_type_t            *user_type;    /* what a member can be */
    ngx_scim_type_t            *group_type;
    ngx_uint_t                  page_size;
    ngx_uint_t                  max_page_size;
    ngx_uint_t                  scan_limit;
    ngx_uint_t                  put_merges;   /* scim_put merge */
    ngx_uint_t                  reject_unknown;
    ngx_uint_t                  interop;      /* scim_profile interop */
    ngx_uint_t                  bulk_operations;  /* 0: no bulk */
    size_t                      bulk_size;
    size_t                      resource_size;    /* of a document, at most */
    ngx_uint_t                  log_length;       /* 0: no provisioning log */
    ngx_uint_t                  log_values;       /* it may quote the client */
} ngx_scim_op_conf_t;


/* what came of a request: of one operation, or of those of a bulk */

typedef struct {
    ngx_uint_t                  events;       /* operations that have ended */
    ngx_uint_t                  failed;       /* as ngx_scim_op_is_failure() */
    ngx_uint_t                  created;
    ngx_uint_t                  updated;
    ngx_uint_t                  disabled;     /* and not updated */
    ngx_uint_t                  deleted;
    ngx_uint_t                  near;         /* changes close to a limit */
    ngx_uint_t                  refused;      /* changes over a limit */
    unsigned                    probe:1;      /* looked for nothing */
} ngx_scim_tally_t;


struct ngx_scim_op_s {

    /* set by the caller; strings end with NUL, which is not counted */

    ngx_scim_op_conf_t         *conf;
    ngx_scim_store_t            store;        /* ngx_scim_store_init() */
    ngx_str_t                   actor;        /* name of the token */
    void                       *request;      /* for request_id */
    ngx_scim_op_id_pt           request_id;   /* only log and errors need it */
    ngx_msec_t                  start;        /* of the request */
    ngx_scim_tally_t           *tally;        /* added to */
    ngx_str_t                   base;         /* URL, without a last slash */
    ngx_scim_type_t            *type;
    ngx_str_t                   id;
    ngx_str_t                   args;         /* query string */
    ngx_str_t                   body;
    cJSON                      *json;         /* the body, if parsed already */
    unsigned                    brief:1;      /* no resource in the answer */
    ngx_str_t                   if_match;
    ngx_str_t                   if_none_match;
    ngx_str_t                   me;           /* userName, for /Me */
    ngx_scim_op_pt              operation;
    ngx_scim_op_pt              done;         /* called once, may free op */
    ngx_scim_op_pt              piece;        /* called for pieces of a long
                                                 answer, may free op */
    void                       *data;

    /* the answer, when done is called */

    ngx_uint_t                  status;
    ngx_str_t                   answer;       /* JSON; may be empty */
    ngx_str_t                   etag;
    ngx_str_t                   location;
    ngx_str_t                   content_location;
    unsigned                    resumed:1;    /* done is called by the store */
    ngx_scim_op_more_pt         more;         /* NULL: answer is all there is */
    const char                 *broken;       /* piece is called: why there is
                                                 no more, though there should */

    /* of the operation itself */

    scim_alloc_t                alloc;        /* from store.pool */
    scim_error_t                error;
    scim_query_t                query;
    ngx_scim_op_pt              step;         /* after the pending call */
    ngx_scim_result_e           result;       /* of that call */
    ngx_uint_t                  retries;
    ngx_str_t                   base_json;    /* base as inside of a string */

    ngx_scim_record_t           record;       /* the resource, if it is one */
    ngx_scim_slice_t           *slice;        /* its members, if begun */
    ngx_array_t                *groups;       /* its groups, if they were read */
    ngx_scim_write_t            write;
    ngx_scim_write_t            staged;       /* members as in write.move */
    ngx_scim_op_pt              written;      /* after the write */
    ngx_uint_t                  written_status;
    scim_resource_t             resource;
    scim_patch_t                patch;
    cJSON                      *old;          /* record.doc, parsed */
    void                       *ctx;          /* of one kind of operation */
    ngx_scim_turn_t             turn;         /* of long ones */
    ngx_scim_writer_t          *writer;       /* of a change */
};


/* one resource of an answer */

typedef struct {
    ngx_scim_type_t            *type;
    const scim_projection_t    *projection;
    ngx_str_t                   id;           /* if the record is not set */
    ngx_scim_record_t          *record;       /* NULL: to be read */
    ngx_str_t                   text;         /* document, projected */
    ngx_array_t                *links;        /* of ngx_scim_link_id_t: members
                                                 or groups; NULL: none asked */
    ngx_scim_slice_t           *slice;        /* whose links they are, and may
                                                 not be all; or NULL */
} ngx_scim_view_t;


/* a ListResponse */

typedef struct {
    ngx_array_t                *views;        /* of ngx_scim_view_t */
    ngx_uint_t                  total;
    unsigned                    counted:1;    /* the total is known */
    unsigned                    cursor:1;     /* paged by cursor */
    ngx_str_t                   next;         /* cursors; empty: no page */
    ngx_str_t                   previous;
} ngx_scim_page_t;


/* the operations: each starts its first step */

void ngx_scim_get(ngx_scim_op_t *op);
void ngx_scim_query(ngx_scim_op_t *op);
void ngx_scim_query_all(ngx_scim_op_t *op);      /* of every type */
void ngx_scim_search(ngx_scim_op_t *op);
void ngx_scim_search_all(ngx_scim_op_t *op);
void ngx_scim_create(ngx_scim_op_t *op);
void ngx_scim_replace(ngx_scim_op_t *op);
void ngx_scim_patch(ngx_scim_op_t *op);
void ngx_scim_delete(ngx_scim_op_t *op);
void ngx_scim_service_provider_config(ngx_scim_op_t *op);
void ngx_scim_resource_types(ngx_scim_op_t *op);
void ngx_scim_schemas(ngx_scim_op_t *op);


/*
 * Many operations in one; while it runs, an abort has to reach them all.
 */
void ngx_scim_bulk(ngx_scim_op_t *op);
void ngx_scim_bulk_abort(ngx_scim_op_t *op);

/* finds the user op->me first, then op->operation on that (RFC 7644, 3.11) */
void ngx_scim_me(ngx_scim_op_t *op);


/* starts op->operation: answers by op->done, perhaps before it returns */
void ngx_scim_op_start(ngx_scim_op_t *op);

/* the caller goes away: op->done or op->piece will not be called */
void ngx_scim_op_abort(ngx_scim_op_t *op);

/*
 * The next piece of an answer, while op->more is not NULL. What op->answer was
 * before is gone then. NGX_OK: it is in op->answer; NGX_AGAIN: op->piece will be
 * called when it is; NGX_ERROR: no memory. Either has op->more NULL for the
 * last one.
 */
ngx_int_t ngx_scim_op_more(ngx_scim_op_t *op);

/*
 * Names the step after a store call, given what the call's start returned. The
 * step sees op->result; UNAVAILABLE and FAILED end the operation before it.
 */
void ngx_scim_op_next(ngx_scim_op_t *op, ngx_int_t rc, ngx_scim_op_pt step);

/* the handler to pass to a store call, with op as its data */
void ngx_scim_op_resume(void *data, ngx_scim_result_e result);

/* ends the operation with an answer, or with op->error */
void ngx_scim_op_done(ngx_scim_op_t *op, ngx_uint_t status);
void ngx_scim_op_fail(ngx_scim_op_t *op);

/* ends the operation with an error of its own making */
void ngx_scim_op_error(ngx_scim_op_t *op, int status, scim_type_e type,
    const char *detail);
void ngx_scim_op_not_found(ngx_scim_op_t *op);
void ngx_scim_op_nomem(ngx_scim_op_t *op);


/*
 * What a body names and no schema knows: written to the log, or refused where
 * the configuration says so. NGX_ERROR: op has ended.
 */
ngx_int_t ngx_scim_op_unknown(ngx_scim_op_t *op,
    const scim_unknown_t *unknown);

/* reads op->query from op->args for op->type; NGX_ERROR: op has ended */
ngx_int_t ngx_scim_op_query(ngx_scim_op_t *op);

/* the same for no type: filter, projection and order are not looked at yet */
ngx_int_t ngx_scim_op_query_parse(ngx_scim_op_t *op);

/* parses op->body; NULL: op has ended */
cJSON *ngx_scim_op_body(ngx_scim_op_t *op);

/*
 * Can this be the id of a resource? What cannot is never made part of the name
 * of a key.
 */
ngx_int_t ngx_scim_op_is_id(ngx_str_t *id);

/* reads op->record; the step finds NOT_FOUND at once where op->id is no id */
void ngx_scim_op_read(ngx_scim_op_t *op, ngx_scim_op_pt step);

/*
 * reads op->record, and with it op->slice or op->groups if members or groups are
 * to be answered
 */
void ngx_scim_op_read_whole(ngx_scim_op_t *op, ngx_scim_op_pt step);

/* does a list of entity tags name this version? (weak comparison) */
ngx_int_t ngx_scim_op_tag_matches(ngx_str_t *tags, ngx_str_t *version);

/*
 * If-Match against a version, whose text ends with NUL; and that and
 * If-None-Match against op->record, for a write (RFC 9110, section 13.2.2).
 * NGX_ERROR: op has ended with 412.
 */
ngx_int_t ngx_scim_op_if_match(ngx_scim_op_t *op, ngx_str_t *version);
ngx_int_t ngx_scim_op_preconditions(ngx_scim_op_t *op);

/* the URL of the resource op->id. NGX_ERROR: no memory */
ngx_int_t ngx_scim_op_place(ngx_scim_op_t *op, ngx_str_t *url);

/* a string that ends with NUL in the operation's pool; empty: no memory */
ngx_str_t ngx_scim_op_str(ngx_scim_op_t *op, const char *text);


/*
 * The name of an operation, for people, "" if it has none; is it about resources
 * of one type?
 */
const char *ngx_scim_op_name(ngx_scim_op_pt operation);
ngx_int_t ngx_scim_op_typed(ngx_scim_op_pt operation);

/* the attribute of the type that tells one resource from another, or NULL */
const scim_index_t *ngx_scim_op_unique(ngx_scim_type_t *type);

/*
 * The entry of the provisioning log for a change that is about to be sent and
 * will be answered by this status. NGX_ERROR: no memory
 */
ngx_int_t ngx_scim_op_log_change(ngx_scim_op_t *op, ngx_uint_t status);

/*
 * Is an answer a failure to whoever looks after the provisioning? Of a request
 * that writes any error is, of others one that the request itself is wrong
 * (400). The operation may be NULL: none that there is.
 */
ngx_int_t ngx_scim_op_is_failure(ngx_scim_op_pt operation, ngx_uint_t status);

/* Logs op->error, if it is a failure; op->operation may be NULL. */
void ngx_scim_op_log_failure(ngx_scim_op_t *op);


/* counts an operation that has ended, and a change that was carried out */
void ngx_scim_op_count(ngx_scim_op_t *op);
void ngx_scim_op_count_change(ngx_scim_op_t *op);

/* Returns 1 if the change of op->old into op->resource.doc disables it. */
ngx_int_t ngx_scim_op_disables(ngx_scim_op_t *op);

/* that a list holds so many resources, where one looked for what cannot be */
void ngx_scim_op_count_found(ngx_scim_op_t *op, ngx_uint_t total);


/* Fills in what, who and when of op->write. NGX_ERROR: op has ended. */
ngx_int_t ngx_scim_write_address(ngx_scim_op_t *op);

/*
 * Fills op->write from op->resource: document text, index entries, members.
 * old is the text of the document before, which is not written again if it is
 * the same; NULL: there is none. NGX_ERROR: op has ended.
 */
ngx_int_t ngx_scim_write_prepare(ngx_scim_op_t *op, ngx_str_t *old);

/*
 * Sends op->write, or goes on to the step at once if it changes nothing. The
 * status is what the step is going to answer.
 */
void ngx_scim_write_send(ngx_scim_op_t *op, ngx_uint_t status,
    ngx_scim_op_pt step);

/*
 * What every step after a write begins with. NGX_OK: written, op->record is
 * the new state; NGX_AGAIN: lost a race, to be tried again from the newest
 * version; NGX_ERROR: op has ended.
 */
ngx_int_t ngx_scim_write_result(ngx_scim_op_t *op);


/*
 * Answers with op->record, after having read what is computed (members,
 * groups) if the projection wants it. status 201 sets Location. Members beyond
 * the first slice come in pieces.
 */
void ngx_scim_answer_resource(ngx_scim_op_t *op, ngx_uint_t status);

/* the same for a page; what it points to must stay */
void ngx_scim_answer_list(ngx_scim_op_t *op, ngx_scim_page_t *page);

/* answers with a tree, which gets an entity tag of its own */
void ngx_scim_answer_json(ngx_scim_op_t *op, cJSON *json);

#endif /* NGX_SCIM_OP_H */
