/* SPDX-License-Identifier: MIT */
/*
 * Records of a journal and their bytes. [any] Pure.
 *
 * A record is a type (one byte) and its fields. Numbers are varints (7 bits a byte, least first);
 * signed ones zigzag; texts a length and bytes; reals 8 bytes. A row's time and prices, and a
 * boundary's time, are differences from the ticker's record before in the same block, so that a
 * block can be read by itself. A size is a varint of twice the number if it is whole and below
 * 2^52, else 1 and a real.
 */
#ifndef JOURNAL_RECORD_H
#define JOURNAL_RECORD_H

#include "buf.h"
#include "clock.h"
#include "err.h"
#include "pressure.h"
#include "quote.h"

#include <stddef.h>

enum record_type {
    RECORD_CONFIG = 1, /* the settings from here on */
    RECORD_TICKER,     /* a ticker is added, or begins a segment */
    RECORD_PATTERN,    /* an episode it begins with */
    RECORD_ROW,        /* a row enters the window */
    RECORD_BOUNDARY,   /* a boundary is taken */
    RECORD_CUT,        /* rows are cut off to be judged (event mode) */
    RECORD_REPORT,     /* a tick was written */
    RECORD_END         /* of the session, on purpose */
};

struct record_text {
    const char *at; /* borrowed; no NUL behind it */
    size_t n;
};

#define JOURNAL_THRESHOLDS "thresholds.ini" /* what `text` calls them: a file beside it */

struct record_config {
    int64_t wall_ns;
    uint64_t hash;
    struct record_text path, dir;       /* of the file; its folder */
    struct record_text text;            /* the settings in force, as INI, */
    struct record_text thresholds;      /* and the thresholds, if there are any */
    struct record_text thresholds_path; /* as it stood in the settings */
};

struct record_ticker {
    struct record_text name;
    uint32_t follows;   /* so many records come next that belong to this one: its patterns; if it
                           goes on, the rows it has, too, with a boundary and maybe a cut. Who has
                           read the session from its beginning knows them then */
    bool goes_on;       /* it does not begin here */
    int64_t history_ns; /* the first row that is asked for */
    bool has_older;     /* there were rows before it */
    int64_t px_tick;    /* 0: not known */
    int64_t judged_ns;  /* last boundary that has been judged before; 0: none */
    struct pressure pressure;
};

struct record_report {
    int64_t wall_ns, tick_ns; /* when it was written; the boundary */
    int64_t feed_lag_ms, late, future, malformed, lost;
    bool warming;
};

struct record {
    enum record_type type;
    uint32_t ticker; /* id; not of CONFIG and END */
    union {
        struct record_config config;
        struct record_ticker added;
        struct record_text pattern; /* JSON as it is stored in Redis */
        struct quote row;
        int64_t ns; /* BOUNDARY, CUT; END: by the wall clock */
        struct record_report report;
    };
};

/* What differences are taken from; {0} to begin with. */
struct record_base {
    struct record_last {
        uint64_t block; /* in which it was set */
        struct quote row;
        int64_t boundary_ns;
    } * of; /* owned; by ticker id */
    size_t n;
    uint64_t block;
};
void record_base_next_block(struct record_base *b);
void record_base_fini(struct record_base *b);

enum { RECORD_TICKERS_MAX = 1 << 24 };

/* Appends; out->failed or false: no memory. */
MUST_CHECK bool record_put(struct record_base *b, const struct record *r, struct buf *out);
/* Reads one of the n bytes at data; returns how many it has, 0: it is none. Texts are borrowed from
 * data. */
size_t record_get(struct record_base *b, const char *data, size_t n, struct record *out);

#endif
