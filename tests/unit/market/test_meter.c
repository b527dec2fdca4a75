/* SPDX-License-Identifier: MIT */
/* The incremental metrics against their definition, on chance and on recordings. */
#include "tape.h"

#include "meter_blocks.h"
#include "prefetch.h"

#include <math.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 22 };

static const int64_t windows_s[] = { 1, 7, 10, 60, 300 };
enum { WINDOWS = sizeof windows_s / sizeof windows_s[0] };

static bool equal_i(int64_t a, int64_t b)
{
    return a == b;
}

static bool equal_d(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * fmax(1, fmax(fabs(a), fabs(b)));
}

static bool equal_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Names the first metric that differs; NULL when none does. */
static const char *difference(const struct metrics *a, const struct metrics *b,
                              bool equal_real(double, double))
{
    const char *name_of = NULL;
#define EQUAL_I(m) equal_i(a->m, b->m)
#define EQUAL_P(m) equal_i(a->m, b->m)
#define EQUAL_L(m) (a->m == b->m)
#define EQUAL_D(m) equal_real(a->m, b->m)
#define METRIC(kind, member, name, unit, help)      \
    if (name_of == NULL && !EQUAL_##kind(member)) { \
        name_of = name;                             \
    }
#include "metrics.def"
#undef METRIC
    bool jump = a->jump.ts_ns == b->jump.ts_ns && a->jump.px == b->jump.px &&
                a->jump.size == b->jump.size && a->jump.side == b->jump.side &&
                a->jump.direction == b->jump.direction;
    return name_of == NULL && !jump ? "last_sweep" : name_of;
}

static void assert_equal(const struct metrics *a, const struct metrics *b,
                         bool equal_real(double, double), int64_t now_ns)
{
    const char *name = difference(a, b, equal_real);
    if (name != NULL) {
        print_error("%s differs over %d s at %lld ns\n", name, (int)a->seconds, (long long)now_ns);
    }
    assert_null(name);
}

static void assert_read_equals_scan(struct meter *m, const struct rows *r, int64_t now_ns)
{
    for (int i = 0; i < WINDOWS; i++) {
        struct metrics read, scan;
        meter_read(m, r, now_ns, windows_s[i], TICK_PX, &read);
        metrics_scan(r, now_ns, windows_s[i], TICK_PX, &tape_config, &scan);
        assert_equal(&read, &scan, equal_d, now_ns);
    }
}

/* A hint, at whatever time: it changes nothing, and reads nothing that is not there. */
static void expect_all(const struct tape *t, const struct meter *m, const struct rows *r,
                       int64_t now_ns)
{
    for (int step = 1; step <= EXPECT_STEPS; step++) {
        window_expect(&t->window, step);
        for (int i = 0; i < WINDOWS; i++) {
            meter_expect(m, r, now_ns, windows_s[i], step);
        }
    }
}

/* Pushes in batches that end at boundaries, and compares at each. */
static void compare_at_boundaries(struct tape *t, int64_t step_ms)
{
    struct meter *m = meter_create(&tape_config, SECONDS(300));
    struct rows all = window_rows(&t->window);
    uint64_t seen = 0;
    int64_t last_ns = all.ts_ns[all.n - 1] + SECONDS(20);
    assert_non_null(m);
    for (int64_t now = all.ts_ns[0] / MS(step_ms) * MS(step_ms); now <= last_ns;
         now += MS(step_ms)) {
        struct rows r = all;
        r.n = rows_after(&all, now);
        if (now / MS(step_ms) % 5 == 0) {
            expect_all(t, m, &r, now);
        }
        assert_true(meter_push(m, &r, seen, NULL));
        seen = r.first_seq + r.n;
        assert_read_equals_scan(m, &r, now);
    }
    meter_destroy(m);
}

static void read_of_random_tapes_equals_scan(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int tape = 0; tape < 8; tape++) {
        struct tape t;
        tape_init(&t, ARENA_BYTES);
        (void)tape_push_random(&t, &seed, 1500, 1000000);
        compare_at_boundaries(&t, tape % 2 == 0 ? 1000 : 1730);
        tape_fini(&t);
    }
}

static void read_of_recordings_equals_scan(void **state)
{
    (void)state;
    static const char *const names[] = {
        "binance_um_btcusdt_20240808",
        "binance_cm_btcusd_perp_20240808",
        "binance_cm_ethusd_perp_20240808",
    };
    for (int i = 0; i < 3; i++) {
        struct tape t;
        tape_init(&t, ARENA_BYTES);
        tape_push_file(&t, names[i], 3000);
        assert_int_equal(window_rows(&t.window).n, 3000);
        compare_at_boundaries(&t, 1000);
        tape_fini(&t);
    }
}

static void read_at_an_earlier_time_sees_only_rows_before_it(void **state)
{
    (void)state;
    uint64_t seed = 5;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    int64_t last_ms = tape_push_random(&t, &seed, 1500, 1000000);
    struct meter *m = meter_create(&tape_config, SECONDS(100000));
    struct rows r = window_rows(&t.window);
    assert_true(meter_push(m, &r, 0, NULL));
    for (int64_t now_ms = 1000000; now_ms < last_ms + 5000; now_ms += 977) {
        assert_read_equals_scan(m, &r, MS(now_ms));
    }
    meter_destroy(m);
    tape_fini(&t);
}

static void read_of_any_batching_gives_the_same_bits(void **state)
{
    (void)state;
    uint64_t seed = 7;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    int64_t last_ms = tape_push_random(&t, &seed, 3000, 1000000);
    struct rows all = window_rows(&t.window);
    struct meter *once = meter_create(&tape_config, SECONDS(300));
    struct meter *often = meter_create(&tape_config, SECONDS(300));
    assert_true(meter_push(once, &all, 0, NULL));
    for (size_t from = 0; from < all.n;) {
        struct rows r = all;
        size_t n = 1 + chance(&seed, 40);
        r.n = from + n < all.n ? from + n : all.n;
        assert_true(meter_push(often, &r, from, NULL));
        from = r.n;
    }
    for (int i = 0; i < WINDOWS; i++) {
        struct metrics a, b;
        meter_read(once, &all, MS(last_ms), windows_s[i], TICK_PX, &a);
        meter_read(often, &all, MS(last_ms), windows_s[i], TICK_PX, &b);
        assert_equal(&a, &b, equal_bits, MS(last_ms));
    }
    meter_destroy(once);
    meter_destroy(often);
    tape_fini(&t);
}

/* A restart sees the rows of the backfill only, which begin inside blocks of every width. */
static void read_after_a_restart_gives_the_same_bits(void **state)
{
    (void)state;
    uint64_t seed = 11;
    struct tape t, again;
    tape_init(&t, ARENA_BYTES);
    tape_init(&again, ARENA_BYTES);
    int64_t last_ms = tape_push_random(&t, &seed, 12000, 1000000);
    struct rows all = window_rows(&t.window);
    struct meter *old = meter_create(&tape_config, SECONDS(300));
    struct meter *fresh = meter_create(&tape_config, SECONDS(300));
    assert_true(meter_push(old, &all, 0, NULL));
    for (size_t i = rows_after(&all, MS(last_ms) - SECONDS(900)); i < all.n; i++) {
        const struct quote q = {
            .ts_ns = all.ts_ns[i],
            .bid_px = all.bid_px[i],
            .ask_px = all.ask_px[i],
            .bid_sz = all.bid_sz[i],
            .ask_sz = all.ask_sz[i],
        };
        assert_true(window_push(&again.window, &q, NULL));
    }
    struct rows kept = window_rows(&again.window);
    assert_true(kept.n < all.n);
    assert_true(meter_push(fresh, &kept, 0, NULL));
    for (int i = 0; i < WINDOWS; i++) {
        struct metrics a, b;
        meter_read(old, &all, MS(last_ms), windows_s[i], TICK_PX, &a);
        meter_read(fresh, &kept, MS(last_ms), windows_s[i], TICK_PX, &b);
        assert_equal(&a, &b, equal_bits, MS(last_ms));
    }
    meter_destroy(old);
    meter_destroy(fresh);
    tape_fini(&t);
    tape_fini(&again);
}

static void read_while_rows_are_evicted_equals_scan_of_all(void **state)
{
    (void)state;
    uint64_t seed = 13, copy_seed = 13;
    struct tape t, all;
    tape_init(&t, ARENA_BYTES);
    tape_init(&all, ARENA_BYTES);
    struct meter *m = meter_create(&tape_config, SECONDS(60));
    int64_t from_ms = 1000000;
    uint64_t seen = 0;
    for (int round = 0; round < 40; round++) {
        int64_t last_ms = tape_push_random(&t, &seed, 100, from_ms);
        (void)tape_push_random(&all, &copy_seed, 100, from_ms);
        struct rows r = window_rows(&t.window), reference = window_rows(&all.window);
        struct metrics read, scan;
        assert_true(meter_push(m, &r, seen, NULL));
        seen = r.first_seq + r.n;
        window_evict(&t.window, MS(last_ms) - SECONDS(90));
        r = window_rows(&t.window);
        meter_read(m, &r, MS(last_ms), 60, TICK_PX, &read);
        metrics_scan(&reference, MS(last_ms), 60, TICK_PX, &tape_config, &scan);
        assert_equal(&read, &scan, equal_d, MS(last_ms));
        from_ms = last_ms;
    }
    assert_true(window_rows(&t.window).first_seq > 1000);
    meter_destroy(m);
    tape_fini(&t);
    tape_fini(&all);
}

static void push_after_lost_rows_starts_over(void **state)
{
    (void)state;
    uint64_t seed = 17;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    struct meter *m = meter_create(&tape_config, SECONDS(300));
    int64_t last_ms = tape_push_random(&t, &seed, 500, 1000000);
    struct rows r = window_rows(&t.window);
    assert_true(meter_push(m, &r, 0, NULL));
    last_ms = tape_push_random(&t, &seed, 500, last_ms);
    window_evict(&t.window, MS(last_ms) - SECONDS(20));
    r = window_rows(&t.window);
    assert_true(r.first_seq > 500);
    assert_true(meter_push(m, &r, 500, NULL));
    assert_read_equals_scan(m, &r, MS(last_ms));
    meter_destroy(m);
    tape_fini(&t);
}

static void read_without_rows_equals_scan(void **state)
{
    (void)state;
    struct meter *m = meter_create(&tape_config, SECONDS(300));
    const struct rows none = { 0 };
    assert_true(meter_push(m, &none, 0, NULL));
    assert_read_equals_scan(m, &none, SECONDS(1000));
    meter_destroy(m);
}

static struct meter_cost cost_of(struct meter *m, const struct rows *r, int64_t seconds)
{
    struct metrics out;
    struct meter_cost cost;
    const struct window_request w = {
        .now_ns = r->ts_ns[r->n - 1],
        .seconds = seconds,
        .px_tick = TICK_PX,
    };
    meter_read_cost(m, r, &w, &out, &cost);
    return cost;
}

static void read_touches_no_more_rows_in_a_longer_window(void **state)
{
    (void)state;
    enum { RATE = 100, SPAN_S = 600 };
    struct tape t;
    tape_init(&t, (size_t)ARENA_BYTES * 4);
    struct meter *m = meter_create(&tape_config, SECONDS(SPAN_S));
    for (int i = 1; i <= RATE * SPAN_S; i++) {
        tape_push(&t, 1000000 + 10 * (int64_t)i, 45000 + i % 3, 1 + i % 900, 45004, 700);
    }
    struct rows r = window_rows(&t.window);
    assert_true(meter_push(m, &r, 0, NULL));
    for (int64_t seconds = 10; seconds <= SPAN_S; seconds += 59) {
        struct meter_cost cost = cost_of(m, &r, seconds);
        assert_in_range(cost.rows, 0, 4 * RATE);
        assert_in_range(cost.blocks, 1, (uint64_t)seconds + 64);
    }
    meter_destroy(m);
    tape_fini(&t);
}

static void seconds_of_few_rows_are_added_up_anew_and_once(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    struct meter *m = meter_create(&tape_config, SECONDS(300));
    for (int i = 1; i <= 5 * 400; i++) {
        tape_push(&t, 1000000 + 200 * (int64_t)i, 45000 + i % 3, 1 + i % 900, 45004, .1 * (i % 7));
    }
    struct rows r = window_rows(&t.window);
    assert_true(meter_push(m, &r, 0, NULL));
    assert_in_range(m->level[0].n, 60, 100);
    struct meter_cost first = cost_of(m, &r, 300), again = cost_of(m, &r, 300);
    assert_in_range(first.rows, 40, 200);
    assert_in_range(again.rows, 0, 40); /* from a block to the window's middle */
    for (int64_t now_s = 1310; now_s <= 1401; now_s += 7) {
        assert_read_equals_scan(m, &r, SECONDS(now_s));
        assert_read_equals_scan(m, &r, SECONDS(now_s) - MS(330));
    }
    meter_destroy(m);
    tape_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_of_random_tapes_equals_scan),
        cmocka_unit_test(read_of_recordings_equals_scan),
        cmocka_unit_test(read_at_an_earlier_time_sees_only_rows_before_it),
        cmocka_unit_test(read_of_any_batching_gives_the_same_bits),
        cmocka_unit_test(read_after_a_restart_gives_the_same_bits),
        cmocka_unit_test(read_while_rows_are_evicted_equals_scan_of_all),
        cmocka_unit_test(push_after_lost_rows_starts_over),
        cmocka_unit_test(read_without_rows_equals_scan),
        cmocka_unit_test(read_touches_no_more_rows_in_a_longer_window),
        cmocka_unit_test(seconds_of_few_rows_are_added_up_anew_and_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
