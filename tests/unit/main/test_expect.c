/* SPDX-License-Identifier: MIT */
/* What a ticker will read can be asked for at any time, before its first quote, too. Undefined
 * behaviour is seen by the sanitized build. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "clock.h"
#include "prefetch.h"
#include "ticker.h"

enum { ARENA_BYTES = 1 << 20 };

static void a_ticker_without_quotes_may_be_asked_for(void **state)
{
    (void)state;
    static const struct settings cfg = { .engine_interval_ms = 1000, .engine_reorder_ms = 100 };
    struct arena arena;
    void *memory = calloc(1, ARENA_BYTES);
    assert_non_null(memory);
    assert_true(arena_init(&arena, memory, ARENA_BYTES, NULL));
    struct ticker_env env = { .cfg = &cfg,
                              .arena = &arena,
                              .metrics = { .large_sz = 10000, .jump_sz = 15000 },
                              .longest_window_ns = 300 * NS_PER_S };
    struct ticker *t = ticker_create(&env, "SPY", 0, 0, NULL);
    assert_non_null(t);
    for (int step = 0; step <= EXPECT_STEPS; step++) {
        ticker_expect(&env, t, step);
    }
    assert_int_equal(t->n_queue, 0);
    assert_null(t->queue);
    ticker_destroy(t);
    arena_fini(&arena);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(
        a_ticker_without_quotes_may_be_asked_for) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
