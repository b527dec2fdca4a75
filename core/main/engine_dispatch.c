/* SPDX-License-Identifier: MIT */
/* Jobs out: which boundaries each detector judges next. */
#include "clock.h"
#include "engine.h"
#include "orderflow/detector.h"

#include <stdlib.h>

enum {
    BATCH_MAX = 4096,
    JOINED_ROWS_MAX = 1024 /* four emissions of each are below what one detect() may emit */
};

struct batch {
    struct job *jobs;
    size_t n;
    int64_t interval_ns;
    int64_t sight_ns; /* how far back a row can matter to the detector */
    int64_t join_ns;  /* boundaries this far apart may be judged at once; 0: never */
};

static struct job job_for(const struct ticker *t, const struct boundary *b, uint64_t number,
                          uint64_t first_new_seq)
{
    struct window_ref ref = window_ref(&t->window);
    ref.n = b->end_seq > ref.first_seq ? b->end_seq - ref.first_seq : 0;
    return (struct job){
        .ticker = t->id,
        .id = JOB_JUDGING,
        .tick_seq = number,
        .n_ticks = 1,
        .now_ns = b->ns,
        .px_tick = b->px_tick,
        .first_new_seq = first_new_seq > ref.first_seq ? first_new_seq : ref.first_seq,
        .ref = ref,
    };
}

static uint64_t end_seq_at(const struct rows *r, int64_t ns)
{
    return r->first_seq + rows_after(r, ns);
}

/* A fresh instance is shown what it would have seen, boundary by boundary up to the last one
 * judged. True when it has been. */
static bool prime(struct batch *batch, const struct ticker *t, struct judging *j, int64_t px_tick)
{
    struct rows r = window_rows(&t->window);
    if (j->needs_priming) {
        j->needs_priming = false;
        j->primed_ns = j->last_ns - batch->sight_ns;
    }
    if (r.n == 0 || j->last_end_seq <= r.first_seq) {
        j->primed_ns = j->last_ns;
    } else if (j->primed_ns < r.ts_ns[0]) {
        j->primed_ns = r.ts_ns[0] - 1;
    }
    while (j->primed_ns < j->last_ns && batch->n < BATCH_MAX) {
        int64_t at_ns = (j->primed_ns / batch->interval_ns + 1) * batch->interval_ns;
        at_ns = at_ns < j->last_ns ? at_ns : j->last_ns;
        struct boundary past = { .ns = at_ns,
                                 .end_seq = end_seq_at(&r, at_ns),
                                 .px_tick = px_tick };
        struct job job = job_for(t, &past, j->next, end_seq_at(&r, j->primed_ns));
        job.id = JOB_PRIMING;
        job.flags = OFD_TICK_PRIMING;
        batch->jobs[batch->n++] = job;
        j->primed_ns = at_ns;
    }
    return j->primed_ns >= j->last_ns;
}

/* A stretch of boundaries that are judged at once. */
struct stretch {
    int64_t after_ns; /* the boundary before it */
    uint64_t first_new_seq;
};

/* Whether a stretch that ends with b may go on to the next: nothing happens to episodes at b that
 * would not happen without it. */
static bool goes_on(const struct batch *batch, const struct ticker *t, const struct judging *j,
                    const struct stretch *s, const struct boundary *b)
{
    const struct boundary *next = b + 1;
    struct rows r = window_rows(&t->window);
    bool same = next->px_tick == b->px_tick && (next->ns < j->from_ns) == (b->ns < j->from_ns);
    bool small = next->ns - s->after_ns <= batch->join_ns &&
                 next->end_seq - s->first_new_seq <= JOINED_ROWS_MAX;
    return same && small && b->end_seq > r.first_seq &&
           b->ns - r.ts_ns[b->end_seq - 1 - r.first_seq] <= b->gap_limit_ns;
}

static void add_ticker(struct batch *batch, struct ticker *t, struct judging *j)
{
    const struct boundary *b = ticker_boundary(t, j->next);
    if (b == NULL || !ticker_may_be_judged(t) || b->px_tick == 0) {
        return;
    }
    if (!prime(batch, t, j, b->px_tick)) {
        return;
    }
    struct stretch s = { .after_ns = j->last_ns, .first_new_seq = j->last_end_seq };
    uint64_t end = ticker_queue_end(t);
    for (uint64_t no = j->next, n = 1; no < end && batch->n < BATCH_MAX; no++, n++) {
        b = ticker_boundary(t, no);
        if (b->px_tick == 0) {
            break;
        }
        if (no + 1 < end && batch->join_ns > 0 && !j->one_by_one && goes_on(batch, t, j, &s, b)) {
            continue;
        }
        struct job job = job_for(t, b, no, s.first_new_seq);
        job.flags = b->ns < j->from_ns ? OFD_TICK_PRIMING : 0;
        job.n_ticks = n;
        batch->jobs[batch->n++] = job;
        s = (struct stretch){ .after_ns = b->ns, .first_new_seq = b->end_seq };
        n = 0;
    }
}

/* An heir is shown what the one before it has judged, and follows it. */
static void add_heir(struct batch *batch, const struct ticker *t, struct judging *j,
                     const struct judging *old)
{
    if (old->tracker == NULL || old->last_ns == 0 || !ticker_may_be_judged(t)) {
        return;
    }
    j->next = old->next;
    j->last_ns = old->last_ns;
    j->last_end_seq = old->last_end_seq;
    (void)prime(batch, t, j, t->tick.px);
}

static void fill(struct engine *e, size_t i, struct batch *batch)
{
    size_t place = pool_get(e->pool, i)->heir_of;
    for (size_t k = 0; k < e->n_tickers && place != NO_DETECTOR; k++) {
        struct ticker *t = e->tickers[k];
        add_heir(batch, t, &t->judging[i], &t->judging[place]);
    }
    for (size_t left = e->open[i].n; left > 0 && batch->n < BATCH_MAX; left--) {
        struct ticker *t = engine_next_open(e, i);
        if (t != NULL) {
            add_ticker(batch, t, &t->judging[i]);
        }
    }
}

bool engine_dispatch(struct engine *e, struct err *err)
{
    if (e->batch == NULL) {
        e->batch = calloc(BATCH_MAX, sizeof *e->batch);
        if (e->batch == NULL) {
            return err_set(err, ERR_MEMORY, "out of memory for jobs");
        }
    }
    engine_spread_news(e);
    for (size_t i = 0; i < e->n_detectors; i++) {
        const struct detector *d = pool_get(e->pool, i);
        if (d->state != DETECTOR_READY || e->bound[i] != d->serial) {
            continue;
        }
        struct batch batch = { .jobs = e->batch,
                               .interval_ns = e->cfg->engine_interval_ms * NS_PER_MS,
                               .sight_ns = declaration_sight_ns(&d->decl),
                               .join_ns = e->joins ? engine_join_ns(d) : 0 };
        fill(e, i, &batch);
        if (batch.n > 0 && !pool_submit(e->pool, i, batch.jobs, batch.n, err)) {
            return err_wrap(err, "detector %s", d->decl.id);
        }
    }
    return true;
}
