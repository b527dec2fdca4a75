/* SPDX-License-Identifier: MIT */
/* Against a real redis-server. */
#include "redis_server.h"

#include "redis.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TIMEOUT_MS = 2000, SHORT_MS = 300 };

struct fixture {
    struct redis_server server;
    struct redis_config cfg;
    struct redis *r;
    char port[8];
};

static int start(void **state, const char *const *extra)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct err err = { 0 };
    if (!f || !redis_server_start(&f->server, extra, &err)) {
        print_error("%s\n", err.text);
        return -1;
    }
    f->cfg.timeout_ms = TIMEOUT_MS;
    *state = f;
    return redis_parse_url(f->server.url, &f->cfg, NULL) ? 0 : -1;
}

static int setup(void **state)
{
    int failed = start(state, NULL);
    if (!failed) {
        struct fixture *f = *state;
        f->r = redis_create(&f->cfg);
    }
    return failed;
}

static int setup_password(void **state)
{
    static const char *const extra[] = { "--requirepass", "s3cret", "--user", "joe",   "on",
                                         ">his",          "~*",     "+@all",  "-ping", NULL };
    return start(state, extra);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    redis_destroy(f->r);
    redis_server_stop(&f->server);
    free(f);
    return 0;
}

static struct redis *connect_with(struct fixture *f, const char *user, const char *password, int db)
{
    redis_destroy(f->r);
    snprintf(f->cfg.username, sizeof f->cfg.username, "%s", user);
    snprintf(f->cfg.password, sizeof f->cfg.password, "%s", password);
    f->cfg.db = db;
    return f->r = redis_create(&f->cfg);
}

static const struct reply *call(struct redis *r, const char *command)
{
    const struct reply *reply;
    struct err err = { 0 };
    if (!redis_call(r, &reply, &err, command)) {
        fail_msg("%s: %s", command, err.text);
    }
    return reply;
}

static bool works(struct redis *r)
{
    const struct reply *reply;
    return redis_call(r, &reply, NULL, "PING");
}

/* Calls until one succeeds; false after 60 s. */
static bool works_again(struct redis *r)
{
    struct mono deadline = mono_after_ms(clock_mono(), 60000);
    while (mono_ms_until(clock_mono(), deadline) > 0) {
        if (works(r)) {
            return true;
        }
        (void)poll(NULL, 0, 5);
    }
    return false;
}

static int64_t ms_since(struct mono start_time)
{
    return mono_ms_until(start_time, clock_mono());
}

static void connect_unix_socket_answers(void **state)
{
    struct fixture *f = *state;
    assert_false(redis_connected(f->r));
    assert_string_equal(call(f->r, "PING")->str, "PONG");
    assert_true(redis_connected(f->r));
    assert_int_equal(redis_connects(f->r), 1);
}

static void connect_tcp_by_name_and_by_number_answers(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    int port = redis_server_free_port();
    snprintf(f->port, sizeof f->port, "%d", port);
    const char *const extra[] = { "--port", f->port, NULL };
    assert_true(redis_server_start(&f->server, extra, NULL));
    static const char *const hosts[] = { "localhost", "127.0.0.1" };
    for (int i = 0; i < 2; i++) {
        struct redis_config cfg = { .port = port, .timeout_ms = TIMEOUT_MS };
        strcpy(cfg.host, hosts[i]);
        struct redis *r = redis_create(&cfg);
        assert_string_equal(call(r, "PING")->str, "PONG");
        redis_destroy(r);
    }
}

static void connect_nobody_there_says_where_and_why(void **state)
{
    (void)state;
    struct redis_config cfg = { .host = "127.0.0.1", .timeout_ms = TIMEOUT_MS };
    cfg.port = redis_server_free_port();
    struct redis *r = redis_create(&cfg);
    const struct reply *reply;
    struct err err = { 0 };
    assert_false(redis_call(r, &reply, &err, "PING"));
    assert_int_equal(err.code, ERR_CONNECTION);
    assert_non_null(strstr(err.text, "redis://127.0.0.1:"));
    assert_non_null(strstr(err.text, "Connection refused"));
    redis_destroy(r);
}

static void connect_while_backing_off_fails_at_once(void **state)
{
    (void)state;
    struct redis_config cfg = { .unix_path = "/nonexistent/redis.sock", .timeout_ms = TIMEOUT_MS };
    struct redis *r = redis_create(&cfg);
    struct err err = { 0 };
    const struct reply *reply;
    int64_t most_ms = 0;
    for (int i = 0; i < 3; i++) {
        while (redis_backoff_ms(r) > 0) {
            assert_false(redis_call(r, &reply, &err, "PING"));
            assert_non_null(strstr(err.text, "next try in"));
            assert_non_null(strstr(err.text, "No such file")); /* what the last try said */
            (void)poll(NULL, 0, 5);
        }
        assert_false(redis_call(r, &reply, &err, "PING"));
        assert_null(strstr(err.text, "next try in"));
        most_ms = redis_backoff_ms(r);
        assert_in_range(most_ms, (50 << i) - 5, 100 << i);
    }
    redis_reset(r);
    assert_int_equal(redis_backoff_ms(r), 0);
    redis_destroy(r);
}

static void auth_password_or_user_opens_the_server(void **state)
{
    struct fixture *f = *state;
    assert_true(works(connect_with(f, "", "s3cret", 0)));
    assert_true(works(connect_with(f, "default", "s3cret", 0)));
}

static void auth_user_who_may_not_ping_is_let_in(void **state)
{
    struct fixture *f = *state;
    struct redis *r = connect_with(f, "joe", "his", 0);
    assert_string_equal(call(r, "SET k v")->str, "OK");
}

static void assert_auth_refused(struct redis *r, const char *code)
{
    struct err err = { 0 };
    const struct reply *reply;
    assert_false(redis_call(r, &reply, &err, "GET k"));
    assert_int_equal(err.code, ERR_REMOTE);
    assert_non_null(strstr(err.text, code));
    assert_null(strstr(err.text, "wrong-one"));
    assert_true(redis_backoff_ms(r) > 0);
    assert_false(redis_connected(r));
}

static void auth_refused_says_so_without_the_password(void **state)
{
    struct fixture *f = *state;
    assert_auth_refused(connect_with(f, "", "wrong-one", 0), "WRONGPASS");
    assert_auth_refused(connect_with(f, "nobody", "wrong-one", 0), "WRONGPASS");
    assert_auth_refused(connect_with(f, "", "", 0), "NOAUTH");
}

static void auth_password_set_right_later_is_tried_again(void **state)
{
    struct fixture *f = *state;
    struct redis *admin = connect_with(f, "", "s3cret", 0);
    f->r = NULL;
    struct redis *r = connect_with(f, "", "new", 0);
    assert_false(works(r));
    call(admin, "CONFIG SET requirepass new");
    assert_true(works_again(r));
    redis_destroy(admin);
}

static void select_db_keeps_databases_apart(void **state)
{
    struct fixture *f = *state;
    call(connect_with(f, "", "", 3), "SET k three");
    assert_int_equal(call(connect_with(f, "", "", 0), "GET k")->type, REPLY_NIL);
    assert_string_equal(call(connect_with(f, "", "", 3), "GET k")->str, "three");
}

static void select_db_out_of_range_is_refused(void **state)
{
    struct fixture *f = *state;
    struct err err = { 0 };
    const struct reply *reply;
    assert_false(redis_call(connect_with(f, "", "", 99), &reply, &err, "PING"));
    assert_non_null(strstr(err.text, "DB index"));
}

static void exec_nothing_queued_gives_nothing(void **state)
{
    struct fixture *f = *state;
    const struct reply *replies;
    size_t n = 9;
    assert_true(redis_exec(f->r, &replies, &n, NULL));
    assert_int_equal(n, 0);
    assert_false(redis_connected(f->r));
}

static void exec_ten_thousand_commands_give_as_many_replies(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 10000; i++) {
        assert_true(redis_queuef(f->r, NULL, "ECHO %d", i));
    }
    const struct reply *replies;
    size_t n;
    assert_true(redis_exec(f->r, &replies, &n, NULL));
    assert_int_equal(n, 10000);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(atoi(replies[i].str), i);
    }
}

/* More in both directions at once than all socket buffers hold. */
static void exec_pipeline_larger_than_the_buffers_does_not_deadlock(void **state)
{
    struct fixture *f = *state;
    enum { BYTES = 400 * 1000, COMMANDS = 100 };
    char *big = malloc(BYTES);
    memset(big, 'x', BYTES);
    for (int i = 0; i < COMMANDS; i++) {
        assert_true(redis_queuef(f->r, NULL, "ECHO %b", big, (size_t)BYTES));
    }
    const struct reply *replies;
    size_t n;
    struct err err = { 0 };
    if (!redis_exec(f->r, &replies, &n, &err)) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(replies[COMMANDS - 1].len, BYTES);
    assert_memory_equal(replies[COMMANDS - 1].str, big, BYTES);
    free(big);
}

static void exec_error_reply_is_no_failure(void **state)
{
    struct fixture *f = *state;
    const struct reply *replies;
    size_t n;
    assert_true(redis_queuef(f->r, NULL, "SET k text"));
    assert_true(redis_queuef(f->r, NULL, "LPUSH k x"));
    assert_true(redis_queuef(f->r, NULL, "GET k"));
    assert_true(redis_exec(f->r, &replies, &n, NULL));
    assert_int_equal(n, 3);
    assert_int_equal(replies[1].type, REPLY_ERROR);
    assert_string_equal(replies[2].str, "text");
}

static void call_error_reply_is_a_failure_with_its_text(void **state)
{
    struct fixture *f = *state;
    const struct reply *reply;
    struct err err = { 0 };
    assert_false(redis_call(f->r, &reply, &err, "NOSUCH"));
    assert_int_equal(err.code, ERR_REMOTE);
    assert_non_null(strstr(err.text, "unknown command"));
    assert_true(redis_connected(f->r));
}

static void slowest_is_the_longest_wait_since_it_was_asked(void **state)
{
    struct fixture *f = *state;
    (void)call(f->r, "PING");
    (void)call(f->r, "BLPOP nothing 0.2");
    (void)call(f->r, "PING");
    assert_true(redis_slowest_ms(f->r) >= 190);
    assert_int_equal(redis_slowest_ms(f->r), 0);
}

static void exec_transaction_answers_all_at_once(void **state)
{
    struct fixture *f = *state;
    const struct reply *replies;
    size_t n;
    static const char *const commands[] = { "MULTI", "SET a 1", "INCR a", "EXEC" };
    for (size_t i = 0; i < 4; i++) {
        assert_true(redis_queuef(f->r, NULL, commands[i]));
    }
    assert_true(redis_exec(f->r, &replies, &n, NULL));
    assert_string_equal(replies[1].str, "QUEUED");
    assert_int_equal(replies[3].n, 2);
    assert_int_equal(replies[3].items[1].integer, 2);
}

static void exec_server_killed_and_restarted_reconnects(void **state)
{
    struct fixture *f = *state;
    assert_true(works(f->r));
    redis_server_kill(&f->server);
    struct err err = { 0 };
    const struct reply *reply;
    assert_false(redis_call(f->r, &reply, &err, "PING"));
    assert_int_equal(err.code, ERR_CONNECTION);
    assert_true(redis_server_restart(&f->server, NULL));
    assert_true(works_again(f->r));
    assert_int_equal(redis_connects(f->r), 2);
}

static void exec_connection_lost_while_idle_is_replaced_silently(void **state)
{
    struct fixture *f = *state;
    assert_true(works(f->r));
    assert_true(redis_server_restart(&f->server, NULL));
    assert_true(works(f->r));
    assert_int_equal(redis_connects(f->r), 2);
}

static void exec_same_on_a_lost_connection_fails(void **state)
{
    struct fixture *f = *state;
    call(f->r, "WATCH k");
    assert_true(redis_server_restart(&f->server, NULL));
    const struct reply *replies;
    size_t n;
    struct err err = { 0 };
    assert_true(redis_queuef(f->r, NULL, "PING"));
    assert_false(redis_exec_same(f->r, &replies, &n, &err));
    assert_int_equal(err.code, ERR_CONNECTION);
    assert_true(works_again(f->r));
}

static void assert_times_out(struct redis *r)
{
    struct mono start_time = clock_mono();
    const struct reply *reply;
    struct err err = { 0 };
    assert_false(redis_call(r, &reply, &err, "GET k"));
    assert_int_equal(err.code, ERR_TIMEOUT);
    assert_in_range(ms_since(start_time), SHORT_MS, SHORT_MS * 3 / 2);
    assert_false(redis_connected(r));
}

static void exec_server_paused_ends_at_the_deadline(void **state)
{
    struct fixture *f = *state;
    f->cfg.timeout_ms = SHORT_MS;
    struct redis *r = connect_with(f, "", "", 0);
    call(r, "CLIENT PAUSE 60000 ALL");
    assert_times_out(r);
}

static void exec_server_stopped_ends_at_the_deadline_and_recovers(void **state)
{
    struct fixture *f = *state;
    f->cfg.timeout_ms = SHORT_MS;
    struct redis *r = connect_with(f, "", "", 0);
    assert_true(works(r));
    kill(f->server.pid, SIGSTOP);
    assert_times_out(r);
    while (redis_backoff_ms(r) > 0) {
        (void)poll(NULL, 0, 5);
    }
    assert_times_out(r); /* connecting to it */
    kill(f->server.pid, SIGCONT);
    assert_true(works_again(r));
}

/* ---- a call in two halves ---- */

static void start_then_finish_gives_the_replies_in_order(void **state)
{
    struct fixture *f = *state;
    const struct reply *replies;
    size_t n;
    assert_true(redis_queuef(f->r, NULL, "SET k v"));
    assert_true(redis_queuef(f->r, NULL, "GET k"));
    assert_true(redis_start(f->r, NULL));
    assert_true(redis_queuef(f->r, NULL, "GET other"));
    assert_true(redis_finish(f->r, &replies, &n, NULL));
    assert_int_equal(n, 2);
    assert_string_equal(replies[1].str, "v");
    assert_true(redis_exec(f->r, &replies, &n, NULL));
    assert_int_equal(n, 1);
    assert_int_equal(replies[0].type, REPLY_NIL);
}

static void start_connects_anew_where_start_same_does_not(void **state)
{
    struct fixture *f = *state;
    const struct reply *replies;
    size_t n;
    struct err err = { 0 };
    assert_true(works(f->r));
    assert_true(redis_server_restart(&f->server, NULL));
    assert_true(redis_queuef(f->r, NULL, "PING"));
    assert_true(redis_start(f->r, NULL));
    assert_true(redis_finish(f->r, &replies, &n, NULL));
    assert_int_equal(redis_connects(f->r), 2);
    assert_true(redis_server_restart(&f->server, NULL));
    assert_true(redis_queuef(f->r, NULL, "PING"));
    assert_false(redis_start_same(f->r, &err));
    assert_int_equal(err.code, ERR_CONNECTION);
    assert_true(works_again(f->r));
}

static void start_while_backing_off_fails_at_once(void **state)
{
    struct fixture *f = *state;
    struct err err = { 0 };
    redis_server_kill(&f->server);
    assert_true(redis_queuef(f->r, NULL, "PING"));
    assert_false(redis_start(f->r, NULL));
    assert_true(redis_queuef(f->r, NULL, "PING"));
    assert_false(redis_start(f->r, &err));
    assert_non_null(strstr(err.text, "next try in"));
    assert_true(redis_server_restart(&f->server, NULL));
    assert_true(works_again(f->r));
}

static void pump_sends_what_the_socket_did_not_take(void **state)
{
    enum { BYTES = 4 << 20 };
    struct fixture *f = *state;
    struct redis *other = redis_create(&f->cfg);
    const struct reply *replies;
    size_t n;
    char *value = malloc(BYTES);
    memset(value, 'x', BYTES);
    assert_true(works(f->r));
    assert_true(redis_queuef(f->r, NULL, "SET k %b", value, (size_t)BYTES));
    assert_true(redis_start(f->r, NULL));
    struct mono start_time = clock_mono();
    while (call(other, "STRLEN k")->integer != BYTES && ms_since(start_time) < TIMEOUT_MS) {
        redis_pump(f->r);
    }
    assert_int_equal(call(other, "STRLEN k")->integer, BYTES);
    assert_true(redis_finish(f->r, &replies, &n, NULL));
    free(value);
    redis_destroy(other);
}

static void abandon_forgets_what_was_started_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    assert_true(works(f->r));
    redis_abandon(f->r);
    assert_true(redis_connected(f->r));
    assert_true(redis_queuef(f->r, NULL, "GET k"));
    assert_true(redis_start(f->r, NULL));
    redis_abandon(f->r);
    assert_false(redis_connected(f->r));
    assert_int_equal(redis_backoff_ms(f->r), 0);
    assert_true(works(f->r));
}

static void *set_soon(void *flag)
{
    (void)poll(NULL, 0, 30);
    atomic_store((atomic_bool *)flag, true);
    return NULL;
}

static void exec_cancelled_ends_soon_and_works_again_afterwards(void **state)
{
    struct fixture *f = *state;
    atomic_bool cancel = false;
    redis_set_cancel(f->r, &cancel);
    pthread_t thread;
    const struct reply *reply;
    struct err err = { 0 };
    struct mono start_time = clock_mono();
    assert_int_equal(pthread_create(&thread, NULL, set_soon, &cancel), 0);
    assert_false(redis_call(f->r, &reply, &err, "BLPOP nothing 60"));
    assert_int_equal(err.code, ERR_CANCELLED);
    assert_in_range(ms_since(start_time), 0, 500);
    pthread_join(thread, NULL);
    atomic_store(&cancel, false);
    assert_int_equal(redis_backoff_ms(f->r), 0);
    assert_true(redis_call(f->r, &reply, NULL, "PING"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define WITH_PASSWORD(test) cmocka_unit_test_setup_teardown(test, setup_password, teardown)
        WITH_SERVER(connect_unix_socket_answers),
        cmocka_unit_test_teardown(connect_tcp_by_name_and_by_number_answers, teardown),
        cmocka_unit_test(connect_nobody_there_says_where_and_why),
        cmocka_unit_test(connect_while_backing_off_fails_at_once),
        WITH_PASSWORD(auth_password_or_user_opens_the_server),
        WITH_PASSWORD(auth_user_who_may_not_ping_is_let_in),
        WITH_PASSWORD(auth_refused_says_so_without_the_password),
        WITH_PASSWORD(auth_password_set_right_later_is_tried_again),
        WITH_SERVER(select_db_keeps_databases_apart),
        WITH_SERVER(select_db_out_of_range_is_refused),
        WITH_SERVER(exec_nothing_queued_gives_nothing),
        WITH_SERVER(exec_ten_thousand_commands_give_as_many_replies),
        WITH_SERVER(exec_pipeline_larger_than_the_buffers_does_not_deadlock),
        WITH_SERVER(exec_error_reply_is_no_failure),
        WITH_SERVER(call_error_reply_is_a_failure_with_its_text),
        WITH_SERVER(slowest_is_the_longest_wait_since_it_was_asked),
        WITH_SERVER(exec_transaction_answers_all_at_once),
        WITH_SERVER(exec_server_killed_and_restarted_reconnects),
        WITH_SERVER(exec_connection_lost_while_idle_is_replaced_silently),
        WITH_SERVER(exec_same_on_a_lost_connection_fails),
        WITH_SERVER(exec_server_paused_ends_at_the_deadline),
        WITH_SERVER(exec_server_stopped_ends_at_the_deadline_and_recovers),
        WITH_SERVER(start_then_finish_gives_the_replies_in_order),
        WITH_SERVER(start_connects_anew_where_start_same_does_not),
        WITH_SERVER(start_while_backing_off_fails_at_once),
        WITH_SERVER(pump_sends_what_the_socket_did_not_take),
        WITH_SERVER(abandon_forgets_what_was_started_and_nothing_else),
        WITH_SERVER(exec_cancelled_ends_soon_and_works_again_afterwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
