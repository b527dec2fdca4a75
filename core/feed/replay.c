/* SPDX-License-Identifier: MIT */
#include "replay_batch.h"

#include "clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_MS = 50 };

/* ---- opening ---- */

static bool name_track(struct track *t, const struct import_options *from, const char *path,
                       bool once, struct err *err)
{
    t->tape = (struct tape){ .path = path, .from = *from, .log_notes = once };
    if (!import_file_ticker(path, from, t->ticker, err)) {
        return false;
    }
    t->tape.from.alone = from->ticker == NULL;
    t->tape.from.ticker = t->ticker;
    return true;
}

static bool open_track(struct replay *r, struct track *t, const char *path, struct err *err)
{
    const struct replay_config *cfg = &r->cfg;
    bool once = strcmp(path, "-") == 0;
    if (!name_track(t, &cfg->from, path, once, err)) {
        return false;
    }
    if (once && (cfg->loop || !(cfg->speed > 0 && cfg->speed <= 1))) {
        return err_set(err, ERR_INVALID,
                       "standard input can only be replayed once, and no faster "
                       "than it was recorded: a file is wanted");
    }
    if (!once && !tape_measure(path, &t->tape.from, &t->extent, err)) {
        return false;
    }
    if (!tape_open(&t->tape, err)) {
        return false;
    }
    if (once) {
        t->extent.first_ns = t->tape.next.ts_ns;
        t->extent.last_ns = t->extent.first_ns;
    }
    return t->tape.has_next || err_set(err, ERR_INVALID, "%s: no quotes in it", path);
}

static bool open_tracks(struct replay *r, const char *const *paths, size_t n, struct err *err)
{
    if (r->cfg.from.ticker != NULL && n > 1) {
        return err_set(err, ERR_INVALID, "one ticker for %zu files", n);
    }
    for (size_t i = 0; i < n; i++) {
        struct track *t = &r->tracks[i];
        r->n_tracks = i + 1;
        if (!open_track(r, t, paths[i], err)) {
            return false;
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(r->tracks[k].ticker, t->ticker) == 0) {
                return err_set(err, ERR_INVALID, "%s and %s are both %s", paths[k], paths[i],
                               t->ticker);
            }
        }
        r->first_ns = i == 0 || t->extent.first_ns < r->first_ns ? t->extent.first_ns : r->first_ns;
        r->last_ns = t->extent.last_ns > r->last_ns ? t->extent.last_ns : r->last_ns;
        t->newest_item = REPLAY_BATCH;
    }
    return n > 0 || err_set(err, ERR_INVALID, "no file to replay");
}

struct replay *replay_create(const struct replay_config *cfg, const char *const *paths, size_t n,
                             struct redis *redis, struct err *err)
{
    struct replay *r = calloc(1, sizeof *r);
    struct track *tracks = calloc(n + 1, sizeof *tracks);
    if (r == NULL || tracks == NULL) {
        free(tracks);
        free(r);
        (void)err_set(err, ERR_MEMORY, "no memory for a replay");
        return NULL;
    }
    r->cfg = *cfg;
    r->tracks = tracks;
    r->redis = redis;
    buf_init(&r->json, ROW_MEMBER_MAX);
    r->entry = cfg->firehose != NULL ? firehose_batch_create(n + 1) : NULL;
    if (cfg->firehose != NULL && r->entry == NULL) {
        (void)err_set(err, ERR_MEMORY, "no memory for a replay");
    } else if (!(cfg->speed >= 0 && isfinite(cfg->speed))) {
        (void)err_set(err, ERR_INVALID, "speed %g is not between 0 and a finite number",
                      cfg->speed);
    } else if (open_tracks(r, paths, n, err)) {
        return r;
    }
    replay_destroy(r);
    return NULL;
}

void replay_destroy(struct replay *r)
{
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; i < r->n_tracks; i++) {
        tape_close(&r->tracks[i].tape);
    }
    free(r->tracks);
    firehose_batch_destroy(r->entry);
    buf_fini(&r->json);
    free(r);
}

/* ---- what is due ---- */

static struct track *earliest(struct replay *r)
{
    struct track *found = NULL;
    for (size_t i = 0; i < r->n_tracks; i++) {
        struct track *t = &r->tracks[i];
        if (t->tape.has_next && (found == NULL || t->tape.next.ts_ns < found->tape.next.ts_ns)) {
            found = t;
        }
    }
    return found;
}

static bool next_pass(struct replay *r, struct err *err)
{
    r->pass++;
    for (size_t i = 0; i < r->n_tracks; i++) {
        if (!tape_open(&r->tracks[i].tape, err)) {
            return false;
        }
    }
    return earliest(r) != NULL ||
           err_set(err, ERR_INVALID, "%s: has become empty", r->tracks[0].tape.path);
}

static bool put_into_batch(struct replay *r, struct track *t, struct err *err)
{
    struct item *item = &r->batch[r->n_batch];
    r->at_ns = t->tape.next.ts_ns;
    *item = (struct item){ .track = (size_t)(t - r->tracks),
                           .row = { .q = t->tape.next, .has_seq = true, .seq = ++r->seq } };
    item->row.q.ts_ns = replay_plan_ts_ns(&r->plan, r->pass, r->at_ns);
    if (item->row.q.ts_ns >= t->newest_ns) {
        t->newest_ns = item->row.q.ts_ns;
        t->newest_item = r->n_batch;
    }
    r->n_batch++;
    return tape_advance(&t->tape, err);
}

static bool fill_batch(struct replay *r, struct err *err)
{
    while (r->n_batch < REPLAY_BATCH && !r->finished) {
        struct track *t = earliest(r);
        if (t == NULL) {
            r->finished = !r->cfg.loop;
            if (!r->finished && !next_pass(r, err)) {
                return false;
            }
            continue;
        }
        r->next_due_ns = replay_plan_due_ns(&r->plan, r->pass, t->tape.next.ts_ns);
        if (r->next_due_ns > r->wall_ns) {
            return true;
        }
        if (!put_into_batch(r, t, err)) {
            return false;
        }
    }
    return true;
}

/* ---- a step ---- */

/* An answer that a Redis in trouble gives and that will go away. */
static bool passes_by(const char *text)
{
    static const char *const words[] = { "LOADING",    "BUSY",       "OOM",
                                         "READONLY",   "MASTERDOWN", "MISCONF",
                                         "NOREPLICAS", "TRYAGAIN",   "CLUSTERDOWN" };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strstr(text, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static bool may_retry(const struct replay *r, const struct err *err)
{
    switch (err->code) {
    case ERR_CONNECTION:
    case ERR_TIMEOUT:
    case ERR_PROTOCOL:
    case ERR_SYSTEM:
        return r->written > 0;
    case ERR_REMOTE:
        return passes_by(err->text);
    case ERR_NONE:
    case ERR_INVALID:
    case ERR_MEMORY:
    case ERR_NOT_FOUND:
    case ERR_CANCELLED:
        break;
    }
    return false;
}

static int64_t pause_ms(const struct replay *r)
{
    if (r->trouble.code != ERR_NONE) {
        int64_t backoff_ms = redis_backoff_ms(r->redis);
        return backoff_ms > RETRY_MS ? backoff_ms : RETRY_MS;
    }
    if (r->finished) {
        return -1;
    }
    int64_t wait_ns = r->next_due_ns - r->wall_ns;
    return wait_ns > 0 ? (wait_ns + NS_PER_MS - 1) / NS_PER_MS : 0;
}

bool replay_step(struct replay *r, int64_t wall_ns, int64_t *sleep_ms_out, struct err *err)
{
    r->wall_ns = wall_ns;
    if (!r->planned) {
        r->plan = replay_plan_make(r->first_ns, r->last_ns, wall_ns, r->cfg.speed);
        r->planned = true;
    }
    if (r->trouble.code == ERR_NONE && !fill_batch(r, err)) {
        return false;
    }
    if (r->n_batch > 0) {
        struct err failure = { .code = ERR_NONE };
        if (replay_send_batch(r, &failure)) {
            replay_confirm_batch(r);
        } else if (may_retry(r, &failure)) {
            r->trouble = failure;
        } else {
            return err_set(err, failure.code, "writing quotes: %s", failure.text);
        }
    }
    *sleep_ms_out = pause_ms(r);
    return true;
}

struct replay_state replay_state(const struct replay *r)
{
    struct replay_state s = {
        .written = r->written,
        .pass = r->pass,
        .part = r->last_ns > r->first_ns
                    ? (double)(r->at_ns - r->first_ns) / (double)(r->last_ns - r->first_ns)
                    : -1,
        .quiet = r->cfg.quiet,
        .away = r->trouble.code != ERR_NONE,
        .trouble = r->trouble.text,
    };
    s.part = r->at_ns == 0 && s.part != -1 ? 0 : s.part;
    size_t at = 0;
    for (size_t i = 0; i < r->n_tracks && at < sizeof s.tickers; i++) {
        const struct track *t = &r->tracks[i];
        s.malformed += t->tape.log_notes ? t->tape.malformed : t->extent.malformed;
        at += (size_t)snprintf(s.tickers + at, sizeof s.tickers - at, "%s%s", i > 0 ? " " : "",
                               t->ticker);
    }
    return s;
}
