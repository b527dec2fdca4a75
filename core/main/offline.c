/* SPDX-License-Identifier: MIT */
#include "offline.h"

#include "clock.h"
#include "log.h"
#include "pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_MAX_BYTES = 64 << 20 };

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
    struct pass pass;
    struct import *import;
    struct tally tally;
};

static bool read_file(struct run *r, struct err *err)
{
    struct row row;
    for (;;) {
        struct err why = { 0 };
        if (!import_next(r->import, &row, &why)) {
            if (why.code == ERR_NONE) {
                break;
            }
            if (why.code != ERR_INVALID) {
                *err = why;
                return false;
            }
            continue;
        }
        tally_add(&r->tally, row.q.ts_ns);
        if (!pass_push(&r->pass, &row, err)) {
            return false;
        }
    }
    return pass_end(&r->pass, err);
}

/* They are in the report's health, too. */
static void count_malformed(const struct run *r)
{
    const struct import_counts *c = import_counts(r->import);
    for (int k = 0; k < MALFORMED_KINDS; k++) {
        for (uint64_t n = 0; n < c->malformed_by[k]; n++) {
            stream_count_malformed(r->pass.ticker->stream, (enum malformed)k);
        }
    }
}

static void say_counts(const struct run *r, const char *path)
{
    const struct stream_counts *c = stream_counts(r->pass.ticker->stream);
    if (c->tied > 0) {
        log_info("quotes_tied",
                 "file=%s collapsed=%llu hint=\"rows of one ms without seq count as one; "
                 "--keep-ties takes the order of the rows\"",
                 path, (unsigned long long)c->tied);
    }
    if (c->late > 0) {
        log_warn("quotes_late", "file=%s count=%llu", path, (unsigned long long)c->late);
    }
    import_log(r->import);
}

static bool start(struct run *r, const struct settings *cfg, const struct paths *paths,
                  const struct offline_args *args, struct err *err)
{
    r->tally = (struct tally){ .n = args->history_s > 0 ? args->history_s : 300 };
    r->tally.seconds = calloc((size_t)r->tally.n, sizeof *r->tally.seconds);
    if (r->tally.seconds == NULL) {
        return err_set(err, ERR_MEMORY, "out of memory");
    }
    r->import = import_open(args->path, &args->from, err);
    return r->import != NULL && pass_begin(&r->pass, cfg, paths, args->ticker, false, err);
}

static bool print_report(struct run *r, struct err *err)
{
    struct buf out;
    buf_init(&out, REPORT_MAX_BYTES);
    offline_report(&r->pass.engine, r->pass.ticker, tally_sum(&r->tally), &out);
    bool ok = !out.failed && fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
    buf_fini(&out);
    return ok || err_set(err, ERR_SYSTEM, "cannot write the report");
}

int offline_run(const struct settings *cfg, const struct paths *paths,
                const struct offline_args *args)
{
    struct run r = { .import = NULL };
    struct err err = { 0 };
    bool ok = start(&r, cfg, paths, args, &err) && read_file(&r, &err);
    if (ok && r.pass.ticker->taken_ns == 0) {
        ok = err_set(&err, ERR_INVALID, "%s: no quotes in it", args->path);
    }
    if (ok) {
        count_malformed(&r);
        say_counts(&r, args->path);
        ok = print_report(&r, &err);
    }
    if (!ok) {
        (void)fprintf(stderr, "%s\n", err.text);
    }
    import_close(r.import);
    pass_fini(&r.pass);
    free(r.tally.seconds);
    return ok ? 0 : 1;
}
