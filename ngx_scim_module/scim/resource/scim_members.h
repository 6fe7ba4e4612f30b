/*
 * A change of a group's membership: the result of all operations of one
 * request, without knowing who is a member.
 */

#ifndef SCIM_MEMBERS_H
#define SCIM_MEMBERS_H

#include <stdint.h>

#include "scim/core/scim_alloc.h"


typedef struct {
    const char  *id;
    int          member;        /* 1: a member afterwards; 0: not */
    int          known;         /* for the caller; 0 at first */
} scim_member_t;

/* with the hash beside it, most ids need not be looked at */

typedef struct {
    uint32_t        hash;
    uint32_t        n;          /* list[n - 1]; 0: empty */
} scim_members_slot_t;

typedef struct {
    scim_alloc_t         *alloc;
    int                   clear;   /* members without a mention leave */
    scim_member_t        *list;    /* in the order of first mention */
    size_t                n;
    size_t                nalloc;
    scim_members_slot_t  *slots;   /* hash table over list */
    size_t                nslots;  /* a power of 2 */
} scim_members_t;


void scim_members_init(scim_members_t *members, scim_alloc_t *a);

/* Adds (member 1) or removes (0) one. SCIM_ERROR when out of memory. */
int scim_members_set(scim_members_t *members, const char *id, int member);

/* Removes all members, those added before included. */
void scim_members_clear(scim_members_t *members);

/* Returns the decision about an id, or NULL if there is none. */
scim_member_t *scim_members_find(const scim_members_t *members,
    const char *id);

#endif /* SCIM_MEMBERS_H */
