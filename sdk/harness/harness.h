/* SPDX-License-Identifier: MIT */
/*
 * A host for one detector in this process: loads a plugin, feeds it rows cut into batches as you
 * like, and keeps what it emits. For golden tests and for a debugger; needs no engine, no Redis.
 *
 * Each call gets its columns as fresh heap blocks of exactly n elements, freed when the call
 * returns: under AddressSanitizer a read past the end, or of a kept pointer, stops the test.
 */
#ifndef HARNESS_HARNESS_H
#define HARNESS_HARNESS_H

#include <orderflow/detector.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HARNESS_EVIDENCE_MAX = 24, HARNESS_PARAMS_MAX = 64, HARNESS_WHY_MAX = 200 };

struct harness_row {
    int64_t ts_ns, bid_px, ask_px; /* px: 1e-9; 0: the side is absent */
    double bid_sz, ask_sz;
    uint32_t flags; /* OFD_ROW_* */
};

/* One emit(), copied. */
struct harness_found {
    size_t row; /* the newest row of the call it came from */
    uint32_t kind, n_ev;
    int32_t side, dir;
    int64_t ts_ns, start_ns, price;
    double value;
    ofd_value ev[HARNESS_EVIDENCE_MAX];
};

struct harness {
    void *library;            /* owned */
    const ofd_plugin *plugin; /* borrowed from it */
    double params[HARNESS_PARAMS_MAX];
    struct harness_found *found; /* owned; all emissions since harness_begin() */
    size_t n_found, cap_found;
    char why[HARNESS_WHY_MAX]; /* the first thing that went wrong; "" nothing */
    /* the running instance */
    void *self;
    ofd_host host;
    const struct harness_row *rows; /* borrowed */
    size_t n_rows, n_fed;
    int64_t px_tick;
    uint64_t tick_seq;
    const ofd_window *window; /* during a call */
};

/* Loads the index-th detector of a .so with its default parameters; a path without a slash is of
 * the current folder. False: h->why says why. */
bool harness_open(struct harness *h, const char *path, uint32_t index);
void harness_close(struct harness *h); /* {0} is fine */

/* Sets a parameter from text: a number, or a word of a choice. False: unknown or out of range. */
bool harness_set(struct harness *h, const char *key, const char *text);
void harness_set_defaults(struct harness *h);

/* A fresh instance over these rows (borrowed until the next begin), oldest first, of which the
 * first n_seen count as shown before. Forgets what was found. */
bool harness_begin(struct harness *h, const struct harness_row *rows, size_t n_rows, size_t n_seen,
                   int64_t px_tick);
/* One detect() over the next n rows (0 is legal). now_ns: the boundary; 0: the newest row's time.
 * False: it failed, or something it emitted was wrong. */
bool harness_feed(struct harness *h, size_t n, int64_t now_ns);
void harness_end(struct harness *h); /* destroys the instance, keeps what was found */

/* Asks a detector that can explain itself (orderflow/explain.h) about the newest row, and compares
 * with what it just emitted for it: all conditions of a pattern hold exactly when it was emitted.
 * harness_feed() does so for each batch of one row. False: they contradict each other, see why. */
bool harness_explains(struct harness *h, const ofd_tick *tick, char *why, size_t n);

/* Evidence under this key, or NULL. */
const ofd_value *harness_evidence(const struct harness *h, const struct harness_found *f,
                                  const char *key);
const ofd_field *harness_field(const struct harness *h, uint32_t i);
const ofd_kind *harness_kind(const struct harness *h, uint32_t i);
const ofd_param *harness_param(const struct harness *h, uint32_t i);

#endif
