/* SPDX-License-Identifier: MIT */
/* Detectors that compare with the ticker's own history, against their definitions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "definition.h"

#include <math.h>
#include <stdlib.h>

enum { N_ROWS = 3000, N_REAL = 66000, SECONDS_MAX = 601 };

static int64_t second_of(const struct sight *s, size_t i)
{
    return s->rows[i].ts_ns / SECOND_NS;
}

/* First row in sight from which on neither a gap nor a silence of a minute lies before row i. */
static size_t segment(const struct sight *s, size_t i)
{
    while (i > 0 && (s->rows[i].flags & OFD_ROW_GAP) == 0 &&
           s->rows[i].ts_ns - s->rows[i - 1].ts_ns < 60 * SECOND_NS) {
        i--;
    }
    return i;
}

/* The row in force at the end of a second, or NULL: before the segment, whose first row is `first`.
 * Walks back from *at. */
static const struct harness_row *in_force(const struct sight *s, size_t first, size_t *at,
                                          int64_t second)
{
    while (*at > first && second_of(s, *at) > second) {
        --*at;
    }
    return second_of(s, *at) <= second ? &s->rows[*at] : NULL;
}

static struct verdict no(void)
{
    return (struct verdict){ 0 };
}

/* ---- vacuum ---- */

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* How much row i lacks of what is usual: NaN if it is not known, or there are no two sides. */
static double lack(const struct sight *s, size_t i, bool *enough)
{
    double spreads[SECONDS_MAX], depths[SECONDS_MAX];
    const struct harness_row *now = &s->rows[i];
    size_t n = 0, first = segment(s, i), at = i;
    int64_t oldest = second_of(s, i) - (int64_t)param(s, "history_s");
    *enough = false;
    for (int64_t k = second_of(s, i) - 1; k >= oldest; k--) {
        const struct harness_row *r = in_force(s, first, &at, k);
        if (r != NULL && r->bid_px > 0 && r->ask_px > r->bid_px) {
            spreads[n] = (double)(r->ask_px - r->bid_px);
            depths[n++] = r->bid_sz + r->ask_sz;
        }
    }
    if (n == 0 || (double)n < param(s, "min_s") || now->bid_px <= 0 || now->ask_px <= now->bid_px) {
        return NAN;
    }
    qsort(spreads, n, sizeof *spreads, by_value);
    qsort(depths, n, sizeof *depths, by_value);
    double wide_at = param(s, "spread_times") * spreads[(n - 1) / 2], q = param(s, "depth_q");
    double spread = (double)(now->ask_px - now->bid_px), depth = now->bid_sz + now->ask_sz;
    double thin_at = q > 0 ? depths[(size_t)(q * (double)n)] : 0;
    *enough = spread >= wide_at || depth < thin_at;
    return fmin(fmax(spread / wide_at, thin_at / depth), 1e6);
}

/* Integral of a side's size over the last hold_ms; its size now if that is no time. */
static double mass(const struct sight *s, int32_t side)
{
    double now_ms = (double)s->rows[s->n - 1].ts_ns / 1e6, all = 0;
    double start_ms = now_ms - param(s, "hold_ms");
    for (size_t k = 0; k + 1 < s->n; k++) {
        double from = (double)s->rows[k].ts_ns / 1e6, to = (double)s->rows[k + 1].ts_ns / 1e6;
        from = fmax(from, start_ms);
        all += to > from ? (to - from) * sz(&s->rows[k], side) : 0;
    }
    return start_ms < now_ms ? all : sz(&s->rows[s->n - 1], side);
}

static struct verdict vacuum(const struct sight *s, int32_t side)
{
    (void)side;
    size_t last = s->n - 1;
    int64_t hold_ns = (int64_t)param(s, "hold_ms") * 1000000;
    size_t first = segment(s, last);
    for (size_t i = last;; i--) {
        bool lacks;
        (void)lack(s, i, &lacks);
        if (!lacks || i < first) {
            return no();
        }
        if (s->rows[last].ts_ns - s->rows[i].ts_ns >= hold_ns) {
            break;
        }
        if (i == 0) {
            return no();
        }
    }
    bool ignored;
    double bid = mass(s, OFD_BID), ask = mass(s, OFD_ASK);
    bool even = fabs(bid - ask) <= 1e-9 * fmax(bid, ask);
    return (struct verdict){ .is_true = true,
                             .dir = even        ? 0
                                    : bid > ask ? 1
                                                : -1,
                             .value = lack(s, last, &ignored) };
}

/* ---- imbalance ---- */

/* Of row i and the one before it, in one segment. */
static double imbalance(const struct sight *s, size_t i)
{
    const struct harness_row *n = &s->rows[i], *p = n - 1;
    if (n->bid_px <= 0 || n->ask_px <= 0 || p->bid_px <= 0 || p->ask_px <= 0) {
        return 0;
    }
    return (n->bid_px >= p->bid_px ? n->bid_sz : 0) - (n->bid_px <= p->bid_px ? p->bid_sz : 0) -
           (n->ask_px <= p->ask_px ? n->ask_sz : 0) + (n->ask_px >= p->ask_px ? p->ask_sz : 0);
}

/* Imbalance of each second up to the newest row's, which is the last of n; nothing before the
 * segment. */
static int64_t imbalances(const struct sight *s, double *out)
{
    size_t first = segment(s, s->n - 1);
    int64_t from = second_of(s, first), n = second_of(s, s->n - 1) - from + 1;
    for (int64_t k = 0; k < n; k++) {
        out[k] = 0;
    }
    for (size_t i = first + 1; i < s->n; i++) {
        out[second_of(s, i) - from] += imbalance(s, i);
    }
    return n;
}

static double sum_to(const double *list, int64_t end, int64_t n)
{
    double all = 0;
    for (int64_t k = end - n > 0 ? end - n : 0; k < end; k++) {
        all += list[k];
    }
    return all;
}

static struct verdict ofi_pressure(const struct sight *s, int32_t side)
{
    (void)side;
    double list[SECONDS_MAX], mean = 0, square = 0, m = 0;
    int64_t n = imbalances(s, list), width = (int64_t)param(s, "short_s");
    int64_t last = n - width, history = (int64_t)param(s, "history_s");
    for (int64_t pass = 0; pass < 2; pass++) {
        for (int64_t end = last; end >= width && end > last - history; end--) {
            double x = sum_to(list, end, width);
            m += pass == 0;
            mean += pass == 0 ? x : 0;
            square += pass == 1 ? (x - mean) * (x - mean) : 0;
        }
        mean = pass == 0 && m > 0 ? mean / m : mean;
    }
    double deviation = m > 1 ? sqrt(square / (m - 1)) : 0;
    if (m < param(s, "min_s") || !(deviation > 0)) {
        return no();
    }
    double z = (sum_to(list, n, width) - mean) / deviation;
    double far = sum_to(list, n, (int64_t)param(s, "long_s"));
    return fabs(z) >= param(s, "z") && z * far > 0
               ? (struct verdict){ .is_true = true, .dir = z > 0 ? 1 : -1, .value = fabs(z) }
               : no();
}

/* ---- exhaustion ---- */

/* Twice the mid price at the end of a second, 0 if there is none. */
static int64_t mid_of(const struct harness_row *r)
{
    return r != NULL && r->bid_px > 0 && r->ask_px >= r->bid_px ? r->bid_px + r->ask_px : 0;
}

static bool exhausted(const struct sight *s, int dir, double *times)
{
    double list[SECONDS_MAX], square = 0, samples = 0, peak = -INFINITY;
    int64_t now = second_of(s, s->n - 1), move_s = (int64_t)param(s, "move_s");
    int64_t n = imbalances(s, list), top = 0, top_s = 0, low_s = 0;
    static int64_t mids[SECONDS_MAX]; /* mids[k]: k seconds before now */
    size_t first = segment(s, s->n - 1), at = s->n - 1;
    for (int64_t k = 1; k < SECONDS_MAX; k++) {
        mids[k] = k < n ? mid_of(in_force(s, first, &at, now - k)) * dir : 0;
    }
    for (int64_t k = move_s; k >= 1; k--) {
        if (mids[k] != 0 && (top == 0 || mids[k] > top)) {
            top = mids[k];
            top_s = k;
        }
    }
    int64_t low = top;
    for (int64_t k = move_s; k >= top_s && top_s > 0; k--) {
        if (mids[k] != 0 && mids[k] <= low) {
            low = mids[k];
            low_s = k;
        }
    }
    int64_t mid = mid_of(&s->rows[s->n - 1]) * dir;
    if (top == low || mid == 0 || mid > top || top_s - 1 < (int64_t)param(s, "quiet_s")) {
        return false;
    }
    for (int64_t k = move_s + 1; k <= move_s + (int64_t)param(s, "history_s"); k++) {
        double step = (double)(mids[k] - mids[k + 1]);
        bool known = mids[k] != 0 && mids[k + 1] != 0;
        square += known ? step * step : 0;
        samples += known;
    }
    *times = (double)(top - low) / sqrt(60 * square / samples);
    int64_t width = (int64_t)param(s, "flow_s");
    for (int64_t k = low_s - 1; k >= top_s; k--) {
        peak = fmax(peak, dir * sum_to(list, n - k, width));
    }
    return samples >= param(s, "min_s") && square > 0 && *times >= param(s, "sigmas") && peak > 0 &&
           dir * sum_to(list, n, width) < param(s, "fade") * peak;
}

static struct verdict exhaustion(const struct sight *s, int32_t side)
{
    (void)side;
    double up = 0, down = 0;
    bool from_top = exhausted(s, 1, &up), from_low = exhausted(s, -1, &down);
    if (from_top) {
        return (struct verdict){ .is_true = true, .dir = -1, .value = up };
    }
    return from_low ? (struct verdict){ .is_true = true, .dir = 1, .value = down } : no();
}

/* ---- comparison -------------------------------------------------------------------------------
 */

static void check(const char *name, definition_fn *is_true, const char *const sets[4][2])
{
    const struct tape tape = { .gap_one_in = 1500, .silence_one_in = 1500, .void_one_in = 200 };
    struct subject s = { .name = name, .is_true = is_true, .memory_s = 600 };
    for (int i = 0; i < 4; i++) {
        s.sets[i][0] = sets[i][0];
        s.sets[i][1] = sets[i][1];
    }
    compare_random(&s, N_ROWS, 13, tape);
}

static void recorded(const char *name, definition_fn *is_true, size_t at_least)
{
    const struct subject s = { .name = name, .is_true = is_true, .memory_s = 600 };
    struct harness_row *rows = calloc(N_REAL, sizeof *rows);
    assert_non_null(rows);
    size_t n = read_tape(SAMPLES "/ethusd_20240808.csv.gz", rows, N_REAL);
    assert_true(n > 10000);
    assert_true(compare(&s, rows, n, 101, 10000000) >= at_least);
    free(rows);
}

static void vacuum_is_as_defined(void **state)
{
    (void)state;
    check("vacuum", vacuum, (const char *const[4][2]){ { "min_s", "10" } });
    check("vacuum", vacuum,
          (const char *const[4][2]){
              { "min_s", "10" }, { "depth_q", "0.5" }, { "hold_ms", "3000" } });
    check("vacuum", vacuum,
          (const char *const[4][2]){
              { "history_s", "30" }, { "min_s", "5" }, { "depth_q", "0" }, { "hold_ms", "0" } });
    recorded("vacuum", vacuum, 1);
}

static void ofi_pressure_is_as_defined(void **state)
{
    (void)state;
    check("ofi_pressure", ofi_pressure, (const char *const[4][2]){ { "z", "1.5" } });
    check("ofi_pressure", ofi_pressure,
          (const char *const[4][2]){
              { "short_s", "1" }, { "long_s", "5" }, { "history_s", "420" }, { "min_s", "10" } });
    check("ofi_pressure", ofi_pressure,
          (const char *const[4][2]){
              { "short_s", "30" }, { "long_s", "300" }, { "min_s", "30" }, { "z", "1" } });
    recorded("ofi_pressure", ofi_pressure, 1);
}

static void exhaustion_is_as_defined(void **state)
{
    (void)state;
    check("exhaustion", exhaustion, (const char *const[4][2]){ { "sigmas", "0.5" } });
    check("exhaustion", exhaustion,
          (const char *const[4][2]){
              { "sigmas", "0.3" }, { "move_s", "20" }, { "quiet_s", "1" }, { "fade", "0.9" } });
    check(
        "exhaustion", exhaustion,
        (const char *const[4][2]){
            { "sigmas", "0.3" }, { "move_s", "120" }, { "history_s", "360" }, { "flow_s", "30" } });
    recorded("exhaustion", exhaustion, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vacuum_is_as_defined),
        cmocka_unit_test(ofi_pressure_is_as_defined),
        cmocka_unit_test(exhaustion_is_as_defined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
