/*
 * A change of a group's membership.
 */

#include <string.h>

#include "scim/resource/scim_members.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"


static uint32_t scim_members_hash(const scim_members_t *members,
    const char *id);
static scim_members_slot_t *scim_members_slot(const scim_members_t *members,
    uint32_t hash, const char *id);
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
    uint32_t              hash;
    scim_members_slot_t  *slot;

    if (members->n == members->nalloc
        && scim_members_grow(members) != SCIM_OK)
    {
        return SCIM_ERROR;
    }

    hash = scim_members_hash(members, id);
    slot = scim_members_slot(members, hash, id);

    if (slot->n != 0) {
        members->list[slot->n - 1].member = member;
        return SCIM_OK;
    }

    members->list[members->n].id = id;
    members->list[members->n].member = member;
    members->list[members->n].known = 0;
    members->n++;

    slot->hash = hash;
    slot->n = (uint32_t) members->n;

    return SCIM_OK;
}


void
scim_members_clear(scim_members_t *members)
{
    members->clear = 1;
    members->n = 0;

    if (members->slots != NULL) {
        memset(members->slots, 0, members->nslots * sizeof(scim_members_slot_t));
    }
}


scim_member_t *
scim_members_find(const scim_members_t *members, const char *id)
{
    const scim_members_slot_t  *slot;

    if (members->nslots == 0) {
        return NULL;
    }

    slot = scim_members_slot(members, scim_members_hash(members, id), id);

    return slot->n ? &members->list[slot->n - 1] : NULL;
}


/* FNV-1a, from where the arena lies, so that nobody outside can foresee it */

static uint32_t
scim_members_hash(const scim_members_t *members, const char *id)
{
    uint64_t     hash;
    const char  *p;

    hash = 14695981039346656037u ^ (uintptr_t) members->alloc >> 4;

    for (p = id; *p; p++) {
        hash = (hash ^ (unsigned char) *p) * 1099511628211u;
    }

    return (uint32_t) (hash ^ (hash >> 32));
}


/* where the id is, or would be; NULL: any id of that hash that is not there */

static scim_members_slot_t *
scim_members_slot(const scim_members_t *members, uint32_t hash,
    const char *id)
{
    size_t                i;
    scim_members_slot_t  *slot;

    for (i = hash; /* void */ ; i++) {
        slot = &members->slots[i & (members->nslots - 1)];

        if (slot->n == 0
            || (id != NULL && slot->hash == hash
                && strcmp(members->list[slot->n - 1].id, id) == 0))
        {
            return slot;
        }
    }
}


static int
scim_members_grow(scim_members_t *members)
{
    size_t                i, nslots, nalloc;
    scim_member_t        *list;
    scim_members_slot_t  *slots, *old;

    nalloc = members->nalloc ? members->nalloc * 2 : 8;

    list = scim_alloc(members->alloc, nalloc * sizeof(scim_member_t));
    slots = scim_calloc(members->alloc,
                        nalloc * 2 * sizeof(scim_members_slot_t));
    if (list == NULL || slots == NULL) {
        return SCIM_ERROR;
    }

    if (members->n > 0) {
        memcpy(list, members->list, members->n * sizeof(scim_member_t));
    }

    old = members->slots;
    nslots = members->nslots;

    members->list = list;
    members->nalloc = nalloc;
    members->slots = slots;
    members->nslots = nalloc * 2;

    for (i = 0; i < nslots; i++) {
        if (old[i].n != 0) {
            *scim_members_slot(members, old[i].hash, NULL) = old[i];
        }
    }

    return SCIM_OK;
}
