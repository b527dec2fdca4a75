/* SPDX-License-Identifier: MIT */
/* What detectors answer, as JSON. */
#include "clock.h"
#include "detector_params.h"
#include "questions.h"

#include <inttypes.h>
#include <string.h>

static void put_text(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, "%s\"%s\":", out->len > 1 ? "," : "", key);
    buf_json(out, text, strlen(text));
}

static void answer_begin(struct question *q, const char *status, const char *reason)
{
    buf_clear(&q->reply);
    buf_putc(&q->reply, '{');
    put_text(&q->reply, "ticker", q->ticker);
    put_text(&q->reply, "detector", q->detector);
    put_text(&q->reply, "status", status);
    if (reason[0] != '\0') {
        put_text(&q->reply, "reason", reason);
    }
    q->answered = true;
}

void question_answer(struct question *q, const char *status, const char *reason)
{
    answer_begin(q, status, reason);
    buf_putc(&q->reply, '}');
}

static void put_params(struct question *q, const struct engine *e, const struct declaration *d)
{
    buf_putc(&q->reply, ',');
    detector_put_params_of(e->cfg, d, q->ticker, &q->reply);
    buf_putc(&q->reply, '}');
}

static struct question *find_job(struct questions *q, uint64_t job_id)
{
    for (size_t i = 0; i < q->n; i++) {
        if (q->items[i].job_id == job_id && !q->items[i].answered) {
            return &q->items[i];
        }
    }
    return NULL;
}

void questions_explained(struct questions *qs, struct engine *e, size_t detector,
                         const struct job *job, const struct job_done *done,
                         const struct condition *c, size_t n)
{
    struct question *q = find_job(qs, job->id);
    const struct declaration *d = &pool_get(e->pool, detector)->decl;
    if (q == NULL) {
        return;
    }
    if (job->ref.gen != e->tickers[job->ticker]->window.gen) {
        q->job_id = 0; /* the rows moved under it: once more */
        return;
    }
    if (done->status != 0) {
        answer_begin(q, done->status == JOB_NO_EXPLAIN ? "cannot_explain" : "failed",
                     done->status == JOB_NO_EXPLAIN    ? ""
                     : done->status == JOB_NO_INSTANCE ? "create() gave no instance for this ticker"
                                                       : "explain() failed; the log says why");
        put_params(q, e, d);
        return;
    }
    answer_begin(q, "ok", "");
    buf_printf(&q->reply, ",\"tick_ms\":%" PRId64 ",\"conditions\":[", job->now_ns / NS_PER_MS);
    for (size_t i = 0; i < n; i++) {
        buf_puts(&q->reply, i > 0 ? "," : "");
        condition_put(&c[i], d, &q->reply);
    }
    buf_putc(&q->reply, ']');
    put_params(q, e, d);
}

void questions_lost(struct questions *qs, const struct job *jobs, size_t n, const char *reason)
{
    for (size_t i = 0; i < n; i++) {
        struct question *q = (jobs[i].flags & JOB_EXPLAIN) != 0 ? find_job(qs, jobs[i].id) : NULL;
        if (q != NULL) {
            question_answer(q, "failed", reason);
        }
    }
}
