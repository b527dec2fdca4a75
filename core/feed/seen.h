/* SPDX-License-Identifier: MIT */
/* A set of row hashes that forgets the old ones when it needs room. [feed/ only]
 *
 * The same hash is the same quote, so a row newer than all before it repeats none of them: rows
 * that come in order are only noted down, and put into the table once an older one is looked for.
 */
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
    struct seen_slot *tail;  /* owned; newer than what is in the table, oldest first */
    size_t cap_tail, n_tail;
    int64_t newest_ns, forget_before_ns;
};

void seen_fini(struct seen *s); /* {0} is fine */
/* Makes sure that the next seen_add() has room, first by forgetting what is older than
 * forget_before_ns. False: no memory. */
MUST_CHECK bool seen_reserve(struct seen *s, int64_t forget_before_ns);
bool seen_has(struct seen *s, uint64_t hash);
/* ts_ns != 0; after seen_reserve(). False: it was there already. */
bool seen_add(struct seen *s, uint64_t hash, int64_t ts_ns);

/* A row newer than all will be added soon: prefetch.h. */
void seen_expect(const struct seen *s);

#endif
