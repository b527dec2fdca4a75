/* SPDX-License-Identifier: MIT */
#include "backtest_tell.h"
#include "backtest_frame.h"
#include "clock.h"
#include "threshold.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Longer than any rule lets an ended episode come back. */
#define CLOSED_NS (1300 * NS_PER_S)

static void frame(struct told *t, uint32_t type, const void *a, size_t n, const void *b, size_t m)
{
    struct frame_head head = { .type = type, .bytes = (uint32_t)(n + m) };
    t->failed = t->failed || fwrite(&head, sizeof head, 1, stdout) != 1 ||
                (n > 0 && fwrite(a, n, 1, stdout) != 1) || (m > 0 && fwrite(b, m, 1, stdout) != 1);
}

static void tell_rows(struct told *t)
{
    struct rows r = window_rows(&t->pass.ticker->window);
    if (r.n > 0 && r.first_seq > t->next_seq) {
        t->lost += r.first_seq - t->next_seq;
        t->next_seq = r.first_seq;
    }
    while (t->next_seq < r.first_seq + r.n) {
        size_t i = (size_t)(t->next_seq - r.first_seq), n = 0;
        for (; n < TOLD_ROWS && i < r.n; n++, i++) {
            t->rows[n] = (struct quote){ .ts_ns = r.ts_ns[i],
                                         .bid_px = r.bid_px[i],
                                         .ask_px = r.ask_px[i],
                                         .bid_sz = r.bid_sz[i],
                                         .ask_sz = r.ask_sz[i],
                                         .flags = r.flags[i] };
        }
        frame(t, FRAME_ROWS, t->rows, n * sizeof *t->rows, NULL, 0);
        t->next_seq += n;
    }
}

static void tell_episode(struct told *t, size_t i)
{
    const struct episode *e = &t->open[i];
    struct frame_episode head = { .known_value = e->known_value, .known_dir = e->known_dir };
    buf_clear(&t->text);
    report_put_episode(e, &pool_get(t->pass.engine.pool, t->detector[i])->decl, &t->text);
    frame(t, FRAME_EPISODE, &head, sizeof head, t->text.data, t->text.len);
}

/* Those that ended before, or all. */
static void tell_closed(struct told *t, int64_t before_ns)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->n_open; i++) {
        if (before_ns == INT64_MAX ||
            (t->open[i].state == EPISODE_ENDED && t->open[i].end_ns < before_ns)) {
            tell_episode(t, i);
        } else {
            t->open[kept] = t->open[i];
            t->detector[kept++] = t->detector[i];
        }
    }
    t->n_open = kept;
}

static void keep(struct told *t, const struct episode *e, size_t detector)
{
    size_t i = 0;
    while (i < t->n_open && strcmp(t->open[i].id, e->id) != 0) {
        i++;
    }
    if (i == t->cap_open) {
        size_t cap = t->cap_open == 0 ? 256 : t->cap_open * 2;
        struct episode *a = realloc(t->open, cap * sizeof *a);
        t->open = a != NULL ? a : t->open;
        size_t *b = a == NULL ? NULL : realloc(t->detector, cap * sizeof *b);
        t->detector = b != NULL ? b : t->detector;
        t->failed = t->failed || b == NULL;
        if (t->failed) {
            return;
        }
        t->cap_open = cap;
    }
    t->n_open += i == t->n_open;
    t->open[i] = *e;
    t->detector[i] = detector;
}

void tell_judged(struct told *t, const struct changes *c)
{
    double part = t->import == NULL ? 0 : import_progress(t->import);
    part = ((double)t->file + (part < 0 ? 0 : part)) / (double)t->args->n_paths;
    tell_rows(t);
    for (size_t i = 0; i < c->n; i++) {
        keep(t, &c->items[i], c->detector[i]);
    }
    tell_closed(t, t->pass.ticker->taken_ns - CLOSED_NS);
    frame(t, FRAME_PART, &part, sizeof part, NULL, 0);
}

static void put_end(struct told *t)
{
    const struct engine *e = &t->pass.engine;
    const struct ticker *k = t->pass.ticker;
    const struct stream_counts *s = stream_counts(k->stream);
    struct buf *out = &t->text;
    bool any = false;
    buf_clear(out);
    buf_printf(out,
               "{\"ticker\":\"%s\",\"px_tick\":%" PRId64 ",\"size_unit\":\"%s\",\"quotes\":%" PRIu64
               ",\"tied\":%" PRIu64 ",\"late\":%" PRIu64 ",\"malformed\":%" PRIu64
               ",\"truncated\":%" PRIu64 ",\"config\":",
               k->name, k->tick.px, k->size_unit, t->next_seq - t->lost, s->tied, s->late,
               t->malformed, t->lost);
    buf_json(out, e->cfg->path, strlen(e->cfg->path));
    buf_printf(out, ",\"hash\":\"%016" PRIx64 "\",\"thresholds\":{", e->cfg->hash);
    for (size_t i = 0; i < e->n_detectors; i++) {
        char thr[THRESHOLD_MAX];
        threshold_id(e->cfg, pool_get(e->pool, i), k->name, thr);
        if (engine_shows(e, i) && k->judging[i].tracker != NULL) {
            buf_printf(out, "%s\"%s\":\"%s\"", any ? "," : "", engine_detector_name(e, i), thr);
            any = true;
        }
    }
    buf_puts(out, "},\"detectors\":[");
    any = false;
    for (size_t i = 0; i < e->n_detectors; i++) {
        if (engine_shows(e, i)) {
            buf_puts(out, any ? "," : "");
            engine_put_detector(e, i, out);
            any = true;
        }
    }
    buf_puts(out, "]}");
    frame(t, FRAME_END, out->data, out->len, NULL, 0);
}

void tell_end(struct told *t)
{
    tell_closed(t, INT64_MAX);
    put_end(t);
    t->failed = fflush(stdout) != 0 || t->failed || t->text.failed;
}
