/* SPDX-License-Identifier: MIT */
#include "pool_internal.h"

#include "log.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEAD_MS = 4000,         /* the dead are looked for so often */
    LOOK_ANYWAY_MS = 15000, /* at the directory, where the system says when it has changed */
    LOOK_GAP_MS = 10,
    RELEASE_MS = 500, /* who is in quarantine is looked at so often */
    WATCH_MS = 20,    /* how often time limits are looked at while there is work */
    STOP_MS = 500     /* for workers to say goodbye to their instances */
};

/* ---- creation ------------------------------------------------------------------------------ */

static bool reserve(struct pool *p)
{
    if (p->n < p->cap) {
        return true;
    }
    size_t cap = p->cap != 0 ? 2 * p->cap : 8;
    struct slot **slots = realloc(p->slots, cap * sizeof(struct slot *));
    p->slots = slots != NULL ? slots : p->slots;
    struct pollfd *fds =
        realloc(p->fds, (cap * FDS_PER_SLOT + SCANS_MAX + 2 + WAKE_FDS_MAX) * sizeof *fds);
    p->fds = fds != NULL ? fds : p->fds;
    if (slots == NULL || fds == NULL) {
        return false;
    }
    p->cap = cap;
    return true;
}

struct slot *pool_add(struct pool *p, struct slot *s)
{
    size_t i = 0;
    while (i < p->n && p->slots[i] != NULL) {
        i++;
    }
    if (i == p->n && !reserve(p)) {
        log_error("detector", "file=%s reason=\"no memory\"", s->pub.path);
        slot_fini(s);
        free(s);
        return NULL;
    }
    p->n += i == p->n;
    p->slots[i] = s;
    s->number = i;
    s->pub.serial = ++p->serials;
    return s;
}

struct pool *pool_create(const struct pool_config *cfg, pool_wanted_fn *wanted, void *ctx,
                         struct err *err)
{
    struct pool *p = calloc(1, sizeof *p);
    if (p == NULL) {
        (void)err_set(err, ERR_MEMORY, "no memory for the detectors");
        return NULL;
    }
    p->cfg = *cfg;
    for (size_t i = 0; i < WAKE_FDS_MAX; i++) {
        p->wake_fds[i] = -1;
    }
    p->dir.fd = -1;
    gather_open(&p->gather);
    if (cfg->look_ms > 0) {
        dir_watch_open(&p->dir);
    }
    p->wanted = wanted;
    p->wanted_ctx = ctx;
    if (!reserve(p) || !files_look(p, true, (struct mono){ 0 }, err)) {
        pool_destroy(p);
        return NULL;
    }
    return p;
}

void pool_begin(struct pool *p)
{
    p->begun = true;
    pool_assign(p);
}

/* ---- coming and going ---------------------------------------------------------------------- */

void pool_leave_down(struct pool *p, size_t i)
{
    p->slots[i]->restart_at = (struct mono){ .ns = INT64_MAX };
}

void pool_release(struct pool *p, size_t i)
{
    slot_fini(p->slots[i]);
    free(p->slots[i]);
    p->slots[i] = NULL;
    while (p->n > 0 && p->slots[p->n - 1] == NULL) {
        p->n--;
    }
}

void pool_succeed(struct pool *p, size_t heir)
{
    struct slot *s = p->slots[heir];
    size_t place = s->pub.heir_of;
    struct slot *old = p->slots[place];
    log_info("detector_replaced", "detector=%s version=%s file=%s sha256=%.12s", s->pub.decl.id,
             s->pub.decl.version, s->pub.path, s->pub.sha256);
    s->pub.serial = old->pub.serial;
    s->pub.heir_of = NO_DETECTOR;
    s->claim = old->claim;
    s->number = place;
    p->slots[place] = s;
    old->number = heir;
    p->slots[heir] = old;
    pool_release(p, heir);
    p->changed = true;
}

/* ---- the end ------------------------------------------------------------------------------- */

static bool is_dead(const struct slot *s)
{
    int status;
    return slot_alive(s) && child_ended(&s->process.child, &status);
}

static size_t alive(const struct pool *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct slot *s = p->slots[i];
        n += s != NULL && slot_alive(s) && !is_dead(s);
    }
    return n;
}

/* A worker that is amid something, or has something left to read, is not waited for. */
static void say_stop(struct slot *s)
{
    if (s == NULL || !slot_alive(s)) {
        return;
    }
    if (slot_working(s) || !channel_put(&s->process.channel, FRAME_STOP, NULL, 0, NULL) ||
        !channel_flush(&s->process.channel, NULL)) {
        process_fini(&s->process);
    }
}

void pool_destroy(struct pool *p)
{
    if (p == NULL) {
        return;
    }
    for (size_t i = 0; i < p->n; i++) {
        say_stop(p->slots[i]);
    }
    for (int i = 0; i < STOP_MS && alive(p) > 0; i++) {
        (void)poll(NULL, 0, 1);
    }
    while (p->n > 0) {
        pool_release(p, p->n - 1);
    }
    files_fini(p);
    dir_watch_close(&p->dir);
    gather_close(&p->gather);
    free(p->slots);
    free(p->fds);
    free(p);
}

/* ---- use ----------------------------------------------------------------------------------- */

size_t pool_count(const struct pool *p)
{
    return p->n;
}

const struct detector *pool_get(const struct pool *p, size_t i)
{
    static const struct detector vacant = { .state = DETECTOR_VACANT, .heir_of = NO_DETECTOR };
    return i < p->n && p->slots[i] != NULL ? &p->slots[i]->pub : &vacant;
}

bool pool_idle(const struct pool *p, size_t i)
{
    return pool_get(p, i)->state == DETECTOR_READY && p->slots[i]->creating == 0;
}

bool pool_set_ticker(struct pool *p, size_t i, uint32_t ticker, const char *name,
                     const double *params, uint32_t n_params, struct err *err)
{
    CHECK(i < p->n && p->slots[i] != NULL);
    struct frame_ticker t = { .ticker = ticker, .n_params = n_params };
    size_t bytes = strlen(name) + 1;
    if (n_params != p->slots[i]->pub.decl.n_params || bytes > sizeof t.name) {
        return err_set(err, ERR_INVALID, "ticker %s with %lu parameters; detector %s has %lu", name,
                       (unsigned long)n_params, p->slots[i]->pub.decl.id,
                       (unsigned long)p->slots[i]->pub.decl.n_params);
    }
    memcpy(t.name, name, bytes);
    for (uint32_t k = 0; k < n_params; k++) {
        t.params[k] = params[k];
    }
    return slot_set_ticker(p->slots[i], &t, err);
}

void pool_drop_ticker(struct pool *p, size_t i, uint32_t ticker)
{
    CHECK(i < p->n && p->slots[i] != NULL);
    slot_drop_ticker(p->slots[i], ticker);
}

bool pool_submit(struct pool *p, size_t i, const struct job *jobs, size_t n, struct err *err)
{
    CHECK(i < p->n && p->slots[i] != NULL);
    return slot_submit(p->slots[i], jobs, n, err);
}

/* ---- the loop ------------------------------------------------------------------------------ */

size_t pool_fds(const struct pool *p, int *fds, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (p->slots[i] == NULL) {
            continue;
        }
        const struct process *process = &p->slots[i]->process;
        if (process->channel.fd >= 0 && n < max) {
            fds[n++] = process->channel.fd;
        }
        if (process->child.out_fd >= 0 && n < max) {
            fds[n++] = process->child.out_fd;
        }
    }
    for (size_t i = 0; i < p->n_files && n < max; i++) {
        if (p->files[i]->state == FILE_SCANNED) {
            fds[n++] = p->files[i]->scan.process.channel.fd;
        }
    }
    return n;
}

static int64_t slot_wait_ms(const struct slot *s, struct mono now)
{
    if (s->pub.state == DETECTOR_DOWN) {
        int64_t ms = mono_ms_until(now, s->restart_at);
        return ms > 0 ? ms : 0;
    }
    if (s->pub.state == DETECTOR_QUARANTINED) {
        return RELEASE_MS;
    }
    return slot_working(s) ? WATCH_MS : INT64_MAX;
}

int64_t pool_wait_ms(const struct pool *p, struct mono now)
{
    int64_t least = files_wait_ms(p, now);
    for (size_t i = 0; i < p->n; i++) {
        int64_t ms = p->slots[i] != NULL ? slot_wait_ms(p->slots[i], now) : INT64_MAX;
        least = ms < least ? ms : least;
    }
    return least;
}

/* Everything that workers may have to tell, and scans; and whether only reading is waited for. */
static nfds_t list_processes(struct pool *p, bool *quiet_out)
{
    nfds_t n = 0;
    *quiet_out = p->gather.fd >= 0;
    for (size_t i = 0; i < p->n; i++) {
        if (p->slots[i] == NULL) {
            continue;
        }
        const struct process *process = &p->slots[i]->process;
        p->slots[i]->polled = n;
        short out = channel_pending(&process->channel) > 0 ? POLLOUT : 0;
        *quiet_out = *quiet_out && out == 0;
        p->fds[n++] = (struct pollfd){ .fd = process->channel.fd, .events = (short)(POLLIN | out) };
        p->fds[n++] = (struct pollfd){ .fd = process->child.out_fd, .events = POLLIN };
    }
    for (size_t i = 0; i < p->n_files; i++) {
        if (p->files[i]->state == FILE_SCANNED) {
            *quiet_out = false;
            p->fds[n++] =
                (struct pollfd){ .fd = p->files[i]->scan.process.channel.fd, .events = POLLIN };
        }
    }
    return n;
}

/* Mostly nobody has anything to tell: then the one descriptor that stands for all workers is asked
 * instead of each. */
static void wait_for_processes(struct pool *p, int64_t timeout_ms)
{
    bool quiet;
    nfds_t others = list_processes(p, &quiet), n = others;
    for (size_t i = 0; i < WAKE_FDS_MAX; i++) {
        p->fds[n++] = (struct pollfd){ .fd = p->wake_fds[i], .events = POLLIN };
    }
    p->fds[n++] = (struct pollfd){ .fd = p->dir.fd, .events = POLLIN };
    struct pollfd *all = &p->fds[n];
    *all = (struct pollfd){ .fd = p->gather.fd, .events = POLLIN };
    if (quiet) {
        (void)poll(p->fds + others, n + 1 - others, (int)timeout_ms);
    }
    if (!quiet || all->revents != 0) {
        (void)poll(p->fds, n, quiet ? 0 : (int)timeout_ms);
    }
    for (size_t i = 0; i < WAKE_FDS_MAX; i++) {
        p->woken[i] = p->fds[others + i].revents != 0;
    }
    if (p->fds[n - 1].revents != 0 && dir_watch_drain(&p->dir)) {
        p->look_at = mono_after_ms(p->looked_at, LOOK_GAP_MS);
        p->looks_anyway = false;
    }
}

static void look(struct pool *p, struct mono now)
{
    struct err err = { 0 };
    if (!p->begun || p->cfg.look_ms == 0 || mono_ms_until(now, p->look_at) > 0) {
        return;
    }
    p->looked_at = now;
    bool ok = files_look(p, false, now, &err);
    p->looks_anyway = ok && p->dir.fd >= 0 && pool_described(p) && p->cfg.look_ms < LOOK_ANYWAY_MS;
    p->look_at = mono_after_ms(now, p->looks_anyway ? LOOK_ANYWAY_MS : p->cfg.look_ms);
    if (ok == p->dir_gone) {
        p->dir_gone = !ok;
        if (!ok) {
            log_warn("plugins_unreadable", "detail=\"%s\" hint=\"all detectors are kept\"",
                     err.text);
        }
    }
}

/* What poll() says that this worker has to tell. When it is dead, its lines hang up. */
static unsigned news_of(const struct pool *p, const struct slot *s)
{
    int channel = p->fds[s->polled].revents, output = p->fds[s->polled + 1].revents;
    return (channel != 0 ? NEWS_CHANNEL : 0U) | (output != 0 ? NEWS_OUTPUT : 0U) |
           (((channel | output) & ~(POLLIN | POLLOUT)) != 0 ? NEWS_END : 0U);
}

static void gather_worker(struct pool *p, struct slot *s)
{
    int pid = s->process.child.pid;
    if (pid > 0 && pid != s->gathered) {
        gather_add(&p->gather, s->process.channel.fd);
        gather_add(&p->gather, s->process.child.out_fd);
        s->gathered = pid;
    }
}

/* True when something happened. */
static bool watch(struct pool *p, struct mono now, const struct pool_events *ev)
{
    look(p, now);
    bool happened = files_work(p, now);
    if (p->begun && p->changed) {
        pool_assign(p);
    }
    for (size_t i = 0; i < p->n; i++) {
        if (p->slots[i] == NULL || p->slots[i]->pub.removed) {
            continue;
        }
        happened = slot_watch(p->slots[i], now, ev) || happened;
        struct channel *channel = &p->slots[i]->process.channel;
        gather_worker(p, p->slots[i]);
        if (slot_alive(p->slots[i]) && channel_pending(channel) > 0) {
            p->sent = true;
            if (p->nap_us > 0) {
                p->looks = true;
                channel_look(channel, true);
            }
            (void)channel_flush(channel, NULL);
        }
    }
    return happened;
}

void pool_wake_on(struct pool *p, size_t i, int fd)
{
    CHECK(i < WAKE_FDS_MAX);
    p->wake_fds[i] = fd;
}

void pool_set_nap(struct pool *p, int64_t us)
{
    p->nap_us = us;
}

void pool_trim(struct pool *p)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->slots[i] != NULL) {
            slot_trim(p->slots[i]);
        }
    }
}

bool pool_woken_by(const struct pool *p, size_t i)
{
    return p->woken[i];
}

bool pool_calm(const struct pool *p)
{
    bool calm = p->begun && !p->changed && !files_arriving(p) && pool_described(p);
    for (size_t i = 0; i < p->n && calm; i++) {
        const struct slot *s = p->slots[i];
        calm = s == NULL || (s->pub.heir_of == NO_DETECTOR && !s->pub.removed &&
                             s->pub.state != DETECTOR_STARTING && s->creating == 0);
    }
    return calm;
}

/* What workers have left in their boxes. True when there was something. */
static bool take_boxes(struct pool *p, struct mono now, const struct pool_events *ev)
{
    bool any = false;
    size_t n = p->n; /* what is read may add to them */
    for (size_t i = 0; i < n; i++) {
        struct slot *s = p->slots[i];
        if (s != NULL && slot_alive(s) && channel_take(&s->process.channel)) {
            slot_read(s, now, NEWS_TAKEN, ev);
            any = true;
        }
    }
    return any;
}

/* From now on workers wake us; what they left before they knew is taken. */
static bool look_no_more(struct pool *p, struct mono now, const struct pool_events *ev)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->slots[i] != NULL) {
            channel_look(&p->slots[i]->process.channel, false);
        }
    }
    p->looks = false;
    return take_boxes(p, now, ev);
}

static bool anybody_works(const struct pool *p)
{
    bool works = false;
    for (size_t i = 0; i < p->n && !works; i++) {
        works = p->slots[i] != NULL && slot_working(p->slots[i]);
    }
    return works;
}

void pool_poll(struct pool *p, struct mono now, int64_t timeout_ms, const struct pool_events *ev)
{
    bool happened = watch(p, now, ev);
    int64_t least_ms = pool_wait_ms(p, now);
    int64_t wait_ms = timeout_ms < least_ms ? timeout_ms : least_ms;
    bool naps = p->sent && p->nap_us > 0 && wait_ms > 0 && !happened;
    p->sent = false;
    if (naps) { /* few jobs: by its end they are done, and no worker had to wake us */
        clock_nap_us(p->nap_us);
        happened = take_boxes(p, now, ev);
        if (happened && !anybody_works(p)) {
            return;
        }
    }
    happened = (p->looks && look_no_more(p, now, ev)) || happened;
    wait_for_processes(p, happened || wait_ms < 0 ? 0 : wait_ms < INT32_MAX ? wait_ms : INT32_MAX);
    (void)files_work(p, now);
    /* Should somebody else hold a dead worker's lines open, it is found out all the same. */
    bool all = mono_ms_until(now, p->dead_at) <= 0;
    p->dead_at = all ? mono_after_ms(now, DEAD_MS) : p->dead_at;
    size_t n = p->n; /* what is read may add to them */
    for (size_t i = 0; i < n; i++) {
        const struct slot *s = p->slots[i];
        unsigned news = s == NULL ? 0U : all && is_dead(s) ? NEWS_ANY : news_of(p, s);
        if (news != 0) {
            slot_read(p->slots[i], now, news, ev);
        }
    }
    pool_judge_heirs(p);
}
