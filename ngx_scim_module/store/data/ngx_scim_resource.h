/*
 * Resources in the store. Each is read with its version; each change of one is
 * carried out as a whole or not at all.
 *
 * The functions return as those of ngx_scim_store.h do.
 */

#ifndef NGX_SCIM_RESOURCE_H
#define NGX_SCIM_RESOURCE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_store.h"
#include "store/org/ngx_scim_log.h"


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


/*
 * The values of a resource in an index. The field is the one of the hash of the
 * resource: the kind of the index ("uq:" if it is unique, "by:" if it is
 * lexical, nothing if it is a field alone) and its name. The text has the
 * different values, none of them empty, joined by NUL.
 */

typedef struct {
    ngx_str_t                   field;       /* "by:emails.value" */
    ngx_str_t                   text;        /* empty: no value */
} ngx_scim_index_entry_t;


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
    unsigned                    near:1;      /* OK: four fifths of a limit are
                                                used, or more */
    ngx_scim_record_t           record;      /* OK: version, created,
                                                modified, ngroups */
    ngx_str_t                   name;        /* what the result is about */
} ngx_scim_write_t;


/*
 * Reads n records by type and id in one round trip. The caller sets
 * records[i].id. A record that is not there has an empty doc. If n is 1, the
 * result is NOT_FOUND then.
 */
ngx_int_t ngx_scim_resource_read(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_record_t *records, ngx_uint_t n,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Reads records as ngx_scim_resource_read() does, until their documents have so
 * many bytes together. The last one may have more. Sets left of the other
 * records.
 */
ngx_int_t ngx_scim_resource_read_most(ngx_scim_store_t *store,
    ngx_str_t *type, ngx_scim_record_t *records, ngx_uint_t n, size_t most,
    ngx_scim_store_handler_pt handler, void *data);

/*
 * Carries out a change. The result is OK, NOT_FOUND, CONFLICT, STALE, DELETED,
 * LIMIT, NO_MEMBER, CYCLE, NESTED, BUSY, or LARGE: ngx_scim_stage_build() must
 * be called first.
 */
ngx_int_t ngx_scim_resource_write(ngx_scim_store_t *store,
    ngx_scim_write_t *write, ngx_scim_store_handler_pt handler, void *data);

/*
 * Deletes a resource with its index entries and memberships. Uses type, id,
 * expected, now, actor and log of write, and sets move if there is something to
 * sweep. The result is OK, NOT_FOUND or STALE.
 */
ngx_int_t ngx_scim_resource_delete(ngx_scim_store_t *store,
    ngx_scim_write_t *write, ngx_scim_store_handler_pt handler, void *data);

/*
 * Sends the command of a call that reads a record. If must_be is 1, the result
 * for a record that is not there is NOT_FOUND. Returns NGX_ERROR if out of
 * memory; the call is then given up.
 */
ngx_int_t ngx_scim_resource_send(ngx_scim_store_t *store, ngx_str_t *type,
    ngx_scim_record_t *record, ngx_uint_t must_be);

#endif /* NGX_SCIM_RESOURCE_H */
