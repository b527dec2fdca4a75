/* SPDX-License-Identifier: MIT */
/* What an evaluation found, for the tickers and thresholds it was made with. */
#include "engine.h"
#include "hash64.h"
#include "log.h"
#include "threshold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX_BYTES = 16 << 20, ROOM_BYTES = 65536 };

static bool read_text(const char *path, struct buf *text, struct err *err)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        return err_sys(err, "cannot open it");
    }
    for (;;) {
        char *room = buf_room(text, ROOM_BYTES);
        size_t n = room != NULL ? fread(room, 1, ROOM_BYTES, in) : 0;
        if (n == 0) {
            break;
        }
        text->len += n;
    }
    bool ok = ferror(in) == 0 || err_sys(err, "cannot read it");
    (void)fclose(in);
    return ok && (!text->failed || err_set(err, ERR_MEMORY, "has more than 16 MiB"));
}

void engine_load_scores(struct engine *e)
{
    char path[PATH_BYTES];
    struct err err = { 0 };
    struct buf text;
    score_file_fini(&e->scores);
    e->scores_serial++;
    if (e->cfg->results_scores[0] == '\0') {
        return;
    }
    buf_init(&text, FILE_MAX_BYTES);
    bool ok = settings_resolve(e->cfg, e->cfg->results_scores, path, sizeof path, &err) &&
              read_text(path, &text, &err) &&
              score_file_read(&e->scores, text.data != NULL ? text.data : "", text.len, &err);
    if (ok) {
        log_info("scores", "file=%s entries=%zu", path, e->scores.n);
    } else {
        log_error("scores_refused", "file=%s hint=\"patterns are uncalibrated\" detail=\"%s\"",
                  e->cfg->results_scores, err.text);
    }
    buf_fini(&text);
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
