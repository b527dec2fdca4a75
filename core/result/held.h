/* SPDX-License-Identifier: MIT */
/*
 * What our last write left in a key, so that the next one sends what differs and nothing else.
 * [engine] No Redis here.
 *
 * A write is prepared as `next` and becomes what is held once Redis has carried it out. Whoever
 * doubts it, for a reply that does not fit or a new connection, forgets it: the key is then written
 * whole.
 */
#ifndef RESULT_HELD_H
#define RESULT_HELD_H

#include "clock.h"
#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- a hash: its fields by the hashes of name and text ---- */

struct held_field {
    uint64_t name, text;
};

struct held_fields {
    struct held_field *items; /* owned */
    size_t n, cap;
};

struct held_hash {
    bool known;
    struct mono refreshed; /* when its TTL was last set */
    struct held_fields now, next;
    bool next_refreshes; /* the write sets the TTL */
};

void held_hash_fini(struct held_hash *h); /* {0} is fine */
void held_hash_begin(struct held_hash *h);
/* The next field of the write; text NULL: the one held, if there is one. False: no memory. */
MUST_CHECK bool held_hash_add(struct held_hash *h, const char *name, const char *text, size_t n);
/* How many of the fields held are not among the next ones. */
size_t held_hash_vanished(const struct held_hash *h);
enum held { HELD_SAME, HELD_CHANGED, HELD_NEW };
/* What field i of the next ones is to those held. */
enum held held_hash_compare(const struct held_hash *h, size_t i);
void held_hash_written(struct held_hash *h, struct mono now);
void held_hash_forget(struct held_hash *h);

/* ---- a sorted set: its members' texts ---- */

enum { HELD_MEMBERS_MAX = 32 };

struct held_members {
    char *text; /* owned; each with its NUL */
    size_t bytes, cap_bytes;
    size_t at[HELD_MEMBERS_MAX];
    int n;
};

enum { HELD_NONE = -1 };

struct held_set {
    bool known;
    struct mono refreshed;
    struct held_members now, next;
    int former[HELD_MEMBERS_MAX]; /* of each of the next: which of those held it is, or HELD_NONE */
    bool next_refreshes;
};

void held_set_fini(struct held_set *h); /* {0} is fine */
void held_set_begin(struct held_set *h);
/* The next member, which is member `former` of those held, or HELD_NONE. At most HELD_MEMBERS_MAX.
 * False: no memory. */
MUST_CHECK bool held_set_add(struct held_set *h, const char *text, size_t n, int former);
const char *held_member(const struct held_members *m, int i);
/* Is member i of those held among the next? */
bool held_set_stays(const struct held_set *h, int i);
void held_set_written(struct held_set *h, struct mono now);
void held_set_forget(struct held_set *h);

#endif
