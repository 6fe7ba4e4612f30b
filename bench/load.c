/*
 * A load client. It sends sessions of HTTP requests over kept connections,
 * each request after the response to the one before it on its connection.
 *
 *   load -p PORT -c CONNECTIONS (-t SECONDS | -n SESSIONS) SESSION [DATA]
 *
 * SESSION is a file:
 *
 *   H Authorization: Bearer secret       a header of each request
 *   > GET /scim/v2/Users/<1> 200         a request, and its status, or 2xx
 *   ? "userName":"<2>"                   what its answer must hold
 *   > PATCH /scim/v2/Users/<1> 200       ...
 *   {"schemas": ...                      its body, one line
 *   > GET /...cursor=<cursor> 200 *      as long as answers have a nextCursor
 *
 * The steps of a session share what stands in angle brackets: <n> is the number
 * of the session, <1> to <9> are the columns, split by tabs, of one random line
 * of DATA, <id> is that of the latest resource that was created, <cursor> the
 * nextCursor of the latest answer.
 *
 * The result is one line of JSON. A wrong response is shown and ends the
 * program with exit code 1.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"


typedef struct {
    load_plan_t   plan;
    load_conn_t  *conns;
    unsigned      nconns;
    unsigned      active;
    int           port;
    int           epoll;
    uint64_t      sessions;      /* the number of requests; 0: no limit */
    uint64_t      number;        /* of the next one */
    uint64_t      done;          /* sessions */
    uint64_t      end;
    uint64_t      random;
    uint64_t      bytes;
    uint32_t     *times;         /* of each request, in microseconds */
    size_t        ntimes;
    size_t        max_times;
    uint64_t      answers;       /* those that came after the end, too */
} load_t;


static uint64_t
load_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


static void
load_request(load_t *load, load_conn_t *c)
{
    char         buf[64];
    int          len;
    load_step_t  *step;

    static load_text_t  body;

    step = &load->plan.steps[c->step];
    c->out.len = 0;
    c->sent = 0;

    load_puts(&c->out, step->method);
    load_puts(&c->out, " ");
    load_fill(c, &c->out, step->path);
    len = snprintf(buf, sizeof(buf), " HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n",
                   load->port);
    load_add(&c->out, buf, len);
    load_fill(c, &c->out, load->plan.headers.data);

    if (step->body != NULL) {
        body.len = 0;
        load_fill(c, &body, step->body);
        len = snprintf(buf, sizeof(buf), "Content-Length: %zu\r\n", body.len);
        load_add(&c->out, buf, len);
        load_puts(&c->out, "Content-Type: application/scim+json\r\n\r\n");
        load_add(&c->out, body.data, body.len);

    } else {
        load_puts(&c->out, "\r\n");
    }
}


static void
load_watch(load_t *load, load_conn_t *c, uint32_t events)
{
    struct epoll_event  event;

    event.events = events;
    event.data.ptr = c;

    if (epoll_ctl(load->epoll, EPOLL_CTL_MOD, c->fd, &event) == -1) {
        load_die("epoll_ctl", strerror(errno));
    }
}


static void
load_send(load_t *load, load_conn_t *c)
{
    ssize_t  n;

    n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);

    if (n == -1) {
        if (errno != EAGAIN) {
            load_die("send", strerror(errno));
        }

        n = 0;
    }

    c->sent += n;

    if (c->sent < c->out.len) {
        load_watch(load, c, EPOLLIN | EPOLLOUT);
    }
}


static void
load_start_session(load_t *load, load_conn_t *c)
{
    uint64_t  x;

    c->number = load->number++;
    c->step = 0;
    c->id[0] = '\0';
    c->cursor[0] = '\0';

    if (load->plan.nlines != 0) {
        x = load->random;
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        load->random = x;
        c->line = load->plan.lines[x % load->plan.nlines];
    }
}


/* Sends the next request of the session or of another one, if there is one. */
static void
load_next(load_t *load, load_conn_t *c)
{
    c->start = load_now();

    if (c->step == load->plan.nsteps) {
        load->done++;

        if (load->sessions != 0 && load->number >= load->sessions) {
            load->active--;
            return;
        }

        load_start_session(load, c);
    }

    if (load->end != 0 && c->start >= load->end) {
        load->active--;
        return;
    }

    c->in.len = 0;
    c->head = 0;

    load_request(load, c);
    load_send(load, c);
}


/* --- answers ------------------------------------------------------------- */

static void
load_wrong(load_conn_t *c, const char *what, const char *expected)
{
    fprintf(stderr, "load: %s is not \"%s\"\n\n%.2000s\n\n%.2000s\n", what,
            expected, c->out.data, c->in.data);
    exit(1);
}


static bool
load_read_head(load_conn_t *c)
{
    char  *end, *field;

    end = memmem(c->in.data, c->in.len, "\r\n\r\n", 4);

    if (end == NULL) {
        return false;
    }

    c->head = end + 4 - c->in.data;
    c->chunk = c->head;

    *end = '\0';
    field = strcasestr(c->in.data, "\r\nContent-Length:");
    c->length = (field != NULL) ? strtoul(field + 17, NULL, 10) : 0;
    c->chunked = strcasestr(c->in.data, "\r\nTransfer-Encoding: chunked");
    *end = '\r';

    return true;
}


static bool
load_chunks_complete(load_conn_t *c)
{
    char   *line, *end;
    size_t  size;

    for ( ;; ) {
        line = c->in.data + c->chunk;

        if (c->chunk >= c->in.len) {
            return false;
        }

        end = memmem(line, c->in.len - c->chunk, "\r\n", 2);

        if (end == NULL) {
            return false;
        }

        size = strtoul(line, NULL, 16);

        if (end + 2 - c->in.data + size + 2 > c->in.len) {
            return false;
        }

        if (size == 0) {
            return true;
        }

        c->chunk = end + 2 - c->in.data + size + 2;
    }
}


static bool
load_complete(load_conn_t *c)
{
    if (c->head == 0 && !load_read_head(c)) {
        return false;
    }

    return c->chunked ? load_chunks_complete(c)
                      : c->in.len >= c->head + c->length;
}


static bool
load_capture(load_conn_t *c, const char *name, char *value)
{
    char    *p;
    size_t   len;

    p = strstr(c->in.data + c->head, name);

    if (p == NULL) {
        return false;
    }

    p += strlen(name);
    len = strcspn(p, "\"");

    if (len >= LOAD_VALUE) {
        load_die("answer", "a value is too long");
    }

    memcpy(value, p, len);
    value[len] = '\0';

    return true;
}


/* "2xx" is any success, "xxx" any response */
static bool
load_status_is(const char *status, const char *wanted)
{
    return strncmp(status, wanted, strcspn(wanted, "x")) == 0;
}


static void
load_check(load_t *load, load_conn_t *c)
{
    load_step_t  *step;

    static load_text_t  want;

    step = &load->plan.steps[c->step];

    if (!load_status_is(c->in.data + sizeof("HTTP/1.1 ") - 1, step->status)) {
        load_wrong(c, "the status", step->status);
    }

    if (step->want != NULL) {
        want.len = 0;
        load_fill(c, &want, step->want);

        if (memmem(c->in.data + c->head, c->in.len - c->head, want.data,
                   want.len)
            == NULL)
        {
            load_wrong(c, "in the answer", want.data);
        }
    }

    if (strcmp(step->status, "201") == 0) {
        load_capture(c, "\"id\":\"", c->id);
    }

    if (load->plan.cursors
        && !load_capture(c, "\"nextCursor\":\"", c->cursor))
    {
        c->cursor[0] = '\0';
    }
}


static void
load_count(load_t *load, load_conn_t *c)
{
    uint64_t  now;

    now = load_now();
    load->answers++;

    if (load->end != 0 && now > load->end) {
        return;
    }

    if (load->ntimes == load->max_times) {
        load->max_times = load->max_times * 2 + 65536;
        load->times = load_grow(load->times,
                                load->max_times * sizeof(uint32_t));
    }

    load->times[load->ntimes++] = now - c->start;
    load->bytes += c->in.len;
}


static void
load_answered(load_t *load, load_conn_t *c)
{
    load_count(load, c);
    load_check(load, c);

    if (!load->plan.steps[c->step].repeat || c->cursor[0] == '\0') {
        c->step++;
    }

    /* nothing to send next */
    while (c->step < load->plan.nsteps && load->plan.steps[c->step].repeat
           && c->cursor[0] == '\0')
    {
        c->step++;
    }

    load_next(load, c);
}


static void
load_read(load_t *load, load_conn_t *c)
{
    ssize_t  n;

    for ( ;; ) {
        load_reserve(&c->in, 65536);
        n = recv(c->fd, c->in.data + c->in.len, c->in.size - c->in.len - 1, 0);

        if (n == 0) {
            load_die("recv", "the server has closed the connection");
        }

        if (n == -1) {
            if (errno == EAGAIN) {
                return;
            }

            load_die("recv", strerror(errno));
        }

        c->in.len += n;
        c->in.data[c->in.len] = '\0';

        if (load_complete(c)) {
            load_answered(load, c);
            return;
        }

        if ((size_t) n < 65536) {
            return;
        }
    }
}


/* --- all of it ----------------------------------------------------------- */

static void
load_connect(load_t *load, load_conn_t *c)
{
    int                 one = 1;
    struct sockaddr_in  addr = { .sin_family = AF_INET };
    struct epoll_event  event = { .events = EPOLLIN };

    addr.sin_port = htons(load->port);
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    event.data.ptr = c;

    c->fd = socket(AF_INET, SOCK_STREAM, 0);

    if (c->fd == -1
        || connect(c->fd, (struct sockaddr *) &addr, sizeof(addr)) == -1
        || setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == -1
        || fcntl(c->fd, F_SETFL, O_NONBLOCK) == -1
        || epoll_ctl(load->epoll, EPOLL_CTL_ADD, c->fd, &event) == -1)
    {
        load_die("connect", strerror(errno));
    }
}


static void
load_run(load_t *load)
{
    int                  i, n;
    load_conn_t         *c;
    struct epoll_event   events[64];

    for (i = 0; i < (int) load->nconns; i++) {
        c = &load->conns[i];
        load_start_session(load, c);
        load_next(load, c);
    }

    /* wait for the responses to what was sent before the end */
    while (load->active > 0) {
        n = epoll_wait(load->epoll, events, 64, -1);

        for (i = 0; i < n; i++) {
            c = events[i].data.ptr;

            if (events[i].events & EPOLLOUT) {
                load_watch(load, c, EPOLLIN);
                load_send(load, c);
            }

            if (events[i].events & ~EPOLLOUT) {
                load_read(load, c);
            }
        }
    }
}


static int
load_compare(const void *one, const void *two)
{
    uint32_t  a = *(const uint32_t *) one, b = *(const uint32_t *) two;

    return (a > b) - (a < b);
}


static uint32_t
load_percentile(load_t *load, double part)
{
    if (load->ntimes == 0) {
        return 0;
    }

    return load->times[(size_t) (part * (load->ntimes - 1) + 0.5)];
}


static void
load_print(load_t *load, double seconds)
{
    qsort(load->times, load->ntimes, sizeof(uint32_t), load_compare);

    printf("{\"requests\":%zu,\"answers\":%llu,\"sessions\":%llu,"
           "\"seconds\":%.6f,\"bytes\":%llu,\"p50\":%u,\"p99\":%u,"
           "\"max\":%u}\n",
           load->ntimes, (unsigned long long) load->answers,
           (unsigned long long) load->done, seconds,
           (unsigned long long) load->bytes, load_percentile(load, 0.5),
           load_percentile(load, 0.99), load_percentile(load, 1));
}


int
main(int argc, char **argv)
{
    int       option;
    double    seconds = 0;
    uint64_t  start;
    unsigned  i;
    load_t    load = { .nconns = 32, .random = 88172645463325252ull };

    while ((option = getopt(argc, argv, "p:c:t:n:")) != -1) {
        switch (option) {
        case 'p': load.port = atoi(optarg); break;
        case 'c': load.nconns = atoi(optarg); break;
        case 't': seconds = atof(optarg); break;
        case 'n': load.sessions = strtoull(optarg, NULL, 10); break;
        default: return 2;
        }
    }

    if (optind >= argc || load.port == 0 || load.nconns == 0
        || (seconds <= 0) == (load.sessions == 0))
    {
        load_die("usage", "load -p PORT [-c CONNECTIONS] (-t SECONDS | "
                 "-n SESSIONS) SESSION [DATA]");
    }

    load_parse_plan(&load.plan, load_file(argv[optind]));

    if (optind + 1 < argc) {
        load_parse_data(&load.plan, load_file(argv[optind + 1]));
    }

    if (load.sessions != 0 && load.sessions < load.nconns) {
        load.nconns = load.sessions;
    }

    load.active = load.nconns;
    load.conns = calloc(load.nconns, sizeof(load_conn_t));
    load.epoll = epoll_create1(0);

    for (i = 0; i < load.nconns; i++) {
        load_connect(&load, &load.conns[i]);
    }

    start = load_now();

    if (seconds > 0) {
        load.end = start + (uint64_t) (seconds * 1000000);
    }

    load_run(&load);
    load_print(&load, seconds > 0 ? seconds : (load_now() - start) / 1e6);

    return 0;
}
