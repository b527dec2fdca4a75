/* SPDX-License-Identifier: MIT */
#include "episode_id.h"
#include "episode_internal.h"
#include "orderflow/detector.h"

#include <string.h>

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---- ending ---- */

/* rows_after() of last_ns. */
static size_t after_last(const struct step *s, const struct node *n)
{
    if (n->after_seq == UINT64_MAX) {
        return step_rows_after(s, n->e.last_ns);
    }
    return n->after_seq > s->known.first_seq ? (size_t)(n->after_seq - s->known.first_seq) : 0;
}

int64_t node_false_ns(const struct step *s, struct node *n)
{
    if (n->false_ns == 0) {
        size_t i = after_last(s, n);
        n->false_ns = i < s->known.n ? s->known.ts_ns[i] : 0;
    }
    return n->false_ns;
}

void node_end(struct node *n, enum end_reason why, int64_t end_ns)
{
    n->e.state = EPISODE_ENDED;
    n->e.end_reason = why;
    n->e.end_ns = later(end_ns, later(n->e.last_ns, n->e.confirmed_ns));
    n->changed = true;
}

void node_fade(struct node *n)
{
    if (n->e.state == EPISODE_ACTIVE) {
        node_end(n, n->doubtful ? END_RESTART : END_FADED, n->false_ns);
    }
}

static void confirm(const struct step *s, struct node *n)
{
    n->e.state = EPISODE_ACTIVE;
    n->changed = true;
    node_show(s->t, n);
}

static int64_t revival_ns(const struct tracker *t)
{
    return later(t->rules.exit_hold_ns, t->rules.merge_ns);
}

/* As soon as settle() has something to do, as far as rows are known. */
static int64_t due_ns(const struct step *s, const struct node *n)
{
    const struct episode_rules *rules = &s->t->rules;
    if (n->e.state == EPISODE_CANDIDATE) {
        bool stops = n->false_ns != 0 && n->false_ns < n->e.confirmed_ns;
        return 1 + (stops ? n->false_ns : n->e.confirmed_ns);
    }
    if (n->sealed) {
        return n->e.last_ns + 1;
    }
    if (n->false_ns == 0) {
        return INT64_MAX;
    }
    bool active = n->e.state == EPISODE_ACTIVE;
    return n->false_ns + (active ? rules->exit_hold_ns : revival_ns(s->t)) + 1;
}

static void be_due(struct tracker *t, int64_t ns)
{
    t->due_ns = ns < t->due_ns ? ns : t->due_ns;
}

static void settle(const struct step *s, struct node *n, int64_t until_ns)
{
    int64_t false_ns = node_false_ns(s, n);
    bool stopped = false_ns != 0 && false_ns < until_ns;
    if (n->e.state == EPISODE_CANDIDATE) {
        if (stopped && false_ns < n->e.confirmed_ns) {
            node_drop(s->t, n);
            return;
        }
        if (!stopped && until_ns <= n->e.confirmed_ns) {
            return;
        }
        confirm(s, n);
    }
    if (n->sealed) {
        if (n->e.last_ns < until_ns) {
            node_close(s, n);
        }
        return;
    }
    if (stopped && until_ns > false_ns + s->t->rules.exit_hold_ns) {
        node_fade(n);
    }
    if (stopped && until_ns > false_ns + revival_ns(s->t)) {
        node_fade(n);
        node_close(s, n);
    }
}

/* Backwards, since a node may leave the list meanwhile. */
void episodes_settle(const struct step *s, int64_t until_ns)
{
    struct tracker *t = s->t;
    for (size_t i = t->n_open; i-- > 0;) {
        settle(s, t->open[i], until_ns);
    }
    t->due_ns = INT64_MAX;
    for (size_t i = 0; i < t->n_open; i++) {
        be_due(t, due_ns(s, t->open[i]));
    }
}

static void cut(const struct step *s, struct node *n, int64_t last_row_ns, int64_t gap_end_ns)
{
    if (n->e.state == EPISODE_CANDIDATE) {
        if (gap_end_ns < n->e.confirmed_ns) {
            node_drop(s->t, n);
            return;
        }
        confirm(s, n);
    }
    if (n->false_ns != 0 && n->false_ns < gap_end_ns) {
        node_fade(n);
    } else if (n->e.state == EPISODE_ACTIVE) {
        node_end(n, END_GAP, last_row_ns);
    }
    node_close(s, n);
}

void episodes_break(const struct step *s, size_t i)
{
    int64_t at_ns = s->known.ts_ns[i];
    int64_t last_row_ns = i > 0 ? s->known.ts_ns[i - 1] : INT64_MIN;
    for (size_t k = s->t->n_open; k-- > 0;) {
        struct node *n = s->t->open[k];
        if (n->e.last_ns < at_ns) {
            cut(s, n, last_row_ns, at_ns);
        }
    }
}

void episodes_silence(const struct step *s, int64_t boundary_ns)
{
    int64_t last_row_ns = s->known.ts_ns[s->known.n - 1];
    for (size_t k = s->t->n_open; k-- > 0;) {
        struct node *n = s->t->open[k];
        if (n->e.state == EPISODE_ACTIVE && n->e.last_ns <= boundary_ns && n->false_ns == 0) {
            node_end(n, END_GAP, last_row_ns);
            node_close(s, n);
        }
    }
}

/* ---- going on ---- */

enum {
#define QUALITY(member, name, bit, degrades, help) BIT_##member = 1 << bit,
#include "quality.def"
#undef QUALITY
};

static uint32_t quality_of_row(uint32_t flags)
{
    static const struct {
        uint32_t flag, bit;
    } map[] = {
        { OFD_ROW_ONE_SIDED, BIT_one_sided }, { OFD_ROW_EMPTY, BIT_empty },
        { OFD_ROW_LOCKED, BIT_locked },       { OFD_ROW_CROSSED, BIT_crossed },
        { OFD_ROW_WIDE, BIT_wide },           { OFD_ROW_GAP, BIT_gap },
        { OFD_ROW_DUPLICATE, BIT_duplicate }, { OFD_ROW_TIE, BIT_tie },
    };
    uint32_t bits = 0;
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++) {
        bits |= (flags & map[i].flag) != 0 ? map[i].bit : 0;
    }
    return bits;
}

/* It is true up to ts_ns, with the known rows from `from` on. */
static void go_on(const struct step *s, struct node *n, size_t from, int64_t ts_ns)
{
    size_t to = step_rows_after(s, ts_ns);
    uint32_t flags = from < to ? flags_of_rows(s->known.flags + from, to - from) : 0;
    n->e.quality |= flags == 0 ? 0 : quality_of_row(flags);
    n->e.last_ns = ts_ns;
    n->after_seq = s->known.first_seq + to;
}

static void take_peak(struct node *n, const struct emission *m)
{
    n->e.peak_ns = m->ts_ns;
    n->e.peak_value = m->value;
    n->e.dir = m->dir;
    if (m->ts_ns <= n->e.confirmed_ns) {
        n->e.known_value = m->value;
        n->e.known_dir = m->dir;
    }
    n->e.n_ev = m->n_ev < EVIDENCE_MAX ? m->n_ev : EVIDENCE_MAX;
    for (uint32_t i = 0; i < n->e.n_ev; i++) {
        n->e.ev[i] = m->ev[i];
    }
    n->changed = true;
}

static void extend(const struct step *s, struct node *n, const struct emission *m)
{
    if (m->ts_ns <= n->seen_to_ns) {
        return;
    }
    if (m->value > n->e.peak_value) {
        take_peak(n, m);
    }
    if (m->ts_ns <= n->e.last_ns) {
        return;
    }
    go_on(s, n, after_last(s, n), m->ts_ns);
    n->false_ns = 0;
    n->undecided = false;
    n->doubtful = false;
    if (n->e.state == EPISODE_ENDED) {
        n->e.state = EPISODE_ACTIVE;
        n->e.end_reason = END_NONE;
        n->e.end_ns = 0;
    }
    n->changed = true;
    be_due(s->t, m->ts_ns + s->t->rules.exit_hold_ns + 1); /* its next row comes after that */
}

/* ---- whose emission is it? ---- */

static struct past key_of(const struct node *n)
{
    return (struct past){
        .price = n->e.price, .kind = n->kind, .side = (int16_t)n->e.side, .dir = (int16_t)n->e.dir
    };
}

/* How far apart prices of one episode may be. */
static uint64_t reach_px(const struct step *s)
{
    int64_t ticks = s->t->rules.merge_ticks;
    return (uint64_t)(ticks > INT64_MAX / s->px_tick ? INT64_MAX : ticks * s->px_tick);
}

/* True, and how far apart, when it is of the emission's kind and side (without one: direction) and
 * near its price. */
static inline bool near(const struct past *k, const struct emission *m, uint64_t reach,
                        uint64_t *apart_out)
{
    int64_t a = k->price, b = m->price;
    if (k->side != m->side || k->kind != m->kind || (a == OFD_NO_PRICE) != (b == OFD_NO_PRICE) ||
        (m->side == OFD_NO_SIDE && k->dir != m->dir)) {
        return false;
    }
    *apart_out = a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
    return *apart_out <= reach;
}

/* Once settled, whatever is open and not sealed reaches as far as the emission. */
static struct node *owner_of(const struct step *s, const struct emission *m)
{
    struct node *best = NULL;
    uint64_t best_apart = 0, reach = reach_px(s);
    for (size_t i = 0; i < s->t->n_open; i++) {
        struct node *n = s->t->open[i];
        struct past key = key_of(n);
        uint64_t apart = 0;
        if (!near(&key, m, reach, &apart) || n->e.onset_ns > m->ts_ns ||
            (n->sealed && m->ts_ns > n->e.last_ns)) {
            continue;
        }
        if (apart == 0) {
            return n;
        }
        if (best == NULL || apart < best_apart ||
            (apart == best_apart && n->e.price < best->e.price)) {
            best = n;
            best_apart = apart;
        }
    }
    return best;
}

/* When the newest episode of that key ended before the emission; INT64_MIN: there is none within
 * tracker_reach_ns(). */
static int64_t last_end_ns(const struct step *s, const struct emission *m)
{
    const struct tracker *t = s->t;
    int64_t newest_ns = INT64_MIN, reach_ns = tracker_reach_ns(t);
    uint64_t apart = 0, reach = reach_px(s);
    for (size_t i = 0; i < t->n_past; i++) {
        const struct past *p = &t->past[i];
        if (p->end_ns <= m->ts_ns && m->ts_ns - p->end_ns <= reach_ns && p->end_ns > newest_ns &&
            near(p, m, reach, &apart)) {
            newest_ns = p->end_ns;
        }
    }
    for (size_t i = 0; i < t->n_open; i++) {
        const struct node *n = t->open[i];
        struct past key = key_of(n);
        if (n->e.state == EPISODE_ENDED && n->e.end_ns <= m->ts_ns && n->e.end_ns > newest_ns &&
            near(&key, m, reach, &apart)) {
            newest_ns = n->e.end_ns;
        }
    }
    return newest_ns;
}

static void put_name(char out[DETECTOR_ID_MAX], const char *name)
{
    size_t n = strnlen(name, DETECTOR_ID_MAX - 1);
    memcpy(out, name, n);
    out[n] = '\0';
}

static bool begin(const struct step *s, const struct emission *m, int64_t onset_ns, struct err *err)
{
    struct tracker *t = s->t;
    bool full;
    struct node *n = node_create(t, &full);
    if (n == NULL) {
        return full || err_set(err, ERR_MEMORY, "out of memory for an episode");
    }
    n->kind = m->kind;
    n->e = (struct episode){
        .side = m->side,
        .dir = m->dir,
        .price = m->price,
        .onset_ns = onset_ns,
        .confirmed_ns = later(later(onset_ns, t->judged_from_ns) + t->rules.min_hold_ns, m->ts_ns),
    };
    go_on(s, n, step_rows_after(s, onset_ns - 1), m->ts_ns);
    put_name(n->e.detector, t->decl->id);
    put_name(n->e.kind, t->decl->kinds[m->kind]);
    episode_id(&n->e, t->ticker, n->e.id);
    take_peak(n, m);
    node_open(t, n);
    be_due(t, m->ts_ns + 1);
    return true;
}

bool episodes_take(const struct step *s, const struct emission *m, struct err *err)
{
    struct node *owner = owner_of(s, m);
    if (owner != NULL) {
        extend(s, owner, m);
        return true;
    }
    bool has_start = m->start_ns > 0 && m->start_ns < m->ts_ns;
    int64_t onset_ns = has_start ? m->start_ns : m->ts_ns;
    int64_t cooldown_ns = s->t->rules.cooldown_ns;
    if (has_start || cooldown_ns > 0) {
        int64_t end_ns = last_end_ns(s, m);
        if (end_ns != INT64_MIN && m->ts_ns - end_ns < cooldown_ns) {
            return true;
        }
        onset_ns = onset_ns <= end_ns ? m->ts_ns : onset_ns;
    }
    return begin(s, m, onset_ns, err);
}
