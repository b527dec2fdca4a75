/* SPDX-License-Identifier: MIT */
#include "offline.h"

#include "clock.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 4096, WAIT_MS = 50, REPORT_MAX_BYTES = 64 << 20, RESTARTS_MAX = 3 };

/* Quotes per second of data time, so that those within `history` can be counted at the end. */
struct tally {
    int64_t *seconds; /* ring of n */
    int64_t n, newest;
};

static void tally_add(struct tally *t, int64_t ts_ns)
{
    int64_t second = (ts_ns - 1) / NS_PER_S + 1; /* counted by the boundary that takes it */
    for (int64_t s = t->newest + 1; s <= second && t->newest != 0; s++) {
        t->seconds[s % t->n] = 0;
        if (s - t->newest > t->n) {
            break;
        }
    }
    t->newest = second > t->newest ? second : t->newest;
    if (second > t->newest - t->n) {
        t->seconds[second % t->n]++;
    }
}

static int64_t tally_sum(const struct tally *t)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < t->n; i++) {
        sum += t->seconds[i];
    }
    return sum;
}

struct run {
    struct engine engine;
    struct ticker *ticker;
    struct csv *csv;
    struct tally tally;
    uint64_t malformed;
};

/* Somebody waits for the answer: a detector that dies again and again is left out, and said to be
 * down. */
static void give_up_dying(struct engine *e)
{
    for (size_t i = 0; i < e->n_detectors; i++) {
        const struct detector *d = pool_get(e->pool, i);
        for (size_t k = 0; k < e->n_tickers && d->state == DETECTOR_DOWN; k++) {
            struct judging *j = &e->tickers[k]->judging[i];
            if (j->tracker != NULL && d->restarts >= RESTARTS_MAX) {
                log_warn("detector_left_out", "detector=%s reason=\"%s\"", d->decl.id, d->reason);
                pool_leave_down(e->pool, i);
                tracker_destroy(j->tracker);
                j->tracker = NULL;
            }
        }
    }
}

/* Detectors catch up before more is read: memory stays bounded, and nobody is late. */
static bool judge_all(struct engine *e, struct err *err)
{
    do {
        if (!engine_dispatch(e, err)) {
            return false;
        }
        engine_poll(e, clock_mono(), WAIT_MS);
        give_up_dying(e);
    } while (!engine_settled(e));
    return true;
}

static bool advance(struct run *r, bool at_end, struct err *err)
{
    struct due due = { .drained = true, .at_end = at_end };
    if (!ticker_advance(&r->engine.env, r->ticker, &due, err) || !judge_all(&r->engine, err)) {
        return false;
    }
    changes_clear(&r->ticker->changes); /* the report takes episodes from their trackers */
    ticker_prune(&r->engine.env, r->ticker);
    return true;
}

static bool read_file(struct run *r, struct err *err)
{
    struct row row;
    size_t in_chunk = 0;
    for (;;) {
        struct err why = { 0 };
        if (!csv_next(r->csv, &row, &why)) {
            if (why.code == ERR_NONE) {
                break;
            }
            if (why.code != ERR_INVALID) {
                *err = why;
                return false;
            }
            if (r->malformed++ < 5) {
                log_warn("quote_malformed", "%s", why.text);
            }
            stream_count_malformed(r->ticker->stream, MALFORMED_BAD_NUMBER);
            continue;
        }
        tally_add(&r->tally, row.q.ts_ns);
        if (!stream_push(r->ticker->stream, &row, err)) {
            return false;
        }
        if (++in_chunk == CHUNK) {
            in_chunk = 0;
            if (!advance(r, false, err)) {
                return false;
            }
        }
    }
    return advance(r, true, err);
}

static void say_counts(const struct run *r, const char *path)
{
    const struct stream_counts *c = stream_counts(r->ticker->stream);
    if (c->tied > 0) {
        log_info("quotes_tied",
                 "file=%s collapsed=%llu hint=\"rows of one ms without seq count as one; "
                 "--keep-ties takes the order of the rows\"",
                 path, (unsigned long long)c->tied);
    }
    if (c->late > 0) {
        log_warn("quotes_late", "file=%s count=%llu", path, (unsigned long long)c->late);
    }
    if (r->malformed > 0) {
        log_warn("quotes_malformed", "file=%s count=%llu", path, (unsigned long long)r->malformed);
    }
}

static bool start(struct run *r, const struct settings *cfg, const struct paths *paths,
                  const struct offline_args *args, struct err *err)
{
    r->tally = (struct tally){ .n = args->history_s > 0 ? args->history_s : 300 };
    r->tally.seconds = calloc((size_t)r->tally.n, sizeof *r->tally.seconds);
    if (r->tally.seconds == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    r->csv = csv_open(args->path, args->keep_ties, err);
    if (r->csv == NULL || !engine_init(&r->engine, cfg, paths, 0, err)) {
        return false;
    }
    r->engine.joins = true;
    while (!pool_described(r->engine.pool)) {
        engine_poll(&r->engine, clock_mono(), WAIT_MS);
    }
    r->ticker = engine_begin(&r->engine, err) ? engine_add(&r->engine, args->ticker, 0, err) : NULL;
    if (r->ticker != NULL) {
        r->ticker->backfill_end = 0;
    }
    return r->ticker != NULL;
}

static bool print_report(struct run *r, struct err *err)
{
    struct buf out;
    buf_init(&out, REPORT_MAX_BYTES);
    offline_report(&r->engine, r->ticker, tally_sum(&r->tally), &out);
    bool ok = !out.failed && fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
    buf_fini(&out);
    return ok || err_set(err, ERR_SYSTEM, "cannot write the report");
}

int offline_run(const struct settings *cfg, const struct paths *paths,
                const struct offline_args *args)
{
    struct run r = { .ticker = NULL };
    struct err err = { 0 };
    bool ok = start(&r, cfg, paths, args, &err) && read_file(&r, &err);
    if (ok && r.ticker->taken_ns == 0) {
        ok = err_set(&err, ERR_INVALID, "%s: no quotes in it", args->path);
    }
    if (ok) {
        say_counts(&r, args->path);
        ok = print_report(&r, &err);
    }
    if (!ok) {
        (void)fprintf(stderr, "%s\n", err.text);
    }
    csv_close(r.csv);
    engine_fini(&r.engine);
    free(r.tally.seconds);
    return ok ? 0 : 1;
}
