/* SPDX-License-Identifier: MIT */
/* The firehose as the engine's source of quotes: where reading begins, which tickers there are, how
 * far it was read. [engine] */
#ifndef MAIN_LIVE_FIREHOSE_H
#define MAIN_LIVE_FIREHOSE_H

#include "clock.h"
#include "firehose_read.h"
#include "keys.h"
#include "slack.h"

struct live;

/* A quote from further ahead than the clock allows: it waits. */
struct early {
    uint32_t ticker;
    struct row row;
};

struct live_firehose {
    bool on; /* [feed] source */
    char key[KEY_MAX];
    struct firehose *reader; /* owned; NULL: not begun */
    int64_t from_ms;         /* what was read begins here */
    bool has_older;          /* there were entries before */
    bool drained;            /* the last read saw the end */
    bool refused;            /* as last logged */
    uint64_t left_out;       /* tickers beyond [feed] max_tickers */
    uint64_t reloads;        /* of the settings, when tickers were last asked for */
    struct mono read_at, checked_at, sent;
    struct slack slack;  /* from when a boundary may be over until one is */
    int64_t awaited_ms;  /* the last one that might have been, */
    bool awaits;         /* and was not for anybody yet */
    int64_t wall_ns;     /* of this turn */
    struct early *early; /* owned */
    size_t n_early, cap_early;
};

/* What the settings say. */
void live_firehose_begin(struct live *l);
void live_firehose_fini(struct live *l);
/* Nothing is known of it any more: another engine works. */
void live_firehose_forget(struct live *l);
/* Before the first read: from where. [live_firehose_start.c] */
MUST_CHECK bool live_firehose_start(struct live *l, struct err *err);
/* One read of it; the rows go to the tickers' streams. [live_firehose_read.c] */
MUST_CHECK bool live_firehose_take(struct live *l, struct now now, struct err *err);
/* Reads what is new if it is time to, and takes what is due of every ticker. */
MUST_CHECK bool live_firehose_read(struct live *l, struct now now, bool *more_out, struct err *err);
/* How far it was read, for the engine that takes over. */
MUST_CHECK bool live_firehose_store(struct live *l, struct err *err);
/* Rings when there is more than was read. */
void live_firehose_arm(struct live *l, struct now now);

#endif
