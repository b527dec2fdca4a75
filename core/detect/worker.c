/* SPDX-License-Identifier: MIT */
#include "worker.h"

#include "channel.h"
#include "clock.h"
#include "cpu.h"
#include "describe.h"
#include "desk.h"
#include "fence.h"
#include "instance.h"
#include "loader.h"
#include "shm.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    OUT_MAX_BYTES = 64 << 20, /* EMITS_MAX patterns with all their evidence, several times over */
    FLUSH_BYTES = 1 << 16,
    FLUSH_CPU_US = 1000, /* results wait no longer than this for company */
    MEASURE_NS = 100000  /* after so long at the latest it is asked how much CPU time was used, */
};                       /* which costs as much as a small job */

struct worker {
    struct channel channel;
    struct crumb *crumb;
    struct frame_setup setup;
    const void *windows;
    struct declaration decl;
    char *json;
    struct emit emit;
    struct instances instances;
    int64_t cpu_ns;       /* when it was asked last, */
    struct mono asked_at; /* then */
    uint64_t cpu_us_unsent;
    uint32_t refusals_told;
};

static bool read_setup(struct worker *w, struct err *err)
{
    struct channel_frame frame;
    if (!channel_wait(&w->channel, -1, &frame, err)) {
        return false;
    }
    if (frame.type != FRAME_SETUP || frame.bytes != sizeof w->setup) {
        return err_set(err, ERR_PROTOCOL, "the engine speaks another language");
    }
    memcpy(&w->setup, frame.data, sizeof w->setup);
    return w->setup.version == FRAME_VERSION ||
           err_set(err, ERR_PROTOCOL, "the engine speaks version %lu, this worker %d",
                   (unsigned long)w->setup.version, FRAME_VERSION);
}

/* Mapped, and the descriptors gone: nothing can be opened through them again. */
static bool open_memory(struct worker *w, bool run, uint32_t *bits, struct err *err)
{
    void *base;
    if (!shm_note_map(WORKER_FD_DESK, sizeof(struct desk), &base, err)) {
        return false;
    }
    struct desk *desk = base;
    w->crumb = &desk->crumb;
    (void)close(WORKER_FD_DESK);
    if (!run) {
        return true;
    }
    channel_share(&w->channel, &desk->to_worker, &desk->to_engine);
    *bits |= fence_is_sealed(WORKER_FD_WINDOW) ? FENCE_SEALED : 0;
    bool ok = shm_map_ro(WORKER_FD_WINDOW, (size_t)w->setup.window_bytes, &w->windows, err);
    (void)close(WORKER_FD_WINDOW);
    return ok;
}

/* What the plugin's last call asked the system for in vain. */
static bool tell_refusals(struct worker *w, enum crumb_phase phase, uint32_t ticker, int64_t now_ns,
                          struct err *err)
{
    uint32_t n = w->crumb->refused.n;
    if (n == w->refusals_told) {
        return true;
    }
    struct frame_refused frame = { .phase = phase,
                                   .ticker = ticker,
                                   .now_ns = now_ns,
                                   .n = n - w->refusals_told,
                                   .call = w->crumb->refused.call };
    w->refusals_told = n;
    return channel_put(&w->channel, FRAME_REFUSED, &frame, sizeof frame, err);
}

static const ofd_plugin *load(struct worker *w, const char *path, uint32_t index, uint32_t bits,
                              struct err *err)
{
    uint32_t more_bits;
    const struct fence_config *fence = &w->setup.fence;
    if (!fence_before_loading(fence, w->setup.memory_mb, path, w->crumb, &more_bits, err)) {
        return NULL;
    }
    bits |= more_bits;
    loader_entry_fn *entry = channel_put(&w->channel, FRAME_FENCE, &bits, sizeof bits, err)
                                 ? loader_open(path, w->crumb, err)
                                 : NULL;
    (void)close(WORKER_FD_IMAGE);
    if (entry == NULL || !tell_refusals(w, CRUMB_DLOPEN, 0, 0, err) ||
        !fence_after_loading(fence, w->crumb, err)) {
        return NULL;
    }
    return loader_ask(entry, index, w->crumb, err);
}

static bool take_plugin(struct worker *w, const ofd_plugin *plugin, struct err *err)
{
    w->crumb->phase = CRUMB_ENTRY;
    bool ok = describe(plugin, &w->decl, &w->json, err);
    w->crumb->phase = CRUMB_HOST;
    emit_init(&w->emit, &w->decl, &w->channel);
    w->instances = (struct instances){
        .plugin = plugin, .decl = &w->decl, .emit = &w->emit, .crumb = w->crumb
    };
    return ok && tell_refusals(w, CRUMB_ENTRY, 0, 0, err);
}

static bool start(struct worker *w, const char *path, uint32_t index, bool run, struct err *err)
{
    uint32_t bits = 0;
    if (!read_setup(w, err) || !open_memory(w, run, &bits, err)) {
        return false;
    }
    const ofd_plugin *plugin = load(w, path, index, bits, err);
    return plugin != NULL && take_plugin(w, plugin, err) &&
           channel_put(&w->channel, FRAME_READY, w->json, strlen(w->json), err) &&
           channel_flush_all(&w->channel, err);
}

static bool on_ticker(struct worker *w, const struct channel_frame *f, struct err *err)
{
    struct frame_ticker t = { 0 };
    bool ok;
    if (f->bytes < FRAME_CUT(struct frame_ticker, params, 0) || f->bytes > sizeof t) {
        return err_set(err, ERR_PROTOCOL, "a ticker frame of %lu bytes", (unsigned long)f->bytes);
    }
    memcpy(&t, f->data, f->bytes);
    if (!instances_set(&w->instances, &t, &ok, err)) {
        return false;
    }
    struct frame_created created = { .ticker = t.ticker, .ok = ok };
    return tell_refusals(w, CRUMB_CREATE, t.ticker, 0, err) &&
           channel_put(&w->channel, FRAME_CREATED, &created, sizeof created, err) &&
           channel_flush_all(&w->channel, err);
}

static bool on_drop(struct worker *w, const struct channel_frame *f, struct err *err)
{
    uint32_t ticker;
    if (f->bytes != sizeof ticker) {
        return err_set(err, ERR_PROTOCOL, "a drop frame of %lu bytes", (unsigned long)f->bytes);
    }
    memcpy(&ticker, f->data, sizeof ticker);
    instances_drop(&w->instances, ticker);
    return tell_refusals(w, CRUMB_DESTROY, ticker, 0, err);
}

static uint32_t cpu_us_since(struct worker *w, bool last)
{
    struct mono now = clock_mono();
    if (!last && now.ns - w->asked_at.ns < MEASURE_NS) {
        return 0;
    }
    int64_t us = (cpu_own_ns() - w->cpu_ns) / NS_PER_US;
    us = us < UINT32_MAX ? us : UINT32_MAX;
    w->asked_at = now;
    w->cpu_ns += us * NS_PER_US;
    w->cpu_us_unsent += (uint64_t)us;
    return (uint32_t)us;
}

static bool run_job(struct worker *w, const struct job *job, bool last, struct err *err)
{
    struct job_done done;
    if (!instances_run(&w->instances, job, w->windows, (size_t)w->setup.window_bytes, &done, err) ||
        !tell_refusals(w, CRUMB_DETECT, job->ticker, job->now_ns, err)) {
        return false;
    }
    done.cpu_us = cpu_us_since(w, last);
    if (!channel_put(&w->channel, FRAME_DONE, &done, sizeof done, err)) {
        return false;
    }
    if (w->cpu_us_unsent < FLUSH_CPU_US && channel_pending(&w->channel) < FLUSH_BYTES) {
        return true;
    }
    w->cpu_us_unsent = 0;
    return channel_flush_all(&w->channel, err);
}

static bool on_jobs(struct worker *w, const struct channel_frame *f, struct err *err)
{
    struct job job;
    if (f->bytes % sizeof job != 0) {
        return err_set(err, ERR_PROTOCOL, "a jobs frame of %lu bytes", (unsigned long)f->bytes);
    }
    w->cpu_ns = cpu_own_ns();
    w->asked_at = clock_mono();
    for (size_t at = 0; at < f->bytes; at += sizeof job) {
        memcpy(&job, f->data + at, sizeof job);
        if (!run_job(w, &job, at + sizeof job == f->bytes, err)) {
            return false;
        }
    }
    return channel_flush_all(&w->channel, err);
}

/* The engine's words are not checked against malice, only against mistakes. */
static bool obey(struct worker *w, const struct channel_frame *f, struct err *err)
{
    switch (f->type) {
    case FRAME_TICKER:
        return on_ticker(w, f, err);
    case FRAME_DROP_TICKER:
        return on_drop(w, f, err);
    case FRAME_JOBS:
        return on_jobs(w, f, err);
    default:
        return err_set(err, ERR_PROTOCOL, "a frame of type %lu", (unsigned long)f->type);
    }
}

static bool serve(struct worker *w, struct err *err)
{
    struct channel_frame frame;
    while (channel_wait(&w->channel, -1, &frame, err)) {
        if (frame.type == FRAME_STOP) {
            return true;
        }
        if (!obey(w, &frame, err)) {
            return false;
        }
    }
    return false;
}

static void say_why(struct worker *w, const struct err *why)
{
    struct frame_text frame = { .code = (uint32_t)why->code };
    size_t n = strnlen(why->text, sizeof why->text);
    memcpy(frame.text, why->text, n);
    bool sent =
        channel_put(&w->channel, FRAME_FAIL, &frame, FRAME_CUT(struct frame_text, text, n), NULL) &&
        channel_flush_all(&w->channel, NULL);
    (void)sent;
}

int worker_main(const char *path, uint32_t index, bool run)
{
    struct worker w = { 0 };
    struct err err = { 0 };
    channel_init(&w.channel, WORKER_FD_CHANNEL, FRAME_MAX_BYTES, OUT_MAX_BYTES);
    bool ok = start(&w, path, index, run, &err) && (!run || serve(&w, &err));
    if (!ok && err.code != ERR_CONNECTION) {
        say_why(&w, &err);
    }
    if (w.crumb != NULL && err.code != ERR_CONNECTION) {
        instances_fini(&w.instances);
    }
    free(w.json);
    declaration_fini(&w.decl);
    shm_unmap_ro(w.windows, (size_t)w.setup.window_bytes);
    channel_fini(&w.channel);
    return ok ? 0 : 1;
}

/* ---- probe ----------------------------------------------------------------------------------- */

static bool opens(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)close(fd);
    }
    return fd >= 0;
}

/* With the first filter: files may be opened as far as the rules for files let them. */
static uint32_t broken_while_loading(const struct worker *w)
{
    struct rlimit processes = { 1, 1 };
    uint32_t broken = opens("/etc/passwd") ? FENCE_FILES | FENCE_NET | FENCE_SIGNALS : 0;
    broken |=
        getrlimit(RLIMIT_NPROC, &processes) != 0 || processes.rlim_max != 0 ? FENCE_LIMITS : 0;
    broken |= geteuid() == 0 ? FENCE_UNPRIVILEGED : 0;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *window = (void *)(uintptr_t)w->windows;
    broken |= mprotect(window, page, PROT_READ | PROT_WRITE) == 0 ? FENCE_SEALED : 0;
    void *block = malloc(((size_t)w->setup.memory_mb + 1) << 20);
    broken |= block != NULL ? FENCE_MEMORY : 0;
    free(block);
    return broken;
}

static uint32_t broken_while_detecting(void)
{
    int fd = dup(WORKER_FD_CHANNEL);
    bool broken = fd >= 0 || opens("/usr/lib") || getpgid(0) >= 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return broken ? FENCE_CALLS : 0;
}

static bool probe(struct worker *w, uint32_t *bits, struct err *err)
{
    uint32_t sealed = 0;
    const struct fence_config *fence = &w->setup.fence;
    if (!read_setup(w, err) || !open_memory(w, true, &sealed, err) ||
        !fence_before_loading(fence, w->setup.memory_mb, "/proc/self/exe", w->crumb, bits, err)) {
        return false;
    }
    *bits = (*bits | sealed) & ~broken_while_loading(w);
    if (!fence_after_loading(fence, w->crumb, err)) {
        return false;
    }
    *bits &= ~broken_while_detecting();
    return true;
}

int worker_probe(void)
{
    struct worker w = { 0 };
    struct err err = { 0 };
    uint32_t bits = 0;
    channel_init(&w.channel, WORKER_FD_CHANNEL, FRAME_MAX_BYTES, OUT_MAX_BYTES);
    bool ok = probe(&w, &bits, &err) &&
              channel_put(&w.channel, FRAME_FENCE, &bits, sizeof bits, &err) &&
              channel_flush_all(&w.channel, &err);
    if (!ok) {
        say_why(&w, &err);
    }
    channel_fini(&w.channel);
    return ok ? 0 : 1;
}
