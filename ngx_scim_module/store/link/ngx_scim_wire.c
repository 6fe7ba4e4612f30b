/*
 * Bytes to and from Redis: a connection of nginx's own, and hiredis' reader of
 * replies.
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_event_connect.h>

#include "store/link/ngx_scim_wire.h"


#define NGX_SCIM_WIRE_READ   65536  /* bytes of one pass of the event loop */
#define NGX_SCIM_WIRE_EARLY  2048   /* so much is sent before its end */
#define NGX_SCIM_WIRE_ROOM   16384  /* of a buffer, at first */
#define NGX_SCIM_WIRE_KEEP   65536  /* a larger one goes when it is empty */


static void ngx_scim_wire_attach(ngx_scim_wire_t *wire, ngx_connection_t *c,
    const ngx_scim_connector_t *connector);
static void ngx_scim_wire_read_event(ngx_event_t *rev);
static void ngx_scim_wire_write_event(ngx_event_t *wev);
static ngx_int_t ngx_scim_wire_connected(ngx_scim_wire_t *wire);
static ngx_int_t ngx_scim_wire_replies(ngx_scim_wire_t *wire, u_char *data,
    size_t len);
static ngx_int_t ngx_scim_wire_flush(ngx_scim_wire_t *wire);
static void ngx_scim_wire_flushed(ngx_scim_wire_t *wire);
static void ngx_scim_wire_broken(ngx_scim_wire_t *wire, ngx_err_t err);
static void ngx_scim_wire_fail(ngx_scim_wire_t *wire, const char *why);
static void ngx_scim_wire_why(ngx_scim_wire_t *wire, ngx_err_t err);


ngx_int_t
ngx_scim_wire_open(ngx_scim_wire_t *wire, ngx_scim_peer_t *peer,
    ngx_str_t *name)
{
    ngx_int_t              rc;
    ngx_peer_connection_t  pc;

    /* a line for each attempt is too much: the link tells of a change */

    wire->quiet = *wire->log;
    wire->quiet.log_level = NGX_LOG_ALERT;

    ngx_memzero(&pc, sizeof(ngx_peer_connection_t));

    pc.sockaddr = peer->sockaddr;
    pc.socklen = peer->socklen;
    pc.name = name;
    pc.get = ngx_event_get_peer;
    pc.log = &wire->quiet;
    pc.log_error = NGX_ERROR_INFO;

    rc = ngx_event_connect_peer(&pc);

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        /* nginx has closed it, which leaves errno as it was */

        ngx_scim_wire_why(wire, rc == NGX_DECLINED ? ngx_socket_errno
                                                   : NGX_ENFILE);
        return NGX_ERROR;
    }

    ngx_scim_wire_attach(wire, pc.connection, peer->connector);

    if (wire->connector->prepare(wire->c, peer, wire->log) != NGX_OK) {
        ngx_scim_wire_why(wire, ngx_errno);
        ngx_scim_wire_close(wire);
        return NGX_ERROR;
    }

    wire->connecting = 1;

    if (rc == NGX_OK) {
        ngx_post_event(wire->c->write, &ngx_posted_events);
    }

    wire->reader = redisReaderCreate();
    if (wire->reader == NULL) {
        ngx_scim_wire_why(wire, NGX_ENOMEM);
        ngx_scim_wire_close(wire);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_scim_wire_attach(ngx_scim_wire_t *wire, ngx_connection_t *c,
    const ngx_scim_connector_t *connector)
{
    c->data = wire;
    c->read->handler = ngx_scim_wire_read_event;
    c->write->handler = ngx_scim_wire_write_event;

    wire->c = c;
    wire->connector = connector;
}


void
ngx_scim_wire_close(ngx_scim_wire_t *wire)
{
    if (wire->c != NULL) {
        wire->connector->close(wire->c);
        wire->c = NULL;
    }

    if (wire->reader != NULL) {
        redisReaderFree(wire->reader);
        wire->reader = NULL;
    }

    if (wire->start != NULL) {
        ngx_free(wire->start);
    }

    wire->start = NULL;
    wire->pos = NULL;
    wire->last = NULL;
    wire->end = NULL;
    wire->given = 0;
    wire->sent = 0;
    wire->connecting = 0;
}


static void
ngx_scim_wire_read_event(ngx_event_t *rev)
{
    ngx_connection_t  *c;
    ngx_scim_wire_t   *wire;

    c = rev->data;
    wire = c->data;

    if (c->close) {
        wire->handlers->end(wire->data);
        return;
    }

    if (rev->timedout) {
        rev->timedout = 0;
        wire->handlers->timeout(wire->data);
        return;
    }

    ngx_scim_wire_read(wire);
}


static void
ngx_scim_wire_write_event(ngx_event_t *wev)
{
    ngx_err_t          err;
    ngx_connection_t  *c;
    ngx_scim_wire_t   *wire;

    c = wev->data;
    wire = c->data;

    if (ngx_scim_wire_connected(wire) != NGX_OK) {
        return;
    }

    if (ngx_scim_wire_flush(wire) == NGX_OK) {
        return;
    }

    /* the last that the server has sent may say why it takes no more */

    err = ngx_socket_errno;

    ngx_scim_wire_read(wire);

    if (wire->c != NULL) {
        ngx_scim_wire_broken(wire, err);
    }
}


/* NGX_AGAIN: not yet; NGX_ERROR: the wire may be closed by now */

static ngx_int_t
ngx_scim_wire_connected(ngx_scim_wire_t *wire)
{
    int        err;
    ngx_int_t  rc;
    socklen_t  len;

    if (!wire->connecting) {
        return NGX_OK;
    }

    if (!wire->c->read->ready && !wire->c->write->ready) {
        return NGX_AGAIN;
    }

    err = 0;
    len = sizeof(int);

    if (getsockopt(wire->c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len)
        == -1)
    {
        err = ngx_socket_errno;
    }

    if (err) {
        ngx_scim_wire_broken(wire, err);
        return NGX_ERROR;
    }

    if (wire->connector->secure == NULL) {
        wire->connecting = 0;
        return NGX_OK;
    }

    rc = wire->connector->secure(wire->c);

    if (rc == NGX_ERROR) {
        ngx_scim_wire_broken(wire, ngx_errno);
        return NGX_ERROR;
    }

    if (rc != NGX_OK) {
        return NGX_AGAIN;
    }

    wire->connecting = 0;

    /* nginx may have taken the last event of both for the handshake */

    ngx_post_event(wire->c->read, &ngx_posted_events);
    ngx_post_event(wire->c->write, &ngx_posted_events);

    return NGX_OK;
}


const char *
ngx_scim_wire_overdue(ngx_scim_wire_t *wire)
{
    return wire->connecting && wire->connector->secure && wire->c->write->ready
           ? "no TLS handshake in time" : "no answer in time";
}


/* what does not fit into one pass comes in the next, behind other events */

void
ngx_scim_wire_read(ngx_scim_wire_t *wire)
{
    ssize_t            n;
    ngx_connection_t  *c;

    static u_char  buffer[NGX_SCIM_WIRE_READ];

    if (ngx_scim_wire_connected(wire) != NGX_OK) {
        return;
    }

    c = wire->c;
    n = c->recv(c, buffer, sizeof(buffer));

    if (n == 0) {
        ngx_scim_wire_fail(wire, "Server closed the connection");
        return;
    }

    if (n == NGX_ERROR) {
        ngx_scim_wire_broken(wire, ngx_socket_errno);
        return;
    }

    if (n > 0 && ngx_scim_wire_replies(wire, buffer, n) != NGX_OK) {
        return;
    }

    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_next_events);

    } else if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_scim_wire_broken(wire, ngx_errno);
    }
}


/* NGX_ERROR: the wire may be closed by now */

static ngx_int_t
ngx_scim_wire_replies(ngx_scim_wire_t *wire, u_char *data, size_t len)
{
    void       *reply;
    ngx_int_t   rc;

    if (redisReaderFeed(wire->reader, (char *) data, len) != REDIS_OK) {
        ngx_scim_wire_fail(wire, wire->reader->errstr);
        return NGX_ERROR;
    }

    for ( ;; ) {
        if (redisReaderGetReply(wire->reader, &reply) != REDIS_OK) {
            ngx_scim_wire_fail(wire, wire->reader->errstr);
            return NGX_ERROR;
        }

        if (reply == NULL) {
            return NGX_OK;
        }

        rc = wire->handlers->reply(wire->data, reply);

        freeReplyObject(reply);

        if (wire->c == NULL) {
            return NGX_ERROR;
        }

        if (rc != NGX_OK) {
            ngx_scim_wire_fail(wire, "it sent a reply that nobody asked for");
            return NGX_ERROR;
        }
    }
}


u_char *
ngx_scim_wire_reserve(ngx_scim_wire_t *wire, size_t size)
{
    size_t   used, room;
    u_char  *start;

    if ((size_t) (wire->end - wire->last) >= size) {
        return wire->last;
    }

    used = wire->last - wire->pos;
    room = ngx_max(wire->end - wire->start, NGX_SCIM_WIRE_ROOM);

    while (room < used + size) {
        room *= 2;
    }

    start = ngx_alloc(room, wire->log);
    if (start == NULL) {
        return NULL;
    }

    if (wire->start != NULL) {
        ngx_memcpy(start, wire->pos, used);
        ngx_free(wire->start);
    }

    wire->start = start;
    wire->pos = start;
    wire->last = start + used;
    wire->end = start + room;

    return wire->last;
}


/* what goes wrong early shows again at the end of the pass */

uint64_t
ngx_scim_wire_give(ngx_scim_wire_t *wire, u_char *last)
{
    wire->given += last - wire->last;
    wire->last = last;

    if (wire->connecting || !wire->c->write->ready) {
        return wire->given;
    }

    if (wire->last - wire->pos >= NGX_SCIM_WIRE_EARLY) {
        (void) ngx_scim_wire_flush(wire);
    }

    if (wire->pos != wire->last && wire->c->write->ready) {
        ngx_post_event(wire->c->write, &ngx_posted_events);
    }

    return wire->given;
}


static ngx_int_t
ngx_scim_wire_flush(ngx_scim_wire_t *wire)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = wire->c;

    while (wire->pos < wire->last && c->write->ready) {
        n = c->send(c, wire->pos, wire->last - wire->pos);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n < 0) {
            return NGX_ERROR;
        }

        wire->pos += n;
        wire->sent += n;
    }

    if (wire->pos == wire->last) {
        ngx_scim_wire_flushed(wire);
    }

    return ngx_handle_write_event(c->write, 0);
}


static void
ngx_scim_wire_flushed(ngx_scim_wire_t *wire)
{
    if (wire->end - wire->start > NGX_SCIM_WIRE_KEEP) {
        ngx_free(wire->start);
        wire->start = NULL;
        wire->end = NULL;
    }

    wire->pos = wire->start;
    wire->last = wire->start;
}


static void
ngx_scim_wire_broken(ngx_scim_wire_t *wire, ngx_err_t err)
{
    const char  *why;

    why = wire->connector->why ? wire->connector->why(wire->c) : NULL;

    if (why != NULL) {
        ngx_scim_wire_fail(wire, why);
        return;
    }

    ngx_scim_wire_why(wire, err);
    wire->handlers->closed(wire->data, (char *) wire->why);
}


/* a copy, as the reader that has the text may be freed */

static void
ngx_scim_wire_fail(ngx_scim_wire_t *wire, const char *why)
{
    ngx_cpystrn(wire->why, (u_char *) why, sizeof(wire->why));
    wire->handlers->closed(wire->data, (char *) wire->why);
}


static void
ngx_scim_wire_why(ngx_scim_wire_t *wire, ngx_err_t err)
{
    *ngx_strerror(err, wire->why, sizeof(wire->why) - 1) = '\0';
}
