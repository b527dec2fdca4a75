/* SPDX-License-Identifier: MIT */
/* What watch_order_flow waits for: conditions, what there was at the start, and whether one has
 * come true. [front] Pure. */
#ifndef SERVE_WATCHING_H
#define SERVE_WATCHING_H

#include "answer.h"
#include "jput.h"

struct watch_spec {
    bool pattern, reversal, level, stale;
    char type[DETECTOR_ID_MAX]; /* of the pattern; "": any */
    bool has_price;             /* of the level; else those known at the start */
    int64_t price_px;
};

/* "reversal,level:582.10": words separated by commas. The error names the words there are. */
MUST_CHECK bool watch_parse(const char *text, struct watch_spec *out, struct err *err);

struct watch_level {
    int64_t px; /* 0: none */
    int side;   /* on which side of the price it lay: -1 below, +1 above, 0 not seen yet */
    int64_t touches, held;
};

struct watch_base {
    struct watch_spec spec;
    enum pressure_state direction; /* BUYING or SELLING; UNKNOWN: not seen yet */
    struct watch_level levels[2];
    int bad; /* looks in a row at which the data was not current */
};

/* The start: `a` with its levels, state OK. False: a level is to be watched and none is known. */
MUST_CHECK bool watch_begin(struct watch_base *w, const struct watch_spec *spec,
                            const struct answer *a, struct err *err);

enum watch_event {
    WATCH_NONE,
    WATCH_PATTERN,
    WATCH_REVERSAL,
    WATCH_LEVEL,
    WATCH_STALE,
    WATCH_TIMEOUT
};
/* A later look: reversal, level or stale. Data that is not current at two looks in a row ends every
 * watch: what is waited for could not be seen. */
enum watch_event watch_look(struct watch_base *w, const struct answer *a,
                            const struct watch_level **level_out);

const char *watch_event_name(enum watch_event e);
void watch_put_reversal(struct jput *o, const struct watch_base *w, const struct answer *a);
void watch_put_level(struct jput *o, const struct watch_level *l, const struct answer *a);
/* "now": state, age, price, pressure. */
void watch_put_now(struct jput *root, const struct answer *a);

#endif
