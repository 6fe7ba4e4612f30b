/*
 * A person who wants to pass: the user behind a name, and the groups of the user.
 */

#ifndef NGX_SCIM_PERSON_H
#define NGX_SCIM_PERSON_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/call/ngx_scim_store.h"


/* by what a user is looked for, and what is required of the user */

typedef struct {
    ngx_str_t                 kind;      /* "id", "unique" or "lexical" */
    ngx_str_t                 index;
    ngx_array_t               groups;    /* of ngx_str_t: for each line their
                                            number, then each by "id", "name" or
                                            "externalId" and its folded value */
} ngx_scim_person_wanted_t;


typedef enum {
    NGX_SCIM_PERSON_OK,
    NGX_SCIM_PERSON_UNKNOWN,
    NGX_SCIM_PERSON_AMBIGUOUS,           /* several users have the value */
    NGX_SCIM_PERSON_INACTIVE,
    NGX_SCIM_PERSON_OUTSIDE              /* of the groups */
} ngx_scim_person_state_e;

typedef struct {
    ngx_scim_person_state_e   state;
    ngx_str_t                 id;        /* unless UNKNOWN or AMBIGUOUS */
    ngx_str_t                 doc;       /* OK: JSON */
    ngx_array_t               groups;    /* OK: of ngx_str_t, their names */
} ngx_scim_person_t;


/*
 * Reads who is meant by a folded value, as of one moment: OK, UNAVAILABLE or FAILED.
 * What is given lives as long as the call. NGX_ERROR: out of memory, the handler is not
 * called.
 */
ngx_int_t ngx_scim_person_read(ngx_scim_store_t *store,
    const ngx_scim_person_wanted_t *wanted, ngx_str_t *value,
    ngx_scim_person_t *person, ngx_scim_store_handler_pt handler, void *data);

#endif /* NGX_SCIM_PERSON_H */
