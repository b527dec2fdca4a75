/* SPDX-License-Identifier: MIT */
#include "backtest_label.h"

#include "backtest_put.h"
#include "clock.h"
#include "orderflow/detector.h"
#include "stat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const sides[] = { "bid", "ask", "up", "down", "none" };
enum { SIDES = sizeof sides / sizeof *sides };

/* What there is of one kind, and the pairs. Arrays are owned. */
struct work {
    struct truth *truths;
    struct truth_episode *found;
    int64_t *known_ns; /* of found: when it was confirmed */
    size_t n, m, *of_truth, *of_episode;
    bool sideless; /* nothing of what is known has a side or direction: then that is not told apart
                    */
    struct truth_rule rule;
};

static void work_fini(struct work *w)
{
    free(w->truths);
    free(w->found);
    free(w->known_ns);
    free(w->of_truth);
    free(w->of_episode);
}

static bool work_init(struct work *w, const struct truth_file *f, const struct told_ticker *t,
                      const char *detector, const char *kind)
{
    *w = (struct work){ .truths = calloc(f->n + 1, sizeof *w->truths),
                        .found = calloc(t->n_episodes + 1, sizeof *w->found),
                        .known_ns = calloc(t->n_episodes + 1, sizeof *w->known_ns),
                        .of_truth = calloc(f->n + 1, sizeof *w->of_truth),
                        .of_episode = calloc(t->n_episodes + 1, sizeof *w->of_episode),
                        .sideless = true,
                        .rule = { .tolerance_ns = LABEL_TOLERANCE_MS * NS_PER_MS,
                                  .tolerance_px = LABEL_TOLERANCE_TICKS * t->px_tick } };
    if (w->truths == NULL || w->found == NULL || w->known_ns == NULL || w->of_truth == NULL ||
        w->of_episode == NULL) {
        return false;
    }
    for (size_t i = 0; i < f->n; i++) {
        if (strcmp(f->kinds[i], kind) == 0) {
            const struct truth *x = &f->items[i];
            w->sideless = w->sideless && x->side == OFD_NO_SIDE && x->dir == 0;
            w->truths[w->n++] = *x;
        }
    }
    for (size_t i = 0; i < t->n_episodes; i++) {
        const struct told_episode *e = &t->episodes[i];
        if (strcmp(e->kind, kind) == 0 && strcmp(e->detector, detector) == 0) {
            w->known_ns[w->m] = e->confirmed_ns;
            w->found[w->m++] = (struct truth_episode){ .side = e->side,
                                                       .dir = e->dir,
                                                       .onset_ns = e->onset_ns,
                                                       .last_ns = e->last_ns,
                                                       .price = e->price };
        }
    }
    return true;
}

static const char *side_name(const struct work *w, int32_t side, int32_t dir)
{
    return w->sideless       ? sides[4]
           : side == OFD_BID ? sides[0]
           : side == OFD_ASK ? sides[1]
           : dir > 0         ? sides[2]
           : dir < 0         ? sides[3]
                             : sides[4];
}

/* Where an episode is counted: with what it is paired with. */
static const char *side_of(const struct work *w, size_t k)
{
    size_t i = w->of_episode[k];
    return i != TRUTH_NONE ? side_name(w, w->truths[i].side, w->truths[i].dir)
                           : side_name(w, w->found[k].side, w->found[k].dir);
}

static void count(const struct work *w, const char *side, struct label_row *row, double *delays)
{
    struct truth_score *s = &row->score;
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++) {
        const struct truth *t = &w->truths[i];
        if (side_name(w, t->side, t->dir) == side && !t->incidental) {
            s->asked++;
            if (w->of_truth[i] != TRUTH_NONE) {
                s->found++;
                delays[n++] =
                    (double)(w->known_ns[w->of_truth[i]] - t->onset_ns) / (double)NS_PER_S;
            }
        }
    }
    for (size_t k = 0; k < w->m; k++) {
        size_t i = w->of_episode[k];
        if (side_of(w, k) == side) {
            bool paired = i != TRUTH_NONE,
                 again = !paired && truth_fits_any(w->truths, w->n, &w->found[k], &w->rule);
            s->episodes++;
            s->incidental += paired && w->truths[i].incidental;
            s->again += again;
            s->wrong += !paired && !again;
        }
    }
    stat_sort(delays, n);
    row->delay_s = n > 0 ? stat_quantile(delays, n, 0.5) : NAN;
}

static bool add_rows(struct labels *l, const struct work *w, const char *detector, const char *kind)
{
    double *delays = malloc((w->n + 1) * sizeof *delays);
    struct label_row *rows = realloc(l->rows, (l->n + SIDES) * sizeof *rows);
    l->rows = rows != NULL ? rows : l->rows;
    for (size_t i = 0; delays != NULL && rows != NULL && i < SIDES; i++) {
        struct label_row row = { .side = sides[i] };
        (void)snprintf(row.detector, sizeof row.detector, "%s", detector);
        (void)snprintf(row.kind, sizeof row.kind, "%s", kind);
        count(w, sides[i], &row, delays);
        if (row.score.asked > 0 || row.score.episodes > 0) {
            l->rows[l->n++] = row;
        }
    }
    free(delays);
    return delays != NULL && rows != NULL;
}

static bool label(struct labels *l, const struct truth_file *f, const struct told_ticker *t,
                  const char *detector, const char *kind, struct err *err)
{
    struct work w;
    bool ok = work_init(&w, f, t, detector, kind) || err_set(err, ERR_MEMORY, "out of memory");
    ok = ok && truth_match(w.truths, w.n, w.found, w.m, &w.rule, w.of_truth, w.of_episode, err);
    ok = ok && (add_rows(l, &w, detector, kind) || err_set(err, ERR_MEMORY, "out of memory"));
    work_fini(&w);
    return ok;
}

/* One kind: each detector that reported it, or none. Groups are sorted by detector. */
static bool label_kind(struct labels *l, const struct truth_file *f, const struct told_ticker *t,
                       const char *kind, struct err *err)
{
    const char *last = NULL;
    for (size_t i = 0; i < t->n_groups; i++) {
        const struct group *g = &t->groups[i];
        bool new = strcmp(g->kind, kind) == 0 && (last == NULL || strcmp(last, g->detector) != 0);
        if (new && !label(l, f, t, g->detector, kind, err)) {
            return false;
        }
        last = new ? g->detector : last;
    }
    return last != NULL || label(l, f, t, "", kind, err);
}

bool backtest_label_open(struct backtest *b, struct err *err)
{
    if (b->labels == NULL) {
        return true;
    }
    if (b->n_tickers != 1) {
        return err_set(err, ERR_INVALID, "--truth is of one ticker, and there are %zu",
                       b->n_tickers);
    }
    return truth_file_read(b->o.truth, &b->labels->truth, err);
}

bool backtest_label(struct backtest *b, struct err *err)
{
    struct labels *l = b->labels;
    if (l == NULL) {
        return true;
    }
    const struct truth_file *f = &l->truth;
    bool ok = true;
    size_t told = 0;
    for (size_t i = 0; ok && i < f->n; i++) {
        l->incidental += f->items[i].incidental;
        if (truth_file_first(f, i)) {
            ok = label_kind(l, f, &b->tickers[0], f->kinds[i], err);
        }
    }
    l->planted = f->n - l->incidental;
    for (size_t i = 0; i < l->n; i++) {
        told += l->rows[i].score.episodes;
    }
    l->unplanted = b->tickers[0].n_episodes - told;
    return ok;
}
