/* SPDX-License-Identifier: MIT */
/*
 * How many members of a sorted set were read up to which score. A set that only grows has nothing
 * new below a score if ZCOUNT still gives that number, so the next read asks for the count, and for
 * what lies above. [engine]
 *
 * What is taken out and replaced by as many others between two reads is not noticed.
 */
#ifndef FEED_ZSET_KNOWN_H
#define FEED_ZSET_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ZSET_SPANS = 8 };

/* All zero: nothing is known. */
struct zset_known {
    bool valid;
    double from, to; /* all members with from <= score < to were read */
    struct {
        double end; /* of the span; it begins where the one before ends */
        int64_t n;  /* members in it */
    } spans[ZSET_SPANS];
    int n_spans;
    int wary; /* reads that are to ask for everything: there was something new below */
};

/* Of a read that gave everything from this score on: n members below `to`. */
void zset_known_begin(struct zset_known *k, double from, double to, int64_t n);
/* Of one that gave everything from k->to on: n members below `to`. */
void zset_known_add(struct zset_known *k, double to, int64_t n);
/* Nobody will ask for members below this score any more. */
void zset_known_trim(struct zset_known *k, double from);
/* A count was not what it should be. */
void zset_known_distrust(struct zset_known *k);
/* Whether the members from this score up to k->to are known. */
bool zset_known_covers(const struct zset_known *k, double from);
/* How many there are from k->from up to k->to. */
int64_t zset_known_count(const struct zset_known *k);

#endif
