/* SPDX-License-Identifier: MIT */
/* What each metric means, by windows small enough to check by hand. */
#include "tape.h"

#include "metrics_stat.h"

#include <math.h>

enum { ARENA_BYTES = 1 << 18 };

static void assert_close(double a, double b)
{
    if (!(fabs(a - b) <= 1e-9 * fmax(1, fabs(b)))) {
        print_error("%.12g is not %.12g\n", a, b);
        fail();
    }
}

/* Metrics of the tape's last `seconds` before now_ms. */
static struct metrics scan(const struct tape *t, int64_t now_ms, int64_t seconds)
{
    struct metrics m;
    struct rows r = window_rows(&t->window);
    metrics_scan(&r, MS(now_ms), seconds, TICK_PX, &tape_config, &m);
    return m;
}

static void no_rows_leave_everything_absent(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    struct metrics m = scan(&t, 100000, 10);
#define ABSENT_I(x) assert_int_equal(x, 0)
#define ABSENT_P(x) assert_true((x) == METRIC_PX_NONE)
#define ABSENT_L(x) assert_int_equal(x, LABEL_NONE)
#define ABSENT_D(x) assert_true(isnan(x) || &(x) == &m.coverage)
#define METRIC(kind, member, name, unit, help) ABSENT_##kind(m.member);
#include "metrics.def"
#undef METRIC
    assert_true(m.coverage == 0);
    assert_int_equal(m.jump.ts_ns, 0);
    tape_fini(&t);
}

static void counts_begin_after_the_window_does(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 90000, 10000, 5, 10001, 5);
    tape_push(&t, 90001, 10001, 5, 10002, 5);
    tape_push(&t, 95001, 10002, 5, 10003, 5);
    struct metrics m = scan(&t, 100000, 10);
    assert_int_equal(m.quotes, 2);
    assert_int_equal(m.bid_lifts, 2);
    assert_int_equal(m.ask_lifts, 2);
    assert_int_equal(m.bid_move_px, PX(2));
    assert_int_equal(m.net_ticks, 2);
    tape_fini(&t);
}

static void window_begins_with_the_state_in_force(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 9000, 10000, 100, 10001, 50);
    tape_push(&t, 14000, 10000, 300, 10001, 50);
    struct metrics m = scan(&t, 20000, 10);
    assert_close(m.coverage, 1.0);
    assert_close(m.tw_bid_sz, (100 * 4 + 300 * 6) / 10.0);
    assert_close(m.tw_ask_sz, 50);
    assert_close(m.net_bid_sz, 200);
    assert_int_equal(m.quotes, 1);
    tape_fini(&t);
}

static void coverage_ends_when_the_newest_quote_is_stale(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 10000, 10000, 100, 10001, 50);
    tape_push(&t, 10100, 10000, 200, 10001, 50);
    struct metrics m = scan(&t, 20000, 10);
    assert_close(m.coverage, (100 + 5000) / 10000.0);
    assert_true(isnan(m.qi));
    assert_close(scan(&t, 15100, 10).qi, (200 - 50) / 250.0);
    tape_fini(&t);
}

static void a_gap_is_neither_covered_nor_compared_across(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 10000, 10000, 100, 10001, 50);
    tape_push(&t, 10100, 10000, 110, 10001, 50);
    tape_push(&t, 20000, 10050, 20000, 10051, 50);
    struct metrics m = scan(&t, 20000, 10);
    assert_int_equal(m.bid_lifts, 0);
    assert_int_equal(m.jump.ts_ns, 0);
    assert_close(m.ofi, 10);
    assert_close(m.coverage, (100 + 5000) / 10000.0);
    tape_fini(&t);
}

static void a_side_back_within_five_seconds_is_compared_across_the_void(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 10000, 10000, 100, 10001, 50);
    tape_push(&t, 11000, 0, 0, 10001, 50);
    tape_push(&t, 14999, 10003, 100, 10004, 50);
    struct metrics m = scan(&t, 15000, 10);
    assert_int_equal(m.bid_lifts, 1);
    assert_int_equal(m.bid_drops, 0);
    assert_int_equal(m.one_sided_ms, 3999);
    assert_int_equal(m.bid_move_px, PX(3));
    tape_fini(&t);
}

static void a_side_back_after_five_seconds_is_a_new_beginning(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 10000, 10000, 100, 10001, 50);
    tape_push(&t, 11000, 0, 0, 10001, 50);
    tape_push(&t, 15000, 10003, 100, 10004, 50);
    struct metrics m = scan(&t, 15000, 10);
    assert_int_equal(m.bid_lifts, 0);
    assert_close(m.bid_add, 0);
    tape_fini(&t);
}

static void an_absent_side_has_no_price_size_or_spread(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 10000, 10000, 100, 0, 0);
    tape_push(&t, 10500, 10001, 200, 0, 0);
    struct metrics m = scan(&t, 11000, 2);
    assert_close(m.avg_bid_sz, 150);
    assert_true(isnan(m.avg_ask_sz));
    assert_true(m.ask_move_px == METRIC_PX_NONE);
    assert_true(m.avg_spread_px == METRIC_PX_NONE);
    assert_true(isnan(m.ofi));
    assert_true(m.coverage == 0);
    tape_fini(&t);
}

/* e = B_n [b_n >= b_p] - B_p [b_n <= b_p] - A_n [a_n <= a_p] + A_p [a_n >= a_p] */
static void order_flow_follows_cont_kukanov_stoikov(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 10000, 10000, 100, 10002, 60);
    tape_push(&t, 10100, 10000, 130, 10002, 50);
    tape_push(&t, 10200, 10001, 40, 10002, 50);
    tape_push(&t, 10300, 10000, 90, 10003, 70);
    tape_push(&t, 10400, 10000, 90, 10002, 20);
    struct metrics m = scan(&t, 11000, 1);
    assert_close(m.bid_add, 30 + 40);
    assert_close(m.bid_rem, 40);
    assert_close(m.ask_add, 20);
    assert_close(m.ask_rem, 10 + 50);
    assert_close(m.ofi, 70 - 40 - 20 + 60);
    tape_fini(&t);
}

static void order_flow_is_normed_by_the_mean_queue(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 10000, 10000, 100, 10001, 100);
    tape_push(&t, 15000, 10000, 300, 10001, 100);
    struct metrics m = scan(&t, 20000, 10);
    assert_close(m.ofi_n, 200 / ((100 * 5 + 200 * 5) / 10.0));
    tape_fini(&t);
}

static void a_large_order_counts_once_until_it_shrinks_or_moves(void **state)
{
    (void)state;
    static const struct {
        int bid;
        double sz;
        int64_t appeared;
    } steps[] = {
        { 10000, 9000, 0 },  { 10000, 10001, 1 }, { 10000, 20000, 1 }, { 10000, 7001, 1 },
        { 10000, 10001, 1 }, { 10000, 6999, 1 },  { 10000, 10001, 2 }, { 10001, 10001, 3 },
        { 10002, 500, 3 },   { 10001, 10001, 4 }, { 10001, 10000, 4 },
    };
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    for (int i = 0; i < (int)(sizeof steps / sizeof steps[0]); i++) {
        tape_push(&t, 10000 + 10 * (int64_t)i, steps[i].bid, steps[i].sz, 10010, 1);
        assert_int_equal(scan(&t, 10900, 10).large_bids, steps[i].appeared);
    }
    tape_fini(&t);
}

static void time_with_a_large_order_is_counted(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 10000, 10000, 10001, 10001, 1);
    tape_push(&t, 12000, 10000, 10000, 10001, 20000);
    struct metrics m = scan(&t, 15000, 10);
    assert_int_equal(m.large_bid_ms, 2000);
    assert_int_equal(m.large_ask_ms, 3000);
    tape_fini(&t);
}

static void locked_and_crossed_books_stay_out_of_the_spread(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 10000, 10000, 1, 10003, 1);
    tape_push(&t, 11000, 10002, 1, 10002, 1);
    tape_push(&t, 12000, 10003, 1, 10002, 1);
    tape_push(&t, 13000, 10000, 1, 10001, 1);
    struct metrics m = scan(&t, 14000, 10);
    assert_int_equal(m.min_spread_px, PX(1));
    assert_int_equal(m.max_spread_px, PX(3));
    assert_int_equal(m.spread_volatility_px, PX(2));
    assert_int_equal(m.avg_spread_px, PX(2));
    assert_close(m.tw_spread_ticks, 2);
    assert_int_equal(m.locked_ms, 1000);
    assert_int_equal(m.crossed_ms, 1000);
    assert_close(m.coverage, 0.3);
    tape_fini(&t);
}

static void the_last_jump_is_kept_with_its_direction(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 10000, 10000, 100, 10001, 100);
    tape_push(&t, 10100, 10000, 15101, 10001, 100);
    struct metrics m = scan(&t, 11000, 10);
    assert_int_equal(m.jump.ts_ns, MS(10100));
    assert_int_equal(m.jump.side, OFD_BID);
    assert_int_equal(m.jump.direction, 0);
    tape_push(&t, 10200, 10000, 15101, 10002, 15100);
    assert_int_equal(scan(&t, 11000, 10).jump.ts_ns, MS(10100));
    tape_push(&t, 10300, 10000, 15101, 10001, 60000);
    m = scan(&t, 11000, 10);
    assert_int_equal(m.jump.side, OFD_ASK);
    assert_int_equal(m.jump.direction, -1);
    assert_int_equal(m.jump.px, PX(10001));
    assert_true(m.jump.size == 60000 - 15100);
    tape_fini(&t);
}

static void a_price_back_within_half_a_second_flickers(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 10000, 10000, 1, 10005, 1);
    tape_push(&t, 10100, 10001, 1, 10005, 1);
    tape_push(&t, 10600, 10000, 1, 10005, 1);
    tape_push(&t, 11101, 10001, 1, 10005, 1);
    assert_close(scan(&t, 12000, 10).flicker_rate, 0.1);
    tape_fini(&t);
}

static void velocity_is_signed_and_acceleration_compares_halves(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 10000, 10010, 1, 10011, 1);
    tape_push(&t, 14000, 10008, 1, 10009, 1);
    tape_push(&t, 18000, 10000, 1, 10001, 1);
    struct metrics m = scan(&t, 20000, 10);
    assert_int_equal(m.net_ticks, -10);
    assert_close(m.velocity, -1);
    assert_close(m.accel, -8 / 5.0 - -2 / 5.0);
    tape_fini(&t);
}

static void halves_and_trend_need_enough_quotes(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    for (int i = 0; i < 10; i++) {
        tape_push(&t, 10000 + 100 * (int64_t)i, 10000, 1 + 100 * i, i < 6 ? 10005 : 10001, 900);
    }
    struct metrics m = scan(&t, 11000, 10);
    assert_int_equal(m.bid_accel, LABEL_NONE);
    assert_int_equal(m.spread_trend, LABEL_DECREASING);
    tape_push(&t, 10950, 10000, 1500, 10001, 900);
    m = scan(&t, 11000, 10);
    assert_int_equal(m.bid_accel, LABEL_INCREASING);
    assert_int_equal(m.ask_accel, LABEL_STABLE);
    tape_fini(&t);
}

static void duplicates_are_quotes_but_not_states(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 10000, 10000, 1, 10001, 1);
    tape_push(&t, 10100, 10000, 1, 10001, 1);
    tape_push(&t, 10200, 10000, 2, 10001, 1);
    struct metrics m = scan(&t, 11000, 10);
    assert_int_equal(m.quotes, 3);
    assert_int_equal(m.states, 2);
    assert_close(m.update_rate, 0.3);
    tape_fini(&t);
}

static void imbalance_and_weighted_mid_lean_to_the_larger_side(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 10000, 10000, 300, 10002, 100);
    struct metrics m = scan(&t, 11000, 10);
    assert_close(m.qi, 0.5);
    assert_close(m.tw_qi, 0.5);
    assert_close(m.micro_ticks, (10002 * 300 + 10000 * 100) / 400.0 - 10001);
    tape_fini(&t);
}

static void realized_volatility_is_taken_on_a_grid_of_seconds(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    double sum = 0;
    for (int i = 0; i <= 30; i++) {
        int bid = 10000 + (i % 2) * 10;
        tape_push(&t, 10000 + 1000 * (int64_t)i, bid, 1, bid + 2, 1);
        tape_push(&t, 10500 + 1000 * (int64_t)i, 20000, 1, 20002, 1);
        if (i > 10) {
            double from = i % 2 == 1 ? 10001 : 10011, to = i % 2 == 1 ? 10011 : 10001;
            sum += pow((to - from) / from * 1e4, 2);
        }
    }
    struct metrics m = scan(&t, 40000, 20);
    assert_close(m.rv_bps, sqrt(sum));
    assert_close(m.p95_spread_ticks, 2);
    tape_fini(&t);
}

static void mid_moves_give_ratio_and_probability(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    for (int i = 0; i <= 60; i++) {
        int bid = i <= 39 ? 10000 + i : 10039 - (i - 39);
        tape_push(&t, 10000 + 10 * (int64_t)i, bid, 1, bid + 1, 1);
    }
    struct metrics m = scan(&t, 11000, 10);
    assert_close(m.lift_ratio, 39.5 / 21.5);
    assert_close(m.move_p, stat_coin_p(39, 21));
    tape_fini(&t);
}

static void coin_p_is_the_exact_binomial(void **state)
{
    (void)state;
    assert_true(isnan(stat_coin_p(0, 0)));
    assert_close(stat_coin_p(3, 0), 0.25);
    assert_close(stat_coin_p(0, 3), 0.25);
    assert_close(stat_coin_p(5, 5), 1);
    assert_close(stat_coin_p(1, 0), 1);
    assert_close(stat_coin_p(39, 21), 0.027340133868077935);
    assert_close(stat_coin_p(1000, 1100), 0.030720707864242296);
}

static void percentile_is_the_nearest_rank(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int round = 0; round < 200; round++) {
        int64_t v[100];
        struct value_run runs[100];
        size_t n = 1 + chance(&seed, 100), n_runs = 0;
        for (size_t i = 0; i < n; i++) {
            v[i] = i > 0 && chance(&seed, 2) == 0 ? v[i - 1] : chance(&seed, 12 + (uint32_t)round);
            n_runs += i == 0 || v[i] != v[i - 1];
            size_t times = i > 0 && v[i] == v[i - 1] ? runs[n_runs - 1].n + 1 : 1;
            runs[n_runs - 1] = (struct value_run){ .value = v[i], .n = times };
        }
        size_t rank = (size_t)ceil(.95 * (double)n), below = 0, at_most = 0;
        int64_t p = stat_percentile(runs, n_runs, .95);
        for (size_t i = 0; i < n; i++) {
            below += v[i] < p;
            at_most += v[i] <= p;
        }
        assert_true(below < rank && at_most >= rank);
    }
}

static void an_unknown_step_leaves_ticks_absent(void **state)
{
    (void)state;
    struct tape t;
    struct metrics m;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 10000, 10000, 1, 10001, 1);
    tape_push(&t, 10100, 10005, 1, 10006, 1);
    struct rows r = window_rows(&t.window);
    metrics_scan(&r, MS(11000), 10, 0, &tape_config, &m);
    assert_int_equal(m.net_ticks, 0);
    assert_true(isnan(m.velocity) && isnan(m.tw_spread_ticks) && isnan(m.micro_ticks));
    assert_int_equal(m.bid_lifts, 1);
    tape_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_rows_leave_everything_absent),
        cmocka_unit_test(counts_begin_after_the_window_does),
        cmocka_unit_test(window_begins_with_the_state_in_force),
        cmocka_unit_test(coverage_ends_when_the_newest_quote_is_stale),
        cmocka_unit_test(a_gap_is_neither_covered_nor_compared_across),
        cmocka_unit_test(a_side_back_within_five_seconds_is_compared_across_the_void),
        cmocka_unit_test(a_side_back_after_five_seconds_is_a_new_beginning),
        cmocka_unit_test(an_absent_side_has_no_price_size_or_spread),
        cmocka_unit_test(order_flow_follows_cont_kukanov_stoikov),
        cmocka_unit_test(order_flow_is_normed_by_the_mean_queue),
        cmocka_unit_test(a_large_order_counts_once_until_it_shrinks_or_moves),
        cmocka_unit_test(time_with_a_large_order_is_counted),
        cmocka_unit_test(locked_and_crossed_books_stay_out_of_the_spread),
        cmocka_unit_test(the_last_jump_is_kept_with_its_direction),
        cmocka_unit_test(a_price_back_within_half_a_second_flickers),
        cmocka_unit_test(velocity_is_signed_and_acceleration_compares_halves),
        cmocka_unit_test(halves_and_trend_need_enough_quotes),
        cmocka_unit_test(duplicates_are_quotes_but_not_states),
        cmocka_unit_test(imbalance_and_weighted_mid_lean_to_the_larger_side),
        cmocka_unit_test(realized_volatility_is_taken_on_a_grid_of_seconds),
        cmocka_unit_test(mid_moves_give_ratio_and_probability),
        cmocka_unit_test(coin_p_is_the_exact_binomial),
        cmocka_unit_test(percentile_is_the_nearest_rank),
        cmocka_unit_test(an_unknown_step_leaves_ticks_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
