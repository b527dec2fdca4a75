/* SPDX-License-Identifier: MIT */
#include "metrics_window.h"

/* Row by row from the oldest: the definition. */

/* What the two below are handed. */
struct scan {
    const struct metrics_config *cfg;
};

static size_t scan_after(const void *ctx, const struct rows *r, int64_t t)
{
    (void)ctx;
    return rows_after(r, t);
}

static void scan_rows(void *ctx, const struct rows *r, const struct span *sp, size_t middle,
                      struct sums *into, struct half *older)
{
    const struct metrics_config *cfg = ((const struct scan *)ctx)->cfg;
    struct carry carry = { 0 };
    struct sums before = { 0 };
    for (size_t i = 0; i < sp->end; i++) {
        sums_add_row(i < sp->begin ? &before : into, &carry, cfg, r, i);
        if (i >= sp->begin && i + 1 < sp->end) {
            int64_t end_ns = hold_end_ns(cfg, r->ts_ns[i], r->ts_ns[i + 1], r->flags[i + 1]);
            sums_add_hold(into, cfg, r, i, end_ns - r->ts_ns[i]);
        }
    }
    half_add_rows(older, r, sp->begin, middle);
}

void grid_walk(const struct metrics_config *cfg, const struct rows *r, const struct span *sp,
               int64_t last, struct grid *g)
{
    for (int64_t second = (sp->start_ns + NS_PER_S - 1) / NS_PER_S; second <= last; second++) {
        size_t next = rows_after(r, second * NS_PER_S);
        if (next == 0) {
            grid_add(g, 0, 0);
            continue;
        }
        int64_t end_ns = sp->stale_ns;
        if (next < sp->end) {
            end_ns = hold_end_ns(cfg, r->ts_ns[next - 1], r->ts_ns[next], r->flags[next]);
        }
        int64_t at = second;
        grid_add_row(g, r, next - 1, end_ns, &at, second);
    }
}

static void scan_grid(void *ctx, const struct rows *r, const struct span *sp, struct grid *g)
{
    grid_walk(((const struct scan *)ctx)->cfg, r, sp, sp->now_ns / NS_PER_S, g);
}

void metrics_scan(const struct rows *r, int64_t now_ns, int64_t seconds, int64_t px_tick,
                  const struct metrics_config *cfg, struct metrics *out)
{
    struct scan scan = { .cfg = cfg };
    const struct adder adder = {
        .ctx = &scan,
        .cfg = cfg,
        .rows_after = scan_after,
        .add_rows = scan_rows,
        .add_grid = scan_grid,
    };
    const struct window_request window = {
        .now_ns = now_ns,
        .seconds = seconds,
        .px_tick = px_tick,
    };
    metrics_window(&adder, r, &window, out);
}
