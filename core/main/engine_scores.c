/* SPDX-License-Identifier: MIT */
/* What an evaluation found, for the tickers and thresholds it was made with. */
#include "engine.h"
#include "hash64.h"
#include "log.h"
#include "scores_file.h"
#include "threshold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void engine_load_scores(struct engine *e)
{
    struct err err = { 0 };
    score_file_fini(&e->scores);
    e->scores_serial++;
    if (!scores_file_load(e->cfg, &e->scores, &err)) {
        log_error("scores_refused", "file=%s hint=\"patterns are uncalibrated\" detail=\"%s\"",
                  e->cfg->results_scores, err.text);
    } else if (e->cfg->results_scores[0] != '\0') {
        log_info("scores", "file=%s entries=%zu", e->cfg->results_scores, e->scores.n);
    }
}

/* Changes with all that threshold_id() looks at, and with the file. */
static uint64_t key_now(const struct engine *e, const struct ticker *t)
{
    uint64_t key = e->cfg->hash + e->scores_serial;
    for (size_t i = 0; i < t->n_judging; i++) {
        uint64_t parts[] = { key, i < e->n_detectors ? e->bound[i] : 0,
                             t->judging[i].tracker != NULL };
        key = hash64((const char *)parts, sizeof parts);
    }
    return key | 1;
}

static void add_of(const struct engine *e, struct ticker *t, size_t i)
{
    const struct detector *d = pool_get(e->pool, i);
    char thr[THRESHOLD_MAX];
    threshold_id(e->cfg, d, t->name, thr);
    for (size_t k = 0; k < e->scores.n && t->n_scores < SCORES_MAX; k++) {
        const struct score_entry *x = &e->scores.items[k];
        if (strcmp(x->s.detector, d->decl.id) == 0 && strcmp(x->thr, thr) == 0 &&
            strcmp(x->ticker, t->name) == 0) {
            t->scores[t->n_scores++] = x->s;
        }
    }
}

void engine_put_scores(const struct engine *e, struct ticker *t, struct report *r)
{
    if (e->scores.n == 0) {
        return;
    }
    uint64_t key = key_now(e, t);
    if (t->scores == NULL) {
        t->scores = calloc(SCORES_MAX, sizeof *t->scores);
    }
    if (t->scores == NULL) {
        return; /* uncalibrated is never wrong */
    }
    if (t->scores_key != key) {
        t->scores_key = key;
        t->n_scores = 0;
        for (size_t i = 0; i < e->n_detectors; i++) {
            if (t->judging[i].tracker != NULL) {
                add_of(e, t, i);
            }
        }
    }
    memcpy(r->scores, t->scores, (size_t)t->n_scores * sizeof r->scores[0]);
    r->n_scores = t->n_scores;
}
