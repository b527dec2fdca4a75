/* SPDX-License-Identifier: MIT */
/* Killed at any boundary and started again on stored episodes, the episodes are the same. */
#include "tape.h"

static struct tape tape;
static struct book undisturbed, stored, again;

static const int64_t interval_ns = SECONDS(1);

static size_t row_at(int64_t ts_ns)
{
    size_t i = 0;
    while (i + 1 < tape.n_rows && tape.ts_ns[i] < ts_ns) {
        i++;
    }
    return i;
}

static void restore_all(struct tracker *t, const struct book *book)
{
    struct err err = { 0 };
    for (size_t i = 0; i < book->n; i++) {
        if (!tracker_restore(t, &book->e[i], &err)) {
            fail_msg("%s", err.text);
        }
    }
}

/* Judges up to the last boundary not after kill_ns; what it published is left in `stored`. */
static void run_until_killed(const struct episode_rules *rules, int64_t kill_ns)
{
    struct tracker *t = tracker_create("SPY", &decl, rules, SECONDS(3600));
    struct run run = { .tape = &tape, .tracker = t, .book = &stored, .interval_ns = interval_ns };
    stored.n = 0;
    (void)run_to(&run, tape.ts_ns[0] - SECONDS(2), kill_ns);
    tracker_destroy(t);
}

/* A fresh tracker on what is stored, judging from from_ns on; `again` is the overlay. */
static void run_again(const struct episode_rules *rules, int64_t kill_ns, int64_t from_ns)
{
    struct tracker *t = tracker_create("SPY", &decl, rules, SECONDS(3600));
    struct run run = {
        .tape = &tape,
        .tracker = t,
        .book = &again,
        .interval_ns = interval_ns,
        .first_row = row_at(from_ns - SECONDS(10)),
        .from_ns = from_ns,
    };
    again = stored;
    restore_all(t, &stored);
    tracker_begin(t, kill_ns, from_ns);
    (void)run_to(&run, from_ns - 1, tape_end(&tape));
    tracker_end_restored(t, book_put, &again);
    tracker_destroy(t);
}

static void random_tapes_killed_anywhere_give_the_same_episodes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct episode_rules rules = random_rules(seed);
        rules.merge_ticks = rules.min_hold_ns > 0 ? 0 : rules.merge_ticks;
        uint64_t r = seed ^ 0xabcdef;
        random_tape(&tape, seed, 300);
        run_until_killed(&rules, tape_end(&tape));
        undisturbed = stored;
        int64_t span_s = (tape_end(&tape) - tape.ts_ns[0]) / SECONDS(1);
        for (int k = 0; k < 25; k++) {
            int64_t kill_ns = tape.ts_ns[0] / SECONDS(1) * SECONDS(1) + SECONDS(pick(&r, span_s));
            int64_t from_ns = kill_ns - rules.min_hold_ns - MS(pick(&r, 60000) * pick(&r, 2));
            run_until_killed(&rules, kill_ns);
            run_again(&rules, kill_ns, from_ns);
            if (!same_book(&undisturbed, &again)) {
                fail_msg("seed %d kill %lld from %lld", (int)seed, (long long)kill_ns / 1000000,
                         (long long)from_ns / 1000000);
            }
        }
    }
}

/* ---- by hand: one stored episode, one row of rules ---- */

static const struct episode_rules usual = { .exit_hold_ns = MS(1000),
                                            .merge_ns = MS(2000),
                                            .merge_ticks = 1 };

static const int64_t t0_ns = SECONDS(1000);

static struct episode stored_active(int64_t onset_ms, int64_t last_ms)
{
    return (struct episode){
        .id = "0123456789abcdef",
        .detector = "demo",
        .kind = "absorption",
        .side = OFD_BID,
        .price = PX(10000),
        .state = EPISODE_ACTIVE,
        .onset_ns = t0_ns + MS(onset_ms),
        .confirmed_ns = t0_ns + MS(onset_ms),
        .peak_ns = t0_ns + MS(onset_ms),
        .peak_value = 9,
        .last_ns = t0_ns + MS(last_ms),
    };
}

static void row(int64_t ms)
{
    add_row(&tape, t0_ns + MS(ms), 0);
}

static void hit(int64_t ms)
{
    row(ms);
    (void)add_emission(&tape, t0_ns + MS(ms), OFD_BID, PX(10000), 1);
}

static void judge_after(const struct episode *e, int64_t judged_to_ms, int64_t from_ms,
                        int64_t to_ms)
{
    struct tracker *t = tracker_create("SPY", &decl, &usual, SECONDS(3600));
    struct run run = {
        .tape = &tape,
        .tracker = t,
        .book = &again,
        .interval_ns = MS(250),
        .from_ns = t0_ns + MS(from_ms),
    };
    again.n = 0;
    stored.n = 1;
    stored.e[0] = *e;
    restore_all(t, &stored);
    tracker_begin(t, t0_ns + MS(judged_to_ms), t0_ns + MS(from_ms));
    (void)run_to(&run, t0_ns + MS(from_ms) - 1, t0_ns + MS(to_ms));
    tracker_end_restored(t, book_put, &again);
    tracker_destroy(t);
}

static int start(void **state)
{
    (void)state;
    tape.n_rows = tape.n_em = 0;
    return 0;
}

static void active_one_true_again_keeps_id_onset_and_peak(void **state)
{
    (void)state;
    struct episode e = stored_active(-60000, 100);
    hit(0);
    hit(100);
    hit(200);
    judge_after(&e, 100, 0, 250);
    assert_int_equal(again.n, 1);
    assert_string_equal(again.e[0].id, e.id);
    assert_int_equal(again.e[0].onset_ns, e.onset_ns);
    assert_int_equal(again.e[0].peak_ns, e.peak_ns);
    assert_int_equal(again.e[0].last_ns, t0_ns + MS(200));
}

static void active_one_with_nothing_new_is_not_published_again(void **state)
{
    (void)state;
    struct episode e = stored_active(-60000, 100);
    hit(0);
    hit(100);
    judge_after(&e, 100, 0, 1000);
    assert_int_equal(again.n, 0);
}

static void active_one_false_afterwards_fades_at_that_row(void **state)
{
    (void)state;
    struct episode e = stored_active(-60000, 100);
    hit(100);
    row(300);
    judge_after(&e, 1000, 400, 2000);
    assert_int_equal(again.n, 1);
    assert_int_equal(again.e[0].end_reason, END_FADED);
    assert_int_equal(again.e[0].end_ns, t0_ns + MS(300));
}

static void active_one_whose_rows_are_gone_ends_with_restart(void **state)
{
    (void)state;
    struct episode e = stored_active(-60000, -3000);
    row(0);
    judge_after(&e, -2000, 0, 1000);
    assert_int_equal(again.n, 1);
    assert_int_equal(again.e[0].end_reason, END_RESTART);
    assert_int_equal(again.e[0].end_ns, e.last_ns);
}

static void active_one_with_rows_nobody_judged_ends_with_restart(void **state)
{
    (void)state;
    struct episode e = stored_active(-60000, -3000);
    row(-4000);
    row(-2500);
    row(0);
    judge_after(&e, -3000, 0, 1000);
    assert_int_equal(again.e[0].end_reason, END_RESTART);
    assert_int_equal(again.e[0].end_ns, e.last_ns);
}

static void active_one_true_again_within_merge_goes_on(void **state)
{
    (void)state;
    struct episode e = stored_active(-60000, -1000);
    row(-500);
    hit(0);
    judge_after(&e, -1000, 0, 250);
    assert_int_equal(again.n, 1);
    assert_string_equal(again.e[0].id, e.id);
    assert_int_equal(again.e[0].state, EPISODE_ACTIVE);
}

static void active_one_without_any_row_ends_with_restart(void **state)
{
    (void)state;
    struct episode e = stored_active(-60000, -1000);
    judge_after(&e, 0, 0, 1000);
    assert_int_equal(again.e[0].end_reason, END_RESTART);
}

static void active_one_of_an_unknown_kind_ends_with_restart(void **state)
{
    (void)state;
    struct episode e = stored_active(-60000, 100);
    (void)snprintf(e.kind, sizeof e.kind, "spoof");
    hit(0);
    hit(100);
    hit(200);
    judge_after(&e, 100, 0, 2000);
    assert_int_equal(again.n, 2);
}

static void ended_one_before_everything_is_left_alone(void **state)
{
    (void)state;
    struct episode e = stored_active(-60000, -50000);
    e.state = EPISODE_ENDED;
    e.end_reason = END_FADED;
    e.end_ns = e.last_ns + MS(100);
    hit(0);
    judge_after(&e, 0, 0, 250);
    assert_int_equal(again.n, 1);
    assert_string_not_equal(again.e[0].id, e.id);
}

static void faded_one_true_again_within_merge_is_revived(void **state)
{
    (void)state;
    struct episode e = stored_active(-60000, -1100);
    e.state = EPISODE_ENDED;
    e.end_reason = END_FADED;
    e.end_ns = t0_ns - MS(1000);
    hit(900);
    judge_after(&e, 0, 0, 1000);
    assert_int_equal(again.n, 1);
    assert_string_equal(again.e[0].id, e.id);
    assert_int_equal(again.e[0].state, EPISODE_ACTIVE);
}

static void gap_ended_one_is_never_revived(void **state)
{
    (void)state;
    struct episode e = stored_active(-60000, -100);
    e.state = EPISODE_ENDED;
    e.end_reason = END_GAP;
    e.end_ns = e.last_ns;
    hit(0);
    judge_after(&e, 0, 0, 250);
    assert_int_equal(again.n, 1);
    assert_string_not_equal(again.e[0].id, e.id);
}

static void episode_of_another_detector_is_refused(void **state)
{
    (void)state;
    struct episode e = stored_active(-60000, -100);
    struct tracker *t = tracker_create("SPY", &decl, &usual, SECONDS(3600));
    struct err err = { 0 };
    (void)snprintf(e.detector, sizeof e.detector, "other");
    assert_false(tracker_restore(t, &e, &err));
    assert_int_equal(err.code, ERR_INVALID);
    tracker_destroy(t);
}

#define CASE(test) cmocka_unit_test_setup(test, start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_tapes_killed_anywhere_give_the_same_episodes),
        CASE(active_one_true_again_keeps_id_onset_and_peak),
        CASE(active_one_with_nothing_new_is_not_published_again),
        CASE(active_one_false_afterwards_fades_at_that_row),
        CASE(active_one_whose_rows_are_gone_ends_with_restart),
        CASE(active_one_with_rows_nobody_judged_ends_with_restart),
        CASE(active_one_true_again_within_merge_goes_on),
        CASE(active_one_without_any_row_ends_with_restart),
        CASE(active_one_of_an_unknown_kind_ends_with_restart),
        CASE(ended_one_before_everything_is_left_alone),
        CASE(faded_one_true_again_within_merge_is_revived),
        CASE(gap_ended_one_is_never_revived),
        CASE(episode_of_another_detector_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
