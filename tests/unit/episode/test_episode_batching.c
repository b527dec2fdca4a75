/* SPDX-License-Identifier: MIT */
/* However the same rows and emissions are cut into boundaries, and however long ended episodes are
 * kept, the episodes are the same. */
#include "tape.h"

static struct tape tape;
static struct book whole, cut;

static void run_all(struct book *book, const struct episode_rules *rules, int64_t interval_ns,
                    int64_t keep_ns)
{
    struct tracker *t = tracker_create("SPY", &decl, rules, keep_ns);
    struct run run = { .tape = &tape, .tracker = t, .book = book, .interval_ns = interval_ns };
    book->n = book->calls = 0;
    int64_t end_ns = tape_end(&tape);
    if (interval_ns == 0) {
        step_to(&run, INT64_MIN, end_ns);
    } else {
        (void)run_to(&run, tape.ts_ns[0] - SECONDS(10), end_ns);
    }
    tracker_destroy(t);
}

static void random_tapes_cut_at_any_interval_give_the_same_episodes(void **state)
{
    (void)state;
    static const int64_t intervals_ms[] = { 50, 250, 1000, 5000, 20000 };
    size_t total = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct episode_rules rules = random_rules(seed);
        random_tape(&tape, seed, 400);
        run_all(&whole, &rules, 0, SECONDS(3600));
        total += whole.n;
        for (size_t i = 0; i < sizeof intervals_ms / sizeof intervals_ms[0]; i++) {
            run_all(&cut, &rules, MS(intervals_ms[i]), i % 2 == 0 ? 0 : SECONDS(3600));
            if (!same_book(&whole, &cut)) {
                fail_msg("seed %d interval %d ms", (int)seed, (int)intervals_ms[i]);
            }
        }
    }
    assert_true(total > 2000);
}

/* The newest time first; what is of one time stays as it is. */
static void reverse_times(struct tape *t)
{
    static struct emission turned[TAPE_EMISSIONS_MAX];
    size_t n = 0;
    for (size_t end = t->n_em; end > 0;) {
        size_t first = end - 1;
        while (first > 0 && t->em[first - 1].ts_ns == t->em[end - 1].ts_ns) {
            first--;
        }
        for (size_t i = first; i < end; i++) {
            turned[n++] = t->em[i];
        }
        end = first;
    }
    for (size_t i = 0; i < n; i++) {
        t->em[i] = turned[i];
    }
}

static void emissions_in_any_order_give_the_same_episodes(void **state)
{
    (void)state;
    for (uint64_t seed = 200; seed < 210; seed++) {
        struct episode_rules rules = random_rules(seed);
        random_tape(&tape, seed, 400);
        run_all(&whole, &rules, 0, SECONDS(3600));
        reverse_times(&tape);
        run_all(&cut, &rules, 0, SECONDS(3600));
        assert_true(whole.n > 0 && same_book(&whole, &cut));
    }
}

static void random_tapes_every_episode_is_ordered_and_ended(void **state)
{
    (void)state;
    size_t faded = 0, gaps = 0;
    for (uint64_t seed = 100; seed <= 140; seed++) {
        struct episode_rules rules = random_rules(seed);
        random_tape(&tape, seed, 400);
        run_all(&cut, &rules, SECONDS(1), SECONDS(3600));
        for (size_t i = 0; i < cut.n; i++) {
            const struct episode *e = &cut.e[i];
            assert_int_equal(e->state, EPISODE_ENDED);
            assert_true(e->onset_ns + rules.min_hold_ns <= e->confirmed_ns);
            assert_true(e->confirmed_ns <= e->end_ns && e->last_ns <= e->end_ns);
            assert_true(e->onset_ns <= e->peak_ns && e->peak_ns <= e->last_ns);
            faded += e->end_reason == END_FADED;
            gaps += e->end_reason == END_GAP;
        }
    }
    assert_true(faded > 500 && gaps > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_tapes_cut_at_any_interval_give_the_same_episodes),
        cmocka_unit_test(emissions_in_any_order_give_the_same_episodes),
        cmocka_unit_test(random_tapes_every_episode_is_ordered_and_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
