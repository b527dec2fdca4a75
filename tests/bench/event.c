/* SPDX-License-Identifier: MIT */
/* How long from the PUBLISH of a quote (or the XADD of its entry) until a pattern that rests on it
 * can be read in Redis. Argument: zset or firehose, tickers, quotes a second of all, seconds.
 *
 * Wants an engine whose detectors say something at every row, so that the last true time of the
 * newest pattern tells which quotes are judged. Redis tells each write of a patterns key (keyspace
 * events, which the caller switches on); it is then read, and what its score covers is counted, as
 * of the moment at which the answer is here. Prints JSON. */
#include "clock.h"
#include "firehose.h"
#include "keys.h"
#include "redis_bell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>

enum { WARM_S = 2, WAITING_MAX = 64, DRAIN_MS = 3000 };

struct waiting {
    int64_t ts_ms;
    struct mono sent;
};

struct instrument {
    char name[TICKER_MAX];
    struct waiting waiting[WAITING_MAX]; /* oldest first */
    int n;
    bool rung;
    int64_t last_ms;
};

struct bench {
    struct keys keys;
    struct redis *redis;
    struct bell *bell;
    struct instrument *instruments;
    int tickers, rate;
    struct firehose_batch *batch; /* NULL: zset */
    uint64_t writer, number;
    uint64_t sent, dropped;
    int64_t *latency_ns;
    size_t n, cap;
};

static void on_ring(void *ctx, const char *channel, size_t n)
{
    struct bench *b = ctx;
    size_t at = n;
    while (at > 0 && channel[at - 1] != 'T') {
        at--;
    }
    int i = 0;
    for (size_t k = at; k < n; k++) {
        i = i * 10 + (channel[k] - '0');
    }
    if (at > 0 && i < b->tickers) {
        b->instruments[i].rung = true;
    }
}

static void listen_to(struct bench *b)
{
    struct err err = { 0 };
    if (bell_step(b->bell, clock_mono(), on_ring, b, &err) == BELL_AWAY && err.text[0] != '\0') {
        (void)fprintf(stderr, "event: %s\n", err.text);
        exit(1);
    }
}

static void covered(struct bench *b, struct instrument *in, int64_t to_ms)
{
    struct mono now = clock_mono();
    int kept = 0;
    for (int i = 0; i < in->n; i++) {
        if (in->waiting[i].ts_ms > to_ms) {
            in->waiting[kept++] = in->waiting[i];
        } else if (b->n < b->cap) {
            b->latency_ns[b->n++] = now.ns - in->waiting[i].sent.ns;
        }
    }
    in->n = kept;
}

/* Reads the newest pattern of those that were written. */
static bool look(struct bench *b, struct err *err)
{
    const struct reply *replies;
    size_t n, at = 0;
    for (int i = 0; i < b->tickers; i++) {
        char key[KEY_MAX];
        key_patterns(&b->keys, key, b->instruments[i].name);
        if (b->instruments[i].rung &&
            !redis_queuef(b->redis, err, "ZREVRANGE %s 0 0 WITHSCORES", key)) {
            return false;
        }
    }
    if (!redis_exec(b->redis, &replies, &n, err)) {
        return false;
    }
    for (int i = 0; i < b->tickers; i++) {
        struct instrument *in = &b->instruments[i];
        if (!in->rung) {
            continue;
        }
        in->rung = false;
        const struct reply *r = &replies[at++];
        if (r->type == REPLY_ARRAY && r->n == 2) {
            covered(b, in, (int64_t)(strtod(r->items[1].str, NULL) * 1000 + 0.5));
        }
    }
    return true;
}

static bool send_quote(struct bench *b, struct instrument *in, uint64_t i, struct err *err)
{
    int64_t ms = clock_now().wall_ns / NS_PER_MS;
    struct quote q = { .bid_px = 450250000000, .ask_px = 450300000000 };
    char key[KEY_MAX], channel[KEY_MAX];
    struct buf text;
    ms = ms > in->last_ms ? ms : in->last_ms + 1; /* a time of its own */
    q.ts_ns = ms * NS_PER_MS;
    q.bid_sz = (double)(100 + i % 900);
    q.ask_sz = (double)(100 + i * 7 % 900);
    in->last_ms = ms;
    buf_init(&text, FIREHOSE_BYTES_MAX);
    bool ok;
    if (b->batch != NULL) {
        key_firehose(&b->keys, key, "firehose");
        ok = firehose_batch_add(b->batch, (size_t)(in - b->instruments), in->name, &q);
        firehose_batch_put(b->batch, b->writer, ++b->number, &text);
        ok = ok && redis_queuef(b->redis, err, "XADD %s MAXLEN ~ 100000 * " FIREHOSE_FIELD " %b",
                                key, text.data, text.len);
    } else {
        struct row row = { .q = q, .has_seq = true, .seq = i + 1 };
        key_quotes(&b->keys, key, in->name);
        key_channel(&b->keys, channel, in->name);
        row_to_json(&row, in->name, &text);
        ok = redis_queuef(b->redis, err, "ZADD %s %lld %b", key, (long long)ms, text.data,
                          text.len) &&
             redis_queuef(b->redis, err, "PUBLISH %s %b", channel, text.data, text.len);
    }
    buf_fini(&text);
    if (in->n == WAITING_MAX) {
        memmove(in->waiting, in->waiting + 1, sizeof in->waiting - sizeof in->waiting[0]);
        in->n--;
        b->dropped++;
    }
    in->waiting[in->n++] = (struct waiting){ .ts_ms = ms, .sent = clock_mono() };
    b->sent++;
    const struct reply *replies;
    size_t n;
    return ok && redis_exec(b->redis, &replies, &n, err);
}

static bool any_rung(const struct bench *b)
{
    for (int i = 0; i < b->tickers; i++) {
        if (b->instruments[i].rung) {
            return true;
        }
    }
    return false;
}

/* Listens until then. */
static bool wait_until(struct bench *b, struct mono until, struct err *err)
{
    for (;;) {
        listen_to(b);
        if (any_rung(b) && !look(b, err)) {
            return false;
        }
        int64_t left_ns = until.ns - clock_mono().ns;
        if (left_ns <= 0) {
            return true;
        }
        struct timespec ts = { .tv_sec = left_ns / NS_PER_S, .tv_nsec = left_ns % NS_PER_S };
        fd_set set;
        FD_ZERO(&set);
        FD_SET(bell_fd(b->bell), &set);
        (void)pselect(bell_fd(b->bell) + 1, &set, NULL, NULL, &ts, NULL);
    }
}

static bool run(struct bench *b, int seconds, struct err *err)
{
    struct mono began = clock_mono();
    uint64_t total = (uint64_t)seconds * (uint64_t)b->rate;
    uint64_t warm = total < WARM_S * 2 * (uint64_t)b->rate ? total / 2 : WARM_S * (uint64_t)b->rate;
    for (uint64_t i = 0; i < total; i++) {
        struct mono due = { .ns =
                                began.ns + (int64_t)(i * (uint64_t)NS_PER_S / (uint64_t)b->rate) };
        struct instrument *in = &b->instruments[i * 37 % (uint64_t)b->tickers];
        if (!wait_until(b, due, err) || !send_quote(b, in, i, err)) {
            return false;
        }
        if (i == warm) {
            b->n = 0; /* until here nobody was, or had been found */
        }
    }
    return wait_until(b, mono_after_ms(clock_mono(), DRAIN_MS), err);
}

static int by_size(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

static double at_share(const struct bench *b, double share)
{
    size_t i = (size_t)(share * (double)(b->n - 1) + 0.5);
    return b->n == 0 ? -1 : (double)b->latency_ns[i] / 1e6;
}

static void print(struct bench *b)
{
    size_t unseen = 0;
    for (int i = 0; i < b->tickers; i++) {
        unseen += (size_t)b->instruments[i].n;
    }
    qsort(b->latency_ns, b->n, sizeof *b->latency_ns, by_size);
    (void)printf("{\"sent\": %llu, \"measured\": %zu, \"unseen\": %llu, \"p50_ms\": %.3f, "
                 "\"p90_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, \"max_ms\": %.3f}\n",
                 (unsigned long long)b->sent, b->n, (unsigned long long)(b->dropped + unseen),
                 at_share(b, 0.5), at_share(b, 0.9), at_share(b, 0.99), at_share(b, 0.999),
                 at_share(b, 1));
}

int main(int argc, char **argv)
{
    struct err err = { 0 };
    struct redis_config cfg = { .timeout_ms = 10000 };
    const char *url = getenv("ORDERFLOW_REDIS_URL");
    if (argc != 5 || url == NULL || !redis_parse_url(url, &cfg, &err)) {
        (void)fprintf(stderr,
                      "usage: ORDERFLOW_REDIS_URL=... event zset|firehose TICKERS RATE "
                      "SECONDS  %s\n",
                      err.text);
        return 2;
    }
    struct bench b = { .keys = { .prefix = "orderflow" },
                       .redis = redis_create(&cfg),
                       .tickers = atoi(argv[2]),
                       .rate = atoi(argv[3]),
                       .writer = (uint64_t)clock_now().wall_ns };
    int seconds = atoi(argv[4]);
    char pattern[KEY_MAX];
    (void)snprintf(pattern, sizeof pattern, "__keyspace@0__:orderflow:patterns:*");
    b.bell = bell_on_channels(&cfg, pattern);
    b.instruments = calloc((size_t)b.tickers + 1, sizeof *b.instruments);
    b.cap = (size_t)b.rate * (size_t)seconds + 1;
    b.latency_ns = calloc(b.cap, sizeof *b.latency_ns);
    b.batch = strcmp(argv[1], "firehose") == 0 ? firehose_batch_create((size_t)b.tickers) : NULL;
    for (int i = 0; i < b.tickers; i++) {
        (void)snprintf(b.instruments[i].name, TICKER_MAX, "T%d", i);
    }
    bool ok = run(&b, seconds, &err);
    if (ok) {
        print(&b);
    } else {
        (void)fprintf(stderr, "event: %s\n", err.text);
    }
    bell_destroy(b.bell);
    redis_destroy(b.redis);
    firehose_batch_destroy(b.batch);
    free(b.instruments);
    free(b.latency_ns);
    return ok ? 0 : 1;
}
