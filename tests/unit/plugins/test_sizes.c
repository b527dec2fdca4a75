/* SPDX-License-Identifier: MIT */
/* Detectors of displayed size against their definitions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "definition.h"

#include <stdlib.h>

enum { N_ROWS = 1200, N_REAL = 6000 };
static const struct tape tape = { .gap_one_in = 100, .silence_one_in = 200, .void_one_in = 60 };

/* First row of the visit to this side's price that the newest row belongs to. */
static size_t visit(const struct sight *s, int32_t side)
{
    size_t first = s->n - 1;
    while (first > 0 && px(&s->rows[first - 1], side) == px(&s->rows[first], side) &&
           (s->rows[first].flags & OFD_ROW_GAP) == 0) {
        first--;
    }
    return first;
}

static int64_t age_ns(const struct sight *s, size_t i)
{
    return s->rows[s->n - 1].ts_ns - s->rows[i].ts_ns;
}

static struct verdict pulling(const struct sight *s, int32_t side)
{
    int32_t other = side == OFD_BID ? OFD_ASK : OFD_BID, dir = side == OFD_BID ? -1 : 1;
    const struct harness_row *now = &s->rows[s->n - 1];
    if (px(now, side) <= 0 || px(now, other) <= 0) {
        return (struct verdict){ 0 };
    }
    size_t peak = s->n - 1;
    for (size_t i = s->n; i-- > visit(s, side);) {
        bool within = (double)age_ns(s, i) <= param(s, "within_ms") * 1e6;
        peak = within && sz(&s->rows[i], side) > sz(&s->rows[peak], side) ? i : peak;
    }
    const struct harness_row *from = &s->rows[peak];
    int64_t move = px(now, other) - px(from, other); /* of the other side */
    bool lost = sz(now, side) <= (1 - param(s, "lost")) * sz(from, side);
    bool counter = side == OFD_BID ? move > 0 : move < 0;
    return sz(from, side) > param(s, "size") && lost && px(from, other) > 0 && !counter
               ? (struct verdict){ .is_true = true,
                                   .dir = dir,
                                   .value = sz(from, side) - sz(now, side) }
               : (struct verdict){ 0 };
}

/* ---- iceberg ---- */

/* What a return to the size of row r was worth: its cycles, and since when the last of them. */
struct returned {
    size_t n;
    int64_t since_ns;
    double share;
};

/* 1: the size, 2: more, -1: low, 0: in between. */
static int class_of(const struct sight *s, double size, double display)
{
    double near = param(s, "tolerance") * display;
    return size > display + near                      ? 2
           : size >= display - near                   ? 1
           : size <= (1 - param(s, "fall")) * display ? -1
                                                      : 0;
}

/* Is there a cycle between rows a and b, which both show the size or more? */
static bool is_cycle(const struct sight *s, int32_t side, size_t a, size_t b, double display)
{
    for (size_t i = a + 1; i < b; i++) {
        if (class_of(s, sz(&s->rows[i], side), display) == -1) {
            return class_of(s, sz(&s->rows[a], side), display) == 1 &&
                   class_of(s, sz(&s->rows[b], side), display) == 1 &&
                   (double)(s->rows[b].ts_ns - s->rows[i].ts_ns) <= param(s, "return_ms") * 1e6;
        }
    }
    return false;
}

static struct returned refill_at(const struct sight *s, int32_t side, size_t first, size_t r)
{
    double display = sz(&s->rows[r], side), window_ns = param(s, "window_s") * 1e9;
    struct returned out = { 0 };
    size_t later = r;
    for (size_t i = r; i-- > first;) {
        if ((double)(s->rows[r].ts_ns - s->rows[i].ts_ns) >= window_ns) {
            break;
        }
        if (class_of(s, sz(&s->rows[i], side), display) < 1) {
            continue;
        }
        bool cycle = is_cycle(s, side, i, later, display);
        if (later == r && !cycle) {
            return (struct returned){ 0 };
        }
        out.n += cycle && out.n < 100;
        if (cycle && out.since_ns == 0 && (double)out.n == param(s, "cycles")) {
            double shown_ns = 0, ns = (double)(s->rows[r].ts_ns - s->rows[i].ts_ns);
            for (size_t k = i; k < r; k++) {
                bool same = class_of(s, sz(&s->rows[k], side), display) == 1;
                shown_ns += same ? (double)(s->rows[k + 1].ts_ns - s->rows[k].ts_ns) : 0;
            }
            out.since_ns = s->rows[i].ts_ns;
            out.share = ns > 0 ? shown_ns / ns : 0;
        }
        later = i;
    }
    return out;
}

static struct verdict iceberg(const struct sight *s, int32_t side)
{
    size_t first = visit(s, side), last = s->n - 1;
    for (size_t r = s->n; px(&s->rows[last], side) > 0 && r-- > first;) {
        struct returned at = refill_at(s, side, first, r);
        if ((double)at.n >= param(s, "cycles") && at.share >= param(s, "share")) {
            bool recent = (double)(s->rows[last].ts_ns - at.since_ns) < param(s, "window_s") * 1e9;
            return recent ? (struct verdict){ .is_true = true,
                                              .dir = side == OFD_BID ? 1 : -1,
                                              .value = (double)at.n }
                          : (struct verdict){ 0 };
        }
    }
    return (struct verdict){ 0 };
}

/* ---- flicker ---- */

/* +1: price a of a side is better than b, -1: worse. */
static int better(int32_t side, int64_t a, int64_t b)
{
    return a == b ? 0 : (a > b) == (side == OFD_BID) ? 1 : -1;
}

static bool anew(const struct sight *s, size_t i)
{
    return (s->rows[i].flags & OFD_ROW_GAP) != 0 ||
           s->rows[i].ts_ns - s->rows[i - 1].ts_ns >= 30 * SECOND_NS;
}

static double came(const struct sight *s, int32_t side, size_t i)
{
    const struct harness_row *is = &s->rows[i], *was = is - 1;
    int moved = better(side, px(is, side), px(was, side));
    if (px(is, side) == 0 || px(was, side) == 0 || anew(s, i) || moved < 0) {
        return 0;
    }
    return moved > 0 ? sz(is, side) : sz(is, side) - sz(was, side);
}

/* 0: nothing is known of the size that came with row i; 1 fast, 2 slow, 3 stayed, as of row *at. */
static int fate(const struct sight *s, int32_t side, size_t i, size_t *at)
{
    const struct harness_row *came_with = &s->rows[i];
    int32_t other = side == OFD_BID ? OFD_ASK : OFD_BID;
    for (size_t k = i + 1; k < s->n; k++) {
        const struct harness_row *r = &s->rows[k];
        double ms = (double)(r->ts_ns - came_with->ts_ns) / 1e6;
        int moved = better(side, px(r, side), px(came_with, side));
        if (anew(s, k) || px(r, side) == 0 || moved > 0) {
            return 0;
        }
        *at = k;
        bool reached = px(r, other) != 0 && better(side, px(r, other), px(came_with, side)) <= 0;
        bool less = sz(r, side) <= sz(came_with, side) - param(s, "gone") * came(s, side, i);
        if (ms > param(s, "slow_ms") || (moved < 0 && reached)) {
            return 3;
        }
        if (moved < 0 || less) {
            return ms <= param(s, "fast_ms") ? 1 : 2;
        }
    }
    return 0;
}

static struct verdict flicker(const struct sight *s, int32_t side)
{
    double n[4] = { 0 }, count = param(s, "count");
    for (size_t i = 1; i < s->n; i++) {
        size_t at = 0;
        if (age_ns(s, i) < 120 * SECOND_NS && came(s, side, i) >= param(s, "add")) {
            int what = fate(s, side, i, &at);
            n[what] += (double)age_ns(s, at) < param(s, "window_s") * 1e9;
        }
    }
    return n[1] + n[2] < count
               ? (struct verdict){ 0 }
               : (struct verdict){ .is_true = true, .kind = n[1] < count, .value = n[1] + n[2] };
}

/* ---- comparison -------------------------------------------------------------------------------
 */

static void on_random(const struct subject *subject)
{
    compare_random(subject, N_ROWS, 1, tape);
}

/* Recorded quotes, every step-th row of them. */
static void on_recorded(const struct subject *subject, const char *file, int64_t px_tick,
                        size_t step)
{
    struct harness_row *rows = calloc(N_REAL, sizeof *rows);
    assert_non_null(rows);
    size_t n = read_tape(file, rows, N_REAL);
    assert_true(n == N_REAL);
    assert_true(compare(subject, rows, n, step, px_tick) > 5);
    free(rows);
}

static void pulling_is_as_defined(void **state)
{
    (void)state;
    struct subject s = { .name = "pulling", .is_true = pulling, .sided = true, .memory_s = 61 };
    on_random(&s);
    s.sets[0][0] = "size", s.sets[0][1] = "4999";
    s.sets[1][0] = "lost", s.sets[1][1] = "0.25";
    s.sets[2][0] = "within_ms", s.sets[2][1] = "60000";
    on_random(&s);
    s.sets[2][1] = "100";
    on_random(&s);
    s.sets[0][1] = "1000";
    on_recorded(&s, SAMPLES "/btcusdt_20240808.csv.gz", 100000000, 29);
    on_recorded(&s, SAMPLES "/ethusd_20240808.csv.gz", 10000000, 29);
}

static void iceberg_is_as_defined(void **state)
{
    (void)state;
    const struct tape slow = { .gap_one_in = 400, .void_one_in = 300, .move_one_in = 60 };
    struct subject s = { .name = "iceberg", .is_true = iceberg, .sided = true, .memory_s = 600 };
    s.sets[0][0] = "share", s.sets[0][1] = "0.2";
    compare_random(&s, N_ROWS, 1, slow);
    s.sets[1][0] = "cycles", s.sets[1][1] = "1";
    s.sets[2][0] = "return_ms", s.sets[2][1] = "5000";
    s.sets[3][0] = "window_s", s.sets[3][1] = "300";
    compare_random(&s, N_ROWS, 1, slow);
    s.sets[1][1] = "2";
    s.sets[3][1] = "3";
    compare_random(&s, N_ROWS, 1, slow);
    on_recorded(&s, SAMPLES "/btcusdt_20240808.csv.gz", 100000000, 29);
    on_recorded(&s, SAMPLES "/ethusd_20240808.csv.gz", 10000000, 29);
}

static void flicker_is_as_defined(void **state)
{
    (void)state;
    struct subject s = { .name = "flicker", .is_true = flicker, .sided = true, .memory_s = 150 };
    on_random(&s);
    s.sets[0][0] = "add", s.sets[0][1] = "4000";
    s.sets[1][0] = "window_s", s.sets[1][1] = "60";
    s.sets[2][0] = "slow_ms", s.sets[2][1] = "20000";
    on_random(&s);
    s.sets[0][1] = "1000";
    s.sets[1][1] = "5";
    s.sets[2][1] = "100";
    s.sets[3][0] = "gone", s.sets[3][1] = "0.5";
    on_random(&s);
    on_recorded(&s, SAMPLES "/btcusdt_20240808.csv.gz", 100000000, 29);
    on_recorded(&s, SAMPLES "/ethusd_20240808.csv.gz", 10000000, 29);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pulling_is_as_defined),
        cmocka_unit_test(iceberg_is_as_defined),
        cmocka_unit_test(flicker_is_as_defined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
