/* SPDX-License-Identifier: MIT */
/* Which tickers there are. */
#include "clock.h"
#include "live.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AHEAD_EVERY = 4 /* discoveries, unless there are some */ };

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
    bool due = l->looks++ % AHEAD_EVERY == 0;
    for (size_t i = 0; i < l->n_sources; i++) {
        l->reading[i] = &l->sources[i].zset;
        due = due || l->sources[i].was_ahead;
    }
    if (!due) {
        return true;
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
    size_t most = (size_t)l->cfg->feed_max_tickers, n = l->engine.n_tickers;
    struct names names = {
        .engine = &l->engine, .room = n < most ? most - n : 0, /* after a reload they may be more */
    };
    if (l->firehose.on) {
        return true; /* it names them itself */
    }
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
