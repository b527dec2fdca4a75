/* SPDX-License-Identifier: MIT */
/* What a worker says, checked before it is used. */
#include "emission.h"
#include "orderflow/detector.h"
#include "slot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The caller may submit again from within done(), so all of ours is settled before it is told. */
static void finish(struct slot *s, const struct job_done *done, const struct pool_events *ev)
{
    struct batch *b = &s->batch;
    struct job job = b->jobs[b->next];
    size_t n_emits = s->n_emits, n_conditions = s->n_conditions;
    b->next++;
    s->n_emits = 0;
    s->n_conditions = 0;
    s->progressed = true;
    for (size_t i = 0; i < n_emits; i++) {
        ev->emit(ev->ctx, s->number, &job, &s->emits[i]);
    }
    if (b->next == b->n) {
        b->n = 0;
        b->next = 0;
        s->pub.state = DETECTOR_READY;
    }
    if ((job.flags & JOB_EXPLAIN) == 0) {
        ev->done(ev->ctx, s->number, &job, done);
    } else if (ev->explained != NULL) {
        ev->explained(ev->ctx, s->number, &job, done, s->conditions, n_conditions);
    }
}

bool slot_settle(struct slot *s, const struct pool_events *ev)
{
    bool any = false;
    while (s->batch.next < s->batch.n && s->batch.skip[s->batch.next]) {
        struct job_done done = { .id = s->batch.jobs[s->batch.next].id, .status = JOB_SKIPPED };
        s->pub.skipped++;
        any = true;
        finish(s, &done, ev);
    }
    return any;
}

static bool on_ready(struct slot *s, const struct channel_frame *f, const struct pool_events *ev,
                     struct err *err)
{
    if (s->pub.state != DETECTOR_STARTING) {
        return err_set(err, ERR_PROTOCOL, "it said twice that it is ready");
    }
    if (f->bytes != strlen(s->json) || memcmp(f->data, s->json, f->bytes) != 0) {
        return err_set(err, ERR_PROTOCOL, "the file is another than the one that was described");
    }
    s->pub.state = DETECTOR_READY;
    slot_tell_all(s);
    ev->ready(ev->ctx, s->number);
    return true;
}

static bool on_created(struct slot *s, const struct channel_frame *f, struct err *err)
{
    struct frame_created c;
    if (f->bytes != sizeof c || s->creating == 0) {
        return err_set(err, ERR_PROTOCOL, "an instance nobody asked for");
    }
    memcpy(&c, f->data, sizeof c);
    if (c.ticker >= s->tickers_cap) {
        return err_set(err, ERR_PROTOCOL, "an instance for an unknown ticker");
    }
    s->creating--;
    s->progressed = true;
    s->tickers[c.ticker].deaths = 0;
    if (c.ok == 0) {
        s->no_instance = true;
        s->pub.strikes++;
        (void)snprintf(s->pub.reason, sizeof s->pub.reason, "create() gave no instance for %s",
                       slot_ticker_name(s, c.ticker));
    }
    return true;
}

static const struct job *current(const struct slot *s)
{
    const struct batch *b = &s->batch;
    return b->next < b->n ? &b->jobs[b->next] : NULL;
}

static bool on_emit(struct slot *s, const struct channel_frame *f, struct err *err)
{
    uint64_t job_id;
    const size_t head = offsetof(struct frame_emit, e);
    const struct job *job = current(s);
    if (f->bytes < FRAME_CUT(struct frame_emit, e.ev, 0) || f->bytes > sizeof(struct frame_emit)) {
        return err_set(err, ERR_PROTOCOL, "a pattern of %lu bytes", (unsigned long)f->bytes);
    }
    if (s->n_emits == EMITS_MAX) {
        return err_set(err, ERR_PROTOCOL, "more patterns than a job may have");
    }
    struct emission *got = &s->emits[s->n_emits];
    memcpy(&job_id, f->data, sizeof job_id);
    memcpy(got, f->data + head, f->bytes - head);
    if (got->n_ev > EVIDENCE_MAX || f->bytes != FRAME_CUT(struct frame_emit, e.ev, got->n_ev)) {
        return err_set(
            err, ERR_PROTOCOL,
            "a pattern that slipped past emit(): its length is not that of its evidence");
    }
    if (job == NULL || job_id != job->id || (job->flags & (OFD_TICK_PRIMING | JOB_EXPLAIN)) != 0) {
        return err_set(err, ERR_PROTOCOL, "a pattern for another job");
    }
    int64_t oldest_ns = emission_oldest_ns(&s->pub.decl, job->now_ns);
    const char *fault = emission_fault(&s->pub.decl, got, oldest_ns, job->now_ns);
    if (fault != NULL) {
        return err_set(err, ERR_PROTOCOL, "a pattern that slipped past emit(): %s", fault);
    }
    s->n_emits++;
    return true;
}

static bool on_condition(struct slot *s, const struct channel_frame *f, struct err *err)
{
    struct frame_condition got;
    const struct job *job = current(s);
    if (f->bytes != sizeof got) {
        return err_set(err, ERR_PROTOCOL, "a condition of %lu bytes", (unsigned long)f->bytes);
    }
    memcpy(&got, f->data, sizeof got);
    if (job == NULL || got.job_id != job->id || (job->flags & JOB_EXPLAIN) == 0 ||
        s->n_conditions == CONDITIONS_MAX) {
        return err_set(err, ERR_PROTOCOL, "a condition nobody asked for");
    }
    const char *fault = condition_fault(&s->pub.decl, &got.c);
    if (fault != NULL) {
        return err_set(err, ERR_PROTOCOL, "a condition that slipped past say(): %s", fault);
    }
    if (s->conditions == NULL) {
        s->conditions = calloc(CONDITIONS_MAX, sizeof *s->conditions);
        if (s->conditions == NULL) {
            return err_set(err, ERR_MEMORY, "no memory for conditions");
        }
    }
    s->conditions[s->n_conditions++] = got.c;
    return true;
}

/* By its own doing in that call. */
static bool is_faulty(const struct job_done *d)
{
    return d->refused > 0 ||
           (d->status < 0 && d->status != JOB_NO_INSTANCE && d->status != JOB_NO_EXPLAIN);
}

static bool on_done(struct slot *s, const struct channel_frame *f, const struct pool_events *ev,
                    struct err *err)
{
    struct job_done done;
    const struct job *job = current(s);
    if (f->bytes != sizeof done || job == NULL) {
        return err_set(err, ERR_PROTOCOL, "the end of a job nobody asked for");
    }
    memcpy(&done, f->data, sizeof done);
    if (done.id != job->id || done.status == JOB_SKIPPED || done.status > 0) {
        return err_set(err, ERR_PROTOCOL, "the end of another job");
    }
    s->pub.jobs_done++;
    s->pub.emitted += s->n_emits;
    s->pub.refused_emits += done.refused;
    s->pub.cpu_us += done.cpu_us;
    s->pub.strikes += done.refused > 0 || (done.status < 0 && done.status != JOB_NO_EXPLAIN);
    s->in_row = is_faulty(&done) ? s->in_row + 1 : 0;
    finish(s, &done, ev);
    (void)slot_settle(s, ev);
    return true;
}

static bool on_text(struct slot *s, const struct channel_frame *f, struct mono now, struct err *err)
{
    struct frame_text t = { 0 };
    if (f->bytes < FRAME_CUT(struct frame_text, text, 0) || f->bytes > sizeof t) {
        return err_set(err, ERR_PROTOCOL, "a text of %lu bytes", (unsigned long)f->bytes);
    }
    memcpy(&t, f->data, f->bytes);
    size_t n = strnlen(t.text, sizeof t.text);
    if (f->type == FRAME_FAIL) {
        (void)snprintf(s->fail, sizeof s->fail, "%.*s", (int)sizeof s->fail - 1, t.text);
        return true;
    }
    enum log_level level = t.code == OFD_LOG_DEBUG  ? LOG_DEBUG
                           : t.code == OFD_LOG_INFO ? LOG_INFO
                           : t.code == OFD_LOG_WARN ? LOG_WARN
                                                    : LOG_ERROR;
    capture_log(level, "detector_log", s->pub.decl.id, t.text, n, &s->throttle, now);
    return true;
}

static void tell_missing(const struct slot *s)
{
    struct buf words;
    uint32_t missing = ~s->pub.fence & ((UINT32_C(1) << FENCE_BITS) - 1);
    buf_init(&words, FRAME_TEXT_MAX);
    fence_put_bits(missing, &words);
    if (missing != 0 && !words.failed) {
        log_info("detector_fence", "detector=%s missing=\"%s\"", s->pub.decl.id, words.data);
    }
    buf_fini(&words);
}

static bool on_fence(struct slot *s, const struct channel_frame *f, struct err *err)
{
    if (f->bytes != sizeof s->pub.fence || s->pub.state != DETECTOR_STARTING) {
        return err_set(err, ERR_PROTOCOL, "a fence nobody asked for");
    }
    memcpy(&s->pub.fence, f->data, sizeof s->pub.fence);
    if (s->pub.restarts == 0) {
        tell_missing(s);
    }
    return true;
}

static void print_refusal(const struct slot *s, const struct frame_refused *r, char *out, size_t n)
{
    char when[CLOCK_ISO_MAX] = "";
    const char *call = seccomp_call_name(r->call);
    const char *phase = crumb_phase_text(r->phase);
    if (r->phase == CRUMB_DETECT) {
        (void)clock_print_iso(when, r->now_ns);
        (void)snprintf(out, n, "%s() in %s at %s %s", call, phase, slot_ticker_name(s, r->ticker),
                       when);
    } else if (r->phase == CRUMB_CREATE || r->phase == CRUMB_DESTROY) {
        (void)snprintf(out, n, "%s() in %s for %s", call, phase, slot_ticker_name(s, r->ticker));
    } else {
        (void)snprintf(out, n, "%s() in %s", call, phase);
    }
}

/* No strike: it got nothing, and libraries ask for more than they need. */
static bool on_refused(struct slot *s, const struct channel_frame *f, struct mono now,
                       struct err *err)
{
    struct frame_refused r;
    char text[sizeof s->pub.refused_call];
    if (f->bytes != sizeof r) {
        return err_set(err, ERR_PROTOCOL, "refused calls of %lu bytes", (unsigned long)f->bytes);
    }
    memcpy(&r, f->data, sizeof r);
    print_refusal(s, &r, text, sizeof text);
    s->pub.refused_calls += r.n;
    memcpy(s->pub.refused_call, text, sizeof text);
    capture_log(LOG_WARN, "detector_call_refused", s->pub.decl.id, text, strlen(text), &s->throttle,
                now);
    return true;
}

static bool take_frame(struct slot *s, const struct channel_frame *f, struct mono now,
                       const struct pool_events *ev, struct err *err)
{
    switch (f->type) {
    case FRAME_READY:
        return on_ready(s, f, ev, err);
    case FRAME_CREATED:
        return on_created(s, f, err);
    case FRAME_EMIT:
        return on_emit(s, f, err);
    case FRAME_CONDITION:
        return on_condition(s, f, err);
    case FRAME_DONE:
        return on_done(s, f, ev, err);
    case FRAME_LOG:
    case FRAME_FAIL:
        return on_text(s, f, now, err);
    case FRAME_FENCE:
        return on_fence(s, f, err);
    case FRAME_REFUSED:
        return on_refused(s, f, now, err);
    default:
        return err_set(err, ERR_PROTOCOL, "a frame of type %lu", (unsigned long)f->type);
    }
}

bool slot_take_frames(struct slot *s, struct mono now, const struct pool_events *ev,
                      struct err *err)
{
    struct channel_frame frame;
    int got;
    while ((got = channel_next(&s->process.channel, &frame, err)) > 0) {
        if (!take_frame(s, &frame, now, ev, err)) {
            return false;
        }
    }
    return got == 0;
}
