/*
 * Folding: the key under which two strings are the same text.
 */

#ifndef SCIM_FOLD_H
#define SCIM_FOLD_H

#include <stddef.h>

#include "scim/core/scim_alloc.h"


/*
 * The key under which two strings are the same text: NFC when exact is set,
 * else NFC and full Unicode case folding. ASCII takes a short way; what is no
 * UTF-8, or heaps marks on a letter, is copied as it is. NULL when out of
 * memory.
 */
char *scim_fold(scim_alloc_t *a, const char *s, int exact);

/*
 * Returns the length of a text if folding it takes time, because it is not
 * ASCII; else 0.
 */
size_t scim_fold_cost(const char *s);

#endif /* SCIM_FOLD_H */
