/* SPDX-License-Identifier: MIT */
/* Resources, subscriptions, prompts and completion through a server over a Redis of the test's own.
 */
#include "check.h"
#include "client.h"
#include "clock.h"
#include "private_redis.h"
#include "sample.h"
#include "tools.h"

#include <stdio.h>
#include <string.h>

enum { PATIENCE_MS = 60000 };

static struct client c;
static int ticks;

#define ASK(id, method, params) \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"" method "\",\"params\":{" params "}}"
#define READ(id, uri) ASK(id, "resources/read", "\"uri\":\"" uri "\"")
#define LISTEN(id, uris)            \
    ASK(id, "subscriptions/listen", \
        META ",\"notifications\":{\"resourceSubscriptions\":[" uris "]}")
#define UPDATED(uri)                                                                  \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\",\"params\":" \
    "{\"uri\":\"" uri "\"}}"
#define UPDATED_FOR(id, uri)                                                          \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\",\"params\":" \
    "{\"uri\":\"" uri "\",\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":" id "}}}"

static int start(void **state)
{
    (void)state;
    private_redis_flush(&server);
    struct answer a = sample_answer_at(clock_now().wall_ns);
    private_redis_store(&server, &a, STORE_ALL);
    answer_fini(&a);
    struct mcp_config cfg = {
        .query = { .redis = server.config, .keys = server.keys, .warmup_ms = 100 },
        .history_max_s = 3600
    };
    client_start(&c, &cfg);
    client_expect_in(&c, SPEAK("2025-11-25"), "\"subscribe\":true");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    client_stop(&c);
    return 0;
}

/* ---- reading ---- */

static void mcp_resources_are_listed_with_their_templates(void **state)
{
    (void)state;
    client_expect_in(&c, ASK("1", "resources/list", ""), "\"uri\":\"orderflow://detectors\"");
    client_expect_in(&c, ASK("2", "resources/templates/list", ""),
                     "\"uriTemplate\":\"orderflow://{ticker}/analysis\"");
    client_expect_in(&c, ASK("3", "resources/list", "\"cursor\":\"x\""), "-32602");
    client_expect_in(&c, ASK("4", "resources/list", META), "\"cacheScope\":\"public\"");
}

static void mcp_resources_are_read_in_both_eras(void **state)
{
    (void)state;
    client_expect_in(&c, READ("1", "orderflow://SPY/analysis"),
                     "{\"contents\":[{\"uri\":\"orderflow://SPY/analysis\",\"mimeType\":"
                     "\"application/xml\",\"text\":\"<order_flow_data ticker=\\\"SPY");
    client_expect_in(&c, READ("2", "orderflow://%53py/analysis"),
                     "<order_flow_data ticker=\\\"SPY");
    client_expect_in(&c, READ("3", "orderflow://spy/patterns"), "{\\\"ticker\\\":\\\"SPY\\\",");
    client_expect_in(&c, READ("4", "orderflow://detectors"), "\\\"reason\\\":\\\"crashed\\\"");
    client_expect_in(&c, READ("5", "orderflow://status"), "{\\\"serving\\\":true,");
    client_expect_in(&c, ASK("6", "resources/read", META ",\"uri\":\"orderflow://SPY/patterns\""),
                     "\"ttlMs\":0,\"cacheScope\":\"private\"");
}

static void mcp_what_is_not_there_is_not_found(void **state)
{
    (void)state;
    static const char *const uris[] = { "orderflow://NOPE/analysis",
                                        "orderflow://NOPE/patterns",
                                        "orderflow://S%20Y/analysis",
                                        "orderflow:///analysis",
                                        "orderflow://SPY",
                                        "orderflow://%5/analysis",
                                        "test://x",
                                        "" };
    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        char line[400], part[200];
        (void)snprintf(line, sizeof line, READ("1", "%s"), uris[i]);
        (void)snprintf(part, sizeof part,
                       "\"code\":-32002,\"message\":\"Resource not found\","
                       "\"data\":{\"uri\":\"%s\"}",
                       uris[i]);
        client_expect_in(&c, line, part);
        (void)snprintf(line, sizeof line, ASK("1", "resources/read", META ",\"uri\":\"%s\""),
                       uris[i]);
        client_expect_in(&c, line, "\"code\":-32602,\"message\":\"Resource not found\"");
    }
    client_expect_in(&c, ASK("1", "resources/read", "\"uri\":7"), "uri must be a string");
}

/* ---- subscriptions ---- */

/* The engine writes: the tick moves on, and one more thing with it. */
static void tick(const char *fmt, const char *key, const char *value)
{
    char text[32];
    private_redis_do(&server, fmt, key, value);
    (void)snprintf(text, sizeof text, "%d", 1000 + ticks++);
    private_redis_do(&server, "HSET %s tick_ms %s", "orderflow:state:SPY", text);
}

static void put_episode(const char *id, const char *state_name)
{
    char member[160];
    (void)snprintf(member, sizeof member, "{\"id\": \"%s\", \"state\": \"%s\"}", id, state_name);
    tick("ZADD %s 1900000000 %s", "orderflow:patterns:SPY", member);
}

static void hear(const char *want)
{
    const char *heard = client_hear(&c, PATIENCE_MS);
    assert_non_null(heard);
    assert_string_equal(heard, want);
}

/* What was stored when the thread first looked is no change; wait until it has. */
static void settle(void)
{
    struct mono until = mono_after_ms(clock_mono(), 400);
    while (mono_ms_until(clock_mono(), until) > 0) {
        client_expect(&c, PING("\"settle\""), PONG("\"settle\""));
    }
}

static void mcp_subscriber_is_told_of_starts_and_ends_once_a_second(void **state)
{
    (void)state;
    client_expect(&c, ASK("1", "resources/subscribe", "\"uri\":\"orderflow://spy/patterns\""),
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}");
    settle();
    struct mono from = clock_mono();
    put_episode("a", "active");
    hear(UPDATED("orderflow://spy/patterns"));
    private_redis_do(&server, "ZREM %s %s", "orderflow:patterns:SPY",
                     "{\"id\": \"a\", \"state\": \"active\"}");
    put_episode("a", "ended");
    put_episode("b", "active");
    hear(UPDATED("orderflow://spy/patterns"));
    assert_true(clock_mono().ns - from.ns >= NS_PER_S);
    /* pressure is no part of the patterns; a tick without change is none either */
    tick("HSET %s pressure %s", "orderflow:state:SPY", "{\"state\": \"SELLING\"}");
    assert_null(client_hear(&c, 1300));
    client_expect_in(&c, ASK("2", "resources/unsubscribe", "\"uri\":\"orderflow://spy/patterns\""),
                     "\"result\":{}");
    put_episode("c", "active");
    assert_null(client_hear(&c, 1300));
}

static void mcp_listener_is_told_what_it_asked_for_under_its_id(void **state)
{
    (void)state;
    client_expect(&c,
                  LISTEN("\"L\"", "\"orderflow://SPY/analysis\",\"nope://x\","
                                  "\"orderflow://detectors\",\"orderflow://SPY/analysis\""),
                  "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\","
                  "\"params\":{\"notifications\":{\"resourceSubscriptions\":["
                  "\"orderflow://SPY/analysis\",\"orderflow://detectors\"]},\"_meta\":{"
                  "\"io.modelcontextprotocol/subscriptionId\":\"L\"}}}");
    settle();
    tick("HSET %s pressure %s", "orderflow:state:SPY", "{\"state\": \"BUYING\", \"since_ms\": 1}");
    hear(UPDATED_FOR("\"L\"", "orderflow://SPY/analysis"));
    tick("HSET %s pressure %s", "orderflow:state:SPY", "{\"state\": \"BUYING\", \"since_ms\": 2}");
    private_redis_do(&server, "HSET %s absorption %s", "orderflow:detectors",
                     "{\"state\":\"busy\"}");
    assert_null(client_hear(&c, 1300));
    private_redis_do(&server, "HSET %s sweep %s", "orderflow:detectors",
                     "{\"state\":\"quarantined\"}");
    hear(UPDATED_FOR("\"L\"", "orderflow://detectors"));
    private_redis_do(&server, "HSET %s iceberg %s", "orderflow:detectors", "{\"state\":\"ready\"}");
    hear(UPDATED_FOR("\"L\"", "orderflow://detectors"));
    client_expect_silence(&c, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                              "\"params\":{\"requestId\":\"L\"}}");
    put_episode("d", "active");
    assert_null(client_hear(&c, 1300));
}

static void mcp_status_is_told_when_another_engine_serves(void **state)
{
    (void)state;
    client_expect_in(&c, LISTEN("1", "\"orderflow://status\""), "acknowledged");
    client_expect_in(&c, LISTEN("2", "\"orderflow://status\""), "acknowledged");
    settle();
    private_redis_do(&server, "SET %s %s", "orderflow:engine", "{\"id\":\"e2\",\"pid\":7}");
    const char *heard = client_hear(&c, PATIENCE_MS);
    assert_non_null(heard);
    assert_non_null(strstr(heard, "orderflow://status"));
    heard = client_hear(&c, PATIENCE_MS);
    assert_non_null(heard);
    assert_non_null(strstr(heard, "orderflow://status"));
}

static void mcp_subscriptions_are_capped_and_malformed_ones_refused(void **state)
{
    (void)state;
    client_expect_in(&c, ASK("1", "resources/subscribe", ""), "-32602");
    client_expect_in(&c, ASK("1", "resources/subscribe", "\"uri\":\"test://unknown\""),
                     "\"result\":{}");
    client_expect_in(&c, LISTEN("1", "7"), "-32602");
    client_expect_in(
        &c, ASK("1", "subscriptions/listen", META ",\"notifications\":{\"toolsListChanged\":1}"),
        "-32602");
    for (int i = 0; i < 64; i++) {
        char line[400];
        (void)snprintf(line, sizeof line, LISTEN("%d", "\"orderflow://T%d/analysis\""), i, i);
        client_expect_in(&c, line, "acknowledged");
    }
    client_expect_in(&c, LISTEN("99", ""), "Too many subscriptions");
}

/* ---- prompts ---- */

static void mcp_prompts_take_their_arguments(void **state)
{
    (void)state;
    client_expect_in(&c, ASK("1", "prompts/list", ""), "{\"name\":\"entry_check\",\"title\":");
    client_expect_in(&c,
                     ASK("2", "prompts/get",
                         "\"name\":\"hold_or_exit\",\"arguments\":{\"ticker\":\"SPY\","
                         "\"direction\":\"long\",\"invalidation\":\"580.25\"}"),
                     "a long position in SPY, invalid beyond 580.25.");
    client_expect_in(&c,
                     ASK("3", "prompts/get",
                         "\"name\":\"hold_or_exit\",\"arguments\":{\"ticker\":\"SPY\","
                         "\"direction\":\"long\"}"),
                     "a long position in SPY.\\n");
    client_expect_in(&c, ASK("4", "prompts/get", "\"name\":\"scan_open\""), "of the open.\\n");
    client_expect_in(&c, ASK("5", "prompts/get", META ",\"name\":\"scan_open\""),
                     "\"resultType\":\"complete\"");
}

static void mcp_prompt_with_wrong_arguments_says_what_is_right(void **state)
{
    (void)state;
    static const struct {
        const char *params, *part;
    } bad[] = {
        { "\"name\":\"nope\"", "Unknown prompt" },
        { "\"name\":7", "name must be a string" },
        { "\"name\":\"scan_open\",\"arguments\":[]", "arguments must be an object" },
        { "\"name\":\"scan_open\",\"arguments\":{\"tickers\":7}", "must be strings" },
        { "\"name\":\"entry_check\",\"arguments\":{\"ticker\":\"SPY\"}",
          "Missing required argument: direction" },
        { "\"name\":\"entry_check\",\"arguments\":{\"ticker\":\"S Y\",\"direction\":\"long\"}",
          "ticker must be a ticker" },
        { "\"name\":\"entry_check\",\"arguments\":{\"ticker\":\"SPY\",\"direction\":\"up\"}",
          "long or short" },
        { "\"name\":\"hold_or_exit\",\"arguments\":{\"ticker\":\"SPY\",\"direction\":\"long\","
          "\"invalidation\":\"low\"}",
          "must be a price" },
        { "\"name\":\"scan_open\",\"arguments\":{\"tickers\":\"a\\nb\"}", "printable" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char line[400];
        (void)snprintf(line, sizeof line, ASK("1", "prompts/get", "%s"), bad[i].params);
        client_say(&c, line);
        const char *heard = client_hear(&c, PATIENCE_MS);
        assert_non_null(heard);
        if (strstr(heard, "\"code\":-32602,") == NULL || strstr(heard, bad[i].part) == NULL) {
            fail_msg("said %s\nheard %s\nwithout %s", line, heard, bad[i].part);
        }
    }
}

/* ---- completion ---- */

#define COMPLETE(id, ref, name, value) \
    ASK(id, "completion/complete",     \
        "\"ref\":{" ref "},\"argument\":{\"name\":\"" name "\",\"value\":\"" value "\"}")
#define PROMPT_REF(name) "\"type\":\"ref/prompt\",\"name\":\"" name "\""
#define TEMPLATE_REF "\"type\":\"ref/resource\",\"uri\":\"orderflow://{ticker}/patterns\""
#define VALUES(values, total, more) \
    "{\"completion\":{\"values\":[" values "],\"total\":" total ",\"hasMore\":" more "}}"

static void mcp_names_are_completed(void **state)
{
    (void)state;
    private_redis_do(&server, "ZADD %s 1 %s", "orderflow:quotes:SPX", "x");
    private_redis_do(&server, "ZADD %s 1 %s", "orderflow:quotes:QQQ", "x");
    client_expect_in(&c, COMPLETE("1", TEMPLATE_REF, "ticker", "s"),
                     VALUES("\"SPX\",\"SPY\"", "2", "false"));
    client_expect_in(&c, COMPLETE("2", PROMPT_REF("entry_check"), "ticker", ""),
                     VALUES("\"QQQ\",\"SPX\",\"SPY\"", "3", "false"));
    client_expect_in(&c, COMPLETE("3", PROMPT_REF("scan_open"), "tickers", "QQQ, sp"),
                     VALUES("\"QQQ, SPX\",\"QQQ, SPY\"", "2", "false"));
    client_expect_in(&c, COMPLETE("4", PROMPT_REF("explain_signal"), "detector", "AB"),
                     VALUES("\"absorption\"", "1", "false"));
    client_expect_in(&c, COMPLETE("5", PROMPT_REF("entry_check"), "direction", "S"),
                     VALUES("\"short\"", "1", "false"));
    client_expect_in(&c, COMPLETE("6", PROMPT_REF("entry_check"), "nope", ""),
                     VALUES("", "0", "false"));
    client_expect_in(&c, COMPLETE("7", PROMPT_REF("nope"), "ticker", ""), "-32602");
    client_expect_in(&c, COMPLETE("8", "\"type\":\"ref/resource\",\"uri\":\"x://{y}\"", "y", ""),
                     "-32602");
    client_expect_in(&c, COMPLETE("9", "\"type\":\"ref/tool\"", "y", ""), "-32602");
    client_expect_in(&c, ASK("10", "completion/complete", "\"ref\":{}"), "-32602");
}

static void mcp_completion_gives_at_most_100(void **state)
{
    (void)state;
    for (int i = 0; i < 250; i++) {
        char key[64];
        (void)snprintf(key, sizeof key, "orderflow:quotes:T%03d", i);
        private_redis_do(&server, "ZADD %s 1 %s", key, "x");
    }
    client_say(&c, COMPLETE("1", TEMPLATE_REF, "ticker", "T"));
    const char *heard = client_hear(&c, PATIENCE_MS);
    assert_non_null(heard);
    assert_non_null(strstr(heard, "\"T099\"],\"total\":250,\"hasMore\":true}"));
}

static void mcp_redis_away_is_an_error_and_the_lists_stay(void **state)
{
    (void)state;
    client_stop(&c);
    struct mcp_config cfg = { .query = { .keys = server.keys }, .history_max_s = 3600 };
    (void)snprintf(cfg.query.redis.unix_path, sizeof cfg.query.redis.unix_path, "/nonexistent");
    cfg.query.redis.timeout_ms = 1000;
    client_start(&c, &cfg);
    client_expect_in(&c, SPEAK("2025-11-25"), "2025-11-25");
    client_expect_in(&c, READ("1", "orderflow://detectors"), "\"code\":-32603,\"message\":\"unix:");
    client_expect_in(&c, READ("2", "orderflow://SPY/analysis"), "\"code\":-32603,");
    client_expect_in(&c, COMPLETE("3", TEMPLATE_REF, "ticker", "s"), "\"code\":-32603,");
    client_expect_in(&c, ASK("4", "resources/subscribe", "\"uri\":\"orderflow://status\""),
                     "\"result\":{}");
    client_expect_in(&c, ASK("5", "resources/list", ""), "orderflow://status");
    client_end_input(&c);
    assert_int_equal(client_exit_status(&c, PATIENCE_MS), 0);
}

#define TOLD(level, logger)                                                                    \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"" level \
    "\",\"logger\":\"" logger "\",\"data\":\""

static void mcp_log_messages_are_told_from_the_level_that_was_set(void **state)
{
    (void)state;
    client_stop(&c);
    struct mcp_config cfg = { .query = { .keys = server.keys }, .history_max_s = 3600 };
    (void)snprintf(cfg.query.redis.unix_path, sizeof cfg.query.redis.unix_path, "/nonexistent");
    cfg.query.redis.timeout_ms = 1000;
    client_start(&c, &cfg);
    client_expect_in(&c, SPEAK("2025-06-18"), "\"logging\":{}");
    client_expect_in(&c, CALL("1", "{\"ticker\":\"SPY\"}"), "\"id\":1,\"result\"");
    client_expect_in(&c, ASK("2", "logging/setLevel", "\"level\":\"loud\""), "-32602");
    client_expect(&c, ASK("2", "logging/setLevel", "\"level\":\"error\""),
                  "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}");
    client_expect_in(&c, CALL("3", "{\"ticker\":\"SPY\"}"), TOLD("error", "redis"));
    assert_non_null(strstr(client_hear(&c, PATIENCE_MS), "\"id\":3,\"result\""));
    /* not for a mistake of the request, not above the level, not in the modern era */
    client_expect_in(&c, CALL("4", "{\"ticker\":\"S P\"}"), "\"id\":4,\"result\"");
    client_expect_in(&c,
                     ASK("5", "tools/call",
                         META ",\"name\":\"analyze_order_flow\",\"arguments\":{"
                              "\"ticker\":\"SPY\"}"),
                     "\"id\":5,\"result\"");
    client_expect_in(&c, ASK("6", "logging/setLevel", "\"level\":\"critical\""), "{}");
    client_expect_in(&c, READ("7", "orderflow://status"), "\"id\":7,\"error\"");
    client_expect_in(&c, ASK("8", "logging/setLevel", "\"level\":\"debug\""), "{}");
    client_expect_in(&c, READ("9", "orderflow://status"), TOLD("error", "redis"));
    assert_non_null(strstr(client_hear(&c, PATIENCE_MS), "\"id\":9,\"error\""));
    client_expect_in(&c, SPEAK("2025-06-18"), "2025-06-18");
    client_expect_in(&c, READ("10", "orderflow://status"), "\"id\":10,\"error\"");
}

/* An engine that serves, and has said everything, before this returns. */
static bool appear(void *ctx, struct err *err)
{
    (void)ctx;
    (void)err;
    private_redis_do(&server, "HSET %s sweep %s", "orderflow:detectors", "{\"state\":\"ready\"}");
    private_redis_do(&server, "SET %s %s", "orderflow:engine", "{\"id\":\"e2\",\"pid\":7}");
    return true;
}

static int start_without_engine(void **state)
{
    (void)state;
    private_redis_flush(&server);
    struct mcp_config cfg = { .query = { .redis = server.config,
                                         .keys = server.keys,
                                         .warmup_ms = 100,
                                         .ensure_engine = appear },
                              .history_max_s = 3600 };
    client_start(&c, &cfg);
    client_expect_in(&c, SPEAK("2025-11-25"), "\"subscribe\":true");
    return 0;
}

static void mcp_listener_is_told_of_the_engine_that_was_started_for_it(void **state)
{
    (void)state;
    client_expect_in(&c, LISTEN("1", "\"orderflow://detectors\",\"orderflow://status\""),
                     "acknowledged");
    hear(UPDATED_FOR("1", "orderflow://detectors"));
    hear(UPDATED_FOR("1", "orderflow://status"));
}

int main(void)
{
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(mcp_resources_are_listed_with_their_templates),
        WITH_SERVER(mcp_resources_are_read_in_both_eras),
        WITH_SERVER(mcp_what_is_not_there_is_not_found),
        WITH_SERVER(mcp_subscriber_is_told_of_starts_and_ends_once_a_second),
        WITH_SERVER(mcp_listener_is_told_what_it_asked_for_under_its_id),
        WITH_SERVER(mcp_status_is_told_when_another_engine_serves),
        cmocka_unit_test_setup_teardown(mcp_listener_is_told_of_the_engine_that_was_started_for_it,
                                        start_without_engine, stop),
        WITH_SERVER(mcp_subscriptions_are_capped_and_malformed_ones_refused),
        WITH_SERVER(mcp_prompts_take_their_arguments),
        WITH_SERVER(mcp_prompt_with_wrong_arguments_says_what_is_right),
        WITH_SERVER(mcp_names_are_completed),
        WITH_SERVER(mcp_completion_gives_at_most_100),
        WITH_SERVER(mcp_log_messages_are_told_from_the_level_that_was_set),
        WITH_SERVER(mcp_redis_away_is_an_error_and_the_lists_stay),
    };
    return cmocka_run_group_tests(tests, server_start, server_stop);
}
