/* SPDX-License-Identifier: MIT */
/* Results in: emissions become episodes. */
#include "clock.h"
#include "engine.h"
#include "log.h"
#include "questions.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { TRACK_SAMPLE = 13 };

static void on_emit(void *ctx, size_t detector, const struct job *job, const struct emission *em)
{
    struct engine *e = ctx;
    struct said *said = &e->said[detector];
    if (job->id != JOB_PRIMING) {
        said->items = said->n == 0 ? em : said->items;
        said->n++;
    }
}

void engine_on_change(void *ctx, const struct episode *ep)
{
    struct change_ctx *c = ctx;
    if (!changes_put(&c->t->changes, ep, c->detector)) {
        log_error("episode_lost", "id=%s reason=\"out of memory\"", ep->id);
    }
}

static void ignore_change(void *ctx, const struct episode *ep)
{
    (void)ctx;
    (void)ep;
}

/* Rows moved under the worker: what it said is worth nothing. Its instance starts over. */
static void start_over(struct engine *e, size_t detector, struct ticker *t)
{
    struct bound b;
    struct err err = { 0 };
    e->discarded++;
    t->judging[detector].needs_priming = true;
    if (!engine_tell(e, detector, t, &b, &err)) {
        log_error("detector", "ticker=%s detail=\"%s\"", t->name, err.text);
    }
}

/* n boundaries at once, b is the last. */
static void judge(struct engine *e, size_t detector, struct ticker *t, const struct boundary *b,
                  uint64_t n)
{
    struct judging *j = &t->judging[detector];
    struct said *said = &e->said[detector];
    struct rows rows = window_rows(&t->window);
    struct change_ctx c = { .t = t, .detector = detector };
    struct judged judged = {
        .rows = &rows,
        .boundary_ns = b->ns,
        .px_tick = b->px_tick,
        .gap_limit_ns = b->gap_limit_ns,
        .from_ns = j->from_ns,
        .em = said->items,
        .n = said->n,
    };
    struct err err = { 0 };
    tracker_changed_fn *changed = e->ignores_changes ? ignore_change : engine_on_change;
    if (b->ns >= j->from_ns && !tracker_step(j->tracker, &judged, changed, &c, &err)) {
        log_error("episode", "ticker=%s detector=%s detail=\"%s\"", t->name,
                  pool_get(e->pool, detector)->decl.id, err.text);
    }
    j->last_end_seq = b->end_seq;
    j->last_ns = b->ns;
    j->primed_ns = b->ns;
    j->next += n;
    e->boundaries += n;
    if (!j->settled && j->next >= t->backfill_end) {
        tracker_end_restored(j->tracker, changed, &c);
        j->settled = true;
    }
}

static void take_verdict(struct engine *e, size_t detector, const struct job *job, int32_t status)
{
    struct ticker *t = e->tickers[job->ticker];
    struct judging *j = &t->judging[detector];
    j->skipped += status == JOB_SKIPPED;
    const struct boundary *b = ticker_boundary(t, job->tick_seq);
    if (job->id == JOB_JUDGING && job->tick_seq + 1 - job->n_ticks == j->next && b != NULL) {
        /* Asking for the time costs more than most verdicts over one boundary. */
        int64_t weight = e->verdicts++ % TRACK_SAMPLE == 0 ? TRACK_SAMPLE : 0;
        int64_t began_ns = weight > 0 ? clock_cpu_ns() : 0;
        judge(e, detector, t, b, job->n_ticks);
        e->track_ns += weight > 0 ? weight * (clock_cpu_ns() - began_ns) : 0;
    }
}

static void on_done(void *ctx, size_t detector, const struct job *job, const struct job_done *done)
{
    struct engine *e = ctx;
    struct ticker *t = e->tickers[job->ticker];
    bool starts_over = t->judging[detector].needs_priming;
    bool moved = job->ref.gen != t->window.gen;
    /* Which of its boundaries it failed at is found out by asking for each. */
    bool failed = done->refused > 0 || (done->status < 0 && done->status != JOB_NO_INSTANCE);
    bool ask_again = job->n_ticks > 1 && failed;
    t->judging[detector].no_instance = done->status == JOB_NO_INSTANCE;
    if (!starts_over && (moved || ask_again)) {
        t->judging[detector].one_by_one = t->judging[detector].one_by_one || ask_again;
        start_over(e, detector, t);
    } else if (!starts_over) {
        take_verdict(e, detector, job, done->status);
    }
    e->said[detector].n = 0;
}

static void on_lost(void *ctx, size_t detector, const struct job *jobs, size_t n_left)
{
    struct engine *e = ctx;
    e->said[detector].n = 0;
    if (e->questions != NULL) {
        questions_lost(e->questions, jobs, n_left, pool_get(e->pool, detector)->reason);
    }
}

static void on_explained(void *ctx, size_t detector, const struct job *job,
                         const struct job_done *done, const struct condition *c, size_t n)
{
    struct engine *e = ctx;
    if (e->questions != NULL) {
        questions_explained(e->questions, e, detector, job, done, c, n);
    }
}

/* One that the tickers do not know yet is primed when it joins them. */
static void on_ready(void *ctx, size_t detector)
{
    struct engine *e = ctx;
    if (detector >= e->n_detectors) {
        return;
    }
    for (size_t k = 0; k < e->n_tickers; k++) {
        e->tickers[k]->judging[detector].needs_priming = true;
    }
}

void engine_poll(struct engine *e, struct mono now, int64_t timeout_ms)
{
    struct pool_events ev = { .emit = on_emit,
                              .done = on_done,
                              .lost = on_lost,
                              .ready = on_ready,
                              .explained = on_explained,
                              .ctx = e };
    pool_poll(e->pool, now, timeout_ms, &ev);
}
