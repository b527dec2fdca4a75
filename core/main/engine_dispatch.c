/* SPDX-License-Identifier: MIT */
/* Jobs out: which boundaries each detector judges next. */
#include "engine.h"
#include "orderflow/detector.h"

#include <stdlib.h>

enum { BATCH_MAX = 4096 };

struct batch {
    struct job *jobs;
    size_t n;
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
        .now_ns = b->ns,
        .px_tick = b->px_tick,
        .first_new_seq = first_new_seq > ref.first_seq ? first_new_seq : ref.first_seq,
        .ref = ref,
    };
}

/* A fresh instance sees the retained rows before its next boundary first, in one go. */
static void prime(struct batch *batch, const struct ticker *t, const struct judging *j,
                  int64_t px_tick)
{
    struct window_ref ref = window_ref(&t->window);
    if (j->last_end_seq <= ref.first_seq) {
        return;
    }
    struct boundary past = { .ns = j->last_ns, .end_seq = j->last_end_seq, .px_tick = px_tick };
    struct job job = job_for(t, &past, j->next, ref.first_seq);
    job.id = JOB_PRIMING;
    job.flags = OFD_TICK_PRIMING;
    batch->jobs[batch->n++] = job;
}

static void add_ticker(struct batch *batch, struct ticker *t, struct judging *j)
{
    const struct boundary *b = ticker_boundary(t, j->next);
    if (b == NULL || b->px_tick == 0 || batch->n + 2 > BATCH_MAX) {
        return;
    }
    if (j->needs_priming) {
        prime(batch, t, j, b->px_tick);
        j->needs_priming = false;
    }
    uint64_t first_new = j->last_end_seq;
    for (uint64_t no = j->next; batch->n < BATCH_MAX; no++) {
        b = ticker_boundary(t, no);
        if (b == NULL || b->px_tick == 0) {
            break;
        }
        struct job job = job_for(t, b, no, first_new);
        job.flags = b->ns < j->from_ns ? OFD_TICK_PRIMING : 0;
        batch->jobs[batch->n++] = job;
        first_new = b->end_seq;
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
    for (size_t i = 0; i < e->n_detectors; i++) {
        if (pool_get(e->pool, i)->state != DETECTOR_READY) {
            continue;
        }
        struct batch batch = { .jobs = e->batch };
        for (size_t k = 0; k < e->n_tickers; k++) {
            struct ticker *t = e->tickers[(e->next_turn + k) % e->n_tickers];
            if (t->judging[i].tracker != NULL) {
                add_ticker(&batch, t, &t->judging[i]);
            }
        }
        if (batch.n > 0 && !pool_submit(e->pool, i, batch.jobs, batch.n, err)) {
            return err_wrap(err, "detector %s", pool_get(e->pool, i)->decl.id);
        }
    }
    e->next_turn = e->n_tickers == 0 ? 0 : (e->next_turn + 1) % e->n_tickers;
    return true;
}
