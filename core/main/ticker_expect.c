/* SPDX-License-Identifier: MIT */
/* What taking the next boundary of a ticker will read. */
#include "prefetch.h"
#include "ticker.h"

static void expect_meter(const struct ticker_env *env, const struct ticker *t, int step)
{
    static const int64_t seconds[] = { 10, 60, 300 };
    struct rows r = window_rows(&t->window);
    int64_t next_ns = t->taken_ns + env->cfg->engine_interval_ms * 1000000;
    for (size_t i = 0; i < (step == 1 ? 1 : sizeof seconds / sizeof seconds[0]); i++) {
        meter_expect(t->meter, &r, next_ns, seconds[i], step);
    }
}

void ticker_expect(const struct ticker_env *env, const struct ticker *t, int step)
{
    if (step == 0) {
        prefetch_bytes(t, sizeof *t);
        return;
    }
    window_expect(&t->window, step);
    level_book_expect(t->levels, step);
    expect_meter(env, t, step);
    if (step == 1 && t->queue != NULL) {
        prefetch(t->queue + t->n_queue);
    }
}
