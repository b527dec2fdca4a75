/* SPDX-License-Identifier: MIT */
#include "tape.h"

#include "window.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES = 4096, PAGE_ROWS = 80 /* 93 x 44 bytes fit, in steps of 16 rows */ };

static uint32_t newest_flags(const struct tape *t)
{
    struct rows r = window_rows(&t->window);
    return r.flags[r.n - 1];
}

static void calm_market_from(struct tape *t, int first, int rows)
{
    for (int i = first; i < first + rows; i++) {
        tape_push(t, 1000 + 100 * (int64_t)i, 10000, 100 + i, 10001, 100);
    }
}

static void calm_market(struct tape *t, int rows)
{
    calm_market_from(t, 0, rows);
}

static void push_first_row_has_no_flags(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, PAGE_BYTES);
    tape_push(&t, 1000, 10000, 5, 10001, 7);
    assert_int_equal(newest_flags(&t), 0);
    tape_fini(&t);
}

static void push_same_book_again_is_duplicate(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, PAGE_BYTES);
    tape_push(&t, 1000, 10000, 5, 10001, 7);
    tape_push(&t, 1100, 10000, 5, 10001, 7);
    assert_int_equal(newest_flags(&t), OFD_ROW_DUPLICATE);
    tape_push(&t, 1200, 10000, 6, 10001, 7);
    assert_int_equal(newest_flags(&t), 0);
    tape_fini(&t);
}

static void push_absent_sides_are_one_sided_and_empty(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, PAGE_BYTES);
    tape_push(&t, 1000, 0, 0, 10001, 7);
    assert_int_equal(newest_flags(&t), OFD_ROW_ONE_SIDED);
    tape_push(&t, 1100, 10000, 5, 0, 0);
    assert_int_equal(newest_flags(&t), OFD_ROW_ONE_SIDED);
    tape_push(&t, 1200, 0, 0, 0, 0);
    assert_int_equal(newest_flags(&t), OFD_ROW_EMPTY);
    tape_fini(&t);
}

static void push_bid_at_or_above_ask_is_locked_or_crossed(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, PAGE_BYTES);
    tape_push(&t, 1000, 10001, 5, 10001, 7);
    assert_int_equal(newest_flags(&t), OFD_ROW_LOCKED);
    tape_push(&t, 1100, 10002, 5, 10001, 7);
    assert_int_equal(newest_flags(&t), OFD_ROW_CROSSED);
    tape_fini(&t);
}

static void push_silence_over_five_seconds_is_gap(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, 16 * PAGE_BYTES);
    calm_market(&t, 10);
    tape_push(&t, 1900 + 5000, 10000, 1, 10001, 1);
    assert_int_equal(newest_flags(&t), 0);
    tape_push(&t, 1900 + 10001, 10000, 2, 10001, 1);
    assert_int_equal(newest_flags(&t), OFD_ROW_GAP);
    tape_fini(&t);
}

static void push_in_a_slow_market_needs_twenty_medians_for_a_gap(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, 16 * PAGE_BYTES);
    for (int i = 0; i < 10; i++) {
        tape_push(&t, 1000 + 2000 * (int64_t)i, 10000, 100 + i, 10001, 100);
    }
    assert_int_equal(window_median_gap_ns(&t.window), MS(2000));
    assert_int_equal(window_gap_limit_ns(&t.window, MS(5000)), MS(40000));
    tape_push(&t, 19000 + 40000, 10000, 1, 10001, 1);
    assert_int_equal(newest_flags(&t), 0);
    tape_push(&t, 59000 + 40001, 10000, 2, 10001, 1);
    assert_int_equal(newest_flags(&t), OFD_ROW_GAP);
    tape_fini(&t);
}

static void push_spread_beyond_five_medians_and_50_bps_is_wide(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, 16 * PAGE_BYTES);
    calm_market(&t, 30);
    tape_push(&t, 5000, 10000, 1, 10050, 1);
    assert_int_equal(newest_flags(&t), 0);
    tape_push(&t, 5100, 10000, 2, 10051, 1);
    assert_int_equal(newest_flags(&t), OFD_ROW_WIDE);
    tape_fini(&t);
}

static void push_wide_spread_that_is_usual_is_not_wide(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, 16 * PAGE_BYTES);
    for (int i = 0; i < 30; i++) {
        tape_push(&t, 1000 + 100 * (int64_t)i, 10000, 100 + i, 10100, 100);
    }
    tape_push(&t, 5000, 10000, 1, 10200, 1);
    assert_int_equal(newest_flags(&t), 0);
    tape_fini(&t);
}

static void push_keeps_the_tie_flag(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, PAGE_BYTES);
    const struct quote q = {
        .ts_ns = MS(1),
        .bid_px = PX(1),
        .ask_px = PX(2),
        .bid_sz = 1,
        .ask_sz = 1,
        .flags = OFD_ROW_TIE,
    };
    assert_true(window_push(&t.window, &q, NULL));
    assert_int_equal(newest_flags(&t), OFD_ROW_TIE);
    tape_fini(&t);
}

static void evict_keeps_the_row_in_force(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, PAGE_BYTES);
    calm_market(&t, 5);
    window_evict(&t.window, MS(1250));
    struct rows r = window_rows(&t.window);
    assert_int_equal(r.n, 3);
    assert_int_equal(r.first_seq, 2);
    assert_int_equal(r.ts_ns[0], MS(1200));
    window_evict(&t.window, MS(99999));
    assert_int_equal(window_rows(&t.window).n, 1);
    tape_fini(&t);
}

static void rows_survive_growth_and_moves_unchanged(void **state)
{
    (void)state;
    enum { ROWS = 20000, KEPT = 300 };
    struct tape t;
    tape_init(&t, 64 * PAGE_BYTES);
    for (int i = 0; i < ROWS; i++) {
        tape_push(&t, i, 10000 + i % 7, 1 + i % 11, 10010 + i % 5, 1 + i % 13);
        window_evict(&t.window, MS(i - KEPT));
        struct rows r = window_rows(&t.window);
        int oldest = i < KEPT ? 0 : i - KEPT;
        assert_int_equal(r.n, i - oldest + 1);
        assert_int_equal(r.first_seq, oldest);
        for (size_t k = 0; k < r.n; k += 37) {
            int row = oldest + (int)k;
            assert_int_equal(r.ts_ns[k], MS(row));
            assert_int_equal(r.bid_px[k], PX(10000 + row % 7));
            assert_int_equal(r.ask_px[k], PX(10010 + row % 5));
            assert_true(r.bid_sz[k] == 1 + row % 11 && r.ask_sz[k] == 1 + row % 13);
            assert_int_equal(r.flags[k], 0);
        }
    }
    tape_fini(&t);
}

static void push_moves_rows_once_per_quarter_slab(void **state)
{
    (void)state;
    enum { ROWS = 100000, KEPT = 172 /* nearly a slab of two pages */ };
    struct tape t;
    tape_init(&t, 64 * PAGE_BYTES);
    for (int i = 0; i < ROWS; i++) {
        tape_push(&t, i, 10000, 1 + i % 11, 10010, 1);
        window_evict(&t.window, MS(i - KEPT));
    }
    assert_in_range(t.window.gen, 1, ROWS / (KEPT / 4));
    tape_fini(&t);
}

/* Beyond these rows no memory of the slab is used. */
static void push_keeps_rows_within_a_third_of_slack(void **state)
{
    (void)state;
    enum { ROWS = 30000, KEPT = 1000 };
    struct tape t;
    tape_init(&t, 256 * PAGE_BYTES);
    uint64_t most = 0;
    for (int i = 0; i < ROWS; i++) {
        tape_push(&t, i, 10000, 1 + i % 11, 10010, 1);
        window_evict(&t.window, MS(i - KEPT));
        most = t.window.head + t.window.n > most ? t.window.head + t.window.n : most;
    }
    assert_in_range(most, KEPT, KEPT + KEPT / 3 + 32);
    tape_fini(&t);
}

/* Where the pages behind a slab are free it grows into them: none is left behind. */
static void slabs_that_stand_alone_grow_in_place(void **state)
{
    (void)state;
    enum { ROWS = 5000 };
    struct tape t;
    struct window other;
    tape_init(&t, 128 * PAGE_BYTES);
    calm_market(&t, ROWS);
    assert_int_equal(t.window.slab_off, 0);
    assert_int_equal(t.arena.used_bytes, 64 * PAGE_BYTES);
    assert_true(window_init(&other, &t.arena, NULL));
    const struct quote q = { .ts_ns = MS(7), .bid_px = PX(1), .bid_sz = 3 };
    assert_true(window_push(&other, &q, NULL));
    assert_int_equal(other.slab_off, 64 * PAGE_BYTES);
    for (int i = 0; i < ROWS; i++) { /* not into those of another */
        tape_push(&t, 1000000 + i, 10000, 100 + i, 10001, 100);
    }
    struct rows r = window_rows(&t.window);
    assert_true(t.window.dropped > 0);
    assert_true(r.bid_sz[r.n - 1] == 100 + ROWS - 1);
    assert_int_equal(window_rows(&other).ts_ns[0], MS(7));
    window_fini(&other);
    tape_fini(&t);
}

static void columns_of_few_rows_lie_close_in_their_slab(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, 128 * PAGE_BYTES);
    for (int rows = 1; rows <= 5000; rows++) {
        tape_push(&t, 1000000 + rows, 10000, rows, 10001, 100);
        assert_true(t.window.cap <= PAGE_ROWS || (int)t.window.cap <= rows * 5 / 4 + 16);
    }
    struct rows r = window_rows(&t.window);
    for (int i = 0; i < 5000; i++) {
        assert_true(r.bid_sz[i] == i + 1 && r.ts_ns[i] == MS(1000001 + i) && r.ask_sz[i] == 100);
    }
    tape_fini(&t);
}

static void gen_changes_when_rows_move(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, 4 * PAGE_BYTES);
    calm_market(&t, PAGE_ROWS);
    uint64_t gen = t.window.gen;
    const int64_t *was = window_rows(&t.window).bid_px;
    tape_push(&t, 100000, 10000, 1, 10001, 1);
    assert_int_equal(t.window.gen, gen + 1);
    assert_ptr_not_equal(window_rows(&t.window).bid_px, was);
    tape_fini(&t);
}

static void push_into_a_full_arena_drops_the_oldest_of_this_window(void **state)
{
    (void)state;
    struct tape t;
    struct window other;
    tape_init(&t, 2 * PAGE_BYTES);
    assert_true(window_init(&other, &t.arena, NULL));
    const struct quote q = { .ts_ns = MS(7), .bid_px = PX(1), .bid_sz = 3 };
    assert_true(window_push(&other, &q, NULL));
    calm_market(&t, PAGE_ROWS + 1);
    struct rows r = window_rows(&t.window);
    assert_int_equal(t.window.dropped, PAGE_ROWS / 4);
    assert_int_equal(r.n, PAGE_ROWS + 1 - PAGE_ROWS / 4);
    assert_int_equal(t.window.dropped_to_ns, r.ts_ns[0] - MS(100));
    assert_int_equal(r.first_seq, PAGE_ROWS / 4);
    assert_int_equal(window_rows(&other).n, 1);
    assert_int_equal(window_rows(&other).ts_ns[0], MS(7));
    window_fini(&other);
    tape_fini(&t);
}

/* What is left of a window that gave way is the newest of it, whole. */
static void push_into_an_arena_full_of_another_takes_half_of_that(void **state)
{
    (void)state;
    enum { PAGES = 7 /* slabs of 4, 2 and 1 */, CAP = 368, HALF = 176, OTHERS = 3 };
    struct tape t;
    struct window other[OTHERS];
    struct quote q = { .bid_px = PX(1), .bid_sz = 3 };
    tape_init(&t, PAGES * PAGE_BYTES);
    calm_market(&t, CAP);
    uint64_t gen = t.window.gen;
    for (int i = 0; i < OTHERS; i++) {
        assert_true(window_init(&other[i], &t.arena, NULL));
    }
    for (q.ts_ns = 1; q.ts_ns <= PAGE_ROWS + 1; q.ts_ns++) {
        assert_true(window_push(&other[0], &q, NULL));
    }
    assert_true(window_push(&other[1], &q, NULL));
    assert_int_equal(t.arena.used_bytes, t.arena.bytes);
    assert_int_equal(t.window.dropped, 0);
    assert_true(window_push(&other[2], &q, NULL));
    struct rows r = window_rows(&t.window);
    assert_int_equal(r.n, HALF - HALF / 4);
    assert_int_equal(t.window.dropped, CAP - r.n);
    assert_int_equal(r.first_seq, CAP - r.n);
    assert_int_equal(t.window.gen, gen + 1);
    for (size_t i = 0; i < r.n; i++) {
        int64_t seq = (int64_t)(r.first_seq + i);
        assert_int_equal(r.ts_ns[i], MS(1000 + 100 * seq));
        assert_int_equal(r.bid_px[i], PX(10000));
        assert_int_equal(r.ask_px[i], PX(10001));
        assert_true(r.bid_sz[i] == (double)(100 + seq) && r.ask_sz[i] == 100);
        assert_int_equal(r.flags[i], 0);
    }
    assert_int_equal(window_rows(&other[0]).n, PAGE_ROWS + 1);
    assert_int_equal(window_rows(&other[2]).ts_ns[0], q.ts_ns);
    for (int i = 0; i < OTHERS; i++) {
        window_fini(&other[(i + 1) % OTHERS]);
    }
    calm_market_from(&t, CAP, CAP);
    assert_int_equal(window_rows(&t.window).first_seq + window_rows(&t.window).n, 2 * CAP);
    tape_fini(&t);
}

static void push_without_room_for_a_row_fails(void **state)
{
    (void)state;
    struct tape t;
    struct window other;
    struct err err = { 0 };
    tape_init(&t, PAGE_BYTES);
    calm_market(&t, 1);
    assert_true(window_init(&other, &t.arena, NULL));
    const struct quote q = { .ts_ns = MS(7), .bid_px = PX(1), .bid_sz = 3 };
    assert_false(window_push(&other, &q, &err));
    assert_int_equal(err.code, ERR_MEMORY);
    assert_int_equal(window_rows(&other).n, 0);
    window_fini(&other);
    tape_fini(&t);
}

static void arena_merges_freed_slabs(void **state)
{
    (void)state;
    enum { WINDOWS = 13 };
    struct tape t;
    struct window w[WINDOWS];
    const struct quote q = { .ts_ns = 1, .bid_px = PX(1), .bid_sz = 3 };
    tape_init(&t, WINDOWS * PAGE_BYTES);
    for (int i = 0; i < WINDOWS; i++) {
        assert_true(window_init(&w[i], &t.arena, NULL));
        assert_true(window_push(&w[i], &q, NULL));
    }
    assert_int_equal(t.arena.used_bytes, WINDOWS * PAGE_BYTES);
    for (int i = 0; i < WINDOWS; i++) {
        window_fini(&w[(i * 5) % WINDOWS]);
    }
    assert_int_equal(t.arena.used_bytes, 0);
    calm_market(&t, 4 * PAGE_ROWS);
    assert_int_equal(t.window.dropped, 0);
    assert_int_equal(window_rows(&t.window).n, 4 * PAGE_ROWS);
    tape_fini(&t);
}

static void arena_smaller_than_a_page_is_refused(void **state)
{
    (void)state;
    struct arena a;
    unsigned char byte;
    struct err err = { 0 };
    assert_false(arena_init(&a, &byte, PAGE_BYTES - 1, &err));
    assert_int_equal(err.code, ERR_INVALID);
    arena_fini(&a);
}

static void map_of_a_ref_shows_the_same_rows(void **state)
{
    (void)state;
    struct tape t;
    struct rows mapped;
    tape_init(&t, 8 * PAGE_BYTES);
    calm_market(&t, 200);
    window_evict(&t.window, MS(3000));
    struct rows r = window_rows(&t.window);
    struct window_ref ref = window_ref(&t.window);
    assert_true(window_map(t.memory, t.arena.bytes, &ref, &mapped));
    assert_int_equal(mapped.n, r.n);
    assert_int_equal(mapped.first_seq, r.first_seq);
    assert_ptr_equal(mapped.ts_ns, r.ts_ns);
    assert_ptr_equal(mapped.bid_px, r.bid_px);
    assert_ptr_equal(mapped.ask_px, r.ask_px);
    assert_ptr_equal(mapped.bid_sz, r.bid_sz);
    assert_ptr_equal(mapped.ask_sz, r.ask_sz);
    assert_ptr_equal(mapped.flags, r.flags);
    tape_fini(&t);
}

static void map_of_a_ref_beyond_the_arena_is_refused(void **state)
{
    (void)state;
    const struct window_ref bad[] = {
        { .slab_off = 2 * PAGE_BYTES, .cap = 16, .n = 1 },
        { .slab_off = 0, .cap = 2 * PAGE_BYTES / 44 + 1, .n = 1 },
        { .slab_off = 0, .cap = 16, .n = 17 },
        { .slab_off = 0, .cap = 16, .head = 16, .n = 1 },
        { .slab_off = 0, .cap = 16, .head = UINT64_MAX, .n = 2 },
        { .slab_off = UINT64_MAX - PAGE_BYTES + 1, .cap = 16, .n = 1 },
        { .slab_off = 8, .cap = 16, .n = 1 },
        { .slab_off = 0, .cap = UINT64_MAX, .n = 1 },
    };
    unsigned char *base = calloc(2, PAGE_BYTES);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rows r;
        assert_false(window_map(base, (size_t)2 * PAGE_BYTES, &bad[i], &r));
        assert_int_equal(r.n, 0);
    }
    free(base);
}

static void map_of_an_empty_window_has_no_rows(void **state)
{
    (void)state;
    struct tape t;
    struct rows r;
    tape_init(&t, PAGE_BYTES);
    struct window_ref ref = window_ref(&t.window);
    assert_true(window_map(t.memory, t.arena.bytes, &ref, &r));
    assert_int_equal(r.n, 0);
    assert_int_equal(rows_after(&r, 5), 0);
    tape_fini(&t);
}

static void rows_after_finds_the_first_later_row(void **state)
{
    (void)state;
    struct tape t;
    tape_init(&t, PAGE_BYTES);
    tape_push(&t, 10, 1, 1, 2, 1);
    tape_push(&t, 20, 1, 2, 2, 1);
    tape_push(&t, 20, 1, 3, 2, 1);
    tape_push(&t, 30, 1, 4, 2, 1);
    struct rows r = window_rows(&t.window);
    assert_int_equal(rows_after(&r, MS(9)), 0);
    assert_int_equal(rows_after(&r, MS(10)), 1);
    assert_int_equal(rows_after(&r, MS(20)), 3);
    assert_int_equal(rows_after(&r, MS(30)), 4);
    tape_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_first_row_has_no_flags),
        cmocka_unit_test(push_same_book_again_is_duplicate),
        cmocka_unit_test(push_absent_sides_are_one_sided_and_empty),
        cmocka_unit_test(push_bid_at_or_above_ask_is_locked_or_crossed),
        cmocka_unit_test(push_silence_over_five_seconds_is_gap),
        cmocka_unit_test(push_in_a_slow_market_needs_twenty_medians_for_a_gap),
        cmocka_unit_test(push_spread_beyond_five_medians_and_50_bps_is_wide),
        cmocka_unit_test(push_wide_spread_that_is_usual_is_not_wide),
        cmocka_unit_test(push_keeps_the_tie_flag),
        cmocka_unit_test(evict_keeps_the_row_in_force),
        cmocka_unit_test(rows_survive_growth_and_moves_unchanged),
        cmocka_unit_test(push_moves_rows_once_per_quarter_slab),
        cmocka_unit_test(push_keeps_rows_within_a_third_of_slack),
        cmocka_unit_test(slabs_that_stand_alone_grow_in_place),
        cmocka_unit_test(columns_of_few_rows_lie_close_in_their_slab),
        cmocka_unit_test(gen_changes_when_rows_move),
        cmocka_unit_test(push_into_a_full_arena_drops_the_oldest_of_this_window),
        cmocka_unit_test(push_without_room_for_a_row_fails),
        cmocka_unit_test(push_into_an_arena_full_of_another_takes_half_of_that),
        cmocka_unit_test(arena_merges_freed_slabs),
        cmocka_unit_test(arena_smaller_than_a_page_is_refused),
        cmocka_unit_test(map_of_a_ref_shows_the_same_rows),
        cmocka_unit_test(map_of_a_ref_beyond_the_arena_is_refused),
        cmocka_unit_test(map_of_an_empty_window_has_no_rows),
        cmocka_unit_test(rows_after_finds_the_first_later_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
