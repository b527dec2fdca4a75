/* SPDX-License-Identifier: MIT */
/* The file that [results] scores takes: of every group the trial nearest to an agent that takes
 * 10 s and looks 60 s ahead. Which one it is never depends on how it came out. */
#include "backtest.h"
#include "score.h"
#include "version.h"

#include <math.h>
#include <stdlib.h>

enum { LATENCY_MS = 10000, HORIZON_MS = 60000 };

static size_t nearest(const int64_t *ms, size_t n, int64_t wanted_ms)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++) {
        best = llabs(ms[i] - wanted_ms) < llabs(ms[best] - wanted_ms) ? i : best;
    }
    return best;
}

static double rounded(double x)
{
    return round(x * 1e6) / 1e6;
}

static void put_group(const struct backtest *b, const struct told_ticker *t, const struct group *g,
                      struct buf *out)
{
    size_t k = nearest(b->o.latency_ms, b->o.n_latencies, LATENCY_MS) * b->o.n_horizons +
               nearest(b->o.horizon_ms, b->o.n_horizons, HORIZON_MS);
    const struct trial *x = &g->trials[k];
    struct score_entry e = {
        .s = { .n = (int64_t)x->n,
               .latency_s = x->latency_ms / 1000,
               .horizon_s = x->horizon_ms / 1000,
               .lift = rounded(x->lift.value),
               .lo = rounded(x->n > 0 ? x->lift.ci.lo : (double)NAN),
               .hi = rounded(x->n > 0 ? x->lift.ci.hi : (double)NAN) },
    };
    (void)snprintf(e.ticker, sizeof e.ticker, "%s", t->name);
    (void)snprintf(e.thr, sizeof e.thr, "%s", g->thr);
    (void)snprintf(e.s.detector, sizeof e.s.detector, "%s", g->detector);
    (void)snprintf(e.s.kind, sizeof e.s.kind, "%s", g->kind);
    (void)snprintf(e.s.side, sizeof e.s.side, "%s", g->side);
    (void)snprintf(e.s.verdict, sizeof e.s.verdict, "%s", finding_name(g->verdict[k]));
    score_entry_put(&e, out);
}

void backtest_scores(const struct backtest *b, struct buf *out)
{
    const char *separator = "\n";
    buf_printf(out,
               "{\"format\": \"orderflow-scores\", \"version\": 1, \"orderflow\": \"%s\", "
               "\"family\": %zu, \"scores\": [",
               ORDERFLOW_VERSION, b->family.size);
    for (size_t i = 0; i < b->n_tickers; i++) {
        const struct told_ticker *t = &b->tickers[i];
        for (size_t k = 0; k < t->n_groups; k++) {
            if (t->groups[k].directed && t->groups[k].thr[0] != '\0') {
                buf_puts(out, separator);
                put_group(b, t, &t->groups[k], out);
                separator = ",\n";
            }
        }
    }
    buf_puts(out, "\n]}\n");
}
