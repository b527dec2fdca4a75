/* SPDX-License-Identifier: MIT */
/* The bell against a real redis-server, and where replies end. */
#include "redis_server.h"

#include "redis_bell.h"
#include "resp_skip.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PATIENCE_MS = 20000 };

struct fixture {
    struct redis_server server;
    struct redis_config cfg;
    struct redis *r;
    struct bell *bell;
    int rings;
    char channel[64];
    bool strange; /* rung by a channel that it was not to hear */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct err err = { 0 };
    if (!f || !redis_server_start(&f->server, NULL, &err) ||
        !redis_parse_url(f->server.url, &f->cfg, &err)) {
        print_error("%s\n", err.text);
        return -1;
    }
    f->cfg.timeout_ms = 2000;
    f->r = redis_create(&f->cfg);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    bell_destroy(f->bell);
    redis_destroy(f->r);
    redis_server_stop(&f->server);
    free(f);
    return 0;
}

static void on_ring(void *ctx, const char *channel, size_t n)
{
    struct fixture *f = ctx;
    f->rings++;
    if (channel != NULL) {
        (void)snprintf(f->channel, sizeof f->channel, "%.*s", (int)n, channel);
        f->strange = f->strange || strncmp(f->channel, "of:channel:", 11) != 0;
    }
}

/* Steps until this news comes, or so many rings. */
static void step_until(struct fixture *f, enum bell_news news, int rings)
{
    struct mono until = mono_after_ms(clock_mono(), PATIENCE_MS);
    for (;;) {
        struct err err = { 0 };
        enum bell_news had = bell_step(f->bell, clock_mono(), on_ring, f, &err);
        if (had == news && f->rings >= rings) {
            return;
        }
        if (mono_ms_until(clock_mono(), until) <= 0) {
            fail_msg("news %d, %d rings: %s", had, f->rings, err.text);
        }
        struct pollfd p = { .fd = bell_fd(f->bell), .events = POLLIN };
        (void)poll(&p, 1, 10);
    }
}

static void send_command(struct fixture *f, const char *command)
{
    const struct reply *reply;
    struct err err = { 0 };
    if (!redis_call(f->r, &reply, &err, command)) {
        fail_msg("%s: %s", command, err.text);
    }
}

static void rung_by_channels(void **state)
{
    struct fixture *f = *state;
    f->bell = bell_on_channels(&f->cfg, "of:channel:*");
    step_until(f, BELL_OPENED, 0);
    /* The subscription may still be on its way: it is, once one message comes through. */
    for (int i = 0; i < PATIENCE_MS && f->rings == 0; i++) {
        send_command(f, "PUBLISH of:channel:SPY x");
        step_until(f, BELL_QUIET, 0);
    }
    assert_string_equal(f->channel, "of:channel:SPY");
    send_command(f, "PUBLISH of:other:SPY x");
    send_command(f, "PUBLISH of:channel:QQQ y");
    while (strcmp(f->channel, "of:channel:QQQ") != 0) {
        step_until(f, BELL_QUIET, f->rings);
    }
    assert_false(f->strange);
}

static void rung_by_one_channel(void **state)
{
    struct fixture *f = *state;
    f->bell = bell_on_channel(&f->cfg, "of:channel:*"); /* no pattern: a name */
    step_until(f, BELL_OPENED, 0);
    for (int i = 0; i < PATIENCE_MS && f->rings == 0; i++) {
        send_command(f, "PUBLISH of:channel:SPY x");
        send_command(f, "PUBLISH of:channel:* x");
        step_until(f, BELL_QUIET, 0);
    }
    assert_string_equal(f->channel, "of:channel:*");
}

static void comes_back(void **state)
{
    struct fixture *f = *state;
    f->bell = bell_on_channels(&f->cfg, "of:channel:*");
    step_until(f, BELL_OPENED, 0);
    redis_server_kill(&f->server);
    step_until(f, BELL_AWAY, 0);
    assert_int_equal(bell_fd(f->bell), -1);
    assert_true(redis_server_restart(&f->server, NULL));
    step_until(f, BELL_OPENED, 0);
}

static void rung_by_a_stream(void **state)
{
    struct fixture *f = *state;
    f->bell = bell_on_stream(&f->cfg, "of:firehose");
    step_until(f, BELL_OPENED, 0);
    send_command(f, "XADD of:firehose 5-1 q a");
    bell_arm(f->bell, "0-0", clock_mono()); /* an entry that is there already */
    step_until(f, BELL_QUIET, 1);
    bell_arm(f->bell, "5-1", clock_mono());
    bell_arm(f->bell, "5-1", clock_mono()); /* it waits already */
    send_command(f, "XADD of:firehose 5-2 q b");
    step_until(f, BELL_QUIET, 2);
    assert_int_equal(f->rings, 2);
    send_command(f, "SET of:firehose x");
    bell_arm(f->bell, "5-2", clock_mono());
    step_until(f, BELL_AWAY, 2); /* refused: of another type */
}

static void replies_end_where_they_end(void **state)
{
    (void)state;
    static const char *const whole[] = {
        "+OK\r\n",    "-ERR no\r\n",     ":12\r\n",
        "$-1\r\n",    "*-1\r\n",         "*0\r\n",
        "$0\r\n\r\n", "$3\r\na\r\n\r\n", "*2\r\n*1\r\n:1\r\n$2\r\nab\r\n"
    };
    static const char *const broken[] = { "?1\r\n",    "$x\r\n", "$-2\r\n", "*99999999999\r\n",
                                          "+a\rb\r\n", "\r\n",   "$\r\n" };
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        size_t n = strlen(whole[i]), length;
        char text[64];
        memcpy(text, whole[i], n);
        memcpy(text + n, "+next\r\n", 7);
        assert_int_equal(resp_length(text, n + 7, &length), RESP_WHOLE);
        assert_int_equal(length, n);
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(resp_length(text, k, &length), RESP_PART);
        }
    }
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        size_t length;
        assert_int_equal(resp_length(broken[i], strlen(broken[i]), &length), RESP_BROKEN);
    }
}

static void strings_of_a_flat_reply(void **state)
{
    (void)state;
    static const char text[] = "*3\r\n$2\r\nab\r\n$0\r\n\r\n$1\r\nc\r\n";
    static const char mixed[] = "*2\r\n$1\r\na\r\n:1\r\n";
    struct resp_string s[4];
    assert_int_equal(resp_strings(text, sizeof text - 1, s, 4), 3);
    assert_true(s[0].n == 2 && memcmp(s[0].p, "ab", 2) == 0 && s[1].n == 0 && *s[2].p == 'c');
    assert_int_equal(resp_strings(text, sizeof text - 1, s, 2), 2);
    assert_int_equal(resp_strings(mixed, sizeof mixed - 1, s, 4), 0);
    assert_int_equal(resp_strings(text, 12, s, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rung_by_channels, setup, teardown),
        cmocka_unit_test_setup_teardown(rung_by_one_channel, setup, teardown),
        cmocka_unit_test_setup_teardown(comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(rung_by_a_stream, setup, teardown),
        cmocka_unit_test(replies_end_where_they_end),
        cmocka_unit_test(strings_of_a_flat_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
