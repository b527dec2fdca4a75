/* SPDX-License-Identifier: MIT */
#include "calibrate.h"
#include "clock.h"
#include "decimal.h"
#include "null_tape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sizes that differ so much from one day to the next are in another unit. */
static const double SEAM = 8;
enum {
    SEAM_ROWS_MIN = 1000, /* of both days */
    ROUND_LOTS_END_DAY = 20395
}; /* 2025-11-03: US quotes in shares, no longer in round lots */

/* The removal at a side's price so far. */
struct standing {
    int64_t px;
    double size, removed;
};

struct taking {
    struct calibrate_ticker *t;
    int64_t day_start_ns;
    struct standing side[2];
    struct sketch (*today)[SAMPLES]; /* owned; [HALF_HOURS] */
    int64_t step;
    uint64_t rows;
};

static void add(struct taking *k, int64_t ts_ns, enum sample what, double x)
{
    sketch_add(&k->today[ts_ns / (1800 * NS_PER_S) % HALF_HOURS][what], x);
}

static void take_side(struct taking *k, int64_t ts_ns, int which, int64_t px, double size)
{
    struct standing *s = &k->side[which];
    bool worse = which == 0 ? px < s->px : px > s->px;
    if (s->px == px && !(size < s->size) && !(size > s->size)) {
        return;
    }
    if (px > 0) {
        add(k, ts_ns, SAMPLE_TOUCH, size);
    }
    if (px > 0 && s->px > 0) {
        add(k, ts_ns, SAMPLE_CHANGE, fabs(size - s->size));
    }
    if (px > 0 && s->px > 0 && worse) {
        add(k, ts_ns, SAMPLE_REMOVED, s->size);
        add(k, ts_ns, SAMPLE_R_BREAK, s->removed);
    }
    s->removed = px == s->px ? s->removed + fmax(s->size - size, 0) : 0;
    s->px = px;
    s->size = size;
}

/* Nothing before the last day counts. */
static void note_seam(struct calibrate_ticker *t, bool size)
{
    const struct calibrate_day *d = &t->days[t->n_days - 1], *before = d - 1;
    bool known = before->number < ROUND_LOTS_END_DAY && d->number >= ROUND_LOTS_END_DAY;
    (void)snprintf(t->seam, sizeof t->seam,
                   "%s: median size %.6g, then %.6g; price step %g, then %g%s",
                   size ? "another unit of size" : "another price step", before->median, d->median,
                   before->step / 1e9, d->step / 1e9,
                   known ? " (US quotes went from round lots to shares on 2025-11-03)" : "");
    t->first_day = t->n_days - 1;
    memset(t->samples, 0, HALF_HOURS * sizeof *t->samples);
}

static void end_day(struct taking *k, struct sketch *touch)
{
    struct calibrate_ticker *t = k->t;
    if (t->n_days == 0) {
        return;
    }
    struct calibrate_day *d = &t->days[t->n_days - 1];
    memset(touch, 0, sizeof *touch);
    for (int i = 0; i < HALF_HOURS; i++) {
        sketch_merge(touch, &k->today[i][SAMPLE_TOUCH]);
    }
    d->median = sketch_quantile(touch, 0.5);
    d->step = (double)k->step;
    d->rows = k->rows;
    const struct calibrate_day *before = t->n_days > 1 ? d - 1 : d;
    bool enough = d->rows >= SEAM_ROWS_MIN && before->rows >= SEAM_ROWS_MIN;
    bool size = enough && fabs(log(d->median / before->median)) > log(SEAM);
    if (size || (enough && (d->step < before->step || d->step > before->step))) {
        note_seam(t, size);
    }
    bool first = t->first_day == t->n_days - 1;
    if (first) {
        memset(t->first, 0, sizeof *t->first);
    }
    for (int i = 0; i < HALF_HOURS; i++) {
        for (int w = 0; w < SAMPLES; w++) {
            sketch_merge(&t->samples[i][w], &k->today[i][w]);
            if (first) {
                sketch_merge(&t->first[0][w], &k->today[i][w]);
            }
        }
    }
}

static bool begin_day(struct taking *k, int64_t number, struct err *err)
{
    struct calibrate_ticker *t = k->t;
    struct sketch *touch = malloc(sizeof *touch);
    if (touch == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    end_day(k, touch);
    free(touch);
    if (t->n_days == DIAL_DAYS_MAX) {
        return err_set(err, ERR_INVALID, "%s: more than %d days", t->name, DIAL_DAYS_MAX);
    }
    t->days[t->n_days++] = (struct calibrate_day){ .number = number };
    memset(k->today, 0, HALF_HOURS * sizeof *k->today);
    k->step = 0;
    k->rows = 0;
    k->side[0].px = k->side[1].px = 0;
    return true;
}

static bool take_file(struct taking *k, const char *path, const struct import_options *from,
                      struct err *err)
{
    struct reel r;
    bool ok = null_tape_read(path, from, &r, err);
    for (size_t i = 0; ok && i < r.n; i++) {
        struct calibrate_ticker *t = k->t;
        int64_t number = (r.ts_ns[i] - k->day_start_ns) / (86400 * NS_PER_S);
        if (t->n_days == 0 || number > t->days[t->n_days - 1].number) {
            ok = begin_day(k, number, err);
        } else if (number < t->days[t->n_days - 1].number) {
            ok = err_set(err, ERR_INVALID,
                         "%s: its quotes lie before those of the file before it; "
                         "give files in order of time",
                         path);
        }
        k->rows++;
        k->step = decimal_common_step(decimal_common_step(r.bid_px[i], r.ask_px[i]), k->step);
        take_side(k, r.ts_ns[i], 0, r.bid_px[i], r.bid_sz[i]);
        take_side(k, r.ts_ns[i], 1, r.ask_px[i], r.ask_sz[i]);
    }
    reel_fini(&r);
    return ok;
}

bool calibrate_sample(const struct calibrate *c, struct calibrate_ticker *t, struct err *err)
{
    struct taking k = { .t = t, .day_start_ns = c->o.run.day_start_ns };
    t->samples = calloc(HALF_HOURS, sizeof *t->samples);
    t->first = calloc(1, sizeof *t->first);
    k.today = calloc(HALF_HOURS, sizeof *k.today);
    struct sketch *touch = malloc(sizeof *touch);
    bool ok = (t->samples != NULL && t->first != NULL && k.today != NULL && touch != NULL) ||
              err_set(err, ERR_MEMORY, "out of memory");
    for (size_t i = 0; ok && i < t->n_files; i++) {
        ok = take_file(&k, t->files[i], &c->o.run.files.from, err);
    }
    if (ok) {
        end_day(&k, touch);
    }
    free(touch);
    free((void *)k.today);
    return ok;
}
