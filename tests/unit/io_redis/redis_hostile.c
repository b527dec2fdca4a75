/* SPDX-License-Identifier: MIT */
/* Against servers that misbehave: every call ends at its deadline, with a clear error. */
#include "redis.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    TIMEOUT_MS = 300,    /* where it is to run out; */
    SLEEPY_MS = 3000,    /* so long may a loaded machine keep us */
    PATIENCE_MS = 10000, /* where the server says at once what it has to say */
    REPLY_MAX_BYTES = 1 << 20
};

/* What the server does once it has been asked something. False: hang up. */
typedef bool misbehave_fn(int fd);

struct hostile {
    int listener;
    struct sockaddr_in address;
    bool greets; /* answers the PING of the greeting as it should */
    misbehave_fn *misbehave;
    atomic_bool stop;
    pthread_t thread;
};

static bool send_text(int fd, const char *text)
{
    size_t n = strlen(text);
    return send(fd, text, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* Reads what is there; false at the end. */
static bool swallow(int fd)
{
    char bytes[4096];
    return recv(fd, bytes, sizeof bytes, 0) > 0;
}

static void serve(struct hostile *h, int fd)
{
    bool open = swallow(fd);
    if (open && h->greets) {
        open = send_text(fd, "+PONG\r\n") && swallow(fd);
    }
    open = open && h->misbehave(fd);
    while (open && swallow(fd)) {
    }
    close(fd);
}

static void *run(void *hostile)
{
    struct hostile *h = hostile;
    for (;;) {
        int fd = accept(h->listener, NULL, NULL);
        if (fd < 0 || atomic_load(&h->stop)) {
            break;
        }
        serve(h, fd);
    }
    return NULL;
}

static void hostile_start(struct hostile *h, misbehave_fn *misbehave, bool greets)
{
    *h = (struct hostile){ .greets = greets, .misbehave = misbehave };
    h->address =
        (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof h->address;
    h->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(h->listener, (struct sockaddr *)&h->address, n), 0);
    assert_int_equal(listen(h->listener, 4), 0);
    assert_int_equal(getsockname(h->listener, (struct sockaddr *)&h->address, &n), 0);
    assert_int_equal(pthread_create(&h->thread, NULL, run, h), 0);
}

static void hostile_stop(struct hostile *h)
{
    atomic_store(&h->stop, true);
    int fd = socket(AF_INET, SOCK_STREAM, 0); /* wakes accept() */
    (void)!connect(fd, (struct sockaddr *)&h->address, sizeof h->address);
    pthread_join(h->thread, NULL);
    close(fd);
    close(h->listener);
}

/* One call to such a server. Returns its error. */
static struct err call_within(misbehave_fn *misbehave, bool greets, int64_t timeout_ms)
{
    struct hostile h;
    hostile_start(&h, misbehave, greets);
    struct redis_config cfg = { .host = "127.0.0.1",
                                .port = ntohs(h.address.sin_port),
                                .timeout_ms = timeout_ms,
                                .max_reply_bytes = REPLY_MAX_BYTES };
    struct redis *r = redis_create(&cfg);
    struct mono start = clock_mono();
    const struct reply *reply;
    struct err err = { 0 };
    bool ok = redis_call(r, &reply, &err, "GET k");
    int64_t took_ms = mono_ms_until(start, clock_mono());
    bool connected = redis_connected(r);
    redis_destroy(r);
    hostile_stop(&h);
    assert_false(ok);
    assert_false(connected);
    assert_in_range(took_ms, 0, timeout_ms + SLEEPY_MS);
    assert_non_null(strstr(err.text, "redis://127.0.0.1:"));
    return err;
}

static struct err call(misbehave_fn *misbehave, bool greets)
{
    return call_within(misbehave, greets, PATIENCE_MS);
}

static struct err call_in_vain(misbehave_fn *misbehave, bool greets)
{
    return call_within(misbehave, greets, TIMEOUT_MS);
}

static void assert_err(struct err err, enum err_code code, const char *text)
{
    if (err.code != code || !strstr(err.text, text)) {
        fail_msg("code %d: %s", (int)err.code, err.text);
    }
}

static bool reset_mid_reply(int fd)
{
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    (void)send_text(fd, "$1000\r\nhalf");
    return false;
}

static bool truncate_reply(int fd)
{
    (void)send_text(fd, "*3\r\n$3\r\nabc\r\n");
    return false;
}

static bool say_nothing(int fd)
{
    (void)fd;
    return true;
}

static bool drip(int fd)
{
    bool open = send_text(fd, "$1000000\r\n");
    while (open) {
        open = send_text(fd, "x");
        (void)poll(NULL, 0, 5);
    }
    return false;
}

static bool drip_a_line(int fd)
{
    bool open = send_text(fd, "+");
    while (open) {
        open = send_text(fd, "x");
        (void)poll(NULL, 0, 5);
    }
    return false;
}

static bool nest(int fd)
{
    for (int i = 0; i < 100000; i++) {
        if (!send_text(fd, "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n")) {
            return false;
        }
    }
    return true;
}

static bool flood(int fd)
{
    char bytes[65536] = { 0 };
    bool open = send_text(fd, "$2000000000\r\n");
    while (open) {
        open = send(fd, bytes, sizeof bytes, MSG_NOSIGNAL) > 0;
    }
    return false;
}

static bool promise_much(int fd)
{
    return send_text(fd, "*2147483647\r\n");
}

static bool talk_http(int fd)
{
    return send_text(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
}

static bool chatter(int fd)
{
    return send_text(fd, "$1\r\nv\r\n$1\r\nw\r\n");
}

static bool turn_away(int fd)
{
    (void)send_text(fd, "-ERR max number of clients reached\r\n");
    return false;
}

static void call_reset_mid_reply_is_told(void **state)
{
    (void)state;
    assert_err(call(reset_mid_reply, true), ERR_CONNECTION, "");
    assert_err(call(reset_mid_reply, false), ERR_CONNECTION, "");
}

static void call_truncated_reply_is_told(void **state)
{
    (void)state;
    assert_err(call(truncate_reply, true), ERR_CONNECTION, "closed the connection");
}

static void call_silence_ends_at_the_deadline(void **state)
{
    (void)state;
    assert_err(call_in_vain(say_nothing, true), ERR_TIMEOUT, "timed out");
    assert_err(call_in_vain(say_nothing, false), ERR_TIMEOUT, "timed out");
}

static void call_dripping_reply_ends_at_the_deadline(void **state)
{
    (void)state;
    assert_err(call_in_vain(drip, true), ERR_TIMEOUT, "timed out");
    assert_err(call_in_vain(drip_a_line, true), ERR_TIMEOUT, "timed out");
    assert_err(call_in_vain(drip, false), ERR_TIMEOUT, "timed out");
}

static void call_nested_bomb_is_refused(void **state)
{
    (void)state;
    assert_err(call(nest, true), ERR_PROTOCOL, "nested");
}

static void call_flood_is_refused(void **state)
{
    (void)state;
    assert_err(call(flood, true), ERR_PROTOCOL, "larger than allowed");
}

static void call_huge_array_is_refused(void **state)
{
    (void)state;
    assert_err(call(promise_much, true), ERR_PROTOCOL, "more elements");
}

static void call_other_protocol_is_refused(void **state)
{
    (void)state;
    assert_err(call(talk_http, true), ERR_PROTOCOL, "");
    assert_err(call(talk_http, false), ERR_PROTOCOL, "");
}

static void call_reply_too_many_is_refused(void **state)
{
    (void)state;
    assert_err(call(chatter, true), ERR_PROTOCOL, "nobody asked");
}

static void call_turned_away_says_why(void **state)
{
    (void)state;
    assert_err(call(turn_away, false), ERR_REMOTE, "max number of clients");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_reset_mid_reply_is_told),
        cmocka_unit_test(call_truncated_reply_is_told),
        cmocka_unit_test(call_silence_ends_at_the_deadline),
        cmocka_unit_test(call_dripping_reply_ends_at_the_deadline),
        cmocka_unit_test(call_nested_bomb_is_refused),
        cmocka_unit_test(call_flood_is_refused),
        cmocka_unit_test(call_huge_array_is_refused),
        cmocka_unit_test(call_other_protocol_is_refused),
        cmocka_unit_test(call_reply_too_many_is_refused),
        cmocka_unit_test(call_turned_away_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
