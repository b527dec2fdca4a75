/* SPDX-License-Identifier: MIT */
/* Where one ticker's quotes come from, and when they are looked for. [engine] */
#ifndef MAIN_LIVE_SOURCE_H
#define MAIN_LIVE_SOURCE_H

#include "clock.h"
#include "live_event.h"
#include "slack.h"
#include "zset.h"

struct live_source {
    struct zset_source zset;
    struct mono last_fresh, history_at; /* the latter: when its history had been read */
    struct mono read_at;                /* not before */
    struct slack slack;    /* from a boundary's reorder time until a read shows it is over */
    bool busy, early;      /* many quotes from one boundary to the next; read_at is a boundary */
    uint32_t empty_reads;  /* in a row, that brought nothing */
    uint64_t read_before;  /* quotes read when the last boundary was taken */
    struct live_hold hold; /* event mode */
    bool was_failed, was_ahead;
    bool off;     /* [feed] tickers does not name it any more */
    size_t place; /* of sink_report() */
};

#endif
