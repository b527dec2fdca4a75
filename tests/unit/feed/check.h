/* SPDX-License-Identifier: MIT */
/* cmocka with what it wants before it, and rows made by hand. */
#ifndef TESTS_FEED_CHECK_H
#define TESTS_FEED_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka asks for the above first */
#include <cmocka.h>

#include "clock.h"
#include "feed.h"

#include <string.h>

#define T0_MS INT64_C(1760000298000)
#define T0_NS (T0_MS * NS_PER_MS)

/* xorshift64*: the same numbers everywhere */
static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

/* A row T0_MS + ms of which `member` is all that matters. */
static inline struct row row_at(int64_t ms, const char *member, double bid_sz)
{
    return (struct row){
        .q = { .ts_ns = T0_NS + ms * NS_PER_MS,
               .bid_px = 100 * INT64_C(1000000000),
               .bid_sz = bid_sz,
               .ask_px = 101 * INT64_C(1000000000),
               .ask_sz = 1 },
        .hash = row_hash(member, strlen(member)),
        .member = member,
        .member_n = strlen(member),
    };
}

static inline struct row row_seq(int64_t ms, uint64_t seq, const char *member, double bid_sz)
{
    struct row row = row_at(ms, member, bid_sz);
    row.has_seq = true;
    row.seq = seq;
    return row;
}

static inline void push(struct stream *s, struct row row)
{
    struct err err = { 0 };
    assert_true(stream_push(s, &row, &err));
}

#endif
