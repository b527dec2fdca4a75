/* SPDX-License-Identifier: MIT */
/* Everything one answer of analyze_order_flow is drawn from, and the drawing. [front] */
#ifndef SERVE_ANSWER_H
#define SERVE_ANSWER_H

#include "buf.h"
#include "err.h"
#include "report.h"

#include <stdbool.h>
#include <stdint.h>

enum engine_view {
    ENGINE_SERVING,
    ENGINE_ABSENT,      /* no engine holds the lease */
    ENGINE_UNREACHABLE, /* none does, and none could be started: see note */
    ENGINE_OFFLINE      /* from files */
};

struct answer_detector { /* one detector as the engine reports it */
    char id[64];         /* or the name of a file that was refused */
    char state[24];      /* ready busy down refused disabled ... */
    char reason[160];
};

enum { SUGGESTIONS_MAX = 20, ANSWER_PATTERNS_MAX = 20, ANSWER_CANDIDATES_MAX = 100 };

struct answer {
    char ticker[TICKER_MAX];
    int64_t now_ns; /* wall clock; the tick when from files */
    int64_t history_ns;
    enum engine_view engine;
    char config_path[256], config_hash[20]; /* of the serving engine */
    char own_config_hash[20];               /* of this front; differs: said so */
    char note[200];                         /* what the reader should know besides; "" none */
    bool found;                             /* the ticker has quotes */
    struct report report;   /* tick_ns 0: the engine has not reported this ticker yet (WARMING) */
    struct quote newest;    /* newest quote known; ts_ns 0: none */
    int64_t history_quotes; /* quotes within history; -1 unknown */
    size_t patterns_max;    /* as asked for */
    struct stored_pattern *patterns; /* owned; all stored ones, or those of them that are shown */
    size_t n_patterns;
    size_t patterns_more;              /* within history, and not among them */
    struct answer_detector *detectors; /* owned */
    size_t n_detectors;
    char suggestions[SUGGESTIONS_MAX][TICKER_MAX];
    int n_suggestions;
};

void answer_fini(struct answer *a); /* {0} is fine */
void answer_drop_patterns(struct answer *a);

/* As patterns_max: all of them. Else: as many as are drawn (0: none). */
#define ANSWER_ALL_PATTERNS SIZE_MAX

/* "5mins", "300", "10 s", "2 Hours" -> ns; 1 s .. max_s. The error names the accepted forms. */
MUST_CHECK bool history_parse(const char *text, int64_t max_s, int64_t *ns_out, struct err *err);

/* What the data is worth, shown as state="...". Flags are UNKNOWN unless OK.
 *   OK         an engine serves, its tick and the newest quote are fresh
 *   NO_ENGINE  nobody keeps the figures up to date
 *   WARMING    the engine has not read this ticker's history yet
 *   STALE      the newest quote is older than the gap limit
 *   LAGGING    the engine's tick is: it does not keep up with the quotes */
const char *answer_state(const struct answer *a);

/* Of a ticker that was found. */
void answer_xml(const struct answer *a, struct buf *out);
/* The same for who counts tokens: at most about 450, and about 1,200 with more of it. Unless the
 * state is OK only the quote, the state and what is not available. truncated="N ep": so many
 * episodes did not fit. */
void answer_compact(const struct answer *a, struct buf *out);
void answer_full(const struct answer *a, struct buf *out);
enum answer_detail { DETAIL_STANDARD, DETAIL_COMPACT, DETAIL_FULL };
/* False: none of standard, compact, full. */
MUST_CHECK bool answer_detail_parse(const char *text, enum answer_detail *out);
size_t answer_patterns_max(enum answer_detail detail); /* that it can show */
void answer_draw(const struct answer *a, enum answer_detail detail, struct buf *out);
/* Of any: a ticker that was not found gives {"ticker", "timestamp_ms", "error", "suggestions"}. */
void answer_json(const struct answer *a, struct buf *out);
/* <order_flow_data ticker=... error="true"><error_message>... with suggestions */
void answer_error_xml(const char *ticker, int64_t now_ns, const char *message,
                      const char (*suggestions)[TICKER_MAX], int n, struct buf *out);
/* The same for a ticker that was not found. */
void answer_unknown_xml(const struct answer *a, struct buf *out);

#endif
