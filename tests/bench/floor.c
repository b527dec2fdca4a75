/* SPDX-License-Identifier: MIT */
/* A yardstick, not a model: the least a client must do for a tick of TICKERS tickers at RATE quotes
 * a second, once a second for SECONDS: read the new quotes in deep pipelines, find their numbers in
 * the broker's layout without checking anything, keep prefix sums of three windows, and write what
 * the Python server wrote (three hashes, four levels). No detectors, no episodes, no late quotes,
 * no errors. With WORKERS it also asks as many idle processes each tick, over a socket pair, and
 * they answer: what isolation costs on this machine if nothing is judged. Prints the CPU time per
 * ticker and tick, its own and theirs. REDIS_SOCK: the socket. */
#include "clock.h"
#include "cpu.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { RING = 1 << 16, PIPELINE = 100, BUFFER = 64 << 20, WINDOWS = 3, FIELDS = 14 };
enum { WORKERS_MAX = 16, JOB_BYTES = 112, ANSWER_BYTES = 32 };

struct row { /* sums of all rows before and with this one */
    int64_t ms, bid, ask, bid_sz, ask_sz, lifts, drops, large;
};

struct ticker {
    struct row *ring;
    uint64_t n, low[WINDOWS];
    int64_t last_ms;
    char name[16];
};

static char *in, *out;
static size_t out_n, in_n, in_at;
static int sock;

static void fail(void)
{
    (void)fputs("floor: the connection is gone, or a reply does not fit\n", stderr);
    exit(1);
}

static void put(const char *text)
{
    size_t n = strlen(text);
    memcpy(out + out_n, text, n);
    out_n += n;
}

static void put_word(const char *text)
{
    out_n += (size_t)sprintf(out + out_n, "$%zu\r\n", strlen(text));
    put(text);
    put("\r\n");
}

static void put_number(int64_t x)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)x);
    put_word(text);
}

static void put_head(int n)
{
    out_n += (size_t)sprintf(out + out_n, "*%d\r\n", n);
}

static void send_all(void)
{
    for (size_t at = 0; at < out_n;) {
        ssize_t n = write(sock, out + at, out_n - at);
        if (n <= 0) {
            fail();
        }
        at += (size_t)n;
    }
    out_n = 0;
    in_n = 0;
    in_at = 0;
}

/* The next line of the replies, in place; what follows it is kept together with it. */
static char *line(void)
{
    for (;;) {
        char *end = memchr(in + in_at, '\n', in_n - in_at);
        if (end != NULL) {
            char *from = in + in_at;
            in_at = (size_t)(end + 1 - in);
            return from;
        }
        ssize_t n = read(sock, in + in_n, BUFFER - in_n);
        if (n <= 0) {
            fail();
        }
        in_n += (size_t)n;
    }
}

static const char *bytes(size_t n)
{
    while (in_n - in_at < n + 2) {
        ssize_t got = read(sock, in + in_n, BUFFER - in_n);
        if (got <= 0) {
            fail();
        }
        in_n += (size_t)got;
    }
    const char *from = in + in_at;
    in_at += n + 2;
    return from;
}

/* The digits behind the n-th ": ", without the point. */
static const char *digits(const char *p, int64_t *x)
{
    while (*p != ':') {
        p++;
    }
    p += 2;
    for (*x = 0; (*p >= '0' && *p <= '9') || *p == '.'; p++) {
        *x = *p == '.' ? *x : *x * 10 + (*p - '0');
    }
    return p;
}

static void take(struct ticker *t, const char *p)
{
    int64_t v[5];
    while (*p++ != ',') {
    }
    for (int i = 0; i < 5; i++) {
        p = digits(p, &v[i]);
    }
    const struct row *was = &t->ring[(t->n + RING - 1) % RING];
    t->ring[t->n++ % RING] = (struct row){
        .ms = v[0],
        .bid = v[1],
        .ask = v[3],
        .bid_sz = was->bid_sz + v[2],
        .ask_sz = was->ask_sz + v[4],
        .lifts = was->lifts + (v[1] > was->bid),
        .drops = was->drops + (v[1] < was->bid),
        .large = was->large + (v[2] > 10000),
    };
    t->last_ms = v[0];
}

static void read_new(struct ticker *t, int n)
{
    for (int i = 0; i < n; i++) {
        put_head(4);
        put_word("ZRANGEBYSCORE");
        char key[48];
        (void)snprintf(key, sizeof key, "orderflow:quotes:%s", t[i].name);
        put_word(key);
        (void)snprintf(key, sizeof key, "(%lld", (long long)t[i].last_ms);
        put_word(key);
        put_word("+inf");
    }
    send_all();
    for (int i = 0; i < n; i++) {
        long members = strtol(line() + 1, NULL, 10);
        for (long k = 0; k < members; k++) {
            size_t len = strtoul(line() + 1, NULL, 10);
            take(&t[i], bytes(len));
        }
    }
}

static int write_window(const struct ticker *t, int w, const struct row *now,
                        const struct row *then)
{
    static const char *const names[WINDOWS] = { "10s", "1min", "5min" };
    char key[48], field[16];
    int64_t n = (int64_t)(t->n - t->low[w]);
    int64_t values[FIELDS] = { now->bid - then->bid,
                               now->ask - then->ask,
                               now->lifts - then->lifts,
                               now->drops - then->drops,
                               now->bid_sz - then->bid_sz,
                               now->ask_sz - then->ask_sz,
                               now->large - then->large,
                               n,
                               n ? (now->bid_sz - then->bid_sz) / n : 0 };
    (void)snprintf(key, sizeof key, "floor:metrics:%s:%s", t->name, names[w]);
    put_head(2 + 2 * FIELDS);
    put_word("HSET");
    put_word(key);
    for (int i = 0; i < FIELDS; i++) {
        (void)snprintf(field, sizeof field, "some_field_%02d", i);
        put_word(field);
        put_number(values[i]);
    }
    put_head(3);
    put_word("EXPIRE");
    put_word(key);
    put_word("600");
    return 2;
}

static int write_levels(const struct ticker *t, const struct row *now)
{
    int commands = 0;
    for (int k = 0; k < 4; k++) {
        char key[48], member[160];
        (void)snprintf(key, sizeof key, "floor:levels:%s:%s", t->name, k % 2 ? "bid" : "ask");
        (void)snprintf(
            member, sizeof member,
            "{\"price\": 450.%02d, \"appearances\": 9, \"total_size\": %lld, \"avg_size\": "
            "7344.5, \"last_seen\": %lld.456}",
            k * 7, (long long)now->bid_sz, (long long)now->ms / 1000);
        put_head(4);
        put_word("ZADD");
        put_word(key);
        put_number(now->bid_sz + k);
        put_word(member);
        put_head(4);
        put_word("ZREMRANGEBYRANK");
        put_word(key);
        put_word("0");
        put_word("-21");
        put_head(3);
        put_word("EXPIRE");
        put_word(key);
        put_word("3600");
        commands += 3;
    }
    return commands;
}

static int write_results(struct ticker *t)
{
    static const int64_t lengths_ms[WINDOWS] = { 10000, 60000, 300000 };
    int commands = 0;
    if (t->n == 0) {
        return 0;
    }
    const struct row *now = &t->ring[(t->n - 1) % RING];
    for (int w = 0; w < WINDOWS; w++) {
        while (t->low[w] + 1 < t->n && t->ring[t->low[w] % RING].ms <= now->ms - lengths_ms[w]) {
            t->low[w]++;
        }
        commands += write_window(t, w, now, &t->ring[t->low[w] % RING]);
    }
    return commands + write_levels(t, now);
}

static int lines[WORKERS_MAX], n_workers;
static clockid_t clocks[WORKERS_MAX];

static void answer(int fd)
{
    char bytes_of[JOB_BYTES] = "";
    while (read(fd, bytes_of, JOB_BYTES) == JOB_BYTES && write(fd, bytes_of, ANSWER_BYTES) > 0) {
    }
    _exit(0);
}

static void start_workers(int n)
{
    for (int i = 0; i < n; i++) {
        int fds[2];
        pid_t pid = socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0 ? fork() : -1;
        if (pid == 0) {
            (void)close(fds[0]);
            answer(fds[1]);
        }
        if (pid < 0 || clock_getcpuclockid(pid, &clocks[i]) != 0) {
            exit(1);
        }
        (void)close(fds[1]);
        lines[i] = fds[0];
        n_workers++;
    }
}

static void ask_workers(void)
{
    char job[JOB_BYTES] = "";
    for (int i = 0; i < n_workers; i++) {
        if (write(lines[i], job, sizeof job) != (ssize_t)sizeof job) {
            exit(1);
        }
    }
    for (int i = 0; i < n_workers; i++) {
        if (read(lines[i], job, sizeof job) != ANSWER_BYTES) {
            exit(1);
        }
    }
}

static int64_t workers_ns(void)
{
    int64_t sum_ns = 0, ns;
    for (int i = 0; i < n_workers; i++) {
        sum_ns += cpu_clock_ns(clocks[i], &ns) ? ns : 0;
    }
    return sum_ns;
}

static void tick(struct ticker *t, int n, int pipeline)
{
    for (int from = 0; from < n; from += pipeline) {
        int some = n - from < pipeline ? n - from : pipeline, commands = 0;
        read_new(t + from, some);
        ask_workers();
        for (int i = from; i < from + some; i++) {
            commands += write_results(&t[i]);
        }
        send_all();
        while (commands-- > 0) {
            (void)line();
        }
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    const char *path = getenv("REDIS_SOCK");
    if (argc < 3 || argc > 4 || (argc == 4 && atoi(argv[3]) > WORKERS_MAX) || path == NULL ||
        strlen(path) >= sizeof at.sun_path) {
        (void)fprintf(stderr, "usage: REDIS_SOCK=PATH floor TICKERS SECONDS [WORKERS]\n");
        return 2;
    }
    int n = atoi(argv[1]), seconds = atoi(argv[2]);
    memcpy(at.sun_path, path, strlen(path) + 1);
    sock = socket(AF_UNIX, SOCK_STREAM, 0);
    in = malloc(BUFFER);
    out = malloc(BUFFER);
    struct ticker *tickers = calloc((size_t)n + 1, sizeof *tickers);
    if (in == NULL || out == NULL || tickers == NULL ||
        connect(sock, (const struct sockaddr *)&at, sizeof at) != 0) {
        return 1;
    }
    int64_t now_ms = clock_now().wall_ns / NS_PER_MS;
    for (int i = 0; i < n; i++) {
        tickers[i].ring = calloc(RING, sizeof *tickers[i].ring);
        tickers[i].last_ms = now_ms - 300000;
        (void)snprintf(tickers[i].name, sizeof tickers[i].name, "T%05d", i);
    }
    start_workers(argc == 4 ? atoi(argv[3]) : 0);
    tick(tickers, n, 1); /* history */
    int64_t begun_ns = clock_cpu_ns(), theirs_ns = workers_ns();
    struct mono due = clock_mono();
    for (int i = 0; i < seconds; i++) {
        due = mono_after_ms(due, 1000);
        int64_t left = mono_ms_until(clock_mono(), due);
        (void)poll(NULL, 0, left > 0 ? (int)left : 0);
        tick(tickers, n, PIPELINE);
    }
    double ticks = (double)n * (seconds > 0 ? seconds : 1);
    (void)printf("{\"us\": %.2f, \"workers_us\": %.2f}\n",
                 (double)(clock_cpu_ns() - begun_ns) / 1000 / ticks,
                 (double)(workers_ns() - theirs_ns) / 1000 / ticks);
    return 0;
}
