/* SPDX-License-Identifier: MIT */
#include "calibrate.h"
#include "feed.h"
#include "options.h"
#include "whole_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX_BYTES = 1 << 24 };

static const struct tuned by_size[TUNED] = {
    { "absorption", "avg_size", "avg_size", 10, 60, SAMPLE_TOUCH, true },
    { "stacking", "size", "from_size", 20, 80, SAMPLE_TOUCH, false },
    { "momentum_shift", "p_max", "p", 10, 40, SAMPLE_NONE, false },
    { "sweep", "change", "size", 5, 40, SAMPLE_CHANGE, false },
};
static const struct tuned by_flow[TUNED] = {
    { "absorption", "removed", "volume", 10, 60, SAMPLE_R_BREAK, true },
    { "stacking", "size", "from_size", 20, 80, SAMPLE_TOUCH, false },
    { "momentum_shift", "p_enter", "p", 10, 40, SAMPLE_NONE, false },
    { "sweep", "removed", "size", 5, 40, SAMPLE_REMOVED, false },
};

const struct tuned *calibrate_tuned(bool flow)
{
    return flow ? by_flow : by_size;
}

static bool group(struct calibrate *c, const char *const *files, size_t n, struct err *err)
{
    if (!file_groups_make(&c->files, &c->o.run.files.from, files, n, err)) {
        return false;
    }
    c->tickers = calloc(c->files.n + 1, sizeof *c->tickers);
    if (c->tickers == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    for (; c->n_tickers < c->files.n; c->n_tickers++) {
        const struct ticker_files *of = &c->files.tickers[c->n_tickers];
        c->tickers[c->n_tickers].name = of->name;
        c->tickers[c->n_tickers].files = of->paths;
        c->tickers[c->n_tickers].n_files = of->n;
    }
    return true;
}

/* Is its threshold worth writing? */
static bool wanted(const struct calibrate_ticker *t, const struct calibrated *x)
{
    return !t->too_few && x->verdict != NULL_AS_OFTEN &&
           dial_rate(&x->dial, x->level, 0, x->dial.days) > 0;
}

static bool write_out(const struct calibrate *c, struct buf *text, struct err *err)
{
    struct written *all = calloc(c->n_tickers + 1, sizeof *all);
    double *value = malloc((c->n_tickers + 1) * TUNED * sizeof *value);
    if (all == NULL || value == NULL) {
        free(all);
        free(value);
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < c->n_tickers; i++) {
        const struct calibrate_ticker *t = &c->tickers[i];
        all[i] = (struct written){ .ticker = t->name,
                                   .value = value + i * TUNED,
                                   .sessions = calibrate_sessions(t),
                                   .of = t };
        for (int k = 0; k < TUNED; k++) {
            const struct calibrated *x = &t->of[k];
            value[i * TUNED + (size_t)k] = wanted(t, x) ? x->dial.levels[x->level].value : NAN;
        }
    }
    calibrate_write(c, all, c->n_tickers, text);
    free(all);
    free(value);
    struct whole_file w;
    if (!whole_file_open(&w, c->o.out, err)) {
        return false;
    }
    bool ok = !text->failed || err_set(err, ERR_MEMORY, "out of memory");
    (void)fwrite(text->data, 1, ok ? text->len : 0, w.out); /* close() says what went wrong */
    return whole_file_close(&w, ok, err);
}

static bool any_enough(const struct calibrate *c, struct err *err)
{
    for (size_t i = 0; i < c->n_tickers; i++) {
        if (!c->tickers[i].too_few) {
            return true;
        }
    }
    return err_set(
        err, ERR_INVALID,
        "too few quotes for a threshold: give at least a day with an hour of quotes, and "
        "%d of them",
        (int)CALIBRATE_ROWS_MIN);
}

static bool work(struct calibrate *c, struct err *err)
{
    struct buf text;
    bool ok = true;
    buf_init(&text, TEXT_MAX_BYTES);
    for (size_t i = 0; ok && i < c->n_tickers; i++) {
        ok = calibrate_sample(c, &c->tickers[i], err) && calibrate_search(c, &c->tickers[i], err);
        if (ok) {
            calibrate_text(c, &c->tickers[i], &text);
        }
    }
    ok = ok && !text.failed && print_out(text.data, text.len);
    ok = ok && any_enough(c, err);
    buf_clear(&text);
    ok = ok && (c->o.out == NULL || write_out(c, &text, err));
    buf_fini(&text);
    return ok;
}

int calibrate_files(struct calibrate *c, const char *const *files, size_t n)
{
    struct err err = { 0 };
    c->tuned = calibrate_tuned(c->o.flow);
    bool ok = whole_file_check(c->o.out, &err) && temp_folder_make(&c->dir, "calibrate", &err) &&
              listing_make(&c->listing, c->program, &err);
    ok = ok && group(c, files, n, &err) && work(c, &err);
    if (!ok && err.code != ERR_NONE) {
        (void)fprintf(stderr, "orderflow calibrate: %s\n", err.text);
    }
    for (size_t i = 0; i < c->n_tickers; i++) {
        free((void *)c->tickers[i].samples);
        free((void *)c->tickers[i].first);
    }
    free(c->tickers);
    file_groups_fini(&c->files);
    listing_fini(&c->listing);
    temp_folder_remove(&c->dir);
    return ok ? 0 : 1;
}
