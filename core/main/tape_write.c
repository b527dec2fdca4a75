/* SPDX-License-Identifier: MIT */
#include "tape_write.h"

#include "clock.h"
#include "decimal.h"
#include "whole_file.h"

#include <inttypes.h>
#include <stdio.h>

static void put_row(FILE *out, const struct synth_quote *q, int decimals)
{
    char bid[DECIMAL_MAX], ask[DECIMAL_MAX];
    (void)decimal_print_px_fixed(bid, q->bid_px, decimals);
    (void)decimal_print_px_fixed(ask, q->ask_px, decimals);
    (void)fprintf(out, "%" PRId64 ",%s,%" PRId64 ",%s,%" PRId64 "\n", q->ts_ms, bid, q->bid_sz, ask,
                  q->ask_sz);
}

static void put_header(FILE *out)
{
    (void)fputs("ts_ms,bid_price,bid_size,ask_price,ask_size\n", out);
}

bool tape_write_synth(struct synth *s, const struct synth_config *c, const char *path,
                      struct err *err)
{
    struct synth_quote q;
    struct err why = { 0 };
    struct whole_file w;
    if (!whole_file_open(&w, path, err)) {
        return false;
    }
    put_header(w.out);
    while (ferror(w.out) == 0 && synth_next(s, &q, &why)) {
        put_row(w.out, &q, decimal_decimals_of(c->px_tick));
    }
    bool ok = why.code == ERR_NONE || err_set(err, why.code, "%s", why.text);
    return whole_file_close(&w, ok, err);
}

bool tape_write_reel(const struct reel *t, int64_t start_ms, const char *path, struct err *err)
{
    struct whole_file w;
    if (!whole_file_open(&w, path, err)) {
        return false;
    }
    put_header(w.out);
    for (size_t i = 0; i < t->n && ferror(w.out) == 0; i++) {
        struct synth_quote q = { .ts_ms = start_ms + (t->ts_ns[i] - t->ts_ns[0]) / NS_PER_MS,
                                 .bid_px = t->bid_px[i],
                                 .ask_px = t->ask_px[i],
                                 .bid_sz = (int64_t)t->bid_sz[i],
                                 .ask_sz = (int64_t)t->ask_sz[i] };
        put_row(w.out, &q, decimal_decimals_of(t->px_tick));
    }
    return whole_file_close(&w, true, err);
}

static void put_truth(FILE *out, const struct synth_truth *t, int decimals)
{
    static const char *const sides[] = { "none", "bid", "ask" };
    char from[DECIMAL_MAX], to[DECIMAL_MAX];
    (void)fprintf(out,
                  " {\"kind\": \"%s\", \"side\": \"%s\", \"dir\": %d, \"onset_ms\": %" PRId64
                  ", \"end_ms\": %" PRId64 ", ",
                  t->type, sides[t->side], (int)t->dir, t->onset_ms, t->end_ms);
    if (t->px != 0) {
        (void)decimal_print_px_fixed(from, t->px, decimals);
        (void)decimal_print_px_fixed(to, t->px_to, decimals);
        (void)fprintf(out, "\"price\": %s, \"price_to\": %s, ", from, to);
    }
    (void)fprintf(out, "\"strength\": %" PRId64 ".%03d, \"effect_ticks\": %" PRId64,
                  t->strength_milli / 1000, (int)(t->strength_milli % 1000), t->effect_ticks);
    (void)fprintf(out, ", \"incidental\": %s}", t->incidental ? "true" : "false");
}

bool tape_write_truth(const struct synth *s, const struct synth_config *c, const char *path,
                      struct err *err)
{
    char tick[DECIMAL_MAX];
    size_t n = 0;
    const struct synth_truth *truths = synth_truths(s, &n);
    struct whole_file w;
    if (!whole_file_open(&w, path, err)) {
        return false;
    }
    (void)decimal_print_px(tick, c->px_tick, 0);
    (void)fprintf(w.out,
                  "{\"orderflow_truth\": 1, \"seed\": %" PRIu64 ", \"seconds\": %" PRId64
                  ", \"days\": %" PRId64 ", \"rate\": %" PRId64 ", \"tick\": %s, \"size\": %" PRId64
                  ", \"planted\": [\n",
                  c->seed, c->seconds, c->days, c->rate, tick, c->mean_sz);
    for (size_t i = 0; i < n; i++) {
        put_truth(w.out, &truths[i], decimal_decimals_of(c->px_tick));
        (void)fputs(i + 1 < n ? ",\n" : "\n", w.out);
    }
    (void)fputs("]}\n", w.out);
    return whole_file_close(&w, true, err);
}
