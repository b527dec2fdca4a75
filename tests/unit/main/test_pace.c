/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "pace.h"

enum { IDLE_MS = 1000, CALM_MS = 3000 };

static struct mono at(int64_t ms)
{
    return mono_after_ms((struct mono){ 0 }, 1000000 + ms);
}

static void answer(struct pace *p, int64_t ms, int64_t took_ms)
{
    pace_note(p, took_ms, IDLE_MS, CALM_MS, at(ms));
}

static void assert_ready_since(const struct pace *p, int64_t ms)
{
    assert_int_equal(p->ready_at.ns, at(ms).ns);
}

static void quick_answers_change_nothing(void **state)
{
    (void)state;
    struct pace p = { .ready_at = at(0) };
    for (int64_t ms = 0; ms < 100000; ms += 100) {
        answer(&p, ms, 250);
    }
    assert_ready_since(&p, 0);
}

static void a_stall_is_one_however_long_it_was(void **state)
{
    (void)state;
    struct pace p = { .ready_at = at(0) };
    answer(&p, 60000, 60000);
    assert_ready_since(&p, 60000);
    answer(&p, 60001, 59000); /* the other connection's */
    assert_ready_since(&p, 60001);
}

/* Whatever is between them, silence can be seen some time. */
static void stalls_without_end_are_no_stalls(void **state)
{
    (void)state;
    for (int64_t gap_ms = 10; gap_ms < 5000; gap_ms += 10) {
        struct pace p = { .ready_at = at(0) };
        int64_t ready_ms = 0, ms = 0;
        for (int i = 0; i < 1000; i++) {
            ms += gap_ms;
            int64_t calm_ms = mono_ms_until(p.ready_at, at(ms));
            ready_ms = calm_ms > ready_ms ? calm_ms : ready_ms;
            ms += 300;
            answer(&p, ms, 300);
        }
        assert_true(ready_ms >= IDLE_MS);
    }
}

static void a_stall_long_after_others_is_one_again(void **state)
{
    (void)state;
    struct pace p = { .ready_at = at(0) };
    for (int64_t ms = 1000; ms <= 10000; ms += 1000) {
        answer(&p, ms, 300);
    }
    assert_ready_since(&p, 3000);
    answer(&p, 10000 + CALM_MS + 400 - 1, 400);
    assert_ready_since(&p, 3000);
    answer(&p, 20000, 400);
    assert_ready_since(&p, 20000);
}

static void an_outage_always_counts(void **state)
{
    (void)state;
    struct pace p = { 0 };
    for (int64_t ms = 0; ms < 10000; ms += 100) {
        answer(&p, ms, 300);
        pace_lost(&p, at(ms));
        assert_ready_since(&p, ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quick_answers_change_nothing),
        cmocka_unit_test(a_stall_is_one_however_long_it_was),
        cmocka_unit_test(stalls_without_end_are_no_stalls),
        cmocka_unit_test(a_stall_long_after_others_is_one_again),
        cmocka_unit_test(an_outage_always_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
