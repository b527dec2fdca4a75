/* SPDX-License-Identifier: MIT */
/* The same detectors, with the same settings, on the ticker's own quotes with their seconds in
 * another order, and on a random walk of the same pace, length and mean size. */
#include "backtest.h"
#include "clock.h"
#include "null_tape.h"
#include "reel_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS_MAX = 200000, RATE_MAX = 500 };

/* Episodes of each group of `like` on the tape at path. */
static bool count(const struct backtest *b, const struct told_ticker *like, const char *path,
                  double *per_group, double *hours_out, struct err *err)
{
    struct told_ticker t = { .name = like->name, .n_files = 1, .files = &path };
    struct backtest plain = *b; /* the tape is in our format and in units as they are by now */
    struct import_options *from = &plain.o.files.from;
    *from = (struct import_options){ .ticker = from->ticker, .keep_ties = from->keep_ties };
    plain.o.files.lot = NULL;
    bool ok = backtest_take(&plain, &t, false, err);
    for (size_t i = 0; ok && i < like->n_groups; i++) {
        const struct group *g = &like->groups[i];
        per_group[i] = 0;
        for (size_t k = 0; k < t.n_groups; k++) {
            bool same = strcmp(t.groups[k].detector, g->detector) == 0 &&
                        strcmp(t.groups[k].kind, g->kind) == 0 &&
                        strcmp(t.groups[k].side, g->side) == 0;
            per_group[i] += same ? (double)t.groups[k].n : 0;
        }
    }
    *hours_out = course_hours(&t.course);
    told_ticker_fini(&t);
    return ok;
}

/* path: where the tape is written. */
static bool run_reel(const struct backtest *b, struct told_ticker *t, const struct reel *tape,
                     bool shuffled, const char *path, struct err *err)
{
    double *n = malloc((t->n_groups + 1) * sizeof *n), hours = 0;
    if (n == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    bool ok = reel_write(tape, path, err) && count(b, t, path, n, &hours, err);
    for (size_t i = 0; ok && i < t->n_groups && hours > 0; i++) {
        double *to = shuffled ? &t->groups[i].shuffled_per_h : &t->groups[i].noise_per_h;
        *to = n[i] / hours;
    }
    *(shuffled ? &t->shuffled_h : &t->noise_h) = hours;
    free(n);
    return ok;
}

static bool noise_of(const struct backtest *b, struct told_ticker *t, const struct reel *real,
                     const char *path, struct err *err)
{
    struct reel tape = { 0 };
    double seconds = (double)(real->ts_ns[real->n - 1] - real->ts_ns[0]) / (double)NS_PER_S;
    double rate = nearbyint((double)real->n / seconds), sum = 0;
    for (size_t i = 0; i < real->n; i++) {
        sum += real->bid_sz[i] + real->ask_sz[i];
    }
    rate = rate < 1 ? 1 : rate > RATE_MAX ? RATE_MAX : rate;
    size_t rows = (size_t)(rate * (seconds > 3600 ? seconds : 3600));
    bool ok =
        reel_noise(&tape, rows < ROWS_MAX ? rows : ROWS_MAX, b->o.seed, sum / (2 * (double)real->n),
                   (unsigned)rate, real->bid_px[0], real->px_tick, err) &&
        run_reel(b, t, &tape, false, path, err);
    reel_fini(&tape);
    return ok;
}

bool backtest_null(const struct backtest *b, struct told_ticker *t, struct err *err)
{
    struct reel real = { 0 }, shuffled = { 0 };
    struct temp_folder dir = { .path = "" };
    char path[sizeof dir.path + 16];
    if (strcmp(t->files[0], "-") == 0) {
        return true; /* it cannot be read again */
    }
    bool ok = null_tape_read(t->files[0], &b->o.files.from, &real, err);
    if (ok && real.n > ROWS_MAX) {
        real.n = ROWS_MAX;
        reel_pad(&real);
    }
    ok = ok && temp_folder_make(&dir, "null", err);
    (void)snprintf(path, sizeof path, "%s/tape.csv", dir.path);
    ok = ok && reel_shuffle(&shuffled, &real, b->o.seed, NS_PER_S, err) &&
         run_reel(b, t, &shuffled, true, path, err) && noise_of(b, t, &real, path, err);
    temp_folder_remove(&dir);
    reel_fini(&shuffled);
    reel_fini(&real);
    return ok;
}
