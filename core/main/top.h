/* SPDX-License-Identifier: MIT */
/* What `orderflow top` shows: a sample of the engine's own counters, and how it is drawn.
 * [orderflow]
 */
#ifndef MAIN_TOP_H
#define MAIN_TOP_H

#include "buf.h"
#include "keys.h"
#include "quote.h"
#include "redis.h"

enum { TOP_FIELDS_MAX = 64, TOP_DETECTORS_MAX = 64, TOP_TICKERS_MAX = 2000, TOP_TEXT_MAX = 64 };

struct top_field {
    char name[32], text[TOP_TEXT_MAX];
};

struct top_detector {
    char id[TOP_TEXT_MAX], state[24], reason[100];
    double jobs, emitted, late, behind, skipped, strikes, restarts, cpu_us;
};

struct top_ticker {
    char name[TICKER_MAX], pressure[16];
    double rate, lag_ms, active;
    bool stale;
};

struct top_sample {
    bool served;                             /* an engine holds the lease */
    struct top_field fields[TOP_FIELDS_MAX]; /* orderflow:status */
    size_t n_fields;
    struct top_detector detectors[TOP_DETECTORS_MAX];
    size_t n_detectors;                         /* in the order of their ids */
    struct top_ticker tickers[TOP_TICKERS_MAX]; /* by rate, the fastest first */
    size_t n_tickers;
};

/* x, or 0 if it would not fit into a few columns: others write to Redis, too. */
double top_sane(double x);
/* A number of the status; 0 when it is not there. */
double top_number(const struct top_sample *s, const char *field);

/* False: Redis is away or refuses. */
MUST_CHECK bool top_read(struct top_sample *out, struct redis *redis, const struct keys *keys,
                         struct err *err);

/* The screen: rates are those between `before` and `now`, at most `rows` tickers. Of no more than
 * so many lines and columns, if they are not 0: then fewer tickers are listed, phases are left out
 * if else hardly any were, and what is too wide is cut. */
struct top_screen {
    size_t rows, lines, columns;
};
void top_draw(const struct top_sample *before, const struct top_sample *now,
              const struct top_screen *screen, struct buf *out);

#endif
