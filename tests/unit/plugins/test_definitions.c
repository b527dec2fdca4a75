/* SPDX-License-Identifier: MIT */
/* The detectors of the seed against their definitions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "definition.h"

#include <math.h>
#include <string.h>

enum { N_ROWS = 1500 };

/* These answer with the direction, or 0 if it is not true; sweep adds 10. */
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

static int momentum_shift(const struct sight *s)
{
    double lifts = 0, drops = 0;
    int64_t now_ns = s->rows[s->n - 1].ts_ns;
    for (size_t i = 1; i < s->n; i++) {
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

static struct verdict directed(int dir, int offset)
{
    return (struct verdict){ .is_true = dir != 0, .dir = dir - offset, .value = NAN };
}

static struct verdict is_absorption(const struct sight *s, int32_t side)
{
    return directed(absorption(s, side), 0);
}

static struct verdict is_stacking(const struct sight *s, int32_t side)
{
    return directed(stacking(s, side), 0);
}

static struct verdict is_sweep(const struct sight *s, int32_t side)
{
    int dir = sweep(s, side);
    return directed(dir, dir != 0 ? 10 : 0);
}

static struct verdict is_momentum_shift(const struct sight *s, int32_t side)
{
    (void)side;
    return directed(momentum_shift(s), 0);
}

static void check(const char *name, definition_fn *is_true, int64_t memory_s, const char *key_a,
                  const char *a, const char *key_b, const char *b)
{
    const struct subject subject = { .name = name,
                                     .is_true = is_true,
                                     .sided = is_true != is_momentum_shift,
                                     .memory_s = memory_s,
                                     .sets = { { key_a, a }, { key_b, b } } };
    compare_random(&subject, N_ROWS, 1,
                   (struct tape){ .gap_one_in = 100, .silence_one_in = 200, .void_one_in = 60 });
}

static void random_tapes_absorption_is_as_defined(void **state)
{
    (void)state;
    check("absorption", is_absorption, 600, "states", "5", NULL, NULL);
    check("absorption", is_absorption, 600, "range_ticks", "3", "avg_size", "7000");
    check("absorption", is_absorption, 600, "states", "3", "min_peak", "12000");
    check("absorption", is_absorption, 600, "states", "4", "min_dwell_ms", "500");
    check("absorption", is_absorption, 600, "states", "1", "avg_size", "0.1");
    check("absorption", is_absorption, 600, "range_ticks", "9", "states", "30");
}

static void random_tapes_stacking_is_as_defined(void **state)
{
    (void)state;
    check("stacking", is_stacking, 600, NULL, NULL, NULL, NULL);
    check("stacking", is_stacking, 600, "run", "2", "growth", "1.5");
    check("stacking", is_stacking, 600, "run", "4", "size", "0");
}

static void random_tapes_sweep_is_as_defined(void **state)
{
    (void)state;
    check("sweep", is_sweep, 600, NULL, NULL, NULL, NULL);
    check("sweep", is_sweep, 600, "change", "1", NULL, NULL);
}

static void random_tapes_momentum_shift_is_as_defined(void **state)
{
    (void)state;
    check("momentum_shift", is_momentum_shift, 300, NULL, NULL, NULL, NULL);
    check("momentum_shift", is_momentum_shift, 300, "window_s", "300", "ratio", "1.5");
    check("momentum_shift", is_momentum_shift, 300, "ratio", "1", "p_max", "0.1");
    check("momentum_shift", is_momentum_shift, 300, "window_s", "5", "min_moves", "3");
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
