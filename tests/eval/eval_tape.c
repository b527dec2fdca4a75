/* SPDX-License-Identifier: MIT */
/*
 * Quotes with known worth, as CSV on stdout:  eval_tape SEED DAYS MINUTES RATE EFFECT
 *
 * EFFECT 0: nothing but noise, a random walk with lognormal sizes around 6000 (sigma .6), on which
 * the detectors fire all the time. EFFECT > 0: sizes are small and nothing fires by itself; every
 * 90 to 150 s one side grows (2 times 3 states: stacking), and 15 to 25 s later the price moves 12
 * ticks: with a chance of 1/2 + EFFECT to where that side pushes, else the other way. So a look 10
 * s after the pattern, 60 s ahead, is right with exactly that chance, and one at any other time
 * with 1/2.
 */
#include "reel.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { TICK_CENT = 1, START_DAY = 20454, OPEN_S = 14 * 3600 + 1800 };

struct tape {
    uint64_t random;
    int64_t bid;   /* cents */
    long to_event; /* rows */
    long since;    /* rows since the event began; -1: none yet */
    int side, dir; /* side that grows: +1 bid; where the price goes */
    double effect;
    long rate;
};

static double size_of(struct tape *t, double mean, double sigma)
{
    return floor(mean * exp(sigma * reel_normal(&t->random) - sigma * sigma / 2));
}

static void put(int64_t ms, const struct tape *t, double bid_sz, double ask_sz)
{
    printf("%" PRId64 ",%" PRId64 ".%02d,%.0f,%" PRId64 ".%02d,%.0f\n", ms, t->bid / 100,
           (int)(t->bid % 100), bid_sz, (t->bid + TICK_CENT) / 100,
           (int)((t->bid + TICK_CENT) % 100), ask_sz);
}

static void noise_row(struct tape *t, int64_t ms)
{
    if (reel_uniform(&t->random) < 0.06) {
        t->bid += reel_random(&t->random) % 2 == 0 ? 1 : -1;
    }
    double bid_sz = size_of(t, 6000, 0.6);
    put(ms, t, bid_sz, size_of(t, 6000, 0.6));
}

static void begin_event(struct tape *t)
{
    t->since = 0;
    t->to_event = (long)(t->rate * (90 + (long)(reel_random(&t->random) % 61)));
    t->side = reel_random(&t->random) % 2 == 0 ? 1 : -1;
    t->dir = reel_uniform(&t->random) < 0.5 + t->effect ? t->side : -t->side;
}

static void planted_row(struct tape *t, int64_t ms)
{
    static const double grown[3] = { 5500, 7000, 9000 };
    double sizes[2] = { size_of(t, 1500, 0.25), size_of(t, 1500, 0.25) };
    bool quiet = t->since >= 0 && t->since < 80 * t->rate;
    if (--t->to_event <= 0) {
        begin_event(t);
    } else if (t->since >= 0) {
        t->since++;
    }
    if (t->since >= 0 && t->since < 3) {
        sizes[t->side > 0 ? 0 : 1] = grown[t->since];
    }
    for (long s = 15; s <= 25; s += 5) {
        t->bid += t->since == s * t->rate ? 4 * t->dir : 0;
    }
    if (!quiet && t->since > 3 && reel_uniform(&t->random) < 0.1) {
        t->bid += reel_random(&t->random) % 2 == 0 ? 1 : -1;
    }
    put(ms, t, sizes[0], sizes[1]);
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        (void)fprintf(stderr, "usage: eval_tape SEED DAYS MINUTES RATE EFFECT\n");
        return 2;
    }
    struct tape t = { .random = strtoull(argv[1], NULL, 10), .bid = 45000, .since = -1 };
    long days = strtol(argv[2], NULL, 10), minutes = strtol(argv[3], NULL, 10);
    t.rate = strtol(argv[4], NULL, 10);
    t.effect = strtod(argv[5], NULL);
    t.to_event = t.rate * 75;
    (void)reel_random(&t.random);
    printf("ts_ms,bid_price,bid_size,ask_price,ask_size\n");
    for (long d = 0; d < days; d++) {
        int64_t open_ms = ((int64_t)(START_DAY + d) * 86400 + OPEN_S) * 1000;
        for (long i = 0; i < minutes * 60 * t.rate; i++) {
            int64_t ms = open_ms + i * 1000 / t.rate;
            if (t.effect > 0) {
                planted_row(&t, ms);
            } else {
                noise_row(&t, ms);
            }
        }
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
