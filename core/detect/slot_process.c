/* SPDX-License-Identifier: MIT */
/* The life of a slot's process: start, watch, read, bury, start again. */
#include "log.h"
#include "slot.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    BACKOFF_FIRST_MS = 1000,
    BACKOFF_MAX_MS = 60000,
    GOOD_WORK_MS = 60000, /* a worker that lived as long starts from the first wait again */
    WALL_FACTOR = 10,
    BACKSTOP_FACTOR = 20, /* of the deadline: CPU time at which the system ends it without us */
    LOOK_AFTER_MS = 10,   /* CPU time is asked for after so long */
    IN_ROW_MAX = 100,     /* jobs with an error or refused patterns */
    DYING_MS = 20,        /* from the end of its channel to its own */
    READS_MAX = 16        /* per poll, so that one worker cannot keep the engine */
};

bool slot_alive(const struct slot *s)
{
    return s->process.child.pid > 0;
}

bool slot_runs(const struct slot *s)
{
    return s->pub.state != DETECTOR_REFUSED && s->pub.state != DETECTOR_UNWANTED &&
           s->pub.state != DETECTOR_QUARANTINED;
}

void slot_halt(struct slot *s)
{
    process_fini(&s->process);
    s->pub.pid = 0;
    s->creating = 0;
    s->batch.n = 0;
    s->batch.next = 0;
    s->n_emits = 0;
}

bool slot_working(const struct slot *s)
{
    return slot_alive(s) &&
           (s->pub.state == DETECTOR_STARTING || s->pub.state == DETECTOR_BUSY || s->creating > 0);
}

/* ---- death ---------------------------------------------------------------------------------- */

static bool is_in_job(const struct crumb_copy *crumb)
{
    return crumb->phase == CRUMB_DETECT || crumb->phase == CRUMB_EXPLAIN;
}

/* The job the worker died in: by its breadcrumb, else the first that was not finished. */
static const struct job *fatal_job(const struct slot *s, const struct crumb_copy *crumb)
{
    const struct batch *b = &s->batch;
    for (size_t i = b->next; i < b->n && is_in_job(crumb); i++) {
        const struct job *job = &b->jobs[i];
        if (job->id == crumb->job_id && job->ticker == crumb->ticker &&
            job->now_ns == crumb->now_ns && !b->skip[i]) {
            return job;
        }
    }
    return b->next < b->n ? &b->jobs[b->next] : NULL;
}

static void set_reason(struct slot *s, const char *cause, const struct crumb_copy *crumb,
                       const struct job *job)
{
    char *out = s->pub.reason;
    size_t n = sizeof s->pub.reason;
    const char *phase = crumb_phase_text(crumb->phase);
    char when[CLOCK_ISO_MAX];
    if (s->fail[0] != '\0') {
        (void)snprintf(out, n, "%s", s->fail);
    } else if (is_in_job(crumb) && job != NULL) {
        (void)clock_print_iso(when, job->now_ns);
        (void)snprintf(out, n, "%s in %s at %s %s", cause, phase, slot_ticker_name(s, job->ticker),
                       when);
    } else if (crumb->phase == CRUMB_CREATE || crumb->phase == CRUMB_DESTROY) {
        (void)snprintf(out, n, "%s in %s for %s", cause, phase, slot_ticker_name(s, crumb->ticker));
    } else if (crumb->phase == CRUMB_HOST) {
        (void)snprintf(out, n, "%s", cause);
    } else {
        (void)snprintf(out, n, "%s in %s", cause, phase);
    }
}

static int64_t first_backoff_ms(const struct slot *s)
{
    return s->cfg->restart_ms > 0 ? s->cfg->restart_ms : BACKOFF_FIRST_MS;
}

/* outside: it is not its fault, and may come back as if it had worked well. */
static void plan_restart(struct slot *s, struct mono now, bool outside)
{
    if (outside || mono_ms_until(s->started, now) >= GOOD_WORK_MS) {
        s->backoff_ms = first_backoff_ms(s);
    }
    s->restart_at = mono_after_ms(now, s->backoff_ms);
    int64_t next_ms = 2 * s->backoff_ms;
    s->backoff_ms = next_ms < BACKOFF_MAX_MS ? next_ms : BACKOFF_MAX_MS;
}

static void give_back(struct slot *s, const struct pool_events *ev)
{
    struct batch *b = &s->batch;
    size_t from = b->next;
    size_t n = b->n;
    b->n = 0;
    b->next = 0;
    s->n_emits = 0;
    s->n_conditions = 0;
    if (from < n) {
        ev->lost(ev->ctx, s->number, b->jobs + from, n - from);
    }
}

static void assign_blame(struct slot *s, const struct crumb_copy *crumb, const struct job *job)
{
    if (job != NULL && crumb->phase != CRUMB_CREATE) {
        slot_blame(s, job);
    }
    if (crumb->phase == CRUMB_CREATE && crumb->ticker < s->tickers_cap) {
        s->tickers[crumb->ticker].deaths++;
    }
}

void slot_bury(struct slot *s, struct mono now, const char *cause, const struct pool_events *ev)
{
    int status;
    char how[CHILD_END_MAX];
    int pid = s->process.child.pid;
    struct crumb_copy crumb = process_crumb(&s->process);
    const struct job *job = fatal_job(s, &crumb);
    child_end(&s->process.child, &status);
    child_end_text(how, status);
    bool outside = cause == NULL && process_ended_by_others(how);
    struct death death = { .signal = cause != NULL ? cause : how, .crumb = &crumb, .job = job };
    set_reason(s, death.signal, &crumb, job);
    if (!outside) {
        assign_blame(s, &crumb, job);
    }
    capture_flush(&s->capture, s->pub.decl.id, &s->throttle, now);
    process_fini(&s->process);
    s->pub.pid = 0;
    s->pub.state = DETECTOR_DOWN;
    s->deaths += !outside;
    s->creating = 0;
    s->in_row = 0;
    if (job != NULL && job->n_ticks > 1) {
        s->restart_at = now; /* its boundaries come back one by one: nothing repeats itself */
    } else {
        plan_restart(s, now, outside);
    }
    log_warn("detector_down", "detector=%s pid=%d reason=\"%s\" restart_ms=%" PRId64,
             s->pub.decl.id, pid, s->pub.reason, mono_ms_until(now, s->restart_at));
    if (!outside && (cause != NULL || crumb.phase != CRUMB_HOST)) {
        slot_strike(s, now, &death);
    }
    give_back(s, ev);
}

/* ---- birth ---------------------------------------------------------------------------------- */

static void start(struct slot *s, struct mono now)
{
    struct err err = { 0 };
    struct process_spec spec = { .worker_path = s->cfg->worker_path,
                                 .so_path = s->pub.path,
                                 .image = &s->build->image,
                                 .index = s->file_index,
                                 .window_fd = s->cfg->window_fd,
                                 .window_bytes = s->cfg->window_bytes,
                                 .memory_mb = s->cfg->memory_mb,
                                 .fence = s->cfg->fence };
    s->pub.restarts += s->started_once;
    s->started_once = true;
    s->started = now;
    s->fail[0] = '\0';
    s->progressed = true;
    s->cpu_limit_s = 0;
    if (!process_start(&s->process, &spec, &err)) {
        (void)snprintf(s->pub.reason, sizeof s->pub.reason, "%s", err.text);
        log_error("detector_start", "detector=%s reason=\"%s\"", s->pub.decl.id, err.text);
        plan_restart(s, now, false);
        return;
    }
    s->pub.pid = s->process.child.pid;
    s->pub.state = DETECTOR_STARTING;
}

/* ---- watch ----------------------------------------------------------------------------------- */

static void note_late(struct slot *s, struct mono now)
{
    struct batch *b = &s->batch;
    if (b->begun.ns == 0) {
        b->begun = now;
    }
    if (!b->late && mono_ms_until(b->begun, now) > s->cfg->budget_ms) {
        b->late = true;
        s->pub.late++;
    }
}

/* Should we ourselves be stopped, a loop still ends. Looked after often enough that work done well
 * never comes near the limit. */
static void keep_backstop(struct slot *s, struct mono now)
{
    int64_t more_s = BACKSTOP_FACTOR * s->cfg->deadline_ms / 1000 + 1, cpu_ns = 0;
    if (s->cpu_limit_s != 0 && mono_ms_until(s->backstop_at, now) < more_s * 1000 / 4) {
        return;
    }
    s->backstop_at = now;
    (void)child_cpu_ns(&s->process.child, &cpu_ns);
    int64_t used_s = cpu_ns / NS_PER_S;
    if (s->cpu_limit_s < used_s + more_s) {
        s->cpu_limit_s = used_s + 2 * more_s;
        child_limit_cpu(&s->process.child, s->cpu_limit_s);
    }
}

/* CPU time is the measure, because it passes for nobody else's sake; the wall is there for those
 * who sleep. Most work is over before anybody looks at either. */
static bool out_of_time(struct slot *s, struct mono now, char cause[64])
{
    int64_t cpu_ns = 0;
    int64_t limit_ms = s->cfg->deadline_ms;
    if (s->progressed) {
        s->progressed = false;
        s->watch_since = now;
        s->watch_cpu_ns = -1;
        keep_backstop(s, now);
        return false;
    }
    int64_t waited_ms = mono_ms_until(s->watch_since, now);
    if (waited_ms < (limit_ms < LOOK_AFTER_MS ? limit_ms : LOOK_AFTER_MS)) {
        return false;
    }
    (void)child_cpu_ns(&s->process.child, &cpu_ns);
    s->watch_cpu_ns = s->watch_cpu_ns < 0 ? cpu_ns : s->watch_cpu_ns;
    if (cpu_ns - s->watch_cpu_ns > limit_ms * NS_PER_MS) {
        (void)snprintf(cause, 64, "stopped after %" PRId64 " ms of CPU time", limit_ms);
        return true;
    }
    if (waited_ms > WALL_FACTOR * limit_ms) {
        (void)snprintf(cause, 64, "stopped after %" PRId64 " ms of waiting",
                       WALL_FACTOR * limit_ms);
        return true;
    }
    return false;
}

bool slot_watch(struct slot *s, struct mono now, const struct pool_events *ev)
{
    char cause[64];
    if (s->pub.state == DETECTOR_QUARANTINED && slot_look_released(s, now)) {
        s->pub.state = DETECTOR_DOWN;
        s->restart_at = now;
        s->backoff_ms = first_backoff_ms(s);
    }
    if (s->pub.state == DETECTOR_DOWN && mono_ms_until(now, s->restart_at) <= 0) {
        start(s, now);
        return true;
    }
    if (slot_settle(s, ev)) {
        return true;
    }
    if (s->pub.state == DETECTOR_BUSY) {
        note_late(s, now);
    }
    if (s->in_row >= IN_ROW_MAX) {
        (void)snprintf(cause, sizeof cause, "stopped after %d calls in a row with errors",
                       IN_ROW_MAX);
        slot_bury(s, now, cause, ev);
        return true;
    }
    if (slot_working(s) && out_of_time(s, now, cause)) {
        slot_read(s, now, NEWS_ANY,
                  ev); /* we may have slept ourselves: what it did meanwhile counts */
        if (slot_working(s) && !s->progressed) {
            slot_bury(s, now, cause, ev);
        }
        return true;
    }
    return false;
}

/* ---- read -------------------------------------------------------------------------------------
 */

/* All that a dead worker left, some of what a living one has to say. False: it hung up or, with the
 * fault in err, sent what cannot be. */
static bool read_channel(struct slot *s, bool dead, struct mono now, const struct pool_events *ev,
                         struct err *err)
{
    bool more = true;
    for (int i = 0; more && (dead || i < READS_MAX); i++) {
        if (!channel_fill(&s->process.channel, &more, NULL) || !slot_take_frames(s, now, ev, err)) {
            return false;
        }
    }
    return true;
}

static void read_output(struct slot *s, struct mono now)
{
    struct child *c = &s->process.child;
    if (c->out_fd >= 0 &&
        !capture_read(&s->capture, c->out_fd, s->pub.decl.id, &s->throttle, now)) {
        (void)close(c->out_fd);
        c->out_fd = -1;
    }
}

/* Who dies hangs up a moment before it can be seen to be dead; who lives on has closed it himself.
 */
static bool dies(const struct slot *s)
{
    int status;
    for (int i = 0; i < DYING_MS && !child_ended(&s->process.child, &status); i++) {
        (void)poll(NULL, 0, 1);
    }
    return child_ended(&s->process.child, &status);
}

void slot_read(struct slot *s, struct mono now, unsigned news, const struct pool_events *ev)
{
    struct err err = { 0 };
    char cause[sizeof err.text + 32];
    int status;
    if (!slot_alive(s)) {
        return;
    }
    /* Asked first: all that a dead worker sent is then there to be read. */
    bool dead = (news & NEWS_END) != 0 && child_ended(&s->process.child, &status);
    bool open = (news & NEWS_TAKEN) == 0 || slot_take_frames(s, now, ev, &err);
    open =
        open && ((news & (NEWS_CHANNEL | NEWS_END)) == 0 || read_channel(s, dead, now, ev, &err));
    dead = dead || (!open && err.code == ERR_NONE && dies(s));
    if (dead || (news & (NEWS_OUTPUT | NEWS_END)) != 0) {
        read_output(s, now);
    }
    if (err.code != ERR_NONE) {
        (void)snprintf(cause, sizeof cause, "it sent nonsense: %s", err.text);
        slot_bury(s, now, cause, ev);
    } else if (dead || !open) {
        slot_bury(s, now, dead ? NULL : "it closed its channel", ev);
    }
}
