/* SPDX-License-Identifier: MIT */
/*
 * The engine's side of the detectors: one worker process per detector, started, fed, watched and
 * restarted here. Never dlopens. [engine]
 *
 * The plugins directory is looked at again and again: what is new, changed or gone is noticed by
 * stat(2), judged (build.h) and described (scan.h) while everything else goes on. Workers load a
 * private copy, never the file. Of two files with a detector of one id the first in order has it; a
 * detector that is to run from another build gets an heir, which runs beside it and takes its place
 * by pool_succeed().
 *
 * A worker gets one batch of jobs at a time. Its emissions come back checked: field types, finite
 * numbers, times not after the boundary, prices, counts. A batch that was not finished (crash,
 * deadline) gives back the jobs that were not done; the caller runs them again once the worker is
 * ready (restart: backoff 1 s x 2 to 60 s; 1 s after a kill from outside).
 */
#ifndef DETECT_POOL_H
#define DETECT_POOL_H

#include "clock.h"
#include "frame.h"
#include "pattern.h"
#include "sha256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool_config {         /* texts are borrowed until pool_destroy() */
    const char *worker_path; /* libexec/orderflow/orderflow-worker */
    const char *plugin_dir;
    const char *order; /* file names to take first */
    int window_fd;     /* the arena's memfd; read-only descriptor */
    size_t window_bytes;
    int64_t budget_ms;   /* a batch not finished by then is late */
    int64_t deadline_ms; /* CPU time without finishing a job; wall time: ten times that */
    int64_t memory_mb;
    int64_t restart_ms; /* first wait after a death; 0: 1000 */
    struct fence_config fence;
    size_t strikes_max; /* as many within strikes_within_ms: quarantine; 0: never */
    int64_t strikes_within_ms;
    const char *quarantine_dir; /* NULL or "": quarantine does not outlive the pool */
    int64_t look_ms;            /* how often the directory is looked at again; 0: never */
};

enum detector_state {
    DETECTOR_STARTING,    /* worker running, not yet ready */
    DETECTOR_READY,       /* idle, takes a batch */
    DETECTOR_BUSY,        /* has a batch */
    DETECTOR_DOWN,        /* died; restart at .restart_at */
    DETECTOR_REFUSED,     /* not to be run; .reason says why */
    DETECTOR_UNWANTED,    /* described, not started */
    DETECTOR_QUARANTINED, /* not run because of what this build did, until it is released */
    DETECTOR_VACANT       /* no detector has this number now */
};

#define NO_DETECTOR SIZE_MAX

struct detector {            /* read-only outside the pool */
    struct declaration decl; /* {0} when the file could not be described */
    char path[4096];
    char sha256[SHA256_HEX_MAX]; /* of the build that runs; "" when it was not read */
    uint64_t serial;             /* another one: this number has another detector now */
    enum detector_state state;
    bool named;       /* it has its id; false: its file was refused, and maybe another has the id */
    bool removed;     /* its file is gone: pool_release() it */
    size_t heir_of;   /* the detector whose place it is to take, or NO_DETECTOR */
    char reason[256]; /* last failure: cause, signal, phase, boundary; "" none */
    char note[256];   /* why a newer file does not run in its place; "" none */
    uint64_t restarts, strikes, late, skipped, refused_emits, jobs_done, emitted, cpu_us;
    uint64_t refused_calls; /* of the system, that the fence refused */
    char refused_call[128]; /* the last: "socket() in detect() at SPY ..."; "" none */
    uint32_t fence;         /* enum fence_bit: in force in its worker */
    int pid;
};

enum { POOL_BATCH_MAX = 1 << 16, POOL_DEATHS_MAX = 2 };

struct pool;

/* Begins to describe every *.so of the directory, several at a time, each in a throw-away scan
 * process. A missing directory is an error naming it. wanted: whether a detector is to run; with a
 * reason it is refused. Asked whenever one is found, and by pool_reconsider(). */
typedef bool pool_wanted_fn(void *ctx, const struct declaration *d, char reason[256]);
struct pool *pool_create(const struct pool_config *cfg, pool_wanted_fn *wanted, void *ctx,
                         struct err *err);
void pool_destroy(struct pool *p); /* stops all workers */

/* pool_poll() until this is true: all files are described. */
bool pool_described(const struct pool *p);
/* What is not described yet hangs in code of its own: who is in a hurry begins without it, and it
 * comes later. */
bool pool_hangs(const struct pool *p, struct mono now);
/* Now the detectors get their numbers and workers. From here on they come and go by themselves. */
void pool_begin(struct pool *p);

/* One more than the largest number that was ever in use. */
size_t pool_count(const struct pool *p);
const struct detector *pool_get(const struct pool *p, size_t i);

/* Idle, and all the instances it was told to make are made. */
bool pool_idle(const struct pool *p, size_t i);
/* One that is down stays down, and keeps its reason. */
void pool_leave_down(struct pool *p, size_t i);
/* Ends a detector and makes its number vacant. Its jobs are not given back. */
void pool_release(struct pool *p, size_t i);
/* The heir takes the number of the one whose heir it is, which is ended; its own becomes vacant.
 * Its declaration stays where it is, the other's is gone. */
void pool_succeed(struct pool *p, size_t heir);
/* The heir is given up for that reason: the other keeps running, and says so in its note. */
void pool_disown(struct pool *p, size_t heir, const char *why);
/* Asks wanted() about every detector again. One that is not wanted any more is ended. */
void pool_reconsider(struct pool *p);

/* Tells detector i the parameters of a ticker; kept and repeated after a restart. ticker: the
 * caller's number. Told again, it starts anew, with an instance that has seen nothing. */
MUST_CHECK bool pool_set_ticker(struct pool *p, size_t i, uint32_t ticker, const char *name,
                                const double *params, uint32_t n_params, struct err *err);
void pool_drop_ticker(struct pool *p, size_t i, uint32_t ticker);

/* Hands a READY detector a batch of at most POOL_BATCH_MAX jobs (copied). */
MUST_CHECK bool pool_submit(struct pool *p, size_t i, const struct job *jobs, size_t n,
                            struct err *err);

/* Called from pool_poll(), in the order the worker worked; they may call pool_submit() and
 * pool_set_ticker(). emit: one per emission of a job that was finished, right before its done;
 * they lie one behind the other, until done has returned.
 * done: one per finished job; also, with status JOB_SKIPPED, for one that killed the worker
 * POOL_DEATHS_MAX times. lost: the worker died or was stopped; these jobs of its batch were not
 * done, nothing of them was emitted. ready: a worker (re)started and has been told its tickers; its
 * instances have seen nothing yet and must be primed. */
struct pool_events {
    void (*emit)(void *ctx, size_t detector, const struct job *job, const struct emission *e);
    void (*done)(void *ctx, size_t detector, const struct job *job, const struct job_done *d);
    void (*lost)(void *ctx, size_t detector, const struct job *jobs, size_t n_left);
    void (*ready)(void *ctx, size_t detector);
    /* In place of done, for a job with JOB_EXPLAIN; status JOB_NO_EXPLAIN: it cannot. NULL: nobody
     * asks. */
    void (*explained)(void *ctx, size_t detector, const struct job *job, const struct job_done *d,
                      const struct condition *c, size_t n);
    void *ctx;
};

/* Reads what workers have sent, enforces deadlines, restarts, looks at the directory; waits for at
 * most timeout_ms, less when something happened. */
void pool_poll(struct pool *p, struct mono now, int64_t timeout_ms, const struct pool_events *ev);
/* When there are few jobs: pool_poll() lets so much time pass after sending before it waits, for
 * every worker that answers would wake it, and a moment later all have. 0: none. */
void pool_set_nap(struct pool *p, int64_t us);
/* Memory that long batches took goes, between two calls of pool_poll(). */
void pool_trim(struct pool *p);
/* pool_poll() returns as soon as that descriptor can be read, too; -1: none. i < WAKE_FDS_MAX. */
enum { WAKE_FDS_MAX = 2 };
void pool_wake_on(struct pool *p, size_t i, int fd);
/* In the last pool_poll() it could be. */
bool pool_woken_by(const struct pool *p, size_t i);
/* Nothing is about to come, go, or be ready: no look at it is needed before pool_poll() says so. */
bool pool_calm(const struct pool *p);
/* For a caller's own poll(2): the descriptors to wait for (returns how many), and the time after
 * which pool_poll() has something to do all the same. */
size_t pool_fds(const struct pool *p, int *fds, size_t max);
int64_t pool_wait_ms(const struct pool *p, struct mono now);

/* Why the rest of a file is refused that declares a detector a second time. */
#define POOL_SAME_AGAIN "ofd_entry_v1() gives one detector at two indexes; past the last it is NULL"

/* Describes one file in a scan process and waits for it (used by `orderflow detectors` and `config`
 * too). *d is filled on true with the plugin's index-th detector; ERR_NOT_FOUND past the last. The
 * reason does not repeat the path. */
MUST_CHECK bool scan_describe(const char *worker_path, const char *so_path, uint32_t index,
                              struct declaration *d, struct err *err);
/* The *.so of a directory in the order they are loaded: `order` first, then by name. malloc'ed
 * array of malloc'ed paths. */
MUST_CHECK bool scan_list(const char *dir, const char *order, char ***paths_out, size_t *n_out,
                          struct err *err);
/* Warns of each name in `order` that is not there. */
void scan_check_order(const char *order, char *const *paths, size_t n);

#endif
