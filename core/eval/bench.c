/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "trial.h"

#include <stdlib.h>

enum { DAYS_MIN = 10, HALF_HOUR_S = 1800 };

bool bench_init(struct bench *b, const struct course *c, const struct match *m, double px_tick,
                uint64_t seed, struct err *err)
{
    *b = (struct bench){ .c = c, .m = m, .px_tick = px_tick, .seed = seed, .shifts_max = 9999 };
    b->by_day = c->n_days >= DAYS_MIN;
    b->day_block = malloc((c->n_days + 1) * sizeof *b->day_block);
    if (b->day_block == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory for the statistics");
    }
    for (size_t i = 0; i < c->n_days; i++) {
        int64_t ns = c->days[i].last_ns - c->days[i].first_ns;
        b->day_block[i] = (uint32_t)b->n_blocks;
        b->n_blocks += b->by_day ? 1 : (size_t)(ns / (HALF_HOUR_S * NS_PER_S)) + 1;
    }
    return true;
}

void bench_fini(struct bench *b)
{
    free(b->day_block);
    *b = (struct bench){ .c = NULL };
}
