/* SPDX-License-Identifier: MIT */
/* The protocol, without any Redis: whatever is said here must not need one. */
#include "check.h"
#include "client.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define ERROR(id, code) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"error\":{\"code\":" code ","
#define ERROR_NO_ID(code) "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":" code ","
#define ASK(id, method) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"" method "\"}"
#define ASK_META(id, method) \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"" method "\",\"params\":{" META "}}"
#define VERSION_KEY "\"io.modelcontextprotocol/protocolVersion\":"
#define CAPS_KEY "\"io.modelcontextprotocol/clientCapabilities\":"
#define ASK_WITH(meta) \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":{" meta "}}}"

static struct client c;

static int start(void **state)
{
    (void)state;
    struct mcp_config cfg = { .query = { .redis = { .unix_path = "/nowhere/redis.sock",
                                                    .timeout_ms = 200 },
                                         .keys = { .prefix = "orderflow" } },
                              .history_max_s = 3600 };
    client_start(&c, &cfg);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    client_stop(&c);
    return 0;
}

/* ---- legacy ---- */

static void mcp_initialize_known_revision_is_agreed_to(void **state)
{
    (void)state;
    static const struct {
        const char *say, *want;
    } revisions[] = {
        { SPEAK("2024-11-05"), "\"protocolVersion\":\"2024-11-05\"" },
        { SPEAK("2025-03-26"), "\"protocolVersion\":\"2025-03-26\"" },
        { SPEAK("2025-06-18"), "\"protocolVersion\":\"2025-06-18\"" },
        { SPEAK("2025-11-25"), "\"protocolVersion\":\"2025-11-25\"" },
        { SPEAK("2026-07-28"), "\"protocolVersion\":\"2025-11-25\"" },
        { SPEAK("1999-01-01"), "\"protocolVersion\":\"2025-11-25\"" },
    };
    for (size_t i = 0; i < sizeof revisions / sizeof revisions[0]; i++) {
        client_expect_in(&c, revisions[i].say, revisions[i].want);
    }
}

static void mcp_initialize_without_version_is_invalid(void **state)
{
    (void)state;
    client_expect_in(&c, ASK("1", "initialize"), ERROR("1", "-32602"));
}

static void mcp_legacy_results_carry_nothing_modern(void **state)
{
    (void)state;
    client_say(&c, SPEAK("2025-11-25"));
    const char *heard = client_hear(&c, 10000);
    assert_non_null(heard);
    assert_null(strstr(heard, "resultType"));
    assert_non_null(strstr(heard,
                           "\"capabilities\":{\"tools\":{},\"resources\":{\"subscribe\":true},"
                           "\"prompts\":{},\"logging\":{},\"completions\":{}}"));
    assert_non_null(strstr(heard, "\"serverInfo\":{\"name\":\"orderflow\""));
    client_say(&c, ASK("1", "tools/list"));
    heard = client_hear(&c, 10000);
    assert_non_null(heard);
    assert_null(strstr(heard, "ttlMs"));
    assert_non_null(strstr(heard, "\"readOnlyHint\":true"));
}

static void mcp_oldest_revision_gets_no_title_and_no_annotations(void **state)
{
    (void)state;
    client_expect_in(&c, SPEAK("2024-11-05"), "\"prompts\":{},\"logging\":{}},");
    client_say(&c, ASK("1", "tools/list"));
    const char *heard = client_hear(&c, 10000);
    assert_non_null(heard);
    assert_non_null(strstr(heard, "analyze_order_flow"));
    assert_null(strstr(heard, "\"title\""));
    assert_null(strstr(heard, "annotations"));
}

static void mcp_ping_is_answered_even_before_initialize(void **state)
{
    (void)state;
    client_expect(&c, PING("1"), PONG("1"));
}

static void mcp_request_before_initialize_is_told_what_to_send(void **state)
{
    (void)state;
    client_expect_in(&c, ASK("1", "tools/list"), ERROR("1", "-32602"));
    client_expect_in(&c, ASK("2", "foo/bar"), "Send initialize first");
}

static void mcp_legacy_unknown_or_undeclared_method_is_not_found(void **state)
{
    (void)state;
    client_expect_in(&c, SPEAK("2025-11-25"), "2025-11-25");
    client_expect_in(&c, ASK("1", "foo/bar"), ERROR("1", "-32601"));
    client_expect_in(&c, ASK("2", "tasks/list"), ERROR("2", "-32601"));
    client_expect_in(&c, ASK("3", "logging/setLevel"), ERROR("3", "-32602"));
    client_expect_in(&c, ASK("4", "server/discover"), ERROR("4", "-32602"));
    client_expect_in(&c, ASK("5", "subscriptions/listen"), ERROR("5", "-32602"));
}

/* ---- modern ---- */

static void mcp_discover_answer_is_complete(void **state)
{
    (void)state;
    client_say(&c, ASK_META("\"probe\"", "server/discover"));
    const char *heard = client_hear(&c, 10000);
    assert_non_null(heard);
    assert_ptr_equal(strstr(heard, "{\"jsonrpc\":\"2.0\",\"id\":\"probe\",\"result\":{"
                                   "\"resultType\":\"complete\",\"supportedVersions\":"
                                   "[\"2026-07-28\"],\"capabilities\":{\"tools\":{},"
                                   "\"resources\":{\"subscribe\":true},\"prompts\":{},"
                                   "\"completions\":{}},"),
                     heard);
    assert_non_null(strstr(heard, "\"ttlMs\":3600000,\"cacheScope\":\"public\",\"_meta\":{"
                                  "\"io.modelcontextprotocol/serverInfo\":{\"name\":"));
}

static void mcp_modern_tools_list_is_cacheable(void **state)
{
    (void)state;
    client_say(&c, ASK_META("1", "tools/list"));
    const char *heard = client_hear(&c, 10000);
    assert_non_null(heard);
    assert_non_null(strstr(heard, "\"resultType\":\"complete\""));
    assert_non_null(strstr(heard, "\"ttlMs\":300000"));
    assert_non_null(strstr(heard, "\"required\":[\"ticker\"],\"additionalProperties\":false"));
}

static void mcp_claim_of_another_version_names_those_supported(void **state)
{
    (void)state;
    client_expect(&c, ASK_WITH(VERSION_KEY "\"2025-11-25\"," CAPS_KEY "{}"),
                  ERROR("1", "-32022") "\"message\":\"Unsupported protocol version\",\"data\":{"
                                       "\"supported\":[\"2026-07-28\"],"
                                       "\"requested\":\"2025-11-25\"}}}");
}

static void mcp_malformed_claim_is_invalid(void **state)
{
    (void)state;
    client_expect_in(&c, ASK_WITH(VERSION_KEY "7," CAPS_KEY "{}"), ERROR("1", "-32602"));
    client_expect_in(&c, ASK_WITH(VERSION_KEY "null," CAPS_KEY "{}"), ERROR("1", "-32602"));
    client_expect_in(&c, ASK_WITH(VERSION_KEY "\"2026-07-28\""), ERROR("1", "-32602"));
    client_expect_in(&c, ASK_WITH(VERSION_KEY "\"2026-07-28\"," CAPS_KEY "[]"),
                     ERROR("1", "-32602"));
    client_expect_in(&c,
                     ASK_WITH(VERSION_KEY "\"2026-07-28\"," CAPS_KEY
                                          "{},\"io.modelcontextprotocol/clientInfo\":{\"name\":1}"),
                     ERROR("1", "-32602"));
    client_expect_in(&c,
                     ASK_WITH(VERSION_KEY "\"2026-07-28\"," CAPS_KEY
                                          "{},\"io.modelcontextprotocol/logLevel\":\"loud\""),
                     ERROR("1", "-32602"));
}

static void mcp_modern_legacy_method_is_not_found(void **state)
{
    (void)state;
    static const char *const asked[] = {
        ASK_META("1", "initialize"),       ASK_META("1", "ping"),
        ASK_META("1", "logging/setLevel"), ASK_META("1", "resources/subscribe"),
        ASK_META("1", "tasks/get"),        ASK_META("1", "foo/bar"),
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        client_expect_in(&c, asked[i], ERROR("1", "-32601"));
    }
}

static void mcp_eras_mix_in_one_process(void **state)
{
    (void)state;
    client_expect_in(&c, ASK_META("1", "server/discover"), "supportedVersions");
    client_expect_in(&c, ASK("2", "tools/list"), ERROR("2", "-32602"));
    client_expect_in(&c, SPEAK("2025-06-18"), "2025-06-18");
    client_expect_in(&c, ASK("3", "tools/list"), "analyze_order_flow");
    client_expect_in(&c, ASK_META("4", "tools/list"), "\"resultType\":\"complete\"");
    client_expect_in(&c, SPEAK("2025-11-25"), "2025-11-25");
}

static void mcp_subscription_is_acknowledged_and_stays_open(void **state)
{
    (void)state;
    client_expect_in(&c, ASK_META("1", "subscriptions/listen"), ERROR("1", "-32602"));
    client_expect(&c,
                  "{\"jsonrpc\":\"2.0\",\"id\":\"L\",\"method\":\"subscriptions/listen\","
                  "\"params\":{" META ",\"notifications\":{\"toolsListChanged\":true}}}",
                  "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\","
                  "\"params\":{\"notifications\":{},\"_meta\":{"
                  "\"io.modelcontextprotocol/subscriptionId\":\"L\"}}}");
    client_expect_in(&c, ASK_META("\"L\"", "tools/list"), ERROR("\"L\"", "-32600"));
    client_expect_silence(&c, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                              "\"params\":{\"requestId\":\"L\"}}");
    client_expect_in(&c, ASK_META("\"L\"", "tools/list"), "resultType");
}

static void mcp_subscription_ends_with_result_then_cancelled(void **state)
{
    (void)state;
    client_expect_in(&c,
                     "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"subscriptions/listen\","
                     "\"params\":{" META ",\"notifications\":{}}}",
                     "acknowledged");
    client_end_input(&c);
    const char *heard = client_hear(&c, 10000);
    assert_non_null(heard);
    assert_non_null(strstr(heard, "\"id\":7,\"result\":{\"resultType\":\"complete\""));
    heard = client_hear(&c, 10000);
    assert_non_null(heard);
    assert_non_null(strstr(heard, "notifications/cancelled\",\"params\":{\"requestId\":7,"));
    assert_int_equal(client_exit_status(&c, 10000), 0);
}

/* ---- framing ---- */

static void mcp_junk_is_a_parse_error_without_id_and_the_stream_goes_on(void **state)
{
    (void)state;
    static const char *const junk[] = {
        "{\"jsonrpc\":",
        "hello",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} x",
        "{\"jsonrpc\":\"2.0\",\"id\":01,\"method\":\"ping\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xFF\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xED\xA0\x80\"}",
    };
    for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
        client_expect_in(&c, junk[i], ERROR_NO_ID("-32700"));
    }
    client_expect(&c, PING("2"), PONG("2"));
}

static void mcp_embedded_nul_is_a_parse_error(void **state)
{
    (void)state;
    client_say_bytes(&c, "{}\0{}", 5);
    client_expect_in(&c, "", ERROR_NO_ID("-32700"));
}

static void mcp_blank_lines_and_crlf_are_fine(void **state)
{
    (void)state;
    client_say_bytes(&c, "\n\r\n  \t\n", 7);
    client_expect(&c, PING("1") "\r", PONG("1"));
}

static void mcp_deep_nesting_is_refused(void **state)
{
    (void)state;
    char deep[20001];
    memset(deep, '[', 20000);
    deep[20000] = '\0';
    client_expect_in(&c, deep, "nested more than 128 deep");
    client_expect(&c, PING("1"), PONG("1"));
}

static void mcp_line_over_16_mib_is_refused_and_the_stream_goes_on(void **state)
{
    (void)state;
    static char block[1 << 20];
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 40; i++) {
        client_say_bytes(&c, block, sizeof block);
    }
    client_expect_in(&c, "", "at most 16 MiB");
    client_expect(&c, PING("1"), PONG("1"));
}

static void mcp_not_a_request_is_invalid(void **state)
{
    (void)state;
    client_expect_in(&c, "7", ERROR_NO_ID("-32600"));
    client_expect_in(&c, "{}", ERROR_NO_ID("-32600"));
    client_expect_in(&c, "{\"jsonrpc\":\"2.0\",\"id\":3}", ERROR("3", "-32600"));
    client_expect_in(&c, "{\"jsonrpc\":\"1.0\",\"id\":4,\"method\":\"ping\"}",
                     ERROR("4", "-32600"));
    client_expect_in(&c, PING("null"), ERROR_NO_ID("-32600"));
    client_expect_in(&c, PING("1.5"), ERROR_NO_ID("-32600"));
    client_expect_in(&c, PING("{}"), ERROR_NO_ID("-32600"));
    client_expect_in(&c, "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"ping\",\"params\":[1]}",
                     ERROR("5", "-32602"));
}

static void mcp_ids_come_back_byte_for_byte(void **state)
{
    (void)state;
    client_expect(&c, PING("\"1\""), PONG("\"1\""));
    client_expect(&c, PING("-7"), PONG("-7"));
    client_expect(&c, PING("9007199254740993"), PONG("9007199254740993"));
    client_expect(&c, PING("123456789012345678901234567890"),
                  PONG("123456789012345678901234567890"));
    client_expect(&c, PING("\"\\u00e9\\ud83d \xC3\xA9\""), PONG("\"\\u00e9\\ud83d \xC3\xA9\""));
}

static void mcp_of_duplicate_keys_the_first_counts(void **state)
{
    (void)state;
    client_expect(&c,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\","
                  "\"method\":\"x\"}",
                  PONG("1"));
}

static void mcp_notifications_and_responses_are_never_answered(void **state)
{
    (void)state;
    client_expect_silence(&c, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
    client_expect_silence(&c, "{\"jsonrpc\":\"2.0\",\"method\":\"foo\",\"params\":7}");
    client_expect_silence(&c, "{\"jsonrpc\":\"3.0\",\"method\":\"foo\"}");
    client_expect_silence(&c, "{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{}}");
    client_expect_silence(&c, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                              "\"params\":{\"requestId\":99}}");
    client_expect_silence(&c, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\"}");
}

/* ---- batches ---- */

static void mcp_batch_outside_2025_03_26_is_invalid(void **state)
{
    (void)state;
    client_expect_in(&c, "[" PING("1") "]", ERROR_NO_ID("-32600"));
    client_expect_in(&c, SPEAK("2025-06-18"), "2025-06-18");
    client_expect_in(&c, "[" PING("1") "]", ERROR_NO_ID("-32600"));
}

static void mcp_batch_in_2025_03_26_is_answered_in_one_line(void **state)
{
    (void)state;
    client_expect_in(&c, SPEAK("2025-03-26"), "2025-03-26");
    client_expect(
        &c,
        "[" PING("1") ",{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}," PING("\"b\"") "]",
        "[" PONG("1") "," PONG("\"b\"") "]");
    client_expect_silence(&c, "[{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}]");
    client_expect_in(&c, "[]", ERROR_NO_ID("-32600"));
    client_expect_in(&c, "[" SPEAK("2025-03-26") "]", ERROR_NO_ID("-32600"));
    client_expect_in(&c, "[7," PING("2") "]", "[" ERROR_NO_ID("-32600"));
}

/* ---- the end ---- */

static void mcp_end_of_input_exits_with_status_0(void **state)
{
    (void)state;
    client_end_input(&c);
    assert_int_equal(client_exit_status(&c, 10000), 0);
}

static void mcp_last_line_without_newline_is_answered(void **state)
{
    (void)state;
    client_say_bytes(&c, PING("1"), strlen(PING("1")));
    client_end_input(&c);
    const char *heard = client_hear(&c, 10000);
    assert_non_null(heard);
    assert_string_equal(heard, PONG("1"));
    assert_int_equal(client_exit_status(&c, 10000), 0);
}

static void mcp_sigterm_exits_with_status_0(void **state)
{
    (void)state;
    client_expect(&c, PING("1"), PONG("1"));
    (void)kill(c.pid, SIGTERM);
    assert_int_equal(client_exit_status(&c, 10000), 0);
}

static void mcp_nobody_reading_the_output_exits_with_status_0(void **state)
{
    (void)state;
    client_expect(&c, PING("1"), PONG("1"));
    int unread = c.out;
    c.out = -1;
    (void)close(unread);
    client_say(&c, PING("2"));
    assert_int_equal(client_exit_status(&c, 10000), 0);
}

static void mcp_client_that_reads_late_gets_every_answer(void **state)
{
    (void)state;
    enum { PINGS = 20000 };
    for (int i = 0; i < PINGS; i++) {
        client_say(&c, PING("1"));
    }
    for (int i = 0; i < PINGS; i++) {
        const char *heard = client_hear(&c, 10000);
        assert_non_null(heard);
        assert_string_equal(heard, PONG("1"));
    }
}

int main(void)
{
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(mcp_initialize_known_revision_is_agreed_to),
        WITH_SERVER(mcp_initialize_without_version_is_invalid),
        WITH_SERVER(mcp_legacy_results_carry_nothing_modern),
        WITH_SERVER(mcp_oldest_revision_gets_no_title_and_no_annotations),
        WITH_SERVER(mcp_ping_is_answered_even_before_initialize),
        WITH_SERVER(mcp_request_before_initialize_is_told_what_to_send),
        WITH_SERVER(mcp_legacy_unknown_or_undeclared_method_is_not_found),
        WITH_SERVER(mcp_discover_answer_is_complete),
        WITH_SERVER(mcp_modern_tools_list_is_cacheable),
        WITH_SERVER(mcp_claim_of_another_version_names_those_supported),
        WITH_SERVER(mcp_malformed_claim_is_invalid),
        WITH_SERVER(mcp_modern_legacy_method_is_not_found),
        WITH_SERVER(mcp_eras_mix_in_one_process),
        WITH_SERVER(mcp_subscription_is_acknowledged_and_stays_open),
        WITH_SERVER(mcp_subscription_ends_with_result_then_cancelled),
        WITH_SERVER(mcp_junk_is_a_parse_error_without_id_and_the_stream_goes_on),
        WITH_SERVER(mcp_embedded_nul_is_a_parse_error),
        WITH_SERVER(mcp_blank_lines_and_crlf_are_fine),
        WITH_SERVER(mcp_deep_nesting_is_refused),
        WITH_SERVER(mcp_line_over_16_mib_is_refused_and_the_stream_goes_on),
        WITH_SERVER(mcp_not_a_request_is_invalid),
        WITH_SERVER(mcp_ids_come_back_byte_for_byte),
        WITH_SERVER(mcp_of_duplicate_keys_the_first_counts),
        WITH_SERVER(mcp_notifications_and_responses_are_never_answered),
        WITH_SERVER(mcp_batch_outside_2025_03_26_is_invalid),
        WITH_SERVER(mcp_batch_in_2025_03_26_is_answered_in_one_line),
        WITH_SERVER(mcp_end_of_input_exits_with_status_0),
        WITH_SERVER(mcp_last_line_without_newline_is_answered),
        WITH_SERVER(mcp_sigterm_exits_with_status_0),
        WITH_SERVER(mcp_nobody_reading_the_output_exits_with_status_0),
        WITH_SERVER(mcp_client_that_reads_late_gets_every_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
