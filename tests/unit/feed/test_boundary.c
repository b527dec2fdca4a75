/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#define INTERVAL_NS NS_PER_S
#define REORDER_NS (250 * NS_PER_MS)
#define AT(ms) (T0_NS + (ms)*NS_PER_MS)

struct look {
    bool drained, idle, at_end;
    int64_t wall_ns;
};

static int64_t next_of(const struct stream *s, int64_t last_ns, struct look look)
{
    return boundary_next(s, last_ns, INTERVAL_NS, REORDER_NS, look.drained, look.idle, look.wall_ns,
                         look.at_end);
}

static struct stream *stream_with(int64_t ms)
{
    struct stream *s = stream_create(REORDER_NS);
    assert_non_null(s);
    push(s, row_at(ms, "a", 1));
    return s;
}

static void boundary_next_empty_stream_has_none(void **state)
{
    (void)state;
    struct stream *s = stream_create(REORDER_NS);
    assert_int_equal(next_of(s, 0, (struct look){ .drained = true, .idle = true }), 0);
    assert_int_equal(next_of(s, 0, (struct look){ .at_end = true }), 0);
    stream_destroy(s);
}

static void boundary_next_waits_for_a_quote_reorder_behind_it(void **state)
{
    (void)state;
    struct stream *s = stream_with(400);
    struct look look = { .drained = true, .wall_ns = AT(90000) };
    push(s, row_at(1249, "b", 1));
    assert_int_equal(next_of(s, 0, look), 0);
    push(s, row_at(1250, "c", 1));
    assert_int_equal(next_of(s, 0, look), AT(1000));
    look.drained = false;
    assert_int_equal(next_of(s, 0, look), 0);
    stream_destroy(s);
}

/* A backlog is read in order, so it need not be held whole before its boundaries are taken. */
static void boundary_next_amid_a_backlog_takes_what_lies_well_behind(void **state)
{
    (void)state;
    struct stream *s = stream_with(400);
    struct look look = { .idle = true, .wall_ns = AT(90000) };
    push(s, row_at(1253, "b", 1));
    assert_int_equal(next_of(s, 0, look), 0);
    push(s, row_at(1254, "c", 1));
    assert_int_equal(next_of(s, 0, look), AT(1000));
    assert_int_equal(next_of(s, AT(1000), look), 0);
    stream_destroy(s);
}

static void boundary_next_first_row_on_a_boundary_begins_there(void **state)
{
    (void)state;
    struct stream *s = stream_with(1000);
    push(s, row_at(5000, "b", 1));
    assert_int_equal(next_of(s, 0, (struct look){ .drained = true }), AT(1000));
    assert_int_equal(next_of(s, AT(1000), (struct look){ .drained = true }), AT(2000));
    stream_destroy(s);
}

static void boundary_next_silent_ticker_goes_by_the_wall_clock(void **state)
{
    (void)state;
    struct stream *s = stream_with(400);
    struct look look = { .drained = true, .idle = true, .wall_ns = AT(1249) };
    assert_int_equal(next_of(s, 0, look), 0);
    look.wall_ns = AT(1250);
    assert_int_equal(next_of(s, 0, look), AT(1000));
    assert_int_equal(next_of(s, AT(1000), look), 0);
    look.wall_ns = AT(9000);
    assert_int_equal(next_of(s, AT(1000), look), AT(2000));
    look.idle = false;
    assert_int_equal(next_of(s, AT(1000), look), 0);
    look = (struct look){ .drained = false, .idle = true, .wall_ns = AT(9000) };
    assert_int_equal(next_of(s, AT(1000), look), 0);
    stream_destroy(s);
}

static void boundary_next_long_silence_comes_boundary_by_boundary(void **state)
{
    (void)state;
    struct stream *s = stream_with(400);
    push(s, row_at(60400, "b", 1));
    int64_t last_ns = 0, n = 0;
    for (int64_t b; (b = next_of(s, last_ns, (struct look){ .drained = true })) != 0; n++) {
        assert_int_equal(b, last_ns == 0 ? AT(1000) : last_ns + INTERVAL_NS);
        last_ns = b;
    }
    assert_int_equal(n, 60);
    stream_destroy(s);
}

static void boundary_next_at_end_goes_up_to_the_first_at_or_after_the_newest(void **state)
{
    (void)state;
    struct look end = { .at_end = true };
    struct stream *s = stream_with(400);
    assert_int_equal(next_of(s, 0, end), AT(1000));
    assert_int_equal(next_of(s, AT(1000), end), 0);
    push(s, row_at(2000, "b", 1));
    assert_int_equal(next_of(s, AT(1000), end), AT(2000));
    assert_int_equal(next_of(s, AT(2000), end), 0);
    push(s, row_at(2001, "c", 1));
    assert_int_equal(next_of(s, AT(2000), end), AT(3000));
    stream_destroy(s);
}

static void boundary_next_after_a_changed_interval_falls_on_its_multiples(void **state)
{
    (void)state;
    struct stream *s = stream_with(400);
    push(s, row_at(60000, "b", 1));
    assert_int_equal(boundary_next(s, AT(1000), 7 * NS_PER_S, REORDER_NS, true, false, 0, false) %
                         (7 * NS_PER_S),
                     0);
    stream_destroy(s);
}

/* ---- batching and order of arrival do not matter ---- */

enum { ROWS = 3000, TEXT = 24 };

struct arrival {
    struct row row;
    char member[TEXT];
    int64_t arrives_ns;
};

static int by_arrival(const void *a, const void *b)
{
    const struct arrival *x = a, *y = b;
    return x->arrives_ns < y->arrives_ns ? -1 : x->arrives_ns > y->arrives_ns ? 1 : 0;
}

/* About 20 s of rows, many of one ms, with and without seq, with silences of seconds. */
static void make_tape(struct arrival *tape, uint64_t *r)
{
    int64_t ms = 0;
    for (int i = 0; i < ROWS; i++) {
        ms += random_next(r) % 3 == 0 ? (int64_t)(random_next(r) % 20) : 0;
        ms += random_next(r) % 1000 == 0 ? 4000 : 0;
        (void)snprintf(tape[i].member, TEXT, "%x", (unsigned)(random_next(r) % 100000));
        tape[i].row = random_next(r) % 2 == 0 ? row_at(ms, tape[i].member, i)
                                              : row_seq(ms, (uint64_t)i, tape[i].member, i);
        tape[i].row.hash = (uint64_t)i + 1; /* equal texts are still different rows */
        tape[i].row.member_n = strlen(tape[i].member);
    }
}

static void shuffle(struct arrival *tape, uint64_t *r)
{
    for (int i = 0; i < ROWS; i++) {
        tape[i].arrives_ns = tape[i].row.q.ts_ns + (int64_t)(random_next(r) % (uint64_t)REORDER_NS);
    }
    qsort(tape, ROWS, sizeof *tape, by_arrival);
    for (int i = 0; i < ROWS; i++) {
        tape[i].row.member = tape[i].member;
    }
}

static void drain(struct stream *s, int64_t *last_ns, bool at_end, struct buf *story)
{
    struct look look = { .drained = true, .at_end = at_end };
    for (int64_t b; (b = next_of(s, *last_ns, look)) != 0; *last_ns = b) {
        struct quote q;
        buf_printf(story, "B%lld\n", (long long)(b - T0_NS));
        while (stream_next(s, b, &q)) {
            buf_printf(story, "%lld %.0f %u\n", (long long)(q.ts_ns - T0_NS), q.bid_sz, q.flags);
        }
        stream_take(s, b);
    }
}

/* What the engine sees of the tape when it comes in batches of up to `most` rows, each read
 * beginning where the stream asked for. */
static void tell(const struct arrival *tape, int most, uint64_t *r, struct buf *story)
{
    struct stream *s = stream_create(REORDER_NS);
    int64_t last_ns = 0, from_ms = 0;
    for (int came = 0; came < ROWS;) {
        came += 1 + (int)(random_next(r) % (uint64_t)most);
        came = came < ROWS ? came : ROWS;
        for (int i = came > 400 ? came - 400 - most : 0; i < came; i++) {
            if (i >= 0 && tape[i].row.q.ts_ns / NS_PER_MS >= from_ms) {
                push(s, tape[i].row);
            }
        }
        from_ms = stream_read_from_ms(s);
        drain(s, &last_ns, false, story);
    }
    drain(s, &last_ns, true, story);
    assert_int_equal(stream_counts(s)->late, 0);
    assert_int_equal(stream_counts(s)->read, ROWS);
    stream_destroy(s);
}

static void boundaries_and_quotes_any_arrival_and_batching_give_the_same_story(void **state)
{
    (void)state;
    static struct arrival tape[ROWS];
    uint64_t r = 42;
    struct buf first, other;
    buf_init(&first, 1 << 20);
    buf_init(&other, 1 << 20);
    for (int seed = 0; seed < 5; seed++) {
        make_tape(tape, &r);
        shuffle(tape, &r);
        buf_clear(&first);
        tell(tape, 1, &r, &first);
        assert_false(first.failed);
        for (int i = 0; i < 8; i++) {
            static const int most[] = { 1, 7, 100, 5000 };
            shuffle(tape, &r);
            buf_clear(&other);
            tell(tape, most[i % 4], &r, &other);
            assert_string_equal(first.data, other.data);
        }
    }
    buf_fini(&first);
    buf_fini(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boundary_next_empty_stream_has_none),
        cmocka_unit_test(boundary_next_waits_for_a_quote_reorder_behind_it),
        cmocka_unit_test(boundary_next_amid_a_backlog_takes_what_lies_well_behind),
        cmocka_unit_test(boundary_next_first_row_on_a_boundary_begins_there),
        cmocka_unit_test(boundary_next_silent_ticker_goes_by_the_wall_clock),
        cmocka_unit_test(boundary_next_long_silence_comes_boundary_by_boundary),
        cmocka_unit_test(boundary_next_at_end_goes_up_to_the_first_at_or_after_the_newest),
        cmocka_unit_test(boundary_next_after_a_changed_interval_falls_on_its_multiples),
        cmocka_unit_test(boundaries_and_quotes_any_arrival_and_batching_give_the_same_story),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
