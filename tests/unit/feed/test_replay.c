/* SPDX-License-Identifier: MIT */
/* The broker's part against a real redis-server, in simulated time. */
#include "check.h"

#include "redis_server.h"
#include "replay.h"

#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define TAPE FEED_DATA "binance_um_btcusdt_20240808.csv.gz"
#define KEY "orderflow:quotes:BTCUSDT"
#define FIRST_NS (INT64_C(1723161256313) * NS_PER_MS)
/* A wall time at which the first quote of the tape, shifted by whole minutes, is due exactly. */
#define DUE_NS (FIRST_NS + INT64_C(600000) * 60 * NS_PER_S)
enum { ROWS = 1925, QUOTES = 1026, STEPS_MAX = 100000 };

struct fixture {
    struct redis_server server;
    struct redis_config redis_config;
    struct redis *redis; /* of the test itself */
    struct redis *broker;
};

static int group_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct err err = { 0 };
    if (!redis_server_start(&f->server, NULL, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    f->redis_config.timeout_ms = 5000;
    if (!redis_parse_url(f->server.url, &f->redis_config, &err)) {
        return -1;
    }
    f->redis = redis_create(&f->redis_config);
    f->broker = redis_create(&f->redis_config);
    *state = f;
    return 0;
}

static int group_teardown(void **state)
{
    struct fixture *f = *state;
    redis_destroy(f->redis);
    redis_destroy(f->broker);
    redis_server_stop(&f->server);
    free(f);
    return 0;
}

#define CALL(f, r, ...)                                              \
    do {                                                             \
        struct err call_err = { 0 };                                 \
        if (!redis_call((f)->redis, &(r), &call_err, __VA_ARGS__)) { \
            fail_msg("%s", call_err.text);                           \
        }                                                            \
    } while (0)

static int flush(void **state)
{
    struct fixture *f = *state;
    const struct reply *r;
    CALL(f, r, "FLUSHALL");
    CALL(f, r, "CONFIG RESETSTAT");
    return 0;
}

static int64_t integer(struct fixture *f, const char *command, const char *key)
{
    const struct reply *r;
    CALL(f, r, "%s %s", command, key);
    assert_int_equal(r->type, REPLY_INT);
    return r->integer;
}

static struct replay_config config(double speed)
{
    return (struct replay_config){
        .speed = speed, .quiet = true, .ttl_s = 3600, .keys = { .prefix = "orderflow" }
    };
}

static struct replay *start(struct fixture *f, struct replay_config cfg)
{
    static const char *const paths[] = { TAPE };
    struct err err = { 0 };
    struct replay *r = replay_create(&cfg, paths, 1, f->broker, &err);
    if (r == NULL) {
        fail_msg("%s", err.text);
    }
    return r;
}

static int64_t step(struct replay *r, int64_t wall_ns)
{
    int64_t sleep_ms = 0;
    struct err err = { 0 };
    if (!replay_step(r, wall_ns, &sleep_ms, &err)) {
        fail_msg("%s", err.text);
    }
    return sleep_ms;
}

/* Plays to the end; time passes only as asked for. Returns when it was over. */
static int64_t play(struct replay *r, int64_t wall_ns)
{
    int64_t sleep_ms = 0;
    for (int i = 0; i < STEPS_MAX; i++) {
        sleep_ms = step(r, wall_ns);
        if (sleep_ms < 0) {
            return wall_ns;
        }
        wall_ns += sleep_ms * NS_PER_MS;
    }
    fail_msg("no end");
    return 0;
}

static int64_t newest_ms(struct fixture *f, const char *key)
{
    const struct reply *r;
    CALL(f, r, "ZRANGE %s -1 -1 WITHSCORES", key);
    return r->n == 2 ? strtoll(r->items[1].str, NULL, 10) : 0;
}

/* ---- what is written ---- */

static void replay_max_writes_every_quote_in_one_go(void **state)
{
    struct fixture *f = *state;
    struct replay *r = start(f, config(0));
    int64_t wall_ns = T0_NS + 17 * NS_PER_S;
    assert_int_equal(play(r, wall_ns), wall_ns);
    assert_int_equal(integer(f, "ZCARD", KEY), QUOTES);
    assert_true(newest_ms(f, KEY) <= wall_ns / NS_PER_MS);
    assert_true(newest_ms(f, KEY) > wall_ns / NS_PER_MS - 60000);
    assert_int_equal(replay_state(r).written, QUOTES);
    assert_true(replay_state(r).part == 1);
    replay_destroy(r);
}

static void replay_keep_ties_writes_every_row(void **state)
{
    struct fixture *f = *state;
    struct replay_config cfg = config(0);
    cfg.from.keep_ties = true;
    struct replay *r = start(f, cfg);
    (void)play(r, T0_NS);
    assert_int_equal(integer(f, "ZCARD", KEY), ROWS);
    replay_destroy(r);
}

static void assert_same_quote(const struct quote *a, const struct quote *b, int64_t shift_ns)
{
    assert_int_equal(a->ts_ns, b->ts_ns + shift_ns);
    assert_int_equal(a->bid_px, b->bid_px);
    assert_int_equal(a->ask_px, b->ask_px);
    assert_true(a->bid_sz == b->bid_sz && a->ask_sz == b->ask_sz);
}

/* The stream of the tape as --file reads it. */
static struct stream *stream_of_file(void)
{
    struct stream *s = stream_create(NS_PER_S);
    struct import *c = import_open(TAPE, &(struct import_options){ 0 }, NULL);
    struct row row;
    assert_non_null(c);
    while (import_next(c, &row, NULL)) {
        push(s, row);
    }
    import_close(c);
    return s;
}

static struct stream *stream_of_redis(struct fixture *f)
{
    struct stream *s = stream_create(NS_PER_S);
    const struct reply *r;
    CALL(f, r, "ZRANGEBYSCORE %s -inf +inf WITHSCORES", KEY);
    for (size_t i = 0; i < r->n; i += 2) {
        struct row row;
        enum malformed why = MALFORMED_NONE;
        struct err err = { 0 };
        if (!row_from_json(r->items[i].str, r->items[i].len, strtod(r->items[i + 1].str, NULL),
                           "BTCUSDT", &row, &why, &err)) {
            fail_msg("%s", err.text);
        }
        push(s, row);
    }
    return s;
}

static void replay_quotes_in_redis_are_those_of_the_file(void **state)
{
    struct fixture *f = *state;
    struct replay *r = start(f, config(0));
    (void)play(r, DUE_NS);
    struct stream *file = stream_of_file(), *redis = stream_of_redis(f);
    struct quote a, b;
    int64_t shift_ns = stream_newest_ns(redis) - stream_newest_ns(file);
    assert_int_equal(shift_ns % (60 * NS_PER_S), 0);
    while (stream_next(file, INT64_MAX, &b)) {
        assert_true(stream_next(redis, INT64_MAX, &a));
        assert_same_quote(&a, &b, shift_ns);
    }
    assert_false(stream_next(redis, INT64_MAX, &a));
    stream_destroy(file);
    stream_destroy(redis);
    replay_destroy(r);
}

/* What a broker without seq leaves in Redis, in the order in which Redis has it. */
static void file_without_seq_collapses_as_redis_does(void **state)
{
    struct fixture *f = *state;
    struct import *c = import_open(TAPE, &(struct import_options){ 0 }, NULL);
    struct row row;
    struct buf json;
    const struct reply *r;
    buf_init(&json, ROW_MEMBER_MAX);
    while (import_next(c, &row, NULL)) {
        buf_clear(&json);
        row_to_json(&row, "BTCUSDT", &json);
        CALL(f, r, "ZADD %s %lld %b", KEY, (long long)(row.q.ts_ns / NS_PER_MS), json.data,
             json.len);
    }
    import_close(c);
    buf_fini(&json);
    struct stream *file = stream_of_file(), *redis = stream_of_redis(f);
    struct quote a, b;
    int ties = 0;
    while (stream_next(file, INT64_MAX, &b)) {
        assert_true(stream_next(redis, INT64_MAX, &a));
        assert_same_quote(&a, &b, 0);
        assert_int_equal(a.flags, b.flags);
        ties += a.flags != 0 ? 1 : 0;
    }
    assert_false(stream_next(redis, INT64_MAX, &a));
    assert_true(ties > 100);
    stream_destroy(file);
    stream_destroy(redis);
}

static void replay_members_carry_a_seq_that_grows_with_time(void **state)
{
    struct fixture *f = *state;
    struct replay *r = start(f, config(0));
    const struct reply *reply;
    (void)play(r, DUE_NS);
    CALL(f, reply, "ZRANGE %s 0 -1", KEY);
    for (size_t i = 0; i < reply->n; i++) {
        struct row row;
        enum malformed why;
        assert_true(row_from_json(reply->items[i].str, reply->items[i].len, NAN, "BTCUSDT", &row,
                                  &why, NULL));
        assert_true(row.has_seq);
        assert_int_equal(row.seq, i + 1);
    }
    replay_destroy(r);
}

static void replay_latest_is_the_newest_quote_under_the_brokers_names(void **state)
{
    struct fixture *f = *state;
    struct replay *r = start(f, config(0));
    const struct reply *reply;
    char want[512], got[512] = "{";
    (void)play(r, DUE_NS);
    CALL(f, reply, "ZRANGE %s -1 -1", KEY);
    (void)snprintf(want, sizeof want, "%s", reply->items[0].str);
    CALL(f, reply, "HGETALL orderflow:latest:BTCUSDT");
    for (size_t i = 0; i + 1 < reply->n; i += 2) {
        bool text = strcmp(reply->items[i].str, "ticker") == 0;
        size_t n = strlen(got);
        (void)snprintf(got + n, sizeof got - n, "%s\"%s\": %s%s%s", i > 0 ? ", " : "",
                       reply->items[i].str, text ? "\"" : "", reply->items[i + 1].str,
                       text ? "\"" : "");
    }
    (void)snprintf(got + strlen(got), sizeof got - strlen(got), "}");
    assert_string_equal(got, want);
    replay_destroy(r);
}

static void replay_keys_expire_after_the_ttl(void **state)
{
    struct fixture *f = *state;
    struct replay *r = start(f, config(1));
    assert_true(step(r, DUE_NS) >= 0);
    assert_true(integer(f, "TTL", KEY) > 3590); /* from the first write on */
    assert_true(integer(f, "TTL", "orderflow:latest:BTCUSDT") > 3590);
    (void)play(r, DUE_NS);
    assert_true(integer(f, "TTL", KEY) > 3590 && integer(f, "TTL", KEY) <= 3600);
    replay_destroy(r);
}

static void replay_quotes_older_than_the_ttl_are_trimmed(void **state)
{
    struct fixture *f = *state;
    struct replay_config cfg = config(1);
    const struct reply *reply;
    cfg.ttl_s = 3;
    struct replay *r = start(f, cfg);
    (void)play(r, DUE_NS);
    CALL(f, reply, "ZRANGE %s 0 0 WITHSCORES", KEY);
    int64_t oldest_ms = strtoll(reply->items[1].str, NULL, 10);
    assert_true(oldest_ms >= newest_ms(f, KEY) - 3000);
    assert_true(integer(f, "ZCARD", KEY) > 100);
    replay_destroy(r);
}

static int64_t calls_of(struct fixture *f, const char *command)
{
    const struct reply *r;
    char name[40];
    CALL(f, r, "INFO commandstats");
    (void)snprintf(name, sizeof name, "cmdstat_%s:calls=", command);
    const char *at = strstr(r->str, name);
    return at != NULL ? strtoll(at + strlen(name), NULL, 10) : 0;
}

static void replay_tidies_at_most_once_a_second(void **state)
{
    struct fixture *f = *state;
    struct replay *r = start(f, config(1));
    (void)play(r, DUE_NS);
    assert_true(calls_of(f, "zadd") == QUOTES);
    assert_true(calls_of(f, "publish") == QUOTES);
    int64_t trims = calls_of(f, "zremrangebyscore");
    assert_true(trims >= 9 && trims <= 12);
    assert_true(calls_of(f, "expire") == 2 * trims);
    replay_destroy(r);
}

/* ---- published ---- */

static int subscribe(const struct fixture *f, const char *channel)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    char command[100];
    int n = snprintf(command, sizeof command, "SUBSCRIBE %s\r\n", channel);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", f->server.socket_path);
    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(write(fd, command, (size_t)n), n);
    return fd;
}

/* Reads on until the text holds `part`; false after 10 s. */
static bool heard(int fd, struct buf *text, const char *part)
{
    struct mono until = mono_after_ms(clock_mono(), 10000);
    while (text->data == NULL || strstr(text->data, part) == NULL) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        char chunk[4096];
        if (mono_ms_until(clock_mono(), until) <= 0) {
            return false;
        }
        ssize_t n = poll(&p, 1, 100) == 1 ? read(fd, chunk, sizeof chunk) : 0;
        buf_add(text, chunk, n > 0 ? (size_t)n : 0);
    }
    return true;
}

static void replay_publishes_every_quote(void **state)
{
    struct fixture *f = *state;
    struct replay *r = start(f, config(0));
    struct buf text;
    buf_init(&text, 4 << 20);
    int fd = subscribe(f, "orderflow:channel:BTCUSDT");
    assert_true(heard(fd, &text, "subscribe"));
    (void)play(r, DUE_NS);
    assert_true(heard(fd, &text, "\"seq\": 1026}"));
    int messages = 0;
    for (const char *p = text.data; (p = strstr(p, "message\r\n")) != NULL; p++) {
        messages++;
    }
    assert_int_equal(messages, QUOTES);
    (void)close(fd);
    buf_fini(&text);
    replay_destroy(r);
}

/* ---- pacing ---- */

static void replay_paced_takes_the_recorded_time_and_never_runs_ahead(void **state)
{
    struct fixture *f = *state;
    struct replay *r = start(f, config(1));
    int64_t wall_ns = DUE_NS, sleep_ms = 0;
    while ((sleep_ms = step(r, wall_ns)) >= 0) {
        int64_t ahead_ms = newest_ms(f, KEY) - wall_ns / NS_PER_MS;
        assert_true(ahead_ms <= 0 && ahead_ms > -1000);
        wall_ns += sleep_ms * NS_PER_MS;
    }
    int64_t took_ms = (wall_ns - DUE_NS) / NS_PER_MS;
    assert_int_equal(took_ms, newest_ms(f, KEY) - DUE_NS / NS_PER_MS);
    assert_true(took_ms > 9900 && took_ms < 10000);
    assert_int_equal(integer(f, "ZCARD", KEY), QUOTES);
    replay_destroy(r);
}

static void replay_speed_10_takes_a_tenth(void **state)
{
    struct fixture *f = *state;
    struct replay *r = start(f, config(10));
    int64_t took_ms = (play(r, T0_NS) - T0_NS) / NS_PER_MS;
    assert_true(took_ms > 990 && took_ms <= 1000);
    assert_int_equal(integer(f, "ZCARD", KEY), QUOTES);
    replay_destroy(r);
}

static void replay_behind_its_time_catches_up(void **state)
{
    struct fixture *f = *state;
    struct replay *r = start(f, config(1));
    (void)step(r, DUE_NS);
    (void)play(r, DUE_NS + 30 * NS_PER_S); /* the process was stopped meanwhile */
    assert_int_equal(integer(f, "ZCARD", KEY), QUOTES);
    replay_destroy(r);
}

static void replay_loop_goes_on_in_time_and_seq(void **state)
{
    struct fixture *f = *state;
    struct replay_config cfg = config(0);
    const struct reply *reply;
    cfg.loop = true;
    struct replay *r = start(f, cfg);
    int64_t wall_ns = DUE_NS;
    while (replay_state(r).written < 3 * QUOTES) {
        int64_t sleep_ms = step(r, wall_ns);
        assert_true(sleep_ms >= 0);
        assert_true(newest_ms(f, KEY) <= wall_ns / NS_PER_MS);
        wall_ns += sleep_ms * NS_PER_MS;
    }
    assert_true(replay_state(r).pass >= 2);
    CALL(f, reply, "ZRANGE %s 0 -1", KEY);
    for (size_t i = 0; i < reply->n; i++) {
        struct row row;
        enum malformed why;
        assert_true(row_from_json(reply->items[i].str, reply->items[i].len, NAN, "BTCUSDT", &row,
                                  &why, NULL));
        assert_int_equal(row.seq, i + 1);
    }
    assert_true(reply->n >= 3 * QUOTES);
    replay_destroy(r);
}

/* ---- Redis away ---- */

static void nap(void)
{
    struct timespec t = { .tv_nsec = 10 * NS_PER_MS };
    (void)nanosleep(&t, NULL);
}

static void replay_redis_away_in_between_loses_nothing(void **state)
{
    struct fixture *f = *state;
    struct replay *r = start(f, config(1));
    struct err err = { 0 };
    int64_t wall_ns = DUE_NS;
    for (int i = 0; i < 100; i++) {
        wall_ns += step(r, wall_ns) * NS_PER_MS;
    }
    uint64_t before = replay_state(r).written;
    redis_server_kill(&f->server);
    for (int i = 0; i < 5; i++) {
        assert_true(step(r, wall_ns) > 0);
        assert_true(replay_state(r).away);
        assert_true(strlen(replay_state(r).trouble) > 0);
        wall_ns += NS_PER_S;
    }
    assert_int_equal(replay_state(r).written, before);
    assert_true(redis_server_restart(&f->server, &err));
    struct mono until = mono_after_ms(clock_mono(), 20000);
    while (step(r, wall_ns) >= 0) {
        assert_true(mono_ms_until(clock_mono(), until) > 0);
        if (replay_state(r).away) {
            nap(); /* the connection's backoff is in real time */
        } else {
            wall_ns += NS_PER_S;
        }
    }
    assert_int_equal(replay_state(r).written, QUOTES);
    redis_reset(f->redis);
    assert_int_equal(integer(f, "ZCARD", KEY), QUOTES - (int64_t)before);
    replay_destroy(r);
}

static void replay_redis_never_there_is_an_error(void **state)
{
    (void)state;
    struct redis_config rc = { .unix_path = "/nonexistent/redis.sock", .timeout_ms = 200 };
    struct redis *redis = redis_create(&rc);
    static const char *const paths[] = { TAPE };
    struct replay_config cfg = config(0);
    struct err err = { 0 };
    struct replay *r = replay_create(&cfg, paths, 1, redis, &err);
    int64_t sleep_ms;
    assert_non_null(r);
    assert_false(replay_step(r, T0_NS, &sleep_ms, &err));
    assert_non_null(strstr(err.text, "/nonexistent/redis.sock"));
    replay_destroy(r);
    redis_destroy(redis);
}

static void replay_key_of_another_type_is_an_error(void **state)
{
    struct fixture *f = *state;
    const struct reply *reply;
    struct err err = { 0 };
    int64_t sleep_ms;
    CALL(f, reply, "SET %s x", KEY);
    struct replay *r = start(f, config(0));
    assert_false(replay_step(r, T0_NS, &sleep_ms, &err));
    assert_int_equal(err.code, ERR_REMOTE);
    assert_non_null(strstr(err.text, "WRONGTYPE"));
    replay_destroy(r);
}

/* ---- several files, wrong files ---- */

struct files {
    char dir[64];
    char path[3][100];
};

static void save(const char *path, const char *rows)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    (void)fprintf(out, "ts_ms,bid_price,bid_size,ask_price,ask_size\n%s", rows);
    assert_int_equal(fclose(out), 0);
}

static struct files make_files(void)
{
    struct files s = { .dir = "/tmp/of-replay-XXXXXX" };
    assert_non_null(mkdtemp(s.dir));
    (void)snprintf(s.path[0], sizeof s.path[0], "%s/x_spy_20250115.csv", s.dir);
    (void)snprintf(s.path[1], sizeof s.path[1], "%s/qqq.csv", s.dir);
    (void)snprintf(s.path[2], sizeof s.path[2], "%s/spy.csv", s.dir);
    save(s.path[0], "1736951400000,1,1,2,1\nrubbish\n1736951405000,1,2,2,1\n");
    save(s.path[1], "1736951403000,5,1,6,1\n");
    save(s.path[2], "1736951400000,1,1,2,1\n");
    return s;
}

static void drop_files(const struct files *s)
{
    for (int i = 0; i < 3; i++) {
        (void)unlink(s->path[i]);
    }
    (void)rmdir(s->dir);
}

static void replay_two_files_keep_their_distance_in_time(void **state)
{
    struct fixture *f = *state;
    struct files s = make_files();
    const char *const paths[] = { s.path[0], s.path[1] };
    struct replay_config cfg = config(0);
    struct err err = { 0 };
    struct replay *r = replay_create(&cfg, paths, 2, f->broker, &err);
    assert_non_null(r);
    (void)play(r, T0_NS);
    assert_int_equal(newest_ms(f, "orderflow:quotes:SPY") - newest_ms(f, "orderflow:quotes:QQQ"),
                     2000);
    assert_int_equal(integer(f, "ZCARD", "orderflow:quotes:SPY"), 2);
    assert_int_equal(replay_state(r).malformed, 1);
    assert_string_equal(replay_state(r).tickers, "SPY QQQ");
    replay_destroy(r);
    drop_files(&s);
}

static void assert_refused(const struct replay_config *cfg, const char *a, const char *b,
                           const char *part)
{
    const char *const paths[] = { a, b };
    struct err err = { 0 };
    struct replay *r = replay_create(cfg, paths, b != NULL ? 2 : a != NULL ? 1 : 0, NULL, &err);
    assert_null(r);
    if (strstr(err.text, part) == NULL) {
        fail_msg("'%s' lacks '%s'", err.text, part);
    }
}

static void replay_create_impossible_wishes_are_refused(void **state)
{
    (void)state;
    struct files s = make_files();
    struct replay_config cfg = config(1);
    assert_refused(&cfg, NULL, NULL, "no file");
    assert_refused(&cfg, s.path[0], s.path[2], "both SPY");
    assert_refused(&cfg, "/nonexistent/spy.csv", NULL, "/nonexistent/spy.csv");
    assert_refused(&cfg, "-", NULL, "--ticker");
    cfg.from.ticker = "SPY";
    assert_refused(&cfg, s.path[0], s.path[1], "one ticker for 2 files");
    cfg.loop = true;
    assert_refused(&cfg, "-", NULL, "standard input");
    cfg = (struct replay_config){ .from = { .ticker = "S Y" } };
    assert_refused(&cfg, s.path[0], NULL, "'S Y' is no ticker");
    cfg = config(-1);
    assert_refused(&cfg, s.path[0], NULL, "speed");
    cfg = config(NAN);
    assert_refused(&cfg, s.path[0], NULL, "speed");
    save(s.path[0], "");
    cfg = config(1);
    assert_refused(&cfg, s.path[0], NULL, "no quotes");
    drop_files(&s);
}

static void replay_run_plays_to_the_end(void **state)
{
    struct fixture *f = *state;
    atomic_bool cancel = false;
    struct err err = { 0 };
    struct replay *r = start(f, config(0));
    assert_true(replay_run(r, &cancel, &err));
    assert_int_equal(integer(f, "ZCARD", KEY), QUOTES);
    replay_destroy(r);
}

static void replay_run_cancelled_returns_at_once(void **state)
{
    struct fixture *f = *state;
    atomic_bool cancel = true;
    struct err err = { 0 };
    struct replay_config cfg = config(1);
    cfg.loop = true;
    struct replay *r = start(f, cfg);
    assert_true(replay_run(r, &cancel, &err));
    replay_destroy(r);
}

#define REPLAY_TEST(name) cmocka_unit_test_setup(name, flush)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPLAY_TEST(replay_max_writes_every_quote_in_one_go),
        REPLAY_TEST(replay_keep_ties_writes_every_row),
        REPLAY_TEST(replay_quotes_in_redis_are_those_of_the_file),
        REPLAY_TEST(file_without_seq_collapses_as_redis_does),
        REPLAY_TEST(replay_members_carry_a_seq_that_grows_with_time),
        REPLAY_TEST(replay_latest_is_the_newest_quote_under_the_brokers_names),
        REPLAY_TEST(replay_keys_expire_after_the_ttl),
        REPLAY_TEST(replay_quotes_older_than_the_ttl_are_trimmed),
        REPLAY_TEST(replay_tidies_at_most_once_a_second),
        REPLAY_TEST(replay_publishes_every_quote),
        REPLAY_TEST(replay_paced_takes_the_recorded_time_and_never_runs_ahead),
        REPLAY_TEST(replay_speed_10_takes_a_tenth),
        REPLAY_TEST(replay_behind_its_time_catches_up),
        REPLAY_TEST(replay_loop_goes_on_in_time_and_seq),
        REPLAY_TEST(replay_redis_away_in_between_loses_nothing),
        REPLAY_TEST(replay_redis_never_there_is_an_error),
        REPLAY_TEST(replay_key_of_another_type_is_an_error),
        REPLAY_TEST(replay_two_files_keep_their_distance_in_time),
        REPLAY_TEST(replay_create_impossible_wishes_are_refused),
        REPLAY_TEST(replay_run_plays_to_the_end),
        REPLAY_TEST(replay_run_cancelled_returns_at_once),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
