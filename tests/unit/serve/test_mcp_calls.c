/* SPDX-License-Identifier: MIT */
/* Tool calls through a server over a Redis of the test's own. */
#include "check.h"
#include "client.h"
#include "clock.h"
#include "private_redis.h"
#include "sample.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { PATIENCE_MS = 60000 };
enum { REDIS_MS = 10 * PATIENCE_MS }; /* who waits for a Redis that stalls waits too long */

static struct client c;

static int start_redis(void **state)
{
    (void)server_start(state);
    struct answer a = sample_answer_at(clock_now().wall_ns);
    private_redis_store(&server, &a, STORE_ALL);
    answer_fini(&a);
    return 0;
}

static int start(void **state)
{
    (void)state;
    struct mcp_config cfg = {
        .query = { .redis = server.config, .keys = server.keys, .warmup_ms = 100 },
        .history_max_s = 3600
    };
    cfg.query.redis.timeout_ms = REDIS_MS;
    client_start(&c, &cfg);
    client_expect_in(&c, SPEAK("2025-11-25"), "2025-11-25");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    (void)kill(server.pid, SIGCONT);
    client_stop(&c);
    return 0;
}

static void mcp_call_answers_with_the_xml_as_text(void **state)
{
    (void)state;
    client_say(&c, CALL("1", "{\"ticker\":\"SPY\"}"));
    const char *heard = client_hear(&c, PATIENCE_MS);
    assert_non_null(heard);
    assert_ptr_equal(strstr(heard, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{"
                                   "\"type\":\"text\",\"text\":\"<order_flow_data ticker=\\\"SPY"),
                     heard);
    assert_non_null(strstr(heard, "<detected_patterns"));
    assert_null(strstr(heard, "isError"));
    assert_null(strstr(heard, "resultType"));
}

static void mcp_modern_call_has_the_modern_envelope_and_no_cache_fields(void **state)
{
    (void)state;
    client_say(&c, "{\"jsonrpc\":\"2.0\",\"id\":\"m\",\"method\":\"tools/call\",\"params\":{" META
                   ",\"name\":\"analyze_order_flow\",\"arguments\":{\"ticker\":\"SPY\","
                   "\"include_patterns\":false}}}");
    const char *heard = client_hear(&c, PATIENCE_MS);
    assert_non_null(heard);
    assert_non_null(strstr(heard, "\"result\":{\"resultType\":\"complete\",\"content\""));
    assert_non_null(strstr(heard, "\"_meta\":{\"io.modelcontextprotocol/serverInfo\""));
    assert_null(strstr(heard, "ttlMs"));
    assert_null(strstr(heard, "<detected_patterns"));
}

static void mcp_call_of_unknown_tool_or_malformed_is_a_protocol_error(void **state)
{
    (void)state;
    static const char head[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":";
    static const char *const params[] = {
        "{\"name\":\"nope\"}",
        "{}",
        "{\"name\":7}",
        "{\"name\":\"analyze_order_flow\",\"arguments\":[1]}",
        "{\"name\":\"analyze_order_flow\",\"arguments\":\"x\"}",
    };
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++) {
        char line[256];
        (void)snprintf(line, sizeof line, "%s%s}", head, params[i]);
        client_expect_in(&c, line, "\"id\":1,\"error\":{\"code\":-32602,");
    }
}

static void mcp_call_with_bad_arguments_says_what_is_right(void **state)
{
    (void)state;
    static const struct {
        const char *say, *part;
    } bad[] = {
        { CALL("1", "{}"), "ticker is required" },
        { CALL("1", "{\"ticker\":7}"), "ticker must be a string" },
        { CALL("1", "{\"ticker\":\"SPY\",\"include_patterns\":\"yes\"}"), "true or false" },
        { CALL("1", "{\"ticker\":\"SPY\",\"depth\":5}"),
          "unknown argument; it takes ticker, history, include_patterns" },
        { CALL("1", "{\"ticker\":\"SPY\",\"history\":\"soon\"}"), "5mins" },
        { CALL("1", "{\"ticker\":\"SPY\",\"history\":\"2h\"}"), "3600 s" },
        { CALL("1", "{\"ticker\":\"S P\"}"), "is not a ticker" },
        { CALL("1", "{\"ticker\":\"SPY\\u0000\"}"), "is not a ticker" },
        { CALL("1", "{\"ticker\":\"NOPE\"}"), "<suggestions>SPY</suggestions>" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        client_say(&c, bad[i].say);
        const char *heard = client_hear(&c, PATIENCE_MS);
        assert_non_null(heard);
        if (strstr(heard, bad[i].part) == NULL || strstr(heard, "\"isError\":true") == NULL) {
            fail_msg("said %s\nheard %s\nwithout %s", bad[i].say, heard, bad[i].part);
        }
    }
}

static void mcp_calls_in_flight_are_all_answered(void **state)
{
    (void)state;
    bool seen[100] = { false };
    for (int i = 0; i < 100; i++) {
        char line[256];
        (void)snprintf(line, sizeof line, CALL("%d", "{\"ticker\":\"spy\"}"), i);
        client_say(&c, line);
    }
    for (int i = 0; i < 100; i++) {
        int id = -1;
        const char *heard = client_hear(&c, PATIENCE_MS);
        assert_non_null(heard);
        assert_int_equal(sscanf(heard, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\"", &id), 1);
        assert_true(id >= 0 && id < 100 && !seen[id]);
        seen[id] = true;
    }
}

/* ---- a Redis that stalls ---- */

static void stall(void)
{
    (void)kill(server.pid, SIGSTOP);
}

static void go_on(void)
{
    (void)kill(server.pid, SIGCONT);
}

static void mcp_ping_is_answered_while_a_call_waits(void **state)
{
    (void)state;
    stall();
    client_say(&c, CALL("\"slow\"", "{\"ticker\":\"SPY\"}"));
    client_say(&c, CALL("1", "{\"ticker\":\"SPY\"}"));
    client_expect(&c, PING("2"), PONG("2"));
    client_expect_in(&c, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/list\"}",
                     "analyze_order_flow");
    go_on();
    assert_non_null(client_hear(&c, PATIENCE_MS));
    assert_non_null(client_hear(&c, PATIENCE_MS));
}

static void mcp_id_of_an_unanswered_call_cannot_be_used_again(void **state)
{
    (void)state;
    stall();
    client_say(&c, CALL("\"a\"", "{\"ticker\":\"SPY\"}"));
    client_expect_in(&c, PING("\"\\u0061\""), "\"error\":{\"code\":-32600,");
    go_on();
    assert_non_null(client_hear(&c, PATIENCE_MS));
    client_expect(&c, PING("\"a\""), PONG("\"a\""));
}

static void mcp_cancelled_call_is_never_answered(void **state)
{
    (void)state;
    stall();
    client_say(&c, CALL("7", "{\"ticker\":\"SPY\"}"));
    client_expect_silence(&c, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                              "\"params\":{\"requestId\":7,\"reason\":\"test\"}}");
    go_on();
    client_expect_in(&c, CALL("8", "{\"ticker\":\"SPY\"}"), "\"id\":8,\"result\"");
    client_end_input(&c);
    assert_null(client_hear(&c, PATIENCE_MS));
}

static void mcp_cancelled_call_frees_its_thread_while_redis_stalls(void **state)
{
    (void)state;
    stall();
    for (int i = 0; i < 20; i++) {
        char line[256];
        (void)snprintf(line, sizeof line, CALL("%d", "{\"ticker\":\"SPY\"}"), i);
        client_say(&c, line);
    }
    for (int i = 0; i < 20; i++) {
        char line[256];
        (void)snprintf(line, sizeof line,
                       "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                       "\"params\":{\"requestId\":%d}}",
                       i);
        client_say(&c, line);
    }
    client_expect_in(&c, CALL("99", "{}"), "\"id\":99,\"result\"");
}

static void mcp_more_calls_than_fit_are_refused_at_once(void **state)
{
    (void)state;
    stall();
    for (int i = 0; i < 256; i++) {
        char line[256];
        (void)snprintf(line, sizeof line, CALL("%d", "{\"ticker\":\"SPY\"}"), i);
        client_say(&c, line);
    }
    client_expect_in(&c, CALL("999", "{\"ticker\":\"SPY\"}"), "Too many calls at once");
}

static void mcp_batch_with_a_call_is_one_line_when_all_is_there(void **state)
{
    (void)state;
    client_expect_in(&c, SPEAK("2025-03-26"), "2025-03-26");
    stall();
    client_say(&c, "[" CALL("1", "{\"ticker\":\"SPY\"}") "," PING("2") "," CALL(
                       "3", "{\"ticker\":\"SPY\"}") "]");
    client_expect_silence(&c, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                              "\"params\":{\"requestId\":3}}");
    go_on();
    const char *heard = client_hear(&c, PATIENCE_MS);
    assert_non_null(heard);
    assert_ptr_equal(strstr(heard, "[" PONG("2") ",{\"jsonrpc\":\"2.0\",\"id\":1,\"result\""),
                     heard);
    assert_null(strstr(heard, "\"id\":3"));
    assert_int_equal(heard[strlen(heard) - 1], ']');
}

/* ---- the end ---- */

static void mcp_end_of_input_finishes_the_calls_already_read(void **state)
{
    (void)state;
    client_say(&c, CALL("1", "{\"ticker\":\"SPY\"}"));
    client_say(&c, CALL("2", "{\"ticker\":\"SPY\"}"));
    client_end_input(&c);
    assert_non_null(client_hear(&c, PATIENCE_MS));
    assert_non_null(client_hear(&c, PATIENCE_MS));
    assert_null(client_hear(&c, PATIENCE_MS));
    assert_int_equal(client_exit_status(&c, PATIENCE_MS), 0);
}

static void mcp_end_of_input_while_redis_stalls_exits_all_the_same(void **state)
{
    (void)state;
    stall();
    client_say(&c, CALL("1", "{\"ticker\":\"SPY\"}"));
    client_expect(&c, PING("2"), PONG("2"));
    client_end_input(&c);
    assert_int_equal(client_exit_status(&c, PATIENCE_MS), 0);
}

static void mcp_sigterm_while_redis_stalls_exits_all_the_same(void **state)
{
    (void)state;
    stall();
    client_say(&c, CALL("1", "{\"ticker\":\"SPY\"}"));
    client_expect(&c, PING("2"), PONG("2"));
    (void)kill(c.pid, SIGTERM);
    assert_int_equal(client_exit_status(&c, PATIENCE_MS), 0);
}

/* ---- the engine ---- */

static pthread_mutex_t inside = PTHREAD_MUTEX_INITIALIZER;

static bool count_entries(void *ctx, struct err *err)
{
    (void)ctx;
    if (pthread_mutex_trylock(&inside) != 0) {
        return err_set(err, ERR_SYSTEM, "two at once");
    }
    struct mono until = mono_after_ms(clock_mono(), 5);
    while (mono_ms_until(clock_mono(), until) > 0) {
    }
    (void)pthread_mutex_unlock(&inside);
    return err_set(err, ERR_SYSTEM, "one at a time");
}

static void mcp_engine_is_asked_for_by_one_thread_at_a_time(void **state)
{
    (void)state;
    client_stop(&c);
    struct mcp_config cfg = { .query = { .redis = server.config,
                                         .keys = { .prefix = "other" },
                                         .warmup_ms = 100,
                                         .ensure_engine = count_entries },
                              .history_max_s = 3600 };
    struct private_redis other = server;
    other.keys = cfg.query.keys;
    struct answer a = sample_answer_at(clock_now().wall_ns);
    private_redis_store(&other, &a, STORE_QUOTES);
    answer_fini(&a);
    client_start(&c, &cfg);
    client_expect_in(&c, SPEAK("2025-11-25"), "2025-11-25");
    for (int i = 0; i < 40; i++) {
        client_say(&c, i % 2 == 0 ? CALL("1", "{\"ticker\":\"SPY\"}")
                                  : CALL("2", "{\"ticker\":\"SPY\"}"));
        client_say(&c, i % 2 == 0 ? CALL("3", "{\"ticker\":\"SPY\"}")
                                  : CALL("4", "{\"ticker\":\"SPY\"}"));
        for (int k = 0; k < 2; k++) {
            const char *heard = client_hear(&c, PATIENCE_MS);
            assert_non_null(heard);
            assert_non_null(strstr(heard, "one at a time"));
        }
    }
}

int main(void)
{
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(mcp_call_answers_with_the_xml_as_text),
        WITH_SERVER(mcp_modern_call_has_the_modern_envelope_and_no_cache_fields),
        WITH_SERVER(mcp_call_of_unknown_tool_or_malformed_is_a_protocol_error),
        WITH_SERVER(mcp_call_with_bad_arguments_says_what_is_right),
        WITH_SERVER(mcp_calls_in_flight_are_all_answered),
        WITH_SERVER(mcp_ping_is_answered_while_a_call_waits),
        WITH_SERVER(mcp_id_of_an_unanswered_call_cannot_be_used_again),
        WITH_SERVER(mcp_cancelled_call_is_never_answered),
        WITH_SERVER(mcp_cancelled_call_frees_its_thread_while_redis_stalls),
        WITH_SERVER(mcp_more_calls_than_fit_are_refused_at_once),
        WITH_SERVER(mcp_batch_with_a_call_is_one_line_when_all_is_there),
        WITH_SERVER(mcp_end_of_input_finishes_the_calls_already_read),
        WITH_SERVER(mcp_end_of_input_while_redis_stalls_exits_all_the_same),
        WITH_SERVER(mcp_sigterm_while_redis_stalls_exits_all_the_same),
        WITH_SERVER(mcp_engine_is_asked_for_by_one_thread_at_a_time),
    };
    return cmocka_run_group_tests(tests, start_redis, server_stop);
}
