/* SPDX-License-Identifier: MIT */
#include "window_internal.h"

#include "orderflow/detector.h"
#include "prefetch.h"
#include "window_gaps.h"

#include <stdlib.h>
#include <string.h>

enum {
    BINS_PER_OCTAVE = 8,
    BINS = 63 * BINS_PER_OCTAVE,
    SPREADS_MIN = 20, /* fewer have no median */
    WIDE_TIMES = 5,
    WIDE_BPS = 50
};

#define EPOCH_NS (300 * (int64_t)1000000000)

/* Spreads of one stretch of EPOCH_NS, by logarithm. */
struct spreads {
    uint32_t n;
    uint32_t count[BINS];
};

struct window_state {
    struct gaps gaps;
    int64_t epoch;          /* of `now` below; the other half is the epoch before */
    int64_t epoch_end_ns;   /* INT64_MIN: no row yet */
    struct spreads half[2]; /* half[epoch & 1] */
    int64_t last_spread_px; /* the newest one's bin: most often the next one's, too */
    size_t last_bin;
    struct flag_counts flags;
};

struct window_state *window_state_create(void)
{
    struct window_state *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->epoch = INT64_MIN;
        s->epoch_end_ns = INT64_MIN;
    }
    return s;
}

void window_state_destroy(struct window_state *s)
{
    if (s != NULL) {
        flag_counts_fini(&s->flags);
        free(s);
    }
}

void window_state_expect(const struct window_state *s, int step)
{
    if (step == 1) {
        prefetch_bytes(&s->gaps, sizeof s->gaps + CACHE_LINE);
        prefetch(&s->half[1].n);
        prefetch_bytes(&s->last_spread_px, sizeof s->last_spread_px + sizeof s->flags);
    } else if (step == 2) {
        prefetch(&s->half[s->epoch & 1].count[s->last_bin]);
        if (s->flags.n > 0) {
            prefetch_bytes(&s->flags.mark[s->flags.n - 1], sizeof *s->flags.mark);
        }
    }
}

struct flag_counts *window_state_flags(struct window_state *s)
{
    return &s->flags;
}

int64_t window_state_median_gap_ns(const struct window_state *s)
{
    return gaps_median_ns(&s->gaps);
}

int64_t window_state_gap_limit_ns(const struct window_state *s, int64_t floor_ns)
{
    return gaps_limit_ns(&s->gaps, floor_ns);
}

static unsigned floor_log2(uint64_t v)
{
    unsigned log = 0;
    while (v >>= 1) {
        log++;
    }
    return log;
}

static size_t bin_of(int64_t spread_px)
{
    unsigned log = floor_log2((uint64_t)spread_px);
    uint64_t above = (uint64_t)spread_px - ((uint64_t)1 << log);
    return log * BINS_PER_OCTAVE + (size_t)(log >= 3 ? above >> (log - 3) : above << (3 - log));
}

static int64_t bin_floor_px(size_t bin)
{
    unsigned log = (unsigned)(bin / BINS_PER_OCTAVE);
    uint64_t part = BINS_PER_OCTAVE + bin % BINS_PER_OCTAVE;
    return (int64_t)(log >= 3 ? part << (log - 3) : part >> (3 - log));
}

/* Over the current epoch and the one before: 300 to 600 s. 0: too few. */
static int64_t median_spread_px(const struct window_state *s)
{
    uint32_t n = s->half[0].n + s->half[1].n;
    uint32_t below = 0;
    if (n < SPREADS_MIN) {
        return 0;
    }
    for (size_t bin = 0; bin < BINS; bin++) {
        below += s->half[0].count[bin] + s->half[1].count[bin];
        if (below > n / 2) {
            return bin_floor_px(bin);
        }
    }
    return 0;
}

static void turn_epoch(struct window_state *s, int64_t ts_ns)
{
    if (ts_ns < s->epoch_end_ns && ts_ns >= s->epoch_end_ns - EPOCH_NS) {
        return;
    }
    int64_t epoch = ts_ns / EPOCH_NS;
    s->epoch_end_ns = (epoch + 1) * EPOCH_NS;
    if (s->epoch == INT64_MIN || epoch != s->epoch + 1) {
        memset(s->half, 0, sizeof s->half);
    } else {
        memset(&s->half[epoch & 1], 0, sizeof s->half[0]);
    }
    s->epoch = epoch;
}

static uint32_t classify_book(struct window_state *s, const struct quote *q)
{
    if (q->bid_px == 0 && q->ask_px == 0) {
        return OFD_ROW_EMPTY;
    }
    if (q->bid_px == 0 || q->ask_px == 0) {
        return OFD_ROW_ONE_SIDED;
    }
    int64_t spread_px = q->ask_px - q->bid_px;
    if (spread_px <= 0) {
        return spread_px == 0 ? OFD_ROW_LOCKED : OFD_ROW_CROSSED;
    }
    uint32_t flags = 0;
    if (spread_px > q->bid_px / 10000 * WIDE_BPS) {
        int64_t mid_px = q->bid_px + spread_px / 2;
        int64_t median_px = median_spread_px(s);
        if (median_px > 0 && spread_px / WIDE_TIMES > median_px &&
            spread_px > mid_px / 10000 * WIDE_BPS) {
            flags = OFD_ROW_WIDE;
        }
    }
    struct spreads *now = &s->half[s->epoch & 1];
    if (spread_px != s->last_spread_px) {
        s->last_spread_px = spread_px;
        s->last_bin = bin_of(spread_px);
    }
    now->count[s->last_bin]++;
    now->n++;
    return flags;
}

uint32_t window_state_classify(struct window_state *s, int64_t dt_ns, const struct quote *q)
{
    uint32_t flags = q->flags & OFD_ROW_TIE;
    if (dt_ns >= 0) {
        if (dt_ns > GAP_FLOOR_NS && dt_ns > gaps_limit_ns(&s->gaps, GAP_FLOOR_NS)) {
            flags |= OFD_ROW_GAP;
        }
        gaps_push(&s->gaps, dt_ns);
    }
    turn_epoch(s, q->ts_ns);
    return flags | classify_book(s, q);
}
