/* SPDX-License-Identifier: MIT */
/* The life of one episode, row by row, as episode.h tells it. */
#include "tape.h"

static struct tape tape;
static struct book book;

static const int64_t t0_ns = SECONDS(1000);

static const struct episode_rules usual = { .exit_hold_ns = MS(1000),
                                            .merge_ns = MS(2000),
                                            .merge_ticks = 1 };

static int64_t at(int64_t ms)
{
    return t0_ns + MS(ms);
}

static int start(void **state)
{
    (void)state;
    tape.n_rows = tape.n_em = 0;
    book.n = book.calls = 0;
    return 0;
}

static void row(int64_t ms)
{
    add_row(&tape, at(ms), 0);
}

/* A row at which the pattern is true at 100.00 on the bid. */
static struct emission *hit(int64_t ms, double value)
{
    row(ms);
    return add_emission(&tape, at(ms), OFD_BID, PX(10000), value);
}

static void also(int64_t ms, int64_t cents)
{
    (void)add_emission(&tape, at(ms), OFD_BID, cents == 0 ? OFD_NO_PRICE : PX(cents), 1);
}

static struct tracker *judge(const struct episode_rules *rules, int64_t to_ms)
{
    struct tracker *t = tracker_create("SPY", &decl, rules, SECONDS(3600));
    struct run run = { .tape = &tape, .tracker = t, .book = &book, .interval_ns = MS(250) };
    (void)run_to(&run, t0_ns - SECONDS(1), at(to_ms));
    return t;
}

static void judge_all(const struct episode_rules *rules, int64_t to_ms)
{
    tracker_destroy(judge(rules, to_ms));
}

/* ---- onset, life, end ---- */

static void one_true_row_begins_an_active_episode(void **state)
{
    (void)state;
    hit(0, 7)->dir = 1;
    judge_all(&usual, 500);
    assert_int_equal(book.n, 1);
    const struct episode *e = &book.e[0];
    assert_int_equal(e->state, EPISODE_ACTIVE);
    assert_int_equal(strlen(e->id), 16);
    assert_string_equal(e->detector, "demo");
    assert_string_equal(e->kind, "absorption");
    assert_int_equal(e->side, OFD_BID);
    assert_int_equal(e->dir, 1);
    assert_int_equal(e->price, PX(10000));
    assert_int_equal(e->onset_ns, at(0));
    assert_int_equal(e->confirmed_ns, at(0));
    assert_int_equal(e->last_ns, at(0));
    assert_int_equal(e->end_ns, 0);
}

static void quiet_market_keeps_the_episode_active(void **state)
{
    (void)state;
    hit(0, 1);
    judge_all(&usual, 4900);
    assert_int_equal(book.n, 1);
    assert_int_equal(book.calls, 1);
    assert_int_equal(book.e[0].state, EPISODE_ACTIVE);
}

static void false_row_within_exit_hold_is_still_active(void **state)
{
    (void)state;
    hit(0, 1);
    row(100);
    judge_all(&usual, 1000);
    assert_int_equal(book.e[0].state, EPISODE_ACTIVE);
}

static void false_row_after_exit_hold_ends_at_that_row(void **state)
{
    (void)state;
    hit(0, 1);
    row(100);
    row(700);
    judge_all(&usual, 1250);
    assert_int_equal(book.e[0].state, EPISODE_ENDED);
    assert_int_equal(book.e[0].end_reason, END_FADED);
    assert_int_equal(book.e[0].end_ns, at(100));
    assert_int_equal(book.e[0].last_ns, at(0));
}

static void emission_exactly_merge_after_the_false_row_revives(void **state)
{
    (void)state;
    hit(0, 1);
    row(100);
    hit(2100, 1);
    judge_all(&usual, 2250);
    assert_int_equal(book.n, 1);
    assert_int_equal(book.e[0].state, EPISODE_ACTIVE);
    assert_int_equal(book.e[0].end_ns, 0);
    assert_int_equal(book.e[0].end_reason, END_NONE);
    assert_int_equal(book.e[0].last_ns, at(2100));
}

static void emission_after_merge_begins_another(void **state)
{
    (void)state;
    hit(0, 1);
    row(100);
    hit(2101, 1);
    judge_all(&usual, 2250);
    assert_int_equal(book.n, 2);
    assert_int_equal(book.e[1].onset_ns, at(2101));
    assert_string_not_equal(book.e[0].id, book.e[1].id);
}

static void revived_episode_was_shown_ended_before(void **state)
{
    (void)state;
    hit(0, 1);
    row(100);
    hit(1900, 1);
    struct tracker *t = judge(&usual, 1750);
    assert_int_equal(book.e[0].state, EPISODE_ENDED);
    tracker_destroy(t);
}

static void peak_is_the_first_row_with_the_largest_value(void **state)
{
    (void)state;
    struct emission *m = hit(0, 1);
    m->n_ev = 1;
    m->ev[0].i = 10;
    m = hit(100, 5);
    m->n_ev = 1;
    m->ev[0].i = 11;
    m = hit(200, 5);
    m->n_ev = 1;
    m->ev[0].i = 12;
    judge_all(&usual, 500);
    assert_int_equal(book.e[0].peak_ns, at(100));
    assert_int_equal(book.e[0].ev[0].i, 11);
    assert_int_equal(book.e[0].last_ns, at(200));
}

static void quality_gathers_the_rows_it_lived_on(void **state)
{
    (void)state;
    add_row(&tape, at(-100), OFD_ROW_LOCKED);
    add_row(&tape, at(0), OFD_ROW_WIDE);
    (void)add_emission(&tape, at(0), OFD_BID, PX(10000), 1);
    add_row(&tape, at(50), OFD_ROW_CROSSED);
    hit(100, 1);
    add_row(&tape, at(150), OFD_ROW_EMPTY);
    judge_all(&usual, 500);
    assert_int_equal(book.e[0].quality, 1 << 4 | 1 << 3);
}

static void start_before_the_first_row_is_the_onset(void **state)
{
    (void)state;
    row(-500);
    hit(0, 1)->start_ns = at(-500);
    judge_all(&usual, 250);
    assert_int_equal(book.e[0].onset_ns, at(-500));
    assert_int_equal(book.e[0].confirmed_ns, at(0));
}

static void start_inside_an_earlier_episode_is_not_believed(void **state)
{
    (void)state;
    hit(0, 1);
    row(100);
    hit(5000, 1)->start_ns = at(50);
    judge_all(&usual, 5250);
    assert_int_equal(book.n, 2);
    assert_int_equal(book.e[1].onset_ns, at(5000));
}

/* ---- min_hold ---- */

static const struct episode_rules held = { .min_hold_ns = MS(500), .merge_ticks = 1 };

static void candidate_is_not_published_before_min_hold(void **state)
{
    (void)state;
    hit(100, 1);
    judge_all(&held, 500);
    assert_int_equal(book.n, 0);
}

static void candidate_without_a_false_row_is_confirmed_in_silence(void **state)
{
    (void)state;
    hit(0, 1);
    judge_all(&held, 500);
    assert_int_equal(book.n, 1);
    assert_int_equal(book.e[0].confirmed_ns, at(500));
}

static void candidate_with_a_false_row_before_min_hold_never_existed(void **state)
{
    (void)state;
    hit(0, 1);
    row(499);
    judge_all(&held, 2000);
    assert_int_equal(book.n, 0);
}

static void candidate_with_a_false_row_at_min_hold_existed(void **state)
{
    (void)state;
    hit(0, 1);
    row(500);
    judge_all(&held, 2000);
    assert_int_equal(book.n, 1);
    assert_int_equal(book.e[0].end_ns, at(500));
}

/* ---- gaps ---- */

static void row_after_a_gap_ends_at_the_last_row_before_it(void **state)
{
    (void)state;
    hit(0, 1);
    hit(300, 1);
    add_row(&tape, at(8000), OFD_ROW_GAP);
    (void)add_emission(&tape, at(8000), OFD_BID, PX(10000), 1);
    judge_all(&usual, 8000);
    assert_int_equal(book.n, 2);
    assert_int_equal(book.e[0].end_reason, END_GAP);
    assert_int_equal(book.e[0].end_ns, at(300));
    assert_int_equal(book.e[1].onset_ns, at(8000));
}

static void silence_of_the_gap_limit_changes_nothing(void **state)
{
    (void)state;
    hit(0, 1);
    judge_all(&usual, 5000);
    assert_int_equal(book.e[0].state, EPISODE_ACTIVE);
}

static void silence_beyond_the_gap_limit_ends_at_the_last_row(void **state)
{
    (void)state;
    hit(0, 1);
    judge_all(&usual, 5250);
    assert_int_equal(book.e[0].end_reason, END_GAP);
    assert_int_equal(book.e[0].end_ns, at(0));
}

static void verdict_during_a_gap_begins_nothing(void **state)
{
    (void)state;
    row(0);
    also(6000, 10000);
    also(7000, 10000);
    judge_all(&usual, 8000);
    assert_int_equal(book.n, 0);
}

/* ---- identity ---- */

static void price_within_merge_ticks_belongs_to_the_episode(void **state)
{
    (void)state;
    hit(0, 1);
    row(100);
    also(100, 10001);
    judge_all(&usual, 250);
    assert_int_equal(book.n, 1);
    assert_int_equal(book.e[0].price, PX(10000));
    assert_int_equal(book.e[0].last_ns, at(100));
}

static void price_beyond_merge_ticks_is_another(void **state)
{
    (void)state;
    hit(0, 1);
    also(0, 10002);
    judge_all(&usual, 250);
    assert_int_equal(book.n, 2);
}

static void nearest_price_wins(void **state)
{
    (void)state;
    struct episode_rules wide = usual;
    wide.merge_ticks = 2;
    hit(0, 1);
    also(0, 10003);
    row(100);
    also(100, 10002);
    judge_all(&wide, 250);
    assert_int_equal(book.n, 2);
    assert_int_equal(book.e[0].price == PX(10003) ? book.e[0].last_ns : book.e[1].last_ns, at(100));
}

static void no_price_matches_only_no_price(void **state)
{
    (void)state;
    hit(0, 1);
    also(0, 0);
    row(100);
    also(100, 0);
    judge_all(&usual, 250);
    assert_int_equal(book.n, 2);
}

static void other_side_or_kind_is_another(void **state)
{
    (void)state;
    hit(0, 1);
    (void)add_emission(&tape, at(0), OFD_ASK, PX(10000), 1);
    add_emission(&tape, at(0), OFD_BID, PX(10000), 1)->kind = 1;
    judge_all(&usual, 250);
    assert_int_equal(book.n, 3);
}

static void id_depends_on_the_ticker(void **state)
{
    (void)state;
    hit(0, 1);
    judge_all(&usual, 250);
    struct tracker *t = tracker_create("QQQ", &decl, &usual, SECONDS(3600));
    struct run run = { .tape = &tape, .tracker = t, .book = &book, .interval_ns = MS(250) };
    (void)run_to(&run, t0_ns - SECONDS(1), at(250));
    tracker_destroy(t);
    assert_int_equal(book.n, 2);
}

static void cooldown_lets_nothing_begin(void **state)
{
    (void)state;
    struct episode_rules cool = usual;
    cool.cooldown_ns = MS(4000);
    hit(0, 1);
    row(100);
    hit(4099, 1);
    hit(4100, 1);
    judge_all(&cool, 4250);
    assert_int_equal(book.n, 2);
    assert_int_equal(book.e[1].onset_ns, at(4100));
}

/* ---- the tracker ---- */

static void step_back_in_time_is_refused(void **state)
{
    (void)state;
    hit(0, 1);
    struct tracker *t = judge(&usual, 1000);
    struct rows rows = { .n = 0 };
    struct judged again = { .rows = &rows, .boundary_ns = at(1000), .px_tick = TICK_PX };
    struct err err = { 0 };
    assert_false(tracker_step(t, &again, book_put, &book, &err));
    assert_int_equal(err.code, ERR_INVALID);
    tracker_destroy(t);
}

static void end_all_ends_the_active_and_forgets_candidates(void **state)
{
    (void)state;
    hit(0, 1);
    row(600);
    also(600, 10000);
    also(600, 10005);
    struct tracker *t = judge(&held, 750);
    tracker_end_all(t, END_DETECTOR, at(800), book_put, &book);
    assert_int_equal(tracker_count(t), 1);
    assert_int_equal(book.e[0].end_reason, END_DETECTOR);
    assert_int_equal(book.e[0].end_ns, at(800));
    tracker_destroy(t);
}

/* Another build: kinds and fields in another order, one of each gone, one new. */
static void rebind_finds_kinds_and_evidence_by_their_keys(void **state)
{
    (void)state;
    static char size[] = "size", level[] = "level", more[] = "more";
    static const struct declaration before = { .id = "demo",
                                               .n_kinds = 2,
                                               .kinds = { kind_b, kind_a },
                                               .n_fields = 2,
                                               .fields = { { .type = OFD_INT, .key = size },
                                                           { .type = OFD_INT, .key = level } } };
    static const struct declaration after = { .id = "demo",
                                              .n_kinds = 1,
                                              .kinds = { kind_a },
                                              .n_fields = 2,
                                              .fields = { { .type = OFD_INT, .key = more },
                                                          { .type = OFD_INT, .key = level } } };
    struct emission *first = hit(0, 1);
    first->kind = 1;
    first->n_ev = 2;
    first->ev[0] = (struct evidence){ .field = 0, .i = 5 };
    first->ev[1] = (struct evidence){ .field = 1, .i = 6 };
    struct tracker *t = tracker_create("SPY", &before, &usual, SECONDS(3600));
    struct run run = { .tape = &tape, .tracker = t, .book = &book, .interval_ns = MS(250) };
    (void)run_to(&run, t0_ns - SECONDS(1), at(250));
    tracker_rebind(t, &after, &usual);
    (void)hit(500, 1); /* kind 0 is what was kind 1 */
    (void)run_to(&run, at(250), at(750));
    assert_int_equal(tracker_count(t), 1);
    assert_int_equal(tracker_get(t, 0)->last_ns, at(500));
    assert_int_equal(tracker_get(t, 0)->n_ev, 1);
    assert_int_equal(tracker_get(t, 0)->ev[0].field, 1);
    assert_int_equal(tracker_get(t, 0)->ev[0].i, 6);
    tracker_destroy(t);
}

static void rebind_puts_other_rules_in_force(void **state)
{
    (void)state;
    static const struct episode_rules slow = { .exit_hold_ns = MS(4000), .merge_ns = MS(2000) };
    hit(0, 1);
    struct tracker *t = tracker_create("SPY", &decl, &usual, SECONDS(3600));
    struct run run = { .tape = &tape, .tracker = t, .book = &book, .interval_ns = MS(250) };
    (void)run_to(&run, t0_ns - SECONDS(1), at(250));
    tracker_rebind(t, &decl, &slow);
    row(500);
    row(3000);
    (void)run_to(&run, at(250), at(3250));
    assert_int_equal(tracker_get(t, 0)->state, EPISODE_ACTIVE); /* by the old rule it had ended */
    row(5000);
    (void)run_to(&run, at(3250), at(5250));
    assert_int_equal(tracker_get(t, 0)->state, EPISODE_ENDED);
    tracker_destroy(t);
}

static void list_is_by_onset_and_without_candidates(void **state)
{
    (void)state;
    hit(0, 1);
    also(0, 10005);
    row(200);
    also(200, 10000);
    also(200, 10005);
    also(200, 10009);
    struct tracker *t = judge(&held, 500);
    assert_int_equal(tracker_count(t), 2);
    assert_true(tracker_get(t, 0)->onset_ns <= tracker_get(t, 1)->onset_ns);
    tracker_destroy(t);
}

static void ended_episodes_are_forgotten_after_keep(void **state)
{
    (void)state;
    struct tracker *t = tracker_create("SPY", &decl, &usual, SECONDS(64));
    struct run run = { .tape = &tape, .tracker = t, .book = &book, .interval_ns = MS(250) };
    hit(0, 1);
    for (int64_t ms = 100; ms < 70000; ms += 1000) {
        row(ms);
    }
    int64_t done_ns = run_to(&run, t0_ns - SECONDS(1), at(60000));
    assert_int_equal(tracker_count(t), 1);
    (void)run_to(&run, done_ns, at(66000));
    assert_int_equal(tracker_count(t), 0);
    tracker_destroy(t);
}

static void ended_episodes_that_nobody_asks_for_go_and_still_count(void **state)
{
    (void)state;
    struct episode_rules cooled = usual;
    cooled.cooldown_ns = SECONDS(20);
    struct tracker *t = tracker_create("SPY", &decl, &cooled, 0);
    struct run run = { .tape = &tape, .tracker = t, .book = &book, .interval_ns = MS(250) };
    hit(0, 1);
    row(100); /* where it ends */
    row(5000);
    hit(20000, 1); /* too early */
    row(20050);
    hit(20150, 1)->start_ns = at(50); /* while the other still was true */
    row(20200);
    row(30000);
    int64_t done_ns = run_to(&run, t0_ns - SECONDS(1), at(20000));
    assert_int_equal(tracker_count(t), 0);
    done_ns = run_to(&run, done_ns, at(20250));
    assert_int_equal(tracker_count(t), 1);
    (void)run_to(&run, done_ns, at(30000));
    assert_int_equal(tracker_count(t), 0);
    assert_int_equal(book.n, 2);
    assert_int_equal(book.e[1].onset_ns, at(20150));
    tracker_destroy(t);
}

static void flood_of_prices_stays_within_the_cap(void **state)
{
    (void)state;
    struct tracker *t = tracker_create("SPY", &decl, &usual, SECONDS(3600));
    struct run run = { .tape = &tape, .tracker = t, .book = &book, .interval_ns = MS(250) };
    row(0);
    for (int64_t i = 0; i < TRACKER_MAX + 500; i++) {
        also(0, 10000 + 10 * i);
    }
    (void)run_to(&run, t0_ns - SECONDS(1), at(250));
    assert_int_equal(tracker_count(t), TRACKER_MAX);
    row(300);
    row(4000);
    hit(4100, 1);
    (void)run_to(&run, at(250), at(4250));
    assert_true(tracker_count(t) <= TRACKER_MAX);
    assert_int_equal(tracker_get(t, tracker_count(t) - 1)->onset_ns, at(4100));
    tracker_destroy(t);
}

#define CASE(test) cmocka_unit_test_setup(test, start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(one_true_row_begins_an_active_episode),
        CASE(quiet_market_keeps_the_episode_active),
        CASE(false_row_within_exit_hold_is_still_active),
        CASE(false_row_after_exit_hold_ends_at_that_row),
        CASE(emission_exactly_merge_after_the_false_row_revives),
        CASE(emission_after_merge_begins_another),
        CASE(revived_episode_was_shown_ended_before),
        CASE(peak_is_the_first_row_with_the_largest_value),
        CASE(quality_gathers_the_rows_it_lived_on),
        CASE(start_before_the_first_row_is_the_onset),
        CASE(start_inside_an_earlier_episode_is_not_believed),
        CASE(candidate_is_not_published_before_min_hold),
        CASE(candidate_without_a_false_row_is_confirmed_in_silence),
        CASE(candidate_with_a_false_row_before_min_hold_never_existed),
        CASE(candidate_with_a_false_row_at_min_hold_existed),
        CASE(row_after_a_gap_ends_at_the_last_row_before_it),
        CASE(silence_of_the_gap_limit_changes_nothing),
        CASE(silence_beyond_the_gap_limit_ends_at_the_last_row),
        CASE(verdict_during_a_gap_begins_nothing),
        CASE(price_within_merge_ticks_belongs_to_the_episode),
        CASE(price_beyond_merge_ticks_is_another),
        CASE(nearest_price_wins),
        CASE(no_price_matches_only_no_price),
        CASE(other_side_or_kind_is_another),
        CASE(id_depends_on_the_ticker),
        CASE(cooldown_lets_nothing_begin),
        CASE(step_back_in_time_is_refused),
        CASE(end_all_ends_the_active_and_forgets_candidates),
        CASE(rebind_finds_kinds_and_evidence_by_their_keys),
        CASE(rebind_puts_other_rules_in_force),
        CASE(list_is_by_onset_and_without_candidates),
        CASE(ended_episodes_are_forgotten_after_keep),
        CASE(ended_episodes_that_nobody_asks_for_go_and_still_count),
        CASE(flood_of_prices_stays_within_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
