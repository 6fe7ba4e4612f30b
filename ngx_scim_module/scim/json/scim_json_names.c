/*
 * The names of an object: no two are the same without case.
 */

#include <stdint.h>
#include <stdlib.h>
#include <strings.h>

#include "scim/json/scim_json_names.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/core/scim_error.h"
#include "scim/text/scim_text.h"
#include "scim/json/scim_json_reader.h"


/* members of an object up to which they are compared pair by pair */
#define SCIM_JSON_PAIRS    16


typedef struct {
    uint64_t     hash;
    const char  *name;
} scim_json_name_t;


static const char *scim_json_pair_in(const cJSON *object);
static const char *scim_json_pair_sorted(scim_json_name_t *names,
    const cJSON *object, size_t n);
static uint64_t scim_json_hash(const char *name);
static int scim_json_name_cmp(const void *one, const void *two);


int
scim_json_check_names(scim_json_parser_t *ps, const cJSON *object, size_t n)
{
    const char        *twice;
    scim_json_name_t  *names;

    if (n <= SCIM_JSON_PAIRS) {
        twice = scim_json_pair_in(object);

    } else {
        names = scim_alloc(ps->a, n * sizeof(scim_json_name_t));
        if (names == NULL) {
            return scim_error_nomem(ps->err);
        }

        twice = scim_json_pair_sorted(names, object, n);
    }

    if (twice == NULL) {
        return SCIM_OK;
    }

    return scim_error(ps->err, 400, SCIM_TYPE_INVALID_SYNTAX,
                      "the object that ends at byte %d has the member "
                      "\"%.64s\" twice (case does not count)",
                      (int) (ps->p - 1 - ps->start), twice);
}


static const char *
scim_json_pair_in(const cJSON *object)
{
    const cJSON  *one, *two;

    cJSON_ArrayForEach(one, object) {
        for (two = one->next; two != NULL; two = two->next) {
            if (scim_name_eq(one->string, two->string)) {
                return two->string;
            }
        }
    }

    return NULL;
}


/* sorted by hash, and only for equal ones by text: fast, and never quadratic */

static const char *
scim_json_pair_sorted(scim_json_name_t *names, const cJSON *object, size_t n)
{
    size_t        i;
    const cJSON  *item;

    i = 0;

    cJSON_ArrayForEach(item, object) {
        names[i].hash = scim_json_hash(item->string);
        names[i].name = item->string;
        i++;
    }

    qsort(names, n, sizeof(scim_json_name_t), scim_json_name_cmp);

    for (i = 1; i < n; i++) {
        if (scim_json_name_cmp(&names[i - 1], &names[i]) == 0) {
            return names[i].name;
        }
    }

    return NULL;
}


/* FNV-1a; bit 5 is what ASCII case differs in, and need not count */

static uint64_t
scim_json_hash(const char *name)
{
    uint64_t  hash;

    for (hash = 14695981039346656037ULL; *name != '\0'; name++) {
        hash = (hash ^ (unsigned char) (*name | 0x20)) * 1099511628211ULL;
    }

    return hash;
}


static int
scim_json_name_cmp(const void *one, const void *two)
{
    const scim_json_name_t  *a = one, *b = two;

    if (a->hash != b->hash) {
        return (a->hash < b->hash) ? -1 : 1;
    }

    return strcasecmp(a->name, b->name);
}
