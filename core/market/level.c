/* SPDX-License-Identifier: MIT */
#include "level_book.h"
#include "orderflow/detector.h"
#include "prefetch.h"
#include "window_gaps.h"

#include <stdlib.h>
#include <string.h>

struct level_book *level_book_create(void)
{
    return calloc(1, sizeof(struct level_book));
}

void level_book_destroy(struct level_book *b)
{
    if (b != NULL) {
        free(b->side[0].entry);
        free(b->side[1].entry);
        free(b);
    }
}

/* ---- entries by price ------------------------------------------------------------------------ */

/* First entry with a price of at least px. */
static size_t lower(const struct level_side *s, int64_t px)
{
    size_t low = 0, high = s->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (s->entry[mid].l.px >= px) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return low;
}

struct level_entry *level_side_find(const struct level_side *s, int64_t px)
{
    if (s->visit_at < s->n && s->entry[s->visit_at].l.px == px) {
        return &s->entry[s->visit_at];
    }
    size_t at = lower(s, px);
    return at < s->n && s->entry[at].l.px == px ? &s->entry[at] : NULL;
}

/* The nearest entry within a tick of px, or NULL. */
static struct level_entry *find_near(const struct level_side *s, int64_t px, int64_t px_tick)
{
    struct level_entry *best = NULL;
    int64_t best_px = px_tick;
    for (size_t i = lower(s, px - px_tick); i < s->n && s->entry[i].l.px - px <= px_tick; i++) {
        int64_t away_px = llabs(s->entry[i].l.px - px);
        if (best == NULL || away_px < best_px) {
            best = &s->entry[i];
            best_px = away_px;
        }
    }
    return best;
}

static void remove_at(struct level_side *s, size_t at)
{
    s->n--;
    memmove(s->entry + at, s->entry + at + 1, (s->n - at) * sizeof *s->entry);
}

static bool weaker(const struct level_entry *a, const struct level_entry *b, int64_t now_ns)
{
    bool a_alive = level_alive(a, now_ns), b_alive = level_alive(b, now_ns);
    if (a_alive != b_alive) {
        return b_alive;
    }
    if (a->l.touches != b->l.touches) {
        return a->l.touches < b->l.touches;
    }
    return a->l.last_ns < b->l.last_ns;
}

static void remove_weakest(struct level_side *s, int64_t now_ns)
{
    size_t weakest = 0;
    for (size_t i = 1; i < s->n; i++) {
        if (weaker(&s->entry[i], &s->entry[weakest], now_ns)) {
            weakest = i;
        }
    }
    remove_at(s, weakest);
}

static bool make_room(struct level_side *s, int64_t now_ns)
{
    if (s->n == SIDE_LEVELS_MAX) {
        remove_weakest(s, now_ns);
    }
    if (s->n < s->cap) {
        return true;
    }
    size_t cap = s->cap == 0 ? 16 : s->cap * 2;
    struct level_entry *grown = realloc(s->entry, cap * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    s->entry = grown;
    s->cap = cap;
    return true;
}

static struct level_entry *insert(struct level_side *s, int64_t px, int64_t ts_ns)
{
    if (!make_room(s, ts_ns)) {
        return NULL;
    }
    size_t at = lower(s, px);
    memmove(s->entry + at + 1, s->entry + at, (s->n - at) * sizeof *s->entry);
    s->entry[at] = (struct level_entry){ .l = { .px = px, .first_ns = ts_ns } };
    s->n++;
    return &s->entry[at];
}

/* ---- visits ---------------------------------------------------------------------------------- */

bool level_alive(const struct level_entry *e, int64_t now_ns)
{
    if (e->l.status == LEVEL_BROKEN && now_ns - e->broken_ns > LEVEL_BROKEN_NS) {
        return false;
    }
    return now_ns - e->l.last_ns <= LEVEL_FORGET_NS;
}

int64_t level_hold_ns(const struct level_side *s, int64_t until_ns)
{
    int64_t hold_ns = until_ns - s->ts_ns;
    if (s->visit_px == 0 || s->px == 0 || hold_ns < 0) {
        return 0;
    }
    return hold_ns < GAP_FLOOR_NS ? hold_ns : GAP_FLOOR_NS;
}

struct side_row {
    int64_t ts_ns, px, px_tick;
    double sz;
    int side;
};

static void add_hold(struct level_side *s, int64_t ts_ns)
{
    int64_t hold_ns = level_hold_ns(s, ts_ns);
    if (hold_ns > 0) {
        struct level_entry *e = level_side_find(s, s->visit_px);
        e->dwell_ns += hold_ns;
        e->sz_s += s->sz * (double)hold_ns / (double)LEVEL_NS_PER_S;
    }
}

static void break_level(struct level_entry *e, int64_t ts_ns)
{
    if (e->l.status != LEVEL_BROKEN) {
        e->l.status = LEVEL_BROKEN;
        e->broken_ns = ts_ns;
    }
}

/* The best price moved against the side: levels it left behind no longer stand. */
static void break_passed(struct level_side *s, const struct side_row *now)
{
    int64_t low = now->side == OFD_BID ? now->px + now->px_tick + 1 : s->seen_px;
    int64_t high = now->side == OFD_BID ? s->seen_px : now->px - now->px_tick - 1;
    for (size_t i = low > high ? s->n : lower(s, low); i < s->n && s->entry[i].l.px <= high; i++) {
        break_level(&s->entry[i], now->ts_ns);
    }
}

/* A level that broke on the other side and now has held on this one has changed its role. */
static void take_over(struct level_side *other, struct level_entry *e, int64_t px_tick)
{
    struct level_entry *old = find_near(other, e->l.px, px_tick);
    if (old != NULL && old->l.status == LEVEL_BROKEN) {
        remove_at(other, (size_t)(old - other->entry));
        e->l.status = LEVEL_FLIPPED;
    }
}

static void leave(struct level_side *s, struct level_side *other, const struct side_row *now)
{
    struct level_entry *e = level_side_find(s, s->visit_px);
    bool up = now->px > e->l.px;
    s->visit_px = 0;
    if (up == (now->side == OFD_BID)) {
        e->l.held++;
        take_over(other, e, now->px_tick);
    } else {
        e->l.broke++;
        break_level(e, now->ts_ns);
    }
}

static bool arrive(struct level_side *s, const struct side_row *now)
{
    struct level_entry *e = find_near(s, now->px, now->px_tick);
    if (e != NULL && !level_alive(e, now->ts_ns)) {
        *e = (struct level_entry){ .l = { .px = e->l.px, .first_ns = now->ts_ns } };
    }
    if (e == NULL) {
        e = insert(s, now->px, now->ts_ns);
    }
    if (e == NULL) {
        return false;
    }
    if (e->l.status == LEVEL_BROKEN) {
        e->l.status = LEVEL_OPEN;
        e->broken_ns = 0;
    }
    e->l.touches++;
    e->l.total_sz += now->sz;
    s->visit_px = e->l.px;
    s->visit_at = (size_t)(e - s->entry);
    return true;
}

static void stay(struct level_side *s, const struct side_row *now)
{
    struct level_entry *e = level_side_find(s, s->visit_px);
    if (now->px == s->px && now->sz < s->sz) {
        e->l.removed_sz += s->sz - now->sz;
    }
    if (now->sz > e->l.max_sz) {
        e->l.max_sz = now->sz;
    }
    e->l.last_ns = now->ts_ns;
}

static bool take_side(struct level_side *s, struct level_side *other, const struct side_row *now)
{
    add_hold(s, now->ts_ns);
    bool away = s->px == 0 && now->ts_ns - s->seen_ns >= LEVEL_AWAY_NS;
    if (now->px != 0) {
        if (s->visit_px != 0 && away) {
            s->visit_px = 0;
        }
        if (s->visit_px != 0 && llabs(now->px - s->visit_px) > now->px_tick) {
            leave(s, other, now);
        }
        if (s->seen_px != 0) {
            break_passed(s, now);
        }
        if (s->visit_px == 0 && !arrive(s, now)) {
            return false;
        }
        stay(s, now);
        s->seen_ns = now->ts_ns;
        s->seen_px = now->px;
    }
    s->px = now->px;
    s->sz = now->sz;
    s->ts_ns = now->ts_ns;
    return true;
}

static bool take_row(struct level_book *b, const struct rows *r, size_t i, int64_t px_tick)
{
    struct side_row bid = {
        .ts_ns = r->ts_ns[i],
        .px = r->bid_px[i],
        .px_tick = px_tick,
        .sz = r->bid_sz[i],
        .side = OFD_BID,
    };
    struct side_row ask = {
        .ts_ns = r->ts_ns[i],
        .px = r->ask_px[i],
        .px_tick = px_tick,
        .sz = r->ask_sz[i],
        .side = OFD_ASK,
    };
    if ((r->flags[i] & OFD_ROW_GAP) != 0) {
        for (int side = 0; side < 2; side++) {
            add_hold(&b->side[side], r->ts_ns[i]);
            b->side[side].visit_px = 0;
            b->side[side].px = 0;
        }
    }
    return take_side(&b->side[0], &b->side[1], &bid) && take_side(&b->side[1], &b->side[0], &ask);
}

bool level_book_push(struct level_book *b, const struct rows *r, uint64_t from_seq, int64_t px_tick,
                     struct err *err)
{
    size_t from = from_seq > r->first_seq ? (size_t)(from_seq - r->first_seq) : 0;
    for (size_t i = from; i < r->n; i++) {
        if (!take_row(b, r, i, px_tick)) {
            return err_set(err, ERR_MEMORY, "levels: out of memory");
        }
    }
    return true;
}

void level_book_expect(const struct level_book *b, int step)
{
    if (step == 1) {
        prefetch_bytes(b, sizeof *b);
    }
    for (int side = 0; side < 2 && step == 2; side++) {
        const struct level_side *s = &b->side[side];
        if (s->visit_at < s->n) {
            prefetch_bytes(&s->entry[s->visit_at], sizeof *s->entry);
        }
    }
}
