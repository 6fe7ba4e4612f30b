/*
 * Preloaded into nginx: how long a worker is busy between two calls of
 * epoll_wait(), which is a pass of its event loop. The longest, in nanoseconds
 * of CPU time and of the clock, lie in the file HOLD_FILE; whoever reads them
 * sets them to 0 again. For one worker.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>


typedef struct {
    uint64_t  cpu;
    uint64_t  wall;
    uint64_t  passes;
} hold_t;


static hold_t    *hold;
static uint64_t   cpu;
static uint64_t   wall;


static uint64_t
hold_now(clockid_t id)
{
    struct timespec  ts;

    clock_gettime(id, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


/* the environment is gone in a worker; the mapping is not */

__attribute__((constructor))
static void
hold_init(void)
{
    int          fd;
    void        *p;
    const char  *file;

    /* Redis has the same environment */

    if (strcmp(program_invocation_short_name, "nginx") != 0) {
        return;
    }

    file = getenv("HOLD_FILE");
    fd = file ? open(file, O_RDWR) : -1;

    if (fd == -1) {
        return;
    }

    p = mmap(NULL, sizeof(hold_t), PROT_READ|PROT_WRITE, MAP_SHARED, fd, 0);
    hold = (p == MAP_FAILED) ? NULL : p;
    close(fd);
}


int
epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout)
{
    int       n;
    uint64_t  busy;

    static int (*next)(int, struct epoll_event *, int, int);

    if (next == NULL) {
        *(void **) &next = dlsym(RTLD_NEXT, "epoll_wait");
    }

    if (hold != NULL && wall != 0) {
        busy = hold_now(CLOCK_THREAD_CPUTIME_ID) - cpu;
        hold->cpu = (busy > hold->cpu) ? busy : hold->cpu;

        busy = hold_now(CLOCK_MONOTONIC) - wall;
        hold->wall = (busy > hold->wall) ? busy : hold->wall;

        hold->passes++;
    }

    n = next(epfd, events, maxevents, timeout);

    if (hold != NULL) {
        cpu = hold_now(CLOCK_THREAD_CPUTIME_ID);
        wall = hold_now(CLOCK_MONOTONIC);
    }

    return n;
}
