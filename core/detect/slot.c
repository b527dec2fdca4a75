/* SPDX-License-Identifier: MIT */
/* What a slot remembers and hands over; its process is slot_process.c. */
#include "slot.h"

#include <stdlib.h>
#include <string.h>

enum { BACKOFF_MS = 1000 };

bool slot_init(struct slot *s, const struct pool_config *cfg, const struct declaration *decl,
               struct build *build, struct err *err)
{
    *s = (struct slot){
        .cfg = cfg,
        .pub = { .state = DETECTOR_DOWN, .heir_of = NO_DETECTOR },
        .process = { .child = { .out_fd = -1 }, .channel = { .fd = -1 }, .note = { .fd = -1 } },
        .backoff_ms = cfg->restart_ms > 0 ? cfg->restart_ms : BACKOFF_MS
    };
    if (decl == NULL) {
        return true;
    }
    s->json = declaration_to_json(decl);
    s->emits = malloc(EMITS_MAX * sizeof *s->emits);
    if (s->json == NULL || s->emits == NULL ||
        !declaration_from_json(s->json, strlen(s->json), &s->pub.decl, err)) {
        slot_fini(s);
        return err_set(err, ERR_MEMORY, "no memory for a detector");
    }
    if (build != NULL) {
        s->build = build_hold(build);
        memcpy(s->pub.sha256, build->sha256, sizeof s->pub.sha256);
    }
    return true;
}

void slot_fini(struct slot *s)
{
    process_fini(&s->process);
    for (size_t i = 0; i < s->tickers_cap; i++) {
        free(s->tickers[i].frame);
    }
    free(s->tickers);
    free(s->batch.jobs);
    free(s->batch.skip);
    free(s->emits);
    free(s->conditions);
    free(s->json);
    build_drop(s->build);
    declaration_fini(&s->pub.decl);
    *s = (struct slot){
        .process = { .child = { .out_fd = -1 }, .channel = { .fd = -1 }, .note = { .fd = -1 } }
    };
}

/* ---- jobs that kill ----------------------------------------------------------------------- */

static struct culprit *find_culprit(const struct slot *s, const struct job *job)
{
    for (size_t i = 0; i < CULPRITS_MAX; i++) {
        const struct culprit *c = &s->culprits[i];
        if (c->deaths > 0 && c->ticker == job->ticker && c->now_ns == job->now_ns &&
            c->flags == job->flags) {
            return (struct culprit *)(uintptr_t)c;
        }
    }
    return NULL;
}

void slot_blame(struct slot *s, const struct job *job)
{
    if (job->n_ticks > 1) {
        return; /* which of them it was shows when they are tried one by one */
    }
    struct culprit *c = find_culprit(s, job);
    if (c == NULL) {
        c = &s->culprits[s->next_culprit];
        s->next_culprit = (s->next_culprit + 1) % CULPRITS_MAX;
        *c = (struct culprit){ .ticker = job->ticker, .now_ns = job->now_ns, .flags = job->flags };
    }
    c->deaths++;
}

bool slot_gave_up(const struct slot *s, const struct job *job)
{
    const struct culprit *c = find_culprit(s, job);
    return (c != NULL && c->deaths >= POOL_DEATHS_MAX) ||
           s->tickers[job->ticker].deaths >= POOL_DEATHS_MAX;
}

/* ---- tickers ------------------------------------------------------------------------------- */

static bool make_room(struct slot *s, uint32_t ticker, struct err *err)
{
    if (ticker < s->tickers_cap) {
        return true;
    }
    if (ticker >= TICKERS_MAX) {
        return err_set(err, ERR_INVALID, "ticker number %lu is too large", (unsigned long)ticker);
    }
    size_t cap = s->tickers_cap != 0 ? s->tickers_cap : 16;
    while (cap <= ticker) {
        cap *= 2;
    }
    struct slot_ticker *tickers = realloc(s->tickers, cap * sizeof *tickers);
    if (tickers == NULL) {
        return err_set(err, ERR_MEMORY, "no memory for %zu tickers", cap);
    }
    for (size_t i = s->tickers_cap; i < cap; i++) {
        tickers[i] = (struct slot_ticker){ 0 };
    }
    s->tickers = tickers;
    s->tickers_cap = cap;
    return true;
}

static bool listening(const struct slot *s)
{
    return s->pub.state == DETECTOR_READY || s->pub.state == DETECTOR_BUSY;
}

static bool tell(struct slot *s, const struct slot_ticker *t, struct err *err)
{
    if (!channel_put(&s->process.channel, FRAME_TICKER, t->frame, t->bytes, err)) {
        return false;
    }
    s->progressed = s->progressed || !slot_working(s);
    s->creating++;
    return true;
}

bool slot_set_ticker(struct slot *s, const struct frame_ticker *t, struct err *err)
{
    size_t bytes = FRAME_CUT(struct frame_ticker, params, t->n_params);
    unsigned char *frame = malloc(bytes);
    if (frame == NULL || !make_room(s, t->ticker, err)) {
        free(frame);
        return err_set(err, ERR_MEMORY, "no memory for ticker %s", t->name);
    }
    memcpy(frame, t, bytes);
    struct slot_ticker *known = &s->tickers[t->ticker];
    free(known->frame);
    *known = (struct slot_ticker){ .frame = frame, .bytes = bytes };
    return !listening(s) || tell(s, known, err);
}

void slot_drop_ticker(struct slot *s, uint32_t ticker)
{
    if (ticker >= s->tickers_cap || s->tickers[ticker].frame == NULL) {
        return;
    }
    free(s->tickers[ticker].frame);
    s->tickers[ticker] = (struct slot_ticker){ 0 };
    if (listening(s) &&
        !channel_put(&s->process.channel, FRAME_DROP_TICKER, &ticker, sizeof ticker, NULL)) {
        log_warn("detector_drop", "detector=%s ticker=%lu reason=\"no memory\"", s->pub.decl.id,
                 (unsigned long)ticker);
    }
}

const char *slot_ticker_name(const struct slot *s, uint32_t ticker)
{
    if (ticker >= s->tickers_cap || s->tickers[ticker].frame == NULL) {
        return "an unknown ticker";
    }
    return (const char *)s->tickers[ticker].frame + offsetof(struct frame_ticker, name);
}

void slot_tell_all(struct slot *s)
{
    for (size_t i = 0; i < s->tickers_cap; i++) {
        const struct slot_ticker *t = &s->tickers[i];
        struct err err = { 0 };
        if (t->frame != NULL && t->deaths < POOL_DEATHS_MAX && !tell(s, t, &err)) {
            log_warn("detector_ticker", "detector=%s ticker=%zu reason=\"%s\"", s->pub.decl.id, i,
                     err.text);
        }
    }
}

/* ---- jobs ---------------------------------------------------------------------------------- */

static bool batch_room(struct batch *b, size_t n, struct err *err)
{
    if (n <= b->cap) {
        return true;
    }
    struct job *jobs = realloc(b->jobs, n * sizeof *jobs);
    b->jobs = jobs != NULL ? jobs : b->jobs;
    bool *skip = realloc(b->skip, n * sizeof *skip);
    b->skip = skip != NULL ? skip : b->skip;
    if (jobs == NULL || skip == NULL) {
        return err_set(err, ERR_MEMORY, "no memory for %zu jobs", n);
    }
    b->cap = n;
    return true;
}

void slot_trim(struct slot *s)
{
    struct batch *b = &s->batch;
    channel_trim(&s->process.channel);
    if (b->next == b->n) {
        free(b->jobs);
        free(b->skip);
        *b = (struct batch){ .late = b->late, .begun = b->begun };
    }
}

static bool jobs_valid(const struct slot *s, const struct job *jobs, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t ticker = jobs[i].ticker;
        if (ticker >= s->tickers_cap || s->tickers[ticker].frame == NULL) {
            return err_set(err, ERR_INVALID, "detector %s does not know ticker number %lu",
                           s->pub.decl.id, (unsigned long)ticker);
        }
    }
    return true;
}

/* Sends jobs[from, to), which lie between two that are skipped. */
static bool send_run(struct slot *s, size_t from, size_t to, struct err *err)
{
    const size_t most = FRAME_MAX_BYTES / sizeof(struct job);
    while (from < to) {
        size_t n = to - from < most ? to - from : most;
        if (!channel_put(&s->process.channel, FRAME_JOBS, s->batch.jobs + from,
                         n * sizeof(struct job), err)) {
            return false;
        }
        from += n;
    }
    return true;
}

static bool send_batch(struct slot *s, struct err *err)
{
    const struct batch *b = &s->batch;
    size_t from = 0;
    for (size_t i = 0; i <= b->n; i++) {
        if (i < b->n && !b->skip[i]) {
            continue;
        }
        if (!send_run(s, from, i, err)) {
            return false;
        }
        from = i + 1;
    }
    return true;
}

bool slot_submit(struct slot *s, const struct job *jobs, size_t n, struct err *err)
{
    struct batch *b = &s->batch;
    if (s->pub.state != DETECTOR_READY || n == 0 || n > POOL_BATCH_MAX) {
        return err_set(err, ERR_INVALID, "detector %s cannot take a batch of %zu jobs now",
                       s->pub.decl.id, n);
    }
    if (!jobs_valid(s, jobs, n, err) || !batch_room(b, n, err)) {
        return false;
    }
    memcpy(b->jobs, jobs, n * sizeof *jobs);
    for (size_t i = 0; i < n; i++) {
        b->skip[i] = slot_gave_up(s, &jobs[i]);
    }
    b->n = n;
    b->next = 0;
    b->late = false;
    if (!send_batch(s, err)) {
        b->n = 0;
        return false;
    }
    s->n_emits = 0;
    s->progressed = true;
    b->begun = (struct mono){ 0 };
    s->pub.state = DETECTOR_BUSY;
    return true;
}
