/* SPDX-License-Identifier: MIT */
#include "pressure.h"

#include <math.h>
#include <string.h>

#define COVERAGE_MIN 0.5
#define NS_PER_MINUTE INT64_C(60000000000)

static int sign_of(const struct pressure_rules *rules, const struct metrics *m)
{
    if (m->ofi_n >= rules->ofi_min && m->net_ticks >= 0) {
        return 1;
    }
    return m->ofi_n <= -rules->ofi_min && m->net_ticks <= 0 ? -1 : 0;
}

static int count(const struct pressure *p, int sign)
{
    int n = 0;
    for (int i = 0; i < PRESSURE_WINDOWS; i++) {
        n += p->windows[i].sign == sign;
    }
    return n;
}

static enum pressure_state read_windows(struct pressure *p, const struct pressure_rules *rules,
                                        const struct metrics m[PRESSURE_WINDOWS], bool stale)
{
    bool covered = !stale;
    for (int i = 0; i < PRESSURE_WINDOWS; i++) {
        bool half = m[i].coverage >= COVERAGE_MIN; /* false for NaN */
        p->windows[i] = (struct pressure_window){
            .sign = half && !stale ? sign_of(rules, &m[i]) : 0,
            .ofi_n = m[i].ofi_n,
            .net_ticks = m[i].net_ticks,
        };
        covered = covered && half;
    }
    int ups = count(p, 1), downs = count(p, -1);
    if (!covered) {
        return PRESSURE_UNKNOWN;
    }
    return ups >= 2 && downs == 0   ? PRESSURE_BUYING
           : downs >= 2 && ups == 0 ? PRESSURE_SELLING
                                    : PRESSURE_MIXED;
}

/* Moves the minutes so that flips[0] is that of now_ns. */
static void turn_minutes(struct pressure *p, int64_t now_ns)
{
    int64_t minute = now_ns / NS_PER_MINUTE, by = minute - p->flip_minute;
    if (by <= 0) {
        return;
    }
    uint16_t moved[PRESSURE_FLIP_MINUTES] = { 0 };
    for (int64_t i = by; i < PRESSURE_FLIP_MINUTES; i++) {
        moved[i] = p->flips[i - by];
    }
    memcpy(p->flips, moved, sizeof moved);
    p->flip_minute = minute;
}

static void adopt(struct pressure *p, enum pressure_state s, int64_t since_ns, int64_t now_ns)
{
    if (s != PRESSURE_UNKNOWN && s != p->known) {
        bool flips = p->known != PRESSURE_UNKNOWN;
        turn_minutes(p, now_ns);
        p->flips[0] = (uint16_t)(p->flips[0] + (flips && p->flips[0] < UINT16_MAX));
        p->before = p->known;
        p->known = s;
    }
    p->state = s;
    p->since_ns = since_ns;
    p->pending = PRESSURE_UNKNOWN;
    p->pending_ns = 0;
}

void pressure_step(struct pressure *p, const struct pressure_rules *rules, int64_t now_ns,
                   const struct metrics m[PRESSURE_WINDOWS], bool stale)
{
    if (now_ns <= p->tick_ns) {
        return;
    }
    bool first = p->tick_ns == 0;
    p->tick_ns = now_ns;
    enum pressure_state read = read_windows(p, rules, m, stale);
    if (read == p->state && !first) {
        p->pending = PRESSURE_UNKNOWN;
        p->pending_ns = 0;
        return;
    }
    if (read == PRESSURE_UNKNOWN || first) {
        adopt(p, PRESSURE_UNKNOWN, now_ns, now_ns);
    }
    if (read == PRESSURE_UNKNOWN) {
        return;
    }
    if (p->pending != read) {
        p->pending = read;
        p->pending_ns = now_ns;
    }
    if (now_ns - p->pending_ns >= rules->hold_ns) {
        adopt(p, read, p->pending_ns, now_ns);
    }
}

enum pressure_state pressure_previous(const struct pressure *p)
{
    return p->state == PRESSURE_UNKNOWN ? p->known : p->before;
}

int pressure_flips(const struct pressure *p, int64_t now_ns)
{
    struct pressure at = *p;
    int n = 0;
    turn_minutes(&at, now_ns);
    for (int i = 0; i < PRESSURE_FLIP_MINUTES; i++) {
        n += at.flips[i];
    }
    return n;
}

int pressure_agreement(const struct pressure *p)
{
    int ups = count(p, 1), downs = count(p, -1);
    if (p->state == PRESSURE_BUYING) {
        return ups;
    }
    return p->state == PRESSURE_SELLING ? downs : ups > downs ? ups : downs;
}

const char *pressure_state_name(enum pressure_state s)
{
    switch (s) {
    case PRESSURE_UNKNOWN:
        return "UNKNOWN";
    case PRESSURE_MIXED:
        return "MIXED";
    case PRESSURE_BUYING:
        return "BUYING";
    case PRESSURE_SELLING:
        return "SELLING";
    }
    return "UNKNOWN";
}

void pressure_signs(const struct pressure *p, char out[PRESSURE_WINDOWS + 1])
{
    for (int i = 0; i < PRESSURE_WINDOWS; i++) {
        out[i] = p->windows[i].sign > 0 ? '+' : p->windows[i].sign < 0 ? '-' : '0';
    }
    out[PRESSURE_WINDOWS] = '\0';
}
