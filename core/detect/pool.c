/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include "log.h"
#include "slot.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PER_FILE_MAX = 16,
    FDS_PER_SLOT = 2,
    WATCH_MS = 20, /* how often time limits are looked at while there is work */
    STOP_MS = 500  /* for workers to say goodbye to their instances */
};

struct pool {
    struct pool_config cfg;
    struct slot **slots; /* owned */
    size_t n, cap;
    struct pollfd *fds; /* owned; FDS_PER_SLOT per slot */
};

/* ---- creation ------------------------------------------------------------------------------ */

static bool add_slot(struct pool *p, struct slot *s)
{
    if (p->n == p->cap) {
        size_t cap = p->cap != 0 ? 2 * p->cap : 8;
        struct slot **slots = realloc(p->slots, cap * sizeof(struct slot *));
        p->slots = slots != NULL ? slots : p->slots;
        struct pollfd *fds = realloc(p->fds, cap * FDS_PER_SLOT * sizeof *fds);
        p->fds = fds != NULL ? fds : p->fds;
        if (slots == NULL || fds == NULL) {
            return false;
        }
        p->cap = cap;
    }
    s->number = p->n;
    p->slots[p->n++] = s;
    return true;
}

/* Takes *decl. NULL when out of memory. */
static struct slot *new_slot(struct pool *p, const char *path, struct declaration *decl,
                             struct err *err)
{
    struct slot *s = malloc(sizeof *s);
    if (s == NULL || !slot_init(s, &p->cfg, decl, err)) {
        free(s);
        (void)err_set(err, ERR_MEMORY, "no memory for %s", path);
        return NULL;
    }
    (void)snprintf(s->pub.path, sizeof s->pub.path, "%s", path);
    if (!add_slot(p, s)) {
        slot_fini(s);
        free(s);
        (void)err_set(err, ERR_MEMORY, "no memory for %s", path);
        return NULL;
    }
    return s;
}

static void refuse(struct slot *s, const char *why)
{
    s->pub.state = DETECTOR_REFUSED;
    (void)snprintf(s->pub.reason, sizeof s->pub.reason, "%s", why);
    log_warn("detector_refused", "file=%s reason=\"%s\"", s->pub.path, why);
}

static const struct slot *find_id(const struct pool *p, const char *id)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->slots[i]->pub.state != DETECTOR_REFUSED &&
            strcmp(p->slots[i]->pub.decl.id, id) == 0) {
            return p->slots[i];
        }
    }
    return NULL;
}

struct admission {
    pool_wanted_fn *wanted;
    void *ctx;
};

/* Takes *decl. */
static bool admit(struct pool *p, const char *path, uint32_t index, struct declaration *decl,
                  const struct admission *adm, struct err *err)
{
    const struct slot *first = find_id(p, decl->id);
    struct slot *s = new_slot(p, path, decl, err);
    if (s == NULL) {
        return false;
    }
    s->file_index = index;
    if (first != NULL) {
        char why[sizeof s->pub.reason];
        (void)snprintf(why, sizeof why, "id %s is taken by %.90s; %.90s is not loaded",
                       s->pub.decl.id, first->pub.path, path);
        refuse(s, why);
    } else if (adm->wanted != NULL && !adm->wanted(adm->ctx, &s->pub.decl)) {
        s->pub.state = DETECTOR_UNWANTED;
    }
    return true;
}

static bool refuse_file(struct pool *p, const char *path, const char *why, struct err *err)
{
    struct declaration none = { 0 };
    struct slot *s = new_slot(p, path, &none, err);
    if (s == NULL) {
        return false;
    }
    refuse(s, why);
    return true;
}

static bool take_file(struct pool *p, const char *path, const struct admission *adm,
                      struct err *err)
{
    for (uint32_t index = 0; index < PER_FILE_MAX; index++) {
        struct declaration decl;
        struct err why = { 0 };
        if (scan_describe(p->cfg.worker_path, path, index, &decl, &why)) {
            const struct slot *first = find_id(p, decl.id);
            if (first != NULL && strcmp(first->pub.path, path) == 0) {
                declaration_fini(&decl);
                return refuse_file(p, path, POOL_SAME_AGAIN, err);
            }
            if (!admit(p, path, index, &decl, adm, err)) {
                return false;
            }
            continue;
        }
        return (why.code == ERR_NOT_FOUND && index > 0) || refuse_file(p, path, why.text, err);
    }
    return true;
}

static bool take_files(struct pool *p, const struct admission *adm, struct err *err)
{
    char **paths;
    size_t n;
    bool ok = true;
    if (!scan_list(p->cfg.plugin_dir, p->cfg.order, &paths, &n, err)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        ok = ok && take_file(p, paths[i], adm, err);
        free(paths[i]);
    }
    free(paths);
    return ok;
}

struct pool *pool_create(const struct pool_config *cfg, pool_wanted_fn *wanted, void *ctx,
                         struct err *err)
{
    struct admission adm = { .wanted = wanted, .ctx = ctx };
    struct pool *p = calloc(1, sizeof *p);
    if (p == NULL) {
        (void)err_set(err, ERR_MEMORY, "no memory for the detectors");
        return NULL;
    }
    p->cfg = *cfg;
    if (!take_files(p, &adm, err)) {
        pool_destroy(p);
        return NULL;
    }
    return p;
}

/* ---- the end ------------------------------------------------------------------------------- */

static size_t alive(const struct pool *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        int status;
        const struct slot *s = p->slots[i];
        n += slot_alive(s) && !child_ended(&s->process.child, &status);
    }
    return n;
}

/* A worker that is amid something, or has something left to read, is not waited for. */
static void say_stop(struct slot *s)
{
    if (!slot_alive(s)) {
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
    for (size_t i = 0; i < p->n; i++) {
        slot_fini(p->slots[i]);
        free(p->slots[i]);
    }
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
    CHECK(i < p->n);
    return &p->slots[i]->pub;
}

bool pool_set_ticker(struct pool *p, size_t i, uint32_t ticker, const char *name,
                     const double *params, uint32_t n_params, struct err *err)
{
    CHECK(i < p->n);
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
    CHECK(i < p->n);
    slot_drop_ticker(p->slots[i], ticker);
}

bool pool_submit(struct pool *p, size_t i, const struct job *jobs, size_t n, struct err *err)
{
    CHECK(i < p->n);
    return slot_submit(p->slots[i], jobs, n, err);
}

/* ---- the loop ------------------------------------------------------------------------------ */

size_t pool_fds(const struct pool *p, int *fds, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct process *process = &p->slots[i]->process;
        if (process->channel.fd >= 0 && n < max) {
            fds[n++] = process->channel.fd;
        }
        if (process->child.out_fd >= 0 && n < max) {
            fds[n++] = process->child.out_fd;
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
    return slot_working(s) ? WATCH_MS : INT64_MAX;
}

int64_t pool_wait_ms(const struct pool *p, struct mono now)
{
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < p->n; i++) {
        int64_t ms = slot_wait_ms(p->slots[i], now);
        least = ms < least ? ms : least;
    }
    return least;
}

static void wait_for_workers(struct pool *p, int64_t timeout_ms)
{
    nfds_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct process *process = &p->slots[i]->process;
        short out = channel_pending(&process->channel) > 0 ? POLLOUT : 0;
        p->fds[n++] = (struct pollfd){ .fd = process->channel.fd, .events = (short)(POLLIN | out) };
        p->fds[n++] = (struct pollfd){ .fd = process->child.out_fd, .events = POLLIN };
    }
    (void)poll(p->fds, n, (int)timeout_ms);
}

void pool_poll(struct pool *p, struct mono now, int64_t timeout_ms, const struct pool_events *ev)
{
    bool happened = false;
    for (size_t i = 0; i < p->n; i++) {
        happened = slot_watch(p->slots[i], now, ev) || happened;
        if (slot_alive(p->slots[i])) {
            (void)channel_flush(&p->slots[i]->process.channel, NULL);
        }
    }
    int64_t least_ms = pool_wait_ms(p, now);
    int64_t wait_ms = timeout_ms < least_ms ? timeout_ms : least_ms;
    wait_for_workers(p, happened || wait_ms < 0 ? 0 : wait_ms < INT32_MAX ? wait_ms : INT32_MAX);
    for (size_t i = 0; i < p->n; i++) {
        slot_read(p->slots[i], now, ev);
    }
}
