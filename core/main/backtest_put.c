/* SPDX-License-Identifier: MIT */
#include "backtest_put.h"
#include "clock.h"

#include <math.h>

enum { PRICE_POINTS = 1500 };

void backtest_put_real(struct jput *in, const char *key, double x)
{
    char text[32];
    if (!isfinite(x)) {
        jput_null(in, key);
        return;
    }
    int n = snprintf(text, sizeof text, "%.8g", x);
    jput_raw(in, key, text, (size_t)n);
}

void backtest_put_interval(struct jput *in, const char *key, struct interval ci)
{
    struct jput a = jput_array(in, key);
    backtest_put_real(&a, NULL, ci.lo);
    backtest_put_real(&a, NULL, ci.hi);
    jput_close(&a);
}

static void put_estimate(struct jput *in, const char *key, const struct estimate *e)
{
    struct jput o = jput_object(in, key);
    backtest_put_real(&o, "value", e->value);
    backtest_put_real(&o, "se", e->se > 0 ? e->se : (double)NAN);
    backtest_put_interval(&o, "ci", e->ci);
    jput_close(&o);
}

static void put_ols(struct jput *in, const struct trial *t)
{
    static const char *const names[] = { "constant", "episode", "prior_return", "ofi_z", "qi" };
    struct jput o = jput_object(in, "regression");
    jput_int(&o, "rows", (int64_t)t->ols_rows);
    for (int i = 0; t->has_ols && i < 5; i++) {
        struct jput c = jput_object(&o, names[i]);
        backtest_put_real(&c, "b", t->ols.b[i]);
        backtest_put_real(&c, "se", t->ols.se[i]);
        backtest_put_real(&c, "se_cluster", t->ols.se_cluster[i]);
        jput_close(&c);
    }
    jput_close(&o);
}

static void put_power(struct jput *in, double se, double m)
{
    static const double lifts[] = { 0.02, 0.05, 0.1, 0.2 };
    struct jput a = jput_array(in, "power");
    for (size_t i = 0; i < sizeof lifts / sizeof *lifts; i++) {
        struct jput o = jput_object(&a, NULL);
        backtest_put_real(&o, "lift", lifts[i]);
        backtest_put_real(&o, "power", finding_power(lifts[i], se, m));
        jput_close(&o);
    }
    jput_close(&a);
}

void backtest_put_trial(struct jput *in, const struct trial *t, double q, enum finding v, double m)
{
    jput_int(in, "latency_ms", t->latency_ms);
    jput_int(in, "horizon_ms", t->horizon_ms);
    jput_int(in, "n", (int64_t)t->n);
    struct jput x = jput_object(in, "excluded");
    for (int i = 0; i < EXCLUDED; i++) {
        jput_int(&x, excluded_name((enum excluded)i), (int64_t)t->excluded[i]);
    }
    jput_close(&x);
    jput_text(in, "verdict", finding_name(v));
    if (t->n == 0) {
        return;
    }
    jput_int(in, "days", (int64_t)t->n_days);
    jput_int(in, "blocks", (int64_t)t->n_blocks);
    jput_int(in, "matched_wider", (int64_t)t->wider);
    backtest_put_real(in, "hit", t->hit);
    backtest_put_real(in, "base", t->base_hit);
    put_estimate(in, "lift", &t->lift);
    put_estimate(in, "ticks", &t->ticks);
    put_estimate(in, "lift_ticks", &t->lift_ticks);
    put_estimate(in, "net_ticks", &t->net);
    backtest_put_real(in, "bps", t->bps);
    backtest_put_real(in, "mfe_ticks", t->mfe);
    backtest_put_real(in, "mae_ticks", t->mae);
    put_estimate(in, "ic", &t->ic);
    backtest_put_real(in, "p_shift", t->p);
    jput_int(in, "shifts", (int64_t)t->shifts);
    backtest_put_real(in, "shift_stat", t->shift_stat);
    backtest_put_real(in, "q_bh", q);
    put_ols(in, t);
    jput_bool(in, "redundant", t->redundant);
    backtest_put_real(in, "detectable_80", finding_detectable(0.8, t->lift.se, m));
    put_power(in, t->lift.se, m);
}

static double mid_of(int64_t sum_px)
{
    return (double)sum_px / 2e9;
}

/* One point for `step` grid points: last mid, lowest and highest. */
static void put_points(struct jput *in, const struct course *c, const struct day *d, size_t step)
{
    for (size_t i = d->off; i < d->off + d->n; i += step) {
        int64_t last = 0, lo = INT64_MAX, hi = 0;
        for (size_t k = i; k < i + step && k < d->off + d->n; k++) {
            int64_t sum = c->grid[k].sum_px;
            last = sum != 0 ? sum : last;
            lo = sum != 0 && sum < lo ? sum : lo;
            hi = sum > hi ? sum : hi;
        }
        if (last != 0) {
            struct jput p = jput_array(in, NULL);
            jput_int(&p, NULL, (d->first_s + (int64_t)(i - d->off)) * 1000);
            backtest_put_real(&p, NULL, mid_of(last));
            backtest_put_real(&p, NULL, mid_of(lo));
            backtest_put_real(&p, NULL, mid_of(hi));
            jput_close(&p);
        }
    }
}

void backtest_put_course(struct jput *in, const struct told_ticker *t)
{
    const struct course *c = &t->course;
    jput_px(in, "px_tick", t->px_tick, 1);
    jput_int(in, "quotes", (int64_t)c->n_rows);
    jput_real(in, "hours", course_hours(c));
    jput_int(in, "gaps", (int64_t)c->gaps.n);
    jput_int(in, "halts", (int64_t)c->halts.n);
    jput_text(in, "blocks", t->bench.by_day ? "day" : "half hour");
    struct jput days = jput_array(in, "days");
    for (size_t i = 0; i < c->n_days; i++) {
        struct jput d = jput_object(&days, NULL);
        jput_int(&d, "first_ms", c->days[i].first_ns / NS_PER_MS);
        jput_int(&d, "last_ms", c->days[i].last_ns / NS_PER_MS);
        jput_close(&d);
    }
    jput_close(&days);
    size_t step = c->n_grid / PRICE_POINTS + 1;
    jput_int(in, "price_step_ms", (int64_t)step * 1000);
    struct jput price = jput_array(in, "price");
    for (size_t i = 0; i < c->n_days; i++) {
        put_points(&price, c, &c->days[i], step);
    }
    jput_close(&price);
}
