/* SPDX-License-Identifier: MIT */
/*
 * What engine and worker say to each other over one channel. Fixed-size little structs in host byte
 * order: both ends come from one build (checked by FRAME_VERSION). [engine, worker]
 *
 *   engine -> worker   FRAME_SETUP, then FRAME_TICKER, FRAME_DROP_TICKER and FRAME_JOBS as they
 *                      come, FRAME_STOP
 *   worker -> engine   FRAME_FENCE; FRAME_READY or FRAME_FAIL; one FRAME_CREATED per FRAME_TICKER;
 *                      per job, in order, FRAME_EMIT* or FRAME_CONDITION*, and one FRAME_DONE;
 *                      FRAME_LOG, FRAME_REFUSED at any time
 */
#ifndef DETECT_FRAME_H
#define DETECT_FRAME_H

#include "condition.h"
#include "crumb.h"
#include "fence.h"
#include "pattern.h"
#include "window.h"

#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_VERSION = 4,
    FRAME_MAX_BYTES = 1 << 20,
    FRAME_TEXT_MAX = 512,
    EMITS_MAX = 4096,     /* emissions of one detect() */
    TICKERS_MAX = 1 << 20 /* the engine's numbers of tickers lie below */
};

/* The worker's descriptors, in the order in which child_start() is given them. */
enum {
    WORKER_FD_CHANNEL = 3,
    WORKER_FD_DESK = 4,
    WORKER_FD_IMAGE = 5, /* the plugin: closed once it is loaded */
    WORKER_FD_WINDOW = 6 /* not for --describe */
};

enum frame_type {
    FRAME_SETUP = 1,   /* struct frame_setup */
    FRAME_TICKER,      /* struct frame_ticker, cut behind the last parameter */
    FRAME_DROP_TICKER, /* uint32_t: its number */
    FRAME_JOBS,        /* struct job, any number */
    FRAME_STOP,
    FRAME_READY = 64, /* the declaration as JSON */
    FRAME_CREATED,    /* struct frame_created */
    FRAME_EMIT,       /* struct frame_emit, cut behind the last evidence */
    FRAME_DONE,       /* struct job_done */
    FRAME_LOG,        /* struct frame_text, cut behind the text */
    FRAME_FAIL,       /* the same; the worker ends */
    FRAME_FENCE,      /* uint32_t: enum fence_bit, what is in force; before FRAME_READY */
    FRAME_REFUSED,    /* struct frame_refused */
    FRAME_CONDITION   /* struct frame_condition */
};

struct frame_setup {
    uint32_t version, reserved;
    uint64_t window_bytes; /* 0: describe only */
    int64_t memory_mb;     /* private memory it may take */
    struct fence_config fence;
};

/* System calls that were refused during one call of the plugin. */
struct frame_refused {
    uint32_t phase;  /* enum crumb_phase */
    uint32_t ticker; /* of CRUMB_CREATE, CRUMB_DETECT, CRUMB_DESTROY */
    int64_t now_ns;  /* of CRUMB_DETECT */
    uint32_t n;      /* how many */
    uint32_t call;   /* the last one's number */
};

struct frame_ticker {
    uint32_t ticker, n_params;
    char name[40];
    double params[PARAMS_MAX];
};

struct frame_created {
    uint32_t ticker;
    int32_t ok; /* 0: create() returned NULL */
};

enum { JOB_EXPLAIN = 1 << 16 }; /* the host's own; no plugin sees it */

/* Judge the rows from first_new_seq to the end of ref, of this ticker at this boundary. */
struct job {
    uint32_t ticker;            /* number given by FRAME_TICKER */
    uint32_t flags;             /* OFD_TICK_PRIMING; JOB_EXPLAIN: explain() and not detect() */
    uint64_t id;                /* echoed by FRAME_DONE and FRAME_EMIT */
    uint64_t tick_seq, n_ticks; /* the last of so many boundaries that are judged at once */
    int64_t now_ns;
    int64_t px_tick;
    uint64_t first_new_seq;
    struct window_ref ref; /* n: rows up to now_ns */
};

/* Answers that are the host's and not detect()'s. */
enum job_status {
    JOB_SKIPPED = INT32_MIN,         /* it killed the worker too often; not run */
    JOB_NO_INSTANCE = INT32_MIN + 1, /* create() failed for this ticker */
    JOB_NO_EXPLAIN = INT32_MIN + 2   /* it cannot explain itself */
};

struct job_done {
    uint64_t id;
    int32_t status; /* 0, detect()'s negative answer, or enum job_status */
    uint32_t emitted, refused;
    uint32_t cpu_us; /* used since the last job of its batch that said so: not every one does */
};

struct frame_emit {
    uint64_t job_id;
    struct emission e;
};

struct frame_condition {
    uint64_t job_id;
    struct condition c;
};

struct frame_text {
    uint32_t code; /* FRAME_LOG: OFD_LOG_*; FRAME_FAIL: enum err_code */
    char text[FRAME_TEXT_MAX];
};

/* Bytes to send of a struct whose last array is only partly used. */
#define FRAME_CUT(type, array, n) (offsetof(type, array) + (n) * sizeof(((type *)0)->array[0]))

#endif
