/*
 * A change of a group's membership: what the operations of one request come
 * to in the end, without knowledge of who is a member.
 */

#ifndef SCIM_MEMBERS_H
#define SCIM_MEMBERS_H

#include "scim_schema.h"


typedef struct {
    const char  *id;
    int          member;        /* to be one afterwards, or not to be one */
} scim_member_t;

typedef struct {
    scim_alloc_t   *alloc;
    int             clear;      /* whoever is not named is no member */
    scim_member_t  *list;       /* in the order of first mention */
    size_t          n;
    size_t          nalloc;
    size_t         *slots;      /* hash table over list; 0 is empty */
    size_t          nslots;
} scim_members_t;


void scim_members_init(scim_members_t *members, scim_alloc_t *a);

/* Adds (member 1) or removes (0) one. SCIM_ERROR when out of memory. */
int scim_members_set(scim_members_t *members, const char *id, int member);

/* Removes everybody, those added before included. */
void scim_members_clear(scim_members_t *members);

/* 1 if to be a member, 0 if not to be one, -1 if not decided here */
int scim_members_state(const scim_members_t *members, const char *id);

/* is there nothing to do? */
int scim_members_none(const scim_members_t *members);

#endif /* SCIM_MEMBERS_H */
