/* SPDX-License-Identifier: MIT */
/* The whole of it as one JSON document: all that a page or another program needs to draw it. */
#include "backtest.h"
#include "backtest_label.h"
#include "backtest_put.h"
#include "clock.h"
#include "orderflow/detector.h"
#include "version.h"

#include <math.h>
#include <string.h>

enum { EPISODES_DRAWN = 1500 };

static void put_curves(struct jput *in, const struct backtest *b, const struct group *g)
{
    struct jput all = jput_array(in, "curves");
    for (size_t l = 0; g->directed && l < b->o.n_latencies; l++) {
        struct jput c = jput_object(&all, NULL);
        jput_int(&c, "latency_ms", b->o.latency_ms[l]);
        struct jput points = jput_array(&c, "points");
        for (size_t k = 0; k < CURVE_POINTS; k++) {
            const struct curve_point *p = &g->curves[l][k];
            struct jput o = jput_object(&points, NULL);
            jput_int(&o, "s", curve_seconds[k]);
            jput_int(&o, "n", (int64_t)p->n);
            backtest_put_real(&o, "ticks", p->ticks);
            backtest_put_interval(&o, "ci", p->ci);
            jput_close(&o);
        }
        jput_close(&points);
        jput_close(&c);
    }
    jput_close(&all);
}

static void put_bins(struct jput *in, const struct score_bin *bins)
{
    struct jput all = jput_array(in, "calibration");
    for (size_t k = 0; k < SCORE_BINS && bins[0].n > 0; k++) {
        struct jput o = jput_object(&all, NULL);
        jput_int(&o, "n", (int64_t)bins[k].n);
        backtest_put_real(&o, "score_lo", bins[k].score_lo);
        backtest_put_real(&o, "score_hi", bins[k].score_hi);
        backtest_put_real(&o, "hit", bins[k].hit);
        backtest_put_interval(&o, "hit_ci", bins[k].hit_ci);
        backtest_put_real(&o, "ticks", bins[k].ticks);
        jput_close(&o);
    }
    jput_close(&all);
}

static void put_group(struct jput *in, const struct backtest *b, const struct told_ticker *t,
                      const struct group *g)
{
    double per_h = (double)g->n / course_hours(&t->course);
    struct jput o = jput_object(in, NULL);
    jput_text(&o, "detector", g->detector);
    jput_text(&o, "kind", g->kind);
    jput_text(&o, "side", g->side);
    jput_text(&o, "thr", g->thr);
    jput_int(&o, "episodes", (int64_t)g->n);
    jput_bool(&o, "directed", g->directed);
    backtest_put_real(&o, "per_h", per_h);
    backtest_put_real(&o, "shuffled_per_h", g->shuffled_per_h);
    backtest_put_real(&o, "noise_per_h", g->noise_per_h);
    backtest_put_real(&o, "lift_over_shuffled", per_h / g->shuffled_per_h);
    backtest_put_real(&o, "lift_over_noise", per_h / g->noise_per_h);
    struct jput trials = jput_array(&o, "trials");
    for (size_t k = 0; g->directed && k < b->o.n_latencies * b->o.n_horizons; k++) {
        struct jput x = jput_object(&trials, NULL);
        backtest_put_trial(&x, &g->trials[k], g->q[k], g->verdict[k], (double)b->family.size);
        put_bins(&x, g->bins[k]);
        jput_close(&x);
    }
    jput_close(&trials);
    put_curves(&o, b, g);
    jput_close(&o);
}

static void put_episodes(struct jput *in, const struct told_ticker *t)
{
    struct jput all = jput_array(in, "episodes");
    for (size_t i = 0; i < t->n_episodes; i++) {
        const struct told_episode *e = &t->episodes[i];
        struct jput o = jput_object(&all, NULL);
        jput_int(&o, "group", (int64_t)e->group);
        backtest_put_real(&o, "score", e->score);
        backtest_put_real(&o, "known_value", e->known_value);
        jput_int(&o, "known_dir", e->known_dir);
        jput_raw(&o, "pattern", e->json, strlen(e->json));
        jput_close(&o);
    }
    jput_close(&all);
}

/* As many as can be drawn, evenly chosen, and of each what is needed for it. */
static void put_drawn(struct jput *in, const struct told_ticker *t)
{
    struct jput all = jput_array(in, "episodes");
    size_t step = (t->n_episodes + EPISODES_DRAWN - 1) / EPISODES_DRAWN;
    for (size_t i = 0; i < t->n_episodes; i += step) {
        const struct told_episode *e = &t->episodes[i];
        struct jput o = jput_object(&all, NULL);
        jput_int(&o, "group", (int64_t)e->group);
        jput_int(&o, "known_dir", e->known_dir);
        struct jput p = jput_object(&o, "pattern");
        jput_int(&p, "confirmed_ms", e->confirmed_ns / NS_PER_MS);
        if (e->price != OFD_NO_PRICE) {
            jput_px(&p, "level_px", e->price, 1);
        }
        jput_close(&p);
        jput_close(&o);
    }
    jput_close(&all);
}

static void put_ticker(struct jput *in, const struct backtest *b, const struct told_ticker *t,
                       bool drawn)
{
    struct jput o = jput_object(in, NULL);
    jput_text(&o, "ticker", t->name);
    struct jput files = jput_array(&o, "files");
    for (size_t i = 0; i < t->n_files; i++) {
        jput_text(&files, NULL, t->files[i]);
    }
    jput_close(&files);
    backtest_put_course(&o, t);
    char *end = cJSON_PrintUnformatted(t->end);
    if (end != NULL) {
        jput_raw(&o, "engine", end, strlen(end));
    }
    cJSON_free(end);
    struct jput groups = jput_array(&o, "groups");
    for (size_t i = 0; i < t->n_groups; i++) {
        put_group(&groups, b, t, &t->groups[i]);
    }
    jput_close(&groups);
    if (drawn) {
        put_drawn(&o, t);
    } else {
        put_episodes(&o, t);
    }
    jput_close(&o);
}

static void put_numbers(struct jput *in, const char *key, const int64_t *x, size_t n)
{
    struct jput a = jput_array(in, key);
    for (size_t i = 0; i < n; i++) {
        jput_int(&a, NULL, x[i]);
    }
    jput_close(&a);
}

static void put_all(const struct backtest *b, struct buf *out, bool drawn)
{
    struct jput root = { .out = out };
    struct jput o = jput_object(&root, NULL);
    jput_text(&o, "format", "orderflow-backtest");
    jput_int(&o, "version", 1);
    jput_text(&o, "orderflow", ORDERFLOW_VERSION);
    jput_int(&o, "seed", (int64_t)b->o.seed);
    put_numbers(&o, "latencies_ms", b->o.latency_ms, b->o.n_latencies);
    put_numbers(&o, "horizons_ms", b->o.horizon_ms, b->o.n_horizons);
    jput_int(&o, "resamples", BOOT_RESAMPLES);
    jput_int(&o, "baseline_draws", MATCH_DRAWS);
    struct jput f = jput_object(&o, "family");
    jput_int(&f, "size", (int64_t)b->family.size);
    jput_int(&f, "this_run", (int64_t)b->family.here);
    jput_text(&f, "log", b->family.log);
    backtest_put_real(&f, "fdr", FDR_MAX);
    jput_close(&f);
    struct jput tickers = jput_array(&o, "tickers");
    for (size_t i = 0; i < b->n_tickers; i++) {
        put_ticker(&tickers, b, &b->tickers[i], drawn);
    }
    jput_close(&tickers);
    if (b->labels != NULL) {
        labels_json(b->labels, &o);
    }
    jput_close(&o);
    buf_putc(out, '\n');
}

void backtest_json(const struct backtest *b, struct buf *out)
{
    put_all(b, out, false);
}

void backtest_json_drawn(const struct backtest *b, struct buf *out)
{
    put_all(b, out, true);
}
