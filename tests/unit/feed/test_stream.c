/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "seen.h"

#include <orderflow/detector.h>
#include <stdio.h>

#define REORDER_NS (250 * NS_PER_MS)

static struct stream *stream_new(void)
{
    struct stream *s = stream_create(REORDER_NS);
    assert_non_null(s);
    return s;
}

static struct quote next(struct stream *s)
{
    struct quote q = { 0 };
    assert_true(stream_next(s, INT64_MAX, &q));
    return q;
}

static void assert_empty(struct stream *s)
{
    struct quote q;
    assert_false(stream_next(s, INT64_MAX, &q));
    assert_int_equal(stream_oldest_pending_ns(s), 0);
}

static void stream_next_rows_out_of_order_come_in_order(void **state)
{
    (void)state;
    struct stream *s = stream_new();
    push(s, row_at(30, "c", 3));
    push(s, row_at(10, "a", 1));
    push(s, row_at(20, "b", 2));
    assert_int_equal(stream_newest_ns(s), T0_NS + 30 * NS_PER_MS);
    assert_int_equal(stream_oldest_pending_ns(s), T0_NS + 10 * NS_PER_MS);
    assert_true(next(s).bid_sz == 1);
    assert_true(next(s).bid_sz == 2);
    assert_true(next(s).bid_sz == 3);
    assert_empty(s);
    stream_destroy(s);
}

static void stream_next_row_exactly_on_the_boundary_belongs_to_it(void **state)
{
    (void)state;
    struct stream *s = stream_new();
    struct quote q;
    push(s, row_at(1000, "a", 1));
    push(s, row_at(1001, "b", 2));
    assert_true(stream_next(s, T0_NS + NS_PER_S, &q));
    assert_true(q.bid_sz == 1);
    assert_false(stream_next(s, T0_NS + NS_PER_S, &q));
    stream_destroy(s);
}

static void stream_push_rows_of_one_time_with_seq_are_all_kept(void **state)
{
    (void)state;
    struct stream *s = stream_new();
    push(s, row_seq(10, 3, "a", 3));
    push(s, row_seq(10, 1, "z", 1));
    push(s, row_seq(10, 2, "m", 2));
    for (int i = 1; i <= 3; i++) {
        struct quote q = next(s);
        assert_true(q.bid_sz == i);
        assert_int_equal(q.flags, 0);
    }
    assert_empty(s);
    stream_destroy(s);
}

static void stream_push_rows_of_one_time_without_seq_collapse_to_last_member(void **state)
{
    (void)state;
    static const char *const orders[][3] = { { "a", "b", "ba" },
                                             { "ba", "a", "b" },
                                             { "b", "ba", "a" } };
    for (size_t i = 0; i < 3; i++) {
        struct stream *s = stream_new();
        for (size_t k = 0; k < 3; k++) {
            push(s, row_at(10, orders[i][k], strcmp(orders[i][k], "ba") == 0 ? 7 : 1));
        }
        struct quote q = next(s);
        assert_true(q.bid_sz == 7);
        assert_int_equal(q.flags, OFD_ROW_TIE);
        assert_empty(s);
        assert_int_equal(stream_counts(s)->tied, 2);
        assert_int_equal(stream_counts(s)->read, 3);
        stream_destroy(s);
    }
}

static void stream_push_member_bytes_above_127_order_as_in_redis(void **state)
{
    (void)state;
    struct stream *s = stream_new();
    push(s, row_at(10, "x\xC3", 2));
    push(s, row_at(10, "xz", 1));
    assert_true(next(s).bid_sz == 2);
    stream_destroy(s);
}

static void stream_push_members_that_differ_far_behind_still_order(void **state)
{
    (void)state;
    struct stream *s = stream_new();
    char low[3000], high[3000];
    memset(low, 'x', sizeof low);
    low[sizeof low - 1] = '\0';
    memcpy(high, low, sizeof high);
    high[2900] = 'y';
    push(s, row_at(10, high, 2));
    push(s, row_at(10, low, 1));
    assert_true(next(s).bid_sz == 2);
    stream_destroy(s);
}

static void stream_push_row_without_seq_stands_before_those_with(void **state)
{
    (void)state;
    struct stream *s = stream_new();
    push(s, row_seq(10, 0, "a", 2));
    push(s, row_at(10, "b", 1));
    assert_true(next(s).bid_sz == 1);
    assert_true(next(s).bid_sz == 2);
    stream_destroy(s);
}

static void stream_push_same_member_again_is_repeated(void **state)
{
    (void)state;
    struct stream *s = stream_new();
    push(s, row_at(10, "a", 1));
    push(s, row_at(10, "a", 1));
    assert_int_equal(next(s).flags, 0);
    push(s, row_at(10, "a", 1));
    assert_empty(s);
    assert_int_equal(stream_counts(s)->repeated, 2);
    assert_int_equal(stream_counts(s)->read, 1);
    assert_int_equal(stream_counts(s)->tied, 0);
    stream_destroy(s);
}

static void stream_push_reread_loser_of_a_tie_is_not_counted_again(void **state)
{
    (void)state;
    struct stream *s = stream_new();
    push(s, row_at(10, "a", 1));
    push(s, row_at(10, "b", 2));
    push(s, row_at(10, "a", 1));
    push(s, row_at(10, "b", 2));
    assert_int_equal(stream_counts(s)->tied, 1);
    assert_int_equal(stream_counts(s)->repeated, 2);
    stream_destroy(s);
}

static void stream_push_at_or_before_the_boundary_taken_is_late_once(void **state)
{
    (void)state;
    struct stream *s = stream_new();
    push(s, row_at(1300, "new", 1));
    stream_take(s, T0_NS + NS_PER_S);
    for (int i = 0; i < 3; i++) {
        push(s, row_at(1000, "late", 9));
        push(s, row_at(900, "later", 9));
    }
    push(s, row_at(1001, "in time", 2));
    assert_int_equal(stream_counts(s)->late, 2);
    assert_true(next(s).bid_sz == 2);
    assert_true(next(s).bid_sz == 1);
    assert_empty(s);
    stream_destroy(s);
}

/* ---- the trap: what a poller of (last +inf loses ---- */

struct zset {
    struct row rows[16];
    size_t n;
};

static void reread(struct stream *s, const struct zset *z)
{
    int64_t from_ms = stream_read_from_ms(s);
    for (size_t i = 0; i < z->n; i++) {
        if (z->rows[i].q.ts_ns / NS_PER_MS >= from_ms) {
            push(s, z->rows[i]);
        }
    }
}

static void stream_reread_finds_late_and_equal_quotes_and_none_twice(void **state)
{
    (void)state;
    struct stream *s = stream_new();
    struct zset z = { .n = 0 };
    z.rows[z.n++] = row_seq(100, 1, "first", 1);
    reread(s, &z);
    assert_true(next(s).bid_sz == 1);
    z.rows[z.n++] = row_seq(60, 2, "came later", 2);
    z.rows[z.n++] = row_seq(100, 3, "same time", 3);
    reread(s, &z);
    reread(s, &z);
    assert_true(next(s).bid_sz == 2);
    assert_true(next(s).bid_sz == 3);
    assert_empty(s);
    assert_int_equal(stream_counts(s)->read, 3);
    assert_int_equal(stream_counts(s)->late, 0);
    stream_destroy(s);
}

static void stream_read_from_ms_lies_a_reorder_before_the_last_boundary(void **state)
{
    (void)state;
    struct stream *s = stream_new();
    assert_int_equal(stream_read_from_ms(s), 0);
    push(s, row_at(1900, "a", 1));
    stream_take(s, T0_NS + NS_PER_S);
    int64_t from_ms = stream_read_from_ms(s);
    assert_true(from_ms <= T0_MS + 1000 - 250);
    assert_true(from_ms >= T0_MS + 1000 - 260);
    push(s, row_at(600000, "after a silence", 1));
    from_ms = stream_read_from_ms(s);
    assert_true(from_ms > T0_MS + 590000); /* not everything once more */
    stream_destroy(s);
}

static void stream_reread_rows_older_than_the_state_but_told_are_known(void **state)
{
    (void)state;
    struct stream *s = stream_new();
    char name[32];
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        push(s, row_at(i, name, 1));
    }
    stream_take(s, T0_NS + 100 * NS_PER_MS);
    int64_t from_ms = stream_read_from_ms(s);
    stream_take(s, T0_NS + 5000 * NS_PER_MS);
    for (int i = 1000; i < 20000; i++) { /* makes it forget */
        (void)snprintf(name, sizeof name, "%d", i);
        push(s, row_at(i, name, 1));
    }
    uint64_t late = stream_counts(s)->late;
    for (int64_t i = from_ms > T0_MS ? from_ms - T0_MS : 0; i < 1000; i++) {
        (void)snprintf(name, sizeof name, "%d", (int)i);
        push(s, row_at(i, name, 1));
    }
    assert_int_equal(stream_counts(s)->late, late);
    stream_destroy(s);
}

static void stream_push_counts_are_per_cause(void **state)
{
    (void)state;
    struct stream *s = stream_new();
    stream_count_malformed(s, MALFORMED_NEGATIVE);
    stream_count_malformed(s, MALFORMED_NEGATIVE);
    stream_count_future(s);
    assert_int_equal(stream_counts(s)->malformed[MALFORMED_NEGATIVE], 2);
    assert_int_equal(stream_counts(s)->malformed[MALFORMED_NOT_JSON], 0);
    assert_int_equal(stream_counts(s)->future, 1);
    stream_destroy(s);
}

static void seen_reserve_long_run_stays_small(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    uint64_t r = 1;
    for (int64_t i = 1; i <= 1000000; i++) {
        uint64_t hash = random_next(&r);
        assert_true(seen_reserve(&seen, i - 1000));
        assert_true(seen_add(&seen, hash, i));
        assert_false(seen_add(&seen, hash, i));
        assert_true(seen_has(&seen, hash));
        assert_false(seen_has(&seen, hash + 1));
    }
    assert_true(seen.cap <= 4096);
    seen_fini(&seen);
}

/* In whatever order they come, each is new once, among many of one time. */
static void seen_add_any_order_knows_each_once(void **state)
{
    (void)state;
    enum { ROWS = 4000, TIMES = 500 };
    struct seen seen = { 0 };
    bool was[ROWS] = { false };
    uint64_t r = 9;
    for (int i = 0; i < 3 * ROWS; i++) {
        uint64_t k = random_next(&r) % ROWS;
        uint64_t number = i < ROWS ? (uint64_t)i : k; /* first in order, then anyhow */
        number = k % 5 == 0 ? k : number;
        assert_true(seen_reserve(&seen, 0));
        assert_int_equal(seen_add(&seen, number * UINT64_C(0x9e3779b97f4a7c15),
                                  1 + (int64_t)(number * TIMES / ROWS)),
                         !was[number]);
        was[number] = true;
        if (k % 7 == 0) {
            assert_int_equal(seen_has(&seen, k * UINT64_C(0x9e3779b97f4a7c15)), was[k]);
        }
    }
    seen_fini(&seen);
}

static void stream_push_rows_in_reversed_chunks_are_in_order(void **state)
{
    (void)state;
    struct stream *s = stream_new();
    int64_t last_ns = 0, given = 0;
    char name[32];
    struct quote q;
    for (int64_t chunk = 0; chunk < 1000; chunk++) {
        for (int64_t i = 99; i >= 0; i--) {
            int64_t ms = chunk * 100 + i;
            (void)snprintf(name, sizeof name, "%d", (int)ms);
            push(s, row_at(ms, name, 1));
        }
        while (stream_next(s, T0_NS + (chunk * 100 - 50) * NS_PER_MS, &q)) {
            assert_true(q.ts_ns > last_ns);
            last_ns = q.ts_ns;
            given++;
        }
    }
    while (stream_next(s, INT64_MAX, &q)) {
        given++;
    }
    assert_int_equal(given, 100000);
    stream_destroy(s);
}

static void stream_take_after_a_burst_of_rows_keeps_those_that_wait(void **state)
{
    (void)state;
    struct stream *s = stream_new();
    struct quote q;
    int pushed = 0, taken = 0;
    for (int64_t second = 1; second < 120; second++) {
        int rows = second % 40 == 1 ? 3000 : 30; /* a burst, then long enough little */
        for (int i = 0; i < rows; i++) {
            char member[16];
            (void)snprintf(member, sizeof member, "%d", ++pushed);
            push(s,
                 row_seq(second * 1000 - 790 + i * 1000 / rows, (uint64_t)pushed, member, pushed));
        }
        while (stream_next(s, T0_NS + second * NS_PER_S, &q)) {
            assert_true(q.bid_sz == ++taken);
        }
        stream_take(s, T0_NS + second * NS_PER_S);
    }
    while (stream_next(s, INT64_MAX, &q)) {
        assert_true(q.bid_sz == ++taken);
    }
    assert_int_equal(taken, pushed);
    stream_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_next_rows_out_of_order_come_in_order),
        cmocka_unit_test(stream_next_row_exactly_on_the_boundary_belongs_to_it),
        cmocka_unit_test(stream_push_rows_of_one_time_with_seq_are_all_kept),
        cmocka_unit_test(stream_push_rows_of_one_time_without_seq_collapse_to_last_member),
        cmocka_unit_test(stream_push_member_bytes_above_127_order_as_in_redis),
        cmocka_unit_test(stream_push_members_that_differ_far_behind_still_order),
        cmocka_unit_test(stream_push_row_without_seq_stands_before_those_with),
        cmocka_unit_test(stream_push_same_member_again_is_repeated),
        cmocka_unit_test(stream_push_reread_loser_of_a_tie_is_not_counted_again),
        cmocka_unit_test(stream_push_at_or_before_the_boundary_taken_is_late_once),
        cmocka_unit_test(stream_reread_finds_late_and_equal_quotes_and_none_twice),
        cmocka_unit_test(stream_read_from_ms_lies_a_reorder_before_the_last_boundary),
        cmocka_unit_test(stream_reread_rows_older_than_the_state_but_told_are_known),
        cmocka_unit_test(stream_push_counts_are_per_cause),
        cmocka_unit_test(seen_reserve_long_run_stays_small),
        cmocka_unit_test(seen_add_any_order_knows_each_once),
        cmocka_unit_test(stream_push_rows_in_reversed_chunks_are_in_order),
        cmocka_unit_test(stream_take_after_a_burst_of_rows_keeps_those_that_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
