/* SPDX-License-Identifier: MIT */
/* Metrics, behaviours and levels as text. */
#include "report_fields.h"

#include <math.h>
#include <string.h>

/* ---- metrics ---- */

static void put_I(const struct fields *f, const char *name, int64_t x)
{
    put_i64(f, name, x);
}

/* The peer's readers call int() on these two. */
static inline bool is_cut_to_whole(const char *name)
{
    return strcmp(name, "avg_bid_size") == 0 || strcmp(name, "avg_ask_size") == 0;
}

static void put_finite(const struct fields *f, const char *name, double x)
{
    char text[DECIMAL_MAX];
    if (isfinite(x)) {
        put_field(f, name, text, text_number(text, x));
    }
}

static inline void put_D(const struct fields *f, const char *name, double x)
{
    put_finite(f, name, is_cut_to_whole(name) ? trunc(x) : x);
}

static void put_P(const struct fields *f, const char *name, int64_t px)
{
    char text[DECIMAL_MAX];
    if (px != METRIC_PX_NONE) {
        put_field(f, name, text, decimal_print_px(text, px, 1));
    }
}

static void put_L(const struct fields *f, const char *name, enum metric_label l)
{
    bool spread = strcmp(name, "spread_trend") == 0;
    const char *text = spread ? spread_label_name(l) : label_name(l);
    if (text[0] != '\0') {
        put_field(f, name, text, strlen(text));
    }
}

/* ---- what is there, and what has the same text ---- */

/* The one whole number that can be undefined. */
static inline bool is_known(const struct metrics *m, const char *name)
{
    return strcmp(name, "net_ticks") != 0 || isfinite(m->velocity);
}

static bool has_I(int64_t x)
{
    (void)x;
    return true;
}

static bool has_D(double x)
{
    return isfinite(x);
}

static bool has_P(int64_t px)
{
    return px != METRIC_PX_NONE;
}

static bool has_L(enum metric_label l)
{
    return l != LABEL_NONE;
}

static bool same_I(bool whole, int64_t a, int64_t b)
{
    (void)whole;
    return a == b;
}

static inline bool same_D(bool whole, double a, double b)
{
    a = whole ? trunc(a) : a;
    b = whole ? trunc(b) : b;
    return a <= b && a >= b && signbit(a) == signbit(b);
}

static bool same_P(bool whole, int64_t a, int64_t b)
{
    (void)whole;
    return a == b;
}

static bool same_L(bool whole, enum metric_label a, enum metric_label b)
{
    (void)whole;
    return a == b;
}

static bool same_jump(const struct size_jump *a, const struct size_jump *b)
{
    return a->ts_ns == b->ts_ns && a->px == b->px && same_D(false, a->size, b->size) &&
           a->side == b->side && a->direction == b->direction;
}

static bool same_answers(const struct behaviors *a, const struct behaviors *b)
{
    bool same = true;
#define BEHAVIOR(member, name, dir) same = same && a->member.value == b->member.value;
#include "behaviors.def"
#undef BEHAVIOR
    return same;
}

static bool same_since(const struct behaviors *a, const struct behaviors *b)
{
    bool same = true;
#define BEHAVIOR(member, name, direction) \
    same = same && a->member.since_ns == b->member.since_ns && a->member.dir == b->member.dir;
#include "behaviors.def"
#undef BEHAVIOR
    return same;
}

bool level_equal(const struct level *a, const struct level *b)
{
    if (memcmp(a, b, offsetof(struct level, strength)) == 0) {
        return a->status == b->status;
    }
    return a->px == b->px && a->last_ns == b->last_ns && a->touches == b->touches &&
           a->held == b->held && a->broke == b->broke && a->total_sz == b->total_sz &&
           a->avg_sz == b->avg_sz && a->max_sz == b->max_sz && a->removed_sz == b->removed_sz &&
           a->dwell_ms == b->dwell_ms && a->first_ns == b->first_ns && a->status == b->status;
}

/* ---- windows ---- */

static void put_jump(const struct fields *f, const struct size_jump *j)
{
    struct buf *json = f->json;
    buf_clear(json);
    buf_putc(json, '{');
    put_word(json, "type", "sweep");
    put_word(json, "side", side_name(j->side));
    put_px(json, "price", j->px);
    put_number(json, "size", j->size);
    put_word(json, "direction", j->direction > 0 ? "lift" : j->direction < 0 ? "hit" : "unchanged");
    put_ms(json, "timestamp", j->ts_ns);
    buf_putc(json, '}');
    put_json(f, "last_sweep");
}

/* In the peer's order; the others follow in ours. */
static const char *const peers[] = {
    "bid_stacking",      "ask_pulling",       "spread_tightening",
    "momentum_building", "aggressive_buying", "aggressive_selling"
};

static bool is_peers(const char *name)
{
    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++) {
        if (strcmp(peers[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void put_behaviors(const struct fields *f, struct behaviors b)
{
    struct buf *json = f->json;
    buf_clear(json);
    buf_putc(json, '{');
    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++) {
        put_word(json, peers[i], answer3_name(behavior_named(&b, peers[i])->value));
    }
#define BEHAVIOR(member, name, dir)                         \
    if (!is_peers(name)) {                                  \
        put_word(json, name, answer3_name(b.member.value)); \
    }
#include "behaviors.def"
#undef BEHAVIOR
    buf_putc(json, '}');
    put_json(f, "behaviors");
}

static void put_since(struct buf *json, const char *name, const struct behavior *b)
{
    if (b->since_ns == 0 && b->dir == 0) {
        return;
    }
    put_key(json, name);
    buf_putc(json, '{');
    put_ms(json, "since_ms", b->since_ns);
    put_int(json, "dir", b->dir);
    buf_putc(json, '}');
}

static void put_behaviors_since(const struct fields *f, const struct behaviors *b)
{
    struct buf *json = f->json;
    buf_clear(json);
    buf_putc(json, '{');
#define BEHAVIOR(member, name, dir) put_since(json, name, &b->member);
#include "behaviors.def"
#undef BEHAVIOR
    buf_putc(json, '}');
    put_json(f, "behaviors_since");
}

static void put_flags(const struct fields *f, const struct report *r,
                      const struct behaviors *former, struct field_changes *c)
{
    bool had = former != NULL;
    if (had && memcmp(&r->behaviors, former, sizeof *former) == 0) {
        return;
    }
    if (is_news(c, true, had, had && same_answers(&r->behaviors, former))) {
        put_behaviors(f, r->behaviors);
    }
    if (is_news(c, true, had, had && same_since(&r->behaviors, former))) {
        put_behaviors_since(f, &r->behaviors);
    }
}

static void put_last_jump(const struct fields *f, const struct size_jump *now,
                          const struct size_jump *former, struct field_changes *c)
{
    bool had = former != NULL && former->ts_ns != 0;
    if (is_news(c, now->ts_ns != 0, had, had && same_jump(now, former))) {
        put_jump(f, now);
    }
}

static void put_peers(const struct fields *f, const struct metrics *m, const struct metrics *former,
                      struct field_changes *c)
{
#define METRIC(kind, member, name, unit, help)                                            \
    if ((former == NULL || memcmp(&m->member, &former->member, sizeof m->member) != 0) && \
        is_news(c, has_##kind(m->member), former != NULL && has_##kind(former->member),   \
                former != NULL &&                                                         \
                    same_##kind(is_cut_to_whole(name), m->member, former->member))) {     \
        put_##kind(f, name, m->member);                                                   \
    }
#define METRIC_OURS(kind, member, name, unit, help)
#include "metrics.def"
#undef METRIC
}

static void put_ours(const struct fields *f, const struct metrics *m)
{
#define METRIC(kind, member, name, unit, help)
#define METRIC_OURS(kind, member, name, unit, help) \
    if (is_known(m, name)) {                        \
        put_##kind(f, name, m->member);             \
    }
#include "metrics.def"
#undef METRIC
}

static void put_more_I(struct buf *json, const char *name, int64_t x)
{
    put_int(json, name, x);
}

static void put_more_D(struct buf *json, const char *name, double x)
{
    if (isfinite(x)) {
        put_number(json, name, x);
    }
}

static bool same_ours(const struct metrics *a, const struct metrics *b)
{
    bool same = true;
#define METRIC(kind, member, name, unit, help)
#define METRIC_OURS(kind, member, name, unit, help) \
    same = same && memcmp(&a->member, &b->member, sizeof a->member) == 0;
#include "metrics.def"
#undef METRIC
    return same;
}

/* One field for all of ours: some twenty change with each tick, and as fields each they would be
 * half of what Redis has to do for a ticker. */
static void put_more(const struct fields *f, const struct metrics *m, const struct metrics *former,
                     struct field_changes *c)
{
    struct buf *json = f->json;
    if (!is_news(c, true, former != NULL, former != NULL && same_ours(m, former))) {
        return;
    }
    buf_clear(json);
    buf_putc(json, '{');
#define METRIC(kind, member, name, unit, help)
#define METRIC_OURS(kind, member, name, unit, help) \
    if (is_known(m, name)) {                        \
        put_more_##kind(json, name, m->member);     \
    }
#include "metrics.def"
#undef METRIC
    buf_putc(json, '}');
    put_json(f, REPORT_MORE);
}

static void put_beside(const struct fields *f, const struct report *r, int window,
                       const struct metrics *former, const struct behaviors *former_behaviors,
                       struct field_changes *c)
{
    const struct report_window *w = &r->windows[window];
    put_last_jump(f, &w->m.jump, former != NULL ? &former->jump : NULL, c);
    if (strcmp(w->name, "10s") == 0) {
        put_flags(f, r, former_behaviors, c);
    }
}

struct field_changes report_put_metrics_since(const struct report *r, const struct metrics *former,
                                              const struct behaviors *former_behaviors, int window,
                                              struct buf *scratch, report_field_fn *put, void *ctx)
{
    CHECK(window >= 0 && window < r->n_windows);
    const struct metrics *m = &r->windows[window].m;
    struct fields f = { .put = put, .ctx = ctx, .json = scratch };
    struct field_changes c = { .added = 0 };
    put_peers(&f, m, former, &c);
    put_more(&f, m, former, &c);
    put_beside(&f, r, window, former, former_behaviors, &c);
    return c;
}

void report_put_metrics(const struct report *r, int window, report_field_fn *put, void *ctx)
{
    CHECK(window >= 0 && window < r->n_windows);
    const struct metrics *m = &r->windows[window].m;
    struct buf json;
    buf_init(&json, REPORT_SCRATCH_MAX);
    struct fields f = { .put = put, .ctx = ctx, .json = &json };
    struct field_changes c = { .added = 0 };
    put_peers(&f, m, NULL, &c);
    put_ours(&f, m);
    put_beside(&f, r, window, NULL, NULL, &c);
    buf_fini(&json);
}

/* ---- levels ---- */

enum { LEVEL_TEXT_MAX = 1024 };

static inline char *put_literal(char *at, const char *text, size_t n)
{
    memcpy(at, text, n);
    return at + n;
}

#define LITERAL(text) (text), sizeof(text) - 1

/* Most of what is written: without looking for room, and for its own names, member by member. */
static void put_level(const struct level *l, bool with_strength, struct buf *out)
{
    char *at = buf_room(out, LEVEL_TEXT_MAX);
    if (at == NULL) {
        return;
    }
    at = text_exact_px(put_literal(at, LITERAL("{\"price\": ")), l->px);
    at = text_exact_i64(put_literal(at, LITERAL(", \"appearances\": ")), l->touches);
    at = put_literal(at, LITERAL(", \"total_size\": "));
    at += text_number(at, l->total_sz);
    at = put_literal(at, LITERAL(", \"avg_size\": "));
    at += decimal_print_repr(at, l->avg_sz);
    at = put_literal(at, LITERAL(", \"last_seen\": "));
    at += text_seconds(at, l->last_ns);
    at = put_literal(at, LITERAL(", \"first_seen\": "));
    at += text_seconds(at, l->first_ns);
    at = put_literal(at, LITERAL(", \"max_size\": "));
    at += text_number(at, l->max_sz);
    at = put_literal(at, LITERAL(", \"removed_size\": "));
    at += text_number(at, l->removed_sz);
    at = text_exact_i64(put_literal(at, LITERAL(", \"held\": ")), l->held);
    at = text_exact_i64(put_literal(at, LITERAL(", \"broke\": ")), l->broke);
    at = text_exact_i64(put_literal(at, LITERAL(", \"dwell_ms\": ")), l->dwell_ms);
    if (with_strength) {
        at = put_literal(at, LITERAL(", \"strength\": "));
        at += text_number(at, l->strength);
    }
    const char *status = level_status_name(l->status);
    at = put_literal(at, LITERAL(", \"status\": \""));
    at = put_literal(at, status, strlen(status));
    at = put_literal(at, LITERAL("\"}"));
    *at = '\0';
    out->len = (size_t)(at - out->data);
}

void report_put_level_member(const struct level *l, struct buf *out)
{
    put_level(l, false, out);
}

void report_put_level(const struct level *l, struct buf *out)
{
    put_level(l, true, out);
}
