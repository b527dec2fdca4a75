/* SPDX-License-Identifier: MIT */
/* A small engine for tests: two tickers with recorded rows, a pool over chosen plugins, every
 * detector driven through all ticks, restarts and priming included. */
#ifndef FAULT_BED_H
#define FAULT_BED_H

#include "buf.h"
#include "pool.h"
#include "shm.h"

enum { BED_TICKERS = 2, BED_TICKS = 20, BED_DETECTORS = 48, BED_DIR_MAX = 64 };

/* What came of one detector. */
struct bed_run {
    struct buf said; /* its emissions, one line each, in order of ticker and tick */
    size_t next;     /* job to be done next: tick by tick, ticker by ticker */
    bool primed;
    size_t skipped, lost, negative, no_instance, primings;
};

struct bed {
    char dir[BED_DIR_MAX];
    struct shm shm;
    struct arena arena;
    struct window windows[BED_TICKERS];
    struct pool_config cfg;
    struct pool *pool;
    struct bed_run runs[BED_DETECTORS];
    size_t batch_max; /* jobs of one batch; 0: all */
};

/* Windows and an empty plugins directory. Fails the test on any error. */
void bed_init(struct bed *b);
void bed_fini(struct bed *b);
/* For one that will not live to its bed_fini(). */
void bed_remove_dir(const struct bed *b);

/* Puts a plugin of the zoo into the directory. */
void bed_add(struct bed *b, const char *name);
/* Puts a file of these bytes there. */
void bed_add_file(struct bed *b, const char *name, const void *bytes, size_t n);
/* The bytes of a plugin of the zoo; malloc'ed. */
unsigned char *bed_read(const char *name, size_t *n_out);

/* Scans the directory and starts the workers. */
void bed_start(struct bed *b);
/* The scan alone, of a pool that the test has made. */
void bed_describe(struct bed *b);
/* Polls until every detector that runs has been through all ticks; fails after a deadline. */
void bed_run(struct bed *b);
/* Gives detector 0 its next batch, if it is ready. */
void bed_begin(struct bed *b);
/* Feeds and polls until detector 0 has done n more jobs. */
void bed_step(struct bed *b, size_t n);
/* Polls until the detector is in that state; fails after a deadline. */
void bed_wait_state(struct bed *b, size_t i, enum detector_state state);
void bed_poll(struct bed *b);

/* What "healthy" of the zoo says in a bed of its own; malloc'ed. */
char *bed_said_alone(void);

/* The number of the detector with that id, or whose file has that name. */
size_t bed_find(const struct bed *b, const char *name);

#endif
