/* SPDX-License-Identifier: MIT */
/* A broker for benchmarks: TICKERS RATE SECONDS [KEEP_S [MEDIAN SIGMA]] on the Redis of
 * ORDERFLOW_REDIS_URL. Writes each ticker's quotes in real time, RATE a second, in deep pipelines,
 * with the member layout of the Python broker; the price walks in cents, sizes are lognormal-like
 * (median 5000, sigma 0.6: mean 6,000); quotes older than KEEP_S (900) go. With SECONDS < 0 it
 * writes that much history ending now and leaves; with FEEDER_SPREAD set each ticker begins at
 * another time in its first half, so that Redis does not enlarge all sets in the same second, as it
 * would for no real market. With ORDERFLOW_FIREHOSE=KEY it writes the same
 * quotes to that stream, a thousand an entry, and leaves as many entries as make KEEP_S. Prints how
 * far it fell behind, at the worst. */
#include "clock.h"
#include "firehose.h"
#include "redis.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { SLICES_PER_S = 10, PIPELINE = 2000, KEEP_S = 900, ENTRY_QUOTES = 1000 };

struct walk {
    uint64_t random;
    int bid_cents;
};

static uint32_t draw(struct walk *w)
{
    w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(w->random >> 33);
}

struct feed {
    struct redis *redis;
    struct walk *walks;
    int tickers, rate, keep_s;
    double median_sz, sigma;
    int64_t queued, slices;
    bool spread;
    const char *stream;           /* NULL: zsets */
    struct firehose_batch *batch; /* of it */
    uint64_t writer, number;
};

static int draw_size(const struct feed *f, struct walk *w)
{
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        sum += draw(w) / 2147483648.0 - 0.5;
    }
    return 1 + (int)(f->median_sz * exp(sum * sqrt(3) * f->sigma));
}

static bool put_entry(struct feed *f, struct err *err)
{
    struct buf bytes;
    char most[24];
    if (firehose_batch_count(f->batch) == 0) {
        return true;
    }
    long long per_s = (long long)f->tickers * f->rate / ENTRY_QUOTES + SLICES_PER_S;
    (void)snprintf(most, sizeof most, "%lld", f->keep_s * per_s);
    buf_init(&bytes, FIREHOSE_BYTES_MAX);
    firehose_batch_put(f->batch, f->writer, ++f->number, &bytes);
    bool ok = redis_queuef(f->redis, err, "XADD %s MAXLEN ~ %s * " FIREHOSE_FIELD " %b", f->stream,
                           most, bytes.data, bytes.len);
    buf_fini(&bytes);
    return ok;
}

static bool add_quote(struct feed *f, int ticker, int64_t ms, int bid, struct walk *w,
                      struct err *err)
{
    char name[TICKER_MAX];
    struct quote q = { .ts_ns = ms * NS_PER_MS,
                       .bid_px = bid * INT64_C(10000000),
                       .ask_px = (bid + 1) * INT64_C(10000000) };
    q.bid_sz = draw_size(f, w);
    q.ask_sz = draw_size(f, w);
    (void)snprintf(name, sizeof name, "T%05d", ticker);
    if (firehose_batch_count(f->batch) < ENTRY_QUOTES &&
        firehose_batch_add(f->batch, (size_t)ticker, name, &q)) {
        return true;
    }
    return put_entry(f, err) && firehose_batch_add(f->batch, (size_t)ticker, name, &q);
}

static bool write_quote(struct feed *f, int ticker, int64_t ms, struct err *err)
{
    struct walk *w = &f->walks[ticker];
    char member[256], key[64];
    if (draw(w) % 100 < 6) {
        w->bid_cents += draw(w) % 2 ? 1 : -1;
    }
    int bid = w->bid_cents, ask = bid + 1;
    if (f->batch != NULL) {
        return add_quote(f, ticker, ms, bid, w, err);
    }
    (void)snprintf(key, sizeof key, "orderflow:quotes:T%05d", ticker);
    int n = snprintf(member, sizeof member,
                     "{\"ticker\": \"T%05d\", \"timestamp\": %lld, \"bid_price\": %d.%02d, "
                     "\"bid_size\": %d, \"ask_price\": %d.%02d, \"ask_size\": %d, \"mid_price\": "
                     "%d.%03d, \"spread\": 0.01}",
                     ticker, (long long)ms, bid / 100, bid % 100, draw_size(f, w), ask / 100,
                     ask % 100, draw_size(f, w), bid / 100, bid % 100 * 10 + 5);
    return redis_queuef(f->redis, err, "ZADD %s %lld %b", key, (long long)ms, member, (size_t)n);
}

static bool trim(struct feed *f, int ticker, int64_t ms, struct err *err)
{
    char key[64];
    (void)snprintf(key, sizeof key, "orderflow:quotes:T%05d", ticker);
    return redis_queuef(f->redis, err, "ZREMRANGEBYSCORE %s -inf %lld", key,
                        (long long)(ms - f->keep_s * INT64_C(1000))) &&
           redis_queuef(f->redis, err, "EXPIRE %s 3600", key);
}

static bool flush(struct redis *r, struct err *err)
{
    const struct reply *replies;
    size_t n;
    return redis_exec(r, &replies, &n, err);
}

static bool has_begun(const struct feed *f, int ticker, int64_t slice)
{
    return !f->spread || slice * 2000 >= f->slices * (ticker * INT64_C(617) % 1000);
}

/* The quotes due in slice number `slice` after begin_ms. */
static bool write_slice(struct feed *f, int64_t begin_ms, int64_t slice, struct err *err)
{
    int64_t first = slice * f->rate / SLICES_PER_S, end = (slice + 1) * f->rate / SLICES_PER_S;
    for (int t = 0; t < f->tickers; t++) {
        for (int64_t q = first; q < end && has_begun(f, t, slice); q++) {
            /* tickers spread over the quote's share of the second */
            int64_t ms = begin_ms + (q * 1000 + t * 1000 / f->tickers) / f->rate;
            if (!write_quote(f, t, ms, err) ||
                (++f->queued % PIPELINE == 0 && !flush(f->redis, err))) {
                return false;
            }
        }
        if (f->batch == NULL && (slice + t) % (60 * SLICES_PER_S) == 0 &&
            !trim(f, t, begin_ms + slice * 100, err)) {
            return false;
        }
    }
    return (f->batch == NULL || put_entry(f, err)) && flush(f->redis, err);
}

static bool feed(struct feed *f, int seconds, struct err *err)
{
    int64_t slices = (int64_t)abs(seconds) * SLICES_PER_S, worst_ms = 0;
    struct now begin = clock_now();
    f->slices = slices;
    f->spread = seconds < 0 && getenv("FEEDER_SPREAD") != NULL;
    int64_t begin_ms = begin.wall_ns / NS_PER_MS + (seconds < 0 ? seconds * INT64_C(1000) : 0);
    for (int64_t i = 0; i < slices; i++) {
        if (seconds > 0) {
            struct mono due = mono_after_ms(begin.mono, (i + 1) * 1000 / SLICES_PER_S);
            int64_t left = mono_ms_until(clock_mono(), due);
            worst_ms = -left > worst_ms ? -left : worst_ms;
            (void)poll(NULL, 0, left > 0 ? (int)left : 0);
        }
        if (!write_slice(f, begin_ms, i, err)) {
            return false;
        }
    }
    (void)printf("{\"quotes\": %lld, \"behind_ms\": %lld}\n", (long long)f->queued,
                 (long long)worst_ms);
    return true;
}

int main(int argc, char **argv)
{
    struct err err = { 0 };
    struct redis_config cfg = { .timeout_ms = 30000 };
    const char *url = getenv("ORDERFLOW_REDIS_URL");
    if (argc < 4 || argc == 6 || argc > 7 || url == NULL || !redis_parse_url(url, &cfg, &err)) {
        (void)fprintf(stderr,
                      "usage: ORDERFLOW_REDIS_URL=... feeder TICKERS RATE SECONDS [KEEP_S [MEDIAN "
                      "SIGMA]]  %s\n",
                      err.text);
        return 2;
    }
    struct feed f = { .redis = redis_create(&cfg),
                      .tickers = atoi(argv[1]),
                      .rate = atoi(argv[2]),
                      .keep_s = argc > 4 ? atoi(argv[4]) : KEEP_S,
                      .median_sz = argc > 6 ? strtod(argv[5], NULL) : 5012,
                      .sigma = argc > 6 ? strtod(argv[6], NULL) : 0.6 };
    f.stream = getenv("ORDERFLOW_FIREHOSE");
    f.writer = (uint64_t)clock_now().wall_ns;
    f.batch = f.stream != NULL ? firehose_batch_create((size_t)f.tickers) : NULL;
    f.walks = calloc((size_t)f.tickers + 1, sizeof *f.walks);
    if (f.redis == NULL || f.walks == NULL || (f.stream != NULL && f.batch == NULL)) {
        return 1;
    }
    for (int t = 0; t < f.tickers; t++) {
        f.walks[t] = (struct walk){ .random = (uint64_t)t * 977 + 7, .bid_cents = 45000 };
    }
    bool ok = feed(&f, atoi(argv[3]), &err);
    if (!ok) {
        (void)fprintf(stderr, "feeder: %s\n", err.text);
    }
    redis_destroy(f.redis);
    firehose_batch_destroy(f.batch);
    free(f.walks);
    return ok ? 0 : 1;
}
