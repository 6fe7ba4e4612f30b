/*
 * A wire: one connection to Redis, on which bytes of commands go out and
 * replies come in. It knows neither what they say nor what to do when it
 * breaks.
 */

#ifndef NGX_SCIM_WIRE_H
#define NGX_SCIM_WIRE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <hiredis/hiredis.h>

#include "store/link/ngx_scim_connector.h"


/*
 * What happens on a wire. Each of these may close it, none is called from
 * inside a function of this header but reply and closed, by
 * ngx_scim_wire_read().
 */

typedef struct {
    /* a reply, which is freed afterwards; NGX_ERROR: nobody has asked for it */
    ngx_int_t (*reply)(void *data, redisReply *reply);

    /* it cannot go on; why is in a text of the wire's. It is not yet closed. */
    void (*closed)(void *data, const char *why);

    /* the timer of the connection's read event has expired */
    void (*timeout)(void *data);

    /* nginx wants the connection to end now */
    void (*end)(void *data);
} ngx_scim_wire_handlers_t;


/* begins with zeros, and goes back to them when it is closed, but for data */

typedef struct {
    const ngx_scim_wire_handlers_t  *handlers;
    void                            *data;
    const ngx_scim_connector_t      *connector;
    ngx_connection_t                *c;         /* NULL: closed */
    redisReader                     *reader;
    ngx_log_t                       *log;
    ngx_log_t                        quiet;     /* for errors of connect() */
    u_char                          *start;     /* what is to be sent: a buffer */
    u_char                          *pos;
    u_char                          *last;
    u_char                          *end;
    uint64_t                         given;     /* bytes, since it was opened */
    uint64_t                         sent;      /* of them, to the system */
    u_char                           why[192];
    unsigned                         connecting:1;
} ngx_scim_wire_t;


/*
 * Connects to a server, which has this name in messages. What is given
 * meanwhile is sent when the connection stands. NGX_ERROR: the reason is in
 * wire->why.
 */
ngx_int_t ngx_scim_wire_open(ngx_scim_wire_t *wire, ngx_scim_peer_t *peer,
    ngx_str_t *name);

/* Closes the connection, if there is any. What was not sent is forgotten. */
void ngx_scim_wire_close(ngx_scim_wire_t *wire);

/* Room for size bytes of an open wire; NULL: out of memory. */
u_char *ngx_scim_wire_reserve(ngx_scim_wire_t *wire, size_t size);

/*
 * The room that was reserved has been used up to last. It is sent at the end of
 * the pass of the event loop, together with all else; at once when there is
 * much, so that Redis begins. Returns wire->given, the place of its last byte.
 */
uint64_t ngx_scim_wire_give(ngx_scim_wire_t *wire, u_char *last);

/* Returns what a server has not done that does not answer. */
const char *ngx_scim_wire_overdue(ngx_scim_wire_t *wire);

/* Takes what has come. */
void ngx_scim_wire_read(ngx_scim_wire_t *wire);

#endif /* NGX_SCIM_WIRE_H */
