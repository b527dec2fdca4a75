/* SPDX-License-Identifier: MIT */
/*
 * One detector of the pool: what it was told, what it is at, and the process that does it. Nothing
 * that comes out of the process is believed: a frame that cannot be ends it. [engine; pool only]
 */
#ifndef DETECT_SLOT_H
#define DETECT_SLOT_H

#include "build.h"
#include "capture.h"
#include "pool.h"
#include "process.h"
#include "strikes.h"

/* A ticker as the worker must be told it, after each restart too. */
struct slot_ticker {
    unsigned char *frame; /* owned; a FRAME_TICKER; NULL: not known */
    size_t bytes;
    int deaths; /* of the worker in create(), in a row */
};

/* The jobs handed over and not yet given back. */
struct batch {
    struct job *jobs; /* owned */
    bool *skip;       /* owned; killed the worker too often: answered here */
    size_t n, next, cap;
    bool late;
    struct mono begun;
};

/* A job by what it is, not by its number: it comes again under another. To prime at a boundary and
 * to judge it are two things. */
struct culprit {
    uint32_t ticker;
    int deaths;
    int64_t now_ns;
    uint32_t flags;
};

enum { CULPRITS_MAX = 64 };

struct slot {
    struct detector pub;
    const struct pool_config *cfg; /* borrowed */
    size_t number;                 /* in the pool */
    size_t polled;                 /* place of its first descriptor in the last poll() */
    int gathered;                  /* pid of the process whose descriptors have been */
    struct build *build;           /* held; NULL: a file that will not run */
    uint32_t file_index;
    uint32_t creating;        /* FRAME_CREATED owed */
    const struct file *claim; /* the file that it is to run from; pool_assign.c */
    bool stale;               /* a refusal that holds no longer; pool_assign.c */
    bool no_instance;         /* create() gave none for some ticker */
    bool progressed;          /* since the watch last looked */
    bool started_once;
    bool held_here;              /* in quarantine, and no file says so */
    char failed[SHA256_HEX_MAX]; /* the build of an heir that was given up */
    int deaths;                  /* by its own doing */
    int in_row;                  /* jobs in a row with an error or refused patterns */
    char *json;                  /* owned; the declaration as it was described */
    struct process process;
    struct slot_ticker *tickers; /* owned, by number */
    size_t tickers_cap;
    struct batch batch;
    struct emission *emits; /* owned; of the job that is running */
    size_t n_emits;
    struct condition *conditions; /* owned; of the job that explains; NULL: none ever did */
    size_t n_conditions;
    struct culprit culprits[CULPRITS_MAX];
    size_t next_culprit;
    struct mono watch_since;
    int64_t watch_cpu_ns;    /* when it was looked at first since then; -1: not yet */
    struct mono backstop_at; /* when cpu_limit_s was last looked after */
    int64_t backoff_ms;
    struct mono started, restart_at;
    char fail[256]; /* the worker's last words */
    struct strikes strikes;
    struct mono held_at; /* when its file was last looked for */
    int64_t cpu_limit_s; /* that the system has been told; 0: none */
    struct capture capture;
    struct throttle throttle;
};

/* Copies the declaration, holds the build. NULL and NULL are for a file that will not run. */
MUST_CHECK bool slot_init(struct slot *s, const struct pool_config *cfg,
                          const struct declaration *decl, struct build *build, struct err *err);
void slot_fini(struct slot *s);

/* ---- telling it things */
MUST_CHECK bool slot_set_ticker(struct slot *s, const struct frame_ticker *t, struct err *err);
void slot_drop_ticker(struct slot *s, uint32_t ticker);
MUST_CHECK bool slot_submit(struct slot *s, const struct job *jobs, size_t n, struct err *err);
void slot_tell_all(struct slot *s); /* all its tickers, to a worker that is ready */

void slot_trim(struct slot *s); /* memory that long batches took goes */

const char *slot_ticker_name(const struct slot *s, uint32_t ticker);

/* ---- its process: slot_process.c */
/* Its process is there, or will be. */
bool slot_runs(const struct slot *s);
/* Ends its process, and the jobs it has with it. */
void slot_halt(struct slot *s);
bool slot_alive(const struct slot *s);
/* Owes us something: a description, instances, jobs. */
bool slot_working(const struct slot *s);
/* Starts it when it is due, stops it when it has used up its time. True when something happened. */
bool slot_watch(struct slot *s, struct mono now, const struct pool_events *ev);
/* What there is to be read of it. */
enum {
    NEWS_CHANNEL = 1,
    NEWS_OUTPUT = 2,
    NEWS_END = 4, /* perhaps it is dead */
    NEWS_ANY = 7,
    NEWS_TAKEN = 8 /* by channel_take() */
};
/* Reads what it has sent and printed, and buries it when it is dead. */
void slot_read(struct slot *s, struct mono now, unsigned news, const struct pool_events *ev);
/* Ends the process for that cause ("SIGSEGV"; NULL: by its wait status) and gives back its jobs. */
void slot_bury(struct slot *s, struct mono now, const char *cause, const struct pool_events *ev);

/* ---- slot_strikes.c */
/* What it died of, by its wait status or by us, and where. */
struct death {
    const char *signal; /* "SIGSEGV", "stopped after ..." */
    const struct crumb_copy *crumb;
    const struct job *job; /* or NULL */
};
/* Counts; with too many in too short a time it is in quarantine, and its file is written. */
void slot_strike(struct slot *s, struct mono now, const struct death *d);
/* This build is in quarantine: then .reason says why. */
bool slot_held(struct slot *s);
/* Looks now and then whether it still is. True when it has been released. */
bool slot_look_released(struct slot *s, struct mono now);

/* ---- slot_frames.c */
/* Acts on all whole frames received. False, with the fault, when one cannot be. */
MUST_CHECK bool slot_take_frames(struct slot *s, struct mono now, const struct pool_events *ev,
                                 struct err *err);
/* Answers the jobs at the head of the batch that are not to be run. True when there were any. */
bool slot_settle(struct slot *s, const struct pool_events *ev);

/* The job's count of deaths goes up by one. */
void slot_blame(struct slot *s, const struct job *job);
bool slot_gave_up(const struct slot *s, const struct job *job);

#endif
