/*
 * A Redis server: how it is reached, and what the workers know of it.
 */

#ifndef NGX_SCIM_SERVER_H
#define NGX_SCIM_SERVER_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "store/link/ngx_scim_connector.h"
#include "store/link/ngx_scim_heard.h"


/* the server of a scim_redis directive; lives as long as the configuration */

typedef struct {
    ngx_str_t          name;          /* for messages, without secrets */
    ngx_str_t          host;          /* numeric, or a socket's path */
    in_port_t          port;          /* 0: a unix socket */
    ngx_scim_peer_t    peer;          /* the same, to connect to */
    ngx_str_t          user;          /* empty: none */
    ngx_str_t          password;      /* empty: none */
    ngx_uint_t         db;
    ngx_msec_t         connect_timeout;
    ngx_msec_t         timeout;
    ngx_uint_t         configuration; /* another number after a reload */
} ngx_scim_redis_conf_t;


/*
 * What the workers know of the data of a server, in shared memory, so that a
 * reload keeps it. Zeroed at first.
 */

#define NGX_SCIM_IDENTITY_LEN  32     /* hexadecimal digits */

typedef struct {
    ngx_shmtx_t  *mutex;              /* guards the rest; NULL: not shared */
    u_char        id[NGX_SCIM_IDENTITY_LEN];   /* zeroes: not yet known */
    ngx_uint_t    missing;            /* that was logged */
    ngx_uint_t    configuration;      /* whose workers saw the settings */
    time_t        looked;             /* at the settings */
    ngx_uint_t    faults;             /* in the settings */
    ngx_scim_heard_t  *heard;         /* NULL: nobody listens */
} ngx_scim_known_t;


/* what links count, of all workers if it is in shared memory */

typedef struct {
    ngx_atomic_t  round_trips;        /* calls of the store */
    ngx_atomic_t  commands;
    ngx_atomic_t  parked;             /* that waited for a connection */
    ngx_atomic_t  queued;             /* that waited for their turn */
    ngx_atomic_t  overflows;          /* that a full queue did not take */
    ngx_atomic_t  refused;            /* that Redis answered by an error */
    ngx_atomic_t  unanswered;
    ngx_atomic_t  connects;
    ngx_atomic_t  disconnects;        /* attempts that failed included */
} ngx_scim_counters_t;

#define ngx_scim_count(counters, what)                                        \
    (void) ngx_atomic_fetch_add(&(counters)->what, 1)

#endif /* NGX_SCIM_SERVER_H */
