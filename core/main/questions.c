/* SPDX-License-Identifier: MIT */
#include "questions.h"

#include "clock.h"

#include <stdio.h>
#include <string.h>

enum { REPLY_BYTES_MAX = 1 << 18, FIRST_JOB_ID = 16 /* past enum of engine.h */ };

void questions_fini(struct questions *q)
{
    for (size_t i = 0; i < q->n; i++) {
        buf_fini(&q->items[i].reply);
    }
    q->n = 0;
}

bool questions_add(struct questions *q, const char *nonce, const char *ticker, const char *detector,
                   struct mono until)
{
    if (q->n == QUESTIONS_MAX) {
        return false;
    }
    struct question *new = &q->items[q->n++];
    *new = (struct question){ .until = until };
    buf_init(&new->reply, REPLY_BYTES_MAX);
    (void)snprintf(new->nonce, sizeof new->nonce, "%s", nonce);
    (void)snprintf(new->ticker, sizeof new->ticker, "%s", ticker);
    (void)snprintf(new->detector, sizeof new->detector, "%s", detector);
    return true;
}

static void drop(struct questions *q, size_t i)
{
    q->items[i] = q->items[--q->n];
}

bool questions_take(struct questions *q, struct question *out)
{
    for (size_t i = 0; i < q->n; i++) {
        if (q->items[i].answered) {
            *out = q->items[i];
            drop(q, i);
            return true;
        }
    }
    return false;
}

void questions_prune(struct questions *q, struct mono now)
{
    for (size_t i = q->n; i-- > 0;) {
        if (mono_ms_until(now, q->items[i].until) <= 0) {
            buf_fini(&q->items[i].reply);
            drop(q, i);
        }
    }
}

bool questions_pending(const struct questions *q)
{
    for (size_t i = 0; i < q->n; i++) {
        if (q->items[i].job_id != 0 && !q->items[i].answered) {
            return true;
        }
    }
    return false;
}

/* ---- asking ---- */

static const struct detector *find_detector(const struct engine *e, const char *id, size_t *i_out)
{
    for (size_t i = 0; i < e->n_detectors; i++) {
        if (engine_shows(e, i) && strcmp(engine_detector_name(e, i), id) == 0) {
            *i_out = i;
            return pool_get(e->pool, i);
        }
    }
    return NULL;
}

/* About the rows at the boundary that it has judged last. */
static struct job job_for(const struct ticker *t, const struct judging *j, uint64_t id)
{
    struct window_ref ref = window_ref(&t->window);
    ref.n = j->last_end_seq > ref.first_seq ? j->last_end_seq - ref.first_seq : 0;
    return (struct job){ .ticker = t->id,
                         .flags = JOB_EXPLAIN,
                         .id = id,
                         .tick_seq = j->next,
                         .now_ns = j->last_ns,
                         .px_tick = t->tick.px,
                         .first_new_seq = ref.first_seq + ref.n,
                         .ref = ref };
}

static void submit(struct questions *qs, struct question *q, struct engine *e)
{
    size_t i = 0;
    const struct detector *d = find_detector(e, q->detector, &i);
    struct ticker *t = engine_find(e, q->ticker);
    if (d == NULL || t == NULL) {
        question_answer(q, d == NULL ? "no_detector" : "no_ticker", "");
        return;
    }
    const struct judging *j = &t->judging[i];
    if (d->state != DETECTOR_READY && d->state != DETECTOR_BUSY) {
        question_answer(q, "not_running", d->reason);
    } else if (j->tracker == NULL) {
        question_answer(q, "not_running", "disabled for this ticker");
    } else if (d->state == DETECTOR_READY && j->last_ns != 0 && !j->needs_priming &&
               j->primed_ns >= j->last_ns) {
        qs->last_job_id = qs->last_job_id < FIRST_JOB_ID ? FIRST_JOB_ID : qs->last_job_id + 1;
        struct job job = job_for(t, j, qs->last_job_id);
        struct err err = { 0 };
        if (pool_submit(e->pool, i, &job, 1, &err)) {
            q->job_id = job.id;
        } else {
            question_answer(q, "failed", err.text);
        }
    }
}

void questions_submit(struct questions *q, struct engine *e)
{
    for (size_t i = 0; i < q->n; i++) {
        if (q->items[i].job_id == 0 && !q->items[i].answered) {
            submit(q, &q->items[i], e);
        }
    }
}
