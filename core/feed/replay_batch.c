/* SPDX-License-Identifier: MIT */
#include "replay_batch.h"

#include "clock.h"
#include "value.h"

#include <inttypes.h>
#include <stdio.h>

static bool queue_quote(struct replay *r, const struct item *item, struct err *err)
{
    const struct track *t = &r->tracks[item->track];
    char key[KEY_MAX], channel[KEY_MAX];
    struct quote_text text;
    key_quotes(&r->cfg.keys, key, t->ticker);
    key_channel(&r->cfg.keys, channel, t->ticker);
    quote_print(&item->row.q, &text);
    buf_clear(&r->json);
    row_to_json(&item->row, t->ticker, &r->json);
    if (r->json.failed) {
        return err_set(err, ERR_MEMORY, "no memory for a quote's text");
    }
    return redis_queuef(r->redis, err, "ZADD %s %s %b", key, text.timestamp, r->json.data,
                        r->json.len) &&
           redis_queuef(r->redis, err, "PUBLISH %s %b", channel, r->json.data, r->json.len);
}

static bool queue_latest(struct replay *r, const struct track *t, struct err *err)
{
    const struct row *row = &r->batch[t->newest_item].row;
    struct quote_text q;
    char key[KEY_MAX], seq[DECIMAL_MAX];
    key_latest(&r->cfg.keys, key, t->ticker);
    quote_print(&row->q, &q);
    (void)snprintf(seq, sizeof seq, "%" PRIu64, row->seq);
    const char *const argv[] = { "HSET",      key,         "ticker",    t->ticker,  "timestamp",
                                 q.timestamp, "bid_price", q.bid_price, "bid_size", q.bid_size,
                                 "ask_price", q.ask_price, "ask_size",  q.ask_size, "mid_price",
                                 q.mid_price, "spread",    q.spread,    "seq",      seq };
    return redis_queue(r->redis, (int)(sizeof argv / sizeof argv[0]), argv, NULL, err);
}

static bool wants_tidying(const struct replay *r, const struct track *t)
{
    return t->tidied_ns == 0 || r->finished || r->wall_ns - t->tidied_ns >= NS_PER_S;
}

static bool queue_tidying(struct replay *r, const struct track *t, struct err *err)
{
    char key[KEY_MAX], latest[KEY_MAX];
    int64_t oldest_ms = t->newest_ns / NS_PER_MS - r->cfg.ttl_s * 1000;
    key_quotes(&r->cfg.keys, key, t->ticker);
    key_latest(&r->cfg.keys, latest, t->ticker);
    return redis_queuef(r->redis, err, "ZREMRANGEBYSCORE %s -inf (%lld", key,
                        (long long)oldest_ms) &&
           redis_queuef(r->redis, err, "EXPIRE %s %lld", key, (long long)r->cfg.ttl_s) &&
           redis_queuef(r->redis, err, "EXPIRE %s %lld", latest, (long long)r->cfg.ttl_s);
}

static bool queue_batch(struct replay *r, struct err *err)
{
    if (r->entry != NULL) {
        return replay_queue_entries(r, err);
    }
    for (size_t i = 0; i < r->n_batch; i++) {
        if (!queue_quote(r, &r->batch[i], err)) {
            return false;
        }
    }
    for (size_t i = 0; i < r->n_tracks; i++) {
        const struct track *t = &r->tracks[i];
        if (t->newest_item < REPLAY_BATCH && !queue_latest(r, t, err)) {
            return false;
        }
        if (t->newest_ns != 0 && wants_tidying(r, t) && !queue_tidying(r, t, err)) {
            return false;
        }
    }
    return true;
}

bool replay_send_batch(struct replay *r, struct err *err)
{
    const struct reply *replies;
    size_t n;
    if (!queue_batch(r, err) || !redis_exec(r->redis, &replies, &n, err)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (replies[i].type == REPLY_ERROR) {
            return err_set(err, ERR_REMOTE, "%s", replies[i].str);
        }
    }
    return true;
}

void replay_confirm_batch(struct replay *r)
{
    for (size_t i = 0; i < r->n_tracks; i++) {
        struct track *t = &r->tracks[i];
        t->newest_item = REPLAY_BATCH;
        if (t->newest_ns != 0 && wants_tidying(r, t)) {
            t->tidied_ns = r->wall_ns;
        }
    }
    r->number += r->n_entries;
    r->written += r->n_batch;
    r->n_batch = 0;
    r->trouble = (struct err){ .code = ERR_NONE };
}
