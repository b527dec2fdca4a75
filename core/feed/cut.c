/* SPDX-License-Identifier: MIT */
#include "cut.h"

#include "clock.h"
#include "tape.h"
#include "zset.h"

bool cut_file(const char *path, const struct import_options *from, cut_quote_fn *take, void *ctx,
              struct err *err)
{
    struct tape t = { .path = path, .from = *from, .log_notes = true };
    bool ok = tape_open(&t, err);
    if (ok && !t.has_next) {
        ok = err_set(err, ERR_NOT_FOUND, "%s: no quotes in it", path);
    }
    while (ok && t.has_next) {
        ok = take(ctx, &t.next, err) && tape_advance(&t, err);
    }
    tape_close(&t);
    return ok;
}

static bool give(struct stream *s, int64_t up_to_ns, cut_quote_fn *take, void *ctx, struct err *err)
{
    struct quote q;
    while (stream_next(s, up_to_ns, &q)) {
        if (!take(ctx, &q, err)) {
            return false;
        }
    }
    return true;
}

bool cut_redis(struct redis *redis, const struct keys *keys, const char *ticker, int64_t wall_ms,
               cut_quote_fn *take, void *ctx, struct err *err)
{
    struct zset_source source = { .ticker = ticker, .stream = stream_create(NS_PER_S) };
    struct zset_source *const sources[] = { &source };
    if (source.stream == NULL) {
        return err_set(err, ERR_MEMORY, "ticker %s: out of memory", ticker);
    }
    bool ok = true;
    while (ok && !source.drained) {
        ok = zset_read(redis, keys, sources, 1, wall_ms, err);
        if (ok && source.failed) {
            ok = err_set(err, ERR_REMOTE, "the quotes of %s: %s", ticker, source.trouble);
        }
        ok = ok && give(source.stream, stream_newest_ns(source.stream) - NS_PER_S, take, ctx, err);
    }
    if (ok && stream_newest_ns(source.stream) == 0) {
        char key[KEY_MAX];
        key_quotes(keys, key, ticker);
        ok = err_set(err, ERR_NOT_FOUND, "no quotes under %s", key);
    }
    ok = ok && give(source.stream, INT64_MAX, take, ctx, err);
    stream_destroy(source.stream);
    return ok;
}
