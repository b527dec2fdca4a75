/* SPDX-License-Identifier: MIT */
/* Which tickers there are, and their new quotes. */
#include "clock.h"
#include "live.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_TICKERS = 120 }; /* between two looks at the lease */

struct names {
    char (*items)[TICKER_MAX];
    size_t n, cap;
    const struct engine *engine;
    size_t room;
    size_t left_out;
};

static void collect(void *ctx, const char *ticker)
{
    struct names *names = ctx;
    if (engine_find(names->engine, ticker) != NULL) {
        return;
    }
    if (names->n >= names->room) {
        names->left_out++;
        return;
    }
    if (names->n == names->cap) {
        size_t cap = names->cap == 0 ? 64 : names->cap * 2;
        void *grown = realloc(names->items, cap * sizeof *names->items);
        if (grown == NULL) {
            names->left_out++;
            return;
        }
        names->items = grown;
        names->cap = cap;
    }
    memcpy(names->items[names->n++], ticker, strlen(ticker) + 1);
}

static bool look_ahead(struct live *l, struct now now, struct err *err)
{
    for (size_t i = 0; i < l->n_sources; i++) {
        l->reading[i] = &l->sources[i].zset;
    }
    if (!zset_look_ahead(l->redis, &l->keys, l->reading, l->n_sources, now.wall_ns / NS_PER_MS,
                         err)) {
        return false;
    }
    for (size_t i = 0; i < l->n_sources; i++) {
        struct live_source *s = &l->sources[i];
        if (s->zset.ahead > 0 && !s->was_ahead) {
            log_warn("quotes_ahead", "ticker=%s count=%lld hint=\"the broker's clock is ahead\"",
                     s->zset.ticker, (long long)s->zset.ahead);
        }
        s->was_ahead = s->zset.ahead > 0;
    }
    return true;
}

bool live_discover(struct live *l, struct now now, struct err *err)
{
    struct names names = {
        .engine = &l->engine,
        .room = (size_t)l->cfg->feed_max_tickers - l->engine.n_tickers,
    };
    bool ok = zset_discover(l->redis, &l->keys, l->cfg->feed_tickers, collect, &names, err);
    for (size_t i = 0; ok && i < names.n; i++) {
        live_keep_lease(l);
        ok = engine_find(&l->engine, names.items[i]) != NULL ||
             live_add(l, names.items[i], now, err);
    }
    if (names.left_out > 0) {
        log_warn("tickers_left_out", "count=%zu max_tickers=%lld", names.left_out,
                 (long long)l->cfg->feed_max_tickers);
    }
    free(names.items);
    return ok && look_ahead(l, now, err);
}

void live_forget_sources(struct live *l)
{
    free(l->sources);
    free(l->reading);
    l->sources = NULL;
    l->reading = NULL;
    l->n_sources = 0;
}

static void log_trouble(struct live_source *s)
{
    if (s->zset.failed && !s->was_failed) {
        log_warn("ticker_unreadable", "ticker=%s detail=\"%s\"", s->zset.ticker, s->zset.trouble);
    }
    s->was_failed = s->zset.failed;
}

static bool is_idle(const struct live *l, const struct live_source *s, struct now now)
{
    return s->zset.drained && mono_ms_until(s->last_fresh, now.mono) >= l->cfg->engine_idle_ms;
}

/* Takes the boundaries that are due. A ticker whose rows cannot be kept fails for itself alone. */
static void advance(struct live *l, size_t i, struct now now)
{
    struct err err = { 0 };
    struct live_source *s = &l->sources[i];
    struct ticker *t = l->engine.tickers[i];
    s->last_fresh = s->zset.fresh ? now.mono : s->last_fresh;
    struct due due = { .drained = s->zset.drained,
                       .idle = is_idle(l, s, now),
                       .wall_ns = now.wall_ns };
    if (!s->zset.failed && !ticker_advance(&l->engine.env, t, &due, &err)) {
        s->zset.failed = true;
        (void)snprintf(s->zset.trouble, sizeof s->zset.trouble, "%.*s",
                       (int)sizeof s->zset.trouble - 1, err.text);
    }
    log_trouble(s);
    if (s->zset.drained && t->backfill_end == UINT64_MAX) {
        t->backfill_end = ticker_queue_end(t);
        s->history_at = now.mono;
    }
}

bool live_read(struct live *l, struct now now, bool *more_out, struct err *err)
{
    *more_out = false;
    for (size_t i = 0; i < l->n_sources; i++) {
        l->reading[i] = &l->sources[i].zset;
    }
    for (size_t from = 0; from < l->n_sources; from += READ_TICKERS) {
        size_t left = l->n_sources - from, n = left < READ_TICKERS ? left : READ_TICKERS;
        live_keep_lease(l);
        if (!zset_read(l->redis, &l->keys, l->reading + from, n, now.wall_ns / NS_PER_MS, err)) {
            return false;
        }
        for (size_t i = from; i < from + n; i++) {
            advance(l, i, now);
            *more_out = *more_out || (!l->sources[i].zset.drained && !l->sources[i].zset.failed);
        }
    }
    return true;
}
