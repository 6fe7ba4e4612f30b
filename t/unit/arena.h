/*
 * An allocator for tests: a malloc() for each allocation, so that sanitizers
 * see its bounds, and all freed at once. It can be made to fail.
 */

#ifndef ARENA_H
#define ARENA_H

#include <stdlib.h>

#include "scim/core/scim_alloc.h"


typedef struct arena_block_s  arena_block_t;

struct arena_block_s {
    arena_block_t  *next;
    max_align_t     data[];
};

typedef struct {
    scim_alloc_t    alloc;
    arena_block_t  *blocks;
    long            left;         /* allocations until they fail */
    int             failed;
} arena_t;


static void *
arena_alloc(void *arg, size_t size)
{
    arena_t        *arena = arg;
    arena_block_t  *block;

    if (arena->left-- <= 0) {
        arena->failed = 1;
        return NULL;
    }

    block = malloc(sizeof(arena_block_t) + size);
    if (block == NULL) {
        return NULL;
    }

    block->next = arena->blocks;
    arena->blocks = block;

    return block->data;
}


/* after so many allocations the arena is out of memory */

static void
arena_init_failing(arena_t *arena, long left)
{
    arena->alloc.alloc = arena_alloc;
    arena->alloc.arg = arena;
    arena->blocks = NULL;
    arena->left = left;
    arena->failed = 0;
}


__attribute__((unused)) static void
arena_init(arena_t *arena)
{
    arena_init_failing(arena, 1000000000);
}


static void
arena_free(arena_t *arena)
{
    arena_block_t  *block, *next;

    for (block = arena->blocks; block != NULL; block = next) {
        next = block->next;
        free(block);
    }

    arena->blocks = NULL;
}


/*
 * Runs a test with an arena that fails at the first allocation, at the second,
 * and so on, until it does not fail; the test returns 1 for a clean result.
 */

__attribute__((unused)) static int
arena_exhaust(int (*test)(arena_t *arena, void *arg), void *arg)
{
    int      clean;
    long     n;
    arena_t  arena;

    n = 0;

    do {
        arena_init_failing(&arena, n++);
        clean = test(&arena, arg);
        arena_free(&arena);
    } while (clean && arena.failed);

    return clean;
}


#endif /* ARENA_H */
