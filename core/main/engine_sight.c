/* SPDX-License-Identifier: MIT */
/* How far back a detector sees. */
#include "clock.h"
#include "engine.h"
#include "orderflow/detector.h"

int64_t engine_longest_sight_ns(const struct engine *e)
{
    int64_t longest_ns = 0;
    for (size_t i = 0; i < pool_count(e->pool); i++) {
        const struct detector *d = pool_get(e->pool, i);
        int64_t ns = engine_runs(d) ? declaration_sight_ns(&d->decl) : 0;
        longest_ns = ns > longest_ns ? ns : longest_ns;
    }
    return longest_ns;
}

int64_t engine_join_ns(const struct detector *d)
{
    uint32_t shortest_s = UINT32_MAX;
    for (uint32_t i = 0; i < d->decl.n_windows; i++) {
        shortest_s = d->decl.window_s[i] < shortest_s ? d->decl.window_s[i] : shortest_s;
    }
    bool by_rows = (d->decl.flags & OFD_ROWS) != 0 && d->decl.n_windows > 0;
    return by_rows && d->restarts == 0 ? (int64_t)shortest_s * NS_PER_S : 0;
}
