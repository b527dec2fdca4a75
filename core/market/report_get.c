/* SPDX-License-Identifier: MIT */
/* Metrics, behaviours, levels and state from text. */
#include "clock.h"
#include "orderflow/detector.h"
#include "report_parsed.h"
#include "report_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SIZE_MAX_SZ 1e18 /* no size of a market is above it */

void report_window_init(struct report_window *w, const char *name, int64_t seconds)
{
    *w = (struct report_window){ .m = { .seconds = seconds } };
    (void)snprintf(w->name, sizeof w->name, "%s", name);
#define NONE_I 0
#define NONE_D NAN
#define NONE_P METRIC_PX_NONE
#define NONE_L LABEL_NONE
#define METRIC(kind, member, field, unit, help) w->m.member = NONE_##kind;
#include "metrics.def"
#undef METRIC
#undef NONE_I
#undef NONE_D
#undef NONE_P
#undef NONE_L
}

void report_init(struct report *r)
{
    *r = (struct report){ .n_windows = 0 };
}

void report_clear(struct report *r)
{
    memset(r, 0, offsetof(struct report, active));
}

static bool is(const char *name, const char *wanted)
{
    return strcmp(name, wanted) == 0;
}

/* ---- metrics ---- */

static bool get_I(int64_t *out, const char *text, size_t n, struct err *err)
{
    return decimal_parse_i64(text, n, out, err);
}

static bool get_D(double *out, const char *text, size_t n, struct err *err)
{
    return decimal_parse_double(text, n, out, err);
}

static bool get_P(int64_t *out, const char *text, size_t n, struct err *err)
{
    return decimal_parse_px(text, n, out, err);
}

static bool spells(const char *word, const char *text, size_t n)
{
    return strlen(word) == n && memcmp(word, text, n) == 0;
}

static bool get_L(enum metric_label *out, const char *text, size_t n, struct err *err)
{
    for (enum metric_label l = LABEL_STABLE; l <= LABEL_DECREASING; l++) {
        if (spells(label_name(l), text, n) || spells(spread_label_name(l), text, n)) {
            *out = l;
            return true;
        }
    }
    return err_set(err, ERR_INVALID, "no such label");
}

static bool get_jump(struct size_jump *out, const char *text, size_t n, struct err *err)
{
    struct parsed p;
    parsed_open(&p, text, n, err);
    struct size_jump j = {
        .ts_ns = parsed_ms(&p, "timestamp"),
        .px = parsed_px(&p, "price"),
        .size = parsed_number(&p, "size", 0, SIZE_MAX_SZ),
    };
    const char *side = parsed_text(&p, "side"), *way = parsed_text(&p, "direction");
    j.side = is(side, "bid") ? OFD_BID : is(side, "ask") ? OFD_ASK : OFD_NO_SIDE;
    j.direction = is(way, "lift") ? 1 : is(way, "hit") ? -1 : 0;
    if (j.side == OFD_NO_SIDE) {
        parsed_fail(&p, "side", "is neither bid nor ask");
    }
    if (j.direction == 0 && !is(way, "unchanged")) {
        parsed_fail(&p, "direction", "is none of lift, hit, unchanged");
    }
    if (!parsed_close(&p)) {
        return false;
    }
    *out = j;
    return true;
}

static void get_answer(struct parsed *p, const char *name, struct behavior *b)
{
    if (!parsed_has(p, name)) {
        return;
    }
    const char *text = parsed_text(p, name);
    for (enum answer3 a = ANSWER_UNKNOWN; a <= ANSWER_YES; a++) {
        if (is(text, answer3_name(a))) {
            b->value = a;
            return;
        }
    }
    parsed_fail(p, name, "is none of YES, NO, UNKNOWN");
}

static bool get_behaviors(struct behaviors *b, const char *text, size_t n, struct err *err)
{
    struct behaviors got = *b;
    struct parsed p;
    parsed_open(&p, text, n, err);
#define BEHAVIOR(member, name, dir) get_answer(&p, name, &got.member);
#include "behaviors.def"
#undef BEHAVIOR
    if (!parsed_close(&p)) {
        return false;
    }
    *b = got;
    return true;
}

static void get_since(struct parsed *p, const char *name, struct behavior *b)
{
    if (!parsed_has(p, name)) {
        return;
    }
    struct parsed since;
    parsed_open_member(p, name, &since);
    b->since_ns = parsed_ms(&since, "since_ms");
    b->dir = (int)parsed_int(&since, "dir", -1, 1);
    parsed_close_member(p, &since);
}

static bool get_behaviors_since(struct behaviors *b, const char *text, size_t n, struct err *err)
{
    struct behaviors got = *b;
    struct parsed p;
    parsed_open(&p, text, n, err);
#define BEHAVIOR(member, name, dir) get_since(&p, name, &got.member);
#include "behaviors.def"
#undef BEHAVIOR
    if (!parsed_close(&p)) {
        return false;
    }
    *b = got;
    return true;
}

/* *known_out: there is a metric of that name. */
static bool get_metric(struct metrics *m, const char *name, size_t name_n, const char *text,
                       size_t n, bool *known_out, struct err *err)
{
    *known_out = true; /* the lengths of the literals are known when this is compiled */
#define METRIC(kind, member, field, unit, help)                                           \
    if (name_n == sizeof(field) - 1 && memcmp(name, field, sizeof(field) - 1) == 0) {     \
        return get_##kind(&m->member, text, n, err) || err_wrap(err, "metric %s", field); \
    }
#include "metrics.def"
#undef METRIC
    *known_out = false;
    return true;
}

static bool get_more(struct metrics *out, const char *text, size_t n, struct err *err)
{
    struct metrics m = *out;
    struct parsed p;
    bool ok = true, known;
    parsed_open(&p, text, n, err);
    for (struct parsed_member at = { .next = 0 }; ok && parsed_next(&p, &at);) {
        char number[DECIMAL_MAX];
        struct parsed_value v = parsed_member_value(&at);
        if (v.kind == PARSED_NUMBER && v.text == NULL) {
            v.n = text_number(number, v.number);
            v.text = number;
        }
        ok = get_metric(&m, at.name, at.name_n, v.text != NULL ? v.text : "", v.n, &known, err);
    }
    if (!parsed_close(&p) || !ok) {
        return false;
    }
    *out = m;
    return true;
}

bool report_get_metrics(struct report_window *w, struct behaviors *b, const char *name,
                        const char *text, size_t n, struct err *err)
{
    bool known, ok = get_metric(&w->m, name, strlen(name), text, n, &known, err);
    if (known) {
        return ok;
    }
    if (is(name, REPORT_MORE)) {
        ok = get_more(&w->m, text, n, err);
    } else if (is(name, "last_sweep")) {
        ok = get_jump(&w->m.jump, text, n, err);
    } else if (b != NULL && is(name, "behaviors")) {
        ok = get_behaviors(b, text, n, err);
    } else if (b != NULL && is(name, "behaviors_since")) {
        ok = get_behaviors_since(b, text, n, err);
    }
    return ok || err_wrap(err, "metric %s", name);
}

/* ---- state ---- */

static bool get_quote(struct quote *out, const char *text, size_t n, struct err *err)
{
    struct parsed p;
    parsed_open(&p, text, n, err);
    struct quote q = {
        .ts_ns = parsed_int(&p, "ts_ns", 1, INT64_MAX),
        .bid_px = parsed_px(&p, "bid_price"),
        .bid_sz = parsed_number(&p, "bid_size", 0, SIZE_MAX_SZ),
        .ask_px = parsed_px(&p, "ask_price"),
        .ask_sz = parsed_number(&p, "ask_size", 0, SIZE_MAX_SZ),
        .flags = (uint32_t)parsed_int(&p, "flags", 0, UINT32_MAX),
    };
    if (!parsed_close(&p)) {
        return false;
    }
    *out = q;
    return true;
}

static bool get_quality(struct quality *out, const char *text, size_t n, struct err *err)
{
    struct parsed p;
    parsed_open(&p, text, n, err);
    struct quality q = {
        .bits = (uint32_t)parsed_int(&p, "bits", 0, UINT32_MAX),
        .degraded = parsed_int(&p, "degraded", 0, 1) != 0,
        .median_gap_ns = parsed_int(&p, "median_gap_ns", 0, INT64_MAX),
        .gap_limit_ns = parsed_int(&p, "gap_limit_ns", 0, INT64_MAX),
    };
#define QUALITY(member, name, bit, degrades, help) \
    q.member = parsed_has(&p, name) ? parsed_int(&p, name, 0, INT64_MAX) : 0;
#include "quality.def"
#undef QUALITY
    if (!parsed_close(&p)) {
        return false;
    }
    *out = q;
    return true;
}

static bool get_windows(struct report *r, const char *text, size_t n, struct err *err)
{
    struct parsed p;
    parsed_open(&p, text, n, err);
    r->n_windows = 0;
    for (struct parsed_member m = { .next = 0 }; parsed_next(&p, &m);) {
        if (r->n_windows == REPORT_WINDOWS_MAX || m.name_n >= WINDOW_NAME_MAX) {
            parsed_fail(&p, "windows", "are too many, or one's name is too long");
            break;
        }
        char window[WINDOW_NAME_MAX];
        memcpy(window, m.name, m.name_n);
        window[m.name_n] = '\0';
        report_window_init(&r->windows[r->n_windows++], window,
                           parsed_int(&p, window, 1, INT32_MAX));
    }
    r->n_windows = p.failed ? 0 : r->n_windows;
    return parsed_close(&p);
}

static bool get_flag(bool *out, const char *text, size_t n, struct err *err)
{
    int64_t x;
    if (!decimal_parse_i64(text, n, &x, err)) {
        return false;
    }
    *out = x != 0;
    return x == 0 || x == 1 || err_set(err, ERR_INVALID, "neither 0 nor 1");
}

static bool get_tick(int64_t *ns_out, const char *text, size_t n, struct err *err)
{
    int64_t ms;
    if (!decimal_parse_i64(text, n, &ms, err)) {
        return false;
    }
    if (ms < 0 || ms > INT64_MAX / NS_PER_MS) {
        return err_set(err, ERR_INVALID, "out of range");
    }
    *ns_out = ms * NS_PER_MS;
    return true;
}

static bool get_step(struct tick_step *out, const char *text, size_t n, struct err *err)
{
    const char *at = memchr(text, '@', n);
    size_t px_n = at == NULL ? n : (size_t)(at - text);
    return at != NULL && decimal_parse_px(text, px_n, &out->px, err) && out->px > 0 &&
           decimal_parse_i64(at + 1, n - px_n - 1, &out->from_ns, err);
}

static bool get_steps(struct tick_steps *out, const char *text, size_t n, struct err *err)
{
    struct tick_steps s = { .n = 0 };
    while (n > 0) {
        const char *space = memchr(text, ' ', n);
        size_t word_n = space == NULL ? n : (size_t)(space - text);
        if (s.n == TICK_STEPS_MAX || !get_step(&s.step[s.n], text, word_n, err)) {
            return err_set(err, ERR_INVALID, "px_steps: no list of STEP@NS");
        }
        s.n++;
        text += space == NULL ? n : word_n + 1;
        n -= space == NULL ? n : word_n + 1;
    }
    *out = s;
    return true;
}

static void get_side(struct report *r, int side, struct parsed *p)
{
    r->n_levels[side] = 0;
    for (struct parsed_member m = { .next = 0 }; parsed_next(p, &m);) {
        struct parsed_value v = parsed_member_value(&m);
        struct level l = { .strength = v.number };
        if (r->n_levels[side] == LEVELS_MAX || v.kind != PARSED_NUMBER ||
            !(v.number >= 0 && v.number <= 1) || !decimal_parse_px(m.name, m.name_n, &l.px, NULL)) {
            parsed_fail(p, "strengths", "are no list of price and 0..1, or too long");
            return;
        }
        r->levels[side][r->n_levels[side]++] = l;
    }
}

static bool get_strengths(struct report *r, const char *text, size_t n, struct err *err)
{
    static const char *const sides[2] = { "bid", "ask" };
    struct parsed p;
    parsed_open(&p, text, n, err);
    for (int side = 0; side < 2; side++) {
        struct parsed members;
        parsed_open_member(&p, sides[side], &members);
        get_side(r, side, &members);
        parsed_close_member(&p, &members);
    }
    if (!parsed_close(&p)) {
        r->n_levels[0] = r->n_levels[1] = 0;
        return false;
    }
    return true;
}

bool report_get_state(struct report *r, const char *name, const char *text, size_t n,
                      struct err *err)
{
    bool ok = true;
    if (is(name, "tick_ms")) {
        ok = get_tick(&r->tick_ns, text, n, err);
    } else if (is(name, "px_tick")) {
        ok = decimal_parse_px(text, n, &r->px_tick, err);
    } else if (is(name, "px_steps")) {
        ok = get_steps(&r->px_steps, text, n, err);
    } else if (is(name, "size_unit")) {
        (void)snprintf(r->size_unit, sizeof r->size_unit, "%.*s", (int)(n < 8 ? n : 0), text);
    } else if (is(name, "thr")) {
        (void)snprintf(r->thr, sizeof r->thr, "%.*s", (int)(n < sizeof r->thr ? n : 0), text);
    } else if (is(name, "warming")) {
        ok = get_flag(&r->warming, text, n, err);
    } else if (is(name, "stale")) {
        ok = get_flag(&r->stale, text, n, err);
    } else if (is(name, "feed_lag_ms")) {
        ok = decimal_parse_i64(text, n, &r->feed_lag_ms, err);
    } else if (is(name, "quote")) {
        ok = get_quote(&r->quote, text, n, err);
    } else if (is(name, "quality")) {
        ok = get_quality(&r->quality, text, n, err);
    } else if (is(name, "windows")) {
        ok = get_windows(r, text, n, err);
    } else if (is(name, "pressure")) {
        ok = pressure_get(&r->pressure, text, n, err);
    } else if (is(name, "active")) {
        ok = active_get(r, text, n, err);
    } else if (is(name, "active_total")) {
        ok = decimal_parse_i64(text, n, &r->active_total, err);
    } else if (is(name, "scores")) {
        ok = scores_get(r->scores, &r->n_scores, text, n, err);
    } else if (is(name, "strengths")) {
        ok = get_strengths(r, text, n, err);
    }
    return ok || err_wrap(err, "state %s", name);
}

/* ---- levels ---- */

static enum level_status get_status(struct parsed *p)
{
    const char *text = parsed_text(p, "status");
    for (enum level_status s = LEVEL_OPEN; s <= LEVEL_FLIPPED; s++) {
        if (is(text, level_status_name(s))) {
            return s;
        }
    }
    parsed_fail(p, "status", "is none of open, broken, flipped");
    return LEVEL_OPEN;
}

bool report_get_level(struct level *l, const char *json, size_t n, struct err *err)
{
    struct parsed p;
    parsed_open(&p, json, n, err);
    struct level got = {
        .px = parsed_px(&p, "price"),
        .touches = parsed_int(&p, "appearances", 0, INT64_MAX),
        .total_sz = parsed_number(&p, "total_size", 0, SIZE_MAX_SZ),
        .avg_sz = parsed_number(&p, "avg_size", 0, SIZE_MAX_SZ),
        .last_ns = parsed_s(&p, "last_seen"),
        .first_ns = parsed_s(&p, "first_seen"),
        .max_sz = parsed_number(&p, "max_size", 0, SIZE_MAX_SZ),
        .removed_sz = parsed_number(&p, "removed_size", 0, SIZE_MAX_SZ),
        .held = parsed_int(&p, "held", 0, INT64_MAX),
        .broke = parsed_int(&p, "broke", 0, INT64_MAX),
        .dwell_ms = parsed_int(&p, "dwell_ms", 0, INT64_MAX),
        .strength = parsed_has(&p, "strength") ? parsed_number(&p, "strength", 0, 1) : NAN,
        .status = get_status(&p),
    };
    if (!parsed_close(&p)) {
        return err_wrap(err, "level");
    }
    *l = got;
    return true;
}
