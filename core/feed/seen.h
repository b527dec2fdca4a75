/* SPDX-License-Identifier: MIT */
/* A set of row hashes that forgets the old ones when it needs room. [feed/ only] */
#ifndef FEED_SEEN_H
#define FEED_SEEN_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen_slot {
    int64_t ts_ns; /* 0: free */
    uint64_t hash;
};

struct seen {
    struct seen_slot *slots; /* owned; open addressing */
    size_t cap, n;           /* cap: 0 or a power of two */
};

void seen_fini(struct seen *s); /* {0} is fine */
/* Makes sure that the next seen_add() has room, first by forgetting what is older than
 * forget_before_ns. False: no memory. */
MUST_CHECK bool seen_reserve(struct seen *s, int64_t forget_before_ns);
bool seen_has(const struct seen *s, uint64_t hash);
/* ts_ns != 0; after seen_reserve(). False: it was there already. */
bool seen_add(struct seen *s, uint64_t hash, int64_t ts_ns);

#endif
