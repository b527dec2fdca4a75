/* SPDX-License-Identifier: MIT */
#include "tape.h"

#include "level_book.h"
#include "prefetch.h"
#include "report.h"

#include <math.h>

enum { ARENA_BYTES = 1 << 22 };

struct fixture {
    struct tape t;
    struct level_book *book;
    uint64_t seen;
};

static void setup(struct fixture *f)
{
    *f = (struct fixture){ .book = level_book_create() };
    tape_init(&f->t, ARENA_BYTES);
    assert_non_null(f->book);
}

static void teardown(struct fixture *f)
{
    level_book_destroy(f->book);
    tape_fini(&f->t);
}

static void take_rows(struct fixture *f)
{
    struct rows r = window_rows(&f->t.window);
    for (int step = 1; step <= EXPECT_STEPS; step++) {
        level_book_expect(f->book, step); /* changes nothing */
    }
    assert_true(level_book_push(f->book, &r, f->seen, TICK_PX, NULL));
    f->seen = r.first_seq + r.n;
}

/* A bid on top of a far-away ask, every 100 ms. */
static void bid(struct fixture *f, int64_t ts_ms, int cents, double sz)
{
    tape_push(&f->t, ts_ms, cents, sz, 20000, 1);
}

/* The level of a side at a price; px 0 when there is none. */
static struct level find(const struct fixture *f, int side, int cents, int64_t now_ms)
{
    struct level all[LEVELS_MAX];
    int n = level_book_read(f->book, side, MS(now_ms), all);
    for (int i = 0; i < n; i++) {
        if (all[i].px == PX(cents)) {
            return all[i];
        }
    }
    return (struct level){ 0 };
}

static void a_visit_left_upward_holds_a_bid(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    bid(&f, 1000, 10000, 500);
    bid(&f, 1100, 10001, 400);
    bid(&f, 1200, 10002, 300);
    take_rows(&f);
    struct level l = find(&f, OFD_BID, 10000, 1200);
    assert_int_equal(l.touches, 1);
    assert_int_equal(l.held, 1);
    assert_int_equal(l.broke, 0);
    assert_int_equal(l.status, LEVEL_OPEN);
    assert_int_equal(l.dwell_ms, 200);
    assert_int_equal(l.first_ns, MS(1000));
    assert_int_equal(l.last_ns, MS(1100));
    teardown(&f);
}

static void a_visit_left_downward_breaks_a_bid(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    bid(&f, 1000, 10000, 500);
    bid(&f, 1100, 9998, 400);
    take_rows(&f);
    struct level l = find(&f, OFD_BID, 10000, 1200);
    assert_int_equal(l.held, 0);
    assert_int_equal(l.broke, 1);
    assert_int_equal(l.status, LEVEL_BROKEN);
    teardown(&f);
}

static void asks_mirror_bids(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    tape_push(&f.t, 1000, 5000, 1, 10000, 500);
    tape_push(&f.t, 1100, 5000, 1, 9998, 500);
    tape_push(&f.t, 1200, 5000, 1, 10000, 500);
    tape_push(&f.t, 1300, 5000, 1, 10002, 500);
    take_rows(&f);
    struct level l = find(&f, OFD_ASK, 10000, 1300);
    assert_int_equal(l.touches, 2);
    assert_int_equal(l.held, 1);
    assert_int_equal(l.broke, 1);
    assert_int_equal(l.status, LEVEL_BROKEN);
    assert_int_equal(find(&f, OFD_ASK, 9998, 1300).status, LEVEL_BROKEN);
    teardown(&f);
}

static void one_tick_away_is_the_same_level_and_visit(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    for (int i = 0; i < 20; i++) {
        bid(&f, 1000 + 100 * (int64_t)i, 10000 + i % 2, 500);
    }
    take_rows(&f);
    struct level all[LEVELS_MAX];
    assert_int_equal(level_book_read(f.book, OFD_BID, MS(3000), all), 1);
    assert_int_equal(all[0].touches, 1);
    teardown(&f);
}

static void sizes_of_a_visit_are_kept(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    bid(&f, 1000, 10000, 500);
    bid(&f, 2000, 10000, 900);
    bid(&f, 4000, 10000, 200);
    take_rows(&f);
    struct level l = find(&f, OFD_BID, 10000, 5000);
    assert_true(l.total_sz == 500);
    assert_true(l.max_sz == 900);
    assert_true(l.removed_sz == 700);
    assert_int_equal(l.dwell_ms, 4000);
    assert_true(fabs(l.avg_sz - (500 + 2 * 900 + 200) / 4.0) < 1e-9);
    teardown(&f);
}

static void a_side_absent_for_five_seconds_ends_the_visit(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    bid(&f, 1000, 10000, 500);
    bid(&f, 1100, 0, 0);
    bid(&f, 5999, 10000, 500);
    take_rows(&f);
    assert_int_equal(find(&f, OFD_BID, 10000, 6000).touches, 1);
    bid(&f, 6100, 0, 0);
    bid(&f, 8000, 0, 0);
    bid(&f, 10999, 10000, 500);
    take_rows(&f);
    assert_int_equal(find(&f, OFD_BID, 10000, 11000).touches, 2);
    assert_int_equal(find(&f, OFD_BID, 10000, 11000).held, 0);
    teardown(&f);
}

static void a_level_jumped_over_is_broken_without_a_visit(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    bid(&f, 1000, 10000, 500);
    bid(&f, 1100, 10010, 500);
    bid(&f, 1200, 9990, 500);
    take_rows(&f);
    struct level l = find(&f, OFD_BID, 10000, 1300);
    assert_int_equal(l.status, LEVEL_BROKEN);
    assert_int_equal(l.held, 1);
    assert_int_equal(l.broke, 0);
    teardown(&f);
}

static void a_broken_level_goes_after_ten_minutes(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    bid(&f, 1000, 10000, 500);
    bid(&f, 1100, 9990, 500);
    take_rows(&f);
    assert_int_equal(find(&f, OFD_BID, 10000, 1100 + 600000).px, PX(10000));
    assert_int_equal(find(&f, OFD_BID, 10000, 1101 + 600000).px, 0);
    teardown(&f);
}

static void a_broken_level_visited_again_is_open(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    bid(&f, 1000, 10000, 500);
    bid(&f, 1100, 9990, 500);
    bid(&f, 1200, 10000, 500);
    take_rows(&f);
    struct level l = find(&f, OFD_BID, 10000, 1300);
    assert_int_equal(l.status, LEVEL_OPEN);
    assert_int_equal(l.touches, 2);
    teardown(&f);
}

static void broken_support_that_holds_as_resistance_flips(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    tape_push(&f.t, 1000, 10000, 500, 10010, 500);
    tape_push(&f.t, 1100, 9980, 500, 9990, 500);
    tape_push(&f.t, 1200, 9980, 500, 10000, 500);
    take_rows(&f);
    assert_int_equal(find(&f, OFD_BID, 10000, 1200).status, LEVEL_BROKEN);
    assert_int_equal(find(&f, OFD_ASK, 10000, 1200).status, LEVEL_OPEN);
    tape_push(&f.t, 1300, 9980, 500, 9990, 500);
    take_rows(&f);
    assert_int_equal(find(&f, OFD_BID, 10000, 1300).px, 0);
    assert_int_equal(find(&f, OFD_ASK, 10000, 1300).status, LEVEL_FLIPPED);
    teardown(&f);
}

static double hundredths(double x)
{
    return nearbyint(100 * x) / 100;
}

static void strength_is_ranks_and_hold_rate(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    bid(&f, 1000, 10000, 500);
    bid(&f, 2000, 10010, 100);
    bid(&f, 3000, 10000, 500);
    bid(&f, 4000, 10010, 100);
    take_rows(&f);
    struct level all[LEVELS_MAX];
    assert_int_equal(level_book_read(f.book, OFD_BID, MS(4000), all), 2);
    assert_int_equal(all[0].px, PX(10000));
    double age = exp2(-1.0 / 1200);
    assert_true(all[0].strength == hundredths(age * (.4 * 4 / 6 + .3 * 5 / 6 + .3 * 3 / 4)));
    teardown(&f);
}

static void strength_halves_in_twenty_minutes(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    bid(&f, 1000, 10000, 500);
    take_rows(&f);
    double now = find(&f, OFD_BID, 10000, 1000).strength;
    double later = find(&f, OFD_BID, 10000, 1000 + 1200000).strength;
    assert_true(now > .2);
    assert_true(fabs(later * 2 - now) < .0151); /* two roundings to hundredths */
    assert_int_equal(find(&f, OFD_BID, 10000, 1000 + 3600001).px, 0);
    teardown(&f);
}

static void memory_is_bounded_and_the_weakest_goes(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    bid(&f, 1000, 100, 1);
    bid(&f, 1001, 110, 1);
    bid(&f, 1002, 100, 1);
    for (int i = 1; i <= 2000; i++) {
        bid(&f, 1002 + i, 100 + 2 * i, 1);
    }
    take_rows(&f);
    assert_int_equal(f.book->side[0].n, SIDE_LEVELS_MAX);
    assert_int_equal(f.book->side[1].n, 1);
    assert_int_equal(find(&f, OFD_BID, 100, 4000).touches, 2);
    assert_int_equal(find(&f, OFD_BID, 130, 4000).px, 0);
    teardown(&f);
}

static void only_the_strongest_twenty_are_given_in_order(void **state)
{
    (void)state;
    struct fixture f;
    struct level all[LEVELS_MAX];
    setup(&f);
    for (int i = 0; i < 300; i++) {
        bid(&f, 1000 + 10 * (int64_t)i, 10000 + 2 * (i * 7 % 41), 1 + i % 17);
    }
    take_rows(&f);
    assert_int_equal(level_book_read(f.book, OFD_BID, MS(5000), all), LEVELS_MAX);
    for (int i = 1; i < LEVELS_MAX; i++) {
        assert_true(all[i - 1].strength >= all[i].strength);
    }
    teardown(&f);
}

/* What is remembered of the order from one reading to the next changes nothing. */
static void assert_both_as_each(struct level_book *b, int64_t now_ns)
{
    struct level both[2][LEVELS_MAX], one[LEVELS_MAX];
    int n[2];
    level_book_read_both(b, now_ns, both, n);
    for (int side = 0; side < 2; side++) {
        assert_int_equal(level_book_read(b, side == 0 ? OFD_BID : OFD_ASK, now_ns, one), n[side]);
        for (int i = 0; i < n[side]; i++) {
            assert_true(level_equal(&both[side][i], &one[i]) &&
                        both[side][i].strength == one[i].strength);
        }
    }
}

static void any_batching_gives_the_same_levels(void **state)
{
    (void)state;
    uint64_t seed = 21;
    struct fixture once, often;
    setup(&once);
    setup(&often);
    int64_t last_ms = tape_push_random(&once.t, &seed, 5000, 1000000);
    take_rows(&once);
    struct rows all = window_rows(&once.t.window);
    for (size_t from = 0; from < all.n;) {
        struct rows r = all;
        r.n = from + 1 + chance(&seed, 50);
        r.n = r.n < all.n ? r.n : all.n;
        assert_true(level_book_push(often.book, &r, from, TICK_PX, NULL));
        from = r.n;
        assert_both_as_each(often.book, r.ts_ns[r.n - 1]);
    }
    for (int side = OFD_BID; side <= OFD_ASK; side++) {
        struct level a[LEVELS_MAX], b[LEVELS_MAX];
        int n = level_book_read(once.book, side, MS(last_ms), a);
        assert_int_equal(level_book_read(often.book, side, MS(last_ms), b), n);
        for (int i = 0; i < n; i++) {
            assert_int_equal(a[i].px, b[i].px);
            assert_int_equal(a[i].touches, b[i].touches);
            assert_int_equal(a[i].dwell_ms, b[i].dwell_ms);
            assert_true(a[i].strength == b[i].strength && a[i].avg_sz == b[i].avg_sz);
        }
    }
    teardown(&once);
    teardown(&often);
}

static void an_empty_book_has_no_levels(void **state)
{
    (void)state;
    struct fixture f;
    struct level all[LEVELS_MAX];
    setup(&f);
    take_rows(&f);
    assert_int_equal(level_book_read(f.book, OFD_BID, 0, all), 0);
    assert_int_equal(level_book_read(f.book, OFD_ASK, SECONDS(1), all), 0);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_visit_left_upward_holds_a_bid),
        cmocka_unit_test(a_visit_left_downward_breaks_a_bid),
        cmocka_unit_test(asks_mirror_bids),
        cmocka_unit_test(one_tick_away_is_the_same_level_and_visit),
        cmocka_unit_test(sizes_of_a_visit_are_kept),
        cmocka_unit_test(a_side_absent_for_five_seconds_ends_the_visit),
        cmocka_unit_test(a_level_jumped_over_is_broken_without_a_visit),
        cmocka_unit_test(a_broken_level_goes_after_ten_minutes),
        cmocka_unit_test(a_broken_level_visited_again_is_open),
        cmocka_unit_test(broken_support_that_holds_as_resistance_flips),
        cmocka_unit_test(strength_is_ranks_and_hold_rate),
        cmocka_unit_test(strength_halves_in_twenty_minutes),
        cmocka_unit_test(memory_is_bounded_and_the_weakest_goes),
        cmocka_unit_test(only_the_strongest_twenty_are_given_in_order),
        cmocka_unit_test(any_batching_gives_the_same_levels),
        cmocka_unit_test(an_empty_book_has_no_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
