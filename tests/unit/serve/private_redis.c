/* SPDX-License-Identifier: MIT */
#include "private_redis.h"

#include "clock.h"
#include "decimal.h"
#include "sample.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
    (void)fprintf(stderr, "private redis: %s\n", what);
    exit(1);
}

static void launch(const struct private_redis *p)
{
    if (freopen("/dev/null", "w", stdout) == NULL) {
        _exit(127);
    }
    (void)execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", p->config.unix_path,
                 "--save", "", "--dir", p->dir, (char *)NULL);
    _exit(127);
}

static bool answers(struct private_redis *p)
{
    const struct reply *r;
    redis_reset(p->redis);
    return redis_call(p->redis, &r, NULL, "PING");
}

void private_redis_start(struct private_redis *p)
{
    *p = (struct private_redis){ .dir = "/tmp/serve-redis-XXXXXX",
                                 .config = { .timeout_ms = 1000 },
                                 .keys = { .prefix = "orderflow" } };
    if (mkdtemp(p->dir) == NULL) {
        die("mkdtemp");
    }
    (void)snprintf(p->config.unix_path, sizeof p->config.unix_path, "%s/redis.sock", p->dir);
    p->pid = fork();
    if (p->pid == 0) {
        launch(p);
    }
    p->redis = redis_create(&p->config);
    struct mono deadline = mono_after_ms(clock_mono(), 60000);
    while (!answers(p)) {
        if (mono_ms_until(clock_mono(), deadline) <= 0) {
            die("does not start");
        }
        (void)nanosleep(&(struct timespec){ .tv_nsec = 5 * NS_PER_MS }, NULL);
    }
}

void private_redis_stop(struct private_redis *p)
{
    char path[128];
    redis_destroy(p->redis);
    (void)kill(p->pid, SIGCONT);
    (void)kill(p->pid, SIGKILL);
    (void)waitpid(p->pid, NULL, 0);
    (void)snprintf(path, sizeof path, "%s/redis.sock", p->dir);
    (void)unlink(path);
    (void)rmdir(p->dir);
}

void private_redis_do(struct private_redis *p, const char *fmt, const char *key, const char *value)
{
    const struct reply *r;
    struct err err = { 0 };
    if (!redis_call(p->redis, &r, &err, fmt, key, value)) {
        die(err.text);
    }
}

void private_redis_flush(struct private_redis *p)
{
    private_redis_do(p, "FLUSHALL", "", "");
}

struct hash {
    struct private_redis *p;
    char key[KEY_MAX];
};

static void put_field(void *ctx, const char *name, const char *text, size_t n)
{
    struct hash *h = ctx;
    const char *argv[] = { "HSET", h->key, name, text };
    const size_t lens[] = { 4, strlen(h->key), strlen(name), n };
    const struct reply *replies;
    size_t count;
    if (!redis_queue(h->p->redis, 4, argv, lens, NULL) ||
        !redis_exec(h->p->redis, &replies, &count, NULL) || replies[0].type == REPLY_ERROR) {
        die("HSET");
    }
}

static void add_member(struct private_redis *p, const char *key, int64_t score, const char *member)
{
    char number[DECIMAL_MAX];
    const char *argv[] = { "ZADD", key, number, member };
    const struct reply *replies;
    size_t count;
    (void)snprintf(number, sizeof number, "%lld", (long long)score);
    if (!redis_queue(p->redis, 4, argv, NULL, NULL) ||
        !redis_exec(p->redis, &replies, &count, NULL) || replies[0].type != REPLY_INT) {
        die("ZADD");
    }
}

static void store_quote(struct private_redis *p, const struct answer *a)
{
    char key[KEY_MAX], member[512], bid[DECIMAL_MAX], ask[DECIMAL_MAX];
    int64_t ms = a->newest.ts_ns / NS_PER_MS;
    (void)decimal_print_px(bid, a->newest.bid_px, 2);
    (void)decimal_print_px(ask, a->newest.ask_px, 2);
    (void)snprintf(member, sizeof member,
                   "{\"ticker\": \"%s\", \"timestamp\": %lld, \"bid_price\": %s, \"bid_size\": "
                   "\"%.0f\", \"ask_price\": %s, \"ask_size\": %.0f}",
                   a->ticker, (long long)ms, bid, a->newest.bid_sz, ask, a->newest.ask_sz);
    key_quotes(&p->keys, key, a->ticker);
    add_member(p, key, ms, member);
}

static void store_pattern(struct private_redis *p, const struct answer *a)
{
    char key[KEY_MAX];
    struct buf member;
    buf_init(&member, 4096);
    sample_episode(a, &member);
    key_patterns(&p->keys, key, a->ticker);
    add_member(p, key, a->now_ns / NS_PER_S - 9, member.data);
    buf_fini(&member);
}

static void store_report(struct private_redis *p, const struct answer *a)
{
    static const char *const sides[] = { "bid", "ask" };
    struct hash h = { .p = p };
    struct buf json;
    buf_init(&json, REPORT_SCRATCH_MAX);
    key_state(&p->keys, h.key, a->ticker);
    report_put_state(&a->report, put_field, &h);
    for (int i = 0; i < a->report.n_windows; i++) {
        key_metrics(&p->keys, h.key, a->ticker, a->report.windows[i].name);
        (void)report_put_metrics_since(&a->report, NULL, NULL, i, &json, put_field, &h);
    }
    buf_fini(&json);
    for (int side = 0; side < 2; side++) {
        key_levels(&p->keys, h.key, a->ticker, sides[side]);
        for (int i = 0; i < a->report.n_levels[side]; i++) {
            struct buf member;
            buf_init(&member, 4096);
            report_put_level_member(&a->report.levels[side][i], &member);
            add_member(p, h.key, i, member.data);
            buf_fini(&member);
        }
    }
    store_pattern(p, a);
    key_detectors(&p->keys, h.key);
    put_field(&h, "absorption", "{\"state\":\"ready\"}", 17);
    put_field(&h, "sweep", "{\"state\":\"down\",\"reason\":\"crashed\"}", 35);
}

void private_redis_store(struct private_redis *p, const struct answer *a, int what)
{
    if ((what & STORE_QUOTES) != 0) {
        store_quote(p, a);
    }
    if ((what & STORE_REPORT) != 0) {
        store_report(p, a);
    }
    if ((what & STORE_LEASE) != 0) {
        char key[KEY_MAX];
        key_engine(&p->keys, key);
        private_redis_do(p, "SET %s %s", key,
                         "{\"id\":\"e1\",\"config\":\"/etc/x.ini\",\"hash\":\"00aa\"}");
    }
}

struct private_redis server;

int server_start(void **state)
{
    (void)state;
    private_redis_start(&server);
    return 0;
}

int server_stop(void **state)
{
    (void)state;
    private_redis_stop(&server);
    return 0;
}

int server_flush(void **state)
{
    (void)state;
    private_redis_flush(&server);
    return 0;
}
