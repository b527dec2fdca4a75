/* SPDX-License-Identifier: MIT */
#include "tape.h"

enum { ARENA_BYTES = 1 << 22 };

static struct quality quality_at(const struct tape *t, int64_t now_ms, int64_t seconds)
{
    struct quality q;
    struct rows r = window_rows(&t->window);
    quality_read(&r, &t->window, MS(now_ms), seconds, &q);
    q.degraded = quality_degraded(&r, &t->window, MS(now_ms));
    q.median_gap_ns = window_median_gap_ns(&t->window);
    q.gap_limit_ns = window_gap_limit_ns(&t->window, SECONDS(5));
    return q;
}

static void clean_input_has_no_bits(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    for (int i = 0; i < 50; i++) {
        tape_push(&t, 1000 + 100 * (int64_t)i, 10000, 1 + i, 10001, 1);
    }
    struct quality q = quality_at(&t, 6000, 300);
    assert_int_equal(q.bits, 0);
    assert_false(q.degraded);
    assert_int_equal(q.median_gap_ns, MS(100));
    assert_int_equal(q.gap_limit_ns, SECONDS(5));
    tape_fini(&t);
}

static void no_rows_have_no_bits(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    struct quality q = quality_at(&t, 6000, 300);
    assert_int_equal(q.bits, 0);
    assert_false(q.degraded);
    assert_int_equal(q.median_gap_ns, 0);
    tape_fini(&t);
}

static void a_cause_degrades_for_ten_seconds_and_stays_in_the_counts(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 1000, 10000, 1, 0, 0);
    tape_push(&t, 2000, 10000, 1, 10001, 1);
    struct quality q = quality_at(&t, 10999, 300);
    assert_true(q.degraded);
    assert_int_equal(q.one_sided, 1);
    assert_int_equal(q.bits, 1);
    q = quality_at(&t, 11000, 300);
    assert_false(q.degraded);
    assert_int_equal(q.one_sided, 1);
    assert_int_equal(quality_at(&t, 301001, 300).one_sided, 0);
    tape_fini(&t);
}

static void a_side_that_stays_away_stays_degraded(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 1000, 10000, 1, 10001, 1);
    tape_push(&t, 2000, 0, 0, 10001, 1);
    assert_true(quality_at(&t, 60000, 10).degraded);
    tape_fini(&t);
}

static void a_crossed_book_degrades_after_two_seconds(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    tape_push(&t, 1000, 10000, 1, 10001, 1);
    tape_push(&t, 2000, 10002, 1, 10001, 1);
    tape_push(&t, 3000, 10002, 2, 10001, 1);
    assert_false(quality_at(&t, 3999, 300).degraded);
    assert_int_equal(quality_at(&t, 3999, 300).crossed, 2);
    assert_true(quality_at(&t, 4000, 300).degraded);
    tape_push(&t, 4500, 10000, 2, 10001, 1);
    assert_false(quality_at(&t, 4500, 300).degraded);
    tape_fini(&t);
}

static void rows_lost_to_the_memory_cap_are_truncation(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, 4096);
    for (int i = 0; i < 200; i++) {
        tape_push(&t, 1000 + 100 * (int64_t)i, 10000, 1 + i, 10001, 1);
    }
    struct quality q = quality_at(&t, 21000, 300);
    assert_true(q.truncated > 100);
    assert_true(q.degraded);
    assert_int_equal(quality_at(&t, 21000, 5).truncated, 0);
    tape_fini(&t);
}

/* Counts over any stretch equal those taken row by row, while rows come and go. */
static void counts_equal_a_scan_of_the_flags(void **state)
{
    (void)state;
    uint64_t seed = 31;
    struct tape t;
    tape_init(&t, ARENA_BYTES);
    int64_t last_ms = 1000000;
    for (int round = 0; round < 60; round++) {
        last_ms = tape_push_random(&t, &seed, 100, last_ms);
        window_evict(&t.window, MS(last_ms) - SECONDS(400));
        int64_t now_ms = last_ms - chance(&seed, 3000), seconds = 1 + chance(&seed, 300);
        struct rows r = window_rows(&t.window);
        int64_t duplicate = 0, one_sided = 0, gap = 0, wide = 0;
        size_t end = rows_after(&r, MS(now_ms));
        for (size_t i = rows_after(&r, MS(now_ms) - SECONDS(seconds)); i < end; i++) {
            duplicate += (r.flags[i] & OFD_ROW_DUPLICATE) != 0;
            one_sided += (r.flags[i] & OFD_ROW_ONE_SIDED) != 0;
            gap += (r.flags[i] & OFD_ROW_GAP) != 0;
            wide += (r.flags[i] & OFD_ROW_WIDE) != 0;
        }
        struct quality q = quality_at(&t, now_ms, seconds);
        assert_int_equal(q.duplicate, duplicate);
        assert_int_equal(q.one_sided, one_sided);
        assert_int_equal(q.gap, gap);
        assert_int_equal(q.wide, wide);
    }
    assert_true(window_rows(&t.window).first_seq > 256);
    tape_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_input_has_no_bits),
        cmocka_unit_test(no_rows_have_no_bits),
        cmocka_unit_test(a_cause_degrades_for_ten_seconds_and_stays_in_the_counts),
        cmocka_unit_test(a_side_that_stays_away_stays_degraded),
        cmocka_unit_test(a_crossed_book_degrades_after_two_seconds),
        cmocka_unit_test(rows_lost_to_the_memory_cap_are_truncation),
        cmocka_unit_test(counts_equal_a_scan_of_the_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
