/*
 * A change of a group's membership.
 */

#include <string.h>
#include <stdint.h>

#include "scim_members.h"


static size_t *scim_members_slot(const scim_members_t *members, const char *id);
static int scim_members_grow(scim_members_t *members);


void
scim_members_init(scim_members_t *members, scim_alloc_t *a)
{
    memset(members, 0, sizeof(scim_members_t));
    members->alloc = a;
}


int
scim_members_set(scim_members_t *members, const char *id, int member)
{
    size_t  *slot;

    if (members->n == members->nalloc
        && scim_members_grow(members) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    slot = scim_members_slot(members, id);

    if (*slot != 0) {
        members->list[*slot - 1].member = member;
        return SCIM_OK;
    }

    members->list[members->n].id = id;
    members->list[members->n].member = member;
    members->n++;
    *slot = members->n;

    return SCIM_OK;
}


void
scim_members_clear(scim_members_t *members)
{
    members->clear = 1;
    members->n = 0;

    if (members->slots != NULL) {
        memset(members->slots, 0, members->nslots * sizeof(size_t));
    }
}


int
scim_members_state(const scim_members_t *members, const char *id)
{
    size_t  *slot;

    slot = members->nslots ? scim_members_slot(members, id) : NULL;

    if (slot != NULL && *slot != 0) {
        return members->list[*slot - 1].member;
    }

    return members->clear ? 0 : -1;
}


int
scim_members_none(const scim_members_t *members)
{
    return !members->clear && members->n == 0;
}


static size_t *
scim_members_slot(const scim_members_t *members, const char *id)
{
    size_t       i;
    uint64_t     hash;
    const char  *p;

    /* FNV-1a, which nobody outside can foresee */

    hash = 14695981039346656037u ^ (uintptr_t) members->slots >> 4;

    for (p = id; *p; p++) {
        hash = (hash ^ (unsigned char) *p) * 1099511628211u;
    }

    i = (hash ^ (hash >> 32)) & (members->nslots - 1);

    while (members->slots[i] != 0
           && strcmp(members->list[members->slots[i] - 1].id, id) != 0)
    {
        i = (i + 1) & (members->nslots - 1);
    }

    return &members->slots[i];
}


static int
scim_members_grow(scim_members_t *members)
{
    size_t          i, nalloc;
    size_t         *slots;
    scim_member_t  *list;

    nalloc = members->nalloc ? members->nalloc * 2 : 8;

    list = scim_alloc(members->alloc, nalloc * sizeof(scim_member_t));
    slots = scim_calloc(members->alloc, nalloc * 2 * sizeof(size_t));
    if (list == NULL || slots == NULL) {
        return SCIM_ERROR;
    }

    if (members->n > 0) {
        memcpy(list, members->list, members->n * sizeof(scim_member_t));
    }

    members->list = list;
    members->nalloc = nalloc;
    members->slots = slots;
    members->nslots = nalloc * 2;

    for (i = 0; i < members->n; i++) {
        *scim_members_slot(members, list[i].id) = i + 1;
    }

    return SCIM_OK;
}
