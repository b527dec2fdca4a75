/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "jsonrpc.h"

#include <stdio.h>
#include <string.h>

static struct rpc_message read_message(struct json *j, const char *text)
{
    struct rpc_message m;
    assert_int_equal(json_parse(j, text, strlen(text)), JSON_FINE);
    rpc_read(j, j->v, &m);
    return m;
}

static void rpc_read_request_keeps_its_id_verbatim(void **state)
{
    (void)state;
    static const char *const ids[] = { "1",           "-0",   "\"1\"",
                                       "\"\\u0041\"", "\"\"", "123456789012345678901234567890" };
    struct json j = { 0 };
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"ping\"}",
                       ids[i]);
        struct rpc_message m = read_message(&j, text);
        assert_int_equal(m.kind, RPC_REQUEST);
        assert_int_equal(m.id.n, strlen(ids[i]));
        assert_memory_equal(m.id.raw, ids[i], m.id.n);
    }
    json_fini(&j);
}

static void rpc_read_bad_id_is_invalid_without_id(void **state)
{
    (void)state;
    static const char *const ids[] = { "null", "1.5", "1e3", "1.0", "{}", "[1]", "true" };
    struct json j = { 0 };
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"ping\"}",
                       ids[i]);
        struct rpc_message m = read_message(&j, text);
        assert_int_equal(m.kind, RPC_INVALID);
        assert_null(m.id.raw);
    }
    json_fini(&j);
}

static void rpc_read_missing_method_is_invalid_with_id(void **state)
{
    (void)state;
    struct json j = { 0 };
    struct rpc_message m = read_message(&j, "{\"jsonrpc\":\"2.0\",\"id\":7}");
    assert_int_equal(m.kind, RPC_INVALID);
    assert_int_equal(m.id.n, 1);
    json_fini(&j);
}

static void rpc_read_without_id_is_a_notification_even_when_malformed(void **state)
{
    (void)state;
    struct json j = { 0 };
    assert_int_equal(read_message(&j, "{\"jsonrpc\":\"2.0\",\"method\":\"x\"}").kind,
                     RPC_NOTIFICATION);
    assert_int_equal(read_message(&j, "{\"jsonrpc\":\"1.0\",\"method\":\"x\"}").kind,
                     RPC_NOTIFICATION);
    json_fini(&j);
}

static void rpc_read_answer_is_a_response(void **state)
{
    (void)state;
    struct json j = { 0 };
    assert_int_equal(read_message(&j, "{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{}}").kind,
                     RPC_RESPONSE);
    assert_int_equal(read_message(&j, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{}}").kind,
                     RPC_RESPONSE);
    json_fini(&j);
}

static bool equal(const char *a, const char *b)
{
    return rpc_id_equal((struct rpc_id){ .raw = a, .n = strlen(a) },
                        (struct rpc_id){ .raw = b, .n = strlen(b) });
}

static void rpc_id_equal_compares_values_of_one_type(void **state)
{
    (void)state;
    assert_true(equal("1", "1"));
    assert_true(equal("\"a\"", "\"\\u0061\""));
    assert_false(equal("\"1\"", "1"));
    assert_false(equal("1", "2"));
    assert_false(equal("\"a\\\\\"", "\"a\\/\""));
}

static void rpc_put_error_without_id_has_no_id_member(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1024);
    rpc_put_error(&out, (struct rpc_id){ 0 }, RPC_PARSE_ERROR, "a \"b\"", "{}");
    assert_string_equal(out.data, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,"
                                  "\"message\":\"a \\\"b\\\"\",\"data\":{}}}");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rpc_read_request_keeps_its_id_verbatim),
        cmocka_unit_test(rpc_read_bad_id_is_invalid_without_id),
        cmocka_unit_test(rpc_read_missing_method_is_invalid_with_id),
        cmocka_unit_test(rpc_read_without_id_is_a_notification_even_when_malformed),
        cmocka_unit_test(rpc_read_answer_is_a_response),
        cmocka_unit_test(rpc_id_equal_compares_values_of_one_type),
        cmocka_unit_test(rpc_put_error_without_id_has_no_id_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
