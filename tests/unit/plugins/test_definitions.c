/* SPDX-License-Identifier: MIT */
/*
 * The shipped detectors against their definitions, written down here as plainly as possible and
 * judged for every row from scratch, on random tapes full of ties, absent sides and silences.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_ROWS = 3000, TAPES = 6 };
static const int64_t SECOND_NS = 1000000000, TICK_PX = 10000000;

static uint32_t next_random(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

/* Sizes from a short list, so that equal ones and thresholds come often. */
static double random_size(uint32_t *state)
{
    static const double sizes[] = { 1, 4999, 5000, 5001, 7000, 8000, 8001, 9000, 12000, 24000 };
    return sizes[next_random(state, sizeof sizes / sizeof *sizes)];
}

static void random_row(struct harness_row *row, uint32_t *state)
{
    static const int64_t pauses_ms[] = { 0, 0, 1, 100, 100, 100, 400, 1000, 3000 };
    row->ts_ns += pauses_ms[next_random(state, 9)] * 1000000;
    row->ts_ns += next_random(state, 200) == 0 ? 200 * SECOND_NS : 0;
    row->flags = next_random(state, 100) == 0 ? OFD_ROW_GAP : 0;
    if (next_random(state, 3) == 0) {
        int64_t step = ((int64_t)next_random(state, 3) - 1) * TICK_PX;
        row->bid_px += step;
        row->ask_px += step;
    }
    row->bid_sz = next_random(state, 2) == 0 ? row->bid_sz : random_size(state);
    row->ask_sz = next_random(state, 2) == 0 ? row->ask_sz : random_size(state);
}

static void random_tape(struct harness_row *rows, uint32_t seed)
{
    uint32_t state = seed;
    struct harness_row row = { .ts_ns = 1000 * SECOND_NS,
                               .bid_px = 1000 * TICK_PX,
                               .ask_px = 1001 * TICK_PX,
                               .bid_sz = 9000,
                               .ask_sz = 9000 };
    for (size_t i = 0; i < N_ROWS; i++) {
        random_row(&row, &state);
        rows[i] = row;
        if (next_random(&state, 60) == 0) {
            rows[i].bid_px = 0;
            rows[i].bid_sz = 0;
        }
        if (next_random(&state, 60) == 0) {
            rows[i].ask_px = 0;
            rows[i].ask_sz = 0;
        }
    }
}

/* ---- definitions -------------------------------------------------------------------------------
 */

/* The rows in sight from the last of them: rows[0..n). */
struct sight {
    const struct harness *h;
    const struct harness_row *rows;
    size_t n;
};

static double param(const struct sight *s, const char *key)
{
    for (uint32_t i = 0; i < s->h->plugin->n_params; i++) {
        if (strcmp(harness_param(s->h, i)->key, key) == 0) {
            return s->h->params[i];
        }
    }
    fail_msg("no parameter %s", key);
    return 0;
}

static int64_t px(const struct harness_row *r, int32_t side)
{
    return side == OFD_BID ? r->bid_px : r->ask_px;
}

static double sz(const struct harness_row *r, int32_t side)
{
    return side == OFD_BID ? r->bid_sz : r->ask_sz;
}

/* A definition answers with the direction, or 0 if it is not true; sweep adds 10. */
typedef int definition_fn(const struct sight *s, int32_t side);

static int absorption(const struct sight *s, int32_t side)
{
    size_t k = (size_t)param(s, "states");
    if (s->n < k) {
        return 0;
    }
    const struct harness_row *r = s->rows + s->n - k;
    double sum = 0, max = 0;
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++) {
            double range = param(s, "range_ticks") * (double)TICK_PX;
            if (r[i].bid_px == 0 || r[i].ask_px == 0 ||
                (double)(r[i].bid_px - r[j].bid_px) > range ||
                (double)(r[i].ask_px - r[j].ask_px) > range) {
                return 0;
            }
        }
        sum += sz(&r[i], side);
        max = fmax(max, sz(&r[i], side));
    }
    bool dwells = (double)(r[k - 1].ts_ns - r[0].ts_ns) >= param(s, "min_dwell_ms") * 1e6;
    bool large = sum / (double)k > param(s, "avg_size") && max > param(s, "min_peak");
    return dwells && large ? (side == OFD_BID ? 1 : -1) : 0;
}

static int stacking(const struct sight *s, int32_t side)
{
    static double states[N_ROWS]; /* sizes of the states in sight */
    size_t n = 0, run = (size_t)param(s, "run");
    for (size_t i = 0; i < s->n; i++) {
        const struct harness_row *r = &s->rows[i];
        if (i == 0 || px(r, side) != px(r - 1, side) || sz(r, side) != sz(r - 1, side)) {
            states[n++] = sz(r, side);
        }
    }
    if (n < run) {
        return 0;
    }
    for (size_t i = n - run; i < n; i++) {
        if (!(states[i] > param(s, "size")) || (i > n - run && !(states[i] > states[i - 1]))) {
            return 0;
        }
    }
    bool grows = states[n - 1] / states[n - run] >= param(s, "growth");
    return grows ? (side == OFD_BID ? 1 : -1) : 0;
}

static int sweep(const struct sight *s, int32_t side)
{
    if (s->n < 2) {
        return 0;
    }
    const struct harness_row *is = &s->rows[s->n - 1], *was = is - 1;
    if (px(is, side) == 0 || px(was, side) == 0 ||
        !(fabs(sz(is, side) - sz(was, side)) > param(s, "change"))) {
        return 0;
    }
    bool left = side == OFD_BID ? is->bid_px < was->bid_px : is->ask_px > was->ask_px;
    bool through = left && sz(was, side) > param(s, "change");
    return 10 + (through ? (side == OFD_BID ? -1 : 1) : 0);
}

static int momentum_shift(const struct sight *s, int32_t side)
{
    double lifts = 0, drops = 0;
    int64_t now_ns = s->rows[s->n - 1].ts_ns;
    for (size_t i = 1; side == OFD_NO_SIDE && i < s->n; i++) {
        const struct harness_row *is = &s->rows[i], *was = is - 1;
        bool counts = is->ts_ns > now_ns - (int64_t)param(s, "window_s") * SECOND_NS &&
                      is->bid_px != 0 && was->bid_px != 0 && (is->flags & OFD_ROW_GAP) == 0;
        lifts += counts && is->bid_px > was->bid_px;
        drops += counts && is->bid_px < was->bid_px;
    }
    if (lifts + drops < param(s, "min_moves") || lifts == drops) {
        return 0;
    }
    double fewer = fmin(lifts, drops), n = lifts + drops, p = 0;
    for (int j = 0; j <= (int)fewer; j++) {
        p += 2 * exp(lgamma(n + 1) - lgamma(j + 1.0) - lgamma(n - j + 1) - n * log(2));
    }
    if (p > param(s, "p_max")) {
        return 0;
    }
    double ratio = param(s, "ratio");
    return lifts > drops ? lifts >= ratio * drops : -(drops >= ratio * lifts);
}

/* ---- comparison --------------------------------------------------------------------------------
 */

struct subject {
    const char *name;
    definition_fn *is_true;
    int64_t memory_s;
    const char *sets[2][2]; /* other parameters: key, value */
};

static int told(const struct harness *h, size_t row, int32_t side)
{
    for (size_t i = 0; i < h->n_found; i++) {
        if (h->found[i].row == row && h->found[i].side == side) {
            return h->found[i].dir + (strcmp(h->plugin->id, "sweep") == 0 ? 10 : 0);
        }
    }
    return 0;
}

static size_t compare_row(struct harness *h, const struct subject *subject, size_t row)
{
    size_t from = row, n_true = 0;
    while (from > 0 &&
           h->rows[from - 1].ts_ns > h->rows[row].ts_ns - subject->memory_s * SECOND_NS) {
        from--;
    }
    const struct sight sight = { .h = h, .rows = h->rows + from, .n = row + 1 - from };
    for (int32_t side = OFD_NO_SIDE; side <= OFD_ASK; side++) {
        bool sided = subject->is_true != momentum_shift;
        int expected = sided == (side != OFD_NO_SIDE) ? subject->is_true(&sight, side) : 0;
        int got = told(h, row, side);
        if (got != expected) {
            fail_msg("%s: row %zu, side %d: %d, by definition %d", subject->name, row, side, got,
                     expected);
        }
        n_true += expected != 0;
    }
    return n_true;
}

static void compare(const struct subject *subject)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s.so", PLUGIN_DIR, subject->name);
    static struct harness_row rows[N_ROWS];
    struct harness h;
    assert_true(harness_open(&h, path, 0));
    for (int i = 0; i < 2 && subject->sets[i][0] != NULL; i++) {
        assert_true(harness_set(&h, subject->sets[i][0], subject->sets[i][1]));
    }
    size_t n_true = 0;
    for (uint32_t seed = 1; seed <= TAPES; seed++) {
        random_tape(rows, seed);
        assert_true(harness_begin(&h, rows, N_ROWS, 0, TICK_PX));
        for (size_t row = 0; row < N_ROWS; row++) {
            h.n_found = 0; /* of this row only */
            if (!harness_feed(&h, 1, 0)) {
                fail_msg("%s", h.why);
            }
            n_true += compare_row(&h, subject, row);
        }
    }
    assert_true(n_true > 20);
    harness_close(&h);
}

static void random_tapes_absorption_is_as_defined(void **state)
{
    (void)state;
    compare(&(struct subject){ "absorption", absorption, 600, { { "states", "5" } } });
    compare(&(struct subject){
        "absorption", absorption, 600, { { "range_ticks", "3" }, { "avg_size", "7000" } } });
    compare(&(struct subject){
        "absorption", absorption, 600, { { "states", "3" }, { "min_peak", "12000" } } });
    compare(&(struct subject){
        "absorption", absorption, 600, { { "states", "4" }, { "min_dwell_ms", "500" } } });
}

static void random_tapes_stacking_is_as_defined(void **state)
{
    (void)state;
    compare(&(struct subject){ "stacking", stacking, 600, { { NULL, NULL } } });
    compare(
        &(struct subject){ "stacking", stacking, 600, { { "run", "2" }, { "growth", "1.5" } } });
    compare(&(struct subject){ "stacking", stacking, 600, { { "run", "4" }, { "size", "0" } } });
}

static void random_tapes_sweep_is_as_defined(void **state)
{
    (void)state;
    compare(&(struct subject){ "sweep", sweep, 600, { { NULL, NULL } } });
    compare(&(struct subject){ "sweep", sweep, 600, { { "change", "1" } } });
}

static void random_tapes_momentum_shift_is_as_defined(void **state)
{
    (void)state;
    compare(&(struct subject){ "momentum_shift", momentum_shift, 300, { { NULL, NULL } } });
    compare(&(struct subject){
        "momentum_shift", momentum_shift, 300, { { "window_s", "300" }, { "ratio", "1.5" } } });
    compare(&(struct subject){
        "momentum_shift", momentum_shift, 300, { { "ratio", "1" }, { "p_max", "0.1" } } });
    compare(&(struct subject){
        "momentum_shift", momentum_shift, 300, { { "window_s", "5" }, { "min_moves", "3" } } });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_tapes_absorption_is_as_defined),
        cmocka_unit_test(random_tapes_stacking_is_as_defined),
        cmocka_unit_test(random_tapes_sweep_is_as_defined),
        cmocka_unit_test(random_tapes_momentum_shift_is_as_defined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
