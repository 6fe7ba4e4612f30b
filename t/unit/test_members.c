/*
 * scim_members.c
 */

#include "fixture.h"
#include "scim/core/scim.h"
#include "scim/core/scim_alloc.h"
#include "scim/resource/scim_members.h"


/* 1: to be a member, 0: not to be one, -1: not decided */

static int
state(const scim_members_t *members, const char *id)
{
    scim_member_t  *member;

    member = scim_members_find(members, id);

    return member ? member->member : members->clear ? 0 : -1;
}


static void
test_states(void)
{
    scim_members_t  members;

    fixture_reset();
    scim_members_init(&members, &arena.alloc);

    is_int(state(&members, "a"), -1, "nothing is decided");

    scim_members_set(&members, "a", 1);
    scim_members_set(&members, "b", 0);
    is_int(state(&members, "a"), 1, "to be a member");
    is_int(state(&members, "b"), 0, "to be none");
    is_int(state(&members, "A"), -1, "case counts");

    scim_members_set(&members, "a", 0);
    scim_members_set(&members, "b", 1);
    is_int(state(&members, "a"), 0, "the last word counts");
    is_int(state(&members, "b"), 1, "in both directions");
    is_int(members.n, 2, "each is listed once");
    is(members.list[0].id, "a", "in the order of first mention");

    scim_members_clear(&members);
    ok(members.clear && members.n == 0, "everybody goes");
    is_int(state(&members, "a"), 0, "those added before too");
    is_int(state(&members, "z"), 0, "and those not named");

    scim_members_set(&members, "c", 1);
    is_int(state(&members, "c"), 1, "added after it");

    scim_members_init(&members, &arena.alloc);
    scim_members_clear(&members);
    is_int(state(&members, "z"), 0, "nobody, from the start");
}


static void
test_many(void)
{
    int              i, wrong;
    char             id[16];
    scim_members_t   members;

    fixture_reset();
    scim_members_init(&members, &arena.alloc);

    for (i = 0; i < 20000; i++) {
        snprintf(id, sizeof(id), "id%d", i % 10000);
        scim_members_set(&members, scim_strndup(&arena.alloc, id, strlen(id)),
                         i % 3 != 0);
    }

    wrong = 0;

    for (i = 0; i < 10000; i++) {
        snprintf(id, sizeof(id), "id%d", i);
        wrong += state(&members, id) != ((i + 10000) % 3 != 0);
    }

    is_int(members.n, 10000, "many members");
    is_int(wrong, 0, "and all as they should be");
    is(members.list[9999].id, "id9999", "in order");
}


static int
exhaust(arena_t *local, void *arg)
{
    int              i, rc;
    const char      *ids = arg;
    scim_members_t   members;

    scim_members_init(&members, &local->alloc);

    rc = SCIM_OK;

    for (i = 0; i < 20 && rc == SCIM_OK; i++) {
        rc = scim_members_set(&members, ids + i, 1);
    }

    return (rc == SCIM_ERROR) == local->failed
           && state(&members, ids) != 0;
}


int
main(void)
{
    fixture_init();

    test_states();
    test_many();

    ok(arena_exhaust(exhaust, "abcdefghijklmnopqrstuvwxyz"),
       "out of memory at every allocation");

    return fixture_done();
}
