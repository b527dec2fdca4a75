/* SPDX-License-Identifier: MIT */
#include "metrics.h"
#include "orderflow/detector.h"
#include "window_internal.h"

#define NS_PER_S ((int64_t)1000000000)
#define DEGRADED_NS (10 * NS_PER_S)
#define CROSSED_NS (2 * NS_PER_S)

/* Bits of the causes that degrade. */
static uint32_t degrading_bits(void)
{
    uint32_t bits = 0;
#define QUALITY(member, name, bit, degrades, help) bits |= (uint32_t)(degrades) << (bit);
#include "quality.def"
#undef QUALITY
    return bits;
}

static uint32_t bits_of(const struct quality *q)
{
    uint32_t bits = 0;
#define QUALITY(member, name, bit, degrades, help) bits |= (uint32_t)(q->member > 0) << (bit);
#include "quality.def"
#undef QUALITY
    return bits;
}

void quality_set_bits(struct quality *q)
{
    q->bits = bits_of(q);
}

static int flag_kind(uint32_t flag)
{
    int kind = 0;
    while (flag >> (kind + 1) != 0) {
        kind++;
    }
    return kind;
}

static void count(const struct rows *r, const struct window *w, size_t from, size_t to,
                  struct quality *out)
{
    if (from >= to) {
        return;
    }
    struct flag_mark m = flag_counts_read(window_state_flags(w->state), r, from, to);
    out->duplicate = m.n[flag_kind(OFD_ROW_DUPLICATE)];
    out->one_sided = m.n[flag_kind(OFD_ROW_ONE_SIDED)];
    out->empty = m.n[flag_kind(OFD_ROW_EMPTY)];
    out->locked = m.n[flag_kind(OFD_ROW_LOCKED)];
    out->crossed = m.n[flag_kind(OFD_ROW_CROSSED)];
    out->wide = m.n[flag_kind(OFD_ROW_WIDE)];
    out->gap = m.n[flag_kind(OFD_ROW_GAP)];
    out->tie = m.n[flag_kind(OFD_ROW_TIE)];
}

/* The newest rows up to `end` have been crossed for CROSSED_NS. */
static bool crossed_long(const struct rows *r, size_t end, int64_t now_ns)
{
    for (size_t i = end; i > 0 && (r->flags[i - 1] & OFD_ROW_CROSSED) != 0; i--) {
        if (now_ns - r->ts_ns[i - 1] >= CROSSED_NS) {
            return true;
        }
    }
    return false;
}

bool quality_lost(const struct window *w, int64_t now_ns)
{
    return w->dropped > 0 && w->dropped_to_ns > now_ns - DEGRADED_NS;
}

bool quality_degraded(const struct rows *r, const struct window *w, int64_t now_ns)
{
    struct quality recent = { 0 };
    size_t end = rows_after(r, now_ns);
    count(r, w, rows_after(r, now_ns - DEGRADED_NS), end, &recent);
    uint32_t standing = end > 0 ? r->flags[end - 1] : 0;
    recent.one_sided += (standing & OFD_ROW_ONE_SIDED) != 0;
    recent.empty += (standing & OFD_ROW_EMPTY) != 0;
    recent.truncated = quality_lost(w, now_ns);
    return (bits_of(&recent) & degrading_bits()) != 0 || crossed_long(r, end, now_ns);
}

void quality_read(const struct rows *r, const struct window *w, int64_t now_ns, int64_t seconds,
                  struct quality *out)
{
    int64_t start_ns = now_ns - seconds * NS_PER_S;
    *out = (struct quality){ .bits = 0 };
    count(r, w, rows_after(r, start_ns), rows_after(r, now_ns), out);
    bool lost = w->dropped > 0 && w->dropped_to_ns > start_ns;
    out->truncated = lost ? (int64_t)w->dropped : 0;
    out->bits = bits_of(out);
}
