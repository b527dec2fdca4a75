/* SPDX-License-Identifier: MIT */
/* The engine at work on Redis: lease, quotes in, results out. [engine] */
#ifndef MAIN_LIVE_H
#define MAIN_LIVE_H

#include "dir_watch.h"
#include "engine.h"
#include "journal.h"
#include "live_event.h"
#include "live_firehose.h"
#include "live_setup.h"
#include "live_source.h"
#include "pace.h"
#include "phases.h"
#include "redis.h"
#include "sink.h"

#include <signal.h>
#include <sys/stat.h>

/* The settings file as it was last looked at, and what became of it. */
struct live_reload {
    struct stat seen;
    bool known, pending;        /* it has been seen at all; it has changed and is not yet at rest */
    struct mono since, look_at; /* the latter: at it, whatever `watch` says */
    struct dir_watch watch;
    uint64_t n;        /* reloads */
    char refused[320]; /* why the file now there is not in force; "" it is */
    char kept[200];    /* keys in it that need a restart */
};

/* What ends a wait, by the numbers of pool_wake_on(). */
enum { WAKE_QUOTES, WAKE_QUESTIONS };

/* Of a turn with many tickers some are written while others are judged and others read. */
enum {
    LIVE_PORTION = 60,
    PUMP_TICKERS = 6 /* a socket is not empty sooner, and to ask costs as much as a ticker */
};
struct live_portion {
    uint32_t ids[LIVE_PORTION];
    size_t n;
};
struct live_portions {
    bool on; /* not while a backlog is read: each turn writes every ticker of it */
    struct live_portion taken, judged; /* has to be judged; is being judged */
    int64_t patience_ns;               /* what is left of [plugins] budget_ms in this turn */
    enum flush flush;                  /* the worst of this turn */
};

struct refusal {
    char text[248];
    struct mono again_at; /* when it may be said again */
};

struct live {
    const struct settings *cfg; /* == own */
    struct settings *own;
    struct live_reload reload;
    const struct paths *paths;
    struct keys keys;
    char url[300];       /* of Redis, without password */
    struct redis *redis; /* results, lease, questions */
    struct redis *feed;  /* quotes: what one of the two is asked does not wait for the other */
    struct sink *sink;
    struct engine engine;
    bool starting;                /* the lease is ours, the plugins are being described */
    bool serving;                 /* the lease is ours and the engine is set up */
    bool redis_up;                /* as last logged */
    char holder[256];             /* who has the lease, as last logged */
    struct refusal refusals[4];   /* what Redis refused last, as logged */
    struct live_source *sources;  /* by ticker id */
    struct zset_source **reading; /* scratch: who is due */
    size_t n_sources;
    struct mono discover_at, status_at, lease_at, ask_at;
    struct mono detectors_at; /* when they are to be written again, */
    uint64_t detectors_news;  /* and of what they told last */
    struct mono ask_step_at;  /* when the bell is looked after, rung or not */
    struct bell *ask_bell;    /* owned; NULL: not hung yet */
    bool ask_open;            /* it hangs */
    struct pace pace;         /* of Redis */
    uint64_t looks;           /* for tickers */
    int64_t started_ns;
    uint64_t cycles, failures, written;
    struct phases phases;
    struct journal *journal; /* owned; NULL: none is kept */
    bool journal_failed;     /* as last logged */
    bool took;               /* this turn took a boundary */
    bool was_warming;        /* a ticker's history was still being judged at the last write */
    struct mono trim_at;     /* when malloc's rest is given back once more; 0: not again */
    struct live_portions portions;
    struct live_event event;
    struct live_firehose firehose;
};

struct live_signals {
    volatile sig_atomic_t stop, reload; /* set by handlers; the latter is taken back */
};

/* Runs until stop is set or parent_fd (-1: none) is closed by the other side. *cfg changes with its
 * file. */
int live_run(struct settings *cfg, const struct paths *paths, int parent_fd,
             struct live_signals *signals);

/* live_reload.c: between two turns. asked: whether or not the file seems to have changed. A file
 * that is wrong is no failure: it is refused whole, logged, and told in status, lease and answers.
 */
MUST_CHECK bool live_reload(struct live *l, struct now now, bool asked, struct err *err);

/* live_serve.c: once the lease is ours, the plugins begin to be described; as soon as that is done
 * (one that hangs is not waited for: it comes later, or never) l->serving is set. False: cannot
 * work at all (settings, plugins). */
MUST_CHECK bool live_start(struct live *l, struct err *err);
MUST_CHECK bool live_start_serving(struct live *l, struct now now, struct err *err);
/* Another engine works, or we end: nothing is kept that it would have to agree with. */
void live_stand_down(struct live *l);

/* live_source.c, live_read.c */
MUST_CHECK bool live_discover(struct live *l, struct now now, struct err *err);
MUST_CHECK bool live_read(struct live *l, struct now now, bool *more_out, struct err *err);
void live_forget_sources(struct live *l);
/* Takes what is due of the sources l->reading[from .. from + n), now that a read that was begun at
 * `sent` has brought their rows, and sets when they are to be looked at again. */
MUST_CHECK bool live_take(struct live *l, size_t from, size_t n, struct now now, struct mono sent,
                          struct err *err);
/* Reads who is due, and takes what is. [live_zset.c] */
MUST_CHECK bool live_zset_read(struct live *l, struct now now, bool *more_out, struct err *err);
/* Whether Redis has answered readily since the last call of this. After each read. */
void live_note_pace(struct live *l);
/* A ticker whose boundary was not there yet is looked at again after so long. */
int64_t live_cycle_ms(const struct settings *cfg);

/* live_portions.c: a turn begins; boundaries of ticker i are to be judged; what was taken in this
 * turn is judged, unless that takes too long. */
void live_portions_begin(struct live *l);
MUST_CHECK bool live_portions_add(struct live *l, uint32_t i, struct err *err);
MUST_CHECK bool live_portions_judge(struct live *l, struct err *err);

/* live_wait.c: tickers are looked for now: it is time, and with many of them none is to be read
 * soon, for Redis has as much to do then as for many reads; or it has been time for a second. */
bool live_may_discover(const struct live *l, struct mono now);
/* Until there is something to do. */
int64_t live_pause_ms(const struct live *l, struct mono now);
/* Detectors go on meanwhile: who has to be primed may have long to go. A ring ends it, and a
 * signal, and a detector that comes, goes or becomes ready. */
void live_wait(struct live *l, int64_t ms, const struct live_signals *signals);

/* live_ask.c: takes questions, asks detectors that have nothing else to do, writes replies. */
MUST_CHECK bool live_ask(struct live *l, struct now now, struct err *err);
/* Somebody asks: true. Until the bell of questions hangs they are looked for four times a second.
 */
bool live_ask_listen(struct live *l, struct now now);
void live_ask_wake(struct live *l, bool on); /* it ends engine_poll(), or does not */
void live_ask_end(struct live *l);           /* and is taken down */

/* live_add.c */
MUST_CHECK bool live_add(struct live *l, const char *name, struct now now, struct err *err);
/* The same where it is known from when on its rows are read, and whether there were older ones. */
MUST_CHECK bool live_add_from(struct live *l, const char *name, struct now now, int64_t from_ms,
                              bool has_older, struct err *err);

/* live_lease.c */
/* note: what answers are to say of the settings; "" nothing. */
struct sink_config live_sink_config(const struct settings *s, struct now started, const char *note);
enum lease live_hold(struct live *l, struct now now);
/* Amid long work: the lease does not run out. If it is lost all the same, the next write tells. */
void live_keep_lease(struct live *l);
/* Logs and counts the change between Redis up and down. */
void live_note_redis(struct live *l, bool up, const struct err *err);

/* live_write.c: what there is to be told of these tickers is on its way when it returns; what there
 * is of all of them, and the status, is written. How that goes is told by l->portions.flush. False:
 * no memory. */
MUST_CHECK bool live_write_some(struct live *l, const uint32_t *ids, size_t n, struct err *err);
MUST_CHECK bool live_write(struct live *l, struct err *err);
/* What became of the last write, which may still have been under way; l->redis is free then. */
MUST_CHECK bool live_land(struct live *l, struct err *err);

/* live_warming.c: history is read, or judged; for one slow detector alone no longer than 15 s. */
bool live_is_warming(const struct live *l, const struct ticker *t, struct now now);

/* live_ahead.c: tickers ids[i + 1 ..) of n will be written soon; before i = 0, all of them. */
void live_ahead(const struct live *l, const uint32_t *ids, size_t n, size_t i);
void live_ahead_begin(const struct live *l, const uint32_t *ids, size_t n);
/* live_status.c: to be written by live_write() */
MUST_CHECK bool live_status(struct live *l, struct now now, struct err *err);
/* live_detectors.c: with it, if they are due */
MUST_CHECK bool live_tell_detectors(struct live *l, struct now now, struct err *err);

#endif
