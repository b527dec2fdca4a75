/* SPDX-License-Identifier: MIT */
#include "live_firehose.h"

#include "live.h"
#include "log.h"
#include "prefetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AHEAD_MS = 2000, EARLY_MAX = 1 << 16 };

void live_firehose_begin(struct live *l)
{
    struct live_firehose *f = &l->firehose;
    f->on = strcmp(l->cfg->feed_source, "firehose") == 0;
    key_firehose(&l->keys, f->key, l->cfg->feed_firehose);
}

void live_firehose_forget(struct live *l)
{
    struct live_firehose *f = &l->firehose;
    firehose_destroy(f->reader);
    f->reader = NULL;
    f->drained = false;
    f->read_at = (struct mono){ 0 };
    f->n_early = 0;
}

void live_firehose_fini(struct live *l)
{
    live_firehose_forget(l);
    free(l->firehose.early);
}

/* ---- what comes in ---- */

static bool on_ticker(void *ctx, const char *name, uint32_t *number_out, struct err *err)
{
    struct live *l = ctx;
    struct live_firehose *f = &l->firehose;
    struct ticker *t = engine_find(&l->engine, name);
    if (!zset_wants(l->cfg->feed_tickers, name)) {
        return true;
    }
    if (t == NULL && l->engine.n_tickers >= (size_t)l->cfg->feed_max_tickers) {
        if (f->left_out++ == 0) {
            log_warn("tickers_left_out", "first=%s max_tickers=%lld", name,
                     (long long)l->cfg->feed_max_tickers);
        }
        return true;
    }
    live_keep_lease(l);
    if (t == NULL && !live_add_from(l, name, clock_now(), f->from_ms, f->has_older, err)) {
        return false;
    }
    *number_out = engine_find(&l->engine, name)->id;
    return true;
}

static void push(struct live *l, uint32_t ticker, const struct row *row)
{
    struct zset_source *s = &l->sources[ticker].zset;
    int64_t newest_ns = stream_newest_ns(s->stream);
    struct err why = { 0 };
    if (!stream_push_new(s->stream, row, &why)) {
        s->failed = true; /* for itself alone */
        (void)snprintf(s->trouble, sizeof s->trouble, "%.*s", (int)sizeof s->trouble - 1, why.text);
    }
    s->fresh = s->fresh || row->q.ts_ns > newest_ns;
}

/* With no room for it, it is lost: a broker whose clock is that wrong is seen in the quality. */
static void keep_early(struct live *l, uint32_t ticker, const struct row *row)
{
    struct live_firehose *f = &l->firehose;
    stream_count_future(l->sources[ticker].zset.stream);
    if (f->n_early == f->cap_early) {
        size_t cap = f->cap_early == 0 ? 256 : 2 * f->cap_early;
        struct early *grown = cap <= EARLY_MAX ? realloc(f->early, cap * sizeof *grown) : NULL;
        if (grown == NULL) {
            return;
        }
        f->early = grown;
        f->cap_early = cap;
    }
    f->early[f->n_early++] = (struct early){ .ticker = ticker, .row = *row };
}

static bool on_quote(void *ctx, uint32_t ticker, const struct row *row, struct err *err)
{
    struct live *l = ctx;
    (void)err;
    if (row->q.ts_ns > l->firehose.wall_ns + AHEAD_MS * NS_PER_MS) {
        keep_early(l, ticker, row);
    } else {
        push(l, ticker, row);
    }
    return true;
}

static void on_malformed(void *ctx, uint32_t ticker, enum malformed why)
{
    struct live *l = ctx;
    stream_count_malformed(l->sources[ticker].zset.stream, why);
}

static void on_expect(void *ctx, uint32_t ticker, int step)
{
    const struct live *l = ctx;
    const struct zset_source *s = &l->sources[ticker].zset;
    if (step == 1) {
        prefetch(&s->stream);
        prefetch(&s->fresh);
    } else {
        stream_expect(s->stream, step - 1);
    }
}

/* Their time has come. */
static void push_early(struct live *l)
{
    struct live_firehose *f = &l->firehose;
    size_t kept = 0;
    for (size_t i = 0; i < f->n_early; i++) {
        if (f->early[i].row.q.ts_ns > f->wall_ns + AHEAD_MS * NS_PER_MS) {
            f->early[kept++] = f->early[i];
        } else {
            push(l, f->early[i].ticker, &f->early[i].row);
        }
    }
    f->n_early = kept;
}

bool live_firehose_take(struct live *l, struct now now, struct err *err)
{
    struct live_firehose *f = &l->firehose;
    struct firehose_sink sink = { .ticker = on_ticker,
                                  .quote = on_quote,
                                  .malformed = on_malformed,
                                  .expect = on_expect,
                                  .ctx = l };
    if (f->reloads != l->reload.n) {
        f->reloads = l->reload.n;
        firehose_forget_tickers(f->reader);
    }
    f->wall_ns = now.wall_ns;
    f->sent = clock_mono();
    push_early(l);
    bool ok = firehose_read(f->reader, &sink, &f->drained, err);
    l->engine.env.lost = (int64_t)firehose_counts(f->reader)->lost;
    return ok;
}
