/* SPDX-License-Identifier: MIT */
/* `orderflow calibrate`: thresholds of the four detectors that give a wanted rate on recorded
 * quotes. [orderflow] */
#ifndef MAIN_CALIBRATE_H
#define MAIN_CALIBRATE_H

#include "backtest.h"
#include "dial.h"
#include "plugins_list.h"
#include "sketch.h"
#include "temp_folder.h"

enum { TUNED = 4, HALF_HOURS = 48, MISSES_MAX = 3 };

/* What is measured in the rows, apart from what detectors say. */
enum sample {
    SAMPLE_TOUCH,   /* size of a new state of a side */
    SAMPLE_CHANGE,  /* how much a side's size changed from one state to the next */
    SAMPLE_REMOVED, /* what a level showed that the price then left for a worse one */
    SAMPLE_R_BREAK, /* decreases at a price, in sum, until the price left it for a worse one */
    SAMPLES,
    SAMPLE_NONE = SAMPLES
};

/* Which threshold is tuned, for a mode. */
struct tuned {
    const char *detector, *key, *field; /* field: the evidence to compare with it */
    double least, most;                 /* wanted per day, unless the user says otherwise */
    enum sample sample;                 /* SAMPLE_NONE: a probability, smaller is stricter */
    bool per_side;
};
const struct tuned *calibrate_tuned(bool flow); /* TUNED of them; static */

struct calibrate_options {
    struct backtest_options run; /* ticker, seed, day_start_ns, files, no_null, quiet */
    const char *out;             /* NULL: standard output */
    bool flow, by_time;
    double day_hours;
    double least[TUNED], most[TUNED];
};

/* A day of quotes. */
struct calibrate_day {
    int64_t number;      /* since 1970, as shifted by day_start_ns */
    double median, step; /* touch size; greatest common divisor of all prices, in 1e-9 */
    uint64_t rows;
};

/* An episode that would have been one under a looser threshold. */
struct miss {
    char text[160];
    double short_by; /* of the threshold */
};

/* How settings in force do. */
struct in_force {
    char mode[16], thr[16];
    double threshold, rate, active; /* threshold: NaN: not of this mode */
    double loose_rate;              /* at the loosest level tried */
    struct miss misses[MISSES_MAX];
    size_t n_misses;
};

/* Against the tapes without information, by two deviations of the counts. */
enum null_verdict {
    NULL_RARER,    /* clearly rarer on both */
    NULL_UNPROVEN, /* rarer, but too few to tell; or not run */
    NULL_AS_OFTEN  /* as often on one: refused */
};

struct calibrated {
    struct dial dial;
    size_t level;                                   /* the one chosen */
    double real_per_h, shuffled_per_h, noise_per_h; /* NaN: not run */
    enum null_verdict verdict;
    struct in_force now;
    double walked, walked_days, fitted_days; /* rate on days that were not looked at */
};

struct calibrate_ticker {
    const char *name;         /* borrowed, as the files are */
    const char *const *files; /* in order of time */
    size_t n_files;
    struct calibrate_day days[DIAL_DAYS_MAX];
    size_t n_days, first_day;          /* days before first_day are in other units */
    char seam[200];                    /* why; "": none */
    struct sketch (*samples)[SAMPLES]; /* owned; [HALF_HOURS] */
    struct sketch (*first)[SAMPLES];   /* owned; [1]: of the first day that counts */
    struct calibrated of[TUNED];
    uint64_t rows; /* of the days that count */
    bool too_few;  /* for a threshold of any detector */
};

struct calibrate {
    const struct program *program;
    struct calibrate_options o;
    const struct tuned *tuned;
    struct listing listing;
    struct file_groups files;         /* owned */
    struct calibrate_ticker *tickers; /* owned; one for each of files */
    size_t n_tickers;
    struct temp_folder dir;
};

/* calibrate_run.c: all of it. Exit status. */
int calibrate_files(struct calibrate *c, const char *const *files, size_t n);

/* Less is too little to say how often a day something happens. */
enum { CALIBRATE_ROWS_MIN = 1000 };
#define CALIBRATE_HOURS_MIN 1.0 /* of one day at least */

/* calibrate_samples.c: reads the files, finds days, seams and distributions. */
MUST_CHECK bool calibrate_sample(const struct calibrate *c, struct calibrate_ticker *t,
                                 struct err *err);

/* calibrate_engine.c: one run over all files. value: per tuned threshold; NULL: settings in force.
 * *out: to be freed by told_ticker_fini(). */
MUST_CHECK bool calibrate_run(struct calibrate *c, const struct calibrate_ticker *t,
                              const double *value, struct told_ticker *out, struct err *err);
/* The same with the null tapes of `orderflow backtest`. */
MUST_CHECK bool calibrate_null(struct calibrate *c, const struct calibrate_ticker *t,
                               const double *value, struct told_ticker *out, struct err *err);

/* calibrate_count.c: which of the tuned detectors an episode is of, by its main kind; -1: none. */
int calibrate_which(const struct calibrate *c, const struct told_episode *e);
/* A run, and its episodes added to a level of each; NULL: of that not. */
MUST_CHECK bool calibrate_count(struct calibrate *c, struct calibrate_ticker *t,
                                const double *value, struct dial_level *to[TUNED],
                                struct told_ticker *run, struct err *err);
void calibrate_take_hours(struct calibrate_ticker *t, const struct told_ticker *run);

/* calibrate_force.c: fills t->of[].now, and the hours of days. */
MUST_CHECK bool calibrate_in_force(struct calibrate *c, struct calibrate_ticker *t,
                                   struct err *err);
/* Of a run under the loosest thresholds: what silent detectors missed nearly. */
void calibrate_misses(const struct calibrate *c, struct calibrate_ticker *t,
                      const struct told_ticker *run);

/* calibrate_search.c: fills t->of. */
MUST_CHECK bool calibrate_search(struct calibrate *c, struct calibrate_ticker *t, struct err *err);
/* The value as the file of thresholds will say it. */
double calibrate_rounded(double value);

/* calibrate_write.c: the file of thresholds; calibrate_text.c: the report. */
struct written {
    const char *ticker;
    const double *value; /* per tuned threshold; NaN: no section */
    size_t sessions;
    const struct calibrate_ticker *of; /* for remarks; NULL: none */
};
size_t calibrate_sessions(const struct calibrate_ticker *t); /* days with an hour of quotes */
void calibrate_write(const struct calibrate *c, const struct written *all, size_t n,
                     struct buf *out);
void calibrate_text(const struct calibrate *c, const struct calibrate_ticker *t, struct buf *out);

#endif
