/*
 * Memory from the allocator of the caller, and text that is made in it.
 */

#ifndef SCIM_ALLOC_H
#define SCIM_ALLOC_H

#include <stddef.h>
#include <stdio.h>


typedef struct {
    void  *(*alloc)(void *arg, size_t size);   /* NULL when out of memory */
    void    *arg;
} scim_alloc_t;


void *scim_alloc(scim_alloc_t *a, size_t size);
void *scim_calloc(scim_alloc_t *a, size_t size);
char *scim_strndup(scim_alloc_t *a, const char *s, size_t len);

/* a formatted string; NULL when out of memory */
char *scim_sprintf(scim_alloc_t *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* puts an item behind a list of *n; SCIM_ERROR when out of memory */
int scim_list_add(scim_alloc_t *a, void ***list, size_t *n, void *item);

#endif /* SCIM_ALLOC_H */
