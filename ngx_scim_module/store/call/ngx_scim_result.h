/*
 * The results of a call of the store.
 */

#ifndef NGX_SCIM_RESULT_H
#define NGX_SCIM_RESULT_H


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
    NGX_SCIM_STORE_BUSY,          /* another such change is running */
    NGX_SCIM_STORE_UNAVAILABLE,   /* not reachable, too slow, full, loading */
    NGX_SCIM_STORE_FAILED         /* a bug or foreign data; has been logged */
} ngx_scim_result_e;

#endif /* NGX_SCIM_RESULT_H */
