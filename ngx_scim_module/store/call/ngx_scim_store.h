/*
 * The store as the operations see it: typed, asynchronous calls on the data of
 * one tenant. No Redis type leaves this layer.
 *
 * A call is started with a handler; the handler is called exactly once, never
 * from inside the function that starts the call, on failure too. One call is
 * pending on a store at a time; a call may consist of many commands, which are
 * sent together. What a call is given and what it returns lives in
 * store->pool.
 */

#ifndef NGX_SCIM_STORE_H
#define NGX_SCIM_STORE_H

#include <ngx_config.h>
#include <ngx_core.h>


typedef enum {
    NGX_SCIM_STORE_OK = 0,
    NGX_SCIM_STORE_NOT_FOUND,     /* no such resource */
    NGX_SCIM_STORE_CONFLICT,      /* a unique value is taken: write.name */
    NGX_SCIM_STORE_STALE,         /* the version is another */
    NGX_SCIM_STORE_DELETED,       /* the tenant is, or is about to be */
    NGX_SCIM_STORE_LIMIT,         /* the tenant has all it may have: write.name */
    NGX_SCIM_STORE_NO_MEMBER,     /* a member does not exist: write.name */
    NGX_SCIM_STORE_CYCLE,         /* a group would hold itself: write.name */
    NGX_SCIM_STORE_NESTED,        /* too many groups to know that */
    NGX_SCIM_STORE_LARGE,         /* too many members for one script */
    NGX_SCIM_STORE_BUSY,          /* another such change is under way */
    NGX_SCIM_STORE_UNAVAILABLE,   /* not reachable, too slow, full, loading */
    NGX_SCIM_STORE_FAILED         /* a bug or foreign data; has been logged */
} ngx_scim_result_e;


typedef struct ngx_scim_link_s   ngx_scim_link_t;
typedef struct ngx_scim_queue_s  ngx_scim_queue_t;
typedef struct ngx_scim_store_s  ngx_scim_store_t;

typedef void (*ngx_scim_store_handler_pt)(void *data,
    ngx_scim_result_e result);


/*
 * How long the store has been waited for, however many calls were pending at
 * the same time; begins with zeros.
 */

typedef struct {
    ngx_uint_t                  calls;       /* so far */
    ngx_uint_t                  pending;
    ngx_msec_t                  since;       /* if any is pending */
    ngx_msec_t                  spent;
} ngx_scim_clock_t;


struct ngx_scim_store_s {
    ngx_pool_t                 *pool;
    ngx_log_t                  *log;
    ngx_scim_link_t            *link;
    ngx_str_t                   tenant;
    ngx_scim_clock_t           *clock;       /* set by the caller; or NULL */

    /* the pending call */
    ngx_scim_store_handler_pt   handler;
    void                       *data;
    ngx_scim_result_e           result;
    ngx_uint_t                  pending;     /* commands not yet answered */
    size_t                      room;        /* bytes that it may still take */
    ngx_queue_t                 commands;    /* of ngx_scim_cmd_t */
};


/* one resource as the store holds it */

typedef struct {
    ngx_str_t                   id;
    ngx_str_t                   doc;         /* JSON; empty: not there */
    ngx_str_t                   created;     /* dateTime */
    ngx_str_t                   modified;
    ngx_str_t                   version;     /* decimal digits */
    ngx_uint_t                  ngroups;     /* groups that hold it directly */
    ngx_uint_t                  seq;         /* place in the order of creation;
                                                set by reading */
    unsigned                    left:1;      /* there was no room for it */
} ngx_scim_record_t;


/* a member of a group, or a group of a user or group */

typedef struct {
    ngx_str_t                   id;
    ngx_str_t                   display;     /* of a group */
    unsigned                    group:1;     /* a member: it is a group */
    unsigned                    indirect:1;  /* of a user: through another */
} ngx_scim_link_id_t;


/* members of a group as they are read: its users, then the groups in it */

typedef struct ngx_scim_slice_s  ngx_scim_slice_t;

typedef struct {
    size_t                      len;
    u_char                      data[NGX_INT64_LEN];
} ngx_scim_slice_text_t;

typedef struct {
    ngx_scim_slice_t           *slice;
    ngx_scim_slice_text_t       cursor;
    unsigned                    groups:1;
    unsigned                    open:1;      /* not read to its end */
} ngx_scim_slice_set_t;

struct ngx_scim_slice_s {
    ngx_str_t                   id;          /* of the group; by the caller */
    ngx_array_t                 members;     /* of ngx_scim_link_id_t, those of
                                                the latest slice */
    ngx_scim_slice_set_t        sets[2];
    ngx_scim_slice_text_t       switched;    /* when the first was read */
};


typedef enum {
    NGX_SCIM_INDEX_UNIQUE,      /* hash: folded value to id */
    NGX_SCIM_INDEX_LEXICAL,     /* sorted set of value NUL id */
    NGX_SCIM_INDEX_FIELD        /* only a field of the resource's hash */
} ngx_scim_index_kind_e;

typedef enum {
    NGX_SCIM_EQUAL,
    NGX_SCIM_STARTS_WITH,
    NGX_SCIM_GREATER,
    NGX_SCIM_GREATER_EQUAL,
    NGX_SCIM_LESS,
    NGX_SCIM_LESS_EQUAL,
    NGX_SCIM_ANY                /* the value does not matter */
} ngx_scim_relation_e;

/* entries of a sorted index that follow each other */

typedef struct {
    ngx_scim_relation_e         relation;    /* of their values to this one, */
    ngx_str_t                   value;       /* folded */
    ngx_uint_t                  first;       /* rank of the first of them */
    ngx_uint_t                  n;
} ngx_scim_span_t;

/*
 * What a resource has in an index: as a field of its hash, the kind of index
 * ("uq:" of a unique one, "by:" of a lexical one, nothing of a field alone) and
 * the name of it; and the different values, none of them empty, joined by NUL.
 */

typedef struct {
    ngx_str_t                   field;       /* "by:emails.value" */
    ngx_str_t                   text;        /* empty: no value */
} ngx_scim_index_entry_t;


/* an entry of the provisioning log; an empty field is left out */

typedef struct {
    ngx_uint_t                  length;      /* of the log, about */
    ngx_str_t                   op;
    ngx_str_t                   type;
    ngx_str_t                   id;
    ngx_str_t                   name;
    ngx_str_t                   status;
    ngx_str_t                   scim_type;
    ngx_str_t                   detail;
    ngx_str_t                   token;
    ngx_str_t                   ms;
    ngx_str_t                   request;
} ngx_scim_log_entry_t;


/* what a tenant's requests of some time have done */

typedef struct {
    time_t                      began;
    time_t                      last;        /* request */
    ngx_uint_t                  requests;
    ngx_uint_t                  events;      /* operations; a bulk has many */
    ngx_uint_t                  created;
    ngx_uint_t                  updated;
    ngx_uint_t                  disabled;
    ngx_uint_t                  deleted;
    ngx_uint_t                  failed;      /* of the events */
} ngx_scim_cycle_t;

typedef struct {
    ngx_str_t                   source;      /* who counts: a name of this nginx
                                                that no other has */
    time_t                      pause;       /* that ends a cycle */
    ngx_uint_t                  ended;
} ngx_scim_cycle_save_t;


/* a change of one resource, carried out whole or not at all */

typedef struct {
    unsigned                    create:1;
    unsigned                    clear_members:1;  /* before what is added */

    ngx_str_t                   type;        /* "user": scim_rtype_t.key */
    ngx_str_t                   id;
    ngx_str_t                   expected;    /* version; empty: any */
    ngx_str_t                   doc;         /* empty: stays as it is */
    ngx_str_t                   now;         /* dateTime */
    ngx_str_t                   actor;       /* token name */
    ngx_str_t                   changed;     /* attribute names, by commas */
    ngx_scim_index_entry_t     *indexes;     /* used only with a doc */
    ngx_uint_t                  nindexes;
    ngx_str_t                   index_names; /* of those that are kept, a line
                                                each */
    ngx_str_t                   limits;      /* resources of the type,
                                                memberships and bytes that the
                                                tenant may have; "less": it is
                                                carried out even if memory is
                                                full; empty: none */
    ngx_array_t                 add;         /* of ngx_str_t: member ids */
    ngx_array_t                 remove;      /* of ngx_str_t: member ids */
    ngx_scim_log_entry_t       *log;         /* NULL: the change is not logged */
    ngx_str_t                   move;        /* members are staged, and are
                                                what these are; empty: no */

    /* set when the handler is called */
    unsigned                    same:1;      /* OK: there was no change */
    ngx_scim_record_t           record;      /* OK: version, created,
                                                modified, ngroups */
    ngx_str_t                   name;        /* what the result is about */
} ngx_scim_write_t;


void ngx_scim_store_init(ngx_scim_store_t *store, ngx_pool_t *pool,
    ngx_log_t *log, ngx_scim_link_t *link, ngx_str_t *tenant);

/*
 * The caller goes away: the pending handler will not be called and store->pool
 * not be touched any more. Commands that were sent are finished by Redis.
 */
void ngx_scim_store_detach(ngx_scim_store_t *store);


/*
 * Every function below returns NGX_OK when the handler is going to be called,
 * and NGX_ERROR (out of memory, the handler is not called) otherwise.
 */

/*
 * Reads n records by type and id (records[i].id is set by the caller) in one
 * round trip. A record that is not there has an empty doc; with n == 1 the
 * result is then NOT_FOUND.
 */
ngx_int_t ngx_scim_resource_read(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_record_t *records, ngx_uint_t n,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * The same for as many of them as have so many bytes together, and one that may
 * have more; the rest is left.
 */
ngx_int_t ngx_scim_resource_read_most(ngx_scim_store_t *store,
    ngx_str_t *type, ngx_scim_record_t *records, ngx_uint_t n, size_t most,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Carries out a change: OK, NOT_FOUND, CONFLICT, STALE, NO_MEMBER, CYCLE,
 * NESTED, BUSY, LARGE (ngx_scim_stage_build() first).
 */
ngx_int_t ngx_scim_resource_write(ngx_scim_store_t *store,
    ngx_scim_write_t *write, ngx_scim_store_handler_pt handler, void *data);

/*
 * Stages the members of a large change in slices, which nobody sees, and sets
 * write->move for the write that is to follow: OK, NOT_FOUND, NO_MEMBER, CYCLE,
 * BUSY. Whatever comes of it and of the write, a move that was set is to be
 * swept.
 */
ngx_int_t ngx_scim_stage_build(ngx_scim_store_t *store,
    ngx_scim_write_t *write, ngx_scim_store_handler_pt handler, void *data);

/*
 * Cleans up behind a move, in slices and in the background: what it has put in
 * the place of something else, or what was staged and is to be undone. It does
 * not need the store any more. What is not done when the worker ends is left to
 * the next one.
 */
void ngx_scim_sweep(ngx_scim_store_t *store, ngx_str_t *move);

/* From now on goes on with moves that nobody is at, of every tenant. */
ngx_int_t ngx_scim_sweep_watch(ngx_cycle_t *cycle, ngx_scim_link_t *link);

/*
 * Deletes a resource with its index entries and memberships: type, id,
 * expected, now, actor and log of write are used; move is set if there is
 * something to sweep. OK, NOT_FOUND or STALE.
 */
ngx_int_t ngx_scim_resource_delete(ngx_scim_store_t *store,
    ngx_scim_write_t *write, ngx_scim_store_handler_pt handler, void *data);

/*
 * Logs what no change of the store stands for; what is passed may go as soon as
 * this returns. Nobody is told whether it could be logged.
 */
void ngx_scim_log_add(ngx_scim_store_t *store, ngx_scim_log_entry_t *entry);

/*
 * Writes down what this nginx has counted of the cycle of the tenant, for good if
 * it has ended; again is as good as once. What is passed lives until the handler
 * is called.
 */
ngx_int_t ngx_scim_cycle_save(ngx_scim_store_t *store,
    ngx_scim_cycle_t *cycle, ngx_scim_cycle_save_t *save,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * The ids of a type in the order of their creation: count of them from offset
 * (0 is the first) into ids (of ngx_str_t), how many there are into total.
 */
ngx_int_t ngx_scim_index_page(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_uint_t offset, ngx_uint_t count, ngx_array_t *ids, ngx_uint_t *total,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * The same by seq: count of them from the one behind seq, or in front of it
 * and backward; their seqs into seqs (of ngx_uint_t). Others that come and go
 * meanwhile do not move the place.
 */
ngx_int_t ngx_scim_index_walk(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_uint_t seq, ngx_uint_t backward, ngx_uint_t count, ngx_array_t *ids,
    ngx_array_t *seqs, ngx_uint_t *total,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * The ids of the resources whose indexed attribute is in that relation to a
 * folded value (of a unique index, equal to it), at most limit + 1 of them,
 * into ids (of ngx_str_t), behind what is there. One with several values may
 * come several times.
 */
ngx_int_t ngx_scim_index_lookup(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_index_kind_e kind, ngx_str_t *name, ngx_scim_relation_e relation,
    ngx_str_t *value, ngx_uint_t limit, ngx_array_t *ids,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Where in the order of a lexical index n spans are: first and n of each are
 * set; how many resources of the type there are goes into existing.
 */
ngx_int_t ngx_scim_rank_spans(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_str_t *name, ngx_scim_span_t *spans, ngx_uint_t n,
    ngx_uint_t *existing, ngx_scim_store_handler_pt handler, void *data);

/*
 * n entries, 1 or more, of a lexical index from a rank on, in their order:
 * folded values and ids (of ngx_str_t), behind what is there.
 */
ngx_int_t ngx_scim_rank_entries(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_str_t *name, ngx_uint_t first, ngx_uint_t n, ngx_array_t *values,
    ngx_array_t *ids, ngx_scim_store_handler_pt handler, void *data);

/* The seq of each of these ids, 1 or more of them; 0 of one that is gone. */
ngx_int_t ngx_scim_rank_seqs(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_array_t *ids, ngx_uint_t *seqs, ngx_scim_store_handler_pt handler,
    void *data);

/* Which of these resources, 1 or more, have an entry in a lexical index? */
ngx_int_t ngx_scim_rank_has(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_str_t *name, ngx_array_t *ids, u_char *has,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Is the index on this attribute complete for the tenant? An index that was
 * configured later than the first resource is not, until a reindex.
 */
ngx_int_t ngx_scim_index_complete(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_str_t *name, ngx_uint_t *complete,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * The members of n groups (ids), in slices, into members[i], arrays of
 * ngx_scim_link_id_t that the caller has made.
 */
ngx_int_t ngx_scim_member_list(ngx_scim_store_t *store, ngx_str_t *ids,
    ngx_array_t *members, ngx_uint_t n,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * The first slice of the members of n groups; the fewer groups, the more of
 * each. What slices[i].members holds lives in the pool that the store has then.
 */
ngx_int_t ngx_scim_slice_first(ngx_scim_store_t *store,
    ngx_scim_slice_t *slices, ngx_uint_t n,
    ngx_scim_store_handler_pt handler, void *data);

/* A group and its first slice in one round trip; record->id is set before. */
ngx_int_t ngx_scim_slice_record(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_record_t *record, ngx_scim_slice_t *slice,
    ngx_scim_store_handler_pt handler, void *data);

/* Is there more than has been read? */
ngx_uint_t ngx_scim_slice_more(const ngx_scim_slice_t *slice);

/*
 * The slice after it, if there is more. NOT_FOUND: the group is gone; STALE:
 * its members were replaced as a whole since the first slice, so that this one
 * does not go with it. Members that join or leave meanwhile may be in or not;
 * one can come twice if most leave.
 */
ngx_int_t ngx_scim_slice_next(ngx_scim_store_t *store,
    ngx_scim_slice_t *slice, ngx_scim_store_handler_pt handler, void *data);

/* Which of these ids are members of the group: held[i] is set to 0 or 1. */
ngx_int_t ngx_scim_member_test(ngx_scim_store_t *store, ngx_str_t *group,
    ngx_str_t *ids, ngx_uint_t n, u_char *held,
    ngx_scim_store_handler_pt handler, void *data);

/* The ids of the groups that hold a user or group directly (of ngx_str_t). */
ngx_int_t ngx_scim_member_holders(ngx_scim_store_t *store, ngx_str_t *id,
    ngx_array_t *ids,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * The groups of n users with their display names: all direct ones, then at most
 * 1000 others. Into groups[i], arrays of ngx_scim_link_id_t that the caller has
 * made.
 */
ngx_int_t ngx_scim_member_groups(ngx_scim_store_t *store, ngx_str_t *ids,
    ngx_array_t *groups, ngx_uint_t n,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * A user, as ngx_scim_resource_read() reads one, and the groups of it in the same
 * round trip: *groups is set to an array of ngx_scim_link_id_t, or to NULL if
 * they were not asked for, as it is likely that there are none.
 */
ngx_int_t ngx_scim_member_record(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_record_t *record, ngx_array_t **groups,
    ngx_scim_store_handler_pt handler, void *data);

#endif /* NGX_SCIM_STORE_H */
