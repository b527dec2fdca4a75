/* SPDX-License-Identifier: MIT */
/* The report document: the same fields and members that a live engine writes to Redis. */
#include "offline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct fields {
    struct buf *out;
    bool any;
};

static void put_field(void *ctx, const char *name, const char *text, size_t n)
{
    struct fields *f = ctx;
    buf_puts(f->out, f->any ? "," : "");
    buf_json(f->out, name, strlen(name));
    buf_putc(f->out, ':');
    buf_json(f->out, text, n);
    f->any = true;
}

static void put_windows(const struct report *r, struct buf *out)
{
    buf_puts(out, ",\"metrics\":{");
    for (int i = 0; i < r->n_windows; i++) {
        struct fields f = { .out = out };
        buf_printf(out, "%s\"%s\":{", i == 0 ? "" : ",", r->windows[i].name);
        report_put_metrics(r, i, put_field, &f);
        buf_putc(out, '}');
    }
    buf_putc(out, '}');
}

static void put_levels(const struct report *r, struct buf *out)
{
    static const char *const names[2] = { "bid", "ask" };
    buf_puts(out, ",\"levels\":{");
    for (int side = 0; side < 2; side++) {
        buf_printf(out, "%s\"%s\":[", side == 0 ? "" : ",", names[side]);
        for (int i = 0; i < r->n_levels[side]; i++) {
            buf_puts(out, i == 0 ? "" : ",");
            report_put_level(&r->levels[side][i], out);
        }
        buf_putc(out, ']');
    }
    buf_putc(out, '}');
}

static void put_detectors(const struct engine *e, struct buf *out)
{
    bool any = false;
    buf_puts(out, ",\"detectors\":[");
    for (size_t i = 0; i < e->n_detectors; i++) {
        if (engine_shows(e, i)) {
            buf_puts(out, any ? "," : "");
            engine_put_detector(e, i, out);
            any = true;
        }
    }
    buf_putc(out, ']');
}

static void take_over(struct report *r, const struct offline_live *live)
{
    struct quality *q = &r->quality;
    r->warming = live->report.warming;
    r->feed_lag_ms = live->report.feed_lag_ms;
    q->late = live->report.late;
    q->future = live->report.future;
    q->malformed = live->report.malformed;
    q->lost = live->report.lost;
    quality_set_bits(q);
}

static void put_live(const struct offline_live *live, struct buf *out)
{
    const struct quote *q = &live->newest;
    buf_printf(out, ",\"now_ns\":%" PRId64 ",\"serving\":%s", live->now_ns,
               live->serving ? "true" : "false");
    if (q->ts_ns != 0) {
        buf_printf(out,
                   ",\"newest\":{\"ts_ns\":%" PRId64 ",\"bid_px\":%" PRId64 ",\"ask_px\":%" PRId64
                   ",\"bid_sz\":%.17g,\"ask_sz\":%.17g}",
                   q->ts_ns, q->bid_px, q->ask_px, q->bid_sz, q->ask_sz);
    }
}

static void put_document(const struct engine *e, struct ticker *t, int64_t quotes,
                         const struct offline_live *live, struct report *r, struct buf *out)
{
    ticker_report(&e->env, t, r);
    engine_put_scores(e, t, r);
    if (live != NULL) {
        take_over(r, live);
    }
    struct fields f = { .out = out };
    buf_puts(out, "{\"ticker\":");
    buf_json(out, t->name, strlen(t->name));
    buf_puts(out, ",\"state\":{");
    report_put_state(r, put_field, &f);
    buf_putc(out, '}');
    put_windows(r, out);
    put_levels(r, out);
    offline_patterns(e, t, out);
    put_detectors(e, out);
    buf_puts(out, ",\"config\":");
    buf_json(out, e->cfg->path, strlen(e->cfg->path));
    if (live != NULL) {
        put_live(live, out);
    }
    buf_printf(out, ",\"hash\":\"%016" PRIx64 "\",\"history_quotes\":%" PRId64 "}\n", e->cfg->hash,
               quotes);
}

void offline_report_live(const struct engine *e, struct ticker *t, int64_t quotes,
                         const struct offline_live *live, struct buf *out)
{
    struct report *r = malloc(sizeof *r);
    if (r == NULL) {
        out->failed = true;
        return;
    }
    put_document(e, t, quotes, live, r, out);
    free(r);
}

void offline_report(const struct engine *e, struct ticker *t, int64_t quotes, struct buf *out)
{
    offline_report_live(e, t, quotes, NULL, out);
}
